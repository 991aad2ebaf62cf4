/* Changing the keyring and its slots: each change is the next version of both, all or none. */
#include "crypto/random.h"
#include "keys/seal.h"
#include "keys/slots_parts.h"

#include <stdio.h>

/* ---- changing */

/* A change of the keyring: what is in it, where it lies, and the slots that change with it. */
struct change {
    struct store *store;
    const struct master_key *master;
    struct ring ring;
    struct ring_place place;
    struct store_put puts[RING_SLOTS_MAX + 1];
    struct buffer values[RING_SLOTS_MAX + 1];
    char names[RING_SLOTS_MAX][DEVICE_NAME_SIZE];
    size_t count;
    struct bytes absent; /* no value may begin with it */
};

static void change_clear(struct change *c)
{
    ring_clear(&c->ring);
    ring_place_clear(&c->place);
    for (size_t i = 0; i < COUNT(c->values); i++)
        buffer_clear(&c->values[i]);
}
DEFINE_AUTO_VALUE(change, struct change, change_clear)

/* The slot's record with its next version. */
static bool change_slot(struct change *c, const char *name, const struct buffer *value,
                        struct quoth_error *err)
{
    AUTO(buffer) struct buffer old = {0};
    struct store_put *put = &c->puts[c->count];
    snprintf(c->names[c->count], DEVICE_NAME_SIZE, "%s", name);
    *put = (struct store_put){
        .record = {.kind = KIND_SLOT,
                   .tenant = "",
                   .id = c->names[c->count],
                   .value = buffer_bytes(value)}
    };
    if (!store_get(c->store, KIND_SLOT, "", name, 0, &put->record.version, &old, err))
        return false;
    put->record.version++;
    c->count++;
    return true;
}

static bool wrap_slot(struct change *c, struct device *d, struct quoth_error *err)
{
    struct buffer *value = &c->values[c->count];
    return slots_write(d, &c->ring, &c->place, value, err) &&
           change_slot(c, device_name(d), value, err);
}

/* Puts the keyring's next version and the slots, all or none; whoever was overtaken is told. */
static bool change_put(struct change *c, struct quoth_error *err)
{
    const int64_t before = c->place.version;
    struct buffer *value = &c->values[c->count];
    c->place.version++;
    if (!slots_seal_ring(&c->ring, &c->place, value, err))
        return false;
    c->puts[c->count] = (struct store_put){
        .record = {.kind = KIND_KEYRING,
                   .tenant = "",
                   .id = KIND_KEYRING,
                   .version = c->place.version,
                   .value = buffer_bytes(value)}
    };
    const struct store_also also = {
        .guard_kind = KIND_KEYRING,
        .guard_id = KIND_KEYRING,
        .guard_version = before,
        .absent = c->absent,
    };
    return store_put_also(c->store, c->puts, c->count + 1, &also, err);
}

typedef bool change_fn(struct change *c, void *context, struct quoth_error *err);

static bool try_change(struct store *store, const struct master_key *master, change_fn *make,
                       void *context, struct quoth_error *err)
{
    AUTO(change) struct change c = {.store = store, .master = master};
    if (!slots_reload(store, master, err))
        return false;
    keyring_get(master->keyring, &c.ring, &c.place);
    if (!make(&c, context, err) || !change_put(&c, err))
        return false;
    keyring_set(master->keyring, &c.ring, &c.place);
    return true;
}

static bool change(struct store *store, const struct master_key *master, change_fn *make,
                   void *context, struct quoth_error *err)
{
    struct quoth_error why = {0};
    for (size_t i = 0; i < SLOTS_TRIES; i++) {
        why = (struct quoth_error){0};
        if (try_change(store, master, make, context, &why))
            return true;
        if (why.code != QUOTH_STORE_STALE && why.code != QUOTH_STORE_CONFLICT)
            break;
    }
    *err = why;
    return false;
}

/* ---- slots */

static bool open_device(const struct slots_sources *sources, size_t i, struct device **ret_device,
                        struct quoth_error *err)
{
    return device_open(sources->items[i], sources->state_folder, ret_device, err) &&
           device_prepare(*ret_device, err);
}

