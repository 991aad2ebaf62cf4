#include "keys/records.h"

#include "keys/slots.h"
#include "keys/watermark.h"

#include <stdio.h>

#define TRIES 8 /* each is lost only to a change of the keyring */

static struct seal_place place_of(const struct store_record *r)
{
    return (struct seal_place){
        .use = r->kind,
        .issuer = r->tenant,
        .id = r->id,
        .version = r->version,
    };
}

/* Whether reading the keyring again may help; then it was read. */
static bool renewed(struct store *store, const struct master_key *master, size_t tries,
                    struct quoth_error *why)
{
    if ((why->code != QUOTH_SEAL_TERM && why->code != QUOTH_STORE_STALE) || tries == TRIES)
        return false;
    *why = (struct quoth_error){0};
    return slots_reload(store, master, why);
}

/* ---- keeping */

static bool keep_counted(const struct store_put *puts, size_t count)
{
    size_t i = 0;
    while (i < count && !watermark_counts(puts[i].record.kind))
        i++;
    return i < count;
}

static bool put_sealed(struct store *store, const struct master_key *master,
                       const struct store_put *puts, size_t count, int64_t keyring,
                       struct quoth_error *err)
{
    struct watermark_change change = {master, puts, count, 0};
    const struct store_also also = {
        .guard_kind = KIND_KEYRING,
        .guard_id = KIND_KEYRING,
        .guard_version = keyring,
        .tally_kind = KIND_WATERMARK,
        .tally_id = KIND_WATERMARK,
        .tally_keep = WATERMARK_KEPT,
        .tally = keep_counted(puts, count) ? watermark_tally : NULL,
        .context = &change,
    };
    if (!store_put_also(store, puts, count, &also, err))
        return false;
    keyring_saw_watermark(master->keyring, change.version);
    return true;
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

static bool try_keep(struct store *store, const struct master_key *master,
                     const struct store_put *puts, size_t count, struct quoth_error *err)
{
    AUTO(sealed_puts) struct sealed_puts sealed = {0};
    const int64_t keyring = keyring_version(master->keyring); /* before it seals anything */
    sealed.puts = calloc(count + 1, sizeof *sealed.puts);
    sealed.ends = calloc(count + 1, sizeof *sealed.ends);
    if (!sealed.puts || !sealed.ends)
        return quoth_fail(err, QUOTH_MEMORY, "records", QUOTH_NO_OFFSET, "out of memory");
    return seal_all(master, puts, count, &sealed, err) &&
           put_sealed(store, master, sealed.puts, count, keyring, err);
}

bool record_keep_all(struct store *store, const struct master_key *master,
                     const struct store_put *puts, size_t count, struct quoth_error *err)
{
    if (count > RECORDS_AT_ONCE)
        return quoth_fail(err, QUOTH_USAGE, "records", QUOTH_NO_OFFSET, "are %zu, limit is %d",
                          count, RECORDS_AT_ONCE);
    for (size_t tries = 1;; tries++) {
        struct quoth_error why = {0};
        if (try_keep(store, master, puts, count, &why))
            return true;
        if (renewed(store, master, tries, &why))
            continue;
        *err = why;
        return false;
    }
}

bool record_keep(struct store *store, const struct master_key *master, const struct store_record *r,
                 size_t keep, struct quoth_error *err)
{
    const struct store_put put = {.record = *r, .keep = keep};
    return record_keep_all(store, master, &put, 1, err);
}

/* ---- loading */

static bool try_load(struct store *store, const struct master_key *master, struct store_record *r,
                     struct buffer *ret_value, struct quoth_error *err)
{
    AUTO(buffer) struct buffer sealed = {0};
    if (!store_get(store, r->kind, r->tenant, r->id, r->version, &r->version, &sealed, err))
        return false;
    const struct seal_place place = place_of(r);
    return r->version == 0 || unseal(master, &place, buffer_bytes(&sealed), ret_value, err);
}

bool record_load(struct store *store, const struct master_key *master, const char *kind,
                 const char *tenant, const char *id, int64_t version, int64_t *ret_version,
                 struct buffer *ret_value, struct quoth_error *err)
{
    for (size_t tries = 1;; tries++) {
        struct store_record r = {.kind = kind, .tenant = tenant, .id = id, .version = version};
        struct quoth_error why = {0};
        if (try_load(store, master, &r, ret_value, &why)) {
            *ret_version = r.version;
            return true;
        }
        if (renewed(store, master, tries, &why))
            continue;
        *err = why;
        return false;
    }
}

/* A listing that is opened. When the keyring must be read again in the middle, the list is begun
 * anew and goes on behind what was given already. */
struct opening {
    const struct master_key *master;
    store_each_fn *each;
    void *context;
    bool begun, newest_first;
    struct store_record last; /* that was given: names, and version */
    char tenant[STORE_TENANT_MAX + 1], id[STORE_ID_MAX + 1];
};

static bool was_given(const struct opening *o, const struct store_record *r)
{
    if (!o->begun)
        return false;
    if (o->newest_first)
        return r->version >= o->last.version;
    const int by_tenant = strcmp(r->tenant, o->tenant);
    return by_tenant < 0 || (by_tenant == 0 && strcmp(r->id, o->id) <= 0);
}

static void note_given(struct opening *o, const struct store_record *r)
{
    o->begun = true;
    o->last.version = r->version;
    snprintf(o->tenant, sizeof o->tenant, "%s", r->tenant);
    snprintf(o->id, sizeof o->id, "%s", r->id);
}

static bool open_one(void *context, const struct store_record *sealed, struct quoth_error *err)
{
    struct opening *o = context;
    const struct seal_place place = place_of(sealed);
    AUTO(buffer) struct buffer value = {0};
    struct store_record plain = *sealed;
    if (was_given(o, sealed))
        return true;
    if (!unseal(o->master, &place, sealed->value, &value, err))
        return false;
    plain.value = buffer_bytes(&value);
    note_given(o, sealed);
    return o->each(o->context, &plain, err);
}

bool record_each(struct store *store, const struct master_key *master, const char *kind,
                 const char *tenant, store_each_fn *each, void *context, struct quoth_error *err)
{
    struct opening o = {.master = master, .each = each, .context = context};
    for (size_t tries = 1;; tries++) {
        struct quoth_error why = {0};
        if (store_each(store, kind, tenant, open_one, &o, &why))
            return true;
        if (renewed(store, master, tries, &why))
            continue;
        *err = why;
        return false;
    }
}

bool record_history(struct store *store, const struct master_key *master, const char *kind,
                    const char *tenant, const char *id, size_t limit, store_each_fn *each,
                    void *context, struct quoth_error *err)
{
    struct opening o = {.master = master, .each = each, .context = context, .newest_first = true};
    for (size_t tries = 1;; tries++) {
        struct quoth_error why = {0};
        if (store_history(store, kind, tenant, id, limit, open_one, &o, &why))
            return true;
        if (renewed(store, master, tries, &why))
            continue;
        *err = why;
        return false;
    }
}
