/* Admission by source (THREATS 26): how many connections and how many requests per second one
 * address prefix may have. One table serves all threads of a server, under one lock that is held
 * for a few dozen nanoseconds; its size is fixed, and sources that find no row share one. */
#ifndef QUOTH_HTTP_LIMIT_H
#define QUOTH_HTTP_LIMIT_H

#include "base/bytes.h"

#include <sys/socket.h>

struct limit_config {
    size_t connections;            /* in total */
    size_t connections_per_source; /* of one prefix */
    unsigned rate, burst;          /* requests per second of one prefix; rate 0: not counted */
    unsigned prefix4, prefix6;     /* bits of an address that make a source: 32, 64 */
};

struct limit_source { /* a plain value: the prefix, IPv4 as ::ffff:a.b.c.d */
    uint8_t prefix[16];
};

struct limit; /* opaque, used by any thread */

struct limit *limit_open(const struct limit_config *config, struct quoth_error *err);
void limit_close(struct limit *l);
DEFINE_AUTO(limit, struct limit *, limit_close)

struct limit_source limit_source_of(const struct limit *l, const struct sockaddr *address);

/* Counts a connection; false when there are too many. Each true is undone by limit_leave. */
bool limit_enter(struct limit *l, struct limit_source source);
void limit_leave(struct limit *l, struct limit_source source);

/* Counts a request at an instant of the monotonic clock. False when the source has sent too many;
 * *ret_wait is then the number of seconds after which one more passes, at least 1. */
bool limit_request(struct limit *l, struct limit_source source, uint64_t now_us,
                   unsigned *ret_wait);

/* Connections open now, for metrics. */
size_t limit_connections(struct limit *l);

#endif
