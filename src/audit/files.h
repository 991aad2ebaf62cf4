/* The files of one stream on disk: finding where the chain stands, and growing them. */
#ifndef QUOTH_AUDIT_FILES_H
#define QUOTH_AUDIT_FILES_H

#include "audit/chain.h"

/* Feeds a whole file to a walk. QUOTH_IO, or what the walk says with the path before it. */
bool audit_file_walk(int fd, const char *path, struct chain_walk *w, struct quoth_error *err);

/* The renamed file of this stream with the highest number, malloc'd; *ret_path is NULL if there is
 * none. */
bool audit_file_newest(const char *path, char **ret_path, struct quoth_error *err);

/* Opens the file for reading and appending, or makes it with mode 0600, and keeps other processes
 * away as long as it is open. QUOTH_STATE_IN_USE. */
bool audit_file_open(const char *path, int *ret_fd, struct quoth_error *err);

/* Appends what stands from size to the end of the file to FILE.torn, and cuts it off. *ret_torn is
 * how much it was. */
bool audit_file_cut(int fd, const char *path, uint64_t size, uint64_t *ret_torn,
                    struct quoth_error *err);

/* Renames FILE to FILE.NNNNNNNNNNNNNNN. */
bool audit_file_retire(const char *path, uint64_t last, struct quoth_error *err);

/* Whether path still names fd, and it has size bytes. */
bool audit_file_is_ours(int fd, const char *path, uint64_t size);

#endif
