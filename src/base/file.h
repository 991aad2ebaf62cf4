/* Whole files, bounded on the way in, all-or-nothing on the way out. */
#ifndef QUOTH_BASE_FILE_H
#define QUOTH_BASE_FILE_H

#include "base/bytes.h"

#include <sys/types.h>

void fd_close(int fd); /* ignores negative numbers */
DEFINE_AUTO(fd, int, fd_close)

/* What take() is to pointers. */
static inline int fd_take(int *fd)
{
    const int taken = *fd;
    *fd = -1;
    return taken;
}

/* Reads a whole file; path "-" is standard input. QUOTH_IO if it cannot be read, QUOTH_TOO_LARGE
 * beyond limit bytes. ret_data must be an empty buffer. */
bool file_read(const char *path, size_t limit, struct buffer *ret_data, struct quoth_error *err);
bool file_read_fd(int fd, const char *name, size_t limit, struct buffer *ret_data,
                  struct quoth_error *err);

/* Writes data beside path and renames it there, both synced: after a crash the file is the old one
 * or the new one, never half. */
bool file_write(const char *path, struct bytes data, mode_t mode, struct quoth_error *err);
bool file_write_fd(int fd, const char *name, struct bytes data, struct quoth_error *err);

/* Renames a file within its file system, in place of what to names, and syncs the folder of to. */
bool file_move(const char *from, const char *to, struct quoth_error *err);

/* Makes it last that a file was made, renamed or removed in the folder where path lies. */
bool file_sync_folder(const char *path, struct quoth_error *err);

bool file_exists(const char *path);

/* Makes a folder and those above it, for this user alone, and makes it last. One that is there stays
 * as it is. */
bool file_make_folders(const char *path, struct quoth_error *err);

/* "folder/name", to be freed; NULL with QUOTH_MEMORY. */
char *path_join(const char *folder, const char *name, struct quoth_error *err);

#endif
