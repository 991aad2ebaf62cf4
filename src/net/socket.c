#include "net/socket.h"

#include "base/file.h"
#include "base/time.h"
#include "net/resolve.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>

bool socket_wait(int fd, short events, uint64_t deadline_us, struct quoth_error *err)
{
    for (;;) {
        const uint64_t now = time_monotonic_us();
        const uint64_t left = deadline_us > now ? (deadline_us - now + 999) / 1000 : 0;
        struct pollfd p = {.fd = fd, .events = events};
        const int ready = poll(&p, 1, left > INT_MAX ? INT_MAX : (int)left);
        if (ready > 0)
            return true; /* an error on the socket shows at the next read or write */
        if (ready < 0 && errno != EINTR)
            return quoth_fail(err, QUOTH_UNAVAILABLE, "net.socket", QUOTH_NO_OFFSET, "poll: %s",
                              strerror(errno));
        if (ready == 0 && time_monotonic_us() >= deadline_us)
            return quoth_fail(err, QUOTH_NET_TIMEOUT, "net.socket", QUOTH_NO_OFFSET,
                              "the peer was silent until the time was over");
    }
}

static bool connect_one(const struct sockaddr *name, socklen_t len, uint64_t deadline_us,
                        int *ret_fd, struct quoth_error *err)
{
    const int on = 1;
    AUTO(fd) int fd = socket(name->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int failure = fd < 0 ? errno : 0;
    if (fd >= 0 && connect(fd, name, len) != 0)
        failure = errno;
    if (failure == EINPROGRESS) {
        socklen_t size = sizeof failure;
        if (!socket_wait(fd, POLLOUT, deadline_us, err))
            return false;
        if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size) != 0)
            failure = errno;
    }
    if (failure)
        return quoth_fail(err, QUOTH_UNAVAILABLE, "net.connect", QUOTH_NO_OFFSET, "%s",
                          strerror(failure));
    /* what it would save, an exchange of one request and one answer does not have */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    *ret_fd = fd_take(&fd);
    return true;
}

bool socket_connect(const struct url *to, uint64_t deadline_us, int *ret_fd,
                    struct quoth_error *err)
{
    struct addresses found;
    if (!resolve(to, deadline_us, &found, err))
        return false;

    struct quoth_error last = {0};
    for (size_t i = 0; i < found.count; i++) {
        const uint64_t now = time_monotonic_us();
        const uint64_t left = deadline_us > now ? deadline_us - now : 0;
        last = (struct quoth_error){0};
        if (connect_one((const struct sockaddr *)&found.at[i].name, found.at[i].len,
                        now + left / (found.count - i), ret_fd, &last))
            return true;
    }
    return quoth_fail(err, last.code, "net.connect", QUOTH_NO_OFFSET, "%.*s: %s",
                      (int)to->authority.len, (const char *)to->authority.data, last.message);
}
