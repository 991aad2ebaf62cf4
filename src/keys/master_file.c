#include "keys/master_file.h"

#include "crypto/random.h"
#include "keys/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

void master_file_clear(struct master_file *file)
{
    bytes_wipe(file, sizeof *file);
}

static struct secret_file at(const char *path, const char *state_folder)
{
    return (struct secret_file){"the master key", QUOTH_MASTER_KEY, path, state_folder};
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
    const struct secret_file file = at(path, state_folder);
    AUTO(fd) int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0)
        return quoth_fail(err, QUOTH_IO, path, QUOTH_NO_OFFSET,
                          "the master key cannot be written: %s", strerror(errno));
    if (secret_file_check_place(&file, err) && write_key(fd, path, err) &&
        file_sync_folder(path, err))
        return true;
    unlink(path);
    return false;
}

bool master_file_read(const char *path, const char *state_folder, struct master_file *ret_file,
                      struct quoth_error *err)
{
    const struct secret_file file = at(path, state_folder);
    AUTO(buffer) struct buffer data = {0};
    if (!secret_file_read(&file, MASTER_FILE_SIZE, MASTER_FILE_SIZE, &data, err))
        return false;
    bytes_copy(ret_file->bytes, buffer_bytes(&data));
    return true;
}
