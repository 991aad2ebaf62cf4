/* The file system of an enclave: an empty memory file system with the mounts and files of its
 * measured configuration, the random and null devices, and the names of /dev/attestation (so that
 * stat() and access() find them; opening them is the supervisor's affair). No /proc, no /sys, and
 * nothing of the host that is not listed. All of it is nosuid and noexec. */
#ifndef QUOTH_PLATFORM_ROOTFS_H
#define QUOTH_PLATFORM_ROOTFS_H

#include "base/bytes.h"
#include "platform/enclave_config.h"

/* Devices of the host that an enclave sees; ends with NULL. */
extern const char *const rootfs_devices[];

/* Enters a new mount namespace and prepares an empty root, without going there. *ret_root is -1,
 * and nothing has changed that matters, where the kernel does not allow it. */
void rootfs_prepare(int *ret_root);

/* Fills the root and makes it the root of the calling process; the host's is gone after that.
 * Relative sources start at the working directory. False: QUOTH_IO with the mount that failed. */
bool rootfs_enter(int root, const struct enclave_config *config, struct quoth_error *err);

#endif
