/* Signing keys: P-256 for ES256, RSA for RS256 (RFC 7518 3.3, 3.4), and RSA-3072 with exponent 3
 * for SIGSTRUCT. Keys are loaded and made off the serving path; only signing is fast. */
#ifndef QUOTH_CRYPTO_KEY_H
#define QUOTH_CRYPTO_KEY_H

#include "base/bytes.h"
#include "crypto/digest.h"
#include "crypto/public_key.h"

enum key_type {
    KEY_TYPE_P256,
    KEY_TYPE_RSA_2048,
    KEY_TYPE_RSA_3072,
    KEY_TYPE_RSA_4096,
    KEY_TYPE_RSA_3072_E3, /* SIGSTRUCT only: exponent 3, as the processor demands */
};

/* One thread at a time signs with a key, as it keeps its signing context; others get a
 * private_key_dup of their own. Its memory is wiped when it is freed. */
struct private_key;

bool private_key_generate(enum key_type type, struct private_key **ret_key,
                          struct quoth_error *err);

/* One unencrypted key: "PRIVATE KEY" (PKCS#8), "RSA PRIVATE KEY" (PKCS#1) or "EC PRIVATE KEY" (SEC
 * 1, with or without "EC PARAMETERS" before it), as `openssl genrsa` and `openssl ecparam` write
 * them. P-256; RSA of 2048 to 4096 bits with exponent from 65537, or 3072 bits with exponent 3. A
 * signature is made and checked, so halves that do not belong together are refused.
 * QUOTH_KEY_MALFORMED, QUOTH_KEY_UNSUPPORTED. */
bool private_key_from_pem(struct bytes pem, struct private_key **ret_key, struct quoth_error *err);

/* The same from PKCS#8 DER. */
bool private_key_from_der(struct bytes der, struct private_key **ret_key, struct quoth_error *err);

bool private_key_dup(const struct private_key *key, struct private_key **ret_key,
                     struct quoth_error *err);
void private_key_free(struct private_key *key);
DEFINE_AUTO(private_key, struct private_key *, private_key_free)

enum key_kind private_key_kind(const struct private_key *key);
unsigned private_key_bits(const struct private_key *key); /* 256, or of the modulus */

/* PKCS#8, unencrypted, appended to ret_out: the caller seals it or writes it with mode 0600. */
bool private_key_to_pem(const struct private_key *key, struct buffer *ret_out,
                        struct quoth_error *err);
bool private_key_to_der(const struct private_key *key, struct buffer *ret_out,
                        struct quoth_error *err);

/* The public half. Also for exponent 3, which public_key_from_* refuse. */
bool private_key_public(const struct private_key *key, struct public_key **ret_public,
                        struct quoth_error *err);

/* RSASSA-PKCS1-v1_5 with SHA-256 (big-endian, as long as the modulus) over the parts one after the
 * other, appended to ret_signature. QUOTH_INTERNAL if the key is not RSA. */
bool private_key_sign_rs256(struct private_key *key, const struct bytes *parts, size_t count,
                            struct buffer *ret_signature, struct quoth_error *err);

/* ECDSA over P-256 with SHA-256: r and s, 32 bytes each, big-endian. QUOTH_INTERNAL if the key is
 * not P-256. */
bool private_key_sign_es256(struct private_key *key, const struct bytes *parts, size_t count,
                            struct buffer *ret_signature, struct quoth_error *err);

/* The signature of the key's own kind over a digest, in the forms above. */
bool private_key_sign_digest(struct private_key *key, const struct sha256 *digest,
                             struct buffer *ret_signature, struct quoth_error *err);

#endif
