#include "platform/tracee.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/file.h"

#define PAGE 4096u

/* Not through /proc/N/mem, which belongs to root as soon as a process has made itself undumpable,
 * as those do that hold keys: the kernel asks here whether we may trace it, and nothing else. */
static ssize_t memory_read(pid_t thread, uint64_t address, void *to, size_t size)
{
    const struct iovec ours = {.iov_base = to, .iov_len = size};
    const struct iovec theirs = {
        .iov_base = (void *)(uintptr_t)address, /* theirs: NOLINT(performance-no-int-to-ptr) */
        .iov_len = size,
    };
    return process_vm_readv(thread, &ours, 1, &theirs, 1, 0);
}

static int refusal(void)
{
    return errno == EPERM || errno == ESRCH ? EACCES : EFAULT;
}

bool tracee_readable(pid_t thread)
{
    uint8_t byte;
    return memory_read(thread, 0, &byte, sizeof byte) > 0 || errno == EFAULT; /* nothing is there */
}

int tracee_text(pid_t thread, uint64_t address, char *ret_text, size_t size)
{
    /* page by page: the text may end just before memory that is not there */
    for (size_t done = 0; done < size;) {
        const uint64_t at = address + done;
        size_t want = PAGE - (size_t)(at % PAGE);
        want = want < size - done ? want : size - done;
        const ssize_t got = memory_read(thread, at, ret_text + done, want);
        if (got <= 0)
            return refusal();
        if (memchr(ret_text + done, '\0', (size_t)got))
            return 0;
        done += (size_t)got;
    }
    return ENAMETOOLONG;
}

int tracee_bytes(pid_t thread, uint64_t address, void *ret_data, size_t size)
{
    const ssize_t got = memory_read(thread, address, ret_data, size);
    return got == (ssize_t)size ? 0 : got < 0 ? refusal() : EFAULT;
}

bool tracee_process(pid_t thread, pid_t *ret_process)
{
    AUTO(buffer) struct buffer status = {0};
    struct quoth_error err = {0};
    static const char name[] = "\nTgid:";
    char path[40];

    snprintf(path, sizeof path, "/proc/%d/status", (int)thread);
    if (!file_read(path, 1u << 16, &status, &err))
        return false;
    buffer_u8(&status, 0);
    if (status.failed)
        return false;
    const char *line = strstr((const char *)status.data, name);
    const long id = line ? strtol(line + sizeof name - 1, NULL, 10) : 0;
    if (id <= 0)
        return false;
    *ret_process = (pid_t)id;
    return true;
}

/* Where a link of /proc leads. The kernel marks the name of a folder that was removed, a name that
 * another may bear in earnest. */
static bool link_read(const char *link, char *ret_path, size_t size)
{
    static const char removed[] = " (deleted)";
    const size_t mark = sizeof removed - 1;
    struct stat st;

    const ssize_t len = readlink(link, ret_path, size - 1);
    if (len <= 0 || ret_path[0] != '/' || (size_t)len == size - 1)
        return false;
    ret_path[len] = '\0';
    const bool marked = (size_t)len > mark && strcmp(ret_path + len - mark, removed) == 0;
    return !marked || (stat(link, &st) == 0 && st.st_nlink > 0);
}

/* By way of a copy of the descriptor: the folder fd of an undumpable process, too, is root's. */
static bool descriptor_read(pid_t thread, long number, char *ret_path, size_t size)
{
    char link[40];
    pid_t process;

    if (!tracee_process(thread, &process))
        return false;
    AUTO(fd) int pidfd = (int)syscall(SYS_pidfd_open, process, 0);
    AUTO(fd) int copy = pidfd < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, pidfd, number, 0);
    if (copy < 0)
        return false;
    snprintf(link, sizeof link, "/proc/self/fd/%d", copy);
    return link_read(link, ret_path, size);
}

static bool place_read(pid_t thread, struct bytes name, char *ret_path, size_t size)
{
    char link[40];

    if (name.data[0] == 'f') /* fd/N */
        return descriptor_read(thread, strtol((const char *)name.data + 3, NULL, 10), ret_path,
                               size);
    snprintf(link, sizeof link, "/proc/%d/%.*s", (int)thread, (int)name.len,
             (const char *)name.data);
    return link_read(link, ret_path, size);
}

/* "cwd", "root" or "fd/N", if path begins with /proc/self/ and one of these. */
static bool proc_link(const char *path, struct bytes *ret_name, const char **ret_rest)
{
    static const char *const selves[] = {"/proc/self/", "/proc/thread-self/"};
    for (size_t i = 0; i < COUNT(selves); i++) {
        const size_t len = strlen(selves[i]);
        if (strncmp(path, selves[i], len) != 0)
            continue;
        const char *name = path + len;
        const size_t folder = strncmp(name, "fd/", 3) == 0 ? 3 : 0;
        const size_t end = folder + strcspn(name + folder, "/");
        const struct bytes view = {(const uint8_t *)name, end};
        *ret_name = view;
        *ret_rest = name + end;
        return (folder > 0 && end > folder && end < 13 &&
                strspn(name + folder, "0123456789") == end - folder) ||
               bytes_equal(view, BYTES_LITERAL("cwd")) || bytes_equal(view, BYTES_LITERAL("root"));
    }
    return false;
}

bool tracee_path(pid_t thread, int folder, const char *path, char *ret_path, size_t size)
{
    struct bytes name = BYTES_LITERAL("cwd");
    const char *rest = path;
    char number[16], base[4096];

    if (path[0] == '\0')
        return false;
    if (path[0] != '/') {
        if (folder != AT_FDCWD) {
            snprintf(number, sizeof number, "fd/%d", folder);
            name = bytes_of_text(number);
        }
    } else if (!proc_link(path, &name, &rest)) {
        return (size_t)snprintf(ret_path, size, "%s", path) < size;
    }
    return place_read(thread, name, base, sizeof base) &&
           (size_t)snprintf(ret_path, size, "%s/%s", base, rest) < size;
}
