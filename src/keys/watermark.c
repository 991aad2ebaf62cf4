#include "keys/watermark.h"

#include "crypto/kdf.h"
#include "keys/marks.h"
#include "keys/records.h"
#include "keys/slots.h"

#include <stdio.h>

#define FURTHEST 8 /* versions that a record put back is looked for */
#define TRIES 8
#define PUT_BACK "was put back while this node was running: its watermark is older"

struct sum { /* modulo 2^256, little-endian */
    uint8_t bytes[32];
};

static void add(struct sum *to, const struct sum *more)
{
    unsigned carry = 0;
    for (size_t i = 0; i < sizeof to->bytes; i++) {
        carry += (unsigned)to->bytes[i] + more->bytes[i];
        to->bytes[i] = (uint8_t)carry;
        carry >>= 8;
    }
}

static void subtract(struct sum *from, const struct sum *less)
{
    unsigned borrow = 0;
    for (size_t i = 0; i < sizeof from->bytes; i++) {
        const unsigned there = 256u + from->bytes[i] - less->bytes[i] - borrow;
        from->bytes[i] = (uint8_t)there;
        borrow = there < 256u;
    }
}

bool watermark_counts(const char *kind)
{
    static const char *const others[] = {KIND_WATERMARK, KIND_KEYRING, KIND_SLOT, KIND_MARK,
                                         KIND_CLOCK};
    size_t i = 0;
    while (i < COUNT(others) && strcmp(others[i], kind) != 0)
        i++;
    return i == COUNT(others);
}

static void add_part(struct buffer *to, const char *part)
{
    buffer_u64le(to, strlen(part));
    buffer_text(to, part);
}

static bool hash_of(const struct ring *ring, const struct store_record *r, int64_t version,
                    struct sum *ret_hash, struct quoth_error *err)
{
    AUTO(buffer) struct buffer place = {0};
    struct sha256 mac;
    add_part(&place, r->kind);
    add_part(&place, r->tenant);
    add_part(&place, r->id);
    buffer_u64le(&place, (uint64_t)version);
    if (!buffer_ok(&place, err) ||
        !hmac_sha256(BYTES_OF(ring->watermark), buffer_bytes(&place), &mac, err))
        return false;
    bytes_copy(ret_hash->bytes, BYTES_OF(mac.bytes));
    return true;
}

static bool rolled_back(struct quoth_error *err, const char *what)
{
    return quoth_fail(err, QUOTH_STORE_ROLLED_BACK, "store", QUOTH_NO_OFFSET, "%s", what);
}

static bool open_sum(const struct master_key *master, int64_t version, struct bytes sealed,
                     struct sum *ret_sum, struct quoth_error *err)
{
    AUTO(buffer) struct buffer plain = {0};
    const struct seal_place place = {
        .use = KIND_WATERMARK, .issuer = "", .id = KIND_WATERMARK, .version = version};
    if (!unseal(master, &place, sealed, &plain, err))
        return false;
    if (plain.len != sizeof ret_sum->bytes)
        return quoth_fail(err, QUOTH_STORE_BROKEN, KIND_WATERMARK, QUOTH_NO_OFFSET,
                          "has %zu bytes, expected %zu", plain.len, sizeof ret_sum->bytes);
    bytes_copy(ret_sum->bytes, buffer_bytes(&plain));
    return true;
}

/* ---- growing */

static bool change_sum(const struct ring *ring, const struct store_put *put, int64_t newest,
                       struct sum *sum, struct quoth_error *err)
{
    const struct store_record *r = &put->record;
    struct sum old, new;
    if (!watermark_counts(r->kind))
        return true;
    if (!hash_of(ring, r, newest, &old, err) || !hash_of(ring, r, r->version, &new, err))
        return false;
    if (newest > 0)
        subtract(sum, &old);
    if (!put->remove)
        add(sum, &new);
    return true;
}

bool watermark_tally(void *change, const int64_t *newest, int64_t version, struct bytes there,
                     struct buffer *ret_value, struct quoth_error *err)
{
    struct watermark_change *c = change;
    AUTO(ring) struct ring ring;
    AUTO(ring_place) struct ring_place ignored;
    struct sum sum = {{0}};
    if (version < keyring_watermark(c->master->keyring))
        return rolled_back(err, PUT_BACK);
    if (version > 0 && !open_sum(c->master, version, there, &sum, err))
        return false;
    keyring_get(c->master->keyring, &ring, &ignored);
    for (size_t i = 0; i < c->count; i++)
        if (!change_sum(&ring, &c->puts[i], newest[i], &sum, err))
            return false;
    c->version = version + 1;
    const struct seal_place place = {
        .use = KIND_WATERMARK, .issuer = "", .id = KIND_WATERMARK, .version = c->version};
    return seal(c->master, &place, BYTES_OF(sum.bytes), ret_value, err);
}

/* ---- checking */

