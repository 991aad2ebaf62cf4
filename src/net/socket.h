/* A connected socket, found and made before a deadline. Deadlines are instants of
 * time_monotonic_us(). */
#ifndef QUOTH_NET_SOCKET_H
#define QUOTH_NET_SOCKET_H

#include "net/url.h"

/* Tries the host's addresses one after the other, giving each its share of the time. The socket
 * does not block and sends small writes at once (TCP_NODELAY). QUOTH_UNAVAILABLE names the host and
 * the last reason, QUOTH_NET_TIMEOUT says that none answered. */
bool socket_connect(const struct url *to, uint64_t deadline_us, int *ret_fd,
                    struct quoth_error *err);

/* Waits until fd can be read or written (POLLIN, POLLOUT). QUOTH_NET_TIMEOUT at the deadline. */
bool socket_wait(int fd, short events, uint64_t deadline_us, struct quoth_error *err);

#endif
