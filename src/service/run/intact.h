/* Whether the store still holds what was put into it (keys/watermark.h), while we serve: about once a
 * minute, and at SIGHUP. Once it does not, or the watermark does not open, nothing more is decided and
 * no vault answers, until a start that finds it whole. A store that only does not answer is follow.h's
 * affair. */
#ifndef QUOTH_SERVICE_INTACT_H
#define QUOTH_SERVICE_INTACT_H

#include <quoth/error.h>

#include <stdatomic.h>
#include <stdint.h>

struct service;

struct intact { /* zeroed; part of the service */
    atomic_bool runs;
    atomic_bool broken; /* for good */
    int64_t next;       /* monotonic; the clockwork's alone; 0: at its next tick */
};

/* On the clockwork's thread: has it checked in the pool, if it is time. */
void intact_tick(struct service *s);

/* QUOTH_TENANT_UNREADABLE once it was found otherwise. One atomic load. */
bool intact_is(const struct intact *i, struct quoth_error *err);

#endif
