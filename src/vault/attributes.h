/* What a request may say of a version, and of who gets the name without credentials: judged here
 * and nowhere else (key-release.md 1.3, 1.4, 4). */
#ifndef QUOTH_VAULT_ATTRIBUTES_H
#define QUOTH_VAULT_ATTRIBUTES_H

#include "vault/item_parts.h"

/* What a key of a type may do unless told otherwise. */
unsigned attributes_usual_ops(enum material_type type);

/* Puts into the version what is given; the rest stays. QUOTH_VAULT_ATTRIBUTES, QUOTH_VAULT_TAGS,
 * QUOTH_VAULT_KEY_OPS, QUOTH_VAULT_CONTENT_TYPE. */
bool attributes_apply(enum vault_kind kind, const struct vault_changes *changes,
                      struct vault_version *version, struct quoth_error *err);

/* The same for exportable and policy of the name, is_first when no version is there yet: inheritance,
 * immutability, and that the one is not without the other. A policy is read before it is kept. */
bool attributes_guard(const struct vault *v, const struct vault_changes *changes, bool is_first,
                      int64_t now, struct vault_item *item, struct quoth_error *err);

#endif
