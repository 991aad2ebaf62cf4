#include "crypto/crl.h"

#include "codec/der.h"
#include "crypto/x509_parts.h"

static void refuse_critical(const struct x509_extensions *e, const char *field)
{
    char oid[64];
    quoth_fail(e->in.err, QUOTH_CRL_UNSUPPORTED, field, e->value.pos,
               "the critical extension %s is not known", der_oid_text(e->oid, oid, sizeof oid));
}

/* A reason or a date of invalidity changes nothing: what is listed is revoked. certificateIssuer
 * would, and is critical. */
static struct bytes entry_read(struct reader *entries)
{
    struct reader entry;
    der_take_tag(entries, DER_SEQUENCE, &entry, "revokedCertificates");
    const struct bytes serial = der_integer(&entry, "revokedCertificates.userCertificate");
    der_time(&entry, "revokedCertificates.revocationDate");
    if (der_peek_tag(&entry, DER_SEQUENCE)) {
        struct x509_extensions e = {0};
        der_take_tag(&entry, DER_SEQUENCE, &e.in, "revokedCertificates.crlEntryExtensions");
        while (x509_extensions_next(&e, QUOTH_CRL_MALFORMED))
            if (e.critical)
                refuse_critical(&e, "revokedCertificates.crlEntryExtensions");
    }
    reader_end(&entry, "revokedCertificates");
    return serial;
}

static void revoked_read(struct reader *tbs, struct crl *c)
{
    if (!der_peek_tag(tbs, DER_SEQUENCE))
        return;
    const size_t start = tbs->pos;
    struct reader entries;
    der_take_tag(tbs, DER_SEQUENCE, &entries, "revokedCertificates");
    c->revoked = bytes_slice(entries.in, entries.pos, reader_left(&entries));
    while (reader_ok(&entries) && reader_left(&entries) > 0) {
        entry_read(&entries);
        c->revoked_count++;
    }
    if (reader_ok(tbs) && c->revoked_count == 0)
        quoth_fail(tbs->err, QUOTH_CRL_MALFORMED, "revokedCertificates", start,
                   "is empty; it must be absent then");
}

static void number_read(struct reader *value, struct crl *c)
{
    const size_t start = value->pos;
    c->number = der_integer(value, "cRLNumber");
    if (c->number.len > 20)
        quoth_fail(value->err, QUOTH_CRL_MALFORMED, "cRLNumber", start,
                   "has %zu bytes, limit is 20", c->number.len);
}

static void extension_read(struct x509_extensions *e, struct crl *c)
{
    static const uint8_t authority_key_id[] = {0x55, 0x1D, 0x23};           /* 2.5.29.35 */
    static const uint8_t crl_number[] = {0x55, 0x1D, 0x14};                 /* 2.5.29.20 */
    static const uint8_t delta_crl_indicator[] = {0x55, 0x1D, 0x1B};        /* 2.5.29.27 */
    static const uint8_t issuing_distribution_point[] = {0x55, 0x1D, 0x1C}; /* 2.5.29.28 */

    if (bytes_equal(e->oid, BYTES_OF(authority_key_id))) {
        c->aki = x509_authority_key_id_read(&e->value);
        reader_end(&e->value, "authorityKeyIdentifier");
    } else if (bytes_equal(e->oid, BYTES_OF(crl_number))) {
        number_read(&e->value, c);
        reader_end(&e->value, "cRLNumber");
    } else if (bytes_equal(e->oid, BYTES_OF(delta_crl_indicator)) ||
               bytes_equal(e->oid, BYTES_OF(issuing_distribution_point))) {
        /* must be critical, but a partial list is partial all the same */
        quoth_fail(e->in.err, QUOTH_CRL_UNSUPPORTED, "crlExtensions", e->value.pos,
                   "is a delta list, or one for some certificates only");
    } else if (e->critical) {
        refuse_critical(e, "crlExtensions");
    }
}

