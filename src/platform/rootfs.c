#include "platform/rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "platform/attestation_files.h"
#include "platform/mounts.h"

/* From <sys/mount.h>, which does not go together with <linux/mount.h> in Debian 12. */
#define MNT_DETACH 2

const char *const rootfs_devices[] = {"/dev/null",   "/dev/zero",    "/dev/full",
                                      "/dev/random", "/dev/urandom", NULL};

static bool failed(const char *where, const char *what, struct quoth_error *err)
{
    return quoth_fail(err, QUOTH_IO, where, QUOTH_NO_OFFSET, "%s: %s", what, strerror(errno));
}

void rootfs_prepare(int *ret_root)
{
    *ret_root = -1;
    if (unshare(CLONE_NEWNS) != 0 ||
        syscall(SYS_mount, NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        return;
    AUTO(fd) int root = mounts_memory();
    /* over the old root, where lookups do not see it until pivot_root exchanges the two */
    if (root < 0 || syscall(SYS_move_mount, root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) != 0)
        return;
    *ret_root = fd_take(&root);
}

static bool bind(int root, const char *source, const char *target, uint64_t attributes,
                 struct quoth_error *err)
{
    AUTO(fd) int tree = mounts_clone(AT_FDCWD, source);
    if (tree < 0)
        return failed(source, "cannot be opened on the host", err);
    if (!mounts_restrict(tree, attributes))
        return failed(source, "cannot be restricted", err);
    return mounts_attach(tree, root, target, err);
}

static bool mount_make(int root, const struct enclave_mount *m, struct quoth_error *err)
{
    const uint64_t attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
                                (m->read_only ? MOUNT_ATTR_RDONLY : 0);
    if (m->source)
        return bind(root, m->source, m->target, attributes, err);
    if (strcmp(m->target, "/") == 0)
        return true; /* it is one already */
    AUTO(fd) int tree = mounts_memory();
    if (tree < 0)
        return failed(m->target, "a memory file system cannot be made", err);
    return mounts_attach(tree, root, m->target, err);
}

static bool devices_make(int root, struct quoth_error *err)
{
    for (size_t i = 0; rootfs_devices[i]; i++)
        if (file_exists(rootfs_devices[i]) && /* a container need not have all of them */
            !bind(root, rootfs_devices[i], rootfs_devices[i], MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC,
                  err))
            return false;
    return true;
}

static bool attestation_names_make(int root, struct quoth_error *err)
{
    for (size_t i = 0; i < ATTESTATION_FILE_COUNT; i++)
        if (!mounts_file(root, attestation_files[i].path,
                         attestation_files[i].writable ? 0666 : 0444, (struct bytes){0}, err))
            return false;
    return true;
}

static bool fill(int root, const struct enclave_config *config, struct quoth_error *err)
{
    for (size_t i = 0; i < config->mount_count; i++)
        if (!mount_make(root, &config->mounts[i], err))
            return false;
    for (size_t i = 0; i < config->file_count; i++)
        if (!mounts_file(root, config->files[i].target, 0444,
                         buffer_bytes(&config->files[i].content), err))
            return false;
    return devices_make(root, err) && attestation_names_make(root, err) &&
           ((mkdirat(root, "tmp", 0777) == 0 || errno == EEXIST) || failed("/tmp", "mkdir", err));
}

bool rootfs_enter(int root, const struct enclave_config *config, struct quoth_error *err)
{
    if (!fill(root, config, err))
        return false;
    /* pivot_root(".", ".") puts the old root on top of the new one, from where it is taken away */
    if (fchdir(root) != 0 || syscall(SYS_pivot_root, ".", ".") != 0 ||
        syscall(SYS_umount2, ".", MNT_DETACH) != 0 || chdir("/") != 0)
        return failed("root", "the enclave's file system cannot become the root", err);
    return true;
}
