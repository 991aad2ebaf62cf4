#include "codec/base64.h"

#include "base/text.h"

static const char standard_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static uint8_t *put_group(uint8_t *to, uint32_t bits, size_t count, const char *alphabet)
{
    for (size_t i = 0; i < count; i++)
        to[i] = (uint8_t)alphabet[bits >> (18 - 6 * i) & 0x3F];
    return to + count;
}

static void encode(struct bytes data, const char *alphabet, bool padded, struct buffer *to)
{
    const size_t whole = data.len / 3, rest = data.len % 3;
    const size_t last = rest == 0 ? 0 : rest + 1; /* characters of the last group */
    const size_t padding = padded && rest ? 4 - last : 0;
    uint8_t *out = data.len ? buffer_extend(to, whole * 4 + last + padding) : NULL;
    if (!out)
        return;
    const uint8_t *d = data.data;
    for (size_t i = 0; i < whole * 3; i += 3)
        out =
            put_group(out, (uint32_t)d[i] << 16 | (uint32_t)d[i + 1] << 8 | d[i + 2], 4, alphabet);
    if (rest) {
        const uint32_t second = rest == 2 ? d[whole * 3 + 1] : 0;
        out = put_group(out, (uint32_t)d[whole * 3] << 16 | second << 8, last, alphabet);
    }
    for (size_t i = 0; i < padding; i++)
        out[i] = '=';
}

void base64_encode(struct bytes data, struct buffer *to)
{
    encode(data, standard_alphabet, true, to);
}

void base64url_encode(struct bytes data, struct buffer *to)
{
    encode(data, url_alphabet, false, to);
}

/* The value of a character in the low six bits, and above them the alphabets that have it: of a
 * whole text, the conjunction of all tells whether one alphabet has them all. */
enum { STANDARD = 0x40, URL = 0x80, BOTH = STANDARD | URL, VALUE = 0x3F };

/* clang-format off */
static const uint8_t characters[256] = {
    ['A'] = BOTH | 0,  ['B'] = BOTH | 1,  ['C'] = BOTH | 2,  ['D'] = BOTH | 3,  ['E'] = BOTH | 4,
    ['F'] = BOTH | 5,  ['G'] = BOTH | 6,  ['H'] = BOTH | 7,  ['I'] = BOTH | 8,  ['J'] = BOTH | 9,
    ['K'] = BOTH | 10, ['L'] = BOTH | 11, ['M'] = BOTH | 12, ['N'] = BOTH | 13, ['O'] = BOTH | 14,
    ['P'] = BOTH | 15, ['Q'] = BOTH | 16, ['R'] = BOTH | 17, ['S'] = BOTH | 18, ['T'] = BOTH | 19,
    ['U'] = BOTH | 20, ['V'] = BOTH | 21, ['W'] = BOTH | 22, ['X'] = BOTH | 23, ['Y'] = BOTH | 24,
    ['Z'] = BOTH | 25, ['a'] = BOTH | 26, ['b'] = BOTH | 27, ['c'] = BOTH | 28, ['d'] = BOTH | 29,
    ['e'] = BOTH | 30, ['f'] = BOTH | 31, ['g'] = BOTH | 32, ['h'] = BOTH | 33, ['i'] = BOTH | 34,
    ['j'] = BOTH | 35, ['k'] = BOTH | 36, ['l'] = BOTH | 37, ['m'] = BOTH | 38, ['n'] = BOTH | 39,
    ['o'] = BOTH | 40, ['p'] = BOTH | 41, ['q'] = BOTH | 42, ['r'] = BOTH | 43, ['s'] = BOTH | 44,
    ['t'] = BOTH | 45, ['u'] = BOTH | 46, ['v'] = BOTH | 47, ['w'] = BOTH | 48, ['x'] = BOTH | 49,
    ['y'] = BOTH | 50, ['z'] = BOTH | 51, ['0'] = BOTH | 52, ['1'] = BOTH | 53, ['2'] = BOTH | 54,
    ['3'] = BOTH | 55, ['4'] = BOTH | 56, ['5'] = BOTH | 57, ['6'] = BOTH | 58, ['7'] = BOTH | 59,
    ['8'] = BOTH | 60, ['9'] = BOTH | 61,
    ['+'] = STANDARD | 62, ['/'] = STANDARD | 63,
    ['-'] = URL | 62,      ['_'] = URL | 63,
};
/* clang-format on */