struct adding_up {
    const struct ring *ring;
    struct sum sum;
    size_t records;
    int64_t watermark;
};

static bool add_up(void *context, const struct store_record *r, struct quoth_error *err)
{
    struct adding_up *a = context;
    struct sum hash;
    if (strcmp(r->kind, KIND_WATERMARK) == 0)
        a->watermark = r->version;
    if (!watermark_counts(r->kind))
        return true;
    if (!hash_of(a->ring, r, r->version, &hash, err))
        return false;
    add(&a->sum, &hash);
    a->records++;
    return true;
}

struct looking {
    const struct ring *ring;
    struct sum missing; /* what the store must hold, less what it holds */
    char found[200];
};

/* Whether this record alone, put back from a later version, makes the difference. */
static bool look(void *context, const struct store_record *r, struct quoth_error *err)
{
    struct looking *l = context;
    struct sum here, later;
    if (!watermark_counts(r->kind))
        return true;
    if (!hash_of(l->ring, r, r->version, &here, err))
        return false;
    for (int64_t by = 1; by <= FURTHEST && r->version <= INT64_MAX - by; by++) {
        const long long from = r->version + by;
        if (!hash_of(l->ring, r, from, &later, err))
            return false;
        subtract(&later, &here);
        if (memcmp(later.bytes, l->missing.bytes, sizeof later.bytes) != 0)
            continue;
        snprintf(l->found, sizeof l->found,
                 "%s %.80s of %.60s was put back from version %lld to %lld", r->kind, r->id,
                 r->tenant[0] ? r->tenant : "nobody", from, (long long)r->version);
        return false;
    }
    return true;
}

static bool explain(struct store *store, const struct ring *ring, const struct sum *there,
                    const struct sum *found, struct quoth_error *err)
{
    struct quoth_error ignored = {0};
    struct looking l = {.ring = ring, .missing = *there};
    subtract(&l.missing, found);
    (void)store_newest(store, look, &l, &ignored);
    return rolled_back(err, l.found[0] ? l.found
                                       : "does not hold what was put last: records were deleted or "
                                         "put back");
}

/* False without a reason: others have written too much meanwhile. */
static bool try_check(struct store *store, const struct master_key *master, int64_t *ret_version,
                      struct quoth_error *err)
{
    AUTO(ring) struct ring ring;
    AUTO(ring_place) struct ring_place ignored;
    AUTO(buffer) struct buffer sealed = {0};
    struct sum there;
    int64_t version;
    const int64_t seen = keyring_watermark(master->keyring); /* before others write more */
    keyring_get(master->keyring, &ring, &ignored);
    struct adding_up a = {.ring = &ring};
    if (!store_newest(store, add_up, &a, err))
        return false;
    *ret_version = a.watermark;
    if (a.watermark < seen)
        return rolled_back(err, PUT_BACK);
    if (a.watermark == 0)
        return a.records == 0 || rolled_back(err, "holds records, but its watermark is gone");
    if (!store_get(store, KIND_WATERMARK, "", KIND_WATERMARK, a.watermark, &version, &sealed,
                   err) ||
        version == 0 || !open_sum(master, version, buffer_bytes(&sealed), &there, err))
        return false;
    if (memcmp(there.bytes, a.sum.bytes, sizeof there.bytes) != 0)
        return explain(store, &ring, &there, &a.sum, err);
    keyring_saw_watermark(master->keyring, a.watermark);
    return true;
}

bool watermark_check(struct store *store, const struct master_key *master, int64_t *ret_version,
                     struct quoth_error *err)
{
    struct quoth_error why = {0};
    for (size_t i = 0; i < TRIES; i++) {
        why = (struct quoth_error){0};
        if (try_check(store, master, ret_version, &why))
            return true;
        if (why.code == QUOTH_SEAL_TERM) {
            if (!slots_reload(store, master, err))
                return false;
        } else if (why.code != QUOTH_OK) {
            *err = why;
            return false;
        }
    }
    if (why.code == QUOTH_SEAL_TERM)
        return quoth_fail(err, QUOTH_SEAL_BROKEN, KIND_WATERMARK, QUOTH_NO_OFFSET,
                          "names a term that the keyring in the store does not have");
    return quoth_fail(err, QUOTH_STORE_UNAVAILABLE, "store", QUOTH_NO_OFFSET,
                      "was written to too much to be checked");
}

bool watermark_version(struct store *store, const struct master_key *master, int64_t *ret_version,
                       struct quoth_error *err)
{
    AUTO(buffer) struct buffer sum = {0};
    const int64_t seen = keyring_watermark(master->keyring);
    int64_t version;
    if (!record_load(store, master, KIND_WATERMARK, "", KIND_WATERMARK, 0, &version, &sum, err))
        return false;
    if (version < seen)
        return rolled_back(err, PUT_BACK);
    keyring_saw_watermark(master->keyring, version);
    *ret_version = version;
    return true;
}
