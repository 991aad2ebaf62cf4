/* AES-256-GCM (NIST SP 800-38D). A sealed text is nonce (12), ciphertext, tag (16); the nonce is
 * random, so one key seals at most 2^32 texts. */
#ifndef QUOTH_CRYPTO_AEAD_H
#define QUOTH_CRYPTO_AEAD_H

#include "base/bytes.h"

#define AEAD_NONCE_SIZE 12
#define AEAD_TAG_SIZE 16
#define AEAD_OVERHEAD (AEAD_NONCE_SIZE + AEAD_TAG_SIZE)
#define AEAD_TEXT_MAX (64u << 20)

/* A secret: wiped by its clear. */
struct aead_key {
    uint8_t bytes[32];
};

void aead_key_clear(struct aead_key *key);
DEFINE_AUTO_VALUE(aead_key, struct aead_key, aead_key_clear)

/* Appends the sealed form of plain; aad is bound but not contained. */
bool aead_seal(const struct aead_key *key, struct bytes aad, struct bytes plain,
               struct buffer *ret_sealed, struct quoth_error *err);

/* Appends the plain text, or nothing: QUOTH_SEAL_BROKEN for another key, other aad, or a change. */
bool aead_open(const struct aead_key *key, struct bytes aad, struct bytes sealed,
               struct buffer *ret_plain, struct quoth_error *err);

#endif
