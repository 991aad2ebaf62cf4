/* What a policy makes of claims: may a token be issued, and what does it say besides? The language
 * is that of Azure Attestation, versions 1.0 to 1.2 (docs/policy.md).
 *
 * How an evaluation goes is bounded whatever the policy says (policy/work.h), and does not depend
 * on anything but policy and claims. */
#ifndef QUOTH_POLICY_POLICY_H
#define QUOTH_POLICY_POLICY_H

#include "claims/claims.h"

struct policy; /* immutable; serves any number of threads */

#define POLICY_TEXT_MAX 65536u /* bytes */
#define POLICY_RULES_MAX 1024u

/* Where a text stops being a policy. */
struct policy_fault {
    size_t offset;
    unsigned line, column; /* from 1; columns count characters */
    char symbol[64];       /* the word that stands there */
    char message[160];     /* "mismatched input '[' expecting ';'" */
    char rule[96];         /* of the grammar, from the outermost: "policy > versionInfo" */
};

/* Parses a text, which is copied. False: QUOTH_POLICY_SYNTAX, QUOTH_POLICY_LIMIT, QUOTH_MEMORY; of
 * the first two the place is in ret_fault too, which may be NULL. */
bool policy_open(struct bytes text, struct policy **ret_policy, struct policy_fault *ret_fault,
                 struct quoth_error *err);
void policy_close(struct policy *policy);
DEFINE_AUTO(policy, struct policy *, policy_close)

/* The sentence of Azure Attestation for a text that is no policy (maa.md 1.11). */
void policy_fault_write(struct buffer *to, const struct policy_fault *fault);

/* Exactly as it was given. */
struct bytes policy_source(const struct policy *policy);

/* The claim x-ms-policy-hash: base64url(SHA-256(base64url(text))) (maa.md 1.7), NUL-terminated. */
#define POLICY_HASH_SIZE 44
bool policy_hash(struct bytes text, char ret_hash[POLICY_HASH_SIZE], struct quoth_error *err);

/* Judges the claims of a verdict. True: permitted, and the claims that the rules issue are added to
 * ret_issued (empty, opened by the caller), with origin CLAIM_FROM_POLICY; one that was issued with
 * several values is an array of them. False: QUOTH_POLICY_DENIED, QUOTH_POLICY_NOT_PERMITTED,
 * QUOTH_POLICY_PRECONDITION, QUOTH_POLICY_EVALUATION, QUOTH_POLICY_COST or QUOTH_MEMORY, with the
 * rule that decided, where one did, in err->where and its offset in the text. */
bool policy_decide(const struct policy *policy, const struct claims *in, struct claims *ret_issued,
                   struct quoth_error *err);

/* Judges claims and adds to them, if they are permitted, what the token says of that: x-ms-policy,
 * the object of all that was issued; x-ms-policy-hash; and each issued claim under its own name,
 * unless that is reserved or taken (THREATS 12). */
bool policy_apply(const struct policy *policy, struct claims *claims, struct quoth_error *err);

/* The text of the policy that holds while a tenant has none of its own, by attestation type as
 * routes name it, in that case: "SgxEnclave". Empty for Tpm, which has none (maa.md 4.8). */
struct bytes policy_default(const char *attestation_type);

#endif
