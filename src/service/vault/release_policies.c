#include "service/vault/release_policies.h"

#include "release/policy_signed.h"

#include <stdio.h>

static bool is_signed(const struct tenant_snapshot *snapshot, const char *issuer,
                      const struct release_policy_offer *offer, struct quoth_error *err)
{
    char name[sizeof "secrets/" + VAULT_NAME_MAX];
    snprintf(name, sizeof name, "%s/%.*s", offer->kind == VAULT_KEY ? "keys" : "secrets",
             (int)offer->name.len, (const char *)offer->name.data);
    const struct policy_signed_rules rules = {
        .issuer = issuer,
        .name = name,
        .signers = snapshot->signers,
        .signer_count = snapshot->signer_count,
        .now = offer->set_at,
    };
    return policy_signed_check(offer->policy, &rules, err);
}

bool release_policies_permit(const struct tenant_snapshot *snapshot, const char *issuer,
                             const struct release_policy_offer *offer, struct quoth_error *err)
{
    const char *wanted = snapshot->settings->release_policies;
    if (wanted && strcmp(wanted, "immutable") == 0)
        return offer->immutable ||
               quoth_fail(err, QUOTH_VAULT_POLICY_MUTABLE, "release_policy.immutable",
                          QUOTH_NO_OFFSET, "is false, and this tenant wants it to be true");
    return !wanted || strcmp(wanted, "signed") != 0 || is_signed(snapshot, issuer, offer, err);
}
