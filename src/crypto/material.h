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
    unsigned bits;      /* RSA: 2048, 3072, 4096; oct: 128, 192, 256; EC: not looked at */
    struct bytes curve; /* EC: "P-256", "P-384", "P-521", "P-256K" */
    uint64_t exponent;  /* RSA: 0 for 65537; odd, from 65537, below 2^32 */
};

/* QUOTH_KEY_UNSUPPORTED names what there is. */
bool material_generate(const struct material_spec *spec, struct material **ret_material,
                       struct quoth_error *err);

/* The members of a JWK (RFC 7518 6), decoded; those of other types are empty. All but k are numbers,
 * big-endian, and may have leading zeros. RSA wants n, e, d and all or none of p, q, dp, dq, qi. */
struct material_parts {
    enum material_type type;
    struct bytes n, e, d, p, q, dp, dq, qi; /* d: of EC too */
    struct bytes curve, x, y;               /* curve: the name */
    struct bytes k;
};

/* A key that somebody brings along: every part must fit the others, down to whether p and q are
 * primes (up to half a second). Sizes and exponent as for material_generate.
 * QUOTH_KEY_MALFORMED, QUOTH_KEY_UNSUPPORTED. */
bool material_from_parts(const struct material_parts *parts, struct material **ret_material,
                         struct quoth_error *err);

/* What a record and a release hold (key-release.md 2.4): PKCS #8 for RSA and EC, the bytes for oct.
 * Import takes what export gave and trusts it to be whole, as a seal vouches for it: it checks form
 * and sizes, and that an EC point is on its curve, not that halves belong together. Fast (10 to 30
 * microseconds). Export appends. QUOTH_KEY_MALFORMED, QUOTH_KEY_UNSUPPORTED. */
bool material_import(enum material_type type, struct bytes stored, struct material **ret_material,
                     struct quoth_error *err);
bool material_export(const struct material *m, struct buffer *ret_stored, struct quoth_error *err);

enum material_type material_type(const struct material *m);
unsigned material_bits(const struct material *m); /* of the modulus, the curve, or the key */

/* n and e, or x and y with the curve. QUOTH_INTERNAL for oct. */
bool material_public(const struct material *m, struct pkcs8_public *ret_public,
                     struct quoth_error *err);

/* ---- operations */

/* decrypt is a use of what encrypts, and so on */
enum material_use { MATERIAL_SIGNS, MATERIAL_ENCRYPTS, MATERIAL_WRAPS };

struct material_algorithm; /* static */

/* The algorithm of that name, exactly as written, if this key has it and it is for this use.
 * QUOTH_KEY_ALGORITHM (400) otherwise, and what the key has. */
bool material_algorithm_for(const struct material *m, struct bytes name, enum material_use use,
                            const struct material_algorithm **ret_algorithm,
                            struct quoth_error *err);

const char *material_algorithm_name(const struct material_algorithm *a);

#define MATERIAL_TEXT_MAX (64u << 10) /* bytes of value and of aad */

/* RS, PS, ES: a digest, as long as the algorithm says. HS and RSNULL: any bytes, at least one; for
 * RSNULL at most 11 less than the modulus has. QUOTH_KEY_INPUT (400): a wrong length;
 * QUOTH_KEY_ALGORITHM: not this key's. */
bool material_sign(struct material *m, const struct material_algorithm *a, struct bytes digest,
                   struct buffer *ret_signature, struct quoth_error *err);

/* A signature that is none, whatever it looks like, is false in ret_valid and no error. EC: r and s
 * of fixed width, not DER. Errors as above. */
bool material_verify(struct material *m, const struct material_algorithm *a, struct bytes digest,
                     struct bytes signature, bool *ret_valid, struct quoth_error *err);

struct material_text { /* views in; what an operation gives is in buffers of the caller */
    struct bytes value, iv, aad, tag;
};

/* Appends; the same for wrapkey. ret_iv and ret_tag are filled by the GCM algorithms (a fresh random
 * iv of 12 bytes: one that is given is refused, so no more than 2^32 texts for one key) and left
 * alone by the others; CBC wants an iv of 16 bytes. What an algorithm has no use for (iv, aad, tag)
 * must be empty. QUOTH_KEY_INPUT, QUOTH_KEY_ALGORITHM. */
bool material_encrypt(struct material *m, const struct material_algorithm *a,
                      const struct material_text *plain, struct buffer *ret_value,
                      struct buffer *ret_iv, struct buffer *ret_tag, struct quoth_error *err);

/* Appends, or nothing; the same for unwrapkey. QUOTH_KEY_CIPHERTEXT (400) in the same words whatever
 * is wrong with the ciphertext; QUOTH_KEY_INPUT for lengths that no ciphertext has.
 *
 * RSA1_5 is rejected implicitly (draft-irtf-cfrg-rsa-guidance 7): wrong padding gives a text that
 * depends on key and ciphertext and looks like one, never an error, so it is no oracle for it. */
bool material_decrypt(struct material *m, const struct material_algorithm *a,
                      const struct material_text *sealed, struct buffer *ret_plain,
                      struct quoth_error *err);

#endif
