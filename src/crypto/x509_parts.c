#include "crypto/x509_parts.h"

#include "base/text.h"
#include "codec/der.h"

void x509_algorithm_read(struct reader *r, enum quoth_code code, const char *field)
{
    static const uint8_t ecdsa_with_sha256[] = {0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86,
                                                0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02};
    const size_t start = r->pos;
    if (!bytes_equal(der_take_span(r, field), BYTES_OF(ecdsa_with_sha256)))
        quoth_fail(r->err, code, field, start, "is not ecdsa-with-SHA256 without parameters");
}

static bool is_printable(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           (c != 0 && strchr(" '()+,-./:=?", c));
}

static bool is_plain_utf8(struct bytes text)
{
    for (size_t at = 0; at < text.len;) {
        const size_t len = text_utf8_len(bytes_slice(text, at, text.len));
        if (len == 0 || text.data[at] < 0x20 || text.data[at] == 0x7F)
            return false;
        at += len;
    }
    return true;
}

static bool is_printable_string(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!is_printable(text.data[i]))
            return false;
    return true;
}

static struct bytes attribute_value(struct reader *r, const char *field)
{
    const size_t start = r->pos;
    const bool is_utf8 = der_peek_tag(r, DER_UTF8_STRING);
    const struct bytes value =
        der_content(r, is_utf8 ? DER_UTF8_STRING : DER_PRINTABLE_STRING, field);
    if (value.len == 0 || !(is_utf8 ? is_plain_utf8(value) : is_printable_string(value)))
        quoth_fail(r->err, QUOTH_MALFORMED, field, start,
                   "has an empty attribute, or characters that its type does not allow");
    return value;
}

struct bytes x509_name_read(struct reader *r, struct bytes *ret_cn, const char *field)
{
    static const uint8_t common_name[] = {0x55, 0x04, 0x03}; /* 2.5.4.3 */
    const size_t start = r->pos;
    const struct bytes name = der_peek_span(r, field);
    struct bytes cn = {0};
    struct reader rdns, rdn, attribute;

    der_take_tag(r, DER_SEQUENCE, &rdns, field);
    if (reader_ok(r) && reader_left(&rdns) == 0)
        quoth_fail(r->err, QUOTH_MALFORMED, field, start, "is empty");
    while (reader_ok(r) && reader_left(&rdns) > 0) {
        der_take_tag(&rdns, DER_SET, &rdn, field);
        der_take_tag(&rdn, DER_SEQUENCE, &attribute, field);
        const struct bytes type = der_oid(&attribute, field);
        const struct bytes value = attribute_value(&attribute, field);
        reader_end(&attribute, field);
        reader_end(&rdn, field);
        if (!bytes_equal(type, BYTES_OF(common_name)))
            continue;
        if (cn.len > 0)
            quoth_fail(r->err, QUOTH_UNSUPPORTED, field, start, "has more than one commonName");
        cn = value;
    }
    if (!reader_ok(r))
        return (struct bytes){0};
    *ret_cn = cn;
    return name;
}

/* Right-aligned in 32 bytes. */
static void number_read(struct reader *r, uint8_t *to, const char *field)
{
    const size_t start = r->pos;
    const struct bytes number = der_integer(r, field);
    if (number.len > 32) {
        quoth_fail(r->err, QUOTH_MALFORMED, field, start, "has %zu bytes, a number of P-256 has 32",
                   number.len);
        return;
    }
    memset(to, 0, 32);
    bytes_copy(to + 32 - number.len, number);
}

void x509_ecdsa_read(struct reader *r, uint8_t raw[P256_SIGNATURE_SIZE], const char *field)
{
    struct reader numbers;
    der_take_tag(r, DER_SEQUENCE, &numbers, field);
    number_read(&numbers, raw, field);
    number_read(&numbers, raw + 32, field);
    reader_end(&numbers, field);
}

void x509_signature_read(struct reader *r, uint8_t raw[P256_SIGNATURE_SIZE], const char *field)
{
    const struct bytes bits = der_bit_string(r, field);
    /* read in place, so that offsets of errors are those of the whole */
    struct reader inside = {
        .in = bytes_slice(r->in, 0, r->pos), .pos = r->pos - bits.len, .err = r->err};
    x509_ecdsa_read(&inside, raw, field);
    reader_end(&inside, field);
}

static bool is_seen(const struct x509_extensions *e)
{
    for (unsigned i = 0; i < e->count; i++)
        if (bytes_equal(e->seen[i], e->oid))
            return true;
    return false;
}

bool x509_extensions_next(struct x509_extensions *e, enum quoth_code code)
{
    if (!reader_ok(&e->in))
        return false;
    if (reader_left(&e->in) == 0) {
        if (e->count == 0)
            quoth_fail(e->in.err, code, "extensions", e->in.pos, "is an empty list");
        return false;
    }
    const size_t start = e->in.pos;
    struct reader extension;
    der_take_tag(&e->in, DER_SEQUENCE, &extension, "extension");
    e->oid = der_oid(&extension, "extension.extnID");
    e->critical = false;
    if (der_peek_tag(&extension, DER_BOOLEAN)) {
        const size_t at = extension.pos;
        e->critical = der_bool(&extension, "extension.critical");
        if (!e->critical)
            quoth_fail(e->in.err, code, "extension.critical", at,
                       "writes the default FALSE, which DER leaves out");
    }
    der_take_tag(&extension, DER_OCTET_STRING, &e->value, "extension.extnValue");
    reader_end(&extension, "extension");
    if (e->count == X509_EXTENSIONS_MAX)
        quoth_fail(e->in.err, code, "extensions", start, "are more than %d", X509_EXTENSIONS_MAX);
    else if (is_seen(e))
        quoth_fail(e->in.err, code, "extension", start, "stands twice");
    else
        e->seen[e->count++] = e->oid;
    return reader_ok(&e->in);
}

struct bytes x509_authority_key_id_read(struct reader *value)
{
    struct reader sequence;
    der_take_tag(value, DER_SEQUENCE, &sequence, "authorityKeyIdentifier");
    const size_t start = sequence.pos;
    const struct bytes id =
        der_content(&sequence, DER_CONTEXT_PRIMITIVE(0), "authorityKeyIdentifier.keyIdentifier");
    if (reader_ok(value) && id.len == 0)
        quoth_fail(value->err, QUOTH_MALFORMED, "authorityKeyIdentifier", start, "is empty");
    reader_end(&sequence, "authorityKeyIdentifier");
    return id;
}
