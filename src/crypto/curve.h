/* The curves that vaults have keys on (key-release.md 1.3). For this room alone. */
#ifndef QUOTH_CRYPTO_CURVE_H
#define QUOTH_CRYPTO_CURVE_H

#include "base/bytes.h"

struct curve {
    const char *name;    /* in JWKs of vaults; RFC 8812 calls P-256K secp256k1 */
    const char *openssl; /* its group name */
    const char *oid;     /* SEC 2 */
    unsigned bits;
    size_t width; /* bytes of a coordinate and of a scalar */
};

/* NULL if it is none of them. */
const struct curve *curve_by_name(struct bytes name);
const struct curve *curve_by_group(const char *openssl);
const struct curve *curve_by_oid(struct bytes oid); /* contents of the OBJECT IDENTIFIER */

#endif
