/* A look into the memory of a process we supervise. */
#ifndef QUOTH_PLATFORM_TRACEE_H
#define QUOTH_PLATFORM_TRACEE_H

#include "base/bytes.h"

#include <sys/types.h>

/* Whether we may look at all; errno says why not. */
bool tracee_readable(pid_t thread);

/* The NUL-terminated text at an address of a thread. Returns 0 or the errno that a system call with
 * this argument deserves: EFAULT, ENAMETOOLONG if it does not fit, EACCES if we may not look. */
int tracee_text(pid_t thread, uint64_t address, char *ret_text, size_t size);

/* Exactly size bytes from there. Returns 0, EFAULT or EACCES. */
int tracee_bytes(pid_t thread, uint64_t address, void *ret_data, size_t size);

/* The path that a call with this folder descriptor (or AT_FDCWD) and path means, from the root of
 * the thread and with dots and slashes as they come; links are not followed, but for
 * /proc/self/{cwd,root,fd/N} at its beginning. False if it has none (a folder that is gone, an
 * empty path) or it does not fit. */
bool tracee_path(pid_t thread, int folder, const char *path, char *ret_path, size_t size);

/* The process (thread group) that a thread belongs to. False if it is gone. */
bool tracee_process(pid_t thread, pid_t *ret_process);

#endif
