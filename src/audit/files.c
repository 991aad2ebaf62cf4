#include "audit/files.h"

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK (256u << 10)
#define NUMBER_DIGITS 15
#define TORN_MAX (64u << 20)

static bool failed(const char *path, const char *what, struct quoth_error *err)
{
    return quoth_fail(err, QUOTH_IO, path, QUOTH_NO_OFFSET, "%s: %s", what, strerror(errno));
}

bool audit_file_walk(int fd, const char *path, struct chain_walk *w, struct quoth_error *err)
{
    AUTO(buffer) struct buffer block = {0};
    uint8_t *room = buffer_extend(&block, BLOCK);
    if (!room)
        return buffer_ok(&block, err);
    for (;;) {
        const ssize_t got = read(fd, room, BLOCK);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return failed(path, "cannot be read", err);
        if (got == 0)
            return true;
        if (!chain_walk_feed(w, bytes_slice(buffer_bytes(&block), 0, (size_t)got), err))
            return quoth_within(err, path);
    }
}

/* The number at the end of a renamed file's name; 0 if it is none of this stream. */
static uint64_t number_of(const char *name, const char *base)
{
    const size_t len = strlen(base);
    if (strncmp(name, base, len) != 0 || name[len] != '.')
        return 0;
    const char *digits = &name[len + 1];
    return strlen(digits) == NUMBER_DIGITS && strspn(digits, "0123456789") == NUMBER_DIGITS
               ? strtoull(digits, NULL, 10)
               : 0;
}

static char *renamed(const char *path, uint64_t number, struct quoth_error *err)
{
    AUTO(buffer) struct buffer name = {0};
    buffer_printf(&name, "%s.%0*" PRIu64, path, NUMBER_DIGITS, number);
    return buffer_take_text(&name, err);
}

bool audit_file_newest(const char *path, char **ret_path, struct quoth_error *err)
{
    AUTO(text) char *for_folder = strdup(path);
    AUTO(text) char *for_base = strdup(path);
    if (!for_folder || !for_base)
        return quoth_fail(err, QUOTH_MEMORY, path, QUOTH_NO_OFFSET, "out of memory");
    DIR *folder = opendir(dirname(for_folder));
    if (!folder)
        return failed(path, "its folder cannot be read", err);
    const char *base = basename(for_base);
    uint64_t newest = 0;
    for (const struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        const uint64_t number = number_of(entry->d_name, base);
        newest = number > newest ? number : newest;
    }
    closedir(folder);
    *ret_path = newest > 0 ? renamed(path, newest, err) : NULL;
    return newest == 0 || *ret_path;
}

bool audit_file_open(const char *path, int *ret_fd, struct quoth_error *err)
{
    struct stat st;
    AUTO(fd)
    int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (fd < 0 || fstat(fd, &st) != 0)
        return failed(path, "cannot be opened", err);
    if (!S_ISREG(st.st_mode))
        return quoth_fail(err, QUOTH_IO, path, QUOTH_NO_OFFSET, "is no regular file");
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        return quoth_fail(err, QUOTH_STATE_IN_USE, path, QUOTH_NO_OFFSET,
                          "another process writes this trail");
    *ret_fd = fd_take(&fd);
    return true;
}

/* Beside the trail, after what earlier crashes have left. */
static bool keep_torn(const char *path, struct bytes torn, struct quoth_error *err)
{
    AUTO(buffer) struct buffer name = {0};
    buffer_printf(&name, "%s.torn", path);
    AUTO(text) char *beside = buffer_take_text(&name, err);
    if (!beside)
        return false;
    AUTO(fd) int fd = open(beside, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return failed(beside, "cannot be opened", err);
    if (!file_write_fd(fd, beside, torn, err) ||
        !file_write_fd(fd, beside, BYTES_LITERAL("\n"), err))
        return false;
    return fsync(fd) == 0 || failed(beside, "cannot be synced", err);
}

bool audit_file_cut(int fd, const char *path, uint64_t size, uint64_t *ret_torn,
                    struct quoth_error *err)
{
    AUTO(buffer) struct buffer torn = {0};
    if (lseek(fd, (off_t)size, SEEK_SET) < 0)
        return failed(path, "cannot be read", err);
    if (!file_read_fd(fd, path, TORN_MAX, &torn, err))
        return false;
    if (torn.len > 0 && (!keep_torn(path, buffer_bytes(&torn), err) ||
                         (ftruncate(fd, (off_t)size) != 0 && failed(path, "cannot be cut", err))))
        return false;
    *ret_torn = torn.len;
    return true;
}

bool audit_file_retire(const char *path, uint64_t last, struct quoth_error *err)
{
    AUTO(text) char *name = renamed(path, last, err);
    return name && file_move(path, name, err);
}

bool audit_file_is_ours(int fd, const char *path, uint64_t size)
{
    struct stat opened, named;
    return fstat(fd, &opened) == 0 && stat(path, &named) == 0 && opened.st_ino == named.st_ino &&
           opened.st_dev == named.st_dev && (uint64_t)opened.st_size == size;
}
