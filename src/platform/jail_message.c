#include "platform/jail_message.h"

#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>

void jail_message_send(int control, const struct jail_message *message, int descriptor)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } ancillary = {0};
    struct jail_message copy = *message;
    struct iovec part = {&copy, sizeof copy};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};

    if (descriptor >= 0) {
        header.msg_control = ancillary.room;
        header.msg_controllen = sizeof ancillary.room;
        struct cmsghdr *c = CMSG_FIRSTHDR(&header);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int));
        bytes_copy(CMSG_DATA(c), (struct bytes){(const uint8_t *)&descriptor, sizeof descriptor});
    }
    (void)!sendmsg(control, &header, MSG_NOSIGNAL);
}

bool jail_message_receive(int control, struct jail_message *ret_message, int *ret_descriptor,
                          pid_t *ret_sender, struct quoth_error *err)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
    } ancillary;
    struct jail_message message;
    struct iovec part = {&message, sizeof message};
    struct msghdr header = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = ancillary.room,
        .msg_controllen = sizeof ancillary.room,
    };
    ssize_t got;

    do
        got = recvmsg(control, &header, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got != sizeof message)
        return quoth_fail(err, QUOTH_ENCLAVE_EXEC, "keeper", QUOTH_NO_OFFSET,
                          "the process that starts the program was killed");
    *ret_message = message;
    *ret_descriptor = -1;
    *ret_sender = -1;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&header); c; c = CMSG_NXTHDR(&header, c)) {
        const struct bytes data = {CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0)};
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
            bytes_copy((uint8_t *)ret_descriptor, bytes_slice(data, 0, sizeof *ret_descriptor));
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS)
            bytes_copy((uint8_t *)ret_sender,
                       bytes_slice(data, offsetof(struct ucred, pid), sizeof *ret_sender));
    }
    return true;
}
