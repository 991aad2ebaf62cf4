/* Landlock: what of the file system a process and its children may touch, laid down by the process
 * itself and never loosened again. Source: Linux, Documentation/userspace-api/landlock.rst. */
#ifndef QUOTH_PLATFORM_LANDLOCK_H
#define QUOTH_PLATFORM_LANDLOCK_H

#include "base/bytes.h"

struct landlock_path {
    const char *path;
    bool write;
};

/* Version of the kernel's Landlock; 0 where there is none. */
int landlock_version(void);

/* Restricts the calling thread, which has no_new_privs set, to these paths and what lies below
 * them; nothing may be executed, and, where the kernel can (version 6), no process outside be
 * signalled or reached over an abstract socket. Paths that do not exist are left out. False:
 * QUOTH_SANDBOX_MISSING. */
bool landlock_restrict(const struct landlock_path *paths, size_t count, struct quoth_error *err);

#endif
