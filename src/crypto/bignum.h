/* The arithmetic of SIGSTRUCT: RSA-3072 with exponent 3 and the quotients Q1 and Q2 that spare the
 * processor its divisions. All numbers are 384 bytes, little-endian, as SIGSTRUCT holds them,
 * unless said otherwise; all of them are public. Source: Intel SDM volume 3D, "EINIT". */
#ifndef QUOTH_CRYPTO_BIGNUM_H
#define QUOTH_CRYPTO_BIGNUM_H

#include "base/bytes.h"
#include "crypto/digest.h"

#define SIGSTRUCT_NUMBER_SIZE 384

/* Q1 = floor(S^2 / M), Q2 = floor(S * (S^2 mod M) / M). The modulus has 3072 bits and is odd, and
 * the signature is less than it: QUOTH_MALFORMED otherwise. */
bool sigstruct_q1_q2(struct bytes signature, struct bytes modulus,
                     uint8_t ret_q1[SIGSTRUCT_NUMBER_SIZE], uint8_t ret_q2[SIGSTRUCT_NUMBER_SIZE],
                     struct quoth_error *err);

/* Whether signature^3 mod modulus is the RSASSA-PKCS1-v1_5 encoding of digest (RFC 8017 9.2), byte
 * for byte: padding, DigestInfo with NULL parameters, digest. */
bool sigstruct_signature_valid(struct bytes signature, struct bytes modulus,
                               const struct sha256 *digest);

#endif
