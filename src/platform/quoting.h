/* The quoting enclaves of the simulated machine, one for SGX and one for TDX: an attestation key
 * that the PCK key vouches for through a report of the quoting enclave, and the quotes it signs.
 * Source: Intel "SGX ECDSA Quote Library API", quote versions 3, 4 and 5 (dcap.md 1.2 to 1.5). */
#ifndef QUOTH_PLATFORM_QUOTING_H
#define QUOTH_PLATFORM_QUOTING_H

#include "crypto/key.h"
#include "platform/processor.h"

enum quoting_kind { QUOTING_SGX, QUOTING_TDX };

#define QUOTING_CERTIFICATION_SIZE                                                                 \
    (SGX_REPORT_BODY_SIZE + 64) /* report, signature by the PCK key */

struct quoting_enclave {
    struct private_key *key;
    uint8_t xy[64]; /* its public half */
    uint8_t certification[QUOTING_CERTIFICATION_SIZE];
    uint8_t id[16]; /* a pseudonym of the platform, for the header's user data */
};

/* What the enclave is; its signer and product id are what the vendor's identity document says. */
struct enclave_identity quoting_identity(enum quoting_kind kind);

/* Draws the attestation key, has the PCK key certify it, and writes both to the folder. */
bool quoting_make(const char *folder, enum quoting_kind kind, const struct processor *cpu,
                  struct private_key *pck, struct quoth_error *err);

bool quoting_open(const char *folder, enum quoting_kind kind, const struct processor *cpu,
                  struct quoting_enclave *ret_enclave, struct quoth_error *err);
void quoting_clear(struct quoting_enclave *q);
DEFINE_AUTO_VALUE(quoting_enclave, struct quoting_enclave, quoting_clear)

enum quoting_body { /* the body types of version 5 */
                    QUOTING_SGX_REPORT = 1,
                    QUOTING_TD_REPORT_10 = 2,
                    QUOTING_TD_REPORT_15 = 3
};

/* Signs a body and appends the quote: version 3 takes an SGX report, 4 that or a TD report 1.0, 5
 * any. pck_chain is what certification data of type 5 holds. QUOTH_UNSUPPORTED for another
 * combination. */
bool quoting_sign(struct quoting_enclave *q, unsigned version, enum quoting_body type,
                  struct bytes body, struct bytes pck_chain, struct buffer *ret_quote,
                  struct quoth_error *err);

#endif
