#include "tee/dcap/quote.h"

#include <stdio.h>

enum {
    KEY_TYPE_ECDSA_P256 = 2,
    QE_REPORT_CERTIFICATION = 6, /* the outer certification data of versions 4 and 5 */
    BODY_SGX = 1,
    BODY_TD_10 = 2,
    BODY_TD_15 = 3,
};

static const uint8_t intel_qe_vendor[16] = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
                                            0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};

/* Refuses a number that is not the one wanted, as a mismatch between hexadecimal texts. */
static void expect_number(struct reader *r, enum quoth_code code, const char *field, size_t offset,
                          uint32_t found, uint32_t expected)
{
    char f[16], e[16];
    if (found == expected)
        return;
    snprintf(f, sizeof f, "0x%x", found);
    snprintf(e, sizeof e, "0x%x", expected);
    quoth_mismatch(r->err, code, field, offset, f, e);
}

static void read_header(struct reader *r, struct dcap_quote *q)
{
    const size_t start = r->pos;

    q->version = reader_u16le(r, "header.version");
    if (reader_ok(r) && (q->version < 3 || q->version > 5))
        quoth_fail(r->err, QUOTH_UNSUPPORTED, "header.version", start,
                   "found version %u, expected 3, 4 or 5", q->version);
    const uint16_t key_type = reader_u16le(r, "header.att_key_type");
    expect_number(r, QUOTH_UNSUPPORTED, "header.att_key_type", start + 2, key_type,
                  KEY_TYPE_ECDSA_P256);
    const uint32_t tee = reader_u32le(r, "header.tee_type");
    if (q->version == 3)
        expect_number(r, QUOTH_MALFORMED, "header.reserved", start + 4, tee, 0);
    else if (tee != DCAP_SGX)
        expect_number(r, QUOTH_UNSUPPORTED, "header.tee_type", start + 4, tee, DCAP_TDX);
    q->tee = tee == DCAP_TDX ? DCAP_TDX : DCAP_SGX;
    q->qe_svn = reader_u16le(r, "header.qe_svn"); /* reserved from version 4 on, yet signed */
    q->pce_svn = reader_u16le(r, "header.pce_svn");
    const struct bytes vendor = reader_take(r, 16, "header.qe_vendor_id");
    if (reader_ok(r) && !bytes_equal(vendor, BYTES_OF(intel_qe_vendor)))
        quoth_fail(r->err, QUOTH_UNSUPPORTED, "header.qe_vendor_id", start + 12,
                   "is not Intel's quoting enclave");
    q->user_data = reader_take(r, 20, "header.user_data");
}

/* Version 5 says which body follows; it must be one that the TEE type can have. */
static uint16_t read_body_descriptor(struct reader *r, enum dcap_tee tee)
{
    static const uint32_t sizes[] = {
        [BODY_SGX] = SGX_REPORT_BODY_SIZE,
        [BODY_TD_10] = TD_REPORT_10_BODY_SIZE,
        [BODY_TD_15] = TD_REPORT_15_BODY_SIZE,
    };
    const size_t start = r->pos;
    const uint16_t type = reader_u16le(r, "body.type");
    const bool known =
        tee == DCAP_SGX ? type == BODY_SGX : type == BODY_TD_10 || type == BODY_TD_15;
    if (reader_ok(r) && !known)
        quoth_fail(r->err, QUOTH_UNSUPPORTED, "body.type", start,
                   "type %u is not a body of TEE type 0x%x that is understood", type, tee);
    const uint32_t size = reader_u32le(r, "body.size");
    if (reader_ok(r))
        expect_number(r, QUOTH_MALFORMED, "body.size", start + 2, size, sizes[type]);
    return type;
}

static void read_body(struct reader *r, struct dcap_quote *q)
{
    uint16_t type = q->tee == DCAP_SGX ? BODY_SGX : BODY_TD_10;
    if (q->version == 5)
        type = read_body_descriptor(r, q->tee);
    q->body_offset = r->pos;
    if (!reader_ok(r))
        return;
    if (type == BODY_SGX)
        sgx_report_read(r, &q->sgx);
    else
        td_report_read(r, type == BODY_TD_15, &q->td);
}

/* Types 1 to 3: which certificate is meant. In QVL's sample a type 1 lacks the PCE ID. */
static void read_pck_name(struct reader *r, struct certification *c, size_t ppid_len)
{
    c->ppid = reader_take(r, ppid_len, "certification.ppid");
    c->cpusvn = reader_take(r, 16, "certification.cpusvn");
    c->pcesvn = reader_u16le(r, "certification.pcesvn");
    if (c->type != CERTIFICATION_PPID || reader_left(r) > 0)
        c->pceid = reader_take(r, 2, "certification.pceid");
    reader_end(r, "certification.data");
}

static void read_certification(struct reader *r, struct certification *c)
{
    const size_t start = r->pos;
    const uint16_t type = reader_u16le(r, "certification.type");
    const uint32_t size = reader_u32le(r, "certification.size");
    c->offset = r->pos;
    c->data = reader_take(r, size, "certification.data");
    c->type = (enum certification_type)type;
    if (!reader_ok(r))
        return;

    struct reader inside = {
        .in = {r->in.data, r->pos},
          .pos = c->offset, .err = r->err
    };
    switch (type) {
    case CERTIFICATION_PPID:
        read_pck_name(&inside, c, 16);
        break;
    case CERTIFICATION_RSA_2048:
        read_pck_name(&inside, c, 256);
        break;
    case CERTIFICATION_RSA_3072:
        read_pck_name(&inside, c, 384);
        break;
    case CERTIFICATION_PCK_CHAIN:
        if (size == 0)
            quoth_fail(r->err, QUOTH_MALFORMED, "certification.data", c->offset, "is empty");
        break;
    default:
        quoth_fail(r->err, QUOTH_UNSUPPORTED, "certification.type", start,
                   "found type %u, expected 1, 2, 3 or 5", type);
    }
}

