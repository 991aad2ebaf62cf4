#include "platform/enclave_config.h"

#include "tests/fuzz/fuzz.h"

/* Both forms: what an author may write has one measured form, which is read back as itself. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct bytes in = {data, len};
    struct quoth_error err = {0};
    AUTO(enclave_config) struct enclave_config authors = {0}, measured = {0}, again = {0};
    AUTO(buffer) struct buffer warnings = {0}, one = {0}, two = {0};

    if (enclave_config_read(in, &authors, &warnings, &err)) {
        require(authors.exe && authors.key && authors.heap_mib > 0);
        require(enclave_config_write_measured(&authors, &one, &err));
        require(enclave_config_read_measured(buffer_bytes(&one), &again, &err));
        require(enclave_config_write_measured(&again, &two, &err));
        require(bytes_equal(buffer_bytes(&one), buffer_bytes(&two)));
    } else {
        require(err.code != QUOTH_OK && err.message[0] != '\0');
    }
    err = (struct quoth_error){0};
    buffer_clear(&one);
    if (enclave_config_read_measured(in, &measured, &err)) {
        require(enclave_config_write_measured(&measured, &one, &err));
        require(bytes_equal(in, buffer_bytes(&one)));
    } else {
        require(err.code != QUOTH_OK && err.message[0] != '\0');
    }
    return 0;
}
