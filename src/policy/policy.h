/* What a policy makes of claims: may a token be issued, and what does it say besides? One interface
 * for the built-in default and for policies that tenants write. */
#ifndef QUOTH_POLICY_POLICY_H
#define QUOTH_POLICY_POLICY_H

#include "claims/claims.h"

struct policy { /* immutable; serves any number of threads */
    /* The text exactly as stored: x-ms-policy-hash is taken over it. */
    struct bytes text;
    /* Judges the claims of a verdict. True: permitted, and the claims that the rules issue are
     * added to ret_issued (empty, opened by the caller), with origin CLAIM_FROM_POLICY. False:
     * QUOTH_POLICY_DENIED with the rule that decided in err->where, or QUOTH_MEMORY. */
    bool (*decide)(const struct policy *policy, const struct claims *in, struct claims *ret_issued,
                   struct quoth_error *err);
};

bool policy_decide(const struct policy *policy, const struct claims *in, struct claims *ret_issued,
                   struct quoth_error *err);

/* The claim x-ms-policy-hash: base64url(SHA-256(base64url(text))) (maa.md 1.7), NUL-terminated. */
#define POLICY_HASH_SIZE 44
bool policy_hash(const struct policy *policy, char ret_hash[POLICY_HASH_SIZE],
                 struct quoth_error *err);

/* The policy that holds while a tenant has none of its own, by attestation type as routes name it:
 * "SgxEnclave", "OpenEnclave". NULL for types that have none. */
const struct policy *policy_default(const char *attestation_type);

#endif
