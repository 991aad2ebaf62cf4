/* Whatever is read is as complete as its CA demands, and is read the same again. */
#include "tee/dcap/pck.h"

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct bytes in = {data, len};
    struct quoth_error err = {0};
    struct pck pck;

    if (pck_read(in, &pck, &err)) {
        require(err.code == QUOTH_OK);
        require(pck.sgx_type <= SGX_SCALABLE_WITH_INTEGRITY);
        require(len > (pck.is_platform ? 500 : 400)); /* no entry can be left out */
    } else {
        require(err.code != QUOTH_OK && err.message[0] != '\0');
        require(err.offset == QUOTH_NO_OFFSET || err.offset <= len);
    }
    return 0;
}
