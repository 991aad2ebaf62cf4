/* What the readers of certificates and CRLs have in common: names, algorithm, signature, extensions
 * (RFC 5280). For those two alone. As with every reader, the first failure sticks in r->err. */
#ifndef QUOTH_CRYPTO_X509_PARTS_H
#define QUOTH_CRYPTO_X509_PARTS_H

#include "base/bytes.h"
#include "crypto/p256.h"

/* AlgorithmIdentifier: ecdsa-with-SHA256 without parameters (RFC 5758 3.2), else code. */
void x509_algorithm_read(struct reader *r, enum quoth_code code, const char *field);

/* A Name with its header: one attribute per RDN, UTF8String or PrintableString, at most one
 * commonName, whose characters go to ret_cn. */
struct bytes x509_name_read(struct reader *r, struct bytes *ret_cn, const char *field);

/* ECDSA-Sig-Value (RFC 3279 2.2.3) as r and s of 32 bytes each, big-endian. */
void x509_ecdsa_read(struct reader *r, uint8_t raw[P256_SIGNATURE_SIZE], const char *field);

/* A BIT STRING with ECDSA-Sig-Value inside. */
void x509_signature_read(struct reader *r, uint8_t raw[P256_SIGNATURE_SIZE], const char *field);

#define X509_EXTENSIONS_MAX 32

/* Walks the contents of a SEQUENCE OF Extension; refuses more than the limit and the same OID
 * twice. Zero it and set in. */
struct x509_extensions {
    struct reader in;
    struct bytes seen[X509_EXTENSIONS_MAX];
    unsigned count;
    /* the extension at hand */
    struct bytes oid; /* contents of the OBJECT IDENTIFIER */
    bool critical;
    struct reader value; /* the contents of the OCTET STRING */
};

/* False after the last one, or when err is set. */
bool x509_extensions_next(struct x509_extensions *e, enum quoth_code code);

/* The keyIdentifier of authorityKeyIdentifier, which holds nothing else. */
struct bytes x509_authority_key_id_read(struct reader *value);

#endif
