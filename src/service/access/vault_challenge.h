/* Where clients of the vault without credentials are sent (key-release.md 1.6):
 *
 *     WWW-Authenticate: Bearer authorization="https://login.example/TENANT", resource="https://example"
 *
 * authorization is the tenant's identity provider, resource what a token is to be asked for. Clients
 * want a path behind the first, and refuse to go on unless their host is below that of the second. */
#ifndef QUOTH_SERVICE_VAULT_CHALLENGE_H
#define QUOTH_SERVICE_VAULT_CHALLENGE_H

#include "http/message.h"
#include "service/config/config.h"

/* issuer: the tenant's. Nothing is added if a setting would break the form. */
void vault_challenge_add(const char *issuer, const struct tenant_settings *settings,
                         struct http_response *response);

/* The setting vault-resource: a URL without a path, a query, a comma or an equals sign. QUOTH_USAGE. */
bool vault_challenge_check(const char *resource, struct quoth_error *err);

#endif
