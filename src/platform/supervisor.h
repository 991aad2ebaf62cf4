/* Runs a jailed program: lets it start once and nothing after it, answers its opens under
 * /dev/attestation, passes on signals, and waits for its end. Source: seccomp_unotify(2). */
#ifndef QUOTH_PLATFORM_SUPERVISOR_H
#define QUOTH_PLATFORM_SUPERVISOR_H

#include "platform/device.h"
#include "platform/enclave_config.h"
#include "platform/jail.h"

#include <stdio.h>

struct supervision {
    struct jail *jail;
    const struct device *device;
    const struct enclave_identity *identity;
    const struct enclave_config *config;
    FILE *log; /* why a program got EACCES; may be NULL */
};

/* Starts the program and stays until it has ended; ret_wait_status is as waitpid() gives it. False:
 * QUOTH_ENCLAVE_EXEC if it could not be started, QUOTH_UNAVAILABLE if it cannot be supervised. */
bool supervisor_run(const struct supervision *s, int *ret_wait_status, struct quoth_error *err);

#endif
