#include "keys/keep.h"

#include <stdio.h>

#define ACTIVE "active"
#define RETIRED "retired"

void kept_key_clear(struct kept_key *k)
{
    private_key_free(k->key);
    buffer_clear(&k->certificate);
    *k = (struct kept_key){0};
}

void kept_keys_clear(struct kept_keys *set)
{
    for (size_t i = 0; i < set->count; i++)
        kept_key_clear(&set->keys[i]);
    set->count = 0;
}

/* What the row says in clear about the key and must not be changed without it. */
static void write_beside(const struct store_key *row, struct buffer *to)
{
    const struct sha256 certificate = sha256_of(row->certificate);
    buffer_u64le(to, (uint64_t)row->created);
    buffer_add(to, BYTES_OF(certificate.bytes));
    buffer_text(to, row->state);
}

static struct seal_place place_of(const struct store_key *row, struct buffer *hold)
{
    write_beside(row, hold);
    return (struct seal_place){
        .use = row->purpose,
        .issuer = row->issuer,
        .id = row->id,
        .version = row->version,
        .beside = buffer_bytes(hold),
    };
}

static bool fits(char *to, size_t size, const char *text, struct quoth_error *err)
{
    return snprintf(to, size, "%s", text) < (int)size ||
           quoth_fail(err, QUOTH_USAGE, "key", QUOTH_NO_OFFSET, "a name is longer than %zu bytes",
                      size - 1);
}

bool key_keep(struct store *store, const struct master_key *master, const char *issuer,
              const char *purpose, const struct kept_key *k, struct quoth_error *err)
{
    AUTO(buffer) struct buffer plain = {0}, sealed = {0}, beside = {0};
    struct store_key row = {
        .version = k->version,
        .created = k->created,
        .certificate = buffer_bytes(&k->certificate),
    };
    if (!fits(row.issuer, sizeof row.issuer, issuer, err) ||
        !fits(row.purpose, sizeof row.purpose, purpose, err) ||
        !fits(row.id, sizeof row.id, k->id, err) ||
        !fits(row.state, sizeof row.state, k->active ? ACTIVE : RETIRED, err))
        return false;
    const struct seal_place place = place_of(&row, &beside);
    if (!buffer_ok(&beside, err) || !private_key_to_der(k->key, &plain, err) ||
        !seal(master, &place, buffer_bytes(&plain), &sealed, err))
        return false;
    row.sealed = buffer_bytes(&sealed);
    return store_key_put(store, &row, err);
}

struct loading {
    const struct master_key *master;
    struct kept_keys set;
};

static bool load_one(void *context, const struct store_key *row, struct quoth_error *err)
{
    struct loading *l = context;
    AUTO(buffer) struct buffer plain = {0}, beside = {0};
    AUTO(kept_key)
    struct kept_key k = {
        .version = row->version,
        .created = row->created,
        .active = strcmp(row->state, ACTIVE) == 0,
    };
    const struct seal_place place = place_of(row, &beside);
    if (l->set.count == KEPT_KEYS_MAX)
        return quoth_fail(err, QUOTH_STORE_BROKEN, row->purpose, QUOTH_NO_OFFSET,
                          "there are more than %d keys", KEPT_KEYS_MAX);
    if (!fits(k.id, sizeof k.id, row->id, err) || !buffer_ok(&beside, err) ||
        !unseal(l->master, &place, row->sealed, &plain, err) ||
        !private_key_from_der(buffer_bytes(&plain), &k.key, err))
        return quoth_within(err, "key");
    buffer_add(&k.certificate, row->certificate);
    if (!buffer_ok(&k.certificate, err))
        return false;
    l->set.keys[l->set.count++] = take_value(k);
    return true;
}

bool keys_load(struct store *store, const struct master_key *master, const char *issuer,
               const char *purpose, struct kept_keys *ret_set, struct quoth_error *err)
{
    struct loading l = {.master = master};
    if (!store_key_list(store, issuer, purpose, load_one, &l, err)) {
        kept_keys_clear(&l.set);
        return false;
    }
    *ret_set = l.set;
    return true;
}

static struct seal_place place_of_setting(const char *name, int64_t version)
{
    return (struct seal_place){.use = "setting", .issuer = "", .id = name, .version = version};
}

bool setting_keep(struct store *store, const struct master_key *master, const char *name,
                  int64_t version, struct bytes value, struct quoth_error *err)
{
    AUTO(buffer) struct buffer sealed = {0};
    const struct seal_place place = place_of_setting(name, version);
    return seal(master, &place, value, &sealed, err) &&
           store_setting_put(store, name, version, buffer_bytes(&sealed), err);
}

bool setting_load(struct store *store, const struct master_key *master, const char *name,
                  int64_t *ret_version, struct buffer *ret_value, struct quoth_error *err)
{
    AUTO(buffer) struct buffer sealed = {0};
    int64_t version;
    if (!store_setting_get(store, name, &version, &sealed, err))
        return false;
    const struct seal_place place = place_of_setting(name, version);
    if (version != 0 && !unseal(master, &place, buffer_bytes(&sealed), ret_value, err))
        return false;
    *ret_version = version;
    return true;
}
