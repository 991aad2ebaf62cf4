#include "service/tenants/rotation.h"

void rotation_clear(struct rotation *r)
{
    kept_keys_clear(&r->keys);
    kept_key_clear(&r->made);
}

static bool find(const struct kept_keys *set, const char *kid, size_t *ret_index,
                 struct quoth_error *err)
{
    for (size_t i = 0; i < set->count; i++)
        if (strcmp(set->keys[i].id, kid) == 0) {
            *ret_index = i;
            return true;
        }
    return quoth_fail(err, QUOTH_SIGNING_KEY_UNKNOWN, "distrust", QUOTH_NO_OFFSET,
                      "is no key of this tenant");
}

/* What nobody can need any more. A key that is distrusted stays until the next rotation, so that it
 * can be seen what was done. */
static size_t let_go(struct rotation *r, int64_t now)
{
    size_t stay = 0;
    for (size_t i = 0; i < r->keys.count; i++) {
        r->goes[i] = signing_key_shown_until(&r->keys, &r->keys.keys[i]) <= now;
        stay += !r->goes[i];
    }
    return stay;
}

static void mark_changes(struct rotation *r)
{
    for (size_t i = 0; i < r->keys.count; i++)
        if (r->changes[i] || r->goes[i])
            r->keys.keys[i].version++;
}

bool rotation_plan(struct store *store, const struct master_key *master, const char *issuer,
                   const char *distrust, int64_t now, int64_t delay, struct rotation *ret_rotation,
                   struct quoth_error *err)
{
    AUTO(rotation) struct rotation r = {.keys = {.count = 0}};
    size_t distrusted = 0;
    if (!keys_load(store, master, issuer, KEY_FOR_TOKENS, &r.keys, err) ||
        (distrust && !find(&r.keys, distrust, &distrusted, err)))
        return false;
    const size_t stay = let_go(&r, now);
    if (stay + 1 > KEPT_KEYS_MAX)
        return quoth_fail(err, QUOTH_SIGNING_KEY_LIMIT, "signing-keys", QUOTH_NO_OFFSET,
                          "%zu keys are shown still, the limit is %d", stay, KEPT_KEYS_MAX);
    const bool at_once = distrust && &r.keys.keys[distrusted] == signing_key_active(&r.keys, now);
    if (distrust) {
        r.goes[distrusted] = false;
        r.changes[distrusted] = r.keys.keys[distrusted].distrusted = true;
    }
    mark_changes(&r);
    if (!signing_key_make(issuer, now, at_once ? now : now + delay, &r.made, err))
        return false;
    *ret_rotation = take_value(r);
    return true;
}

bool rotation_put(struct rotation *r, struct store *store, const struct master_key *master,
                  const char *issuer, struct quoth_error *err)
{
    struct store_put puts[KEPT_KEYS_MAX + 1];
    struct buffer values[KEPT_KEYS_MAX + 1] = {0};
    size_t count = 0;
    bool good = key_record(issuer, KEY_FOR_TOKENS, &r->made, &values[0], &puts[count++], err);
    for (size_t i = 0; good && i < r->keys.count; i++) {
        const struct kept_key *k = &r->keys.keys[i];
        if (r->goes[i])
            key_record_gone(issuer, KEY_FOR_TOKENS, k, &puts[count++]);
        else if (r->changes[i])
            good = key_record(issuer, KEY_FOR_TOKENS, k, &values[i + 1], &puts[count++], err);
    }
    good = good && record_keep_all(store, master, puts, count, err);
    for (size_t i = 0; i < COUNT(values); i++)
        buffer_clear(&values[i]);
    return good;
}
