/* What is due in the vaults by time alone: what was deleted long ago is purged, keys are rotated, and
 * that one nears its end is told of. Each is in the audit trail of its tenant before it is done, by
 * "service", and in the log. */
#ifndef QUOTH_SERVICE_VAULT_CLOCK_H
#define QUOTH_SERVICE_VAULT_CLOCK_H

#include "base/time.h"

#include <stdatomic.h>
#include <stdint.h>

struct service;

/* Ahead by more than this, the clock was set and did not go there. */
#define VAULT_CLOCK_STEP 300
/* Then nothing is done for so long: what is done because somebody has set the clock wrong does not
 * come right when it is set right. A start cannot tell; so purging goes by the instant that was
 * witnessed (service/state/clock.h), whatever the clock says. */
#define VAULT_CLOCK_REST 3600
/* That clock and witnesses are further apart than this at a start is told in the log. */
#define VAULT_CLOCK_APART TIME_DAY

struct vault_clock { /* part of the service. In seconds */
    atomic_bool runs;
    int64_t next, rests_until; /* monotonic */
    int64_t offset;            /* of the clock from what is monotonic, when it was looked at last */
    int64_t witnessed;         /* for what runs */
};

/* After the service's clock. */
void vault_clock_open(struct service *s);

/* On the clockwork's thread: has it done in the pool, about once a minute, while the clock goes
 * steadily and the store is whole (intact.h). */
void vault_clock_tick(struct service *s, int64_t now);

#endif
