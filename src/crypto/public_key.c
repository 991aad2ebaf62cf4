#include "crypto/public_key.h"

#include "codec/der.h"
#include "codec/pem.h"
#include "crypto/init.h"
#include "crypto/key_parts.h"
#include "crypto/openssl.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#define OID_RSA "1.2.840.113549.1.1.1"        /* RFC 8017 A.1 */
#define OID_EC_PUBLIC_KEY "1.2.840.10045.2.1" /* RFC 5480 2.1.1 */
#define OID_P256 "1.2.840.10045.3.1.7"        /* RFC 5480 2.1.1.1 */

#define PEM_SIZE_MAX 16384

DEFINE_AUTO(pkey_ctx, EVP_PKEY_CTX *, EVP_PKEY_CTX_free)
DEFINE_AUTO(param_bld, OSSL_PARAM_BLD *, OSSL_PARAM_BLD_free)
DEFINE_AUTO(params, OSSL_PARAM *, OSSL_PARAM_free)
DEFINE_AUTO(bn, BIGNUM *, BN_free)

struct public_key {
    enum key_kind kind;
    unsigned bits;
    struct buffer n, e; /* of RSA: big-endian, no leading zeros */
    EVP_PKEY *rsa;
    struct p256_public *p256;
};

enum exponents { TOKEN_EXPONENTS, SIGSTRUCT_EXPONENT_TOO };

static bool no_memory(struct quoth_error *err)
{
    crypto_forget_errors();
    return quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
}

static unsigned bit_length(struct bytes number)
{
    unsigned top = 0;
    for (unsigned first = number.len ? number.data[0] : 0; first; first >>= 1)
        top++;
    return top ? (unsigned)(8 * (number.len - 1)) + top : 0;
}

static bool is_odd(struct bytes number)
{
    return number.len > 0 && (number.data[number.len - 1] & 1);
}

static bool is_three(struct bytes e)
{
    return e.len == 1 && e.data[0] == 3;
}

static bool rsa_check(struct bytes n, struct bytes e, enum exponents exponents,
                      struct quoth_error *err)
{
    if (n.len > RSA_BITS_MAX / 8 || bit_length(n) < RSA_BITS_MIN)
        return quoth_fail(err, QUOTH_KEY_UNSUPPORTED, "n", QUOTH_NO_OFFSET,
                          "the modulus has no leading zeros and %d to %d bits", RSA_BITS_MIN,
                          RSA_BITS_MAX);
    if (!is_odd(n))
        return quoth_fail(err, QUOTH_KEY_MALFORMED, "n", QUOTH_NO_OFFSET, "the modulus is even");
    if (exponents == SIGSTRUCT_EXPONENT_TOO && is_three(e) && bit_length(n) == 3072)
        return true;
    if (!is_odd(e) || bit_length(e) < 17 || bit_length(e) > 64)
        return quoth_fail(err, QUOTH_KEY_UNSUPPORTED, "e", QUOTH_NO_OFFSET,
                          "the exponent is odd, from 65537, below 2^64, without leading zeros");
    return true;
}

static EVP_PKEY *rsa_pkey(struct bytes n, struct bytes e)
{
    EVP_PKEY *pkey = NULL;
    AUTO(bn) BIGNUM *modulus = BN_bin2bn(n.data, (int)n.len, NULL);
    AUTO(bn) BIGNUM *exponent = BN_bin2bn(e.data, (int)e.len, NULL);
    AUTO(param_bld) OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    if (!modulus || !exponent || !build ||
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus) != 1 ||
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent) != 1)
        return NULL;
    AUTO(params) OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    AUTO(pkey_ctx) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    if (!params || !ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
        return NULL;
    return pkey;
}

static bool from_rsa(struct bytes n, struct bytes e, enum exponents exponents,
                     struct public_key **ret_key, struct quoth_error *err)
{
    if (!crypto_init(err) || !rsa_check(n, e, exponents, err))
        return false;
    AUTO(public_key) struct public_key *key = calloc(1, sizeof *key);
    if (!key)
        return no_memory(err);
    key->kind = KEY_KIND_RSA;
    key->bits = bit_length(n);
    buffer_add(&key->n, n);
    buffer_add(&key->e, e);
    key->rsa = rsa_pkey(n, e);
    if (!key->rsa || key->n.failed || key->e.failed)
        return no_memory(err);
    *ret_key = take(key);
    return true;
}

