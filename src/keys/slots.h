/* The keyring in the store: sealed under a keyring key, which each slot holds wrapped by its device.
 *
 *     kind "keyring", id "keyring"   form (1), generation (8), salt (16), AES-256-GCM of the ring
 *     kind "slot", id NAME           form (1), store (16), generation (8), what the device wrapped
 *
 * both of nobody. A slot is bound to the store's identity, its name and the generation of the
 * keyring key by the label that its device wraps with; the keyring names its slots, so a slot that
 * was removed and is put back opens nothing here. Both change together, one version after the other:
 * of two nodes that change the keyring at once, the second begins again.
 *
 * All calls block: store and devices. */
#ifndef QUOTH_KEYS_SLOTS_H
#define QUOTH_KEYS_SLOTS_H

#include "keys/keyring.h"
#include "store/store.h"

#define KIND_KEYRING "keyring" /* kind and id */
#define KIND_SLOT "slot"

/* What the setting master-key lists. */
struct slots_sources { /* borrowed */
    char *const *items;
    size_t count;
    const char *state_folder;
    bool make; /* files that are not there; for init alone: one that is only not mounted must not be
                  made anew */
};

/* Told of each source: "opened", "passed-over" (with the reason), "slot-added", "slot-not-added". */
struct slots_listener {
    void (*tell)(void *context, const char *source, const char *what,
                 const struct quoth_error *why); /* why may be NULL */
    void *context;
};

/* Whether the store has a keyring. */
bool slots_are_there(struct store *store, bool *ret_there, struct quoth_error *err);

/* Makes the keys of all devices that have none, a keyring, and a slot for each device, all at once.
 * QUOTH_STORE_CONFLICT when another node was faster. */
bool slots_make(struct store *store, const struct slots_sources *sources, int64_t now,
                struct master_key *ret_master, struct quoth_error *err);

/* Opens the keyring with the first source that can, in their order. QUOTH_MASTER_KEY says what was
 * tried. */
bool slots_open(struct store *store, const struct slots_sources *sources,
                const struct slots_listener *listener, struct master_key *ret_master,
                struct quoth_error *err);

/* A slot for each source that has none. What cannot be added is told, and is no failure. */
bool slots_add(struct store *store, const struct master_key *master,
               const struct slots_sources *sources, int64_t now,
               const struct slots_listener *listener, struct quoth_error *err);

/* The keyring as it is in the store now; by the devices, if another node has replaced the keyring
 * key. */
bool slots_reload(struct store *store, const struct master_key *master, struct quoth_error *err);

/* QUOTH_SLOT_MISSING, QUOTH_SLOT_LAST. */
bool slots_remove(struct store *store, const struct master_key *master, const char *name,
                  struct quoth_error *err);

/* A new term, which seals from now on; and a new keyring key, if this node reaches the device of
 * every slot. If it does not, the keyring key stays, for who cannot be reached could not be given
 * the new one; listener is told which ("slot-not-reached"). */
struct slots_rotation {
    uint32_t term;
    bool rekeyed;
};
bool slots_rotate(struct store *store, const struct master_key *master, int64_t now,
                  const struct slots_listener *listener, struct slots_rotation *ret_rotation,
                  struct quoth_error *err);

/* Drops a term that is not the latest. QUOTH_STORE_STALE while a record is sealed under it: that
 * none is, and that none will be, is made sure of in the transaction. */
bool slots_drop_term(struct store *store, const struct master_key *master, uint32_t number,
                     struct quoth_error *err);

#endif
