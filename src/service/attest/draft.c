#include "service/attest/draft.h"

#include "service/policies/admission.h"

bool draft_take_turn(atomic_uint_fast64_t *next_us, uint64_t now_us)
{
    return turn_take(next_us, now_us, DRAFTS_PER_SECOND, DRAFTS_AT_ONCE);
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
