#include "crypto/init.h"
#include "crypto/material_inside.h"
#include "crypto/openssl.h"
#include "crypto/random.h"

#include <openssl/x509.h>

DEFINE_AUTO(pkey, EVP_PKEY *, EVP_PKEY_free)
DEFINE_AUTO(pkcs8, PKCS8_PRIV_KEY_INFO *, PKCS8_PRIV_KEY_INFO_free)

static bool store(EVP_PKEY *pkey, struct buffer *to, struct quoth_error *err)
{
    unsigned char *der = NULL;
    AUTO(pkcs8) PKCS8_PRIV_KEY_INFO *info = pkey ? EVP_PKEY2PKCS8(pkey) : NULL;
    const int len = info ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : -1;
    if (len <= 0) {
        crypto_forget_errors();
        return quoth_fail(err, QUOTH_UNAVAILABLE, "key", QUOTH_NO_OFFSET,
                          "OpenSSL does not make one");
    }
    buffer_add(to, (struct bytes){der, (size_t)len});
    OPENSSL_clear_free(der, (size_t)len);
    return buffer_ok(to, err);
}

static bool generate_rsa(const struct material_spec *spec, struct buffer *to,
                         struct quoth_error *err)
{
    const uint64_t exponent = spec->exponent ? spec->exponent : 65537;
    if (spec->bits != 2048 && spec->bits != 3072 && spec->bits != 4096)
        return quoth_fail(err, QUOTH_KEY_UNSUPPORTED, "key_size", QUOTH_NO_OFFSET,
                          "RSA keys have 2048, 3072 or 4096 bits, not %u", spec->bits);
    if (exponent < 65537 || exponent > UINT32_MAX || exponent % 2 == 0)
        return quoth_fail(err, QUOTH_KEY_UNSUPPORTED, "public_exponent", QUOTH_NO_OFFSET,
                          "exponents are odd, from 65537, below 2^32");
    AUTO(pkey) EVP_PKEY *pkey = evp_generate_rsa(spec->bits, exponent);
    return store(pkey, to, err);
}

static bool generate_ec(const struct material_spec *spec, struct buffer *to,
                        struct quoth_error *err)
{
    const struct curve *curve;
    if (!material_check_curve(spec->curve, &curve, err))
        return false;
    AUTO(pkey) EVP_PKEY *pkey = EVP_EC_gen(curve->openssl);
    return store(pkey, to, err);
}

static bool generate_oct(const struct material_spec *spec, struct buffer *to,
                         struct quoth_error *err)
{
    if (!material_check_oct(spec->bits, err))
        return false;
    uint8_t *at = buffer_extend(to, spec->bits / 8);
    return buffer_ok(to, err) && random_fill(at, spec->bits / 8, err);
}

bool material_generate(const struct material_spec *spec, struct material **ret_material,
                       struct quoth_error *err)
{
    static bool (*const kinds[])(const struct material_spec *, struct buffer *,
                                 struct quoth_error *) = {
        [MATERIAL_RSA] = generate_rsa, [MATERIAL_EC] = generate_ec, [MATERIAL_OCT] = generate_oct};
    AUTO(buffer) struct buffer stored = {0};
    return crypto_init(err) && kinds[spec->type](spec, &stored, err) &&
           material_import(spec->type, buffer_bytes(&stored), ret_material, err);
}
