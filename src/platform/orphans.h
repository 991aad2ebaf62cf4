/* Processes that outlive the one that started them. */
#ifndef QUOTH_PLATFORM_ORPHANS_H
#define QUOTH_PLATFORM_ORPHANS_H

#include <sys/types.h>

/* Kills the descendants of a process that inherits and buries orphans (PR_SET_CHILD_SUBREAPER),
 * generation by generation; of the calling process itself it buries them here. Gives up after a
 * second or so. */
void orphans_end(pid_t reaper);

#endif
