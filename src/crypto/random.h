/* Randomness straight from the kernel: nothing to seed, nothing to inherit over a fork. */
#ifndef QUOTH_CRYPTO_RANDOM_H
#define QUOTH_CRYPTO_RANDOM_H

#include "base/bytes.h"

/* Fills to with len bytes. False with QUOTH_UNAVAILABLE (and to wiped) if the kernel gives none. */
bool random_fill(void *to, size_t len, struct quoth_error *err);

#endif
