/* Names to addresses by libevent's resolver, which reads /etc/hosts and /etc/resolv.conf itself:
 * the C library's would load modules, which a static program cannot. */
#ifndef QUOTH_NET_RESOLVE_H
#define QUOTH_NET_RESOLVE_H

#include "net/url.h"

#include <sys/socket.h>

#define RESOLVE_MAX 8 /* addresses that are tried */

struct addresses {
    struct {
        struct sockaddr_storage name;
        socklen_t len;
    } at[RESOLVE_MAX];
    size_t count; /* at least 1 */
};

/* Addresses with their port in the order to try. Numeric hosts and "localhost" (RFC 6761
 * section 6.3) need no lookup. QUOTH_UNAVAILABLE for a name that has none, QUOTH_NET_TIMEOUT. */
bool resolve(const struct url *to, uint64_t deadline_us, struct addresses *ret_addresses,
             struct quoth_error *err);

#endif
