#include "platform/notices.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"

static bool system_failed(struct quoth_error *err)
{
    return quoth_fail(err, QUOTH_UNAVAILABLE, "seccomp", QUOTH_NO_OFFSET, "%s", strerror(errno));
}

/* Room for what the kernel writes, which may be more than we know of. */
bool notices_open(int listener, struct notices *ret_notices, struct quoth_error *err)
{
    struct notices n = {.listener = listener};
    struct seccomp_notif_sizes sizes;

    if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) != 0)
        return system_failed(err);
    n.call_size = sizes.seccomp_notif > sizeof *n.call ? sizes.seccomp_notif : sizeof *n.call;
    n.call = calloc(1, n.call_size);
    if (!n.call)
        return quoth_fail(err, QUOTH_MEMORY, "supervisor", QUOTH_NO_OFFSET, "out of memory");
    *ret_notices = n;
    return true;
}

void notices_clear(struct notices *n)
{
    free(n->call);
    n->call = NULL;
}

bool notices_waiting(const struct notices *n)
{
    return ioctl(n->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &n->call->id) == 0;
}

/* Fails only if the caller is gone or has no descriptor left; the kernel tells it the latter. */
static void hand_over(const struct notices *n, const struct answer *answer)
{
    const struct seccomp_notif_addfd add = {
        .id = n->call->id,
        .flags = SECCOMP_ADDFD_FLAG_SEND, /* the number it gets is the result of its call */
        .srcfd = (uint32_t)answer->descriptor,
        .newfd_flags = answer->close_on_exec ? O_CLOEXEC : 0,
    };
    if (ioctl(n->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add) >= 0 || errno == ENOENT)
        return;
    const struct seccomp_notif_resp none = {.id = n->call->id, .error = -errno};
    (void)!ioctl(n->listener, SECCOMP_IOCTL_NOTIF_SEND, &none);
}

bool notices_serve(struct notices *n, struct answer (*answer)(void *who), void *who,
                   struct quoth_error *err)
{
    bytes_wipe(n->call, n->call_size); /* the kernel insists on zeros */
    if (ioctl(n->listener, SECCOMP_IOCTL_NOTIF_RECV, n->call) != 0)
        return errno == ENOENT || errno == EINTR || system_failed(err);
    const struct answer given = answer(who);
    AUTO(fd) int descriptor = given.descriptor;
    if (descriptor >= 0) {
        hand_over(n, &given);
        return true;
    }
    const struct seccomp_notif_resp resp = {
        .id = n->call->id,
        .error = given.go_on ? 0 : -given.error,
        .flags = given.go_on ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0,
    };
    return ioctl(n->listener, SECCOMP_IOCTL_NOTIF_SEND, &resp) == 0 || errno == ENOENT ||
           system_failed(err);
}
