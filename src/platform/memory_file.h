/* Files that lie in memory alone (memfd_create(2)), to be handed to another process. */
#ifndef QUOTH_PLATFORM_MEMORY_FILE_H
#define QUOTH_PLATFORM_MEMORY_FILE_H

#include "base/bytes.h"

/* A file that holds content for good: sealed against writing, growing and shrinking, and open for
 * reading only. False: QUOTH_UNAVAILABLE with errno left as the kernel set it. */
bool memory_file_of(struct bytes content, int *ret_fd, struct quoth_error *err);

/* The same for a program that is to be executed from it. */
bool memory_file_executable(struct bytes content, int *ret_fd, struct quoth_error *err);

/* An empty file that can be written. */
bool memory_file_empty(int *ret_fd, struct quoth_error *err);

/* Another description of the same file, with its own offset and its own access mode (O_RDONLY,
 * O_WRONLY, O_RDWR). Needs /proc. */
bool memory_file_reopen(int fd, int access, int *ret_fd, struct quoth_error *err);

#endif
