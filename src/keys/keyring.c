#include "keys/keyring.h"

#include "crypto/random.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>

#define RING_FORM 1

struct keyring {
    pthread_rwlock_t lock;
    struct ring ring; /* under lock, like all below but the last */
    struct ring_place place;
    struct keyring_sources sources;
    atomic_int_fast64_t watermark;
};

void term_clear(struct term *term)
{
    bytes_wipe(term, sizeof *term);
}

void ring_clear(struct ring *ring)
{
    bytes_wipe(ring, sizeof *ring);
}

void ring_place_clear(struct ring_place *place)
{
    bytes_wipe(place, sizeof *place);
}

/* ---- what is in it */

bool ring_add_term(struct ring *ring, int64_t now, struct quoth_error *err)
{
    if (ring->term_count == RING_TERMS_MAX)
        return quoth_fail(err, QUOTH_KEYRING_FULL, "keyring", QUOTH_NO_OFFSET,
                          "has %u terms, which is the limit", RING_TERMS_MAX);
    struct term *t = &ring->terms[ring->term_count];
    t->number = ring->term_count > 0 ? t[-1].number + 1 : 1;
    t->created = now;
    if (!random_fill(t->key, sizeof t->key, err))
        return false;
    ring->term_count++;
    return true;
}

bool ring_make(int64_t now, struct ring *ret_ring, struct quoth_error *err)
{
    AUTO(ring) struct ring ring = {.term_count = 0};
    if (!random_fill(ring.store, sizeof ring.store, err) ||
        !random_fill(ring.lasting, sizeof ring.lasting, err) ||
        !random_fill(ring.watermark, sizeof ring.watermark, err) || !ring_add_term(&ring, now, err))
        return false;
    *ret_ring = ring;
    return true;
}

void ring_drop_term(struct ring *ring, uint32_t number)
{
    size_t kept = 0;
    for (size_t i = 0; i < ring->term_count; i++)
        if (ring->terms[i].number != number || i + 1 == ring->term_count)
            ring->terms[kept++] = ring->terms[i];
    for (size_t i = kept; i < ring->term_count; i++)
        bytes_wipe(&ring->terms[i], sizeof ring->terms[i]);
    ring->term_count = kept;
}

size_t ring_find_slot(const struct ring *ring, const char *name)
{
    size_t i = 0;
    while (i < ring->slot_count && strcmp(ring->slots[i].name, name) != 0)
        i++;
    return i;
}

/* form (1), store (16), lasting (32), watermark (32), number of terms (1): number (4), created (8),
 * key (32) each; number of slots (1): created (8), length (1), name each. Numbers little-endian. */
bool ring_write(const struct ring *ring, struct buffer *to, struct quoth_error *err)
{
    buffer_u8(to, RING_FORM);
    buffer_add(to, BYTES_OF(ring->store));
    buffer_add(to, BYTES_OF(ring->lasting));
    buffer_add(to, BYTES_OF(ring->watermark));
    buffer_u8(to, (uint8_t)ring->term_count);
    for (size_t i = 0; i < ring->term_count; i++) {
        buffer_u32le(to, ring->terms[i].number);
        buffer_u64le(to, (uint64_t)ring->terms[i].created);
        buffer_add(to, BYTES_OF(ring->terms[i].key));
    }
    buffer_u8(to, (uint8_t)ring->slot_count);
    for (size_t i = 0; i < ring->slot_count; i++) {
        buffer_u64le(to, (uint64_t)ring->slots[i].created);
        buffer_u8(to, (uint8_t)strlen(ring->slots[i].name));
        buffer_text(to, ring->slots[i].name);
    }
    return buffer_ok(to, err);
}

static void read_fixed(struct reader *r, uint8_t *to, size_t len, const char *field)
{
    bytes_copy(to, reader_take(r, len, field));
}

