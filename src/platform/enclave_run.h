/* From a signed program on disk to the end of its run. */
#ifndef QUOTH_PLATFORM_ENCLAVE_RUN_H
#define QUOTH_PLATFORM_ENCLAVE_RUN_H

#include "base/bytes.h"

#include <stdio.h>

struct enclave_run {
    const char *exe;
    const char *const *args; /* after the program's name; NULL-terminated */
    const char *platform;    /* folder, or NULL for the usual one (platform_folder) */
    bool require_sandbox;    /* every wall, or no start */
    FILE *log;               /* start lines, and why the program got EACCES */
};

/* What the host can change reaches the program in these ways only: args, what the configuration
 * lists as fromHost or hostfs, descriptors 0, 1 and 2, and the network. ret_wait_status is as
 * waitpid() gives it. False: what enclave_load, jail_open, platform_open and supervisor_run say. */
bool enclave_run(const struct enclave_run *run, int *ret_wait_status, struct quoth_error *err);

#endif
