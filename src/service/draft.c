#include "service/draft.h"

#define INTERVAL_US (UINT64_C(1000000) / DRAFTS_PER_SECOND)
#define AHEAD_US (INTERVAL_US * (DRAFTS_AT_ONCE - 1)) /* that the next turn may be ahead of now */

/* A leaky bucket in one number: the moment from which all that was taken has leaked out. */
bool draft_take_turn(atomic_uint_fast64_t *next_us, uint64_t now_us)
{
    uint_fast64_t next = atomic_load(next_us);
    uint64_t from;
    do {
        from = next > now_us ? next : now_us;
        if (from - now_us > AHEAD_US)
            return false;
    } while (!atomic_compare_exchange_weak(next_us, &next, from + INTERVAL_US));
    return true;
}

/* Azure's interface gives drafts to these (maa.md 1.3): a TdxVm request that brings one expects what it
 * will not get, a token that is judged by it. */
static bool has_drafts(enum attest_type type)
{
    return type == ATTEST_SGX_ENCLAVE || type == ATTEST_OPEN_ENCLAVE || type == ATTEST_SEV_SNP_VM;
}

static bool refuse(const char *why, const char *of, struct quoth_error *err)
{
    return quoth_fail(err, QUOTH_DRAFT_POLICY, "draftPolicyForAttestation", QUOTH_NO_OFFSET, "%s%s",
                      of, why);
}

bool draft_open(struct tenant *t, const struct tenant_settings *settings, enum attest_type type,
                struct bytes text, uint64_t now_us, struct policy **ret_policy,
                struct quoth_error *err)
{
    if (!has_drafts(type))
        return refuse(" takes no draft policies", attest_type_name(type), err);
    if (!settings->draft_policies)
        return refuse("draft policies are switched off here", "", err);
    if (!draft_take_turn(&t->next_draft_us, now_us))
        return quoth_fail(err, QUOTH_DRAFT_RATE, "draftPolicyForAttestation", QUOTH_NO_OFFSET,
                          "this tenant judges %d drafts per second", DRAFTS_PER_SECOND);
    return policy_open(text, ret_policy, NULL, err);
}
