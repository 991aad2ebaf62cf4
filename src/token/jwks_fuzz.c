/* A set that is accepted has keys, each found by its own name and by no second one. */
#include "tests/fuzz/fuzz.h"
#include "token/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct quoth_error err = {0};
    struct jwks set = {0};
    if (jwks_read((struct bytes){data, len}, &set, &err)) {
        require(set.count > 0 && set.count <= JWKS_KEYS_MAX);
        for (size_t i = 0; i < set.count; i++) {
            require(jwks_find(&set, set.keys[i].kid) == set.keys[i].key);
            require(public_key_kind(set.keys[i].key) == KEY_KIND_RSA);
        }
    } else {
        require(err.code != QUOTH_OK && err.message[0] != '\0' && set.count == 0);
    }
    jwks_clear(&set);
    return 0;
}
