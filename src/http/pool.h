/* A bounded pool of threads for what may block (THREATS 25): files, upstreams, key generation. */
#ifndef QUOTH_HTTP_POOL_H
#define QUOTH_HTTP_POOL_H

#include "base/bytes.h"

struct pool; /* opaque, used by any thread */

/* threads workers and room for depth jobs that wait. */
struct pool *pool_open(size_t threads, size_t depth, struct quoth_error *err);

/* Runs what is queued to its end, then joins the workers. */
void pool_close(struct pool *p);
DEFINE_AUTO(pool, struct pool *, pool_close)

/* Queues run(arg). QUOTH_HTTP_BUSY when the queue is full or the pool is closing. */
bool pool_submit(struct pool *p, void (*run)(void *arg), void *arg, struct quoth_error *err);

#endif
