/* A key's next version, made like the newest, and when (key-release.md 1.9). */
#include "vault/due.h"
#include "vault/rotation.h"
#include "vault/version.h"

struct turning {
    struct bytes name;
    bool if_due; /* by its rotation policy */
    int64_t now;
    struct material *material; /* made at the first try */
    struct material_spec spec; /* by which */
};

static bool are_alike(const struct material_spec *a, const struct material_spec *b)
{
    return a->type == b->type && a->bits == b->bits && a->exponent == b->exponent &&
           bytes_equal(a->curve, b->curve);
}

/* As the newest is, enabled, with the end that the rotation policy gives it. */
static bool copy_version(const struct vault_item *item, const struct vault_version *from,
                         struct turning *t, struct vault_version *to, struct quoth_error *err)
{
    const struct material_spec spec = version_spec(from);
    if (t->material && !are_alike(&spec, &t->spec)) /* somebody was faster, with another kind */
        material_free(take(t->material));
    t->spec = spec;
    to->hsm = from->hsm;
    to->key_ops = from->key_ops;
    buffer_add(&to->tags, buffer_bytes(&from->tags));
    to->has_exp = rotation_end(&item->rotation, t->now, &to->exp);
    return buffer_ok(&to->tags, err) &&
           (t->material || material_generate(&spec, &t->material, err));
}

static bool turn(void *context, struct vault_item *item, struct shelf_parts *parts,
                 struct quoth_error *err)
{
    struct turning *t = context;
    struct vault_version *version;
    if (t->if_due && !rotation_is_due(item, t->now))
        return false;
    if (vault_item_state(item) == VAULT_GONE)
        return vault_missing(VAULT_KEY, item->name, (struct bytes){0}, err);
    return version_begin(item, t->name, t->now, &version, err) &&
           copy_version(item, version - 1, t, version, err) &&
           version_set_key(t->material, item, version, parts, err);
}

static bool turn_key(const struct vault *v, struct turning *t, struct vault_item *ret_item,
                     struct quoth_error *err)
{
    const bool turned = shelf_change(v, VAULT_KEY, t->name, turn, t, ret_item, err);
    material_free(t->material);
    return turned;
}

bool vault_key_rotate(const struct vault *v, struct bytes name, int64_t now,
                      struct vault_item *ret_item, struct quoth_error *err)
{
    struct turning t = {.name = name, .now = now};
    return turn_key(v, &t, ret_item, err);
}

bool due_rotate(const struct vault *v, const struct vault_item *item, int64_t now,
                struct quoth_error *err)
{
    AUTO(vault_item) struct vault_item after = {0};
    struct turning t = {.name = bytes_of_text(item->name), .if_due = true, .now = now};
    return turn_key(v, &t, &after, err);
}

/* ---- that a key nears its end */

static bool note_told(void *context, struct vault_item *item, struct shelf_parts *parts,
                      struct quoth_error *err)
{
    const int64_t *now = context;
    (void)parts, (void)err;
    if (!rotation_nears(item, *now))
        return false;
    vault_item_newest(item)->notified = true;
    return true;
}

bool due_tell(const struct vault *v, const struct vault_item *item, int64_t now,
              struct quoth_error *err)
{
    AUTO(vault_item) struct vault_item after = {0};
    return shelf_change(v, VAULT_KEY, bytes_of_text(item->name), note_told, &now, &after, err);
}

/* ---- what the policy says */

struct scheduling {
    struct vault_rotation rotation;
    int64_t now;
};

static bool schedule(void *context, struct vault_item *item, struct shelf_parts *parts,
                     struct quoth_error *err)
{
    const struct scheduling *s = context;
    const int64_t created = item->rotation.created;
    (void)parts;
    if (vault_item_state(item) != VAULT_LIVE)
        return vault_missing(VAULT_KEY, item->name, (struct bytes){0}, err);
    item->rotation = s->rotation;
    item->rotation.created = created != 0 ? created : s->now;
    item->rotation.updated = s->now;
    return true;
}

bool vault_rotation_set(const struct vault *v, struct bytes name,
                        const struct vault_rotation *rotation, int64_t now,
                        struct vault_item *ret_item, struct quoth_error *err)
{
    struct scheduling s = {*rotation, now};
    rotation_complete(&s.rotation);
    return rotation_check(&s.rotation, err) &&
           shelf_change(v, VAULT_KEY, name, schedule, &s, ret_item, err);
}
