#include "platform/orphans.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"

#define ORPHAN_ROUNDS 1000u /* a second at least */

/* The reaper's children as the kernel lists them; false if there are none. */
static bool children_kill(pid_t reaper)
{
    AUTO(buffer) struct buffer list = {0};
    struct quoth_error err = {0};
    char path[64], *end;

    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)reaper, (int)reaper);
    if (!file_read(path, 1u << 20, &list, &err) || list.len == 0)
        return false;
    buffer_u8(&list, 0);
    for (const char *at = (const char *)list.data; at;) {
        const long child = strtol(at, &end, 10);
        if (end == at)
            break;
        kill((pid_t)child, SIGKILL);
        at = end;
    }
    return true;
}

/* Each round ends a generation; the reaper inherits and buries the next. */
void orphans_end(pid_t reaper)
{
    const struct timespec moment = {.tv_nsec = 1000000};
    const bool own = reaper == getpid();

    for (unsigned round = 0; round < ORPHAN_ROUNDS && children_kill(reaper); round++) {
        nanosleep(&moment, NULL);
        while (own && waitpid(-1, NULL, WNOHANG) > 0)
            ;
    }
}
