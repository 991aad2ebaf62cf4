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

/* From <sys/mount.h>, which does not go together with <linux/mount.h> in Debian 12. */
#define MNT_DETACH 2

const char *const rootfs_devices[] = {"/dev/null",   "/dev/zero",    "/dev/full",
                                      "/dev/random", "/dev/urandom", NULL};

static bool failed(const char *where, const char *what, struct quoth_error *err)
{
    return quoth_fail(err, QUOTH_IO, where, QUOTH_NO_OFFSET, "%s: %s", what, strerror(errno));
}

/* A memory file system that is mounted nowhere yet; -1 if there is none to be had. */
static int memfs_open(void)
{
    AUTO(fd) int context = (int)syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC);
    if (context < 0 ||
        syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, "mode", "0755", 0) != 0 ||
        syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) != 0)
        return -1;
    return (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC,
                        MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
}

void rootfs_prepare(int *ret_root)
{
    *ret_root = -1;
    if (unshare(CLONE_NEWNS) != 0 ||
        syscall(SYS_mount, NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        return;
    AUTO(fd) int root = memfs_open();
    /* over the old root, where lookups do not see it until pivot_root exchanges the two */
    if (root < 0 || syscall(SYS_move_mount, root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) != 0)
        return;
    *ret_root = fd_take(&root);
}

/* Paths of the enclave start with '/'; *at* calls want them without. */
static const char *relative(const char *path)
{
    return path[1] == '\0' ? "." : path + 1;
}

/* Makes the folders above path in root. */
static bool folders_make(int root, const char *path, struct quoth_error *err)
{
    AUTO(text) char *copy = strdup(relative(path));
    if (!copy)
        return quoth_fail(err, QUOTH_MEMORY, path, QUOTH_NO_OFFSET, "out of memory");
    for (char *slash = strchr(copy, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdirat(root, copy, 0755) != 0 && errno != EEXIST)
            return failed(path, "its folder cannot be made in the enclave", err);
        *slash = '/';
    }
    return true;
}

static bool file_make(int root, const char *path, mode_t mode, struct bytes content,
                      struct quoth_error *err)
{
    if (!folders_make(root, path, err))
        return false;
    AUTO(fd)
    int fd =
        openat(root, relative(path), O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0)
        return failed(path, "cannot be made in the enclave", err);
    if (!file_write_fd(fd, path, content, err))
        return false;
    return fchmod(fd, mode) == 0 || failed(path, "cannot be made in the enclave", err);
}

/* Puts a detached mount where target is, making the mount point. */
static bool attach(int tree, int root, const char *target, struct quoth_error *err)
{
    struct stat st;

    if (fstat(tree, &st) != 0)
        return failed(target, "cannot be examined", err);
    if (!S_ISDIR(st.st_mode)) {
        if (!file_make(root, target, 0600, (struct bytes){0}, err))
            return false;
    } else if (!folders_make(root, target, err) ||
               (mkdirat(root, relative(target), 0755) != 0 && errno != EEXIST)) {
        return failed(target, "cannot be made in the enclave", err);
    }
    if (syscall(SYS_move_mount, tree, "", root, relative(target), MOVE_MOUNT_F_EMPTY_PATH) != 0)
        return failed(target, "cannot be mounted in the enclave", err);
    return true;
}

static bool bind(int root, const char *source, const char *target, uint64_t attributes,
                 struct quoth_error *err)
{
    struct mount_attr attr = {.attr_set = attributes};
    AUTO(fd)
    int tree = (int)syscall(SYS_open_tree, AT_FDCWD, source,
                            OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
    if (tree < 0)
        return failed(source, "cannot be opened on the host", err);
    if (syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof attr) != 0)
        return failed(source, "cannot be restricted", err);
    return attach(tree, root, target, err);
}

static bool mount_make(int root, const struct enclave_mount *m, struct quoth_error *err)
{
    const uint64_t attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
                                (m->read_only ? MOUNT_ATTR_RDONLY : 0);
    if (m->source)
        return bind(root, m->source, m->target, attributes, err);
    if (strcmp(m->target, "/") == 0)
        return true; /* it is one already */
    AUTO(fd) int tree = memfs_open();
    if (tree < 0)
        return failed(m->target, "a memory file system cannot be made", err);
    return attach(tree, root, m->target, err);
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
        if (!file_make(root, attestation_files[i].path, attestation_files[i].writable ? 0666 : 0444,
                       (struct bytes){0}, err))
            return false;
    return true;
}

static bool fill(int root, const struct enclave_config *config, struct quoth_error *err)
{
    for (size_t i = 0; i < config->mount_count; i++)
        if (!mount_make(root, &config->mounts[i], err))
            return false;
    for (size_t i = 0; i < config->file_count; i++)
        if (!file_make(root, config->files[i].target, 0444, buffer_bytes(&config->files[i].content),
                       err))
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