static void extensions_read(struct reader *tbs, struct crl *c)
{
    if (!der_peek_tag(tbs, DER_CONTEXT(0)))
        return;
    struct reader wrapper;
    struct x509_extensions e = {0};
    der_take_tag(tbs, DER_CONTEXT(0), &wrapper, "crlExtensions");
    der_take_tag(&wrapper, DER_SEQUENCE, &e.in, "crlExtensions");
    while (x509_extensions_next(&e, QUOTH_CRL_MALFORMED))
        extension_read(&e, c);
    reader_end(&wrapper, "crlExtensions");
}

static void version_read(struct reader *tbs)
{
    const size_t start = tbs->pos;
    if (!der_peek_tag(tbs, DER_INTEGER) || der_small_uint(tbs, UINT8_MAX, "version") != 1)
        quoth_fail(tbs->err, QUOTH_CRL_UNSUPPORTED, "version", start, "is not v2");
}

static void times_read(struct reader *tbs, struct crl *c)
{
    const size_t start = tbs->pos;
    c->this_update = der_time(tbs, "thisUpdate");
    if (!der_peek_tag(tbs, DER_UTC_TIME) && !der_peek_tag(tbs, DER_GENERALIZED_TIME))
        quoth_fail(tbs->err, QUOTH_CRL_UNSUPPORTED, "nextUpdate", tbs->pos, "is absent");
    c->next_update = der_time(tbs, "nextUpdate");
    if (c->this_update > c->next_update)
        quoth_fail(tbs->err, QUOTH_CRL_MALFORMED, "nextUpdate", start, "lies before thisUpdate");
}

static void tbs_read(struct reader *outer, struct crl *c)
{
    struct reader tbs;
    c->tbs = der_peek_span(outer, "tbsCertList");
    der_take_tag(outer, DER_SEQUENCE, &tbs, "tbsCertList");
    version_read(&tbs);
    x509_algorithm_read(&tbs, QUOTH_CRL_UNSUPPORTED, "signature");
    c->issuer = x509_name_read(&tbs, &c->issuer_cn, "issuer");
    times_read(&tbs, c);
    revoked_read(&tbs, c);
    extensions_read(&tbs, c);
    reader_end(&tbs, "tbsCertList");
}

bool crl_read(struct bytes der, struct crl *ret_crl, struct quoth_error *err)
{
    struct crl c = {.der = der};
    struct reader r = {.in = der, .err = err};
    struct reader outer;

    if (der.len > CRL_SIZE_MAX)
        return quoth_fail(err, QUOTH_TOO_LARGE, "crl", 0, "has %zu bytes, limit is %u", der.len,
                          CRL_SIZE_MAX);
    der_take_tag(&r, DER_SEQUENCE, &outer, "crl");
    tbs_read(&outer, &c);
    x509_algorithm_read(&outer, QUOTH_CRL_UNSUPPORTED, "signatureAlgorithm");
    x509_signature_read(&outer, c.signature, "signatureValue");
    reader_end(&outer, "crl");
    reader_end(&r, "crl");
    if (!reader_ok(&r))
        return false;
    *ret_crl = c;
    return true;
}

bool crl_signed_by(const struct crl *crl, const struct p256_public *issuer_key)
{
    const struct sha256 digest = sha256_of(crl->tbs);
    return p256_verify(issuer_key, &digest, BYTES_OF(crl->signature));
}

static struct bytes without_leading_zeros(struct bytes number)
{
    size_t zeros = 0;
    while (zeros < number.len && number.data[zeros] == 0)
        zeros++;
    return bytes_slice(number, zeros, number.len);
}

bool crl_lists(const struct crl *crl, struct bytes serial)
{
    struct quoth_error err = {0};
    struct reader entries = {.in = crl->revoked, .err = &err};
    const struct bytes wanted = without_leading_zeros(serial);
    while (reader_ok(&entries) && reader_left(&entries) > 0)
        if (bytes_equal(without_leading_zeros(entry_read(&entries)), wanted))
            return true;
    return !reader_ok(&entries); /* crl_read has read them before, but if not: revoked */
}
