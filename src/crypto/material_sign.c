#include "codec/der.h"
#include "crypto/init.h"
#include "crypto/material_inside.h"

#include <openssl/hmac.h>
#include <openssl/rsa.h>

#define USES_SIGN (1u << MATERIAL_SIGNS)
#define MAC_MAX 64            /* of HS512 */
#define DER_SIGNATURE_MAX 141 /* of P-521 */

DEFINE_AUTO(pkey_ctx, EVP_PKEY_CTX *, EVP_PKEY_CTX_free)

static const EVP_MD *hash_of(const struct material_algorithm *a)
{
    return a->hash ? EVP_get_digestbyname(a->hash) : NULL;
}

/* Without a hash, PKCS #1 v1.5 is filled up with at least eight bytes FF and three fixed ones. */
static bool check_digest(const struct material *m, const struct material_algorithm *a,
                         struct bytes digest, struct quoth_error *err)
{
    const size_t limit =
        m->type == MATERIAL_RSA ? material_modulus_size(m) - 11 : MATERIAL_TEXT_MAX;
    char expected[32];
    if (a->digest ? digest.len == a->digest : digest.len > 0 && digest.len <= limit)
        return true;
    if (a->digest)
        snprintf(expected, sizeof expected, "%zu", a->digest);
    else
        snprintf(expected, sizeof expected, "1 to %zu", limit);
    return material_input(err, "digest", digest.len, expected);
}

static bool set_padding(EVP_PKEY_CTX *ctx, const struct material_algorithm *a)
{
    if (a->method == METHOD_ECDSA)
        return true;
    if (EVP_PKEY_CTX_set_rsa_padding(ctx, a->method == METHOD_PSS ? RSA_PKCS1_PSS_PADDING
                                                                  : RSA_PKCS1_PADDING) != 1 ||
        (a->hash && EVP_PKEY_CTX_set_signature_md(ctx, hash_of(a)) != 1))
        return false;
    return a->method != METHOD_PSS ||
           (EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, hash_of(a)) == 1 &&
            EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1);
}

static bool hmac(const struct material *m, const struct material_algorithm *a, struct bytes data,
                 uint8_t ret_mac[MAC_MAX], size_t *ret_len, struct quoth_error *err)
{
    unsigned len = 0;
    if (!HMAC(hash_of(a), m->parts.k.data, (int)m->parts.k.len, data.data, data.len, ret_mac, &len))
        return material_unavailable(err, a);
    *ret_len = len;
    return true;
}

/* r and s as wide as the curve, of what OpenSSL gives: ECDSA-Sig-Value (RFC 3279 2.2.3). */
static bool add_raw(const struct material *m, struct bytes der, struct buffer *to,
                    struct quoth_error *err)
{
    struct reader r = {.in = der, .err = err}, values;
    der_take_tag(&r, DER_SEQUENCE, &values, "signature");
    for (int i = 0; i < 2; i++) {
        const struct bytes number = der_integer(&values, "signature");
        buffer_fill(to, m->curve->width - number.len, 0);
        buffer_add(to, number);
    }
    reader_end(&values, "signature");
    return reader_end(&r, "signature") && buffer_ok(to, err);
}

static bool sign(struct material *m, const struct material_algorithm *a, struct bytes digest,
                 struct buffer *to, struct quoth_error *err)
{
    uint8_t out[RSA_BITS_MAX / 8];
    size_t len = sizeof out;
    AUTO(pkey_ctx) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, m->pkey, NULL);
    if (!ctx || EVP_PKEY_sign_init(ctx) != 1 || !set_padding(ctx, a) ||
        EVP_PKEY_sign(ctx, out, &len, digest.data, digest.len) != 1)
        return material_unavailable(err, a);
    if (a->method == METHOD_ECDSA)
        return add_raw(m, (struct bytes){out, len}, to, err);
    buffer_add(to, (struct bytes){out, len});
    return buffer_ok(to, err);
}

bool material_sign(struct material *m, const struct material_algorithm *a, struct bytes digest,
                   struct buffer *ret_signature, struct quoth_error *err)
{
    uint8_t mac[MAC_MAX];
    size_t len = 0;
    if (!material_has(m, a, USES_SIGN, err) || !check_digest(m, a, digest, err))
        return false;
    if (a->method != METHOD_HMAC)
        return sign(m, a, digest, ret_signature, err);
    if (!hmac(m, a, digest, mac, &len, err))
        return false;
    buffer_add(ret_signature, (struct bytes){mac, len});
    return buffer_ok(ret_signature, err);
}

/* The other way round; OpenSSL refuses r and s outside 1 to n - 1. */
static bool to_der(const struct material *m, struct bytes signature, struct buffer *to)
{
    AUTO(buffer) struct buffer values = {0};
    const size_t width = m->curve->width;
    der_write_integer(&values, bytes_slice(signature, 0, width));
    der_write_integer(&values, bytes_slice(signature, width, width));
    der_write_tlv(to, DER_SEQUENCE, buffer_bytes(&values));
    return !values.failed && !to->failed;
}

static bool signature_holds(struct material *m, const struct material_algorithm *a,
                            struct bytes digest, struct bytes signature)
{
    AUTO(buffer) struct buffer der = {0};
    const bool is_ec = a->method == METHOD_ECDSA;
    if (signature.len != (is_ec ? 2 * m->curve->width : material_modulus_size(m)) ||
        (is_ec && !to_der(m, signature, &der)))
        return false;
    const struct bytes form = is_ec ? buffer_bytes(&der) : signature;
    AUTO(pkey_ctx) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, m->pkey, NULL);
    const bool holds = ctx && EVP_PKEY_verify_init(ctx) == 1 && set_padding(ctx, a) &&
                       EVP_PKEY_verify(ctx, form.data, form.len, digest.data, digest.len) == 1;
    crypto_forget_errors();
    return holds;
}

bool material_verify(struct material *m, const struct material_algorithm *a, struct bytes digest,
                     struct bytes signature, bool *ret_valid, struct quoth_error *err)
{
    uint8_t mac[MAC_MAX];
    size_t len = 0;
    if (!material_has(m, a, USES_SIGN, err) || !check_digest(m, a, digest, err))
        return false;
    if (a->method != METHOD_HMAC) {
        *ret_valid = signature_holds(m, a, digest, signature);
        return true;
    }
    if (!hmac(m, a, digest, mac, &len, err))
        return false;
    *ret_valid = bytes_equal_secret((struct bytes){mac, len}, signature);
    return true;
}