static void read_terms(struct reader *r, struct ring *ring)
{
    ring->term_count = reader_u8(r, "terms");
    if (ring->term_count == 0 || ring->term_count > RING_TERMS_MAX)
        quoth_fail(r->err, QUOTH_STORE_VERSION, "terms", r->pos,
                   "are %zu, this build knows 1 to %u", ring->term_count, RING_TERMS_MAX);
    for (size_t i = 0; reader_ok(r) && i < ring->term_count; i++) {
        struct term *t = &ring->terms[i];
        t->number = reader_u32le(r, "term.number");
        t->created = (int64_t)reader_u64le(r, "term.created");
        read_fixed(r, t->key, sizeof t->key, "term.key");
    }
}

static void read_slots(struct reader *r, struct ring *ring)
{
    ring->slot_count = reader_u8(r, "slots");
    if (ring->slot_count > RING_SLOTS_MAX)
        quoth_fail(r->err, QUOTH_STORE_VERSION, "slots", r->pos, "are %zu, this build knows %u",
                   ring->slot_count, RING_SLOTS_MAX);
    for (size_t i = 0; reader_ok(r) && i < ring->slot_count; i++) {
        struct ring_slot *s = &ring->slots[i];
        s->created = (int64_t)reader_u64le(r, "slot.created");
        const struct bytes name = reader_take(r, reader_u8(r, "slot.name"), "slot.name");
        snprintf(s->name, sizeof s->name, "%.*s", (int)name.len, (const char *)name.data);
    }
}

bool ring_read(struct bytes from, struct ring *ret_ring, struct quoth_error *err)
{
    AUTO(ring) struct ring ring = {.term_count = 0};
    struct reader r = {.in = from, .err = err};
    const uint8_t form = reader_u8(&r, "form");
    if (reader_ok(&r) && form != RING_FORM)
        quoth_fail(err, QUOTH_STORE_VERSION, "form", 0, "is %u, this build knows %d", form,
                   RING_FORM);
    read_fixed(&r, ring.store, sizeof ring.store, "store");
    read_fixed(&r, ring.lasting, sizeof ring.lasting, "lasting");
    read_fixed(&r, ring.watermark, sizeof ring.watermark, "watermark");
    read_terms(&r, &ring);
    read_slots(&r, &ring);
    if (!reader_end(&r, "keyring"))
        return quoth_within(err, "keyring");
    *ret_ring = ring;
    return true;
}

/* ---- in memory */

bool keyring_open(const struct ring *ring, const struct ring_place *place,
                  struct keyring **ret_keyring, struct quoth_error *err)
{
    const int access = PROT_READ | PROT_WRITE, kind = MAP_PRIVATE | MAP_ANONYMOUS;
    /* cppcheck-suppress invalidFunctionArg ; an anonymous mapping has no descriptor */
    struct keyring *k = mmap(NULL, sizeof *k, access, kind, -1, 0);
    if (k == MAP_FAILED)
        return quoth_fail(err, QUOTH_MEMORY, "master-key", QUOTH_NO_OFFSET, "out of memory");
    if (mlock(k, sizeof *k) != 0 || madvise(k, sizeof *k, MADV_DONTDUMP) != 0) {
        munmap(k, sizeof *k);
        return quoth_fail(err, QUOTH_UNAVAILABLE, "master-key", QUOTH_NO_OFFSET,
                          "cannot be locked in memory: %s", strerror(errno));
    }
    pthread_rwlock_init(&k->lock, NULL);
    k->ring = *ring;
    k->place = *place;
    *ret_keyring = k;
    return true;
}

void keyring_close(struct keyring *k)
{
    if (!k)
        return;
    pthread_rwlock_destroy(&k->lock);
    keyring_sources_clear(&k->sources);
    bytes_wipe(k, sizeof *k);
    munmap(k, sizeof *k);
}

void master_key_clear(struct master_key *master)
{
    keyring_close(master->keyring);
    master->keyring = NULL;
}

bool master_key_make(int64_t now, struct master_key *ret_master, struct quoth_error *err)
{
    AUTO(ring) struct ring ring = {.term_count = 0};
    AUTO(ring_place) struct ring_place place = {.generation = 1};
    return random_fill(place.key, sizeof place.key, err) && ring_make(now, &ring, err) &&
           keyring_open(&ring, &place, &ret_master->keyring, err);
}

