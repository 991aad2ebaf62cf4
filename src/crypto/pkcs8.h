/* The numbers of a private key that somebody handed over, of the kinds that vaults keep: RSA of any
 * size, EC on P-256, P-384, P-521 and secp256k1. Wider than crypto/key.h, as nothing is signed with
 * these keys here. */
#ifndef QUOTH_CRYPTO_PKCS8_H
#define QUOTH_CRYPTO_PKCS8_H

#include "base/bytes.h"

#define PKCS8_MAX (32u << 10)

struct pkcs8_public {  /* owned: pkcs8_public_clear */
    const char *curve; /* "P-256", "P-384", "P-521" or "P-256K" (as JWKs of vaults name it), static;
                             NULL for RSA */
    struct buffer a, b; /* n and e without leading zeros; or x and y, as wide as the curve */
};

void pkcs8_public_clear(struct pkcs8_public *p);
DEFINE_AUTO_VALUE(pkcs8_public, struct pkcs8_public, pkcs8_public_clear)

/* One PrivateKeyInfo (RFC 5208), nothing after it, whose two halves belong together.
 * QUOTH_KEY_MALFORMED, QUOTH_KEY_UNSUPPORTED, QUOTH_TOO_LARGE. */
bool pkcs8_public_read(struct bytes der, struct pkcs8_public *ret_public, struct quoth_error *err);

struct pkcs8_private { /* owned: pkcs8_private_clear, which wipes */
    struct pkcs8_public public;
    struct buffer d;                /* as wide as the curve; without leading zeros for RSA */
    struct buffer p, q, dp, dq, qi; /* of RSA (RFC 7518 6.3.2), without leading zeros */
};

void pkcs8_private_clear(struct pkcs8_private *p);
DEFINE_AUTO_VALUE(pkcs8_private, struct pkcs8_private, pkcs8_private_clear)

/* The same, private half included. */
bool pkcs8_private_read(struct bytes der, struct pkcs8_private *ret_private,
                        struct quoth_error *err);

#endif
