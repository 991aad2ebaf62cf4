/* Any text: what the strict reader takes is byte for byte what pem_encode writes, and the lenient
 * one takes it too; both end and never leave the text. */
#include "codec/pem.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct bytes in = {data, len};
    struct quoth_error err = {0}, lenient_err = {0};
    struct reader strict = {.in = in, .err = &err}, lenient = {.in = in, .err = &lenient_err};

    while (reader_left(&strict) > 0) {
        AUTO(buffer) struct buffer der = {0}, same = {0}, again = {0};
        const size_t at = strict.pos;
        if (!pem_next(&strict, "CERTIFICATE", &der)) {
            require(der.len == 0 && err.code == QUOTH_PEM && err.offset <= len);
            break;
        }
        pem_encode("CERTIFICATE", buffer_bytes(&der), &again);
        require(der.len > 0);
        require(bytes_equal(buffer_bytes(&again), bytes_slice(in, at, strict.pos - at)));
        require(pem_next_lenient(&lenient, "CERTIFICATE", &same));
        require(bytes_equal(buffer_bytes(&der), buffer_bytes(&same)));
    }
    while (reader_left(&lenient) > 0) {
        AUTO(buffer) struct buffer der = {0};
        const size_t left = reader_left(&lenient);
        if (!pem_next_lenient(&lenient, "CERTIFICATE", &der)) {
            require(der.len == 0 && lenient_err.code == QUOTH_PEM && lenient_err.offset <= len);
            break;
        }
        require(der.len > 0 && reader_left(&lenient) < left);
    }
    require(pem_count(in) <= len / 11);
    return 0;
}