static void read_qe_certification(struct reader *r, struct dcap_quote *q)
{
    sgx_report_read(r, &q->qe_report);
    q->qe_signature = reader_take(r, 64, "qe_report.signature");
    const uint16_t auth_len = reader_u16le(r, "qe_auth_data.size");
    q->auth_data = reader_take(r, auth_len, "qe_auth_data");
    read_certification(r, &q->certification);
}

/* From version 4 on the QE's report and what certifies it are nested in certification data. */
static void read_outer_certification(struct reader *r, struct dcap_quote *q)
{
    const size_t start = r->pos;
    const uint16_t type = reader_u16le(r, "certification.outer_type");
    expect_number(r, QUOTH_UNSUPPORTED, "certification.outer_type", start, type,
                  QE_REPORT_CERTIFICATION);
    const uint32_t size = reader_u32le(r, "certification.outer_size");
    const size_t inside_start = r->pos;
    (void)reader_take(r, size, "certification.outer_data");
    if (!reader_ok(r))
        return;
    struct reader inside = {
        .in = {r->in.data, r->pos},
          .pos = inside_start, .err = r->err
    };
    read_qe_certification(&inside, q);
    reader_end(&inside, "certification.outer_data");
}

static void read_signature_data(struct reader *r, struct dcap_quote *q)
{
    q->signature = reader_take(r, 64, "signature.quote");
    q->attestation_key = reader_take(r, 64, "signature.attestation_key");
    if (q->version == 3)
        read_qe_certification(r, q);
    else
        read_outer_certification(r, q);
    reader_end(r, "signature");
}

/* Drivers hand out buffers that are larger than the quote, filled with zeros. Anything else behind
 * a quote is not ours to carry on (dcap.md 1.7). */
static void read_padding(struct reader *r, struct dcap_quote *q)
{
    const size_t len = reader_left(r);
    if (len > QUOTE_PADDING_MAX)
        quoth_fail(r->err, QUOTH_TOO_LARGE, "padding", r->pos, "has %zu bytes, limit is %u", len,
                   QUOTE_PADDING_MAX);
    reader_zeros(r, len, "padding");
    q->padding = len;
}

/* Header, body, and a reader over the signature data that follows them. */
static void read_signed_part(struct reader *r, struct dcap_quote *q, struct reader *ret_signature)
{
    read_header(r, q);
    read_body(r, q);
    q->signed_part = (struct bytes){r->in.data, r->pos};
    const uint32_t len = reader_u32le(r, "signature.size");
    const size_t start = r->pos;
    (void)reader_take(r, len, "signature");
    *ret_signature = (struct reader){
        .in = {r->in.data, r->pos},
          .pos = start, .err = r->err
    };
}

bool quote_length(struct bytes evidence, size_t *ret_len, struct quoth_error *err)
{
    struct dcap_quote q = {0};
    struct reader r = {.in = evidence, .err = err}, signature;
    read_signed_part(&r, &q, &signature);
    if (!reader_ok(&r))
        return quoth_within(err, "quote");
    *ret_len = r.pos;
    return true;
}

bool quote_read(struct bytes evidence, struct dcap_quote *ret_quote, struct quoth_error *err)
{
    struct dcap_quote q = {0};
    struct reader r = {.in = evidence, .err = err}, signature;
    if (evidence.len > QUOTE_SIZE_MAX)
        return quoth_fail(err, QUOTH_TOO_LARGE, "quote", QUOTH_NO_OFFSET,
                          "has %zu bytes, limit is %u", evidence.len, QUOTE_SIZE_MAX);
    read_signed_part(&r, &q, &signature);
    read_signature_data(&signature, &q);
    q.raw = (struct bytes){evidence.data, r.pos};
    read_padding(&r, &q);
    if (!reader_ok(&r))
        return quoth_within(err, "quote");
    *ret_quote = q;
    return true;
}

bool quote_read_of(struct bytes evidence, enum dcap_tee tee, struct dcap_quote *ret_quote,
                   struct quoth_error *err)
{
    if (!quote_read(evidence, ret_quote, err))
        return false;
    return ret_quote->tee == tee ||
           quoth_mismatch(err, QUOTH_UNSUPPORTED, "quote.header.tee_type", 4,
                          dcap_tee_text(ret_quote->tee), dcap_tee_text(tee));
}

bool quote_peek_tee(struct bytes evidence, enum dcap_tee *ret_tee)
{
    if (evidence.len < 48)
        return false;
    const uint16_t version = bytes_u16le(evidence, 0);
    const uint32_t tee = bytes_u32le(evidence, 4);
    if (version < 3 || version > 5 || (tee != DCAP_SGX && tee != DCAP_TDX))
        return false;
    *ret_tee = tee == DCAP_TDX ? DCAP_TDX : DCAP_SGX;
    return true;
}

struct bytes quote_report_data(const struct dcap_quote *q)
{
    return q->tee == DCAP_TDX ? q->td.report_data : q->sgx.report_data;
}