static bool from_point(struct bytes point, struct public_key **ret_key, struct quoth_error *err)
{
    AUTO(public_key) struct public_key *key = calloc(1, sizeof *key);
    if (!key)
        return no_memory(err);
    key->kind = KEY_KIND_P256;
    key->bits = 256;
    if (!p256_public_from_point(point, &key->p256, err))
        return false;
    *ret_key = take(key);
    return true;
}

/* RSAPublicKey (RFC 8017 A.1.1). */
static bool pkcs1_read(struct bytes der, struct bytes *ret_n, struct bytes *ret_e,
                       struct quoth_error *err)
{
    struct reader r = {.in = der, .err = err}, numbers;
    der_take_tag(&r, DER_SEQUENCE, &numbers, "RSAPublicKey");
    const struct bytes n = der_integer(&numbers, "RSAPublicKey.modulus");
    const struct bytes e = der_integer(&numbers, "RSAPublicKey.publicExponent");
    reader_end(&numbers, "RSAPublicKey");
    if (!reader_end(&r, "RSAPublicKey"))
        return false;
    *ret_n = n;
    *ret_e = e;
    return true;
}

/* SubjectPublicKeyInfo (RFC 5280 4.1.2.7) of one of the two kinds, and the bits inside. */
static bool spki_read(struct bytes der, enum key_kind *ret_kind, struct bytes *ret_bits,
                      struct quoth_error *err)
{
    struct reader r = {.in = der, .err = err}, spki, algorithm;
    der_take_tag(&r, DER_SEQUENCE, &spki, "SubjectPublicKeyInfo");
    der_take_tag(&spki, DER_SEQUENCE, &algorithm, "algorithm");
    const struct bytes oid = der_oid(&algorithm, "algorithm");
    const bool is_rsa = der_oid_is(oid, OID_RSA);
    if (is_rsa)
        der_null(&algorithm, "algorithm.parameters");
    else if (!reader_ok(&r) || !der_oid_is(oid, OID_EC_PUBLIC_KEY) ||
             !der_peek_tag(&algorithm, DER_OID) ||
             !der_oid_is(der_oid(&algorithm, "algorithm.parameters"), OID_P256))
        quoth_fail(err, QUOTH_KEY_UNSUPPORTED, "algorithm", QUOTH_NO_OFFSET,
                   "is neither rsaEncryption nor id-ecPublicKey with prime256v1");
    reader_end(&algorithm, "algorithm");
    const struct bytes bits = der_bit_string(&spki, "subjectPublicKey");
    reader_end(&spki, "SubjectPublicKeyInfo");
    if (!reader_end(&r, "SubjectPublicKeyInfo"))
        return false;
    *ret_kind = is_rsa ? KEY_KIND_RSA : KEY_KIND_P256;
    *ret_bits = bits;
    return true;
}

static bool from_spki(struct bytes der, enum exponents exponents, struct public_key **ret_key,
                      struct quoth_error *err)
{
    enum key_kind kind;
    struct bytes bits, n, e;
    if (!spki_read(der, &kind, &bits, err))
        return false;
    if (kind == KEY_KIND_P256)
        return from_point(bits, ret_key, err);
    return pkcs1_read(bits, &n, &e, err) && from_rsa(n, e, exponents, ret_key, err);
}

bool public_key_from_spki(struct bytes der, struct public_key **ret_key, struct quoth_error *err)
{
    return from_spki(der, TOKEN_EXPONENTS, ret_key, err);
}

bool public_key_from_own_spki(struct bytes der, struct public_key **ret_key,
                              struct quoth_error *err)
{
    return from_spki(der, SIGSTRUCT_EXPONENT_TOO, ret_key, err);
}

bool public_key_from_rsa(struct bytes n, struct bytes e, struct public_key **ret_key,
                         struct quoth_error *err)
{
    return from_rsa(n, e, TOKEN_EXPONENTS, ret_key, err);
}

