#include "crypto/pkcs8.h"

#include "crypto/curve.h"
#include "crypto/init.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

DEFINE_AUTO(pkey, EVP_PKEY *, EVP_PKEY_free)
DEFINE_AUTO(pkey_ctx, EVP_PKEY_CTX *, EVP_PKEY_CTX_free)
DEFINE_AUTO(pkcs8, PKCS8_PRIV_KEY_INFO *, PKCS8_PRIV_KEY_INFO_free)
DEFINE_AUTO(bn, BIGNUM *, BN_clear_free) /* some are secret */

void pkcs8_public_clear(struct pkcs8_public *p)
{
    buffer_clear(&p->a);
    buffer_clear(&p->b);
    *p = (struct pkcs8_public){0};
}

static bool fail(struct quoth_error *err, enum quoth_code code, const char *message)
{
    crypto_forget_errors();
    return quoth_fail(err, code, "key", QUOTH_NO_OFFSET, "%s", message);
}

/* Appends a number, as wide as that or as it needs. */
static bool add_number(EVP_PKEY *pkey, const char *name, size_t width, struct buffer *to)
{
    BIGNUM *taken = NULL;
    const bool ok = EVP_PKEY_get_bn_param(pkey, name, &taken) == 1;
    AUTO(bn) BIGNUM *number = taken;
    if (!ok)
        return false;
    const size_t len = width ? width : (size_t)BN_num_bytes(number);
    uint8_t *at = buffer_extend(to, len);
    return at && BN_bn2binpad(number, at, (int)len) == (int)len;
}

static const struct curve *curve_of(EVP_PKEY *pkey)
{
    char name[32];
    if (EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME, name, sizeof name, NULL) !=
        1)
        return NULL;
    return curve_by_group(name);
}

static bool read_numbers(EVP_PKEY *pkey, struct pkcs8_public *p, struct quoth_error *err)
{
    if (EVP_PKEY_get_base_id(pkey) == EVP_PKEY_RSA)
        return (add_number(pkey, OSSL_PKEY_PARAM_RSA_N, 0, &p->a) &&
                add_number(pkey, OSSL_PKEY_PARAM_RSA_E, 0, &p->b)) ||
               fail(err, QUOTH_KEY_MALFORMED, "has no modulus or exponent");
    const struct curve *curve = EVP_PKEY_get_base_id(pkey) == EVP_PKEY_EC ? curve_of(pkey) : NULL;
    if (!curve)
        return fail(err, QUOTH_KEY_UNSUPPORTED, "is neither RSA nor on a curve that vaults have");
    p->curve = curve->name;
    return (add_number(pkey, OSSL_PKEY_PARAM_EC_PUB_X, curve->width, &p->a) &&
            add_number(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, curve->width, &p->b)) ||
           fail(err, QUOTH_KEY_MALFORMED, "has no point");
}

static bool halves_belong_together(EVP_PKEY *pkey)
{
    AUTO(pkey_ctx) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    return ctx && EVP_PKEY_pairwise_check(ctx) == 1;
}

static bool read_pkey(struct bytes der, EVP_PKEY **ret_pkey, struct quoth_error *err)
{
    if (!crypto_init(err))
        return false;
    if (der.len > PKCS8_MAX)
        return fail(err, QUOTH_TOO_LARGE, "is longer than 32 KiB");
    const unsigned char *at = der.data;
    AUTO(pkcs8) PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)der.len);
    const bool whole = info && at == der.data + der.len;
    EVP_PKEY *pkey = whole ? EVP_PKCS82PKEY(info) : NULL;
    if (!pkey)
        return fail(err, QUOTH_KEY_MALFORMED, "is not one PKCS #8 private key");
    *ret_pkey = pkey;
    return true;
}

static bool read_public(EVP_PKEY *pkey, struct pkcs8_public *p, struct quoth_error *err)
{
    return read_numbers(pkey, p, err) &&
           (halves_belong_together(pkey) ||
            fail(err, QUOTH_KEY_MALFORMED, "private and public half do not belong together"));
}

bool pkcs8_public_read(struct bytes der, struct pkcs8_public *ret_public, struct quoth_error *err)
{
    AUTO(pkcs8_public) struct pkcs8_public p = {0};
    AUTO(pkey) EVP_PKEY *pkey = NULL;
    if (!read_pkey(der, &pkey, err) || !read_public(pkey, &p, err))
        return false;
    *ret_public = take_value(p);
    return true;
}

void pkcs8_private_clear(struct pkcs8_private *p)
{
    pkcs8_public_clear(&p->public);
    buffer_clear(&p->d);
    buffer_clear(&p->p);
    buffer_clear(&p->q);
    buffer_clear(&p->dp);
    buffer_clear(&p->dq);
    buffer_clear(&p->qi);
}

static bool read_secrets(EVP_PKEY *pkey, struct pkcs8_private *p, struct quoth_error *err)
{
    const bool ok = p->public.curve
                        ? add_number(pkey, OSSL_PKEY_PARAM_PRIV_KEY, p->public.a.len, &p->d)
                        : add_number(pkey, OSSL_PKEY_PARAM_RSA_D, 0, &p->d) &&
                              add_number(pkey, OSSL_PKEY_PARAM_RSA_FACTOR1, 0, &p->p) &&
                              add_number(pkey, OSSL_PKEY_PARAM_RSA_FACTOR2, 0, &p->q) &&
                              add_number(pkey, OSSL_PKEY_PARAM_RSA_EXPONENT1, 0, &p->dp) &&
                              add_number(pkey, OSSL_PKEY_PARAM_RSA_EXPONENT2, 0, &p->dq) &&
                              add_number(pkey, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, 0, &p->qi);
    return ok || fail(err, QUOTH_KEY_MALFORMED, "lacks a part of its private half");
}

bool pkcs8_private_read(struct bytes der, struct pkcs8_private *ret_private,
                        struct quoth_error *err)
{
    AUTO(pkcs8_private) struct pkcs8_private p = {0};
    AUTO(pkey) EVP_PKEY *pkey = NULL;
    if (!read_pkey(der, &pkey, err) || !read_public(pkey, &p.public, err) ||
        !read_secrets(pkey, &p, err))
        return false;
    *ret_private = take_value(p);
    return true;
}
