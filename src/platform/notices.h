/* System calls that wait for our answer: the supervisor's end of a seccomp filter with user
 * notification. What the calls mean is for those who answer them. Source: seccomp_unotify(2). */
#ifndef QUOTH_PLATFORM_NOTICES_H
#define QUOTH_PLATFORM_NOTICES_H

#include "base/bytes.h"

#include <linux/seccomp.h>

/* What becomes of a call. */
struct answer {
    bool go_on;     /* the kernel carries it out */
    int error;      /* errno for the program; 0 and no descriptor: the call returns 0 */
    int descriptor; /* or a descriptor for it, closed here when it has been given; -1 for none */
    bool close_on_exec; /* of that descriptor */
};

static inline struct answer answer_refused(int error) /* 0: done */
{
    return (struct answer){.error = error, .descriptor = -1};
}

static inline struct answer answer_passed(void)
{
    return (struct answer){.go_on = true, .descriptor = -1};
}

struct notices {
    int listener;               /* borrowed */
    struct seccomp_notif *call; /* the one being answered; of the size this kernel gives it */
    size_t call_size;
};

bool notices_open(int listener, struct notices *ret_notices, struct quoth_error *err);
void notices_clear(struct notices *n);
DEFINE_AUTO_VALUE(notices, struct notices, notices_clear)

/* Whether who made the call still waits. To be asked after looking into the caller's memory: it may
 * have died meanwhile and its id been given to another. */
bool notices_waiting(const struct notices *n);

/* Answers the next call (the listener is readable). False: QUOTH_UNAVAILABLE, and none will be. */
bool notices_serve(struct notices *n, struct answer (*answer)(void *who), void *who,
                   struct quoth_error *err);

#endif
