#include "http/head.h"

#include "base/text.h"
#include "codec/hex.h"

#include <stdio.h>

static bool malformed(struct quoth_error *err, const char *where, size_t offset, const char *what)
{
    return quoth_fail(err, QUOTH_HTTP_MALFORMED, where, offset, "%s", what);
}

static bool too_large(struct quoth_error *err, size_t offset)
{
    return quoth_fail(err, QUOTH_HTTP_FIELDS_LARGE, "head", offset,
                      "the head has more than %d bytes or %d fields", HTTP_HEAD_MAX,
                      HTTP_FIELDS_MAX);
}

static bool is_control(uint8_t c)
{
    return (c < 0x20 && c != '\t' && c != '\r' && c != '\n') || c == 0x7F;
}

bool http_head_scan(struct bytes in, size_t *pos, size_t *ret_len, struct quoth_error *err)
{
    size_t at = *pos;
    for (; at < in.len && at < HTTP_HEAD_MAX; at++) {
        const uint8_t c = in.data[at];
        const bool after_cr = at > 0 && in.data[at - 1] == '\r';
        if (is_control(c))
            return malformed(err, "head", at, "holds a control character");
        if (c == '\n' && !after_cr)
            return malformed(err, "head", at, "a line ends in LF without CR (RFC 9112 2.2)");
        if (c != '\n' && after_cr)
            return malformed(err, "head", at, "CR stands without LF (RFC 9112 2.2)");
        if (c == '\n' && at == 1)
            return malformed(err, "head", 0, "an empty line stands before the request line");
        if (c == '\n' && at >= 3 && in.data[at - 2] == '\n') {
            *ret_len = at + 1;
            return true;
        }
    }
    if (at == HTTP_HEAD_MAX)
        return too_large(err, at);
    *pos = at;
    *ret_len = 0;
    return true;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_alpha(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_one_of(uint8_t c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static bool is_token_char(uint8_t c) /* RFC 9110 5.6.2 */
{
    return is_alpha(c) || is_digit(c) || is_one_of(c, "!#$%&'*+-.^_`|~");
}

static bool is_target_char(uint8_t c) /* of origin-form: pchar, '/' and '?' (RFC 3986) */
{
    return is_alpha(c) || is_digit(c) || is_one_of(c, "-._~!$&'()*+,;=:@/?%");
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

/* What of in lies before the first c, or all of it. */
static struct bytes until(struct bytes in, uint8_t c)
{
    size_t len = 0;
    while (len < in.len && in.data[len] != c)
        len++;
    return bytes_slice(in, 0, len);
}

static struct bytes after(struct bytes in, size_t count)
{
    return bytes_slice(in, count, in.len);
}

static struct bytes trim(struct bytes in)
{
    while (in.len > 0 && is_blank(in.data[0]))
        in = after(in, 1);
    while (in.len > 0 && is_blank(in.data[in.len - 1]))
        in.len--;
    return in;
}

const char *http_method_name(enum http_method method)
{
    static const char *const names[HTTP_METHOD_COUNT] = {
        [HTTP_GET] = "GET",     [HTTP_HEAD] = "HEAD",     [HTTP_POST] = "POST",
        [HTTP_PUT] = "PUT",     [HTTP_DELETE] = "DELETE", [HTTP_OPTIONS] = "OPTIONS",
        [HTTP_PATCH] = "PATCH", [HTTP_TRACE] = "TRACE",   [HTTP_QUERY] = "QUERY",
    };
    return method < HTTP_METHOD_COUNT ? names[method] : "?";
}

static bool read_method(struct bytes word, enum http_method *ret_method, struct quoth_error *err)
{
    if (word.len == 0)
        return malformed(err, "method", 0, "is empty");
    for (size_t i = 0; i < word.len; i++)
        if (!is_token_char(word.data[i]))
            return malformed(err, "method", i, "is not a token");
    for (int m = 0; m < HTTP_METHOD_COUNT; m++)
        if (bytes_equal(word, bytes_of_text(http_method_name((enum http_method)m)))) {
            *ret_method = (enum http_method)m;
            return true;
        }
    char found[32];
    return quoth_mismatch(err, QUOTH_HTTP_METHOD_UNKNOWN, "method", 0,
                          text_escape(found, sizeof found, word), "a method that paths have");
}

/* Two words about which host is meant (RFC 9110 7.4). */
static bool misdirected(struct quoth_error *err, const char *where, size_t offset, const char *what)
{
    return quoth_fail(err, QUOTH_HTTP_MISDIRECTED, where, offset, "%s", what);
}

static bool read_target(struct bytes target, size_t offset, struct http_head *head,
                        struct quoth_error *err)
{
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < COUNT(schemes); i++)
        if (text_equal_fold(bytes_slice(target, 0, strlen(schemes[i])), bytes_of_text(schemes[i])))
            return misdirected(err, "target", offset, "is a whole URL, as proxies are sent it");
    if (target.len == 0 || target.data[0] != '/')
        return malformed(err, "target", offset, "is not a path: it does not begin with '/'");
    for (size_t i = 0; i < target.len; i++) {
        const uint8_t c = target.data[i];
        if (!is_target_char(c))
            return malformed(err, "target", offset + i, "holds a character that no URI has");
        if (c == '%' && (i + 2 >= target.len || hex_digit(target.data[i + 1]) < 0 ||
                         hex_digit(target.data[i + 2]) < 0))
            return malformed(err, "target", offset + i, "holds '%' without two hex digits");
    }
    head->target = target;
    head->path = until(target, '?');
    return true;
}

static bool read_version(struct bytes word, size_t offset, struct http_head *head,
                         struct quoth_error *err)
{
    const struct bytes name = BYTES_LITERAL("HTTP/");
    if (word.len != 8 || !bytes_equal(bytes_slice(word, 0, 5), name) || !is_digit(word.data[5]) ||
        word.data[6] != '.' || !is_digit(word.data[7]))
        return malformed(err, "version", offset, "the line does not end in HTTP/1.1");
    if (word.data[5] != '1' || word.data[7] > '1') {
        char found[16];
        return quoth_mismatch(err, QUOTH_HTTP_VERSION, "version", offset,
                              text_escape(found, sizeof found, word), "HTTP/1.1 or HTTP/1.0");
    }
    head->minor = (unsigned)(word.data[7] - '0');
    return true;
}

/* method SP request-target SP HTTP-version (RFC 9112 3), single blanks, nothing more. */
static bool read_request_line(struct bytes line, struct http_head *head, struct quoth_error *err)
{
    const struct bytes method = until(line, ' ');
    const struct bytes rest = after(line, method.len + 1);
    const struct bytes target = until(rest, ' ');
    const size_t target_at = method.len + 1, version_at = target_at + target.len + 1;
    return read_method(method, &head->method, err) && read_target(target, target_at, head, err) &&
           read_version(after(line, version_at), version_at, head, err);
}

static bool read_field(struct bytes line, size_t offset, struct http_head *head,
                       struct quoth_error *err)
{
    if (head->field_count == HTTP_FIELDS_MAX)
        return too_large(err, offset);
    if (is_blank(line.data[0]))
        return malformed(err, "field", offset, "is folded over lines (RFC 9112 5.2)");
    const struct bytes name = until(line, ':');
    if (name.len == 0 || name.len == line.len)
        return malformed(err, "field", offset, "has no name and colon");
    for (size_t i = 0; i < name.len; i++)
        if (!is_token_char(name.data[i]))
            return malformed(err, "field", offset + i,
                             "a character that no field name has stands before the colon");
    head->fields[head->field_count++] =
        (struct http_field){.name = name, .value = trim(after(line, name.len + 1))};
    return true;
}

const struct http_field *http_head_find(const struct http_head *head, const char *name)
{
    for (size_t i = 0; i < head->field_count; i++)
        if (text_equal_fold(head->fields[i].name, bytes_of_text(name)))
            return &head->fields[i];
    return NULL;
}

/* Fields that one request has once: a second one is read differently by different readers. */
static bool check_repetition(const struct http_head *head, struct quoth_error *err)
{
    static const char *const single[] = {"Host",         "Content-Length",   "Transfer-Encoding",
                                         "Content-Type", "Content-Encoding", "Expect",
                                         "Authorization"};
    for (size_t s = 0; s < COUNT(single); s++) {
        size_t seen = 0;
        for (size_t i = 0; i < head->field_count; i++)
            seen += text_equal_fold(head->fields[i].name, bytes_of_text(single[s]));
        if (seen > 1 && s == 0)
            return misdirected(err, single[s], QUOTH_NO_OFFSET, "stands more than once");
        if (seen > 1)
            return malformed(err, single[s], QUOTH_NO_OFFSET, "stands more than once");
    }
    return true;
}

static bool check_host(const struct http_head *head, struct quoth_error *err)
{
    const struct http_field *host = http_head_find(head, "Host");
    if (!host && head->minor == 0)
        return true;
    if (!host || host->value.len == 0)
        return malformed(err, "Host", QUOTH_NO_OFFSET, "is missing or empty (RFC 9112 3.2)");
    for (size_t i = 0; i < host->value.len; i++) {
        const uint8_t c = host->value.data[i];
        if (!is_alpha(c) && !is_digit(c) && !is_one_of(c, "-._~:[]%"))
            return malformed(err, "Host", i, "holds a character that no host has");
    }
    return true;
}

static bool read_length(const struct http_field *field, uint64_t *ret_length,
                        struct quoth_error *err)
{
    const size_t digits_max = 18; /* the largest number of digits that always fits */
    uint64_t length = 0;
    for (size_t i = 0; i < field->value.len; i++) {
        if (!is_digit(field->value.data[i]))
            return malformed(err, "Content-Length", i, "holds something else than digits");
        if (i == digits_max)
            return malformed(err, "Content-Length", i, "has too many digits");
        length = length * 10 + (uint64_t)(field->value.data[i] - '0');
    }
    if (field->value.len == 0)
        return malformed(err, "Content-Length", QUOTH_NO_OFFSET, "is empty");
    *ret_length = length;
    return true;
}

static bool read_framing(struct http_head *head, struct quoth_error *err)
{
    const struct http_field *length = http_head_find(head, "Content-Length");
    const struct http_field *coding = http_head_find(head, "Transfer-Encoding");
    if (length && coding)
        return malformed(err, "Transfer-Encoding", QUOTH_NO_OFFSET,
                         "stands beside Content-Length (RFC 9112 6.1)");
    if (coding && head->minor == 0)
        return malformed(err, "Transfer-Encoding", QUOTH_NO_OFFSET,
                         "stands in an HTTP/1.0 request (RFC 9112 6.1)");
    if (coding && !text_equal_fold(coding->value, BYTES_LITERAL("chunked"))) {
        char found[64];
        return quoth_mismatch(err, QUOTH_HTTP_CODING, "Transfer-Encoding", QUOTH_NO_OFFSET,
                              text_escape(found, sizeof found, coding->value), "chunked");
    }
    head->chunked = coding != NULL;
    return !length || read_length(length, &head->length, err);
}

static bool read_expectation(struct http_head *head, struct quoth_error *err)
{
    const struct http_field *expect = http_head_find(head, "Expect");
    if (!expect || head->minor == 0) /* RFC 9110 10.1.1: ignored in HTTP/1.0 */
        return true;
    if (!text_equal_fold(expect->value, BYTES_LITERAL("100-continue"))) {
        char found[64];
        return quoth_mismatch(err, QUOTH_HTTP_EXPECTATION, "Expect", QUOTH_NO_OFFSET,
                              text_escape(found, sizeof found, expect->value), "100-continue");
    }
    head->expects_continue = true;
    return true;
}

static void read_persistence(struct http_head *head)
{
    head->close = head->minor == 0;
    for (size_t i = 0; i < head->field_count; i++) {
        if (!text_equal_fold(head->fields[i].name, BYTES_LITERAL("Connection")))
            continue;
        for (struct bytes rest = head->fields[i].value; rest.len > 0;) {
            const struct bytes option = until(rest, ',');
            if (text_equal_fold(trim(option), BYTES_LITERAL("close")))
                head->close = true;
            rest = after(rest, option.len + 1);
        }
    }
}

/* The fields of a block from *at on, up to its empty line, and what they say about the body. */
static bool read_fields(struct bytes block, size_t at, struct http_head *head,
                        struct quoth_error *err)
{
    for (struct bytes line = until(after(block, at), '\r'); line.len > 0;
         line = until(after(block, at), '\r')) {
        if (!read_field(line, at, head, err))
            return false;
        at += line.len + 2;
    }
    return check_repetition(head, err) && read_framing(head, err);
}

bool http_head_read(struct bytes block, struct http_head *ret_head, struct quoth_error *err)
{
    struct http_head head = {0};
    const struct bytes first = until(block, '\r');
    if (!read_request_line(first, &head, err) || !read_fields(block, first.len + 2, &head, err) ||
        !check_host(&head, err) || !read_expectation(&head, err))
        return false;
    read_persistence(&head);
    *ret_head = head;
    return true;
}

/* HTTP-version SP 3DIGIT SP [ reason-phrase ] (RFC 9112 4); the reason says nothing to a program.
 */
static bool read_status_line(struct bytes line, struct http_head *head, int *ret_status,
                             struct quoth_error *err)
{
    const struct bytes digits = bytes_slice(line, 9, 3);
    int status = 0;
    if (!read_version(bytes_slice(line, 0, 8), 0, head, err))
        return false;
    for (size_t i = 0; i < digits.len; i++)
        status = is_digit(digits.data[i]) ? status * 10 + (digits.data[i] - '0') : -1000;
    if (line.len < 12 || line.data[8] != ' ' || (line.len > 12 && line.data[12] != ' ') ||
        status < 200 || status > 599)
        return malformed(err, "status", 9, "is not a number from 200 to 599");
    *ret_status = status;
    return true;
}

bool http_answer_read(struct bytes block, struct http_head *ret_head, int *ret_status,
                      struct quoth_error *err)
{
    struct http_head head = {0};
    int status = 0;
    const struct bytes first = until(block, '\r');
    if (!read_status_line(first, &head, &status, err) ||
        !read_fields(block, first.len + 2, &head, err))
        return false;
    const bool bodiless = status == 204 || status == 304;
    const bool framed = head.chunked || http_head_find(&head, "Content-Length");
    if (bodiless ? head.chunked || head.length > 0 : !framed)
        return malformed(err, "Content-Length", QUOTH_NO_OFFSET,
                         bodiless ? "announces a body where there is none"
                                  : "is missing: where the body ends would be a guess");
    read_persistence(&head);
    *ret_head = head;
    *ret_status = status;
    return true;
}