bool public_key_from_p256(struct bytes x, struct bytes y, struct public_key **ret_key,
                          struct quoth_error *err)
{
    AUTO(buffer) struct buffer point = {0};
    if (x.len != 32 || y.len != 32)
        return quoth_fail(err, QUOTH_KEY_MALFORMED, "point", QUOTH_NO_OFFSET,
                          "x and y have %zu and %zu bytes, of P-256 they have 32", x.len, y.len);
    buffer_u8(&point, 0x04);
    buffer_add(&point, x);
    buffer_add(&point, y);
    return buffer_ok(&point, err) && from_point(buffer_bytes(&point), ret_key, err);
}

/* The contents of the one block, "PUBLIC KEY" or "RSA PUBLIC KEY". */
static bool pem_read(struct bytes pem, bool *ret_is_pkcs1, struct buffer *ret_der,
                     struct quoth_error *err)
{
    static const char pkcs1[] = "-----BEGIN RSA PUBLIC KEY-----";
    if (pem.len > PEM_SIZE_MAX)
        return quoth_fail(err, QUOTH_TOO_LARGE, "key", 0, "has %zu bytes, limit is %d", pem.len,
                          PEM_SIZE_MAX);
    const bool is_pkcs1 = pem.len > 0 && memmem(pem.data, pem.len, pkcs1, sizeof pkcs1 - 1);
    struct reader r = {.in = pem, .err = err};
    pem_next_lenient(&r, is_pkcs1 ? "RSA PUBLIC KEY" : "PUBLIC KEY", ret_der);
    if (!reader_end(&r, "key"))
        return false;
    *ret_is_pkcs1 = is_pkcs1;
    return true;
}

bool public_key_from_pem(struct bytes pem, struct public_key **ret_key, struct quoth_error *err)
{
    AUTO(buffer) struct buffer der = {0};
    bool is_pkcs1 = false;
    struct bytes n, e;
    if (!pem_read(pem, &is_pkcs1, &der, err))
        return false;
    if (!is_pkcs1)
        return public_key_from_spki(buffer_bytes(&der), ret_key, err);
    return pkcs1_read(buffer_bytes(&der), &n, &e, err) && public_key_from_rsa(n, e, ret_key, err);
}

bool sigstruct_modulus_from_pem(struct bytes pem, uint8_t ret_modulus[SIGSTRUCT_KEY_SIZE],
                                struct quoth_error *err)
{
    AUTO(buffer) struct buffer der = {0};
    bool is_pkcs1 = false;
    enum key_kind kind = KEY_KIND_RSA;
    struct bytes n = {0}, e = {0};
    if (!pem_read(pem, &is_pkcs1, &der, err))
        return false;
    struct bytes key = buffer_bytes(&der);
    if (!is_pkcs1 && !spki_read(key, &kind, &key, err))
        return false;
    if (kind == KEY_KIND_RSA && !pkcs1_read(key, &n, &e, err))
        return false;
    if (bit_length(n) != 3072 || !is_odd(n) || !is_three(e))
        return quoth_fail(err, QUOTH_KEY_UNSUPPORTED, "key", QUOTH_NO_OFFSET,
                          "an enclave's signing key is RSA of 3072 bits with exponent 3");
    for (size_t i = 0; i < SIGSTRUCT_KEY_SIZE; i++)
        ret_modulus[i] = n.data[SIGSTRUCT_KEY_SIZE - 1 - i];
    return true;
}

void public_key_free(struct public_key *key)
{
    if (!key)
        return;
    buffer_clear(&key->n);
    buffer_clear(&key->e);
    EVP_PKEY_free(key->rsa);
    p256_public_free(key->p256);
    free(key);
}

EVP_PKEY *public_key_evp(const struct public_key *key)
{
    return key->rsa;
}

enum key_kind public_key_kind(const struct public_key *key)
{
    return key->kind;
}

unsigned public_key_bits(const struct public_key *key)
{
    return key->bits;
}

bool public_key_equal(const struct public_key *a, const struct public_key *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == KEY_KIND_P256)
        return bytes_equal(p256_public_point(a->p256), p256_public_point(b->p256));
    return bytes_equal(buffer_bytes(&a->n), buffer_bytes(&b->n)) &&
           bytes_equal(buffer_bytes(&a->e), buffer_bytes(&b->e));
}

