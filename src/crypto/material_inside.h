/* A vault's key from inside: for src/crypto/material*.c alone. */
#ifndef QUOTH_CRYPTO_MATERIAL_INSIDE_H
#define QUOTH_CRYPTO_MATERIAL_INSIDE_H

#include "crypto/curve.h"
#include "crypto/material.h"
#include "crypto/public_key.h"

#include <openssl/evp.h>

/* A material is its stored form, views into it, and what OpenSSL makes of them. */
struct material {
    enum material_type type;
    unsigned bits;
    const struct curve *curve; /* EC */
    struct buffer stored;
    struct material_parts parts;
    EVP_PKEY *pkey; /* NULL for oct */
};

static inline size_t material_modulus_size(const struct material *m) /* RSA */
{
    return (m->bits + 7) / 8;
}

enum material_method {
    METHOD_PKCS1,    /* RSASSA-PKCS1-v1_5, RFC 8017 8.2 */
    METHOD_PSS,      /* RSASSA-PSS, 8.1; salt as long as the hash, MGF1 with it (RFC 7518 3.5) */
    METHOD_ECDSA,    /* FIPS 186-4 6; RFC 7518 3.4, RFC 8812 3.2 */
    METHOD_HMAC,     /* RFC 2104 */
    METHOD_OAEP,     /* RSAES-OAEP, RFC 8017 7.1; MGF1 with the same hash, empty label */
    METHOD_RSA1_5,   /* RSAES-PKCS1-v1_5, 7.2 */
    METHOD_GCM,      /* NIST SP 800-38D; iv of 12 bytes, tag of 16 */
    METHOD_CBC,      /* NIST SP 800-38A 6.2 */
    METHOD_CBC_PAD,  /* and the padding of PKCS #7 (RFC 5652 6.3) */
    METHOD_WRAP,     /* RFC 3394 */
    METHOD_WRAP_PAD, /* RFC 5649 */
};

struct material_algorithm { /* a row of the one table */
    const char *name;
    enum material_type type;
    unsigned uses; /* bits: 1 << use */
    enum material_method method;
    const char *curve; /* NULL: any */
    unsigned bits;     /* of an oct key; 0: any */
    const char *hash;  /* OpenSSL's name; NULL: none */
    size_t digest;     /* bytes of what is signed; 0: any number */
};

/* Where a number begins: without its leading zeros, and its length in bits. */
struct bytes number_strip(struct bytes number);
unsigned number_bits(struct bytes number);

/* RSA of a size and exponent that vaults have, no number longer than the modulus; an oct key of such
 * a size; such a curve. */
bool material_check_rsa(const struct material_parts *parts, struct quoth_error *err);
bool material_check_oct(size_t bits, struct quoth_error *err);
bool material_check_curve(struct bytes name, const struct curve **ret_curve,
                          struct quoth_error *err);

/* PKCS #8 (RFC 5208) with RSAPrivateKey (RFC 8017 A.1.2) or ECPrivateKey (RFC 5915), as OpenSSL
 * writes it: no attributes, the public point inside. Written from parts that have all their members;
 * appends. Read gives views. QUOTH_KEY_MALFORMED, QUOTH_KEY_UNSUPPORTED. */
bool material_stored_write(const struct material_parts *parts, struct buffer *ret_stored,
                           struct quoth_error *err);
bool material_stored_read(enum material_type type, struct bytes stored,
                          struct material_parts *ret_parts, struct quoth_error *err);

/* The key as OpenSSL has it, of parts that have all their members. */
bool material_pkey(const struct material_parts *parts, const struct curve *curve,
                   EVP_PKEY **ret_pkey, struct quoth_error *err);

/* p, q, dp, dq and qi of an RSA key that came with n, e and d alone. hold keeps them: a secret. */
bool material_complete(struct material_parts *parts, struct buffer *hold, struct quoth_error *err);

/* The two ways of RSA to encrypt, and those of AES. Appends. */
bool material_rsa_encrypt(struct material *m, const struct material_algorithm *a,
                          struct bytes plain, struct buffer *ret_value, struct quoth_error *err);
bool material_rsa_decrypt(struct material *m, const struct material_algorithm *a,
                          struct bytes sealed, struct buffer *ret_plain, struct quoth_error *err);
bool material_aes_encrypt(struct material *m, const struct material_algorithm *a,
                          const struct material_text *plain, struct buffer *ret_value,
                          struct buffer *ret_iv, struct buffer *ret_tag, struct quoth_error *err);
bool material_aes_decrypt(struct material *m, const struct material_algorithm *a,
                          const struct material_text *sealed, struct buffer *ret_plain,
                          struct quoth_error *err);

/* QUOTH_KEY_ALGORITHM unless the algorithm is one of this key and has one of these uses. */
bool material_has(const struct material *m, const struct material_algorithm *a, unsigned uses,
                  struct quoth_error *err);

/* The one way to say that something does not decrypt. Returns false. */
bool material_broken(struct quoth_error *err);
/* QUOTH_KEY_INPUT about value, digest, iv ... Returns false. */
bool material_input(struct quoth_error *err, const char *where, size_t len, const char *expected);
/* OpenSSL did not do what it should with a key that is in order. Returns false. */
bool material_unavailable(struct quoth_error *err, const struct material_algorithm *a);

#endif
