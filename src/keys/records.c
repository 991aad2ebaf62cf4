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

struct sealed_puts { /* owned; the views point into values, once it grows no more */
    struct store_put *puts;
    size_t *ends; /* of each one's value in values */
    struct buffer values;
};

static void sealed_puts_clear(struct sealed_puts *s)
{
    free(s->puts);
    free(s->ends);
    buffer_clear(&s->values);
}
DEFINE_AUTO_VALUE(sealed_puts, struct sealed_puts, sealed_puts_clear)

static bool seal_all(const struct master_key *master, const struct store_put *puts, size_t count,
                     struct sealed_puts *s, struct quoth_error *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct seal_place place = place_of(&puts[i].record);
        s->puts[i] = puts[i];
        if (!puts[i].remove && !seal(master, &place, puts[i].record.value, &s->values, err))
            return false;
        s->ends[i] = s->values.len;
    }
    for (size_t i = 0; i < count; i++) {
        const size_t begin = i > 0 ? s->ends[i - 1] : 0;
        s->puts[i].record.value = bytes_slice(buffer_bytes(&s->values), begin, s->ends[i] - begin);
    }
    return buffer_ok(&s->values, err);
}

bool record_keep_all(struct store *store, const struct master_key *master,
                     const struct store_put *puts, size_t count, struct quoth_error *err)
{
    AUTO(sealed_puts) struct sealed_puts sealed = {0};
    if (count > RECORDS_AT_ONCE)
        return quoth_fail(err, QUOTH_USAGE, "records", QUOTH_NO_OFFSET, "are %zu, limit is %d",
                          count, RECORDS_AT_ONCE);
    sealed.puts = calloc(count + 1, sizeof *sealed.puts);
    sealed.ends = calloc(count + 1, sizeof *sealed.ends);
    if (!sealed.puts || !sealed.ends)
        return quoth_fail(err, QUOTH_MEMORY, "records", QUOTH_NO_OFFSET, "out of memory");
    return seal_all(master, puts, count, &sealed, err) && store_put(store, sealed.puts, count, err);
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
