#include "tee/dcap/quote.h"

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct bytes in = {data, len};
    struct quoth_error err = {0};
    struct dcap_quote quote;
    size_t quote_len = 0;

    if (quote_read(in, &quote, &err)) {
        require(err.code == QUOTH_OK);
        require(quote.raw.len + quote.padding == len);
        require(quote.raw.len >= 1020 && quote.signed_part.len >= 432);
        require(quote_report_data(&quote).len == REPORT_DATA_SIZE);
        require(quote.signature.len == 64 && quote.attestation_key.len == 64);
        require(quote.qe_signature.len == 64 && quote.qe_report.raw.len == SGX_REPORT_BODY_SIZE);
        require(quote_length(in, &quote_len, &err) && quote_len == quote.raw.len);
    } else {
        require(err.code != QUOTH_OK && err.message[0] != '\0');
        require(err.offset == QUOTH_NO_OFFSET || err.offset <= len);
    }
    return 0;
}
