/* Which paths are the vault's, and how its objects are called from outside (key-release.md 1.1):
 *
 *     https://HOST[:PORT]/keys/NAME/VERSION
 *
 * The host is that of the issuer, from the configuration, never what a client has sent (THREATS 17). */
#ifndef QUOTH_SERVICE_VAULT_PATH_H
#define QUOTH_SERVICE_VAULT_PATH_H

#include "vault/item.h"

/* First segments: "keys" and its like; ends with NULL. Empty segments count for nothing behind them,
 * as clients write the newest version so: /keys/a/, /keys/a//release. */
extern const char *const vault_paths[];

/* Whether a request's path is one of the vault's, whatever comes of it. */
bool vault_path_is(struct bytes path);

/* And of secrets, or of what is deleted. */
bool vault_path_is_secret(struct bytes path);
bool vault_path_is_deleted(struct bytes path);

/* "keys", "deletedsecrets" ...: static. */
const char *vault_path_of(enum vault_kind kind, bool deleted);

/* Appends "https://HOST/keys/NAME", and "/VERSION" unless version is empty. */
void vault_path_write_id(struct buffer *to, const char *issuer, enum vault_kind kind, bool deleted,
                         const char *name, const char *version);

#endif
