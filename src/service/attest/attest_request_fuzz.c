#include "service/attest/attest_request.h"

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char *const members[] = {"quote", "report"};
    for (size_t i = 0; i < COUNT(members); i++) {
        struct quoth_error err = {0};
        AUTO(attest_request) struct attest_request r = {0};
        if (!attest_request_read((struct bytes){data, len}, members[i], &r, &err)) {
            require(err.code != QUOTH_OK && err.message[0] != '\0' && r.evidence.data == NULL);
            continue;
        }
        require(r.evidence.len <= len && r.runtime.len <= HELD_DATA_MAX &&
                r.init_time.len <= HELD_DATA_MAX && r.nonce.len <= NONCE_MAX);
        require((r.runtime_kind == HELD_NONE) <= (r.runtime.len == 0));
        require(r.has_nonce || r.nonce.len == 0);
    }
    struct quoth_error err = {0};
    if (!attest_check_version((struct bytes){data, len}, &err))
        require(err.code != QUOTH_OK);
    return 0;
}
