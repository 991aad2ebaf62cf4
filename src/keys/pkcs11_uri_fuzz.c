#include "keys/pkcs11_uri.h"

#include "tests/fuzz/fuzz.h"

static bool ends_within(const char *text, size_t size)
{
    const size_t len = strnlen(text, size);
    return len > 0 && len < size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct quoth_error err = {0};
    struct pkcs11_uri uri;

    if (pkcs11_uri_read((struct bytes){data, len}, &uri, &err))
        require(err.code == QUOTH_OK && ends_within(uri.token, sizeof uri.token) &&
                ends_within(uri.object, sizeof uri.object) && uri.id_len <= sizeof uri.id &&
                ends_within(uri.module_path, sizeof uri.module_path) &&
                ends_within(uri.pin_source, sizeof uri.pin_source) && uri.pin_source[0] == '/' &&
                uri.module_path[0] == '/');
    else
        require(err.code == QUOTH_USAGE && err.message[0] != '\0' &&
                (err.offset <= len || err.offset == QUOTH_NO_OFFSET));
    return 0;
}
