#include "crypto/cert.h"

#include "codec/der.h"
#include "crypto/x509_parts.h"

/* keyUsage is a named bit list: bit 0 is the top bit of the first byte, and DER ends it with the
 * last bit that is set (X.690 11.2.2), so it has no zeros at its end and is not empty. */
static void key_usage_read(struct x509_extensions *e, struct cert *c)
{
    const size_t start = e->value.pos;
    c->has_key_usage = true;
    c->key_usage_critical = e->critical;
    const struct bytes bits = der_content(&e->value, DER_BIT_STRING, "keyUsage");
    const unsigned unused = bits.len > 0 ? bits.data[0] : 8;
    if (bits.len < 2 || bits.len > 3 || unused > 7 ||
        (bits.data[bits.len - 1] & ((2u << unused) - 1)) != 1u << unused) {
        quoth_fail(e->in.err, QUOTH_CERTIFICATE_MALFORMED, "keyUsage", start,
                   "is not a list of 1 to 16 bits that ends with a set one");
        return;
    }
    for (unsigned bit = 0; bit < 8 * (bits.len - 1); bit++)
        if (bits.data[1 + bit / 8] & 0x80 >> bit % 8)
            c->key_usage |= 1u << bit;
}

static void basic_constraints_read(struct x509_extensions *e, struct cert *c)
{
    const size_t start = e->value.pos;
    struct reader sequence;
    c->has_basic_constraints = true;
    c->basic_constraints_critical = e->critical;
    der_take_tag(&e->value, DER_SEQUENCE, &sequence, "basicConstraints");
    if (der_peek_tag(&sequence, DER_BOOLEAN)) {
        c->is_ca = der_bool(&sequence, "basicConstraints.cA");
        if (!c->is_ca)
            quoth_fail(e->in.err, QUOTH_CERTIFICATE_MALFORMED, "basicConstraints.cA", start,
                       "writes the default FALSE, which DER leaves out");
    }
    if (c->is_ca && der_peek_tag(&sequence, DER_INTEGER))
        c->path_len = (int)der_small_uint(&sequence, 255, "basicConstraints.pathLenConstraint");
    reader_end(&sequence, "basicConstraints"); /* a pathLenConstraint without cA ends here */
}

/* One point with one URI as its fullName; reasons and cRLIssuer would make the list a partial one.
 */
static void crl_distribution_points_read(struct x509_extensions *e, struct cert *c)
{
    static const char field[] = "cRLDistributionPoints";
    struct reader points, point, name, full_name;
    c->has_crl_distribution_points = true;
    der_take_tag(&e->value, DER_SEQUENCE, &points, field);
    der_take_tag(&points, DER_SEQUENCE, &point, field);
    der_take_tag(&point, DER_CONTEXT(0), &name, field);
    der_take_tag(&name, DER_CONTEXT(0), &full_name, field);
    c->crl_uri = der_content(&full_name, DER_CONTEXT_PRIMITIVE(6), field);
    reader_end(&full_name, field);
    reader_end(&name, field);
    reader_end(&point, field);
    reader_end(&points, field);
}

static void authority_key_id_read(struct x509_extensions *e, struct cert *c)
{
    c->aki = x509_authority_key_id_read(&e->value);
}

static void subject_key_id_read(struct x509_extensions *e, struct cert *c)
{
    const size_t start = e->value.pos;
    c->ski = der_content(&e->value, DER_OCTET_STRING, "subjectKeyIdentifier");
    if (c->ski.len == 0)
        quoth_fail(e->in.err, QUOTH_CERTIFICATE_MALFORMED, "subjectKeyIdentifier", start,
                   "is empty");
}

static void sgx_read(struct x509_extensions *e, struct cert *c)
{
    c->sgx = reader_take(&e->value, reader_left(&e->value), "sgx");
}

/* clang-format off */
static const struct known_extension {
    const char *name;
    struct bytes oid;
    void (*read)(struct x509_extensions *e, struct cert *c);
} known_extensions[] = {
    {"authorityKeyIdentifier", BYTES_INIT("\x55\x1D\x23"), authority_key_id_read       }, /* 2.5.29.35 */
    {"cRLDistributionPoints",  BYTES_INIT("\x55\x1D\x1F"), crl_distribution_points_read}, /* 2.5.29.31 */
    {"subjectKeyIdentifier",   BYTES_INIT("\x55\x1D\x0E"), subject_key_id_read         }, /* 2.5.29.14 */
    {"keyUsage",               BYTES_INIT("\x55\x1D\x0F"), key_usage_read              }, /* 2.5.29.15 */
    {"basicConstraints",       BYTES_INIT("\x55\x1D\x13"), basic_constraints_read      }, /* 2.5.29.19 */
    {"sgx",      BYTES_INIT("\x2A\x86\x48\x86\xF8\x4D\x01\x0D\x01"), sgx_read}, /* 1.2.840.113741.1.13.1 */
};
/* clang-format on */

static const struct known_extension *known(struct bytes oid)
{
    for (size_t i = 0; i < COUNT(known_extensions); i++)
        if (bytes_equal(known_extensions[i].oid, oid))
            return &known_extensions[i];
    return NULL;
}

