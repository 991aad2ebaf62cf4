/* Collateral, authenticated: revocation lists below the certificates of the verified PCK chain, and
 * the signed documents below a TCB signer of the same root. What is wrong with collateral is
 * reported as QUOTH_COLLATERAL_..., under the name of the part. Times are judged apart. */
#ifndef QUOTH_TEE_DCAP_ENDORSE_H
#define QUOTH_TEE_DCAP_ENDORSE_H

#include "crypto/crl.h"
#include "tee/dcap/chain.h"
#include "tee/dcap/prover.h"
#include "tee/dcap/qe_identity.h"
#include "tee/dcap/tcb_info.h"

/* How far issueDate may lie ahead of the instant of judgement: clocks differ. */
#define ISSUE_DATE_SKEW 300

struct revocation_list {
    struct buffer der;
    struct crl crl;
    struct sha256 hash; /* of the DER */
};

struct signer {
    struct chain chain; /* CHAIN_SIGNER */
    struct sha256 hash; /* of the chain as collateral structures hold it: PEM and one NUL */
};

struct tcb_info_document {
    struct tcb_info info;
    struct sha256 hash; /* of the JSON body as served and one NUL */
};

struct qe_identity_document {
    struct qe_identity identity;
    struct sha256 hash;
};

/* The view of a part. QUOTH_COLLATERAL_UNAVAILABLE without collateral, QUOTH_COLLATERAL_MISSING
 * without the part. */
bool collateral_need(const struct collateral *c, enum collateral_part part, struct bytes *ret_part,
                     struct quoth_error *err);

/* The CRL in a part, issued by this certificate of the verified chain: issuer name, signature, key
 * identifier. All values here are owned by the prover. */
bool prove_revocation_list(struct prover *p, const struct collateral *c, enum collateral_part part,
                           const struct cert *issuer, const struct revocation_list **ret_list,
                           struct quoth_error *err);

/* The TCB signer's chain in a part: profile and signatures hold, up to a root with the key of root,
 * which is that of the PCK chain. */
bool prove_signer(struct prover *p, const struct collateral *c, enum collateral_part part,
                  const struct cert *root, const struct signer **ret_signer,
                  struct quoth_error *err);

/* The documents, signed by that signer. */
bool prove_tcb_info(struct prover *p, const struct collateral *c, const struct signer *signer,
                    const struct tcb_info_document **ret_document, struct quoth_error *err);
bool prove_qe_identity(struct prover *p, const struct collateral *c, const struct signer *signer,
                       const struct qe_identity_document **ret_document, struct quoth_error *err);

/* Whether a list, or a signer's chain and its document, are valid at the prover's instant; lists
 * and documents have its grace besides. */
bool revocation_list_check_time(const struct prover *p, enum collateral_part part,
                                const struct revocation_list *list, struct quoth_error *err);
bool signer_check_time(const struct prover *p, enum collateral_part part,
                       const struct signer *signer, struct quoth_error *err);
bool document_check_time(const struct prover *p, enum collateral_part part, int64_t issue_date,
                         int64_t next_update, struct quoth_error *err);

/* Speaks of an error of collateral: under the name of the part, and never as bad evidence. Returns
 * false. */
bool collateral_fault(enum collateral_part part, struct quoth_error *err);

#endif
