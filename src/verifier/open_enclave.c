#include "verifier/open_enclave.h"

#include "tee/dcap/quote.h"

enum {
    REPORT_HEADER_SIZE = 16,
    REPORT_VERSION = 1,
    REPORT_SGX_LOCAL = 1,
    REPORT_SGX_REMOTE = 2,
    EVIDENCE_VERSION = 3,
};

static const uint8_t sgx_ecdsa[16] = {0xa3, 0xa2, 0x1e, 0x87, 0x1b, 0x4d, 0x40, 0x14,
                                      0xb7, 0x0a, 0xa1, 0x25, 0xd2, 0xfb, 0xcd, 0x8c};
static const uint8_t legacy_report_remote[16] = {0xc8, 0x30, 0x34, 0x54, 0xd9, 0x23, 0x4c, 0x2c,
                                                 0xa6, 0x91, 0xdf, 0x7d, 0xef, 0x46, 0x0a, 0x76};
static const uint8_t raw_sgx_quote[16] = {0x19, 0x23, 0xd9, 0x1e, 0x12, 0xd2, 0x4c, 0x72,
                                          0xb2, 0x20, 0x25, 0xcd, 0x8d, 0xac, 0xe8, 0x71};

bool open_enclave_is_report(struct bytes data)
{
    return data.len >= REPORT_HEADER_SIZE && bytes_u32le(data, 0) == REPORT_VERSION &&
           bytes_u32le(data, 4) <= REPORT_SGX_REMOTE;
}

/* A quote of version 3 has its key type, which is not zero, in the upper half of this word. */
bool open_enclave_is_evidence(struct bytes data)
{
    return data.len >= 32 && bytes_u32le(data, 0) == EVIDENCE_VERSION;
}

static bool refuse(struct reader *r, const char *where, size_t offset, const char *what)
{
    return quoth_fail(r->err, QUOTH_EVIDENCE_FORM, where, offset, "%s", what);
}

/* The rest of the reader, if it is as long as the header says. */
static struct bytes take_rest(struct reader *r, uint64_t size, const char *where)
{
    if (reader_ok(r) && size != reader_left(r))
        quoth_fail(r->err, QUOTH_EVIDENCE_FORM, where, r->pos - 8,
                   "says that %llu bytes follow, and %zu do", (unsigned long long)size,
                   reader_left(r));
    return reader_take(r, reader_left(r), where);
}

static struct bytes take_report(struct reader *r)
{
    const size_t start = r->pos;
    const uint32_t version = reader_u32le(r, "report_header.version");
    if (reader_ok(r) && version != REPORT_VERSION)
        refuse(r, "report_header.version", start, "is not an Open Enclave report of version 1");
    const uint32_t type = reader_u32le(r, "report_header.type");
    if (reader_ok(r) && type == REPORT_SGX_LOCAL)
        refuse(r, "report_header.type", start + 4,
               "is a local report, which only enclaves on the same machine can verify");
    else if (reader_ok(r) && type != REPORT_SGX_REMOTE)
        refuse(r, "report_header.type", start + 4, "is not an SGX remote report");
    return take_rest(r, reader_u64le(r, "report_header.size"), "report_header.size");
}

/* All that is read here says that an SGX quote is inside (dcap.md 5, item 38). What looks like no
 * quote at all is for the reader of quotes to refuse. */
static bool is_of_sgx(struct bytes quote, struct quoth_error *err)
{
    enum dcap_tee tee;
    return !quote_peek_tee(quote, &tee) || tee == DCAP_SGX ||
           quoth_fail(err, QUOTH_EVIDENCE_FORM, "quote.header.tee_type", QUOTH_NO_OFFSET,
                      "is a TDX quote, and its wrapper says SGX");
}

bool open_enclave_read_report(struct bytes data, struct bytes *ret_quote, struct quoth_error *err)
{
    struct reader r = {.in = data, .err = err};
    const struct bytes quote = take_report(&r);
    if (!reader_ok(&r) || !is_of_sgx(quote, err))
        return false;
    *ret_quote = quote;
    return true;
}

/* Custom claims stand behind the quote, which says itself how long it is. */
static bool split_claims(struct bytes data, struct open_enclave_evidence *e,
                         struct quoth_error *err)
{
    size_t len;
    if (!quote_length(data, &len, err))
        return false;
    e->quote = bytes_slice(data, 0, len);
    e->custom_claims = bytes_slice(data, len, data.len - len);
    e->has_custom_claims = true;
    return true;
}

bool open_enclave_read_evidence(struct bytes data, struct open_enclave_evidence *ret_evidence,
                                struct quoth_error *err)
{
    struct open_enclave_evidence e = {0};
    struct reader r = {.in = data, .err = err};
    const uint32_t version = reader_u32le(&r, "attestation_header.version");
    if (reader_ok(&r) && version != EVIDENCE_VERSION)
        refuse(&r, "attestation_header.version", 0, "is not Open Enclave evidence of version 3");
    const struct bytes format = reader_take(&r, 16, "attestation_header.format");
    reader_zeros(&r, 4, "attestation_header.padding");
    const uint64_t size = reader_u64le(&r, "attestation_header.size");
    const struct bytes inside = take_rest(&r, size, "attestation_header.size");
    if (!reader_ok(&r))
        return false;

    if (bytes_equal(format, BYTES_OF(sgx_ecdsa))) {
        if (!split_claims(inside, &e, err))
            return false;
    } else if (bytes_equal(format, BYTES_OF(legacy_report_remote))) {
        if (!open_enclave_read_report(inside, &e.quote, err))
            return false;
    } else if (bytes_equal(format, BYTES_OF(raw_sgx_quote))) {
        e.quote = inside;
    } else {
        return refuse(&r, "attestation_header.format", 4,
                      "is not a format that holds an SGX quote");
    }
    if (!is_of_sgx(e.quote, err))
        return false;
    *ret_evidence = e;
    return true;
}