static void extensions_read(struct reader *tbs, struct cert *c)
{
    struct reader wrapper;
    struct x509_extensions e = {0};
    der_take_tag(tbs, DER_CONTEXT(3), &wrapper, "extensions");
    der_take_tag(&wrapper, DER_SEQUENCE, &e.in, "extensions");
    while (x509_extensions_next(&e, QUOTH_CERTIFICATE_MALFORMED)) {
        const size_t start = e.value.pos;
        const struct known_extension *k = known(e.oid);
        if (k) {
            k->read(&e, c);
            reader_end(&e.value, k->name);
        } else if (e.critical) {
            char oid[64];
            quoth_fail(e.in.err, QUOTH_CERTIFICATE_UNSUPPORTED, "extension", start,
                       "the critical extension %s is not known", der_oid_text(e.oid, oid, 64));
        }
    }
    c->extension_count = e.count;
    reader_end(&wrapper, "extensions");
}

static void version_read(struct reader *tbs)
{
    const size_t start = tbs->pos;
    struct reader wrapper;
    der_take_tag(tbs, DER_CONTEXT(0), &wrapper, "version");
    if (der_small_uint(&wrapper, UINT8_MAX, "version") != 2)
        quoth_fail(tbs->err, QUOTH_CERTIFICATE_UNSUPPORTED, "version", start, "is not v3");
    reader_end(&wrapper, "version");
}

static void serial_read(struct reader *tbs, struct cert *c)
{
    const size_t start = tbs->pos;
    c->serial = der_integer(tbs, "serialNumber");
    if (c->serial.len > 20 || bytes_all_zero(c->serial))
        quoth_fail(tbs->err, QUOTH_CERTIFICATE_MALFORMED, "serialNumber", start,
                   "is not a number of 1 to 20 bytes from 1");
}

static void validity_read(struct reader *tbs, struct cert *c)
{
    const size_t start = tbs->pos;
    struct reader validity;
    der_take_tag(tbs, DER_SEQUENCE, &validity, "validity");
    c->not_before = der_time(&validity, "validity.notBefore");
    c->not_after = der_time(&validity, "validity.notAfter");
    reader_end(&validity, "validity");
    if (c->not_before > c->not_after)
        quoth_fail(tbs->err, QUOTH_CERTIFICATE_MALFORMED, "validity", start,
                   "ends before it begins");
}

/* Of the 91 bytes all but the point are fixed: id-ecPublicKey with prime256v1 (RFC 5480). */
static void key_read(struct reader *tbs, struct cert *c)
{
    static const uint8_t head[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48,
                                   0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
                                   0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
    const size_t start = tbs->pos;
    c->spki = der_take_span(tbs, "subjectPublicKeyInfo");
    c->point = bytes_slice(c->spki, sizeof head - 1, P256_POINT_SIZE);
    if (c->point.len != P256_POINT_SIZE ||
        !bytes_equal(bytes_slice(c->spki, 0, sizeof head), BYTES_OF(head)))
        quoth_fail(tbs->err, QUOTH_CERTIFICATE_UNSUPPORTED, "subjectPublicKeyInfo", start,
                   "is not an uncompressed P-256 key with named curve");
}

static void tbs_read(struct reader *outer, struct cert *c)
{
    struct reader tbs;
    c->tbs = der_peek_span(outer, "tbsCertificate");
    der_take_tag(outer, DER_SEQUENCE, &tbs, "tbsCertificate");
    version_read(&tbs);
    serial_read(&tbs, c);
    x509_algorithm_read(&tbs, QUOTH_CERTIFICATE_UNSUPPORTED, "signature");
    c->issuer = x509_name_read(&tbs, &c->issuer_cn, "issuer");
    validity_read(&tbs, c);
    c->subject = x509_name_read(&tbs, &c->subject_cn, "subject");
    key_read(&tbs, c);
    extensions_read(&tbs, c);
    reader_end(&tbs, "tbsCertificate");
}

bool cert_read(struct bytes der, struct cert *ret_cert, struct quoth_error *err)
{
    struct cert c = {.der = der, .path_len = CERT_NO_PATH_LEN};
    struct reader r = {.in = der, .err = err};
    struct reader outer;

    if (der.len > CERT_SIZE_MAX)
        return quoth_fail(err, QUOTH_TOO_LARGE, "certificate", 0, "has %zu bytes, limit is %d",
                          der.len, CERT_SIZE_MAX);
    der_take_tag(&r, DER_SEQUENCE, &outer, "certificate");
    tbs_read(&outer, &c);
    x509_algorithm_read(&outer, QUOTH_CERTIFICATE_UNSUPPORTED, "signatureAlgorithm");
    x509_signature_read(&outer, c.signature, "signatureValue");
    reader_end(&outer, "certificate");
    reader_end(&r, "certificate");
    if (!reader_ok(&r))
        return false;
    *ret_cert = c;
    return true;
}

bool cert_signed_by(const struct cert *cert, const struct p256_public *issuer_key)
{
    const struct sha256 digest = sha256_of(cert->tbs);
    return p256_verify(issuer_key, &digest, BYTES_OF(cert->signature));
}

bool cert_name_cn(struct bytes name, struct bytes *ret_cn, struct quoth_error *err)
{
    struct reader r = {.in = name, .err = err};
    struct bytes cn;
    x509_name_read(&r, &cn, "name");
    if (!reader_end(&r, "name"))
        return false;
    *ret_cn = cn;
    return true;
}
