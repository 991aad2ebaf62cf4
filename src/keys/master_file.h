/* A master key in a file: 32 random bytes that nobody but the service can read and that do not lie
 * beside what they protect (THREATS 34). It wraps the key of the keyring (keys/device.h). */
#ifndef QUOTH_KEYS_MASTER_FILE_H
#define QUOTH_KEYS_MASTER_FILE_H

#include "base/file.h"

#define MASTER_FILE_SIZE 32

struct master_file { /* a secret: wiped by its clear */
    uint8_t bytes[MASTER_FILE_SIZE];
};

void master_file_clear(struct master_file *file);
DEFINE_AUTO_VALUE(master_file, struct master_file, master_file_clear)

/* Writes a new key to a file of mode 0600; folders above it are not made. QUOTH_IO, also if there is
 * a file already; QUOTH_MASTER_KEY if it would lie in state_folder (which exists). */
bool master_file_create(const char *path, const char *state_folder, struct quoth_error *err);

/* QUOTH_MASTER_KEY unless path is a regular file of exactly 32 bytes, of this user or of root,
 * without rights for group and others (but 0440 of root and root's group, as systemd's credentials
 * have it), and outside state_folder (which exists), whatever links lead there. */
bool master_file_read(const char *path, const char *state_folder, struct master_file *ret_file,
                      struct quoth_error *err);

#endif
