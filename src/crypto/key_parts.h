/* Between the two halves of a key; for this room alone. */
#ifndef QUOTH_CRYPTO_KEY_PARTS_H
#define QUOTH_CRYPTO_KEY_PARTS_H

#include "crypto/public_key.h"

/* As public_key_from_spki, and also RSA-3072 with exponent 3: the public half of a SIGSTRUCT key.
 */
bool public_key_from_own_spki(struct bytes der, struct public_key **ret_key,
                              struct quoth_error *err);

#endif
