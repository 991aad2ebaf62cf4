/* Whether a key or secret is handed to the program that a verified token speaks of: all that is
 * decided with comes in, nothing else is asked (THREATS 1, 4, 28, 29, 31, 32). Pure. */
#ifndef QUOTH_SERVICE_VAULT_RELEASE_DECIDE_H
#define QUOTH_SERVICE_VAULT_RELEASE_DECIDE_H

#include "policy/policy.h"
#include "release/evaluate.h"
#include "release/recipient.h"
#include "service/config/config.h"
#include "service/policies/attestation_types.h"
#include "service/release/release_challenge.h"
#include "tee/tcb.h"

/* What a tenant decides with about tokens of its own, beyond what they say. */
struct release_home {
    /* x-ms-policy-hash of the attestation policies in force; empty where there is none. A token that
     * was judged by another policy is older than a change of it, or as good as that. */
    char policy_hashes[ATTEST_TYPES][POLICY_HASH_SIZE];
    tcb_status_set accept; /* what x-quoth-tcb-status may be now */
    /* When the vendor was seen to have raised the number of its TCB information, and to what (a TCB
     * recovery); 0: never. */
    int64_t recovered_at;
    uint32_t recovered_to;
};

struct release_rules { /* views */
    int64_t now;
    const struct tenant_settings *settings;
    const struct release_challenge_key *challenge_key;
    const struct release_policy *policy;
    int64_t policy_since;            /* a token issued before is refused; 0: it was never changed */
    const struct release_home *home; /* NULL: somebody else issued the token */
};

struct release_verdict {    /* owned: release_verdict_clear */
    struct quoth_error why; /* QUOTH_OK: released */
    bool challenge_met;
    struct release_evaluation evaluation; /* of policy and claims, which must outlive it */
    struct release_recipient recipient;   /* if released */
};

void release_verdict_clear(struct release_verdict *v);
DEFINE_AUTO_VALUE(release_verdict, struct release_verdict, release_verdict_clear)

/* claims: of a token whose signature holds and that release_token_check has passed, issued at that
 * instant. v is zeroed. True: v->recipient is whom to wrap for. False: v->why and err tell, of which
 * a stranger is told nothing: what release_evaluate says; QUOTH_RELEASE_SUPERSEDED;
 * QUOTH_ATTEST_DENIED, QUOTH_ATTEST_NOT_ALLOWED; QUOTH_RELEASE_CHALLENGE; QUOTH_RELEASE_RECIPIENT. */
bool release_decide(const struct release_rules *rules, struct json claims, int64_t issued,
                    struct release_verdict *v, struct quoth_error *err);

#endif
