/* Judging a DCAP quote against collateral: the checks that SGX and TDX share, in the order of
 * Intel's verifier, and stricter than it where dcap.md section 5 says why. */
#ifndef QUOTH_TEE_DCAP_DCAP_H
#define QUOTH_TEE_DCAP_DCAP_H

#include "tee/dcap/evaluate.h"
#include "tee/tee.h"

/* What was found, for claims. quote views the evidence; the rest is by value. */
struct dcap_facts {
    struct dcap_quote quote;
    bool has_pck; /* a chain was found and its signatures hold */
    struct pck pck;
    bool has_collateral;     /* TCB info and QE identity were authenticated */
    int64_t collateral_date; /* when the oldest document that was used was issued */
    bool in_grace;           /* some of it is past its nextUpdate, and passes by grace alone */
    struct sha256 tcb_info, tcb_info_chain, qe_identity, qe_identity_chain;
    bool has_root_crl;
    struct sha256 root_crl;
    struct evaluation evaluation; /* evaluation.tcb.computed tells whether there is one */
};

/* Runs every check that does not depend on one that failed, and records root and TCB in ret. False
 * if the evidence is not a quote of this TEE; then there are no facts. */
bool dcap_verify(const struct tee_input *in, enum dcap_tee tee, struct appraisal *ret,
                 struct dcap_facts *ret_facts);

/* The claims that both TEEs make of their facts: x-quoth-*. */
void dcap_add_claims(const struct dcap_facts *facts, struct appraisal *ret);

/* Where the platform's collateral is to be found, once the chain verifies to an anchor. */
bool dcap_locate(const struct tee_input *in, enum dcap_tee tee, struct tee_platform *ret,
                 struct quoth_error *err);

/* What to ask a collateral source for, once chain and quote signature verify to an anchor. */
bool dcap_platform(const struct tee_input *in, enum dcap_tee tee, struct tee_platform *ret,
                   struct quoth_error *err);

#endif
