/* Signals that a supervisor does not take for itself but passes on to the program it runs. */
#ifndef QUOTH_PLATFORM_PASSED_SIGNALS_H
#define QUOTH_PLATFORM_PASSED_SIGNALS_H

#include "base/bytes.h"

#include <signal.h>

struct passed_signals {
    int fd; /* readable when there is one */
    sigset_t before;
};

/* Blocks SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1 and SIGUSR2 in this thread, and SIGCHLD with
 * them if children is set, so that they come by fd; ignores SIGPIPE. False: QUOTH_UNAVAILABLE. */
bool passed_signals_open(bool children, struct passed_signals *ret, struct quoth_error *err);
void passed_signals_close(struct passed_signals *s); /* restores the mask */

#define PASSED_SIGNALS_EMPTY                                                                       \
    {                                                                                              \
        .fd = -1                                                                                   \
    }
DEFINE_AUTO_VALUE(passed_signals, struct passed_signals, passed_signals_close)

/* Takes the next signal and sends it to the program (a pidfd), unless it is SIGCHLD or came from a
 * terminal, which sends to the whole process group, the program included. */
void passed_signals_send(const struct passed_signals *s, int program);

#endif
