/* How often an upstream may be asked: a count per address and minute, so that evidence from many
 * unknown platforms does not become a flood of requests to a vendor (THREATS 8). */
#ifndef QUOTH_COLLATERAL_BUDGET_H
#define QUOTH_COLLATERAL_BUDGET_H

#include "base/bytes.h"

#define BUDGET_UPSTREAMS_MAX 32u /* counted one by one; all others share the last count */

struct budget { /* a zeroed struct has spent nothing; one thread at a time */
    struct {
        const char *url; /* borrowed */
        int64_t since;
        unsigned spent;
    } upstreams[BUDGET_UPSTREAMS_MAX];
};

/* Counts one request at an instant. QUOTH_SOURCE_BUSY if limit were made in this minute already. */
bool budget_spend(struct budget *b, const char *url, unsigned limit, int64_t now,
                  struct quoth_error *err);

#endif
