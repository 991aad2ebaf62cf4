#include "base/text.h"

#include <stdio.h>

static bool is_continuation(uint8_t byte)
{
    return (byte & 0xC0) == 0x80;
}

size_t text_utf8_len(struct bytes in)
{
    if (in.len == 0)
        return 0;
    const uint8_t *s = in.data;
    if (s[0] < 0x80)
        return 1;
    const size_t len = s[0] >= 0xC2 && s[0] <= 0xDF   ? 2
                       : s[0] >= 0xE0 && s[0] <= 0xEF ? 3
                       : s[0] >= 0xF0 && s[0] <= 0xF4 ? 4
                                                      : 0;
    if (len == 0 || len > in.len)
        return 0;
    for (size_t i = 1; i < len; i++)
        if (!is_continuation(s[i]))
            return 0;
    /* overlong forms, surrogates and what lies beyond U+10FFFF */
    if ((s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F) ||
        (s[0] == 0xF0 && s[1] < 0x90) || (s[0] == 0xF4 && s[1] > 0x8F))
        return 0;
    return len;
}

static uint32_t code_point(const uint8_t *s, size_t len)
{
    static const uint8_t lead[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    uint32_t point = s[0] & lead[len];
    for (size_t i = 1; i < len; i++)
        point = point << 6 | (s[i] & 0x3F);
    return point;
}

/* Controls, and what reorders or breaks a line on the reader's screen. */
static bool is_harmful(uint32_t point)
{
    return point < 0x20 || (point >= 0x7F && point < 0xA0) || point == 0x061C ||
           (point >= 0x200B && point <= 0x200F) || (point >= 0x2028 && point <= 0x202E) ||
           (point >= 0x2066 && point <= 0x2069) || point == 0xFEFF;
}

char *text_escape(char *to, size_t size, struct bytes in)
{
    size_t used = 0, whole = 0; /* whole: where the dots would still fit */
    for (size_t at = 0; at < in.len;) {
        const struct bytes rest = bytes_slice(in, at, in.len);
        const size_t len = text_utf8_len(rest);
        const bool plain = len > 0 && !is_harmful(code_point(rest.data, len));
        const size_t need = plain ? len : 4;
        if (used + need >= size) {
            memcpy(to + whole, "...", 4);
            return to;
        }
        if (plain)
            memcpy(to + used, rest.data, len);
        else
            snprintf(to + used, 5, "\\x%02x", rest.data[0]);
        used += need;
        at += plain ? len : 1;
        if (used + 4 <= size)
            whole = used;
    }
    to[used] = '\0';
    return to;
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

bool text_equal_fold(struct bytes a, struct bytes b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.data[i]) != lower(b.data[i]))
            return false;
    return true;
}

struct text_place text_place(struct bytes text, size_t offset)
{
    struct text_place place = {1, 1};
    for (size_t i = 0; i < text.len && i < offset; i++) {
        if (text.data[i] == '\n')
            place = (struct text_place){place.line + 1, 1};
        else
            place.column += !is_continuation(text.data[i]);
    }
    return place;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct bytes text_trim(struct bytes text)
{
    while (text.len > 0 && is_blank(text.data[0]))
        text = bytes_slice(text, 1, text.len);
    while (text.len > 0 && is_blank(text.data[text.len - 1]))
        text.len--;
    return text;
}
