/* Where the vault keeps things: records of a tenant, id the name in lower case, or that and "/" and
 * a version.
 *
 *     vault.key, vault.secret                   the item (item_record.h): what decides
 *     vault.key.part, vault.secret.part         a version's secret part, written once
 *     vault.key.live, .deleted, .timed          marks: for which names there is something to do
 *
 * and the marks live and deleted of secrets. An item changes whole, from version to version of its
 * record, with its parts and marks in the same transaction, so that two who change it at once cannot
 * both succeed. The record of an item stays for ever, as it counts its policies. Marks only say where
 * to look: nothing is believed that the item does not say, and they are not unsealed. */
#ifndef QUOTH_VAULT_SHELF_H
#define QUOTH_VAULT_SHELF_H

#include "vault/item_parts.h"

enum shelf_mark { SHELF_LIVE, SHELF_DELETED, SHELF_TIMED, SHELF_MARKS };

/* What there is of a name, written in any case: an item that is GONE if nothing. QUOTH_VAULT_NAME,
 * QUOTH_SEAL_BROKEN; QUOTH_STORE_BROKEN if it opens and is no item. */
bool shelf_load(const struct vault *v, enum vault_kind kind, struct bytes name,
                struct vault_item *ret_item, struct quoth_error *err);

/* The secret parts that a change adds and removes; values are wiped with it. */
struct shelf_parts {
    struct shelf_part {
        char id[VAULT_NAME_MAX + 1 + VAULT_VERSION_SIZE];
        struct buffer value;
        bool remove;
    } * parts;
    size_t count;
};

/* Of a version, whose secret is set to the digest of value. value is taken. */
bool shelf_add(struct shelf_parts *parts, const struct vault_item *item,
               struct vault_version *version, struct buffer *value, struct quoth_error *err);
bool shelf_remove(struct shelf_parts *parts, const struct vault_item *item,
                  const struct vault_version *version, struct quoth_error *err);

/* Changes an item as change says, which sees what is there, GONE or not, and may be called again
 * when somebody else was faster. It refuses with a reason in err; without one nothing is to be done,
 * and the item is given as it is. QUOTH_VAULT_BUSY. */
typedef bool shelf_change_fn(void *context, struct vault_item *item, struct shelf_parts *parts,
                             struct quoth_error *err);
bool shelf_change(const struct vault *v, enum vault_kind kind, struct bytes name,
                  shelf_change_fn *change, void *context, struct vault_item *ret_item,
                  struct quoth_error *err);

/* Appends the secret part. QUOTH_SEAL_BROKEN if it is not the one that the item names, or is not
 * there although the item names it; if the version was purged meanwhile, it is missing. */
bool shelf_part(const struct vault *v, const struct vault_item *item,
                const struct vault_version *version, struct buffer *ret_value,
                struct quoth_error *err);

/* Names that have a mark, in order, after `after` (lower case; "": from the first). */
#define SHELF_PAGE (VAULT_PAGE_MAX + 1)
struct shelf_page {
    char names[SHELF_PAGE][VAULT_NAME_MAX + 1];
    size_t count;
};
bool shelf_list(const struct vault *v, enum vault_kind kind, enum shelf_mark mark,
                const char *after, size_t limit, struct shelf_page *ret_page,
                struct quoth_error *err);

#endif
