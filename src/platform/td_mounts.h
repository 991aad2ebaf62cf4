/* What a program of a simulated trust domain sees of the file system: the host's, with configfs-tsm
 * where Linux has it, and without the platform. */
#ifndef QUOTH_PLATFORM_TD_MOUNTS_H
#define QUOTH_PLATFORM_TD_MOUNTS_H

#include "base/bytes.h"

/* Takes the calling process into a mount namespace of its own (and, if it may not do that, a user
 * namespace in which its user and group are what they are outside), mounts a memory file system
 * that plays configfs at /sys/kernel/config, and an empty one over hidden, an absolute path. What
 * lies in /sys/kernel is kept where that has no folder config. Inside, configfs is read-only;
 * ret_report is its folder tsm/report as it can be written. False: QUOTH_SANDBOX_MISSING. */
bool td_mounts_enter(const char *hidden, int *ret_report, struct quoth_error *err);

#endif
