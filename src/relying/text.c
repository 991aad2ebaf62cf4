#include <quoth/text.h>

#include "base/text.h"
#include "codec/base64.h"
#include "codec/hex.h"
#include "crypto/random.h"

#include <stdio.h>

bool quoth_hex_read(const char *text, uint8_t *ret_bytes, size_t len, struct quoth_error *err)
{
    return hex_decode_fixed(bytes_of_text(text), ret_bytes, len, err);
}

bool quoth_base64url(const uint8_t *bytes, size_t len, char **ret_text, struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0};
    base64url_encode((struct bytes){bytes, len}, &text);
    char *copy = buffer_take_text(&text, err);
    if (copy)
        *ret_text = copy;
    return copy != NULL;
}

char *quoth_escape(char *to, size_t size, const uint8_t *bytes, size_t len)
{
    return text_escape(to, size, (struct bytes){bytes, len});
}

bool quoth_random(uint8_t *ret_bytes, size_t len, struct quoth_error *err)
{
    return random_fill(ret_bytes, len, err);
}

char *quoth_explain(const struct quoth_error *err, char *to, size_t size)
{
    snprintf(to, size, "%s%s%s (hint: %s)", err->where, err->where[0] ? ": " : "", err->message,
             quoth_code_hint(err->code));
    return to;
}
