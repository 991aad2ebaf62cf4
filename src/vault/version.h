/* Making a version of a name. */
#ifndef QUOTH_VAULT_VERSION_H
#define QUOTH_VAULT_VERSION_H

#include "vault/shelf.h"

/* Begins one, enabled and made now, with an id that nobody has had. name: as the client wrote it,
 * which is kept if it is the first. QUOTH_VAULT_DELETED while the name is deleted;
 * QUOTH_VAULT_VERSIONS. */
bool version_begin(struct vault_item *item, struct bytes name, int64_t now,
                   struct vault_version **ret_version, struct quoth_error *err);

/* Its key, with all that is public of it; and its value. */
bool version_set_key(const struct material *m, const struct vault_item *item,
                     struct vault_version *version, struct shelf_parts *parts,
                     struct quoth_error *err);
bool version_set_value(struct bytes value, const struct vault_item *item,
                       struct vault_version *version, struct shelf_parts *parts,
                       struct quoth_error *err);

/* What a key like this one is made of. */
struct material_spec version_spec(const struct vault_version *version);

#endif
