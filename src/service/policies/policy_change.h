/* May this JWS replace or reset the policy of an attestation type? (maa.md 1.7, 5; THREATS 20.)
 * Decided from what is given alone: no clock, no store. */
#ifndef QUOTH_SERVICE_POLICY_CHANGE_H
#define QUOTH_SERVICE_POLICY_CHANGE_H

#include "policy/policy.h"
#include "service/policies/attestation_types.h"
#include "service/policies/signed_change.h"

struct policy_standing { /* what there is */
    struct bytes jws;    /* the newest that was stored; empty: none ever was */
    bool spent;          /* the one that is offered was stored before */
};

struct policy_change {     /* owned: policy_change_clear */
    bool unchanged;        /* it is what is stored now: nothing is to be written */
    struct bytes jws;      /* the JWS itself: a view into the text given */
    struct buffer text;    /* of the policy; empty for a reset */
    struct buffer signer;  /* x5c[0], DER; empty when it is not signed */
    int64_t iat;           /* for the record: the greater of its own and rules->last_iat */
    struct policy *policy; /* NULL for a reset */
};

void policy_change_clear(struct policy_change *c);
DEFINE_AUTO_VALUE(policy_change, struct policy_change, policy_change_clear)

/* operation is CHANGE_SET or CHANGE_RESET. What is stored now may be sent again, and changes nothing;
 * on an isolated tenant nothing else that was stored before may. Beside what signed_change.h
 * refuses: QUOTH_JWS_*, QUOTH_POLICY_SYNTAX and QUOTH_POLICY_LIMIT with line and column,
 * QUOTH_CHANGE_REPLAYED, QUOTH_CHANGE_OPERATION when a policy is sent to a reset or none to a set. */
bool policy_change_judge(const struct change_rules *rules, enum attest_type type,
                         enum change_operation operation, struct bytes jws,
                         const struct policy_standing *standing, struct policy_change *ret_change,
                         struct quoth_error *err);

#endif
