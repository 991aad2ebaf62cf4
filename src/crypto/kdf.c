#include "crypto/kdf.h"

#include "crypto/init.h"

#include <openssl/core_names.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

DEFINE_AUTO(kdf, EVP_KDF *, EVP_KDF_free)
DEFINE_AUTO(kdf_ctx, EVP_KDF_CTX *, EVP_KDF_CTX_free)

static bool fail(struct quoth_error *err, const char *what)
{
    crypto_forget_errors();
    return quoth_fail(err, QUOTH_UNAVAILABLE, what, QUOTH_NO_OFFSET, "OpenSSL does not run it");
}

bool hmac_sha256(struct bytes key, struct bytes data, struct sha256 *ret_mac,
                 struct quoth_error *err)
{
    static const uint8_t none[1]; /* NULL means something else to OpenSSL than no bytes */
    struct sha256 mac;
    if (key.len > INT32_MAX)
        return quoth_fail(err, QUOTH_INTERNAL, "hmac", QUOTH_NO_OFFSET, "the key is too long");
    if (!crypto_init(err))
        return false;
    if (!HMAC(EVP_sha256(), key.len ? key.data : none, (int)key.len, data.len ? data.data : none,
              data.len, mac.bytes, NULL))
        return fail(err, "hmac");
    *ret_mac = mac;
    return true;
}

/* OpenSSL takes inputs without const, and NULL for "not set". */
static OSSL_PARAM octets(const char *name, struct bytes value, uint8_t none[1])
{
    union {
        const uint8_t *in;
        void *out;
    } data = {.in = value.len ? value.data : none};
    return OSSL_PARAM_construct_octet_string(name, data.out, value.len);
}

bool hkdf_sha256(struct bytes salt, struct bytes ikm, struct bytes info, uint8_t *ret_out,
                 size_t len, struct quoth_error *err)
{
    char digest[] = "SHA256";
    uint8_t none[1] = {0};
    if (len == 0 || len > HKDF_SHA256_MAX)
        return quoth_fail(err, QUOTH_INTERNAL, "hkdf", QUOTH_NO_OFFSET,
                          "cannot give %zu bytes, only 1 to %d", len, HKDF_SHA256_MAX);
    if (!crypto_init(err))
        return false;
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        octets(OSSL_KDF_PARAM_SALT, salt, none),
        octets(OSSL_KDF_PARAM_KEY, ikm, none),
        octets(OSSL_KDF_PARAM_INFO, info, none),
        OSSL_PARAM_construct_end(),
    };
    AUTO(kdf) EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    AUTO(kdf_ctx) EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    if (!ctx || EVP_KDF_derive(ctx, ret_out, len, params) != 1) {
        bytes_wipe(ret_out, len);
        return fail(err, "hkdf");
    }
    return true;
}
