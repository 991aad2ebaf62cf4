#include "keys/keep.h"

#include <stdio.h>

#define KEY_FORM 1 /* of the value of a key */
#define KEY_GONE "\0"

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

/* The kinds that keys have; the text is of our source, so that a record may borrow it. */
static const char *kind_of(const char *purpose)
{
    static const char *const kinds[] = {"key.token", "key.ca", "key.tls", "key.release"};
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (strcmp(kinds[i] + strlen("key."), purpose) == 0)
            return kinds[i];
    return "";
}

/* form (1), distrusted (1), created (8), signs from (8), length of the certificate (4), certificate,
 * private key */
static bool write_key(const struct kept_key *k, struct buffer *to, struct quoth_error *err)
{
    buffer_u8(to, KEY_FORM);
    buffer_u8(to, k->distrusted);
    buffer_u64le(to, (uint64_t)k->created);
    buffer_u64le(to, (uint64_t)k->signs_from);
    buffer_u32le(to, (uint32_t)k->certificate.len);
    buffer_add(to, buffer_bytes(&k->certificate));
    return buffer_ok(to, err) && private_key_to_der(k->key, to, err);
}

bool key_record(const char *issuer, const char *purpose, const struct kept_key *k,
                struct buffer *value, struct store_put *ret_put, struct quoth_error *err)
{
    if (!write_key(k, value, err))
        return false;
    *ret_put = (struct store_put){
        .record = {.kind = kind_of(purpose),
                   .tenant = issuer,
                   .id = k->id,
                   .version = k->version,
                   .value = buffer_bytes(value)},
    };
    return true;
}

void key_record_gone(const char *issuer, const char *purpose, const struct kept_key *k,
                     struct store_put *ret_put)
{
    *ret_put = (struct store_put){
        .record = {.kind = kind_of(purpose),
                   .tenant = issuer,
                   .id = k->id,
                   .version = k->version,
                   .value = BYTES_LITERAL(KEY_GONE)},
    };
}

bool key_keep(struct store *store, const struct master_key *master, const char *issuer,
              const char *purpose, const struct kept_key *k, struct quoth_error *err)
{
    AUTO(buffer) struct buffer value = {0};
    struct store_put put;
    return key_record(issuer, purpose, k, &value, &put, err) &&
           record_keep_all(store, master, &put, 1, err);
}

static bool read_key(struct bytes value, struct kept_key *k, struct quoth_error *err)
{
    struct reader r = {.in = value, .err = err};
    const uint8_t form = reader_u8(&r, "form");
    k->distrusted = reader_u8(&r, "distrusted") != 0;
    k->created = (int64_t)reader_u64le(&r, "created");
    k->signs_from = (int64_t)reader_u64le(&r, "signs_from");
    buffer_add(&k->certificate, reader_take(&r, reader_u32le(&r, "certificate"), "certificate"));
    const struct bytes key = reader_take(&r, reader_left(&r), "key");
    if (reader_ok(&r) && form != KEY_FORM)
        return quoth_fail(err, QUOTH_STORE_VERSION, "form", 0, "is %u, this build knows %d", form,
                          KEY_FORM);
    return reader_ok(&r) && buffer_ok(&k->certificate, err) &&
           private_key_from_der(key, &k->key, err);
}

/* Keeps the order: the latest to sign first, and by id among those of one instant. */
static void insert(struct kept_keys *set, struct kept_key *k)
{
    size_t at = set->count++;
    for (; at > 0 && set->keys[at - 1].signs_from < k->signs_from; at--)
        set->keys[at] = set->keys[at - 1];
    set->keys[at] = take_value(*k);
}

static bool load_one(void *context, const struct store_record *r, struct quoth_error *err)
{
    struct kept_keys *set = context;
    AUTO(kept_key) struct kept_key k = {.version = r->version};
    if (bytes_equal(r->value, BYTES_LITERAL(KEY_GONE)))
        return true;
    if (set->count == KEPT_KEYS_MAX)
        return quoth_fail(err, QUOTH_STORE_BROKEN, r->kind, QUOTH_NO_OFFSET,
                          "there are more than %d keys", KEPT_KEYS_MAX);
    snprintf(k.id, sizeof k.id, "%s", r->id);
    if (!read_key(r->value, &k, err))
        return quoth_within(err, r->kind);
    insert(set, &k);
    return true;
}

bool keys_load(struct store *store, const struct master_key *master, const char *issuer,
               const char *purpose, struct kept_keys *ret_set, struct quoth_error *err)
{
    AUTO(kept_keys) struct kept_keys set = {0};
    if (!record_each(store, master, kind_of(purpose), issuer, load_one, &set, err))
        return false;
    *ret_set = take_value(set);
    return true;
}

bool setting_keep(struct store *store, const struct master_key *master, const char *name,
                  int64_t version, struct bytes value, struct quoth_error *err)
{
    const struct store_record r = {
        .kind = KIND_SETTING, .tenant = "", .id = name, .version = version, .value = value};
    return record_keep(store, master, &r, 0, err);
}

bool setting_load(struct store *store, const struct master_key *master, const char *name,
                  int64_t *ret_version, struct buffer *ret_value, struct quoth_error *err)
{
    return record_load(store, master, KIND_SETTING, "", name, 0, ret_version, ret_value, err);
}
