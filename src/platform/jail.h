/* A program behind walls. Three processes: the supervisor (the caller, with the platform's keys),
 * the keeper (first in the new namespaces; it starts the program, waits for it and tells how it
 * ended) and the program. Keeper and program are forked before the platform is opened, so neither
 * ever holds a key. The walls, each as the kernel allows:
 *
 *     no_new_privs, seccomp             always, or the program does not start
 *     landlock, mount namespace         at least one of them
 *     user, pid, ipc, uts namespaces    as available
 *
 * and besides no capabilities, no core dumps, no descriptors but 0, 1 and 2, and no environment but
 * what it is given. This guards against other users' and the program's own reach; it cannot guard
 * against root or the kernel. */
#ifndef QUOTH_PLATFORM_JAIL_H
#define QUOTH_PLATFORM_JAIL_H

#include "base/bytes.h"
#include "platform/enclave_config.h"

#include <sys/types.h>

/* Bits of struct jail.walls. */
#define JAIL_NO_NEW_PRIVS 0x01u
#define JAIL_SECCOMP 0x02u
#define JAIL_LANDLOCK 0x04u
#define JAIL_MOUNT 0x08u
#define JAIL_USER 0x10u
#define JAIL_PID 0x20u
#define JAIL_IPC 0x40u
#define JAIL_UTS 0x80u
#define JAIL_ALL 0xFFu

struct jail_plan {
    int program; /* memfd with the program; borrowed */
    char *const *argv, *const *envp;
    const char *folder; /* working directory in the enclave */
    const struct enclave_config *config;
    bool require_all;
};

/* A program that waits behind its walls for the word to start. */
struct jail {
    pid_t keeper;
    int control;  /* to the keeper and, until it starts, the program */
    int listener; /* the program's supervised system calls */
    int program;  /* pidfd */
    unsigned walls;
};

/* False: QUOTH_SANDBOX_MISSING with the walls that are missing, or what kept the program from being
 * prepared. */
bool jail_open(const struct jail_plan *plan, struct jail *ret_jail, struct quoth_error *err);
void jail_close(struct jail *jail); /* kills what still runs; accepts what jail_open never filled */

#define JAIL_EMPTY                                                                                 \
    {                                                                                              \
        .keeper = -1, .control = -1, .listener = -1, .program = -1                                 \
    }
DEFINE_AUTO_VALUE(jail, struct jail, jail_close)

/* Lets the program start. */
bool jail_start(struct jail *jail, struct quoth_error *err);

/* Reads the next message of the other side, which has one for us (control is readable): the wait
 * status of the program that has ended, or QUOTH_ENCLAVE_EXEC with the reason if it never began. */
bool jail_result(struct jail *jail, int *ret_wait_status, struct quoth_error *err);

/* "no_new_privs, seccomp, landlock" for the bits of walls; "nothing" for none. Appends to to. */
void jail_walls_text(unsigned walls, struct buffer *to);

#endif
