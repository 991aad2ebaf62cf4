/* What the routes of attestation and those that explain it have in common: how evidence of a type
 * comes, and what it is judged by. */
#ifndef QUOTH_SERVICE_ATTEST_H
#define QUOTH_SERVICE_ATTEST_H

#include "service/attest/attest_request.h"
#include "service/run/service.h"

struct attest_form {
    const char *member; /* of the body that holds the evidence: "quote" */
    enum evidence_form form;
    const char *tee; /* NULL: this build cannot judge evidence of this type */
};

const struct attest_form *attest_form_of(enum attest_type type);

/* The verifier's input for a request to a tenant. Collateral is still missing. proofs may be NULL.
 * Borrows what it is given. */
struct verifier_input attest_input(const struct service *s, const struct tenant *tenant,
                                   enum attest_type type, const struct attest_request *request,
                                   struct proofs *proofs, int64_t now);

/* Where the collateral of a platform is kept. */
bool attest_key_of(const struct tee_platform *platform, struct collateral_key *ret_key,
                   struct quoth_error *err);

#endif
