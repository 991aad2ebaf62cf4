/* Whatever is read has levels from newest to oldest, each once. */
#include "tee/dcap/qe_identity.h"
#include "tee/dcap/signed_json.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct bytes in = {data, len};
    struct quoth_error err = {0};
    AUTO(signed_json) struct signed_json json = {0};
    AUTO(qe_identity) struct qe_identity identity = {0};

    if (signed_json_read(in, "enclaveIdentity", &json, &err) &&
        qe_identity_read(json.inner, &identity, &err)) {
        const struct isv_levels *l = &identity.levels;
        require(l->count > 0 && l->count <= LEVELS_MAX);
        for (size_t i = 1; i < l->count; i++)
            require(l->items[i - 1].isvsvn > l->items[i].isvsvn);
        require(isv_levels_match(l, UINT16_MAX) == &l->items[0].level);
    } else {
        require(err.code != QUOTH_OK && err.message[0] != '\0' && identity.levels.count == 0);
        require(err.offset == QUOTH_NO_OFFSET || err.offset <= len);
    }
    return 0;
}
