/* An item as a record holds it, and a backup: fields in a fixed order, little-endian, lengths before
 * what they count (docs/formats.md). One item has one such form. */
#ifndef QUOTH_VAULT_ITEM_RECORD_H
#define QUOTH_VAULT_ITEM_RECORD_H

#include "vault/item.h"

/* Of the form, so that it fits into a record when it is sealed, whatever sealing adds. */
#define ITEM_RECORD_MAX (STORE_VALUE_MAX - 4096u)

/* Appends. QUOTH_VAULT_VERSIONS when all the versions together are too large. */
bool item_write(const struct vault_item *item, struct buffer *to, struct quoth_error *err);

/* Moves past it. ret_item must be empty; record is not set. QUOTH_MALFORMED, and QUOTH_STORE_VERSION
 * for a form of another build. */
bool item_read(struct reader *r, struct vault_item *ret_item);

#endif
