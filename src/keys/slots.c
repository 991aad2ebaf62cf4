#include "keys/slots_parts.h"

#include "base/file.h"
#include "crypto/aead.h"
#include "crypto/kdf.h"
#include "crypto/random.h"

#include <stdio.h>

#define FORM 1
#define SALT_SIZE 16
#define KEYRING_HEAD_SIZE (1 + 8 + SALT_SIZE)

static void add_part(struct buffer *to, struct bytes part)
{
    buffer_u64le(to, part.len);
    buffer_add(to, part);
}

static bool out_of_range(struct quoth_error *err, const char *what, const char *why)
{
    return quoth_fail(err, QUOTH_STORE_BROKEN, what, QUOTH_NO_OFFSET, "%s", why);
}

/* ---- the keyring as a record */

static bool keyring_key(const struct ring_place *place, struct bytes salt, struct aead_key *ret_key,
                        struct quoth_error *err)
{
    return hkdf_sha256(salt, BYTES_OF(place->key), BYTES_LITERAL("quoth keyring 1"), ret_key->bytes,
                       sizeof ret_key->bytes, err);
}

/* The head, and the version of the record. */
static void bind_keyring(struct bytes head, int64_t version, struct buffer *to)
{
    add_part(to, BYTES_LITERAL(KIND_KEYRING));
    add_part(to, head);
    buffer_u64le(to, (uint64_t)version);
}

bool slots_seal_ring(const struct ring *ring, const struct ring_place *place, struct buffer *to,
                     struct quoth_error *err)
{
    AUTO(aead_key) struct aead_key key = {0};
    AUTO(buffer) struct buffer plain = {0}, aad = {0};
    uint8_t salt[SALT_SIZE];
    if (!random_fill(salt, sizeof salt, err) || !keyring_key(place, BYTES_OF(salt), &key, err) ||
        !ring_write(ring, &plain, err))
        return false;
    buffer_u8(to, FORM);
    buffer_u64le(to, place->generation);
    buffer_add(to, BYTES_OF(salt));
    bind_keyring(buffer_bytes(to), place->version, &aad);
    return buffer_ok(to, err) && buffer_ok(&aad, err) &&
           aead_seal(&key, buffer_bytes(&aad), buffer_bytes(&plain), to, err);
}

static bool open_ring(struct bytes sealed, const struct ring_place *place, struct ring *ret_ring,
                      struct quoth_error *err)
{
    AUTO(aead_key) struct aead_key key = {0};
    AUTO(buffer) struct buffer plain = {0}, aad = {0};
    const struct bytes head = bytes_slice(sealed, 0, KEYRING_HEAD_SIZE);
    bind_keyring(head, place->version, &aad);
    return buffer_ok(&aad, err) &&
           keyring_key(place, bytes_slice(sealed, 1 + 8, SALT_SIZE), &key, err) &&
           aead_open(&key, buffer_bytes(&aad), bytes_slice(sealed, KEYRING_HEAD_SIZE, sealed.len),
                     &plain, err) &&
           ring_read(buffer_bytes(&plain), ret_ring, err);
}

struct found { /* the record as it lies there; owned */
    struct buffer sealed;
    int64_t version;
    uint64_t generation;
};

static void found_clear(struct found *f)
{
    buffer_clear(&f->sealed);
}
DEFINE_AUTO_VALUE(found, struct found, found_clear)

static bool find_ring(struct store *store, struct found *ret_found, struct quoth_error *err)
{
    if (!store_get(store, KIND_KEYRING, "", KIND_KEYRING, 0, &ret_found->version,
                   &ret_found->sealed, err))
        return false;
    if (ret_found->version == 0)
        return true;
    struct reader r = {.in = buffer_bytes(&ret_found->sealed), .err = err};
    const uint8_t form = reader_u8(&r, "keyring.form");
    ret_found->generation = reader_u64le(&r, "keyring.generation");
    (void)reader_take(&r, SALT_SIZE, "keyring.salt");
    if (!reader_ok(&r) || form != FORM) {
        *err = (struct quoth_error){0};
        return out_of_range(err, KIND_KEYRING, "is none that this build knows");
    }
    return true;
}

bool slots_are_there(struct store *store, bool *ret_there, struct quoth_error *err)
{
    AUTO(found) struct found found = {0};
    if (!find_ring(store, &found, err))
        return false;
    *ret_there = found.version > 0;
    return true;
}

/* ---- a slot as a record */

static bool label_of(const uint8_t store_id[RING_STORE_SIZE], const char *name, uint64_t generation,
                     struct buffer *to, struct quoth_error *err)
{
    add_part(to, BYTES_LITERAL("quoth slot 1"));
    add_part(to, (struct bytes){store_id, RING_STORE_SIZE});
    add_part(to, bytes_of_text(name));
    buffer_u64le(to, generation);
    return buffer_ok(to, err);
}

