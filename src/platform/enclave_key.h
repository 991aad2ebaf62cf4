/* The key of an enclave's author: RSA-3072 with exponent 3, as PEM. */
#ifndef QUOTH_PLATFORM_ENCLAVE_KEY_H
#define QUOTH_PLATFORM_ENCLAVE_KEY_H

#include "crypto/key.h"

#define ENCLAVE_KEY_PEM_MAX 16384u

/* Reads the key at path. If there is none, makes one, writes it there (mode 0600) and its public
 * half as public.pem in the same folder, and sets *ret_made. */
bool enclave_key_open(const char *path, struct private_key **ret_key, bool *ret_made,
                      struct quoth_error *err);

#endif
