/* HMAC-SHA-256 (RFC 2104) and HKDF with it (RFC 5869). */
#ifndef QUOTH_CRYPTO_KDF_H
#define QUOTH_CRYPTO_KDF_H

#include "base/bytes.h"
#include "crypto/digest.h"

/* Compare MACs with bytes_equal_secret. */
bool hmac_sha256(struct bytes key, struct bytes data, struct sha256 *ret_mac,
                 struct quoth_error *err);

#define HKDF_SHA256_MAX 8160 /* bytes one call can give: 255 blocks of 32 */

/* Extract and expand. ret_out holds len bytes, 1 to HKDF_SHA256_MAX: QUOTH_INTERNAL otherwise. */
bool hkdf_sha256(struct bytes salt, struct bytes ikm, struct bytes info, uint8_t *ret_out,
                 size_t len, struct quoth_error *err);

#endif
