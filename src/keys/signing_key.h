/* The key that signs tokens: RSA-2048 for RS256, with the self-signed certificate that goes into
 * the key set, as Azure Attestation has it (maa.md 3). */
#ifndef QUOTH_KEYS_SIGNING_KEY_H
#define QUOTH_KEYS_SIGNING_KEY_H

#include "keys/keep.h"

#define KEY_FOR_TOKENS "token"

/* Makes a key of version 1. Subject and issuer of its certificate are CN=issuer, its serial is 1
 * (maa.md 3.2). Takes a while: RSA. */
bool signing_key_make(const char *issuer, int64_t now, struct kept_key *ret_key,
                      struct quoth_error *err);

/* kid: base 64, padded, of SHA-256 over the PEM text of the public key and a NUL (maa.md 3.1). */
bool signing_key_id(const struct private_key *key, char ret_id[64], struct quoth_error *err);

#endif
