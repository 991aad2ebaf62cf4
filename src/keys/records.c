#include "keys/records.h"

static struct seal_place place_of(const struct store_record *r)
{
    return (struct seal_place){
        .use = r->kind,
        .issuer = r->tenant,
        .id = r->id,
        .version = r->version,
    };
}

bool record_keep_all(struct store *store, const struct master_key *master,
                     const struct store_put *puts, size_t count, struct quoth_error *err)
{
    struct store_put sealed[RECORDS_AT_ONCE];
    size_t ends[RECORDS_AT_ONCE + 1] = {0};
    AUTO(buffer) struct buffer values = {0};
    if (count > RECORDS_AT_ONCE)
        return quoth_fail(err, QUOTH_USAGE, "records", QUOTH_NO_OFFSET, "are %zu, limit is %d",
                          count, RECORDS_AT_ONCE);
    for (size_t i = 0; i < count; i++) {
        const struct seal_place place = place_of(&puts[i].record);
        if (!seal(master, &place, puts[i].record.value, &values, err))
            return false;
        ends[i + 1] = values.len;
    }
    if (!buffer_ok(&values, err))
        return false;
    for (size_t i = 0; i < count; i++) { /* views of the buffer, once it grows no more */
        sealed[i] = puts[i];
        sealed[i].record.value = bytes_slice(buffer_bytes(&values), ends[i], ends[i + 1] - ends[i]);
    }
    return store_put(store, sealed, count, err);
}

bool record_keep(struct store *store, const struct master_key *master, const struct store_record *r,
                 size_t keep, struct quoth_error *err)
{
    const struct store_put put = {.record = *r, .keep = keep};
    return record_keep_all(store, master, &put, 1, err);
}

bool record_load(struct store *store, const struct master_key *master, const char *kind,
                 const char *tenant, const char *id, int64_t version, int64_t *ret_version,
                 struct buffer *ret_value, struct quoth_error *err)
{
    AUTO(buffer) struct buffer sealed = {0};
    struct store_record r = {.kind = kind, .tenant = tenant, .id = id};
    if (!store_get(store, kind, tenant, id, version, &r.version, &sealed, err))
        return false;
    const struct seal_place place = place_of(&r);
    if (r.version != 0 && !unseal(master, &place, buffer_bytes(&sealed), ret_value, err))
        return false;
    *ret_version = r.version;
    return true;
}

struct opening {
    const struct master_key *master;
    store_each_fn *each;
    void *context;
};

static bool open_one(void *context, const struct store_record *sealed, struct quoth_error *err)
{
    const struct opening *o = context;
    const struct seal_place place = place_of(sealed);
    AUTO(buffer) struct buffer value = {0};
    struct store_record plain = *sealed;
    if (!unseal(o->master, &place, sealed->value, &value, err))
        return false;
    plain.value = buffer_bytes(&value);
    return o->each(o->context, &plain, err);
}

bool record_each(struct store *store, const struct master_key *master, const char *kind,
                 const char *tenant, store_each_fn *each, void *context, struct quoth_error *err)
{
    struct opening o = {master, each, context};
    return store_each(store, kind, tenant, open_one, &o, err);
}

bool record_history(struct store *store, const struct master_key *master, const char *kind,
                    const char *tenant, const char *id, size_t limit, store_each_fn *each,
                    void *context, struct quoth_error *err)
{
    struct opening o = {master, each, context};
    return store_history(store, kind, tenant, id, limit, open_one, &o, err);
}
