#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

void fd_close(int fd)
{
    if (fd >= 0)
        close(fd);
}

static bool failed(const char *path, const char *what, struct quoth_error *err)
{
    return quoth_fail(err, QUOTH_IO, path, QUOTH_NO_OFFSET, "%s: %s", what, strerror(errno));
}

bool file_read_fd(int fd, const char *name, size_t limit, struct buffer *ret_data,
                  struct quoth_error *err)
{
    AUTO(buffer) struct buffer data = {0};
    for (;;) {
        const size_t before = data.len;
        uint8_t *room = buffer_extend(&data, 4096);
        if (!room)
            return buffer_ok(&data, err);
        const ssize_t got = read(fd, room, 4096);
        data.len = before + (got > 0 ? (size_t)got : 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return failed(name, "cannot be read", err);
        if (got == 0)
            break;
        if (data.len > limit)
            return quoth_fail(err, QUOTH_TOO_LARGE, name, limit, "has more than %zu bytes", limit);
    }
    *ret_data = take_value(data);
    return true;
}

bool file_read(const char *path, size_t limit, struct buffer *ret_data, struct quoth_error *err)
{
    if (strcmp(path, "-") == 0)
        return file_read_fd(STDIN_FILENO, "standard input", limit, ret_data, err);
    AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return failed(path, "cannot be opened", err);
    return file_read_fd(fd, path, limit, ret_data, err);
}

bool file_write_fd(int fd, const char *name, struct bytes data, struct quoth_error *err)
{
    for (size_t done = 0; done < data.len;) {
        const ssize_t put = write(fd, data.data + done, data.len - done);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return failed(name, "cannot be written", err);
        done += (size_t)put;
    }
    return true;
}

bool file_sync_folder(const char *path, struct quoth_error *err)
{
    AUTO(text) char *copy = strdup(path);
    if (!copy)
        return quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
    AUTO(fd) int folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0 || fsync(folder) != 0)
        return failed(path, "its folder cannot be synced", err);
    return true;
}

bool file_write(const char *path, struct bytes data, mode_t mode, struct quoth_error *err)
{
    AUTO(buffer) struct buffer name = {0};
    buffer_printf(&name, "%s.XXXXXX", path);
    AUTO(text) char *beside = buffer_take_text(&name, err);
    if (!beside)
        return false;
    AUTO(fd) int fd = mkostemp(beside, O_CLOEXEC);
    if (fd < 0)
        return failed(path, "cannot be created", err);
    if (!file_write_fd(fd, path, data, err) || fchmod(fd, mode) != 0 || fsync(fd) != 0 ||
        rename(beside, path) != 0) {
        failed(path, "cannot be written", err);
        unlink(beside);
        return false;
    }
    return file_sync_folder(path, err);
}

bool file_move(const char *from, const char *to, struct quoth_error *err)
{
    if (rename(from, to) != 0)
        return failed(to, "cannot be put in place", err);
    return file_sync_folder(to, err);
}

bool file_make_folders(const char *path, struct quoth_error *err)
{
    AUTO(text) char *copy = strdup(path);
    if (!copy)
        return quoth_fail(err, QUOTH_MEMORY, path, QUOTH_NO_OFFSET, "out of memory");
    for (size_t i = 1, len = strlen(path); i <= len; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        copy[i] = '\0';
        const bool made = mkdir(copy, 0700) == 0;
        if (!made && errno != EEXIST)
            return quoth_fail(err, QUOTH_IO, copy, QUOTH_NO_OFFSET, "cannot be made: %s",
                              strerror(errno));
        if (made && !file_sync_folder(copy, err))
            return false;
        copy[i] = path[i];
    }
    return true;
}

bool file_exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
}

char *path_join(const char *folder, const char *name, struct quoth_error *err)
{
    AUTO(buffer) struct buffer path = {0};
    buffer_printf(&path, "%s/%s", folder, name);
    return buffer_take_text(&path, err);
}
