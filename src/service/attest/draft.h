/* Draft policies (maa.md 1.4; THREATS 18): an attest request may bring the text of a policy to be
 * judged by in place of the stored one. Its token is not signed, and nothing of ours believes it. Anybody
 * may send drafts, so they have a small budget and cause nothing to be fetched. */
#ifndef QUOTH_SERVICE_DRAFT_H
#define QUOTH_SERVICE_DRAFT_H

#include "service/tenants/tenant.h"

#define DRAFTS_PER_SECOND 5 /* of a tenant, on this node */
#define DRAFTS_AT_ONCE 10

/* Whether the tenant has room for one more at this moment (time_monotonic_us); it is then taken.
 * From any thread, without a lock. */
bool draft_take_turn(atomic_uint_fast64_t *next_us, uint64_t now_us);

/* Opens a draft for a request of that type: QUOTH_DRAFT_POLICY where there are none (TdxVm has none,
 * and a tenant may switch them off), QUOTH_DRAFT_RATE, QUOTH_POLICY_SYNTAX, QUOTH_POLICY_LIMIT. */
bool draft_open(struct tenant *t, const struct tenant_settings *settings, enum attest_type type,
                struct bytes text, uint64_t now_us, struct policy **ret_policy,
                struct quoth_error *err);

#endif
