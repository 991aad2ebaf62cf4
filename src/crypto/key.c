#include "crypto/key.h"

#include "codec/der.h"
#include "codec/pem.h"
#include "crypto/init.h"
#include "crypto/key_parts.h"
#include "crypto/openssl.h"
#include "crypto/x509_parts.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#define PEM_SIZE_MAX 32768

DEFINE_AUTO(pkey, EVP_PKEY *, EVP_PKEY_free)
DEFINE_AUTO(pkey_ctx, EVP_PKEY_CTX *, EVP_PKEY_CTX_free)
DEFINE_AUTO(bn, BIGNUM *, BN_free)
DEFINE_AUTO(bio, BIO *, BIO_free)
DEFINE_AUTO(pkcs8, PKCS8_PRIV_KEY_INFO *, PKCS8_PRIV_KEY_INFO_free)

struct private_key {
    EVP_PKEY *pkey;
    EVP_PKEY_CTX *sign; /* made once: setting it up costs more than some signatures */
    struct public_key *public;
};

static bool fail(struct quoth_error *err, enum quoth_code code, const char *message)
{
    crypto_forget_errors();
    return quoth_fail(err, code, "key", QUOTH_NO_OFFSET, "%s", message);
}

static bool public_half(EVP_PKEY *pkey, struct public_key **ret_key, struct quoth_error *err)
{
    unsigned char *der = NULL;
    const int len = i2d_PUBKEY(pkey, &der);
    if (len <= 0)
        return fail(err, QUOTH_KEY_UNSUPPORTED, "is of a kind that is not used here");
    const bool ok = public_key_from_own_spki((struct bytes){der, (size_t)len}, ret_key, err);
    OPENSSL_free(der);
    return ok;
}

static bool prepare(struct private_key *key, struct quoth_error *err)
{
    key->sign = EVP_PKEY_CTX_new(key->pkey, NULL);
    if (!key->sign || EVP_PKEY_sign_init(key->sign) != 1)
        return fail(err, QUOTH_KEY_UNSUPPORTED, "does not sign");
    if (private_key_kind(key) == KEY_KIND_RSA &&
        EVP_PKEY_CTX_set_rsa_padding(key->sign, RSA_PKCS1_PADDING) != 1)
        return fail(err, QUOTH_KEY_UNSUPPORTED, "does not sign with PKCS #1 v1.5");
    if (EVP_PKEY_CTX_set_signature_md(key->sign, EVP_sha256()) != 1)
        return fail(err, QUOTH_KEY_UNSUPPORTED, "does not sign with SHA-256");
    return true;
}

/* Takes pkey over, whatever happens. */
static bool wrap(EVP_PKEY *pkey, struct private_key **ret_key, struct quoth_error *err)
{
    AUTO(pkey) EVP_PKEY *owned = pkey;
    AUTO(private_key) struct private_key *key = calloc(1, sizeof *key);
    if (!key)
        return fail(err, QUOTH_MEMORY, "out of memory");
    key->pkey = take(owned);
    if (!public_half(key->pkey, &key->public, err) || !prepare(key, err))
        return false;
    *ret_key = take(key);
    return true;
}

/* One signature made and checked: both halves are there and belong together. */
static bool self_test(struct private_key *key, struct quoth_error *err)
{
    const struct bytes text = BYTES_LITERAL("quoth");
    const struct sha256 digest = sha256_of(text);
    AUTO(buffer) struct buffer signature = {0};
    struct quoth_error inner = {0};
    if (!private_key_sign_digest(key, &digest, &signature, &inner) ||
        !(private_key_kind(key) == KEY_KIND_RSA
              ? public_key_verify_rs256
              : public_key_verify_es256)(key->public, &text, 1, buffer_bytes(&signature)))
        return fail(err, QUOTH_KEY_MALFORMED, "private and public half do not belong together");
    return true;
}

/* Wraps what a decoder gave, if it gave anything. */
static bool adopt(EVP_PKEY *pkey, const char *otherwise, struct private_key **ret_key,
                  struct quoth_error *err)
{
    AUTO(private_key) struct private_key *key = NULL;
    if (!pkey)
        return fail(err, QUOTH_KEY_MALFORMED, otherwise);
    if (!wrap(pkey, &key, err) || !self_test(key, err))
        return false;
    *ret_key = take(key);
    return true;
}

/* Without it OpenSSL would ask the terminal. */
static int no_password(char *to, int size, int writing, void *data)
{
    (void)to;
    (void)size;
    (void)writing;
    (void)data;
    return -1;
}

bool private_key_from_pem(struct bytes pem, struct private_key **ret_key, struct quoth_error *err)
{
    if (!crypto_init(err))
        return false;
    if (pem.len > PEM_SIZE_MAX)
        return fail(err, QUOTH_TOO_LARGE, "is longer than 32 KiB");
    if (pem.len > 0 && memmem(pem.data, pem.len, "ENCRYPTED", 9))
        return fail(err, QUOTH_KEY_UNSUPPORTED, "is encrypted; decrypt it with: openssl pkey");
    AUTO(bio) BIO *in = BIO_new_mem_buf(pem.data, (int)pem.len);
    return adopt(in ? PEM_read_bio_PrivateKey(in, NULL, no_password, NULL) : NULL,
                 "is not a PEM private key", ret_key, err);
}

bool private_key_from_der(struct bytes der, struct private_key **ret_key, struct quoth_error *err)
{
    if (!crypto_init(err))
        return false;
    if (der.len > PEM_SIZE_MAX)
        return fail(err, QUOTH_TOO_LARGE, "is longer than 32 KiB");
    const unsigned char *at = der.data;
    AUTO(pkcs8) PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)der.len);
    const bool whole = info && at == der.data + der.len;
    return adopt(whole ? EVP_PKCS82PKEY(info) : NULL, "is not one PKCS #8 private key", ret_key,
                 err);
}

