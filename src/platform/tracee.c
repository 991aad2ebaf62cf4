#include "platform/tracee.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"

#define PAGE 4096u

static int memory_open(pid_t thread)
{
    char path[40];
    snprintf(path, sizeof path, "/proc/%d/mem", (int)thread);
    return open(path, O_RDONLY | O_CLOEXEC);
}

bool tracee_readable(pid_t thread)
{
    AUTO(fd) int memory = memory_open(thread);
    return memory >= 0;
}

int tracee_text(pid_t thread, uint64_t address, char *ret_text, size_t size)
{
    AUTO(fd) int memory = memory_open(thread);
    if (memory < 0)
        return EACCES;
    /* page by page: the text may end just before memory that is not there */
    for (size_t done = 0; done < size;) {
        const uint64_t at = address + done;
        size_t want = PAGE - (size_t)(at % PAGE);
        want = want < size - done ? want : size - done;
        const ssize_t got = pread(memory, ret_text + done, want, (off_t)at);
        if (got <= 0)
            return EFAULT;
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
