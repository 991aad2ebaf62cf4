/* A file that holds a secret: nobody but the service can read it, and it does not lie beside what it
 * protects (THREATS 34). */
#ifndef QUOTH_KEYS_SECRET_FILE_H
#define QUOTH_KEYS_SECRET_FILE_H

#include "base/bytes.h"

struct secret_file {
    const char *what; /* "the master key", for messages */
    enum quoth_code code;
    const char *path, *state_folder; /* the folder exists */
};

/* Fails with f->code unless path is a regular file of this user or of root, without rights for group
 * and others (but 0440 of root and root's group, as systemd's credentials have it), and outside
 * state_folder, whatever links lead there; and has min to max bytes. ret_content is empty before. */
bool secret_file_read(const struct secret_file *f, size_t min, size_t max,
                      struct buffer *ret_content, struct quoth_error *err);

/* Whether the path, which exists, leads out of the folder. */
bool secret_file_check_place(const struct secret_file *f, struct quoth_error *err);

#endif