bool slots_write(struct device *d, const struct ring *ring, const struct ring_place *place,
                 struct buffer *to, struct quoth_error *err)
{
    AUTO(buffer) struct buffer label = {0};
    buffer_u8(to, FORM);
    buffer_add(to, BYTES_OF(ring->store));
    buffer_u64le(to, place->generation);
    return label_of(ring->store, device_name(d), place->generation, &label, err) &&
           device_wrap(d, buffer_bytes(&label), place->key, to, err);
}

struct slot { /* views of the record */
    struct bytes store, wrapped;
    uint64_t generation;
};

static bool read_slot(struct bytes from, struct slot *ret_slot, struct quoth_error *err)
{
    struct reader r = {.in = from, .err = err};
    const uint8_t form = reader_u8(&r, "slot.form");
    if (reader_ok(&r) && form == SLOT_FORM_GONE)
        return quoth_fail(err, QUOTH_SLOT_MISSING, "slot", QUOTH_NO_OFFSET, "was removed");
    ret_slot->store = reader_take(&r, RING_STORE_SIZE, "slot.store");
    ret_slot->generation = reader_u64le(&r, "slot.generation");
    ret_slot->wrapped = reader_take(&r, reader_left(&r), "slot.wrapped");
    return reader_ok(&r) &&
           (form == FORM || out_of_range(err, "slot", "is none that this build knows"));
}

/* Opens the keyring with one device. */
static bool open_with(struct store *store, struct device *d, const struct found *found,
                      struct ring *ret_ring, struct ring_place *ret_place, struct quoth_error *err)
{
    AUTO(buffer) struct buffer value = {0}, label = {0};
    AUTO(ring) struct ring ring = {.term_count = 0};
    AUTO(ring_place) struct ring_place place = {found->version, found->generation, {0}};
    struct slot slot = {.generation = 0};
    int64_t version;
    if (!store_get(store, KIND_SLOT, "", device_name(d), 0, &version, &value, err))
        return false;
    if (version == 0)
        return quoth_fail(err, QUOTH_SLOT_MISSING, device_name(d), QUOTH_NO_OFFSET,
                          "has no slot in this store");
    if (!read_slot(buffer_bytes(&value), &slot, err))
        return quoth_within(err, device_name(d));
    if (slot.generation != found->generation)
        return quoth_fail(err, QUOTH_SEAL_BROKEN, device_name(d), QUOTH_NO_OFFSET,
                          "holds keyring key %llu, the keyring is sealed under %llu",
                          (unsigned long long)slot.generation,
                          (unsigned long long)found->generation);
    if (!label_of(slot.store.data, device_name(d), slot.generation, &label, err) ||
        !device_unwrap(d, buffer_bytes(&label), slot.wrapped, place.key, err) ||
        !open_ring(buffer_bytes(&found->sealed), &place, &ring, err))
        return false;
    if (!bytes_equal(BYTES_OF(ring.store), slot.store) ||
        ring_find_slot(&ring, device_name(d)) == ring.slot_count)
        return quoth_fail(err, QUOTH_STORE_ROLLED_BACK, device_name(d), QUOTH_NO_OFFSET,
                          "has a slot here that the keyring does not name");
    *ret_ring = ring;
    *ret_place = place;
    return true;
}

/* ---- opening */

void slots_tell(const struct slots_listener *l, const char *source, const char *what,
                const struct quoth_error *why)
{
    if (l && l->tell)
        l->tell(l->context, source, what, why);
}

bool slots_is_present(const char *source, struct quoth_error *err)
{
    return !device_is_file(source) || file_exists(source) ||
           quoth_fail(err, QUOTH_MASTER_KEY, source, QUOTH_NO_OFFSET,
                      "the master key is not there");
}

static bool open_source(struct store *store, const char *source, const char *state_folder,
                        const struct found *found, struct ring *ret_ring,
                        struct ring_place *ret_place, struct quoth_error *err)
{
    AUTO(device) struct device *d = NULL;
    return slots_is_present(source, err) && device_open(source, state_folder, &d, err) &&
           open_with(store, d, found, ret_ring, ret_place, err);
}

/* Whether somebody has changed the keyring meanwhile: then the slots that were read may belong to the
 * next one. */
static bool was_overtaken(struct store *store, const struct found *found, struct quoth_error *err)
{
    AUTO(found) struct found now = {0};
    struct quoth_error ignored = {0};
    return find_ring(store, &now, &ignored) && now.version != found->version &&
           !quoth_fail(err, QUOTH_STORE_STALE, KIND_KEYRING, QUOTH_NO_OFFSET,
                       "was changed by another node while it was opened");
}

/* What each source answered, when none of them opens. One that does not answer now may later. */
static bool none_opens(const struct slots_sources *sources, const struct buffer *answers,
                       bool may_answer, struct quoth_error *err)
{
    if (sources->count == 0)
        return quoth_fail(err, QUOTH_MASTER_KEY, "master-key", QUOTH_NO_OFFSET, "is not named");
    return quoth_fail(err, may_answer ? QUOTH_DEVICE_UNAVAILABLE : QUOTH_MASTER_KEY, "master-key",
                      QUOTH_NO_OFFSET, "none opens the keyring of this store: %.*s",
                      (int)answers->len, (const char *)answers->data);
}

