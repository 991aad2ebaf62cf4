/* An Intel TDX guest: the quote of its trust domain, by configfs-tsm. Source: Linux,
 * drivers/virt/coco/tdx-guest (attester.md 2.5). */
#include "attester/tsm.h"
#include "tee/dcap/quote.h"

#define PROVIDER "tdx_guest"

static bool probe(const char *root, struct quoth_error *err)
{
    char provider[TSM_PROVIDER_MAX];
    if (!tsm_provider(root, provider, err))
        return false;
    return strcmp(provider, PROVIDER) == 0 ||
           quoth_mismatch(err, QUOTH_TEE_ABSENT, "configfs-tsm.provider", QUOTH_NO_OFFSET, provider,
                          PROVIDER);
}

/* Drivers of some kernels give what the host left of its buffer behind the quote: it ends where its
 * own length says. */
static bool check(struct buffer *outblob, const uint8_t report_data[REPORT_DATA_SIZE],
                  struct quoth_error *err)
{
    struct quoth_error inner = {0};
    struct dcap_quote quote;
    size_t len;
    if (!quote_length(buffer_bytes(outblob), &len, &inner) ||
        !quote_read_of(bytes_slice(buffer_bytes(outblob), 0, len), DCAP_TDX, &quote, &inner))
        return quoth_fail(err, QUOTH_EVIDENCE_FAILED, inner.where, inner.offset, "%s",
                          inner.message);
    if (!bytes_equal(quote_report_data(&quote), (struct bytes){report_data, REPORT_DATA_SIZE}))
        return quoth_fail(err, QUOTH_EVIDENCE_FAILED, "quote.body.report_data", QUOTH_NO_OFFSET,
                          "is not what was asked for");
    outblob->len = len;
    return true;
}

static bool evidence(const char *root, const uint8_t report_data[REPORT_DATA_SIZE],
                     struct buffer *ret_evidence, struct quoth_error *err)
{
    AUTO(buffer) struct buffer outblob = {0};
    if (!tsm_report(root, report_data, &outblob, err) || !check(&outblob, report_data, err))
        return false;
    *ret_evidence = take_value(outblob);
    return true;
}

const struct attester_driver attester_tdx = {
    .name = "tdx",
    .probe = probe,
    .evidence = evidence,
};
