/* Collateral judged without evidence, for sources that keep it and for people who look at it: that
 * every signature leads to one anchor, and which platforms it is for. Whether it holds now is not
 * asked here: times are facts of it. */
#ifndef QUOTH_TEE_DCAP_JUDGE_H
#define QUOTH_TEE_DCAP_JUDGE_H

#include "collateral/source.h"
#include "tee/trust.h"

/* Finds whose collateral it is, and its dates. All parts but the chain of PCK certificates must be
 * there; pck_crl_issuer_chain may be missing: then the CRL of PCK certificates cannot be proven
 * before evidence brings its issuer, and its date is unproven. False: QUOTH_COLLATERAL_..., as a
 * verification would have it. */
bool dcap_collateral_identify(const struct trust *trust, const struct collateral *c,
                              struct collateral_key *ret_key, struct collateral_facts *ret_facts,
                              struct quoth_error *err);

/* A collateral_judge: the same, and that it is for this platform (QUOTH_COLLATERAL_MISMATCH).
 * context is a const struct trust. */
bool dcap_collateral_judge(void *context, const struct collateral *c,
                           const struct collateral_key *key, struct collateral_facts *ret_facts,
                           struct quoth_error *err);

#endif
