/* The ways out of the vault: deleting, which can be undone for a while, and purging, which cannot
 * (key-release.md 1.8). */
#include "base/time.h"
#include "vault/due.h"
#include "vault/shelf.h"

struct leaving {
    const struct vault *v;
    int64_t now;
    bool if_due;
};

static bool delete (void *context, struct vault_item *item, struct shelf_parts *parts,
                    struct quoth_error *err)
{
    const struct leaving *l = context;
    (void)parts;
    if (vault_item_state(item) != VAULT_LIVE)
        return vault_missing(item->kind, item->name, (struct bytes){0}, err);
    item->deleted_at = l->now;
    item->purge_at = l->now + l->v->retention * TIME_DAY;
    return true;
}

bool vault_delete(const struct vault *v, enum vault_kind kind, struct bytes name, int64_t now,
                  struct vault_item *ret_item, struct quoth_error *err)
{
    struct leaving l = {v, now, false};
    return shelf_change(v, kind, name, delete, &l, ret_item, err);
}

/* What is to be purged is not brought back because nobody has come by yet. */
static bool recover(void *context, struct vault_item *item, struct shelf_parts *parts,
                    struct quoth_error *err)
{
    const struct leaving *l = context;
    (void)parts;
    if (vault_item_state(item) != VAULT_DELETED || l->now >= item->purge_at)
        return vault_missing(item->kind, item->name, (struct bytes){0}, err);
    item->deleted_at = item->purge_at = 0;
    return true;
}

bool vault_recover(const struct vault *v, enum vault_kind kind, struct bytes name, int64_t now,
                   struct vault_item *ret_item, struct quoth_error *err)
{
    struct leaving l = {v, now, false};
    return shelf_change(v, kind, name, recover, &l, ret_item, err);
}

/* What stays is the count of its policies, so that a backup from before does not come back. */
static void leave_stub(struct vault_item *item)
{
    struct vault_item stub = {.kind = item->kind,
                              .record = item->record,
                              .policy_number = item->policy_number,
                              .policy_since = item->policy_since};
    vault_name_copy(bytes_of_text(item->name), stub.name, &(struct quoth_error){0});
    vault_item_clear(item);
    *item = stub;
}

/* Under purge protection nobody purges but the tick: it knows how much time was seen to go by, and a
 * clock that is wrong would end the protection. */
static bool purge(void *context, struct vault_item *item, struct shelf_parts *parts,
                  struct quoth_error *err)
{
    const struct leaving *l = context;
    if (l->if_due && (vault_item_state(item) != VAULT_DELETED || l->now < item->purge_at))
        return false;
    if (vault_item_state(item) != VAULT_DELETED)
        return vault_missing(item->kind, item->name, (struct bytes){0}, err);
    if (l->v->purge_protected && !l->if_due)
        return quoth_fail(err, QUOTH_VAULT_PURGE_PROTECTED, item->name, QUOTH_NO_OFFSET,
                          "is kept until %lld, and purged by the service alone",
                          (long long)item->purge_at);
    for (size_t i = 0; i < item->version_count; i++)
        if (!shelf_remove(parts, item, &item->versions[i], err))
            return false;
    leave_stub(item);
    return true;
}

bool vault_purge(const struct vault *v, enum vault_kind kind, struct bytes name,
                 struct quoth_error *err)
{
    AUTO(vault_item) struct vault_item stub = {0};
    struct leaving l = {v, 0, false};
    return shelf_change(v, kind, name, purge, &l, &stub, err);
}

bool due_purge(const struct vault *v, const struct vault_item *item, int64_t now,
               struct quoth_error *err)
{
    AUTO(vault_item) struct vault_item stub = {0};
    struct leaving l = {v, now, true};
    return shelf_change(v, item->kind, bytes_of_text(item->name), purge, &l, &stub, err);
}
