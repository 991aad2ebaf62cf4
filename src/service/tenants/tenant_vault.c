#include "service/tenants/tenant_vault.h"

struct vault tenant_vault(struct tenant *t, struct store *store, const struct master_key *master)
{
    struct vault v = {.store = store, .master = master, .tenant = t->issuer};
    struct tenant_snapshot *snapshot = tenant_hold(t);
    if (snapshot) {
        v.retention = (unsigned)snapshot->settings->vault_retention;
        v.purge_protected = snapshot->settings->vault_purge_protection;
        v.immutable_only = strcmp(snapshot->settings->release_policies, "immutable") == 0;
    }
    tenant_release(snapshot);
    return v;
}
