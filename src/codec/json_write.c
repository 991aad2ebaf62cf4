#include "codec/json_write.h"

#include "base/text.h"
#include "base/time.h"
#include "codec/base64.h"
#include "codec/hex.h"
#include "codec/json_node.h"

/* Behind these, and at the start of a line, a value needs no comma. */
static void comma(struct buffer *to)
{
    const uint8_t last = to->len ? to->data[to->len - 1] : '\n';
    if (last != '{' && last != '[' && last != ':' && last != '\n')
        buffer_u8(to, ',');
}

static void value_text(struct buffer *to, const char *text)
{
    comma(to);
    buffer_text(to, text);
}

void json_object_begin(struct buffer *to)
{
    value_text(to, "{");
}

void json_object_end(struct buffer *to)
{
    buffer_u8(to, '}');
}

void json_array_begin(struct buffer *to)
{
    value_text(to, "[");
}

void json_array_end(struct buffer *to)
{
    buffer_u8(to, ']');
}

static void control(struct buffer *to, uint8_t c)
{
    static const char letters[0x20] = {
        ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    if (letters[c])
        buffer_printf(to, "\\%c", letters[c]);
    else
        buffer_printf(to, "\\u%04x", c);
}

/* How many bytes from the front need neither escape nor replacement. Tokens are strings of several
 * kilobytes, so eight bytes are looked at together. */
static size_t plain_run(struct bytes text)
{
    size_t at = 0;
    while (at < text.len) {
        const uint64_t found = json_marks(bytes_word(text, at));
        at += found ? (size_t)__builtin_ctzll(found) / 8 : 8;
        if (!found || at >= text.len) /* behind the end stand zeros, which are marked */
            continue;
        const size_t len = text.data[at] >= 0x80 ? text_utf8_len(bytes_slice(text, at, 4)) : 0;
        if (len == 0)
            return at;
        at += len;
    }
    return text.len;
}

static void quoted(struct buffer *to, struct bytes text)
{
    buffer_u8(to, '"');
    while (text.len > 0) {
        const size_t run = plain_run(text);
        buffer_add(to, bytes_slice(text, 0, run));
        if (run == text.len)
            break;
        const uint8_t c = text.data[run];
        if (c < 0x20)
            control(to, c);
        else if (c < 0x80)
            buffer_printf(to, "\\%c", c);
        else
            buffer_text(to, "\xEF\xBF\xBD"); /* U+FFFD */
        text = bytes_slice(text, run + 1, text.len);
    }
    buffer_u8(to, '"');
}

void json_name_bytes(struct buffer *to, struct bytes name)
{
    comma(to);
    quoted(to, name);
    buffer_u8(to, ':');
}

void json_name(struct buffer *to, const char *name)
{
    json_name_bytes(to, bytes_of_text(name));
}

void json_string(struct buffer *to, struct bytes text)
{
    comma(to);
    quoted(to, text);
}

void json_cstring(struct buffer *to, const char *text)
{
    json_string(to, bytes_of_text(text));
}

static void digits(struct buffer *to, uint64_t value)
{
    uint8_t text[20]; /* filled from behind */
    size_t at = sizeof text;
    do
        text[--at] = (uint8_t)('0' + value % 10);
    while (value /= 10);
    buffer_add(to, bytes_slice(BYTES_OF(text), at, sizeof text));
}

void json_int(struct buffer *to, int64_t value)
{
    comma(to);
    if (value < 0)
        buffer_u8(to, '-');
    digits(to, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void json_uint(struct buffer *to, uint64_t value)
{
    comma(to);
    digits(to, value);
}

void json_bool(struct buffer *to, bool value)
{
    value_text(to, value ? "true" : "false");
}

void json_null(struct buffer *to)
{
    value_text(to, "null");
}

void json_hex(struct buffer *to, struct bytes data)
{
    value_text(to, "\"");
    hex_encode(data, to);
    buffer_u8(to, '"');
}

void json_base64url(struct buffer *to, struct bytes data)
{
    value_text(to, "\"");
    base64url_encode(data, to);
    buffer_u8(to, '"');
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void json_raw(struct buffer *to, struct bytes json)
{
    while (json.len > 0 && is_space(json.data[0]))
        json = bytes_slice(json, 1, json.len);
    while (json.len > 0 && is_space(json.data[json.len - 1]))
        json.len--;
    comma(to);
    buffer_add(to, json);
}

void json_named_string(struct buffer *to, const char *name, struct bytes text)
{
    json_name(to, name);
    json_string(to, text);
}

void json_named_cstring(struct buffer *to, const char *name, const char *text)
{
    json_name(to, name);
    json_cstring(to, text);
}

void json_named_int(struct buffer *to, const char *name, int64_t value)
{
    json_name(to, name);
    json_int(to, value);
}

void json_named_uint(struct buffer *to, const char *name, uint64_t value)
{
    json_name(to, name);
    json_uint(to, value);
}

void json_named_bool(struct buffer *to, const char *name, bool value)
{
    json_name(to, name);
    json_bool(to, value);
}

void json_named_hex(struct buffer *to, const char *name, struct bytes data)
{
    json_name(to, name);
    json_hex(to, data);
}

void json_named_base64url(struct buffer *to, const char *name, struct bytes data)
{
    json_name(to, name);
    json_base64url(to, data);
}

void json_named_time(struct buffer *to, const char *name, int64_t time)
{
    char text[TIME_TEXT_SIZE];
    json_named_cstring(to, name, time_format(time, text));
}

void json_error(struct buffer *to, const struct quoth_error *err)
{
    json_object_begin(to);
    json_named_cstring(to, "code", quoth_code_dotted(err->code));
    json_named_cstring(to, "where", err->where);
    if (err->offset != QUOTH_NO_OFFSET) {
        json_name(to, "offset");
        json_uint(to, err->offset);
    }
    if (err->line) {
        json_name(to, "line");
        json_uint(to, err->line);
        json_name(to, "column");
        json_uint(to, err->column);
    }
    json_named_cstring(to, "message", err->message);
    if (err->found[0])
        json_named_cstring(to, "found", err->found);
    if (err->expected[0])
        json_named_cstring(to, "expected", err->expected);
    json_named_cstring(to, "hint", quoth_code_hint(err->code));
    json_object_end(to);
}
