/* Public keys of tokens, tenants and operators: RSA of 2048 to 4096 bits with an odd modulus and an
 * odd exponent from 65537 below 2^64, or P-256. Everything else is refused where the key comes in.
 */
#ifndef QUOTH_CRYPTO_PUBLIC_KEY_H
#define QUOTH_CRYPTO_PUBLIC_KEY_H

#include "base/bytes.h"
#include "crypto/p256.h"

enum key_kind { KEY_KIND_P256, KEY_KIND_RSA };

#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 4096

/* Immutable once made: any number of threads may verify with one key at the same time. */
struct public_key;

/* One SubjectPublicKeyInfo, nothing after it. QUOTH_KEY_MALFORMED, QUOTH_KEY_UNSUPPORTED. */
bool public_key_from_spki(struct bytes der, struct public_key **ret_key, struct quoth_error *err);

/* One block "PUBLIC KEY" (SPKI) or "RSA PUBLIC KEY" (PKCS#1). */
bool public_key_from_pem(struct bytes pem, struct public_key **ret_key, struct quoth_error *err);

/* From the members of a JWK: big-endian, leading zeros allowed for RSA; x and y of 32 bytes each.
 */
bool public_key_from_rsa(struct bytes n, struct bytes e, struct public_key **ret_key,
                         struct quoth_error *err);
bool public_key_from_p256(struct bytes x, struct bytes y, struct public_key **ret_key,
                          struct quoth_error *err);

void public_key_free(struct public_key *key);
DEFINE_AUTO(public_key, struct public_key *, public_key_free)

enum key_kind public_key_kind(const struct public_key *key);
unsigned public_key_bits(const struct public_key *key);
bool public_key_equal(const struct public_key *a, const struct public_key *b);

/* SubjectPublicKeyInfo as DER, and as PEM text (64 columns, LF, also after the last line),
 * appended. */
bool public_key_to_spki(const struct public_key *key, struct buffer *ret_der,
                        struct quoth_error *err);
bool public_key_to_pem(const struct public_key *key, struct buffer *ret_pem,
                       struct quoth_error *err);

/* Modulus and exponent, big-endian without leading zeros, appended. QUOTH_INTERNAL if not RSA. */
bool public_key_to_rsa(const struct public_key *key, struct buffer *ret_n, struct buffer *ret_e,
                       struct quoth_error *err);

/* 04 X Y. QUOTH_INTERNAL if not P-256. */
bool public_key_to_point(const struct public_key *key, uint8_t ret_point[P256_POINT_SIZE],
                         struct quoth_error *err);

/* True only for a signature of this algorithm by this key over the parts one after the other. The
 * algorithm is the caller's choice and must be the key's: an RSA key never verifies ES256, nor the
 * other way round. RS256 signatures are exactly as long as the modulus, ES256 ones are r and s. */
bool public_key_verify_rs256(const struct public_key *key, const struct bytes *parts, size_t count,
                             struct bytes signature);
bool public_key_verify_es256(const struct public_key *key, const struct bytes *parts, size_t count,
                             struct bytes signature);

/* The modulus of a SIGSTRUCT key, 3072 bits and exponent 3 and nothing else, from "PUBLIC KEY" or
 * "RSA PUBLIC KEY", as SIGSTRUCT holds it: little-endian. Such a key cannot become a public_key. */
#define SIGSTRUCT_KEY_SIZE 384
bool sigstruct_modulus_from_pem(struct bytes pem, uint8_t ret_modulus[SIGSTRUCT_KEY_SIZE],
                                struct quoth_error *err);

#endif
