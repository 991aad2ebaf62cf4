/* What is asked of the vault, and changes nothing. */
#include "vault/shelf.h"

#include <stdio.h>

static bool find(const struct vault *v, enum vault_kind kind, struct bytes name,
                 enum vault_state state, struct vault_item *ret_item, struct quoth_error *err)
{
    AUTO(vault_item) struct vault_item item = {0};
    if (!shelf_load(v, kind, name, &item, err))
        return false;
    if (vault_item_state(&item) != state)
        return vault_missing(kind, item.name, (struct bytes){0}, err);
    *ret_item = take_value(item);
    return true;
}

bool vault_find(const struct vault *v, enum vault_kind kind, struct bytes name,
                struct vault_item *ret_item, struct quoth_error *err)
{
    return find(v, kind, name, VAULT_LIVE, ret_item, err);
}

bool vault_find_deleted(const struct vault *v, enum vault_kind kind, struct bytes name,
                        struct vault_item *ret_item, struct quoth_error *err)
{
    return find(v, kind, name, VAULT_DELETED, ret_item, err);
}

/* ---- lists */

struct listing { /* of a page at work */
    enum vault_state state;
    size_t left; /* that may still be given */
    vault_each_fn *each;
    void *context;
    bool stopped;
    struct quoth_error broken; /* the first that does not open */
};

static bool leave_out(struct listing *l, const char *name, struct quoth_error *why,
                      struct quoth_error *err)
{
    if (why->code != QUOTH_SEAL_BROKEN && why->code != QUOTH_STORE_BROKEN) {
        *err = *why;
        return false;
    }
    quoth_within(why, name);
    if (l->broken.code == QUOTH_OK)
        l->broken = *why;
    return true;
}

/* One name of a page; it may have changed its state since the page was read. */
static bool give(const struct vault *v, enum vault_kind kind, const char *name, struct listing *l,
                 struct quoth_error *err)
{
    AUTO(vault_item) struct vault_item item = {0};
    struct quoth_error why = {0};
    if (!shelf_load(v, kind, bytes_of_text(name), &item, &why))
        return leave_out(l, name, &why, err);
    if (vault_item_state(&item) != l->state)
        return true;
    l->left--;
    l->stopped = !l->each(l->context, &item, err);
    return err->code == QUOTH_OK;
}

bool vault_list(const struct vault *v, enum vault_kind kind, bool deleted, struct bytes after,
                size_t limit, vault_each_fn *each, void *context, bool *ret_more,
                struct quoth_error *ret_broken, struct quoth_error *err)
{
    struct listing l = {.state = deleted ? VAULT_DELETED : VAULT_LIVE,
                        .left = limit < VAULT_PAGE_MAX ? limit : VAULT_PAGE_MAX,
                        .each = each,
                        .context = context};
    char last[VAULT_NAME_MAX + 1] = "";
    struct shelf_page page;
    if (after.len > 0 && !vault_name_copy(after, last, err))
        return false;
    vault_name_fold(last);
    for (;;) {
        const size_t wanted = l.left + 1; /* one more than is given tells whether there are more */
        if (!shelf_list(v, kind, deleted ? SHELF_DELETED : SHELF_LIVE, last, wanted, &page, err))
            return false;
        size_t at = 0;
        for (; at < page.count && l.left > 0 && !l.stopped; at++)
            if (!give(v, kind, page.names[at], &l, err))
                return false;
        if (at < page.count || page.count < wanted || l.stopped) {
            *ret_more = at < page.count;
            *ret_broken = l.broken;
            return true;
        }
        snprintf(last, sizeof last, "%s", page.names[page.count - 1]);
    }
}

/* ---- secret parts */

bool vault_key_material(const struct vault *v, const struct vault_item *item,
                        const struct vault_version *version, struct material **ret_material,
                        struct quoth_error *err)
{
    AUTO(buffer) struct buffer part = {0};
    return shelf_part(v, item, version, &part, err) &&
           material_import(version->type, buffer_bytes(&part), ret_material, err);
}

bool vault_secret_value(const struct vault *v, const struct vault_item *item,
                        const struct vault_version *version, struct buffer *ret_value,
                        struct quoth_error *err)
{
    return shelf_part(v, item, version, ret_value, err);
}

/* ---- what may be done */

/* What makes old data readable, and proves that somebody once signed, does not end with a key. */
static bool goes_on_outside(enum vault_operation operation)
{
    return operation == VAULT_DECRYPT || operation == VAULT_RELEASE || operation == VAULT_UNWRAP ||
           operation == VAULT_VERIFY || operation == VAULT_GET;
}

static bool is_in_window(const struct vault_version *version, int64_t now)
{
    return (!version->has_nbf || now >= version->nbf) && (!version->has_exp || now < version->exp);
}

bool vault_may(const struct vault_item *item, const struct vault_version *version,
               enum vault_operation operation, int64_t now, struct quoth_error *err)
{
    const char *name = vault_operation_name(operation), *kind = vault_kind_name(item->kind);
    const bool is_public = item->kind == VAULT_KEY && operation == VAULT_GET;
    if (!version->enabled && !is_public)
        return quoth_fail(err, QUOTH_VAULT_DISABLED, item->name, QUOTH_NO_OFFSET,
                          "Operation %s is not allowed on a disabled %s.", name, kind);
    if (!goes_on_outside(operation) && !is_in_window(version, now))
        return quoth_fail(
            err, QUOTH_VAULT_WINDOW, item->name, QUOTH_NO_OFFSET,
            "Operation %s is not allowed on a %s that is not yet valid or has expired.", name,
            kind);
    return operation >= VAULT_KEY_OPS || (version->key_ops & 1u << operation) != 0 ||
           quoth_fail(err, QUOTH_VAULT_OPERATION, item->name, QUOTH_NO_OFFSET,
                      "Operation %s is not permitted on this %s.", name, kind);
}
