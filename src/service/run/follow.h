/* Following the store: what others put into it is in memory about a second later, and without a word
 * from it no decision is made for long that a change could have made otherwise. */
#ifndef QUOTH_SERVICE_FOLLOW_H
#define QUOTH_SERVICE_FOLLOW_H

#include "base/bytes.h"

#include <stdatomic.h>

struct service;
struct store_watch;

struct follow {
    struct store_watch *watch;
    uint64_t grace_us;
    atomic_uint_fast64_t current_us; /* monotonic: when memory was last known to be what the store
                                        says */
    int64_t revision;                /* that the store has reached; the watch's thread alone */
    bool silent;                     /* it did not answer the last time; likewise */
};

/* Begins to follow, with all tenants loaded. */
bool follow_open(struct service *s, struct quoth_error *err);
void follow_close(struct service *s);

/* QUOTH_SNAPSHOT_STALE once the store has said nothing for longer than the setting store-grace.
 * One atomic load and a look at the clock. */
bool follow_is_current(const struct follow *f, struct quoth_error *err);

#endif
