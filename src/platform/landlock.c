#include "platform/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"

/* What later kernels added to <linux/landlock.h> of Linux 6.1. */
#define ACCESS_FS_TRUNCATE (1ULL << 14)  /* version 3 */
#define ACCESS_FS_IOCTL_DEV (1ULL << 15) /* version 5 */
#define SCOPE_ABSTRACT_UNIX_SOCKET (1ULL << 0)
#define SCOPE_SIGNAL (1ULL << 1) /* version 6 */

struct ruleset_attr { /* struct landlock_ruleset_attr of version 6 */
    uint64_t handled_access_fs, handled_access_net, scoped;
};

#define ACCESS_FILE_READ LANDLOCK_ACCESS_FS_READ_FILE
#define ACCESS_FILE_WRITE (LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_FS_TRUNCATE | ACCESS_FS_IOCTL_DEV)
#define ACCESS_FOLDER_WRITE                                                                        \
    (LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |                              \
     LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |    \
     LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK | \
     LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER)

int landlock_version(void)
{
    const long version =
        syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version < 0 ? 0 : (int)version;
}

/* Every right that this version knows. */
static uint64_t rights(int version)
{
    uint64_t all = LANDLOCK_ACCESS_FS_EXECUTE | ACCESS_FILE_READ | LANDLOCK_ACCESS_FS_READ_DIR |
                   ACCESS_FILE_WRITE | ACCESS_FOLDER_WRITE;
    if (version < 2)
        all &= ~(uint64_t)LANDLOCK_ACCESS_FS_REFER;
    if (version < 3)
        all &= ~ACCESS_FS_TRUNCATE;
    if (version < 5)
        all &= ~ACCESS_FS_IOCTL_DEV;
    return all;
}

static bool failed(const char *where, struct quoth_error *err)
{
    return quoth_fail(err, QUOTH_SANDBOX_MISSING, "landlock", QUOTH_NO_OFFSET, "%s: %s", where,
                      strerror(errno));
}

static bool path_add(int ruleset, const struct landlock_path *p, uint64_t handled,
                     struct quoth_error *err)
{
    AUTO(fd) int fd = open(p->path, O_PATH | O_CLOEXEC);
    struct stat st;

    if (fd < 0 && errno == ENOENT)
        return true;
    if (fd < 0 || fstat(fd, &st) != 0)
        return failed(p->path, err);
    uint64_t allowed = ACCESS_FILE_READ | (p->write ? ACCESS_FILE_WRITE : 0);
    if (S_ISDIR(st.st_mode))
        allowed |= LANDLOCK_ACCESS_FS_READ_DIR | (p->write ? ACCESS_FOLDER_WRITE : 0);
    const struct landlock_path_beneath_attr rule = {
        .allowed_access = allowed & handled,
        .parent_fd = fd,
    };
    return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0 ||
           failed(p->path, err);
}

bool landlock_restrict(const struct landlock_path *paths, size_t count, struct quoth_error *err)
{
    const int version = landlock_version();
    const struct ruleset_attr attr = {
        .handled_access_fs = rights(version),
        .scoped = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL,
    };
    /* older kernels know a shorter struct */
    const size_t size = version < 6 ? sizeof attr.handled_access_fs : sizeof attr;

    AUTO(fd) int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
    if (ruleset < 0)
        return failed("create_ruleset", err);
    for (size_t i = 0; i < count; i++)
        if (!path_add(ruleset, &paths[i], attr.handled_access_fs, err))
            return false;
    return syscall(SYS_landlock_restrict_self, ruleset, 0) == 0 || failed("restrict_self", err);
}
