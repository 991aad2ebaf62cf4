/* File systems for programs of the software TEE, put together in a mount namespace of their own.
 * Source: open_tree(2), move_mount(2), fsopen(2). */
#ifndef QUOTH_PLATFORM_MOUNTS_H
#define QUOTH_PLATFORM_MOUNTS_H

#include "base/bytes.h"

#include <sys/types.h>

/* A memory file system that is mounted nowhere yet (nosuid, nodev, noexec); -1 if there is none to
 * be had. */
int mounts_memory(void);

/* A copy, mounted nowhere yet, of what is seen at path, and below; -1 with errno. */
int mounts_clone(int folder, const char *path);

/* Adds attributes (MOUNT_ATTR_*) to a mount and those below it. False: errno. */
bool mounts_restrict(int tree, uint64_t attributes);

/* The paths that follow start with '/', which stands for the folder root. False: QUOTH_IO. */

/* Makes a file, and the folders above it. */
bool mounts_file(int root, const char *path, mode_t mode, struct bytes content,
                 struct quoth_error *err);

/* Puts a detached mount where target is, making the mount point. */
bool mounts_attach(int tree, int root, const char *target, struct quoth_error *err);

#endif
