/* Keys for the holder of an RSA key: a fresh AES-256 key K under RSA-OAEP, then the key under K
 * (crypto/key_wrap.h). The three algorithms of Azure's key release differ in the hash of OAEP and
 * of its MGF1 (key-release.md 2.4). Source: PKCS #11 3.0, CKM_RSA_AES_KEY_WRAP; RFC 8017 7.1. */
#ifndef QUOTH_CRYPTO_RSA_WRAP_H
#define QUOTH_CRYPTO_RSA_WRAP_H

#include "crypto/key.h"

enum rsa_wrap {
    RSA_WRAP_SHA1,   /* CKM_RSA_AES_KEY_WRAP */
    RSA_WRAP_SHA256, /* RSA_AES_KEY_WRAP_256 */
    RSA_WRAP_SHA384, /* RSA_AES_KEY_WRAP_384 */
    RSA_WRAP_COUNT,
};

/* The name in requests and answers, static; and back: false if there is no such algorithm. */
const char *rsa_wrap_name(enum rsa_wrap algorithm);
bool rsa_wrap_find(struct bytes name, enum rsa_wrap *ret_algorithm);

/* Appends RSAES-OAEP(K), as long as the modulus, and AES-KWP(K, plain). Empty label.
 * QUOTH_KEY_UNSUPPORTED if recipient is not RSA; QUOTH_TOO_LARGE and QUOTH_MALFORMED as key_wrap.
 */
bool rsa_wrap(enum rsa_wrap algorithm, const struct public_key *recipient, struct bytes plain,
              struct buffer *ret_wrapped, struct quoth_error *err);

/* Appends what was wrapped, or nothing: QUOTH_KEY_WRAP_BROKEN in the same words whatever is wrong
 * with it, and after the same work: no oracle. K must have 32 bytes. */
bool rsa_unwrap(enum rsa_wrap algorithm, const struct private_key *recipient, struct bytes wrapped,
                struct buffer *ret_plain, struct quoth_error *err);

#endif
