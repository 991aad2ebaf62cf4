#include "crypto/init.h"
#include "crypto/material_inside.h"

#include <openssl/err.h>

DEFINE_AUTO(pkey_ctx, EVP_PKEY_CTX *, EVP_PKEY_CTX_free)

static bool misfit(struct quoth_error *err, const char *what)
{
    return quoth_fail(err, QUOTH_KEY_MALFORMED, "key", QUOTH_NO_OFFSET, "%s", what);
}

static void strip(struct material_parts *p)
{
    struct bytes *const numbers[] = {&p->n,  &p->e,  &p->d,  &p->p, &p->q,
                                     &p->dp, &p->dq, &p->qi, &p->x, &p->y};
    for (size_t i = 0; i < COUNT(numbers); i++)
        *numbers[i] = number_strip(*numbers[i]);
}

/* How many of the five that RSA keys may leave out are there. */
static int factors_given(const struct material_parts *p)
{
    return (p->p.len > 0) + (p->q.len > 0) + (p->dp.len > 0) + (p->dq.len > 0) + (p->qi.len > 0);
}

static bool rsa_parts(struct material_parts *p, struct buffer *hold, struct quoth_error *err)
{
    if (p->n.len == 0 || p->e.len == 0 || p->d.len == 0)
        return misfit(err, "n, e and d must be there");
    if (!material_check_rsa(p, err))
        return false;
    if (factors_given(p) == 0 && !material_complete(p, hold, err))
        return false;
    if (factors_given(p) != 5)
        return misfit(err, "p, q, dp, dq and qi must be there all together, or none of them");
    /* Lopsided primes are quickly found; no maker of keys has them (FIPS 186-4 B.3.3). */
    if (number_bits(p->p) != number_bits(p->n) / 2 || number_bits(p->q) != number_bits(p->n) / 2)
        return misfit(err, "p and q have half as many bits as n each");
    return true;
}

static bool ec_parts(const struct material_parts *p, struct quoth_error *err)
{
    const struct curve *curve;
    if (!material_check_curve(p->curve, &curve, err))
        return false;
    if (p->d.len == 0 || (p->x.len == 0 && p->y.len == 0))
        return misfit(err, "d, x and y must be there");
    if (p->d.len > curve->width || p->x.len > curve->width || p->y.len > curve->width)
        return misfit(err, "d, x and y are not longer than a coordinate of the curve");
    return true;
}

/* What OpenSSL checks: of RSA, that p and q are primes, n their product, and d, dp, dq and qi what
 * they should be; of EC, that the point is on the curve and is d times the base point. */
static bool fit_together(const struct material *m, struct quoth_error *err)
{
    AUTO(pkey_ctx) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, m->pkey, NULL);
    if (ctx && EVP_PKEY_pairwise_check(ctx) == 1)
        return true;
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    quoth_fail(err, QUOTH_KEY_MALFORMED, "key", QUOTH_NO_OFFSET,
               "its parts do not belong together: %s", reason ? reason : "no such key");
    crypto_forget_errors();
    return false;
}

bool material_from_parts(const struct material_parts *parts, struct material **ret_material,
                         struct quoth_error *err)
{
    AUTO(buffer) struct buffer hold = {0}, stored = {0};
    AUTO(material) struct material *m = NULL;
    struct material_parts p = *parts;
    if (!crypto_init(err))
        return false;
    strip(&p);
    if ((p.type == MATERIAL_RSA && !rsa_parts(&p, &hold, err)) ||
        (p.type == MATERIAL_EC && !ec_parts(&p, err)) || !material_stored_write(&p, &stored, err) ||
        !material_import(p.type, buffer_bytes(&stored), &m, err) ||
        (m->pkey && !fit_together(m, err)))
        return false;
    *ret_material = take(m);
    return true;
}
