/* No signature under a wrong clock (THREATS 11): when the clock is behind the latest instant that
 * this service has seen, in an earlier run too, or behind what its collateral says was published,
 * by more than five minutes, something is wrong with it. */
#ifndef QUOTH_SERVICE_CLOCK_H
#define QUOTH_SERVICE_CLOCK_H

#include "keys/marks.h"

#include <stdatomic.h>

#define CLOCK_SLACK 300 /* seconds */

struct clock_guard {
    atomic_int_fast64_t latest; /* instant seen */
};

/* Goes on from what the store remembers; with forget, from now. Blocks. */
bool clock_open(struct clock_guard *c, struct store *store, const struct master_key *master,
                bool forget, int64_t now, struct quoth_error *err);

/* newest: issueDate or thisUpdate of the newest collateral held; 0 for none. QUOTH_CLOCK_BEHIND. */
bool clock_check(const struct clock_guard *c, int64_t now, int64_t newest, struct quoth_error *err);

/* Remembers now if it is later than what was seen. */
void clock_saw(struct clock_guard *c, int64_t now);

/* Writes what was seen to the store. Blocks. */
bool clock_keep(const struct clock_guard *c, struct store *store, const struct master_key *master,
                struct quoth_error *err);

#endif
