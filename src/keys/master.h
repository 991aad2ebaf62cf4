/* The master key: 32 random bytes in a file that nobody but the service can read and that does not
 * lie beside what it protects. Every use has a key of its own, derived from it (THREATS 34). */
#ifndef QUOTH_KEYS_MASTER_H
#define QUOTH_KEYS_MASTER_H

#include "base/bytes.h"

#define MASTER_KEY_SIZE 32

struct master_key { /* a secret: wiped by its clear */
    uint8_t bytes[MASTER_KEY_SIZE];
};

void master_key_clear(struct master_key *key);
DEFINE_AUTO_VALUE(master_key, struct master_key, master_key_clear)

/* Writes a new key to a file of mode 0600. QUOTH_IO, also if there is a file already;
 * QUOTH_MASTER_KEY if it would lie in state_folder (which exists). */
bool master_key_create(const char *path, const char *state_folder, struct quoth_error *err);

/* QUOTH_MASTER_KEY unless path is a regular file of exactly 32 bytes, of this user or of root,
 * without rights for group and others (but 0440 of root and root's group, as systemd's credentials
 * have it), and outside state_folder (which exists), whatever links lead there. */
bool master_key_read(const char *path, const char *state_folder, struct master_key *ret_key,
                     struct quoth_error *err);

#endif
