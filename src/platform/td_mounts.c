#include "platform/td_mounts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "platform/jail_walls.h"
#include "platform/mounts.h"
#include "platform/tsm_files.h"

DEFINE_AUTO(folder, DIR *, (void)closedir)

static bool failed(const char *where, const char *what, struct quoth_error *err)
{
    return quoth_fail(err, QUOTH_SANDBOX_MISSING, where, QUOTH_NO_OFFSET, "%s: %s", what,
                      strerror(errno));
}

static bool namespaces_enter(struct quoth_error *err)
{
    const uid_t user = geteuid();
    const gid_t group = getegid();

    if (unshare(CLONE_NEWNS) != 0) {
        if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
            return failed("namespaces",
                          "neither a mount namespace nor a user namespace is to be had", err);
        if (!walls_map_user(user, group, err))
            return false;
    }
    /* what the host mounts later is seen inside, and nothing of ours outside */
    return syscall(SYS_mount, NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) == 0 ||
           failed("namespaces", "the mounts cannot be kept apart from the host's", err);
}

static bool cover(int tree, const char *path, struct quoth_error *err)
{
    return syscall(SYS_move_mount, tree, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH) == 0 ||
           failed(path, "cannot be mounted over", err);
}

static bool hide(const char *folder, struct quoth_error *err)
{
    AUTO(fd) int empty = mounts_memory();
    if (empty < 0 || !mounts_restrict(empty, MOUNT_ATTR_RDONLY))
        return failed(folder, "a memory file system cannot be made", err);
    return cover(empty, folder, err);
}

/* Makes the same entry in the memory file system to: a link, or what is mounted or lies here. */
static bool entry_keep(int from, int to, const char *name, struct quoth_error *err)
{
    char target[PATH_MAX], path[NAME_MAX + 2];
    const ssize_t len = readlinkat(from, name, target, sizeof target - 1);

    if (len >= 0) {
        target[len] = '\0';
        return symlinkat(target, to, name) == 0 || failed(name, "cannot be kept", err);
    }
    AUTO(fd) int tree = mounts_clone(from, name);
    if (tree < 0)
        return failed(name, "cannot be kept", err);
    snprintf(path, sizeof path, "/%s", name);
    return mounts_attach(tree, to, path, err);
}

static bool entries_keep(int from, int to, struct quoth_error *err)
{
    AUTO(folder) DIR *folder = fdopendir(from);
    const struct dirent *entry;

    if (!folder)
        return failed(TSM_CONFIGFS, "the folder above it cannot be read", err);
    while ((entry = readdir(folder)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            !entry_keep(dirfd(folder), to, entry->d_name, err))
            return false;
    return true;
}

/* No kernel lets a folder be made in /sys. So a memory file system takes the place of the nearest
 * folder above, and everything in that is mounted again. */
static bool mount_point_make(struct quoth_error *err)
{
    const char *above = file_exists("/sys/kernel") ? "/sys/kernel" : "/sys";
    AUTO(fd) int old = open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC), new = -1;

    if (old < 0)
        return failed(above, "cannot be opened", err);
    new = mounts_memory();
    if (new < 0)
        return failed(above, "a memory file system cannot be made", err);
    if (!cover(new, above, err) || !entries_keep(fd_take(&old), new, err))
        return false;
    if (strcmp(above, "/sys") == 0 && mkdirat(new, "kernel", 0755) != 0)
        return failed(TSM_CONFIGFS, "cannot be made", err);
    return mkdirat(new, &TSM_CONFIGFS[strlen(above) + 1], 0755) == 0 ||
           failed(TSM_CONFIGFS, "cannot be made", err);
}

/* Mounted twice: as it can be written, below, where only ret_report leads; and read-only. */
static bool configfs_mount(int *ret_report, struct quoth_error *err)
{
    if (!file_exists(TSM_CONFIGFS) && !mount_point_make(err))
        return false;
    AUTO(fd) int tree = mounts_memory(), report = -1, seen = -1;
    if (tree < 0 || mkdirat(tree, "tsm", 0755) != 0 || mkdirat(tree, "tsm/report", 0755) != 0 ||
        (report = openat(tree, "tsm/report", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
        return failed(TSM_CONFIGFS, "a memory file system cannot be made", err);
    if (!cover(tree, TSM_CONFIGFS, err))
        return false;
    seen = mounts_clone(AT_FDCWD, TSM_CONFIGFS);
    if (seen < 0 || !mounts_restrict(seen, MOUNT_ATTR_RDONLY))
        return failed(TSM_CONFIGFS, "cannot be mounted read-only", err);
    if (!cover(seen, TSM_CONFIGFS, err))
        return false;
    *ret_report = fd_take(&report);
    return true;
}

/* The working directory may have been covered: it is entered again, by its name. */
static bool working_directory_renew(const char *path, struct quoth_error *err)
{
    return chdir(path) == 0 || failed(path, "the working directory is not seen inside", err);
}

bool td_mounts_enter(const char *hidden, int *ret_report, struct quoth_error *err)
{
    char cwd[PATH_MAX];
    const mode_t mask = umask(022);
    AUTO(fd) int report = -1;

    if (!getcwd(cwd, sizeof cwd))
        return failed("working directory", "has no name", err);
    const bool ok = namespaces_enter(err) && hide(hidden, err) && configfs_mount(&report, err) &&
                    working_directory_renew(cwd, err);
    umask(mask);
    if (ok)
        *ret_report = fd_take(&report);
    return ok;
}