static bool enter_slot(struct change *c, struct device *d, int64_t now, struct quoth_error *err)
{
    if (ring_find_slot(&c->ring, device_name(d)) < c->ring.slot_count)
        return true;
    if (c->ring.slot_count == RING_SLOTS_MAX)
        return quoth_fail(err, QUOTH_KEYRING_FULL, device_name(d), QUOTH_NO_OFFSET,
                          "there are %u slots, which is the limit", RING_SLOTS_MAX);
    struct ring_slot *slot = &c->ring.slots[c->ring.slot_count++];
    snprintf(slot->name, sizeof slot->name, "%s", device_name(d));
    slot->created = now;
    return wrap_slot(c, d, err);
}

bool slots_make(struct store *store, const struct slots_sources *sources, int64_t now,
                struct master_key *ret_master, struct quoth_error *err)
{
    AUTO(master_key) struct master_key master = {NULL};
    AUTO(change) struct change c = {.store = store};
    if (sources->count == 0)
        return quoth_fail(err, QUOTH_MASTER_KEY, "master-key", QUOTH_NO_OFFSET, "is not named");
    if (!master_key_make(now, &master, err) ||
        !keyring_set_sources(master.keyring, sources->items, sources->count, sources->state_folder,
                             err))
        return false;
    keyring_get(master.keyring, &c.ring, &c.place);
    for (size_t i = 0; i < sources->count; i++) {
        AUTO(device) struct device *d = NULL;
        if (!open_device(sources, i, &d, err) || !enter_slot(&c, d, now, err))
            return false;
    }
    if (!change_put(&c, err))
        return false;
    keyring_set(master.keyring, &c.ring, &c.place);
    *ret_master = take_value(master);
    return true;
}

struct adding {
    struct device *device;
    int64_t now;
};

static bool add_slot(struct change *c, void *context, struct quoth_error *err)
{
    struct adding *a = context;
    return enter_slot(c, a->device, a->now, err);
}

static bool add_source(struct store *store, const struct master_key *master,
                       const struct slots_sources *sources, size_t i, int64_t now, bool *ret_new,
                       struct quoth_error *err)
{
    AUTO(device) struct device *d = NULL;
    AUTO(ring) struct ring ring = {.term_count = 0};
    AUTO(ring_place) struct ring_place place = {0};
    if ((!sources->make && !slots_is_present(sources->items[i], err)) ||
        !device_open(sources->items[i], sources->state_folder, &d, err))
        return false;
    keyring_get(master->keyring, &ring, &place);
    *ret_new = ring_find_slot(&ring, device_name(d)) == ring.slot_count;
    if (!*ret_new)
        return true;
    struct adding adding = {d, now};
    return device_prepare(d, err) && change(store, master, add_slot, &adding, err);
}

bool slots_add(struct store *store, const struct master_key *master,
               const struct slots_sources *sources, int64_t now,
               const struct slots_listener *listener, struct quoth_error *err)
{
    for (size_t i = 0; i < sources->count; i++) {
        struct quoth_error why = {0};
        bool is_new = false;
        if (!add_source(store, master, sources, i, now, &is_new, &why))
            slots_tell(listener, sources->items[i], "slot-not-added", &why);
        else if (is_new)
            slots_tell(listener, sources->items[i], "slot-added", NULL);
    }
    return keyring_set_sources(master->keyring, sources->items, sources->count,
                               sources->state_folder, err);
}

static bool remove_slot(struct change *c, void *context, struct quoth_error *err)
{
    const char *name = context;
    const size_t at = ring_find_slot(&c->ring, name);
    if (at == c->ring.slot_count)
        return quoth_fail(err, QUOTH_SLOT_MISSING, "slot", QUOTH_NO_OFFSET,
                          "there is none of that name");
    if (c->ring.slot_count == 1)
        return quoth_fail(err, QUOTH_SLOT_LAST, name, QUOTH_NO_OFFSET, "is the last slot");
    for (size_t i = at + 1; i < c->ring.slot_count; i++)
        c->ring.slots[i - 1] = c->ring.slots[i];
    c->ring.slots[--c->ring.slot_count] = (struct ring_slot){.created = 0};
    buffer_u8(&c->values[c->count], SLOT_FORM_GONE);
    return buffer_ok(&c->values[c->count], err) && change_slot(c, name, &c->values[c->count], err);
}