EVP_PKEY *evp_generate_rsa(unsigned bits, uint64_t exponent)
{
    EVP_PKEY *pkey = NULL;
    AUTO(pkey_ctx) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    AUTO(bn) BIGNUM *e = BN_new();
    if (!ctx || !e || BN_set_word(e, exponent) != 1 || EVP_PKEY_keygen_init(ctx) != 1 ||
        EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, (int)bits) != 1 ||
        EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e) != 1 || EVP_PKEY_keygen(ctx, &pkey) != 1)
        return NULL;
    return pkey;
}

static EVP_PKEY *generate(enum key_type type)
{
    switch (type) {
    case KEY_TYPE_P256:
        return EVP_EC_gen("P-256");
    case KEY_TYPE_RSA_2048:
        return evp_generate_rsa(2048, 65537);
    case KEY_TYPE_RSA_3072:
        return evp_generate_rsa(3072, 65537);
    case KEY_TYPE_RSA_4096:
        return evp_generate_rsa(4096, 65537);
    case KEY_TYPE_RSA_3072_E3:
        return evp_generate_rsa(3072, 3);
    }
    return NULL;
}

bool private_key_generate(enum key_type type, struct private_key **ret_key, struct quoth_error *err)
{
    if (!crypto_init(err))
        return false;
    EVP_PKEY *pkey = generate(type);
    if (!pkey)
        return fail(err, QUOTH_UNAVAILABLE, "OpenSSL does not make one");
    return wrap(pkey, ret_key, err);
}

bool private_key_dup(const struct private_key *key, struct private_key **ret_key,
                     struct quoth_error *err)
{
    EVP_PKEY *pkey = EVP_PKEY_dup(key->pkey);
    if (!pkey)
        return fail(err, QUOTH_MEMORY, "out of memory");
    return wrap(pkey, ret_key, err);
}

void private_key_free(struct private_key *key)
{
    if (!key)
        return;
    EVP_PKEY_CTX_free(key->sign);
    EVP_PKEY_free(key->pkey); /* wipes */
    public_key_free(key->public);
    free(key);
}

EVP_PKEY *private_key_evp(const struct private_key *key)
{
    return key->pkey;
}

enum key_kind private_key_kind(const struct private_key *key)
{
    return public_key_kind(key->public);
}

unsigned private_key_bits(const struct private_key *key)
{
    return public_key_bits(key->public);
}

bool private_key_to_der(const struct private_key *key, struct buffer *ret_out,
                        struct quoth_error *err)
{
    unsigned char *der = NULL;
    AUTO(pkcs8) PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key->pkey);
    const int len = info ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : -1;
    if (len <= 0)
        return fail(err, QUOTH_MEMORY, "out of memory");
    buffer_add(ret_out, (struct bytes){der, (size_t)len});
    OPENSSL_clear_free(der, (size_t)len);
    return buffer_ok(ret_out, err);
}

bool private_key_to_pem(const struct private_key *key, struct buffer *ret_out,
                        struct quoth_error *err)
{
    AUTO(buffer) struct buffer der = {0};
    if (!private_key_to_der(key, &der, err))
        return false;
    pem_encode("PRIVATE KEY", buffer_bytes(&der), ret_out);
    return buffer_ok(ret_out, err);
}

bool private_key_public(const struct private_key *key, struct public_key **ret_public,
                        struct quoth_error *err)
{
    AUTO(buffer) struct buffer spki = {0};
    return public_key_to_spki(key->public, &spki, err) &&
           public_key_from_own_spki(buffer_bytes(&spki), ret_public, err);
}

/* OpenSSL gives ECDSA signatures as DER; tokens and quotes hold r and s. */
static bool add_raw(struct bytes der, struct buffer *to, struct quoth_error *err)
{
    uint8_t raw[P256_SIGNATURE_SIZE];
    struct reader r = {.in = der, .err = err};
    x509_ecdsa_read(&r, raw, "signature");
    if (!reader_end(&r, "signature"))
        return false;
    buffer_add(to, BYTES_OF(raw));
    return buffer_ok(to, err);
}

bool private_key_sign_digest(struct private_key *key, const struct sha256 *digest,
                             struct buffer *ret_signature, struct quoth_error *err)
{
    uint8_t out[RSA_BITS_MAX / 8];
    size_t len = sizeof out;
    if (EVP_PKEY_sign(key->sign, out, &len, digest->bytes, sizeof digest->bytes) != 1)
        return fail(err, QUOTH_INTERNAL, "OpenSSL does not sign with it");
    const struct bytes signature = {out, len};
    if (private_key_kind(key) == KEY_KIND_P256)
        return add_raw(signature, ret_signature, err);
    buffer_add(ret_signature, signature);
    return buffer_ok(ret_signature, err);
}

static bool sign_as(enum key_kind kind, struct private_key *key, const struct bytes *parts,
                    size_t count, struct buffer *ret_signature, struct quoth_error *err)
{
    if (private_key_kind(key) != kind)
        return fail(err, QUOTH_INTERNAL, "is of the other kind");
    const struct sha256 digest = sha256_of_parts(parts, count);
    return private_key_sign_digest(key, &digest, ret_signature, err);
}

bool private_key_sign_rs256(struct private_key *key, const struct bytes *parts, size_t count,
                            struct buffer *ret_signature, struct quoth_error *err)
{
    return sign_as(KEY_KIND_RSA, key, parts, count, ret_signature, err);
}

bool private_key_sign_es256(struct private_key *key, const struct bytes *parts, size_t count,
                            struct buffer *ret_signature, struct quoth_error *err)
{
    return sign_as(KEY_KIND_P256, key, parts, count, ret_signature, err);
}
