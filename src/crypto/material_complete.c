/* The primes of an RSA key from n, e and d: NIST SP 800-56B rev. 2, appendix C.1. e d - 1 is a
 * multiple of what every base has as its order, so its halves lead to a square root of 1 that is
 * neither 1 nor -1, for half of all bases at least. */
#include "crypto/init.h"
#include "crypto/material_inside.h"

#include <openssl/bn.h>

#define BASES_MAX 40 /* one key in 2^40 would need more */

struct work { /* all of them secrets, but n and e */
    BN_CTX *ctx;
    BIGNUM *n, *e, *d, *p, *q, *dp, *dq, *qi;
    BIGNUM *one, *minus_one, *odd, *y, *x;
    int halvings; /* e d - 1 is odd times two to this */
};

static void work_clear(struct work *w)
{
    if (w->ctx)
        BN_CTX_end(w->ctx);
    BN_CTX_free(w->ctx); /* wipes */
}
DEFINE_AUTO_VALUE(work, struct work, work_clear)

static bool work_init(struct work *w, const struct material_parts *parts)
{
    BIGNUM **const all[] = {&w->n,  &w->e,   &w->d,         &w->p,   &w->q, &w->dp, &w->dq,
                            &w->qi, &w->one, &w->minus_one, &w->odd, &w->y, &w->x};
    w->ctx = BN_CTX_secure_new();
    if (!w->ctx)
        return false;
    BN_CTX_start(w->ctx);
    for (size_t i = 0; i < COUNT(all); i++) {
        *all[i] = BN_CTX_get(w->ctx);
        if (!*all[i])
            return false;
        BN_set_flags(*all[i], BN_FLG_CONSTTIME);
    }
    return BN_bin2bn(parts->n.data, (int)parts->n.len, w->n) &&
           BN_bin2bn(parts->e.data, (int)parts->e.len, w->e) &&
           BN_bin2bn(parts->d.data, (int)parts->d.len, w->d) && BN_one(w->one) &&
           BN_sub(w->minus_one, w->n, w->one) == 1;
}

/* False as well if it is odd: then no key has these three. */
static bool split_exponent(struct work *w)
{
    if (BN_mul(w->odd, w->e, w->d, w->ctx) != 1 || BN_sub_word(w->odd, 1) != 1 ||
        BN_is_zero(w->odd) || BN_is_odd(w->odd))
        return false;
    while (!BN_is_bit_set(w->odd, w->halvings))
        w->halvings++;
    return BN_rshift(w->odd, w->odd, w->halvings) == 1;
}

/* ROOT leaves in y a root of 1 that is neither 1 nor -1. Another base may do when this one leads
 * straight to 1 or to -1; none will when it leads to neither. */
static enum outcome { ROOT, ANOTHER_BASE, NO_KEY } find_root(struct work *w)
{
    if (BN_priv_rand_range(w->x, w->n) != 1 || BN_mod_exp(w->y, w->x, w->odd, w->n, w->ctx) != 1)
        return NO_KEY;
    if (BN_is_one(w->y))
        return ANOTHER_BASE;
    for (int i = 0; i < w->halvings; i++) {
        if (BN_cmp(w->y, w->minus_one) == 0)
            return ANOTHER_BASE;
        if (BN_mod_sqr(w->x, w->y, w->n, w->ctx) != 1)
            return NO_KEY;
        if (BN_is_one(w->x))
            return ROOT;
        BN_swap(w->x, w->y);
    }
    return NO_KEY;
}

static bool find_primes(struct work *w)
{
    enum outcome found = ANOTHER_BASE;
    for (int i = 0; i < BASES_MAX && found == ANOTHER_BASE; i++)
        found = find_root(w);
    return found == ROOT && BN_sub_word(w->y, 1) == 1 && BN_gcd(w->p, w->y, w->n, w->ctx) == 1 &&
           BN_div(w->q, NULL, w->n, w->p, w->ctx) == 1;
}

static bool find_rest(struct work *w)
{
    if (BN_cmp(w->p, w->q) < 0)
        BN_swap(w->p, w->q);
    return BN_sub(w->x, w->p, w->one) == 1 && BN_mod(w->dp, w->d, w->x, w->ctx) == 1 &&
           BN_sub(w->y, w->q, w->one) == 1 && BN_mod(w->dq, w->d, w->y, w->ctx) == 1 &&
           BN_mod_inverse(w->qi, w->q, w->p, w->ctx);
}

/* All five, as wide as the modulus, one after the other. */
static bool keep(const struct work *w, struct material_parts *parts, struct buffer *hold)
{
    const BIGNUM *const from[] = {w->p, w->q, w->dp, w->dq, w->qi};
    struct bytes *const to[] = {&parts->p, &parts->q, &parts->dp, &parts->dq, &parts->qi};
    const size_t width = parts->n.len;
    uint8_t *at = buffer_extend(hold, COUNT(from) * width);
    for (size_t i = 0; at && i < COUNT(from); i++) {
        if (BN_bn2binpad(from[i], at + i * width, (int)width) < 0)
            return false;
        *to[i] = (struct bytes){at + i * width, width};
    }
    return at;
}

bool material_complete(struct material_parts *parts, struct buffer *hold, struct quoth_error *err)
{
    AUTO(work) struct work w = {0};
    if (!work_init(&w, parts) || !split_exponent(&w) || !find_primes(&w) || !find_rest(&w) ||
        !keep(&w, parts, hold)) {
        crypto_forget_errors();
        return quoth_fail(err, QUOTH_KEY_MALFORMED, "key", QUOTH_NO_OFFSET,
                          "n, e and d do not belong together");
    }
    return true;
}
