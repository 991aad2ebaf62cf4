/* The machine that the tests of `quoth enclave run` run on: found out here without the launcher, so
 * that a wall which the launcher fails to raise is noticed, and one that the machine does not give
 * is not asked for. And the same machine made to lack something, as old kernels and containers do.
 */
#ifndef QUOTH_TESTS_ENCLAVE_MACHINE_H
#define QUOTH_TESTS_ENCLAVE_MACHINE_H

#include "base/bytes.h"
#include "platform/jail.h"

#include <sys/types.h>

#define LACK_NAMESPACES 1u
#define LACK_LANDLOCK 2u
#define LACK_SECCOMP 4u

/* Becomes another user, unless 0, on a lesser machine: for a process about to execute. False if the
 * machine does not even allow that. */
bool machine_enter(unsigned lacking, uid_t user);

/* The walls (bits of platform/jail.h) that this machine gives to a user, 0 for ours. */
unsigned machine_walls(unsigned lacking, uid_t user);

/* Whether an enclave runs at all. If not, says that the tests of it are skipped. */
bool machine_runs_enclaves(unsigned lacking, uid_t user);

#endif
