/* What reads as a token is in its one form: encoding what was decoded gives the text again. */
#include "codec/base64.h"
#include "tests/fuzz/fuzz.h"
#include "token/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct bytes in = {data, len};
    struct quoth_error err = {0};
    struct token t = {0};
    if (token_read(in, &t, &err)) {
        struct buffer text = {0};
        base64url_encode(buffer_bytes(&t.header_text), &text);
        buffer_u8(&text, '.');
        base64url_encode(buffer_bytes(&t.payload_text), &text);
        require(bytes_equal(buffer_bytes(&text), t.signing_input));
        buffer_u8(&text, '.');
        base64url_encode(buffer_bytes(&t.signature), &text);
        require(bytes_equal(buffer_bytes(&text), in));
        require(t.alg[sizeof t.alg - 1] == '\0' && t.kid[sizeof t.kid - 1] == '\0');
        buffer_clear(&text);
    } else {
        require(err.code != QUOTH_OK && err.message[0] != '\0' && t.header_text.data == NULL);
    }
    token_clear(&t);
    return 0;
}