enum padding { PADDED, UNPADDED, EITHER };

static bool refuse(struct bytes text, size_t at, const char *expected, struct quoth_error *err)
{
    char found[16];
    return quoth_mismatch(err, QUOTH_BASE64, NULL, at,
                          at < text.len ? text_escape(found, sizeof found, bytes_slice(text, at, 1))
                                        : "the end",
                          expected);
}

/* Says which character left no alphabet to read the text with. */
static bool refuse_character(struct bytes text, uint8_t allowed, struct quoth_error *err)
{
    size_t at = 0;
    uint8_t left = allowed;
    while (at < text.len && (left & characters[text.data[at]]))
        left &= characters[text.data[at++]];
    return refuse(text, at,
                  left == BOTH  ? "a character of base 64"
                  : left == URL ? "a character of base 64 for URLs"
                                : "a character of standard base 64",
                  err);
}

/* How many characters of padding end the text, at most two. */
static size_t padding_of(struct bytes text)
{
    size_t count = 0;
    while (count < 2 && count < text.len && text.data[text.len - 1 - count] == '=')
        count++;
    return count;
}

/* Decodes body, which has no padding, to the room at to. Gives the alphabets that have all of its
 * characters, and no bits if the unused ones at the end are not zero. */
static uint8_t decode_groups(struct bytes body, uint8_t *to, bool *ret_unused_zero)
{
    const uint8_t *in = body.data;
    const size_t whole = body.len / 4 * 4;
    uint8_t seen = BOTH;
    for (size_t i = 0; i < whole; i += 4) {
        const uint8_t a = characters[in[i]], b = characters[in[i + 1]];
        const uint8_t c = characters[in[i + 2]], d = characters[in[i + 3]];
        seen &= a & b & c & d;
        *to++ = (uint8_t)(a << 2 | (b & VALUE) >> 4);
        *to++ = (uint8_t)(b << 4 | (c & VALUE) >> 2);
        *to++ = (uint8_t)(c << 6 | (d & VALUE));
    }
    uint32_t bits = 0; /* of the last group, 24 if it were whole */
    for (size_t i = whole; i < body.len; i++) {
        seen &= characters[in[i]];
        bits |= (uint32_t)(characters[in[i]] & VALUE) << (18 - 6 * (i - whole));
    }
    for (size_t i = whole + 1; i < body.len; i++, bits = bits << 8 & 0xFFFFFF)
        *to++ = (uint8_t)(bits >> 16);
    *ret_unused_zero = bits == 0;
    return seen & BOTH;
}

static bool decode(struct bytes text, uint8_t allowed, enum padding padding,
                   struct buffer *ret_data, struct quoth_error *err)
{
    const size_t padded = padding == UNPADDED ? 0 : padding_of(text);
    const struct bytes body = bytes_slice(text, 0, text.len - padded);
    const size_t rest = body.len % 4, before = ret_data->len;
    const size_t due = rest ? 4 - rest : 0; /* of padding */
    uint8_t *to = buffer_extend(ret_data, body.len / 4 * 3 + (rest ? rest - 1 : 0));
    if (!to)
        return buffer_ok(ret_data, err);

    bool unused_zero;
    const uint8_t seen = decode_groups(body, to, &unused_zero);
    if (!(seen & allowed))
        refuse_character(body, allowed, err);
    else if (rest == 1)
        refuse(text, body.len, "one more character of base 64", err);
    else if (!unused_zero)
        refuse(text, body.len - 1, "a last character whose unused bits are zero", err);
    else if (padded > due)
        refuse(text, body.len + due, "the end", err);
    else if (padded < due && (padded || padding == PADDED))
        refuse(text, text.len, "padding to a multiple of four", err);
    else
        return true;
    ret_data->len = before;
    return false;
}

bool base64_decode(struct bytes text, struct buffer *ret_data, struct quoth_error *err)
{
    return decode(text, STANDARD, PADDED, ret_data, err);
}

bool base64url_decode(struct bytes text, struct buffer *ret_data, struct quoth_error *err)
{
    return decode(text, URL, UNPADDED, ret_data, err);
}

bool base64_decode_any(struct bytes text, struct buffer *ret_data, struct quoth_error *err)
{
    return decode(text, BOTH, EITHER, ret_data, err);
}
