/* Rotation policies (key-release.md 1.9): what they may say, and what is due by them. */
#ifndef QUOTH_VAULT_ROTATION_H
#define QUOTH_VAULT_ROTATION_H

#include "vault/item_parts.h"

/* QUOTH_VAULT_DURATION, QUOTH_VAULT_ROTATION. */
bool rotation_check(const struct vault_rotation *r, struct quoth_error *err);

/* The standard's Notify, where none is set. */
void rotation_complete(struct vault_rotation *r);

/* Whether anything may fall due for it by time: a key that is live. */
bool rotation_watches(const struct vault_item *item);

/* Whether its newest version is to be followed by another, or nears its end and nobody was told. A
 * version that is disabled is left in peace: a new one would be enabled. */
bool rotation_is_due(const struct vault_item *item, int64_t now);
bool rotation_nears(const struct vault_item *item, int64_t now);

/* When a version made now ends; false: it does not. */
bool rotation_end(const struct vault_rotation *r, int64_t now, int64_t *ret_end);

#endif
