#include "platform/memory_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"

#ifndef MFD_EXEC /* Linux 6.3: asks for an executable memfd whatever vm.memfd_noexec says */
#define MFD_EXEC 0x0010U
#endif

static bool failed(const char *what, struct quoth_error *err)
{
    const int reason = errno;
    quoth_fail(err, QUOTH_UNAVAILABLE, "memory file", QUOTH_NO_OFFSET, "%s: %s", what,
               strerror(reason));
    errno = reason;
    return false;
}

static bool fill(int fd, struct bytes content, int *ret_fd, struct quoth_error *err)
{
    if (!file_write_fd(fd, "memory file", content, err))
        return false;
    if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0)
        return failed("cannot be sealed", err);
    return memory_file_reopen(fd, O_RDONLY, ret_fd, err);
}

bool memory_file_of(struct bytes content, int *ret_fd, struct quoth_error *err)
{
    AUTO(fd) int fd = memfd_create("attestation", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    return fd < 0 ? failed("cannot be made", err) : fill(fd, content, ret_fd, err);
}

bool memory_file_executable(struct bytes content, int *ret_fd, struct quoth_error *err)
{
    const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    AUTO(fd) int fd = memfd_create("enclave", flags | MFD_EXEC);
    if (fd < 0 && errno == EINVAL) /* before Linux 6.3 all of them are */
        fd = memfd_create("enclave", flags);
    if (fd < 0)
        return failed(errno == EACCES ? "cannot be made executable (sysctl vm.memfd_noexec)"
                                      : "cannot be made",
                      err);
    return fill(fd, content, ret_fd, err);
}

bool memory_file_empty(int *ret_fd, struct quoth_error *err)
{
    const int fd = memfd_create("attestation", MFD_CLOEXEC);
    if (fd < 0)
        return failed("cannot be made", err);
    *ret_fd = fd;
    return true;
}

bool memory_file_reopen(int fd, int access, int *ret_fd, struct quoth_error *err)
{
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    const int again = open(path, access | O_CLOEXEC);
    if (again < 0)
        return failed("cannot be opened again by its name in /proc", err);
    *ret_fd = again;
    return true;
}
