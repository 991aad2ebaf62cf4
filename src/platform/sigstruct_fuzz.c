#include "platform/sigstruct.h"

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct bytes in = {data, len};
    struct quoth_error err = {0};
    struct sigstruct s;

    if (sigstruct_read(in, &s, &err)) {
        require(len == SIGSTRUCT_SIZE && err.code == QUOTH_OK);
        require(bytes_equal(bytes_slice(in, 960, 32), BYTES_OF(s.body.mr_enclave)));
    } else {
        require(err.code == QUOTH_SIGSTRUCT_MALFORMED || err.code == QUOTH_SIGSTRUCT_SIGNATURE);
        require(err.message[0] != '\0' && err.offset <= len);
    }
    return 0;
}
