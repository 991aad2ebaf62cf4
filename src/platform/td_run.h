/* From a program and its arguments to the end of the trust domain that they run in. */
#ifndef QUOTH_PLATFORM_TD_RUN_H
#define QUOTH_PLATFORM_TD_RUN_H

#include "platform/td.h"

#include <stdio.h>

struct td_run {
    struct td_plan plan;
    const char *platform; /* folder, or NULL for the usual one (platform_folder) */
    FILE *log;            /* start line, and why a program got EIO */
};

/* Runs the program with this process's environment, working directory and descriptors, as it is
 * when the domain ends with it: what it leaves behind is killed. ret_wait_status is as waitpid()
 * gives it. False: what td_measure, platform_open and td_mounts_enter say, QUOTH_SANDBOX_MISSING,
 * or QUOTH_ENCLAVE_EXEC if the kernel did not start it. */
bool td_run(const struct td_run *run, int *ret_wait_status, struct quoth_error *err);

#endif