static bool open_any(struct store *store, const struct slots_sources *sources,
                     const struct slots_listener *listener, const struct found *found,
                     struct ring *ret_ring, struct ring_place *ret_place, struct quoth_error *err)
{
    AUTO(buffer) struct buffer answers = {0};
    struct quoth_error first = {0};
    bool may_answer = false;
    for (size_t i = 0; i < sources->count; i++) {
        struct quoth_error why = {0};
        if (open_source(store, sources->items[i], sources->state_folder, found, ret_ring, ret_place,
                        &why)) {
            slots_tell(listener, sources->items[i], "opened", NULL);
            return true;
        }
        if (was_overtaken(store, found, err))
            return false;
        slots_tell(listener, sources->items[i], "passed-over", &why);
        may_answer = may_answer || why.code == QUOTH_DEVICE_UNAVAILABLE;
        buffer_printf(&answers, "%s%s %s", i > 0 ? "; " : "", why.where, why.message);
        if (i == 0)
            first = why;
    }
    /* what is to be done about a store or a device that does not answer is another thing */
    if (first.code == QUOTH_STORE_UNAVAILABLE || first.code == QUOTH_USAGE ||
        first.code == QUOTH_STORE_ROLLED_BACK ||
        (sources->count == 1 &&
         (first.code == QUOTH_DEVICE_UNAVAILABLE || first.code == QUOTH_DEVICE_REFUSED ||
          first.code == QUOTH_MASTER_KEY))) {
        *err = first;
        return false;
    }
    return none_opens(sources, &answers, may_answer, err);
}

/* QUOTH_STORE_STALE: try again. */
static bool try_open(struct store *store, const struct slots_sources *sources,
                     const struct slots_listener *listener, struct master_key *ret_master,
                     struct quoth_error *err)
{
    AUTO(found) struct found found = {0};
    AUTO(ring) struct ring ring = {.term_count = 0};
    AUTO(ring_place) struct ring_place place = {0};
    AUTO(master_key) struct master_key master = {NULL};
    if (!find_ring(store, &found, err))
        return false;
    if (found.version == 0)
        return quoth_fail(err, QUOTH_STORE_MISSING, "store", QUOTH_NO_OFFSET,
                          "has no keyring: it was not initialised to the end");
    if (!open_any(store, sources, listener, &found, &ring, &place, err) ||
        !keyring_open(&ring, &place, &master.keyring, err) ||
        !keyring_set_sources(master.keyring, sources->items, sources->count, sources->state_folder,
                             err))
        return false;
    *ret_master = take_value(master);
    return true;
}

bool slots_open(struct store *store, const struct slots_sources *sources,
                const struct slots_listener *listener, struct master_key *ret_master,
                struct quoth_error *err)
{
    for (size_t tries = 1;; tries++) {
        struct quoth_error why = {0};
        if (try_open(store, sources, listener, ret_master, &why))
            return true;
        if (why.code == QUOTH_STORE_STALE && tries < SLOTS_TRIES)
            continue;
        *err = why;
        return false;
    }
}

static bool try_reload(struct store *store, const struct master_key *master,
                       struct quoth_error *err)
{
    AUTO(found) struct found found = {0};
    AUTO(ring) struct ring ring = {.term_count = 0};
    AUTO(ring_place) struct ring_place place = {0};
    AUTO(keyring_sources) struct keyring_sources own = {0};
    keyring_get(master->keyring, &ring, &place); /* first: others may replace it meanwhile */
    if (!find_ring(store, &found, err))
        return false;
    if (found.version == place.version)
        return true;
    if (found.version < place.version)
        return quoth_fail(err, QUOTH_STORE_ROLLED_BACK, KIND_KEYRING, QUOTH_NO_OFFSET,
                          "is version %lld, this node has seen %lld", (long long)found.version,
                          (long long)place.version);
    const bool same_key = place.generation == found.generation;
    place.version = found.version;
    if (!same_key && !keyring_get_sources(master->keyring, &own, err))
        return false;
    const struct slots_sources sources = {own.items, own.count, own.state_folder, false};
    if (!(same_key ? open_ring(buffer_bytes(&found.sealed), &place, &ring, err)
                   : open_any(store, &sources, NULL, &found, &ring, &place, err)))
        return quoth_within(err, KIND_KEYRING);
    keyring_set(master->keyring, &ring, &place);
    return true;
}

bool slots_reload(struct store *store, const struct master_key *master, struct quoth_error *err)
{
    for (size_t tries = 1;; tries++) {
        struct quoth_error why = {0};
        if (try_reload(store, master, &why))
            return true;
        if (why.code == QUOTH_STORE_STALE && tries < SLOTS_TRIES)
            continue;
        *err = why;
        return false;
    }
}
