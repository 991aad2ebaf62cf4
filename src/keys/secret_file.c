#include "keys/secret_file.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static bool unfit(const struct secret_file *f, struct quoth_error *err, const char *why)
{
    return quoth_fail(err, f->code, f->path, QUOTH_NO_OFFSET, "%s %s", f->what, why);
}

static bool lies_in(const char *file, const char *folder)
{
    const size_t len = strlen(folder);
    return strncmp(file, folder, len) == 0 && (file[len] == '/' || strcmp(folder, "/") == 0);
}

/* Compared as the kernel sees them, with every link followed. */
bool secret_file_check_place(const struct secret_file *f, struct quoth_error *err)
{
    AUTO(text) char *file = realpath(f->path, NULL);
    AUTO(text) char *folder = realpath(f->state_folder, NULL);
    if (!file || !folder)
        return unfit(f, err, "or the state folder cannot be found");
    return !lies_in(file, folder) || unfit(f, err, "lies in the state folder that it protects");
}

static bool check_rights(const struct secret_file *f, int fd, struct quoth_error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return unfit(f, err, "is not a regular file");
    /* systemd's credentials: the group is root's, and its bit is the mask of an ACL for us */
    const bool credential = (st.st_mode & 07777) == 0440 && st.st_uid == 0 && st.st_gid == 0;
    if (st.st_mode & (S_IRWXG | S_IRWXO) && !credential)
        return unfit(f, err, "can be reached by group or others: chmod 600");
    return st.st_uid == geteuid() || st.st_uid == 0 || unfit(f, err, "belongs to another user");
}

static bool check_size(const struct secret_file *f, size_t len, size_t min, size_t max,
                       struct quoth_error *err)
{
    if (len >= min && len <= max)
        return true;
    if (min == max)
        return quoth_fail(err, f->code, f->path, QUOTH_NO_OFFSET,
                          "%s does not have exactly %zu bytes", f->what, min);
    return quoth_fail(err, f->code, f->path, QUOTH_NO_OFFSET, "%s does not have %zu to %zu bytes",
                      f->what, min, max);
}

bool secret_file_read(const struct secret_file *f, size_t min, size_t max,
                      struct buffer *ret_content, struct quoth_error *err)
{
    AUTO(buffer) struct buffer content = {0};
    struct quoth_error reading = {0};
    AUTO(fd) int fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return quoth_fail(err, f->code, f->path, QUOTH_NO_OFFSET, "%s cannot be opened: %s",
                          f->what, strerror(errno));
    if (!check_rights(f, fd, err) || !secret_file_check_place(f, err))
        return false;
    if (!file_read_fd(fd, f->path, max, &content, &reading) && reading.code != QUOTH_TOO_LARGE)
        return quoth_fail(err, f->code, f->path, QUOTH_NO_OFFSET, "%s cannot be read", f->what);
    if (!check_size(f, reading.code == QUOTH_OK ? content.len : max + 1, min, max, err))
        return false;
    *ret_content = take_value(content);
    return true;
}
