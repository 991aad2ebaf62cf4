/* The walls that a process raises around itself, for jail.c alone. */
#ifndef QUOTH_PLATFORM_JAIL_WALLS_H
#define QUOTH_PLATFORM_JAIL_WALLS_H

#include "platform/enclave_config.h"

#include <sys/types.h>

/* In a new user namespace: makes this user and group, which are those outside, and no other exist.
 */
bool walls_map_user(uid_t user, gid_t group, struct quoth_error *err);

/* Leaves the ipc and uts namespaces, where allowed, and sets the bits of what was left. */
void walls_unshare(unsigned *walls);

/* Landlock, if there is any: behind a mount namespace (JAIL_MOUNT in walls) all of the enclave's
 * own root, otherwise what config mounts, at its place on the host. Sets its bit. */
bool walls_landlock(const struct enclave_config *config, unsigned *walls, struct quoth_error *err);

/* Gives up every capability for good, also those that a root user would get back by executing. */
void walls_drop_capabilities(void);

#endif
