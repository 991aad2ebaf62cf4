#include "crypto/material.h"

#include "crypto/init.h"
#include "crypto/material_inside.h"

void material_free(struct material *m)
{
    if (!m)
        return;
    EVP_PKEY_free(m->pkey); /* wipes */
    buffer_clear(&m->stored);
    free(m);
}

struct bytes number_strip(struct bytes number)
{
    size_t zeros = 0;
    while (zeros < number.len && number.data[zeros] == 0)
        zeros++;
    return bytes_slice(number, zeros, number.len);
}

unsigned number_bits(struct bytes number)
{
    const struct bytes rest = number_strip(number);
    unsigned bits = 8 * (unsigned)rest.len;
    for (unsigned first = rest.len ? rest.data[0] : 0x80; first < 0x80; first <<= 1)
        bits--;
    return bits;
}

bool material_check_rsa(const struct material_parts *p, struct quoth_error *err)
{
    const struct bytes within[] = {p->d, p->p, p->q, p->dp, p->dq, p->qi};
    const unsigned bits = p->n.len > RSA_BITS_MAX / 8 ? 0 : number_bits(p->n);
    if (bits != 2048 && bits != 3072 && bits != 4096)
        return quoth_fail(err, QUOTH_KEY_UNSUPPORTED, "n", QUOTH_NO_OFFSET,
                          "RSA keys have 2048, 3072 or 4096 bits");
    if (!(p->n.data[p->n.len - 1] & 1))
        return quoth_fail(err, QUOTH_KEY_MALFORMED, "n", QUOTH_NO_OFFSET, "the modulus is even");
    if (p->e.len > 4 || number_bits(p->e) < 17 || !(p->e.data[p->e.len - 1] & 1))
        return quoth_fail(err, QUOTH_KEY_UNSUPPORTED, "e", QUOTH_NO_OFFSET,
                          "exponents are odd, from 65537, below 2^32");
    for (size_t i = 0; i < COUNT(within); i++)
        if (within[i].len > p->n.len)
            return quoth_fail(err, QUOTH_KEY_MALFORMED, "key", QUOTH_NO_OFFSET,
                              "d, p, q, dp, dq and qi are not longer than n");
    return true;
}

bool material_check_oct(size_t bits, struct quoth_error *err)
{
    return bits == 128 || bits == 192 || bits == 256 ||
           quoth_fail(err, QUOTH_KEY_UNSUPPORTED, "k", QUOTH_NO_OFFSET,
                      "symmetric keys have 128, 192 or 256 bits, not %zu", bits);
}

bool material_check_curve(struct bytes name, const struct curve **ret_curve,
                          struct quoth_error *err)
{
    const struct curve *curve = curve_by_name(name);
    if (!curve)
        return quoth_fail(err, QUOTH_KEY_UNSUPPORTED, "crv", QUOTH_NO_OFFSET,
                          "curves are P-256, P-384, P-521 and P-256K");
    *ret_curve = curve;
    return true;
}

/* What the parts say about themselves, before OpenSSL is asked. */
static bool measure(struct material *m, struct quoth_error *err)
{
    switch (m->type) {
    case MATERIAL_RSA:
        m->bits = number_bits(m->parts.n);
        return material_check_rsa(&m->parts, err);
    case MATERIAL_EC:
        if (!material_check_curve(m->parts.curve, &m->curve, err))
            return false;
        m->bits = m->curve->bits;
        return true;
    case MATERIAL_OCT:
        m->bits = 8 * (unsigned)m->parts.k.len;
        return material_check_oct(8 * m->parts.k.len, err);
    }
    return false;
}

bool material_import(enum material_type type, struct bytes stored, struct material **ret_material,
                     struct quoth_error *err)
{
    if (!crypto_init(err))
        return false;
    if (stored.len > PKCS8_MAX)
        return quoth_fail(err, QUOTH_TOO_LARGE, "key", QUOTH_NO_OFFSET, "is longer than 32 KiB");
    AUTO(material) struct material *m = calloc(1, sizeof *m);
    if (!m)
        return quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
    m->type = type;
    buffer_add(&m->stored, stored);
    if (!buffer_ok(&m->stored, err) ||
        !material_stored_read(type, buffer_bytes(&m->stored), &m->parts, err) || !measure(m, err) ||
        (type != MATERIAL_OCT && !material_pkey(&m->parts, m->curve, &m->pkey, err)))
        return false;
    *ret_material = take(m);
    return true;
}

bool material_export(const struct material *m, struct buffer *ret_stored, struct quoth_error *err)
{
    buffer_add(ret_stored, buffer_bytes(&m->stored));
    return buffer_ok(ret_stored, err);
}

enum material_type material_type(const struct material *m)
{
    return m->type;
}

unsigned material_bits(const struct material *m)
{
    return m->bits;
}

bool material_public(const struct material *m, struct pkcs8_public *ret_public,
                     struct quoth_error *err)
{
    AUTO(pkcs8_public) struct pkcs8_public p = {0};
    if (m->type == MATERIAL_OCT)
        return quoth_fail(err, QUOTH_INTERNAL, "key", QUOTH_NO_OFFSET, "has no public half");
    p.curve = m->curve ? m->curve->name : NULL;
    buffer_add(&p.a, m->curve ? m->parts.x : m->parts.n);
    buffer_add(&p.b, m->curve ? m->parts.y : m->parts.e);
    if (!buffer_ok(&p.a, err) || !buffer_ok(&p.b, err))
        return false;
    *ret_public = take_value(p);
    return true;
}
