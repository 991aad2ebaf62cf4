/* Strings and their escapes, RFC 8259 section 7. */
#include "codec/hex.h"
#include "codec/json_node.h"

/* The number in "\uXXXX" at the given place, or -1. */
static int32_t code_unit(struct bytes text, size_t at)
{
    int32_t unit = 0;
    if (text.len < at + 6 || text.data[at] != '\\' || text.data[at + 1] != 'u')
        return -1;
    for (size_t i = at + 2; i < at + 6; i++) {
        const int digit = hex_digit(text.data[i]);
        if (digit < 0)
            return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

static size_t unicode_escape(struct bytes text, uint32_t *ret_point, const char **ret_expected)
{
    const int32_t first = code_unit(text, 0);
    *ret_expected = first < 0 ? "four hexadecimal digits after \\u" : "a pair of surrogates";
    if (first < 0 || (first >= 0xDC00 && first <= 0xDFFF))
        return 0;
    if (first < 0xD800 || first > 0xDFFF) {
        *ret_point = (uint32_t)first;
        return 6;
    }
    const int32_t second = code_unit(text, 6);
    if (second < 0xDC00 || second > 0xDFFF)
        return 0;
    *ret_point = 0x10000 + ((uint32_t)(first - 0xD800) << 10 | (uint32_t)(second - 0xDC00));
    return 12;
}

size_t json_escape(struct bytes text, uint32_t *ret_point, const char **ret_expected)
{
    static const uint8_t simple[128] = {
        ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
        ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t',
    };
    const uint8_t letter = text.len > 1 ? text.data[1] : 0;
    if (letter == 'u')
        return unicode_escape(text, ret_point, ret_expected);
    *ret_expected = "an escape of RFC 8259";
    if (letter >= sizeof simple || simple[letter] == 0)
        return 0;
    *ret_point = simple[letter];
    return 2;
}

/* UTF-8 of a code point that is no surrogate. */
static size_t put_utf8(uint32_t point, uint8_t to[4])
{
    static const uint8_t lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    const size_t len = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = len; i-- > 1; point >>= 6)
        to[i] = (uint8_t)(0x80 | (point & 0x3F));
    to[0] = (uint8_t)(lead[len] | point);
    return len;
}

int json_cursor_next(struct json_cursor *cursor)
{
    if (cursor->pending_at < cursor->pending_len)
        return cursor->pending[cursor->pending_at++];
    if (cursor->at >= cursor->raw.len)
        return JSON_CURSOR_END;
    if (cursor->raw.data[cursor->at] != '\\')
        return cursor->raw.data[cursor->at++];
    uint32_t point = 0;
    const char *expected;
    cursor->at += json_escape(bytes_slice(cursor->raw, cursor->at, SIZE_MAX), &point, &expected);
    cursor->pending_len = put_utf8(point, cursor->pending);
    cursor->pending_at = 1;
    return cursor->pending[0];
}

static size_t run_without_escapes(struct bytes raw, size_t at)
{
    const struct bytes rest = bytes_slice(raw, at, raw.len);
    const uint8_t *escape = memchr(rest.data, '\\', rest.len);
    return escape ? (size_t)(escape - rest.data) : rest.len;
}

void json_text(struct json string, struct buffer *text)
{
    if (json_type(string) != JSON_STRING)
        return;
    const struct bytes raw = json_node_text(string.doc, &string.doc->nodes[string.index]);
    for (size_t at = 0; at < raw.len;) {
        const size_t run = run_without_escapes(raw, at);
        buffer_add(text, bytes_slice(raw, at, run));
        at += run;
        if (at == raw.len)
            break;
        uint8_t utf8[4];
        uint32_t point = 0;
        const char *expected;
        at += json_escape(bytes_slice(raw, at, raw.len), &point, &expected);
        buffer_add(text, (struct bytes){utf8, put_utf8(point, utf8)});
    }
}

struct bytes json_plain(struct json string)
{
    if (json_type(string) != JSON_STRING || string.doc->nodes[string.index].escaped)
        return (struct bytes){0};
    const struct json_node *node = &string.doc->nodes[string.index];
    return (struct bytes){string.doc->text.data + node->at, node->len};
}

bool json_text_matches(struct json string, const char *text, bool fold)
{
    if (json_type(string) != JSON_STRING)
        return false;
    struct json_cursor cursor = {.raw =
                                     json_node_text(string.doc, &string.doc->nodes[string.index])};
    for (;; text++) {
        const int c = json_cursor_next(&cursor), wanted = *text ? (uint8_t)*text : JSON_CURSOR_END;
        if (fold ? json_lower(c) != json_lower(wanted) : c != wanted)
            return false;
        if (c == JSON_CURSOR_END)
            return true;
    }
}

bool json_text_is(struct json string, const char *text)
{
    return json_text_matches(string, text, false);
}
