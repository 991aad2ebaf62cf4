/* Keys as vaults keep them: RSA, EC and symmetric ones, made here or brought along, with every
 * operation of Azure Key Vault (key-release.md 1.3, 1.10). Wider than crypto/key.h, which signs our
 * own tokens. Everything here may take long (RSA): for the pool. */
#ifndef QUOTH_CRYPTO_MATERIAL_H
#define QUOTH_CRYPTO_MATERIAL_H

#include "crypto/pkcs8.h"

struct material; /* a secret, opaque: wiped when it is freed. One thread at a time */

void material_free(struct material *m); /* accepts NULL */
DEFINE_AUTO(material, struct material *, material_free)

enum material_type { MATERIAL_RSA, MATERIAL_EC, MATERIAL_OCT };

struct material_spec {
    enum material_type type;
    unsigned bits;     /* RSA: 2048, 3072, 4096; oct: 128, 192, 256; EC: not looked at */
    const char *curve; /* EC: "P-256", "P-384", "P-521", "P-256K" */
    uint64_t exponent; /* RSA: 0 for 65537; odd, from 65537, below 2^32 */
};

/* QUOTH_KEY_UNSUPPORTED names what there is. */
bool material_generate(const struct material_spec *spec, struct material **ret_material,
                       struct quoth_error *err);

/* The members of a JWK (RFC 7518 6), decoded: big-endian, leading zeros are dropped; those of other
 * types are empty. RSA wants n, e, d and may leave out all or none of p, q, dp, dq, qi. Every part
 * must fit the others: a key whose halves do not belong together is refused.
 * QUOTH_KEY_MALFORMED, QUOTH_KEY_UNSUPPORTED. */
struct material_parts {
    enum material_type type;
    struct bytes n, e, d, p, q, dp, dq, qi; /* d: of EC too */
    struct bytes curve, x, y;               /* curve: the name */
    struct bytes k;
};
bool material_from_parts(const struct material_parts *parts, struct material **ret_material,
                         struct quoth_error *err);

/* What a record and a release hold (key-release.md 2.4): PKCS #8 for RSA and EC, the bytes for oct.
 * Export appends. */
bool material_import(enum material_type type, struct bytes stored, struct material **ret_material,
                     struct quoth_error *err);
bool material_export(const struct material *m, struct buffer *ret_stored, struct quoth_error *err);

enum material_type material_type(const struct material *m);
unsigned material_bits(const struct material *m); /* of the modulus, the curve, or the key */

/* n and e, or x and y with the curve. QUOTH_INTERNAL for oct. */
bool material_public(const struct material *m, struct pkcs8_public *ret_public,
                     struct quoth_error *err);

/* ---- operations */

enum material_use { MATERIAL_SIGNS, MATERIAL_ENCRYPTS, MATERIAL_WRAPS }; /* bits: 1 << use */

struct material_algorithm { /* a row of the one table */
    const char *name;       /* "RS256", "A256GCM" ... */
    enum material_type type;
    unsigned uses;
    size_t digest; /* bytes of what is signed; 0 for RSNULL and those that do not sign */
};

/* By its name, exactly: NULL if there is none. And the table, for documents: ends with a NULL name. */
const struct material_algorithm *material_algorithm_find(struct bytes name);
extern const struct material_algorithm material_algorithms[];

/* QUOTH_KEY_ALGORITHM (400) when the algorithm is another key's, another curve's or size's, or not
 * for this use; QUOTH_KEY_INPUT (400) when digest, iv, aad, tag or value have a wrong length. */
bool material_sign(struct material *m, const struct material_algorithm *a, struct bytes digest,
                   struct buffer *ret_signature, struct quoth_error *err);
/* A signature that is none, whatever it looks like, is false in ret_valid and no error. EC: r and s
 * of fixed width, not DER. */
bool material_verify(struct material *m, const struct material_algorithm *a, struct bytes digest,
                     struct bytes signature, bool *ret_valid, struct quoth_error *err);

struct material_text { /* views in; what an operation gives is in buffers of the caller */
    struct bytes value, iv, aad, tag;
};

/* Appends. ret_iv and ret_tag are filled by the GCM algorithms (a fresh iv of 12 bytes: one that is
 * given is refused) and left alone by the others; CBC wants an iv of 16 bytes. */
bool material_encrypt(struct material *m, const struct material_algorithm *a,
                      const struct material_text *plain, struct buffer *ret_value,
                      struct buffer *ret_iv, struct buffer *ret_tag, struct quoth_error *err);

/* Appends, or nothing. QUOTH_KEY_CIPHERTEXT (400) in the same words whatever is wrong with the
 * ciphertext: no padding oracle; RSA1_5 as well (RFC 8017 7.2.2, and implicit rejection where
 * OpenSSL has it). Also what wrapkey and unwrapkey do. */
bool material_decrypt(struct material *m, const struct material_algorithm *a,
                      const struct material_text *sealed, struct buffer *ret_plain,
                      struct quoth_error *err);

#endif
