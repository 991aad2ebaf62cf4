/* What the routes of attestation and those that explain it have in common: what evidence is
 * judged by, and where its collateral is kept. */
#ifndef QUOTH_SERVICE_ATTEST_H
#define QUOTH_SERVICE_ATTEST_H

#include "service/attest/attest_request.h"
#include "service/run/service.h"

/* The verifier's input for a request to a tenant. Collateral is still missing. proofs may be NULL.
 * Borrows what it is given. */
struct verifier_input attest_input(const struct service *s, const struct tenant *tenant,
                                   enum attest_type type, const struct attest_request *request,
                                   struct proofs *proofs, int64_t now);

/* Where the collateral of a platform is kept. */
bool attest_key_of(const struct tee_platform *platform, struct collateral_key *ret_key,
                   struct quoth_error *err);

#endif