bool slots_remove(struct store *store, const struct master_key *master, const char *name,
                  struct quoth_error *err)
{
    AUTO(text) char *copy = strdup(name);
    if (!copy)
        return quoth_fail(err, QUOTH_MEMORY, "slot", QUOTH_NO_OFFSET, "out of memory");
    return change(store, master, remove_slot, copy, err);
}

/* ---- terms */

struct rotating {
    const struct slots_sources *sources;
    const struct slots_listener *listener;
    int64_t now;
    struct slots_rotation done;
};

/* Wraps the new keyring key for one slot, by whichever source is its device. */
static bool rekey_slot(struct change *c, const struct slots_sources *sources, const char *name,
                       struct quoth_error *err)
{
    for (size_t i = 0; i < sources->count; i++) {
        AUTO(device) struct device *d = NULL;
        struct quoth_error why = {0};
        if (device_open(sources->items[i], sources->state_folder, &d, &why) &&
            strcmp(device_name(d), name) == 0)
            return wrap_slot(c, d, err);
    }
    return quoth_fail(err, QUOTH_DEVICE_UNAVAILABLE, name, QUOTH_NO_OFFSET,
                      "is no device of this node's settings that answers");
}

/* All slots or none: false leaves the change as it was. */
static bool rekey(struct change *c, const struct rotating *r, struct quoth_error *err)
{
    AUTO(ring_place) struct ring_place old = c->place;
    bool all = true;
    c->place.generation++;
    if (!random_fill(c->place.key, sizeof c->place.key, err))
        return false;
    for (size_t i = 0; i < c->ring.slot_count; i++) {
        struct quoth_error why = {0};
        if (rekey_slot(c, r->sources, c->ring.slots[i].name, &why))
            continue;
        slots_tell(r->listener, c->ring.slots[i].name, "slot-not-reached", &why);
        all = false;
    }
    if (all)
        return true;
    c->place = old;
    for (size_t i = 0; i < c->count; i++)
        buffer_clear(&c->values[i]);
    buffer_clear(&c->values[c->count]);
    c->count = 0;
    return false;
}

static bool rotate(struct change *c, void *context, struct quoth_error *err)
{
    struct rotating *r = context;
    if (!ring_add_term(&c->ring, r->now, err))
        return false;
    r->done = (struct slots_rotation){
        .term = c->ring.terms[c->ring.term_count - 1].number,
        .rekeyed = rekey(c, r, err),
    };
    return err->code == QUOTH_OK;
}

bool slots_rotate(struct store *store, const struct master_key *master, int64_t now,
                  const struct slots_listener *listener, struct slots_rotation *ret_rotation,
                  struct quoth_error *err)
{
    AUTO(keyring_sources) struct keyring_sources own = {0};
    if (!keyring_get_sources(master->keyring, &own, err))
        return false;
    const struct slots_sources sources = {own.items, own.count, own.state_folder, false};
    struct rotating r = {.sources = &sources, .listener = listener, .now = now};
    if (!change(store, master, rotate, &r, err))
        return false;
    *ret_rotation = r.done;
    return true;
}

bool slots_drop_term(struct store *store, const struct master_key *master, uint32_t number,
                     struct quoth_error *err)
{
    uint8_t head[SEAL_SALT_AT];
    AUTO(change) struct change c = {.store = store, .master = master};
    seal_head(number, head);
    if (!slots_reload(store, master, err))
        return false;
    keyring_get(master->keyring, &c.ring, &c.place);
    c.absent = BYTES_OF(head);
    ring_drop_term(&c.ring, number);
    if (!change_put(&c, err))
        return false;
    keyring_set(master->keyring, &c.ring, &c.place);
    return true;
}
