/* Whether a policy hands its key to the program that a token speaks of. Only for claims of a token
 * whose signature was verified under a key of its issuer: nothing here checks that. */
#ifndef QUOTH_RELEASE_EVALUATE_H
#define QUOTH_RELEASE_EVALUATE_H

#include "release/claim.h"

/* What the token itself cannot say. A policy asks for it by two claims, which shadow whatever a
 * token says under these names:
 *     x-quoth-token-age   seconds since "iat"; absent without iat, or with one in the future
 *     x-quoth-challenge   true if the hashed runtime data answers a challenge of ours, else false
 * A token's age says nothing of when the evidence was made; the challenge does (THREATS 1). */
struct release_facts {
    int64_t now;
    bool challenge_met;
};

struct release_step { /* of one node */
    bool reached;     /* its entry names the issuer */
    bool held;
    enum release_found found;
    struct json value; /* of a clause: what the token says; JSON_NONE for the two claims above */
    int64_t computed;  /* the age, or 0 and 1 */
};

struct release_evaluation {
    struct release_step *steps; /* by the number of the node; owned */
    struct release_marks marks;
    const struct release_entry *entry;  /* that released, or came nearest to it; NULL if none names
                                           the issuer */
    const struct release_node *decided; /* the first clause of it that failed; NULL if none did */
    struct quoth_error error;           /* QUOTH_OK: released */
};

void release_evaluation_clear(struct release_evaluation *e);
DEFINE_AUTO_VALUE(release_evaluation, struct release_evaluation, release_evaluation_clear)

/* Deny by default. True only if one entry for the issuer ("iss") holds, and speaks, for each mark
 * of the token (release/claim.h), in clauses {"claim": the mark, "equals": true} that are all part
 * of one way in which it holds: of an anyOf one alternative counts at a time.
 *
 * What is refused is told in e->error and err: QUOTH_TOKEN_CLAIM (no iss), QUOTH_RELEASE_AUTHORITY,
 * QUOTH_RELEASE_UNMET with the claim, the place of its clause, what was found and expected,
 * QUOTH_RELEASE_UNFIT with the mark. They quote the policy: an operator may read them, whoever asks
 * for the key need not.
 *
 * e must be zeroed; its steps hold handles of the claims and nodes of the policy, which must outlive
 * it. False with QUOTH_MEMORY, and no steps, if memory is short. */
bool release_evaluate(const struct release_policy *p, struct json claims,
                      const struct release_facts *facts, struct release_evaluation *e,
                      struct quoth_error *err);

/* Writes what a clause found, for people and for JSON. */
void release_step_write(struct buffer *to, const struct release_node *clause,
                        const struct release_step *step);

/* Whether a clause asks for one of the two claims of struct release_facts. */
bool release_claim_is_computed(const char *claim);

/* Appends the challenge that the hashed runtime data answers: x-ms-runtime.nonce, base64url of 16
 * to 64 bytes (token/held.h), for the caller to compare with one of its own. QUOTH_TOKEN_NONCE. */
bool release_challenge_read(struct json claims, struct buffer *ret_challenge,
                            struct quoth_error *err);

#endif
