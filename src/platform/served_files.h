/* What the configuration puts into an enclave's file system, where the machine gives it none of its
 * own: measured files and read-only folders of the host, opened by the supervisor on behalf of the
 * program. Only open() finds them; stat() and the like do not. */
#ifndef QUOTH_PLATFORM_SERVED_FILES_H
#define QUOTH_PLATFORM_SERVED_FILES_H

#include "platform/enclave_config.h"

#define SERVED_NOTHING (-1)

/* False with QUOTH_SANDBOX_MISSING if config needs more than can be served: a memfs, or a folder of
 * the host that is to be written and lies elsewhere there. (One at its own place on the host is
 * left to Landlock.) */
bool served_suffices(const struct enclave_config *config, struct quoth_error *err);

/* Opens a normal path with the flags of open(2). Returns 0 and a descriptor, the errno that the
 * program gets, or SERVED_NOTHING if config says nothing about the path. Links inside a folder of
 * the host lead nowhere outside it; only regular files and folders are opened. */
int served_open(const struct enclave_config *config, const char *path, int flags, int *ret_fd);

#endif
