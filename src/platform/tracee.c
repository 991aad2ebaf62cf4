#include "platform/tracee.h"

#include <errno.h>
#include <stdio.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/file.h"

#define PAGE 4096u

int tracee_text(pid_t thread, uint64_t address, char *ret_text, size_t size)
{
    /* page by page: the text may end just before memory that is not there */
    for (size_t done = 0; done < size;) {
        const uint64_t at = address + done;
        size_t want = PAGE - (size_t)(at % PAGE);
        want = want < size - done ? want : size - done;
        const struct iovec here = {ret_text + done, want};
        /* NOLINTNEXTLINE(performance-no-int-to-ptr): an address of another process */
        const struct iovec there = {(void *)(uintptr_t)at, want};
        const ssize_t got = process_vm_readv(thread, &here, 1, &there, 1, 0);
        if (got <= 0)
            return errno == EPERM || errno == ESRCH ? EACCES : EFAULT;
        if (memchr(ret_text + done, '\0', (size_t)got))
            return 0;
        done += (size_t)got;
    }
    return ENAMETOOLONG;
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
