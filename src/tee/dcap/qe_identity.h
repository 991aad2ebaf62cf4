/* Identity of Intel's quoting enclaves: how they must be signed and set up. Source: Intel
 * provisioning certification service, model EnclaveIdentityV2; dcap.md 3.3 and 4.4. */
#ifndef QUOTH_TEE_DCAP_QE_IDENTITY_H
#define QUOTH_TEE_DCAP_QE_IDENTITY_H

#include "tee/dcap/level.h"
#include "tee/dcap/report.h"

enum qe_kind { QE_SGX, QE_TD, QE_QVE, QE_QAE }; /* "QE", "TD_QE", "QVE", "QAE" */

const char *qe_kind_name(enum qe_kind kind);

/* Owned: qe_identity_clear. */
struct qe_identity {
    enum qe_kind kind;
    int64_t issue_date, next_update;
    uint32_t evaluation_data_number;
    uint8_t miscselect[4], miscselect_mask[4]; /* in memory order, as the reports have them */
    uint8_t attributes[16], attributes_mask[16];
    uint8_t mrsigner[32];
    uint16_t isvprodid;
    struct isv_levels levels;
};

/* Reads the inner object, strictly. QUOTH_JSON_VALUE with the path. */
bool qe_identity_read(struct json inner, struct qe_identity *ret_identity, struct quoth_error *err);
void qe_identity_clear(struct qe_identity *i);
DEFINE_AUTO_VALUE(qe_identity, struct qe_identity, qe_identity_clear)

/* Whether the report is of this enclave: MISCSELECT and ATTRIBUTES under their masks, MRSIGNER and
 * ISVPRODID. QUOTH_QE_IDENTITY names the field. */
bool qe_identity_match(const struct qe_identity *i, const struct sgx_report *report,
                       struct quoth_error *err);

#endif
