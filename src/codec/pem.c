#include "codec/pem.h"

#include "base/text.h"
#include "codec/base64.h"

#include <stdio.h>

#define COLUMNS ((size_t)64)      /* RFC 7468 section 2: generators wrap there */
#define ROW_LEN (COLUMNS / 4 * 3) /* bytes in such a line */
#define USUAL_SIZE ((size_t)2048) /* characters that a certificate has, or a little fewer */
#define BEGIN "-----BEGIN "
#define END "-----END "

static bool starts_with(struct bytes text, const char *prefix)
{
    const struct bytes p = bytes_of_text(prefix);
    return bytes_equal(bytes_slice(text, 0, p.len), p);
}

static size_t find_byte(struct bytes in, uint8_t value)
{
    const uint8_t *found = in.len ? memchr(in.data, value, in.len) : NULL;
    return found ? (size_t)(found - in.data) : in.len;
}

/* Takes a line and its end: LF, and if lenient also CR LF or the end of the text. */
static struct bytes take_line(struct reader *r, bool lenient)
{
    const struct bytes rest = bytes_slice(r->in, r->pos, r->in.len);
    const size_t len = find_byte(rest, '\n');
    if (len == rest.len && (!lenient || len == 0))
        quoth_mismatch(r->err, QUOTH_PEM, NULL, r->in.len, "the end",
                       len ? "a line feed" : "another line");
    struct bytes line = reader_take(r, len, "line");
    (void)reader_take(r, len < rest.len ? 1 : 0, "line feed");
    if (lenient && line.len > 0 && line.data[line.len - 1] == '\r')
        line.len--;
    return line;
}

static bool refuse(struct reader *r, size_t at, struct bytes found, const char *expected)
{
    char text[64];
    return quoth_mismatch(r->err, QUOTH_PEM, NULL, at,
                          found.len ? text_escape(text, sizeof text, found) : "an empty line",
                          expected);
}

static bool expect_boundary(struct reader *r, const char *kind, const char *label, size_t at,
                            struct bytes line)
{
    const size_t kind_len = strlen(kind), label_len = strlen(label);
    if (!reader_ok(r))
        return false;
    if (starts_with(line, kind) && starts_with(bytes_slice(line, kind_len, line.len), label) &&
        bytes_equal(bytes_slice(line, kind_len + label_len, line.len), BYTES_LITERAL("-----")))
        return true;
    char expected[80];
    snprintf(expected, sizeof expected, "%s%s-----", kind, label);
    return refuse(r, at, line, expected);
}

/* Canonical lines are full, except for the last, and none is empty. */
static bool check_width(struct reader *r, size_t at, struct bytes line, bool after_short_one)
{
    if (after_short_one)
        return refuse(r, at, line, "the end line after a line of fewer than 64 columns");
    if (line.len > COLUMNS)
        return refuse(r, at + COLUMNS, bytes_slice(line, COLUMNS, 1), "a line feed at column 64");
    return true;
}

/* Gathers the base 64 of all lines up to the end line, which is read too. */
static bool take_body(struct reader *r, const char *label, bool lenient, struct buffer *text)
{
    buffer_reserve(text, USUAL_SIZE);
    for (bool short_one = false; reader_ok(r);) {
        const size_t at = r->pos;
        const struct bytes line = take_line(r, lenient);
        if (reader_ok(r) && starts_with(line, "-"))
            return expect_boundary(r, END, label, at, line);
        if (reader_ok(r) && line.len == 0)
            return quoth_mismatch(r->err, QUOTH_PEM, NULL, at, "an empty line", "base 64");
        if (reader_ok(r) && !lenient)
            check_width(r, at, line, short_one);
        short_one = line.len < COLUMNS;
        buffer_add(text, line);
    }
    return false;
}

static bool is_line_end(struct bytes text, size_t at, bool lenient)
{
    const bool cr = lenient && text.data[at] == '\r';
    return text.data[at] == '\n' || (cr && (at + 1 == text.len || text.data[at + 1] == '\n'));
}

/* Where the character of index count stands in a text whose line ends are not counted. */
static size_t skip_characters(struct bytes text, size_t at, size_t count, bool lenient)
{
    for (; at < text.len; at++)
        if (!is_line_end(text, at, lenient) && count-- == 0)
            break;
    return at;
}

static bool decode_body(struct reader *r, size_t body_at, const struct buffer *text, bool lenient,
                        struct buffer *ret_der)
{
    struct quoth_error inner = {0};
    if (!buffer_ok(text, r->err))
        return false;
    if (text->len == 0)
        return quoth_mismatch(r->err, QUOTH_PEM, NULL, body_at, "an empty block", "base 64");
    if (base64_decode(buffer_bytes(text), ret_der, &inner))
        return reader_ok(r);
    if (inner.code == QUOTH_MEMORY)
        return buffer_ok(ret_der, r->err);
    return quoth_mismatch(r->err, QUOTH_PEM, NULL,
                          skip_characters(r->in, body_at, inner.offset, lenient), inner.found,
                          inner.expected);
}

static bool take_block(struct reader *r, const char *label, bool lenient, struct buffer *ret_der)
{
    AUTO(buffer) struct buffer text = {0};
    const size_t at = r->pos;
    if (!expect_boundary(r, BEGIN, label, at, take_line(r, lenient)))
        return false;
    const size_t body_at = r->pos;
    return take_body(r, label, lenient, &text) && decode_body(r, body_at, &text, lenient, ret_der);
}

static void skip_empty_lines(struct reader *r)
{
    while (reader_ok(r)) {
        struct reader next = *r;
        if (reader_left(r) == 0 || take_line(&next, true).len > 0)
            return;
        *r = next;
    }
}

bool pem_next(struct reader *r, const char *label, struct buffer *ret_der)
{
    return take_block(r, label, false, ret_der);
}

bool pem_next_lenient(struct reader *r, const char *label, struct buffer *ret_der)
{
    skip_empty_lines(r);
    const bool ok = take_block(r, label, true, ret_der);
    skip_empty_lines(r);
    return ok;
}

size_t pem_count(struct bytes text)
{
    size_t count = 0;
    for (size_t at = 0; at < text.len;) {
        const struct bytes rest = bytes_slice(text, at, text.len);
        count += starts_with(rest, BEGIN);
        at += find_byte(rest, '\n') + 1;
    }
    return count;
}

void pem_encode(const char *label, struct bytes der, struct buffer *to)
{
    buffer_printf(to, BEGIN "%s-----\n", label);
    for (size_t at = 0; at < der.len; at += ROW_LEN) {
        base64_encode(bytes_slice(der, at, ROW_LEN), to);
        buffer_u8(to, '\n');
    }
    buffer_printf(to, END "%s-----\n", label);
}
