#include "keys/tpm_wrapped.h"

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct bytes in = {data, len};
    struct quoth_error err = {0};
    struct tpm_wrapped w;
    AUTO(buffer) struct buffer again = {0};

    if (tpm_wrapped_read(in, &w, &err)) {
        tpm_wrapped_write(&w, &again);
        require(err.code == QUOTH_OK && bytes_equal(buffer_bytes(&again), in));
    } else
        require(err.code == QUOTH_SEAL_BROKEN && err.offset <= len && err.message[0] != '\0');
    return 0;
}
