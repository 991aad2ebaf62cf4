/* Admission by source (THREATS 26): how many connections and how many requests per second one
 * address prefix may have. One table serves all threads of a server, under one lock that is held
 * for a few dozen nanoseconds; its size is fixed, and sources that find no row share one. Instants
 * are microseconds of the monotonic clock. */
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

extern const struct limit_config limit_config_default;

struct limit;     /* opaque, used by any thread */
struct limit_row; /* opaque: what is known of one source */

struct limit *limit_open(const struct limit_config *config, struct quoth_error *err);
void limit_close(struct limit *l);
DEFINE_AUTO(limit, struct limit *, limit_close)

/* Counts a connection and gives the row of its source, which stays until limit_leave. NULL when
 * there are too many. */
struct limit_row *limit_enter(struct limit *l, const struct sockaddr *source, uint64_t now_us);
void limit_leave(struct limit *l, struct limit_row *row);

/* Counts a request. False when the source has sent too many; *ret_wait is then the number of
 * seconds after which one more passes, at least 1. */
bool limit_request(struct limit *l, struct limit_row *row, uint64_t now_us, unsigned *ret_wait);

/* Connections open now. */
size_t limit_connections(struct limit *l);

#endif