static void write_rsa(const struct public_key *key, struct buffer *algorithm, struct buffer *bits)
{
    AUTO(buffer) struct buffer numbers = {0};
    der_write_oid(algorithm, OID_RSA);
    der_write_null(algorithm);
    der_write_integer(&numbers, buffer_bytes(&key->n));
    der_write_integer(&numbers, buffer_bytes(&key->e));
    der_write_tlv(bits, DER_SEQUENCE, buffer_bytes(&numbers));
    bits->failed |= numbers.failed;
}

static void write_p256(const struct public_key *key, struct buffer *algorithm, struct buffer *bits)
{
    der_write_oid(algorithm, OID_EC_PUBLIC_KEY);
    der_write_oid(algorithm, OID_P256);
    buffer_add(bits, p256_public_point(key->p256));
}

bool public_key_to_spki(const struct public_key *key, struct buffer *ret_der,
                        struct quoth_error *err)
{
    AUTO(buffer) struct buffer algorithm = {0}, bits = {0}, spki = {0};
    (key->kind == KEY_KIND_RSA ? write_rsa : write_p256)(key, &algorithm, &bits);
    der_write_tlv(&spki, DER_SEQUENCE, buffer_bytes(&algorithm));
    der_write_bit_string(&spki, buffer_bytes(&bits));
    der_write_tlv(ret_der, DER_SEQUENCE, buffer_bytes(&spki));
    return buffer_ok(&algorithm, err) && buffer_ok(&bits, err) && buffer_ok(&spki, err) &&
           buffer_ok(ret_der, err);
}

bool public_key_to_pem(const struct public_key *key, struct buffer *ret_pem,
                       struct quoth_error *err)
{
    AUTO(buffer) struct buffer der = {0};
    if (!public_key_to_spki(key, &der, err))
        return false;
    pem_encode("PUBLIC KEY", buffer_bytes(&der), ret_pem);
    return buffer_ok(ret_pem, err);
}

bool public_key_to_rsa(const struct public_key *key, struct buffer *ret_n, struct buffer *ret_e,
                       struct quoth_error *err)
{
    if (key->kind != KEY_KIND_RSA)
        return quoth_fail(err, QUOTH_INTERNAL, "key", QUOTH_NO_OFFSET, "is not RSA");
    buffer_add(ret_n, buffer_bytes(&key->n));
    buffer_add(ret_e, buffer_bytes(&key->e));
    return buffer_ok(ret_n, err) && buffer_ok(ret_e, err);
}

bool public_key_to_point(const struct public_key *key, uint8_t ret_point[P256_POINT_SIZE],
                         struct quoth_error *err)
{
    if (key->kind != KEY_KIND_P256)
        return quoth_fail(err, QUOTH_INTERNAL, "key", QUOTH_NO_OFFSET, "is not P-256");
    bytes_copy(ret_point, p256_public_point(key->p256));
    return true;
}

static bool rsa_verify(EVP_PKEY *rsa, const struct sha256 *digest, struct bytes signature)
{
    AUTO(pkey_ctx) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(rsa, NULL);
    return ctx && EVP_PKEY_verify_init(ctx) == 1 &&
           EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
           EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
           EVP_PKEY_verify(ctx, signature.data, signature.len, digest->bytes,
                           sizeof digest->bytes) == 1;
}

bool public_key_verify_rs256(const struct public_key *key, const struct bytes *parts, size_t count,
                             struct bytes signature)
{
    if (key->kind != KEY_KIND_RSA || signature.len != (key->bits + 7) / 8)
        return false;
    const struct sha256 digest = sha256_of_parts(parts, count);
    const bool valid = rsa_verify(key->rsa, &digest, signature);
    if (!valid)
        crypto_forget_errors();
    return valid;
}

bool public_key_verify_es256(const struct public_key *key, const struct bytes *parts, size_t count,
                             struct bytes signature)
{
    if (key->kind != KEY_KIND_P256)
        return false;
    const struct sha256 digest = sha256_of_parts(parts, count);
    return p256_verify(key->p256, &digest, signature);
}
