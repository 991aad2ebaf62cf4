#include "crypto/init.h"
#include "crypto/material_inside.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#define NUMBERS_MAX 8

/* Parameters under construction. OpenSSL copies the numbers at the end only, secret ones to memory
 * that it wipes. */
struct build {
    OSSL_PARAM_BLD *to;
    BIGNUM *numbers[NUMBERS_MAX];
    size_t count;
};

static void build_clear(struct build *b)
{
    OSSL_PARAM_BLD_free(b->to);
    for (size_t i = 0; i < b->count; i++)
        BN_clear_free(b->numbers[i]);
}
DEFINE_AUTO_VALUE(build, struct build, build_clear)
DEFINE_AUTO(params, OSSL_PARAM *, OSSL_PARAM_free)
DEFINE_AUTO(pkey_ctx, EVP_PKEY_CTX *, EVP_PKEY_CTX_free)

static bool add(struct build *b, const char *name, struct bytes value, bool secret)
{
    BIGNUM *number = secret ? BN_secure_new() : BN_new();
    if (!number)
        return false;
    b->numbers[b->count++] = number;
    return BN_bin2bn(value.data, (int)value.len, number) &&
           OSSL_PARAM_BLD_push_BN(b->to, name, number) == 1;
}

static bool add_rsa(struct build *b, const struct material_parts *p)
{
    return add(b, OSSL_PKEY_PARAM_RSA_N, p->n, false) &&
           add(b, OSSL_PKEY_PARAM_RSA_E, p->e, false) &&
           add(b, OSSL_PKEY_PARAM_RSA_D, p->d, true) &&
           add(b, OSSL_PKEY_PARAM_RSA_FACTOR1, p->p, true) &&
           add(b, OSSL_PKEY_PARAM_RSA_FACTOR2, p->q, true) &&
           add(b, OSSL_PKEY_PARAM_RSA_EXPONENT1, p->dp, true) &&
           add(b, OSSL_PKEY_PARAM_RSA_EXPONENT2, p->dq, true) &&
           add(b, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, p->qi, true);
}

static bool add_ec(struct build *b, const struct material_parts *p, const struct curve *curve,
                   struct buffer *point)
{
    buffer_u8(point, 0x04);
    buffer_add(point, p->x);
    buffer_add(point, p->y);
    return !point->failed &&
           OSSL_PARAM_BLD_push_utf8_string(b->to, OSSL_PKEY_PARAM_GROUP_NAME, curve->openssl, 0) ==
               1 &&
           OSSL_PARAM_BLD_push_octet_string(b->to, OSSL_PKEY_PARAM_PUB_KEY, point->data,
                                            point->len) == 1 &&
           add(b, OSSL_PKEY_PARAM_PRIV_KEY, p->d, true);
}

bool material_pkey(const struct material_parts *parts, const struct curve *curve,
                   EVP_PKEY **ret_pkey, struct quoth_error *err)
{
    AUTO(build) struct build b = {.to = OSSL_PARAM_BLD_new()};
    AUTO(buffer) struct buffer point = {0};
    AUTO(pkey_ctx)
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, curve ? "EC" : "RSA", NULL);
    EVP_PKEY *pkey = NULL;
    const bool added = b.to && (curve ? add_ec(&b, parts, curve, &point) : add_rsa(&b, parts));
    AUTO(params) OSSL_PARAM *params = added ? OSSL_PARAM_BLD_to_param(b.to) : NULL;
    if (!ctx || !params || EVP_PKEY_fromdata_init(ctx) != 1) {
        crypto_forget_errors();
        return quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
    }
    if (EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params) != 1) {
        crypto_forget_errors();
        return quoth_fail(err, QUOTH_KEY_MALFORMED, "key", QUOTH_NO_OFFSET,
                          curve ? "x and y are no point of the curve, or d is no scalar"
                                : "its numbers make no key");
    }
    *ret_pkey = pkey;
    return true;
}
