/* From a verdict to a token (maa.md 2): what the policy says, who issues, when, and a signature. */
#ifndef QUOTH_SERVICE_ISSUE_H
#define QUOTH_SERVICE_ISSUE_H

#include "crypto/key.h"
#include "policy/policy.h"
#include "tee/appraisal.h"

#define ISSUE_LIFETIME 28800 /* seconds: maa.md 2.2 */

struct issue {
    const char *issuer, *jku, *kid;
    const struct policy *policy;
    const struct buffer *signer; /* of the policy, as a JWK; empty or NULL: nobody signed it */
    struct private_key *key; /* the calling thread's own; NULL: the policy is a draft, and the token
                                   is not signed (THREATS 18) */
    const struct buffer *nonce; /* of the request; NULL: none */
    int64_t now;
};

/* Adds the claims of policy and service to those of an accepted appraisal and appends the signed
 * token. A claim of the policy that is reserved or taken stays out of the top level
 * (THREATS 12). False: QUOTH_POLICY_DENIED, or a fault of ours; a->claims is then of no use. */
bool issue_token(const struct issue *how, struct appraisal *a, struct buffer *ret_token,
                 struct quoth_error *err);

#endif
