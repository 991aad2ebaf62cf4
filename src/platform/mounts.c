#include "platform/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"

static bool failed(const char *where, const char *what, struct quoth_error *err)
{
    return quoth_fail(err, QUOTH_IO, where, QUOTH_NO_OFFSET, "%s: %s", what, strerror(errno));
}

int mounts_memory(void)
{
    AUTO(fd) int context = (int)syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC);
    if (context < 0 ||
        syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, "mode", "0755", 0) != 0 ||
        syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) != 0)
        return -1;
    return (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC,
                        MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
}

int mounts_clone(int folder, const char *path)
{
    return (int)syscall(SYS_open_tree, folder, path,
                        OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
}

bool mounts_restrict(int tree, uint64_t attributes)
{
    struct mount_attr attr = {.attr_set = attributes};
    return syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof attr) ==
           0;
}

/* Paths start with '/'; *at* calls want them without. */
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
            return failed(path, "its folder cannot be made in the program's file system", err);
        *slash = '/';
    }
    return true;
}

bool mounts_file(int root, const char *path, mode_t mode, struct bytes content,
                 struct quoth_error *err)
{
    if (!folders_make(root, path, err))
        return false;
    AUTO(fd)
    int fd =
        openat(root, relative(path), O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0)
        return failed(path, "cannot be made in the program's file system", err);
    if (!file_write_fd(fd, path, content, err))
        return false;
    return fchmod(fd, mode) == 0 ||
           failed(path, "cannot be made in the program's file system", err);
}

bool mounts_attach(int tree, int root, const char *target, struct quoth_error *err)
{
    struct stat st;

    if (fstat(tree, &st) != 0)
        return failed(target, "cannot be examined", err);
    if (!S_ISDIR(st.st_mode)) {
        if (!mounts_file(root, target, 0600, (struct bytes){0}, err))
            return false;
    } else if (!folders_make(root, target, err) ||
               (mkdirat(root, relative(target), 0755) != 0 && errno != EEXIST)) {
        return failed(target, "cannot be made in the program's file system", err);
    }
    if (syscall(SYS_move_mount, tree, "", root, relative(target), MOVE_MOUNT_F_EMPTY_PATH) != 0)
        return failed(target, "cannot be mounted in the program's file system", err);
    return true;
}
