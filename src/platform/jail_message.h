/* What keeper and program tell the supervisor: between processes of one binary, as memory. For
 * jail.c alone. */
#ifndef QUOTH_PLATFORM_JAIL_MESSAGE_H
#define QUOTH_PLATFORM_JAIL_MESSAGE_H

#include "base/bytes.h"

#include <sys/types.h>

struct jail_message {
    enum { JAIL_READY = 1, JAIL_FAILED, JAIL_ENDED } kind;
    unsigned walls;         /* READY */
    int wait_status;        /* ENDED */
    struct quoth_error err; /* FAILED */
};

/* descriptor goes along unless it is -1. A supervisor that is gone cannot be told. */
void jail_message_send(int control, const struct jail_message *message, int descriptor);

/* control has SO_PASSCRED set. ret_descriptor (-1 if none came along) and the sender's process id
 * are as seen by the receiver. False: QUOTH_ENCLAVE_EXEC if the other side is gone. */
bool jail_message_receive(int control, struct jail_message *ret_message, int *ret_descriptor,
                          pid_t *ret_sender, struct quoth_error *err);

#endif
