/* The keyring: numbered terms, each a key of 32 random bytes. The latest seals; all open. It lies in
 * the store sealed under a keyring key, and that wrapped by each device that may open it
 * (keys/slots.h); in memory in pages that are not swapped out and in no core. */
#ifndef QUOTH_KEYS_KEYRING_H
#define QUOTH_KEYS_KEYRING_H

#include "keys/device.h"
#include "keys/master.h"

#include <pthread.h>
#include <stdatomic.h>

#define TERM_KEY_SIZE 32
#define TERM_LASTING 0u /* seals what leaves the store (backups): it is never replaced */
#define RING_TERMS_MAX 32u
#define RING_SLOTS_MAX 16u
#define RING_STORE_SIZE 16

struct term {        /* a secret */
    uint32_t number; /* from 1 */
    int64_t created;
    uint8_t key[TERM_KEY_SIZE];
};

void term_clear(struct term *term);
DEFINE_AUTO_VALUE(term, struct term, term_clear)

struct ring_slot {
    char name[DEVICE_NAME_SIZE];
    int64_t created;
};

/* What is in the keyring's record: a plain value, and a secret. */
struct ring {
    uint8_t store[RING_STORE_SIZE];    /* random: which store this is; each slot names it */
    uint8_t lasting[TERM_KEY_SIZE];    /* of the term TERM_LASTING */
    uint8_t watermark[TERM_KEY_SIZE];  /* of the hashes in keys/watermark.h */
    struct term terms[RING_TERMS_MAX]; /* in the order of their numbers */
    size_t term_count;
    struct ring_slot slots[RING_SLOTS_MAX];
    size_t slot_count;
};

void ring_clear(struct ring *ring);
DEFINE_AUTO_VALUE(ring, struct ring, ring_clear)

/* One term, number 1, and no slots. */
bool ring_make(int64_t now, struct ring *ret_ring, struct quoth_error *err);
/* Another term, which is the latest. QUOTH_KEYRING_FULL. */
bool ring_add_term(struct ring *ring, int64_t now, struct quoth_error *err);
void ring_drop_term(struct ring *ring, uint32_t number); /* not the latest */
/* The slot of that name, or slot_count. */
size_t ring_find_slot(const struct ring *ring, const char *name);

/* As the bytes that are sealed, and back. */
bool ring_write(const struct ring *ring, struct buffer *to, struct quoth_error *err);
bool ring_read(struct bytes from, struct ring *ret_ring, struct quoth_error *err);

/* Under which key and as which version it lies in the store. */
struct ring_place {
    int64_t version;            /* of its record; 0: it lies in none yet */
    uint64_t generation;        /* of the keyring key, from 1 */
    uint8_t key[TERM_KEY_SIZE]; /* the keyring key */
};

void ring_place_clear(struct ring_place *place);
DEFINE_AUTO_VALUE(ring_place, struct ring_place, ring_place_clear)

/* In locked memory; any thread. */
struct keyring;
bool keyring_open(const struct ring *ring, const struct ring_place *place,
                  struct keyring **ret_keyring, struct quoth_error *err);
void keyring_close(struct keyring *k);

/* Takes its place, unless what is there is newer. */
void keyring_set(struct keyring *k, const struct ring *ring, const struct ring_place *place);
void keyring_get(struct keyring *k, struct ring *ret_ring, struct ring_place *ret_place);
int64_t keyring_version(struct keyring *k);

/* The latest term, and the version of the keyring in which it is that. */
void keyring_latest(struct keyring *k, struct term *ret_term, int64_t *ret_version);
/* QUOTH_SEAL_TERM when there is none of this number. */
bool keyring_find(struct keyring *k, uint32_t number, struct term *ret_term,
                  struct quoth_error *err);

/* Where the devices are, for when the keyring key is replaced by another node. Copies. */
bool keyring_set_sources(struct keyring *k, char *const *sources, size_t count,
                         const char *state_folder, struct quoth_error *err);

struct keyring_sources { /* owned */
    char **items;
    size_t count;
    char *state_folder;
};
void keyring_sources_clear(struct keyring_sources *s);
DEFINE_AUTO_VALUE(keyring_sources, struct keyring_sources, keyring_sources_clear)
bool keyring_get_sources(struct keyring *k, struct keyring_sources *ret_sources,
                         struct quoth_error *err);

/* The newest watermark that this process has seen in the store (keys/watermark.h). */
int64_t keyring_watermark(const struct keyring *k);
void keyring_saw_watermark(struct keyring *k, int64_t version);

#endif
