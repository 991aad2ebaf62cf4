/* What makes versions and changes them. */
#include "vault/attributes.h"
#include "vault/version.h"

/* ---- keys */

struct making { /* a key, by create or import */
    const struct vault *v;
    struct bytes name;
    const struct material_spec *spec;
    struct material *material; /* made at the first try, when nothing speaks against it */
    const struct vault_changes *changes;
    int64_t now;
};

static bool make_key(void *context, struct vault_item *item, struct shelf_parts *parts,
                     struct quoth_error *err)
{
    struct making *m = context;
    const bool is_first = item->version_count == 0;
    struct vault_version *version;
    if (!version_begin(item, m->name, m->now, &version, err))
        return false;
    version->type = m->material ? material_type(m->material) : m->spec->type;
    version->hsm = m->changes->hsm;
    version->key_ops = attributes_usual_ops(version->type);
    if (!attributes_apply(VAULT_KEY, m->changes, version, err) ||
        !attributes_guard(m->v, m->changes, is_first, m->now, item, err))
        return false;
    return (m->material || material_generate(m->spec, &m->material, err)) &&
           version_set_key(m->material, item, version, parts, err);
}

bool vault_key_create(const struct vault *v, struct bytes name, const struct material_spec *spec,
                      const struct vault_changes *changes, int64_t now, struct vault_item *ret_item,
                      struct quoth_error *err)
{
    struct making m = {v, name, spec, NULL, changes, now};
    const bool made = shelf_change(v, VAULT_KEY, name, make_key, &m, ret_item, err);
    material_free(m.material);
    return made;
}

bool vault_key_import(const struct vault *v, struct bytes name, struct material *material,
                      const struct vault_changes *changes, int64_t now, struct vault_item *ret_item,
                      struct quoth_error *err)
{
    struct making m = {v, name, NULL, material, changes, now};
    return shelf_change(v, VAULT_KEY, name, make_key, &m, ret_item, err);
}

/* ---- secrets */

struct setting {
    const struct vault *v;
    struct bytes name, value;
    const struct vault_changes *changes;
    int64_t now;
};

static bool set_secret(void *context, struct vault_item *item, struct shelf_parts *parts,
                       struct quoth_error *err)
{
    const struct setting *s = context;
    const bool is_first = item->version_count == 0;
    struct vault_version *version;
    return version_begin(item, s->name, s->now, &version, err) &&
           attributes_apply(VAULT_SECRET, s->changes, version, err) &&
           attributes_guard(s->v, s->changes, is_first, s->now, item, err) &&
           version_set_value(s->value, item, version, parts, err);
}

/* It goes out as JSON text. */
static bool is_utf8(struct bytes text)
{
    for (size_t at = 0; at < text.len;) {
        const size_t len = text_utf8_len(bytes_slice(text, at, text.len));
        if (len == 0)
            return false;
        at += len;
    }
    return true;
}

bool vault_secret_set(const struct vault *v, struct bytes name, struct bytes value,
                      const struct vault_changes *changes, int64_t now, struct vault_item *ret_item,
                      struct quoth_error *err)
{
    struct setting s = {v, name, value, changes, now};
    if (value.len > VAULT_SECRET_MAX)
        return quoth_fail(err, QUOTH_VAULT_VALUE, "value", QUOTH_NO_OFFSET,
                          "has %zu bytes, limit is %u", value.len, VAULT_SECRET_MAX);
    if (!is_utf8(value))
        return quoth_fail(err, QUOTH_VAULT_VALUE, "value", QUOTH_NO_OFFSET, "is not UTF-8");
    return shelf_change(v, VAULT_SECRET, name, set_secret, &s, ret_item, err);
}

/* ---- of what is there */

struct updating {
    const struct vault *v;
    struct bytes version;
    const struct vault_changes *changes;
    int64_t now;
};

static struct vault_version *find_version(const struct vault_item *item, struct bytes id,
                                          struct quoth_error *err)
{
    const struct vault_version *found = vault_version(item, id, err);
    return found ? &item->versions[found - item->versions] : NULL;
}

static bool update(void *context, struct vault_item *item, struct shelf_parts *parts,
                   struct quoth_error *err)
{
    const struct updating *u = context;
    (void)parts;
    if (vault_item_state(item) != VAULT_LIVE)
        return vault_missing(item->kind, item->name, u->version, err);
    struct vault_version *version = find_version(item, u->version, err);
    if (!version)
        return false;
    if (u->changes->has_policy && u->version.len > 0 && !vault_repeats_policy(item, u->changes))
        return quoth_fail(err, QUOTH_VAULT_POLICY_VERSIONED, "release_policy", QUOTH_NO_OFFSET,
                          "AKV.SKR.1016: Key Release Policy can only be set on versionless key.");
    version->updated = u->now;
    return attributes_apply(item->kind, u->changes, version, err) &&
           attributes_guard(u->v, u->changes, false, u->now, item, err);
}

bool vault_update(const struct vault *v, enum vault_kind kind, struct bytes name,
                  struct bytes version, const struct vault_changes *changes, int64_t now,
                  struct vault_item *ret_item, struct quoth_error *err)
{
    struct updating u = {v, version, changes, now};
    return shelf_change(v, kind, name, update, &u, ret_item, err);
}
