/* What is due in the vaults by time alone: what was deleted long ago is purged, keys are rotated, and
 * that one nears its end is told of. Each is in the audit trail of its tenant before it is done, by
 * "service", and in the log. */
#ifndef QUOTH_SERVICE_VAULT_CLOCK_H
#define QUOTH_SERVICE_VAULT_CLOCK_H

#include <stdatomic.h>
#include <stdint.h>

struct service;

struct vault_clock { /* zeroed; part of the service */
    atomic_bool runs;
    int64_t next;
};

/* On the clockwork's thread: has it done in the pool, about once a minute. */
void vault_clock_tick(struct service *s, int64_t now);

#endif
