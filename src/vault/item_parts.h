/* Items from the inside: their names, states and versions, for the files of this room. */
#ifndef QUOTH_VAULT_ITEM_PARTS_H
#define QUOTH_VAULT_ITEM_PARTS_H

#include "base/text.h"
#include "vault/vault.h"

/* GONE: purged, or never there. What is left of it is its number and the count of its policies. */
enum vault_state { VAULT_GONE, VAULT_LIVE, VAULT_DELETED };
enum vault_state vault_item_state(const struct vault_item *item);

/* A further version, zeroed, which becomes the newest: NULL with QUOTH_VAULT_VERSIONS. Pointers to
 * others are void after it. */
struct vault_version *vault_item_extend(struct vault_item *item, struct quoth_error *err);
struct vault_version *vault_item_newest(const struct vault_item *item); /* NULL: none */
void vault_version_clear(struct vault_version *version);

const char *vault_kind_name(enum vault_kind kind); /* "key", "secret" */

/* QUOTH_VAULT_KEY_MISSING or QUOTH_VAULT_SECRET_MISSING; returns false. */
bool vault_missing(enum vault_kind kind, const char *name, struct bytes version,
                   struct quoth_error *err);

/* QUOTH_VAULT_NAME (key-release.md 1.1). */
bool vault_name_copy(struct bytes name, char ret_name[VAULT_NAME_MAX + 1], struct quoth_error *err);
/* In place: as names are compared, and as records have them. */
void vault_name_fold(char *name);

#endif