void keyring_set(struct keyring *k, const struct ring *ring, const struct ring_place *place)
{
    pthread_rwlock_wrlock(&k->lock);
    if (place->version > k->place.version) {
        k->ring = *ring;
        k->place = *place;
    }
    pthread_rwlock_unlock(&k->lock);
}

void keyring_get(struct keyring *k, struct ring *ret_ring, struct ring_place *ret_place)
{
    pthread_rwlock_rdlock(&k->lock);
    *ret_ring = k->ring;
    *ret_place = k->place;
    pthread_rwlock_unlock(&k->lock);
}

int64_t keyring_version(struct keyring *k)
{
    pthread_rwlock_rdlock(&k->lock);
    const int64_t version = k->place.version;
    pthread_rwlock_unlock(&k->lock);
    return version;
}

void keyring_latest(struct keyring *k, struct term *ret_term, int64_t *ret_version)
{
    pthread_rwlock_rdlock(&k->lock);
    *ret_term = k->ring.terms[k->ring.term_count - 1];
    *ret_version = k->place.version;
    pthread_rwlock_unlock(&k->lock);
}

static bool find_locked(const struct ring *ring, uint32_t number, struct term *ret_term)
{
    if (number == TERM_LASTING) {
        *ret_term = (struct term){.number = TERM_LASTING};
        bytes_copy(ret_term->key, BYTES_OF(ring->lasting));
        return true;
    }
    for (size_t i = 0; i < ring->term_count; i++)
        if (ring->terms[i].number == number) {
            *ret_term = ring->terms[i];
            return true;
        }
    return false;
}

bool keyring_find(struct keyring *k, uint32_t number, struct term *ret_term,
                  struct quoth_error *err)
{
    pthread_rwlock_rdlock(&k->lock);
    const bool found = find_locked(&k->ring, number, ret_term);
    pthread_rwlock_unlock(&k->lock);
    return found || quoth_fail(err, QUOTH_SEAL_TERM, "sealed.term", 5,
                               "is %u, which the keyring does not have", number);
}

/* ---- sources */

void keyring_sources_clear(struct keyring_sources *s)
{
    for (size_t i = 0; i < s->count; i++)
        free(s->items[i]);
    free(s->items);
    free(s->state_folder);
    *s = (struct keyring_sources){0};
}

static bool copy_sources(char *const *items, size_t count, const char *state_folder,
                         struct keyring_sources *ret_sources, struct quoth_error *err)
{
    AUTO(keyring_sources) struct keyring_sources s = {.items = calloc(count + 1, sizeof *s.items)};
    s.state_folder = strdup(state_folder);
    while (s.items && s.count < count && (s.items[s.count] = strdup(items[s.count])))
        s.count++;
    if (!s.items || !s.state_folder || s.count < count)
        return quoth_fail(err, QUOTH_MEMORY, "master-key", QUOTH_NO_OFFSET, "out of memory");
    *ret_sources = take_value(s);
    return true;
}

bool keyring_set_sources(struct keyring *k, char *const *sources, size_t count,
                         const char *state_folder, struct quoth_error *err)
{
    struct keyring_sources s;
    if (!copy_sources(sources, count, state_folder, &s, err))
        return false;
    pthread_rwlock_wrlock(&k->lock);
    struct keyring_sources old = k->sources;
    k->sources = s;
    pthread_rwlock_unlock(&k->lock);
    keyring_sources_clear(&old);
    return true;
}

bool keyring_get_sources(struct keyring *k, struct keyring_sources *ret_sources,
                         struct quoth_error *err)
{
    pthread_rwlock_rdlock(&k->lock);
    const bool good =
        copy_sources(k->sources.items, k->sources.count,
                     k->sources.state_folder ? k->sources.state_folder : "", ret_sources, err);
    pthread_rwlock_unlock(&k->lock);
    return good;
}

/* ---- the watermark */

int64_t keyring_watermark(const struct keyring *k)
{
    return atomic_load(&k->watermark);
}

void keyring_saw_watermark(struct keyring *k, int64_t version)
{
    int_fast64_t seen = atomic_load(&k->watermark);
    while (seen < version && !atomic_compare_exchange_weak(&k->watermark, &seen, version))
        continue;
}
