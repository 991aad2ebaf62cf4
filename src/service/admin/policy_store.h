/* Changes of policies and signers, made in the store: what is there is read, the change judged,
 * recorded in the audit trail, put, and published. All of it blocks; one change of a tenant after
 * the other, and of two nodes that change the same at once one is told so (QUOTH_CHANGE_CONFLICT):
 * histories have no gaps and no branches. */
#ifndef QUOTH_SERVICE_POLICY_STORE_H
#define QUOTH_SERVICE_POLICY_STORE_H

#include "claims/claims.h"
#include "service/admin/admin.h"
#include "service/policies/policy_change.h"
#include "service/policies/signer_change.h"
#include "service/policies/stored_policy.h"

struct change_place { /* where, by whom, when */
    struct http_exchange *x;
    const struct admin *who;
    struct tenant *tenant;
    struct store *store;
    const struct master_key *master;
    bool strict; /* the tenant's signing = strict */
    int64_t now;
};

/* Of a request that came through admin_run. */
bool change_place_of(struct http_exchange *x, const struct admin *who,
                     struct change_place *ret_place, struct quoth_error *err);

/* The result in a token (service/tenants/result_token.h), signed as the tenant signs now. */
bool change_answer(const struct change_place *p, struct claims *result, struct quoth_error *err);

/* What is asked of a change there. */
struct change_rules change_rules_of(const struct change_place *p,
                                    const struct stored_signers *signers, int64_t last_iat);

/* Puts all or none and publishes. QUOTH_CHANGE_CONFLICT when somebody else was faster. */
bool change_put(const struct change_place *p, const struct store_put *puts, size_t count,
                struct quoth_error *err);

/* operation is CHANGE_SET or CHANGE_RESET. The change, as it was judged, is told. */
bool policy_store_change(const struct change_place *p, enum attest_type type,
                         enum change_operation operation, struct bytes jws,
                         struct policy_change *ret_change, struct quoth_error *err);

/* What a version says. QUOTH_CHANGE_VERSION when it is not kept. */
bool policy_store_version(const struct change_place *p, enum attest_type type, int64_t version,
                          struct stored_policy *ret_policy, struct quoth_error *err);

/* Puts an older version again, as a new one; ret_policy is what it says. QUOTH_CHANGE_VERSION;
 * QUOTH_CHANGE_ROLLBACK on an isolated tenant, QUOTH_CHANGE_SHARED on a shared one. */
bool policy_store_roll_back(const struct change_place *p, enum attest_type type, int64_t version,
                            struct stored_policy *ret_policy, struct quoth_error *err);

/* operation is CHANGE_ADD or CHANGE_REMOVE. QUOTH_SIGNER_IN_USE names the types whose policies no
 * other signer vouches for. */
bool signers_store_change(const struct change_place *p, enum change_operation operation,
                          struct bytes jws, struct signer_change *ret_change,
                          struct quoth_error *err);

#endif
