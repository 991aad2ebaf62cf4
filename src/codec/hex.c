#include "codec/hex.h"

#include "base/text.h"

#include <stdio.h>

static const char lower_digits[] = "0123456789abcdef";
static const char upper_digits[] = "0123456789ABCDEF";

static void encode(struct bytes data, const char *digits, uint8_t *to)
{
    for (size_t i = 0; i < data.len; i++) {
        to[2 * i] = (uint8_t)digits[data.data[i] >> 4];
        to[2 * i + 1] = (uint8_t)digits[data.data[i] & 0x0F];
    }
}

static void encode_to_buffer(struct bytes data, const char *digits, struct buffer *to)
{
    uint8_t *room = data.len ? buffer_extend(to, 2 * data.len) : NULL;
    if (room)
        encode(data, digits, room);
}

void hex_encode(struct bytes data, struct buffer *to)
{
    encode_to_buffer(data, lower_digits, to);
}

void hex_encode_upper(struct bytes data, struct buffer *to)
{
    encode_to_buffer(data, upper_digits, to);
}

int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20; /* letters to lower case */
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool refuse_character(struct bytes text, size_t at, struct quoth_error *err)
{
    char found[16];
    return quoth_mismatch(err, QUOTH_HEX, NULL, at,
                          text_escape(found, sizeof found, bytes_slice(text, at, 1)),
                          "a hexadecimal digit");
}

/* text.len is even and to has room for half of it. */
static bool decode(struct bytes text, uint8_t *to, struct quoth_error *err)
{
    for (size_t i = 0; i < text.len; i += 2) {
        const int high = hex_digit(text.data[i]), low = hex_digit(text.data[i + 1]);
        if (high < 0)
            return refuse_character(text, i, err);
        if (low < 0)
            return refuse_character(text, i + 1, err);
        to[i / 2] = (uint8_t)(high << 4 | low);
    }
    return true;
}

bool hex_decode(struct bytes text, struct buffer *ret_data, struct quoth_error *err)
{
    if (text.len % 2 != 0)
        return quoth_fail(err, QUOTH_HEX, NULL, text.len, "has an odd number of digits, %zu",
                          text.len);
    const size_t before = ret_data->len;
    uint8_t *to = buffer_extend(ret_data, text.len / 2);
    if (!to)
        return buffer_ok(ret_data, err);
    if (decode(text, to, err))
        return true;
    ret_data->len = before;
    return false;
}

bool hex_decode_fixed(struct bytes text, uint8_t *ret_data, size_t len, struct quoth_error *err)
{
    if (text.len != 2 * len) {
        char found[32], expected[32];
        snprintf(found, sizeof found, "%zu characters", text.len);
        snprintf(expected, sizeof expected, "%zu hexadecimal digits", 2 * len);
        return quoth_mismatch(err, QUOTH_HEX, NULL, 0, found, expected);
    }
    for (size_t i = 0; i < text.len; i++) /* first all of it: ret_data is untouched on failure */
        if (hex_digit(text.data[i]) < 0)
            return refuse_character(text, i, err);
    return decode(text, ret_data, err);
}

char *hex_text(struct bytes data, char *to, size_t size)
{
    const bool fits = data.len <= (size - 1) / 2;
    const struct bytes shown = bytes_slice(data, 0, fits ? data.len : (size - 4) / 2);
    encode(shown, lower_digits, (uint8_t *)to);
    snprintf(to + 2 * shown.len, size - 2 * shown.len, "%s", fits ? "" : "...");
    return to;
}
