#include "platform/measure.h"

#include "tests/fuzz/fuzz.h"

/* Records that are accepted measure to the hash of their bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct bytes in = {data, len};
    struct quoth_error err = {0};
    AUTO(measure) struct measure *m = NULL;
    struct sha256 mr_enclave;

    require(measure_open(NULL, &m, &err));
    if (measure_sgxs(m, in, &err)) {
        const struct sha256 whole = sha256_of(in);
        require(measure_finish(m, &mr_enclave, &err) && sha256_equal(&mr_enclave, &whole));
    } else {
        require(err.code == QUOTH_MALFORMED && err.offset <= len && err.message[0] != '\0');
    }
    return 0;
}
