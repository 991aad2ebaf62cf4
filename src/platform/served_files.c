#include "platform/served_files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "platform/memory_file.h"

static bool at_its_place(const struct enclave_mount *m)
{
    return m->source && strcmp(m->source, m->target) == 0;
}

bool served_suffices(const struct enclave_config *config, struct quoth_error *err)
{
    for (size_t i = 0; i < config->mount_count; i++) {
        const struct enclave_mount *m = &config->mounts[i];
        const bool root = strcmp(m->target, "/") == 0; /* a memfs: there is nothing in it */
        if (!root && !at_its_place(m) && !(m->source && m->read_only))
            return quoth_fail(
                err, QUOTH_SANDBOX_MISSING, "mounts", QUOTH_NO_OFFSET,
                "the mount at %s needs a mount namespace, which this machine does not "
                "give",
                m->target);
    }
    return true;
}

/* What of path lies below target: "" for target itself, NULL if it lies elsewhere. */
static const char *below(const char *path, const char *target)
{
    const size_t len = strlen(target);
    if (strncmp(path, target, len) != 0 || (path[len] != '\0' && path[len] != '/'))
        return NULL;
    return path[len] ? path + len + 1 : path + len;
}

static int content_open(const struct enclave_file *file, int *ret_fd)
{
    struct quoth_error err = {0};
    return memory_file_of(buffer_bytes(&file->content), ret_fd, &err) ? 0 : errno;
}

/* Never waits: not for the other end of a pipe, not for a device. */
static int source_open(const struct enclave_mount *m, const char *rest, int flags, int *ret_fd)
{
    const struct open_how how = {
        .flags = (unsigned)(flags & (O_DIRECTORY | O_NOFOLLOW)) | O_RDONLY | O_NONBLOCK |
                 O_CLOEXEC | O_NOCTTY,
        .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
    };
    struct stat st;

    AUTO(fd) int folder = open(m->source, rest[0] ? O_PATH | O_CLOEXEC : (int)how.flags);
    if (folder < 0)
        return errno;
    AUTO(fd)
    int fd = rest[0] ? (int)syscall(SYS_openat2, folder, rest, &how, sizeof how)
                     : fcntl(folder, F_DUPFD_CLOEXEC, 0);
    if (fd < 0 || fstat(fd, &st) != 0)
        return errno;
    if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
        return EACCES;
    if (fcntl(fd, F_SETFL, 0) != 0) /* takes O_NONBLOCK back */
        return errno;
    *ret_fd = fd_take(&fd);
    return 0;
}

int served_open(const struct enclave_config *config, const char *path, int flags, int *ret_fd)
{
    const bool reads = (flags & O_ACCMODE) == O_RDONLY && !(flags & (O_PATH | O_TRUNC));

    for (size_t i = 0; i < config->file_count; i++)
        if (strcmp(config->files[i].target, path) == 0)
            return reads ? content_open(&config->files[i], ret_fd) : EACCES;
    for (size_t i = 0; i < config->mount_count; i++) {
        const struct enclave_mount *m = &config->mounts[i];
        const char *rest = m->source && !at_its_place(m) ? below(path, m->target) : NULL;
        if (rest)
            return reads ? source_open(m, rest, flags, ret_fd) : EROFS;
    }
    return SERVED_NOTHING;
}
