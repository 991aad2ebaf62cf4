/* The vault of a tenant, as its settings are now. */
#ifndef QUOTH_SERVICE_TENANT_VAULT_H
#define QUOTH_SERVICE_TENANT_VAULT_H

#include "service/tenants/tenant.h"
#include "vault/vault.h"

/* Borrows store, master and the tenant's name. */
struct vault tenant_vault(struct tenant *t, struct store *store, const struct master_key *master);

#endif
