#include "codec/der.h"
#include "crypto/material_inside.h"

#define OID_RSA "1.2.840.113549.1.1.1"        /* RFC 8017 A.1 */
#define OID_EC_PUBLIC_KEY "1.2.840.10045.2.1" /* RFC 5480 2.1.1 */

static void write_rsa(const struct material_parts *p, struct buffer *algorithm, struct buffer *key)
{
    const struct bytes numbers[] = {p->n, p->e, p->d, p->p, p->q, p->dp, p->dq, p->qi};
    AUTO(buffer) struct buffer inside = {0};
    der_write_oid(algorithm, OID_RSA);
    der_write_null(algorithm);
    der_write_integer_u64(&inside, 0); /* two primes */
    for (size_t i = 0; i < COUNT(numbers); i++)
        der_write_integer(&inside, numbers[i]);
    key->failed |= inside.failed;
    der_write_tlv(key, DER_SEQUENCE, buffer_bytes(&inside));
}

/* As wide as the curve: the caller has seen that it fits. */
static void add_wide(struct buffer *to, struct bytes number, size_t width)
{
    const struct bytes rest = number_strip(number);
    buffer_fill(to, width - rest.len, 0);
    buffer_add(to, rest);
}

static void write_ec(const struct material_parts *p, const struct curve *curve,
                     struct buffer *algorithm, struct buffer *key)
{
    AUTO(buffer) struct buffer inside = {0}, scalar = {0}, point = {0}, bits = {0};
    der_write_oid(algorithm, OID_EC_PUBLIC_KEY);
    der_write_oid(algorithm, curve->oid);
    add_wide(&scalar, p->d, curve->width);
    buffer_u8(&point, 0x04);
    add_wide(&point, p->x, curve->width);
    add_wide(&point, p->y, curve->width);
    der_write_integer_u64(&inside, 1); /* ecPrivkeyVer1 */
    der_write_tlv(&inside, DER_OCTET_STRING, buffer_bytes(&scalar));
    der_write_bit_string(&bits, buffer_bytes(&point));
    der_write_tlv(&inside, DER_CONTEXT(1), buffer_bytes(&bits));
    key->failed |= inside.failed | scalar.failed | point.failed | bits.failed;
    der_write_tlv(key, DER_SEQUENCE, buffer_bytes(&inside));
}

bool material_stored_write(const struct material_parts *parts, struct buffer *ret_stored,
                           struct quoth_error *err)
{
    AUTO(buffer) struct buffer algorithm = {0}, key = {0}, info = {0};
    const struct curve *curve = NULL;
    if (parts->type == MATERIAL_OCT) {
        buffer_add(ret_stored, parts->k);
        return buffer_ok(ret_stored, err);
    }
    if (parts->type == MATERIAL_RSA)
        write_rsa(parts, &algorithm, &key);
    else if (material_check_curve(parts->curve, &curve, err))
        write_ec(parts, curve, &algorithm, &key);
    else
        return false;
    der_write_integer_u64(&info, 0);
    der_write_tlv(&info, DER_SEQUENCE, buffer_bytes(&algorithm));
    der_write_tlv(&info, DER_OCTET_STRING, buffer_bytes(&key));
    info.failed |= algorithm.failed | key.failed;
    der_write_tlv(ret_stored, DER_SEQUENCE, buffer_bytes(&info));
    ret_stored->failed |= info.failed;
    return buffer_ok(ret_stored, err);
}

static void read_rsa(struct reader *algorithm, struct reader *key, struct material_parts *p)
{
    struct bytes *const numbers[] = {&p->n, &p->e, &p->d, &p->p, &p->q, &p->dp, &p->dq, &p->qi};
    struct reader inside;
    der_expect_oid(algorithm, OID_RSA, "algorithm");
    der_null(algorithm, "algorithm.parameters");
    der_take_tag(key, DER_SEQUENCE, &inside, "RSAPrivateKey");
    der_small_uint(&inside, 0, "RSAPrivateKey.version");
    for (size_t i = 0; i < COUNT(numbers); i++)
        *numbers[i] = der_integer(&inside, "RSAPrivateKey");
    reader_end(&inside, "RSAPrivateKey");
}

static void read_ec(struct reader *algorithm, struct reader *key, struct material_parts *p)
{
    struct reader inside, bits;
    der_expect_oid(algorithm, OID_EC_PUBLIC_KEY, "algorithm");
    const struct curve *curve = curve_by_oid(der_oid(algorithm, "algorithm.parameters"));
    der_take_tag(key, DER_SEQUENCE, &inside, "ECPrivateKey");
    if (der_small_uint(&inside, 1, "ECPrivateKey.version") != 1)
        quoth_fail(key->err, QUOTH_KEY_MALFORMED, "ECPrivateKey.version", QUOTH_NO_OFFSET,
                   "is not 1");
    p->d = der_content(&inside, DER_OCTET_STRING, "ECPrivateKey.privateKey");
    der_take_tag(&inside, DER_CONTEXT(1), &bits, "ECPrivateKey.publicKey");
    struct reader point = {.in = der_bit_string(&bits, "ECPrivateKey.publicKey"), .err = key->err};
    reader_end(&bits, "ECPrivateKey.publicKey");
    reader_end(&inside, "ECPrivateKey");
    const size_t width = curve ? curve->width : 0;
    if (!curve || p->d.len != width || reader_u8(&point, "point") != 0x04)
        quoth_fail(key->err, QUOTH_KEY_MALFORMED, "ECPrivateKey", QUOTH_NO_OFFSET,
                   "has no curve that vaults have, or is not as wide as its curve");
    p->x = reader_take(&point, width, "point.x");
    p->y = reader_take(&point, width, "point.y");
    reader_end(&point, "point");
    p->curve = curve ? bytes_of_text(curve->name) : (struct bytes){0};
}

static bool read_info(enum material_type type, struct bytes stored, struct material_parts *p,
                      struct quoth_error *err)
{
    struct reader r = {.in = stored, .err = err}, info, algorithm;
    der_take_tag(&r, DER_SEQUENCE, &info, "PrivateKeyInfo");
    der_small_uint(&info, 0, "PrivateKeyInfo.version");
    der_take_tag(&info, DER_SEQUENCE, &algorithm, "algorithm");
    struct reader key = {.in = der_content(&info, DER_OCTET_STRING, "privateKey"), .err = err};
    (type == MATERIAL_RSA ? read_rsa : read_ec)(&algorithm, &key, p);
    reader_end(&key, "privateKey");
    reader_end(&algorithm, "algorithm");
    reader_end(&info, "PrivateKeyInfo");
    return reader_end(&r, "PrivateKeyInfo");
}

bool material_stored_read(enum material_type type, struct bytes stored,
                          struct material_parts *ret_parts, struct quoth_error *err)
{
    struct material_parts parts = {.type = type};
    struct quoth_error inner = {0};
    if (type == MATERIAL_OCT)
        parts.k = stored;
    else if (!read_info(type, stored, &parts, &inner))
        return quoth_fail(err, QUOTH_KEY_MALFORMED, inner.where, inner.offset,
                          "is not the PKCS #8 of a vault's key: %s", inner.message);
    *ret_parts = parts;
    return true;
}
