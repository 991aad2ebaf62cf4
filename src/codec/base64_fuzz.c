/* Any text, hexadecimal too: what decodes has exactly one text per form, and this is it. */
#include "codec/base64.h"
#include "codec/hex.h"
#include "tests/fuzz/fuzz.h"

typedef bool decoder(struct bytes, struct buffer *, struct quoth_error *);

static bool decodes(decoder *decode, enum quoth_code code, struct bytes in, struct buffer *ret)
{
    struct quoth_error err = {0};
    const bool ok = decode(in, ret, &err);
    require(ok == (err.code == QUOTH_OK));
    require(ok || (err.code == code && err.offset <= in.len && ret->len == 0));
    return ok;
}

/* Whether the text without its padding is what this encoder gives, without its padding. */
static bool is_encoding(void (*encode)(struct bytes, struct buffer *), struct bytes data,
                        struct bytes text)
{
    AUTO(buffer) struct buffer again = {0};
    encode(data, &again);
    while (again.len > 0 && again.data[again.len - 1] == '=')
        again.len--;
    return bytes_equal(bytes_slice(text, 0, again.len), buffer_bytes(&again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct bytes in = {data, len};
    AUTO(buffer) struct buffer any = {0}, standard = {0}, url = {0}, hex = {0}, again = {0};
    const bool is_any = decodes(base64_decode_any, QUOTH_BASE64, in, &any);

    if (is_any)
        require(is_encoding(base64_encode, buffer_bytes(&any), in) ||
                is_encoding(base64url_encode, buffer_bytes(&any), in));
    if (decodes(base64_decode, QUOTH_BASE64, in, &standard)) {
        base64_encode(buffer_bytes(&standard), &again);
        require(is_any && bytes_equal(buffer_bytes(&again), in));
        require(bytes_equal(buffer_bytes(&standard), buffer_bytes(&any)));
    }
    again.len = 0;
    if (decodes(base64url_decode, QUOTH_BASE64, in, &url)) {
        base64url_encode(buffer_bytes(&url), &again);
        require(is_any && bytes_equal(buffer_bytes(&again), in));
        require(bytes_equal(buffer_bytes(&url), buffer_bytes(&any)));
    }
    if (decodes(hex_decode, QUOTH_HEX, in, &hex))
        require(2 * hex.len == len);
    return 0;
}
