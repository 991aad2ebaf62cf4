/* Whatever stands in the header: what comes out is printable, no longer than what went in, and
 * begins with a certificate. */
#include "fetch/issuer_chain.h"

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer pem = {0};
    if (!issuer_chain_decode((struct bytes){data, len}, &pem, &err)) {
        require(err.code == QUOTH_SOURCE_ANSWER && err.offset <= len && pem.len == 0);
        return 0;
    }
    require(pem.len <= len && len <= ISSUER_CHAIN_MAX);
    require(memcmp(pem.data, "-----BEGIN CERTIFICATE-----", 27) == 0);
    for (size_t i = 0; i < pem.len; i++)
        require(pem.data[i] == '\n' || pem.data[i] == '\r' ||
                (pem.data[i] >= 0x20 && pem.data[i] < 0x7F));
    return 0;
}
