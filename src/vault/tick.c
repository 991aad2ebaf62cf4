/* What time alone makes due. Nodes need not agree on who does it: whoever comes second finds that it
 * is done. */
#include "vault/due.h"
#include "vault/rotation.h"
#include "vault/shelf.h"

#include <stdio.h>

struct ticking {
    const struct vault *v;
    int64_t now, witnessed;
    vault_due_fn *due;
    void *context;
    struct quoth_error first; /* failure */
};

typedef bool act_fn(const struct vault *v, const struct vault_item *item, int64_t now,
                    struct quoth_error *err);

static void act(struct ticking *t, const char *event, act_fn *does, int64_t now,
                const struct vault_item *item)
{
    struct quoth_error why = {0};
    if (t->due(t->context, event, item, &why) && does(t->v, item, now, &why))
        return;
    if (t->first.code == QUOTH_OK && why.code != QUOTH_OK) {
        t->first = why;
        quoth_within(&t->first, event);
    }
}

static void look_at(struct ticking *t, const struct vault_item *item)
{
    if (vault_item_state(item) == VAULT_DELETED && t->witnessed >= item->purge_at)
        act(t, "purge", due_purge, t->witnessed, item);
    if (rotation_is_due(item, t->now)) /* then a version that does not end yet follows */
        act(t, "rotate", due_rotate, t->now, item);
    else if (rotation_nears(item, t->now))
        act(t, "near-expiry", due_tell, t->now, item);
}

static void look_at_name(struct ticking *t, enum vault_kind kind, const char *name)
{
    AUTO(vault_item) struct vault_item item = {0};
    struct quoth_error why = {0};
    if (shelf_load(t->v, kind, bytes_of_text(name), &item, &why))
        look_at(t, &item);
    else if (t->first.code == QUOTH_OK)
        t->first = why;
}

static bool look_at_all(struct ticking *t, enum vault_kind kind, enum shelf_mark mark,
                        struct quoth_error *err)
{
    struct shelf_page page = {.count = 0};
    char last[VAULT_NAME_MAX + 1] = "";
    do {
        if (!shelf_list(t->v, kind, mark, last, VAULT_PAGE_MAX, &page, err))
            return false;
        for (size_t i = 0; i < page.count; i++)
            look_at_name(t, kind, page.names[i]);
        if (page.count > 0)
            snprintf(last, sizeof last, "%s", page.names[page.count - 1]);
    } while (page.count == VAULT_PAGE_MAX);
    return true;
}

bool vault_tick(const struct vault *v, int64_t now, int64_t witnessed, vault_due_fn *due,
                void *context, struct quoth_error *err)
{
    struct ticking t = {.v = v, .now = now, .witnessed = witnessed, .due = due, .context = context};
    if (!look_at_all(&t, VAULT_KEY, SHELF_DELETED, err) ||
        !look_at_all(&t, VAULT_SECRET, SHELF_DELETED, err) ||
        !look_at_all(&t, VAULT_KEY, SHELF_TIMED, err))
        return false;
    if (t.first.code == QUOTH_OK)
        return true;
    *err = t.first;
    return false;
}
