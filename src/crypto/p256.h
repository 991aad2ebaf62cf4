/* Verification of ECDSA over P-256 with SHA-256, as DCAP uses it everywhere (FIPS 186-4, SEC 1).
 * Keys come from the bare point: OpenSSL's decoders cost more than two verifications and do not
 * scale over threads. */
#ifndef QUOTH_CRYPTO_P256_H
#define QUOTH_CRYPTO_P256_H

#include "base/bytes.h"
#include "crypto/digest.h"

#define P256_POINT_SIZE 65     /* 04, then X and Y of 32 bytes, big-endian */
#define P256_SIGNATURE_SIZE 64 /* r, then s, 32 bytes each, big-endian */

/* Immutable once made: any number of threads may verify with one key at the same time. */
struct p256_public;

/* point is exactly 65 bytes beginning with 04 (the compressed form and the one-byte point at
 * infinity are refused before OpenSSL sees them) and lies on the curve; the cofactor is 1, so it
 * needs no further check. QUOTH_KEY_MALFORMED otherwise. */
bool p256_public_from_point(struct bytes point, struct p256_public **ret_key,
                            struct quoth_error *err);

/* The same from X and Y without the leading 04, 64 bytes, as quotes hold them. */
bool p256_public_from_xy(struct bytes xy, struct p256_public **ret_key, struct quoth_error *err);

void p256_public_free(struct p256_public *key);
DEFINE_AUTO(p256_public, struct p256_public *, p256_public_free)

/* The 65 bytes the key was made from; they live as long as the key. */
struct bytes p256_public_point(const struct p256_public *key);

/* True only for a signature of 64 bytes, r and s in [1, n-1], by this key over this digest. High s
 * is accepted, as the standards do. Running out of memory reads as "not valid". */
bool p256_verify(const struct p256_public *key, const struct sha256 *digest, struct bytes raw);

#endif
