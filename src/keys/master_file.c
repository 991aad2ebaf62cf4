#include "keys/master_file.h"

#include "base/file.h"
#include "crypto/random.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

void master_file_clear(struct master_file *file)
{
    bytes_wipe(file, sizeof *file);
}

static bool unfit(struct quoth_error *err, const char *path, const char *why)
{
    return quoth_fail(err, QUOTH_MASTER_KEY, path, QUOTH_NO_OFFSET, "the master key %s", why);
}

static bool lies_in(const char *file, const char *folder)
{
    const size_t len = strlen(folder);
    return strncmp(file, folder, len) == 0 && (file[len] == '/' || strcmp(folder, "/") == 0);
}

/* Compared as the kernel sees them, with every link followed. */
static bool check_place(const char *path, const char *state_folder, struct quoth_error *err)
{
    AUTO(text) char *file = realpath(path, NULL);
    AUTO(text) char *folder = realpath(state_folder, NULL);
    if (!file || !folder)
        return unfit(err, path, "or the state folder cannot be found");
    return !lies_in(file, folder) || unfit(err, path, "lies in the state folder that it protects");
}

static bool write_key(int fd, const char *path, struct quoth_error *err)
{
    AUTO(master_file) struct master_file key = {0};
    if (!random_fill(key.bytes, sizeof key.bytes, err) ||
        !file_write_fd(fd, path, BYTES_OF(key.bytes), err))
        return false;
    return fsync(fd) == 0 || quoth_fail(err, QUOTH_IO, path, QUOTH_NO_OFFSET,
                                        "the master key cannot be synced: %s", strerror(errno));
}

bool master_file_create(const char *path, const char *state_folder, struct quoth_error *err)
{
    AUTO(fd) int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0)
        return quoth_fail(err, QUOTH_IO, path, QUOTH_NO_OFFSET,
                          "the master key cannot be written: %s", strerror(errno));
    if (check_place(path, state_folder, err) && write_key(fd, path, err))
        return true;
    unlink(path);
    return false;
}

static bool check_rights(int fd, const char *path, struct quoth_error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return unfit(err, path, "is not a regular file");
    /* systemd's credentials: the group is root's, and its bit is the mask of an ACL for us */
    const bool credential = (st.st_mode & 07777) == 0440 && st.st_uid == 0 && st.st_gid == 0;
    if (st.st_mode & (S_IRWXG | S_IRWXO) && !credential)
        return unfit(err, path, "can be reached by group or others: chmod 600");
    if (st.st_uid != geteuid() && st.st_uid != 0)
        return unfit(err, path, "belongs to another user");
    return st.st_size == MASTER_FILE_SIZE || unfit(err, path, "does not have exactly 32 bytes");
}

bool master_file_read(const char *path, const char *state_folder, struct master_file *ret_file,
                      struct quoth_error *err)
{
    AUTO(buffer) struct buffer data = {0};
    AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return quoth_fail(err, QUOTH_MASTER_KEY, path, QUOTH_NO_OFFSET,
                          "the master key cannot be opened: %s", strerror(errno));
    if (!check_rights(fd, path, err) || !check_place(path, state_folder, err) ||
        !file_read_fd(fd, path, MASTER_FILE_SIZE, &data, err))
        return false;
    if (data.len != MASTER_FILE_SIZE)
        return unfit(err, path, "does not have exactly 32 bytes");
    bytes_copy(ret_file->bytes, buffer_bytes(&data));
    return true;
}
