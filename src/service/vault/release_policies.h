/* Which release policies a tenant takes, and releases by (the setting release-policies; THREATS 33): any,
 * those that can never be changed, or those that one of its policy signers has signed for the very
 * name. Asked when a policy is set, and again at each release: so it does not matter how one came in. */
#ifndef QUOTH_SERVICE_VAULT_RELEASE_POLICIES_H
#define QUOTH_SERVICE_VAULT_RELEASE_POLICIES_H

#include "service/tenants/tenant.h"
#include "vault/vault.h"

struct release_policy_offer { /* views */
    enum vault_kind kind;
    struct bytes name;
    struct bytes policy; /* as given: a text, or a JWS */
    bool immutable;
    int64_t set_at; /* as of when a signer's certificate must hold */
};

/* QUOTH_VAULT_POLICY_MUTABLE, QUOTH_RELEASE_UNSIGNED, QUOTH_JWS_*, QUOTH_CHANGE_BINDING. */
bool release_policies_permit(const struct tenant_snapshot *snapshot, const char *issuer,
                             const struct release_policy_offer *offer, struct quoth_error *err);

#endif
