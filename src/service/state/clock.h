/* No signature under a wrong clock (THREATS 11): when the clock is behind the latest instant that
 * this service has seen, in an earlier run too, or behind what its collateral says was published,
 * by more than five minutes, something is wrong with it.
 *
 * And nothing is taken away for good on the word of a clock that is ahead, which nobody can tell from
 * a long pause. What was deleted goes by the instant that was witnessed: it is never after the clock,
 * outlives the process, and follows a clock that is further by CLOCK_CATCH_UP seconds for each that a
 * process was up. While we run without a pause the two are the same. */
#ifndef QUOTH_SERVICE_CLOCK_H
#define QUOTH_SERVICE_CLOCK_H

#include "keys/marks.h"

#include <stdatomic.h>

#define CLOCK_SLACK 300  /* seconds */
#define CLOCK_CATCH_UP 6 /* so the seven days of the shortest retention are 28 hours at least */

struct clock_guard {
    atomic_int_fast64_t latest; /* instant seen */
    int64_t witnessed, counted; /* the latter monotonic, of the former; of one thread alone */
};

/* Goes on from what the store remembers; with forget, from now. counted: monotonic. Blocks. */
bool clock_open(struct clock_guard *c, struct store *store, const struct master_key *master,
                bool forget, int64_t now, int64_t counted, struct quoth_error *err);

/* newest: issueDate or thisUpdate of the newest collateral held; 0 for none. QUOTH_CLOCK_BEHIND. */
bool clock_check(const struct clock_guard *c, int64_t now, int64_t newest, struct quoth_error *err);

/* The later of now and what was seen: whence a time runs that is promised to somebody, so that it is
 * not over at once when a clock that is behind is set right. Any thread. */
int64_t clock_latest(const struct clock_guard *c, int64_t now);

/* Remembers now if it is later than what was seen, and witnesses what went by. */
void clock_saw(struct clock_guard *c, int64_t now, int64_t counted);

/* The witnessed instant, or now if that is earlier. */
int64_t clock_witnessed(const struct clock_guard *c, int64_t now);

/* Writes what was seen to the store. Blocks. */
bool clock_keep(const struct clock_guard *c, struct store *store, const struct master_key *master,
                struct quoth_error *err);

#endif
