#include "http/body.h"

#include "codec/hex.h"

bool http_body_init(struct http_body *body, const struct http_head *head, size_t limit,
                    struct quoth_error *err)
{
    if (head->length > limit)
        return quoth_fail(err, QUOTH_TOO_LARGE, "body", limit,
                          "has %llu bytes, the limit here is %zu", (unsigned long long)head->length,
                          limit);
    *body = (struct http_body){
        .state = head->chunked       ? HTTP_BODY_SIZE
                 : head->length == 0 ? HTTP_BODY_DONE
                                     : HTTP_BODY_DATA,
        .chunked = head->chunked,
        .left = head->length,
        .limit = limit,
    };
    return true;
}

static bool malformed(const struct http_body *body, const char *what, struct quoth_error *err)
{
    return quoth_fail(err, QUOTH_HTTP_MALFORMED, "body", (size_t)body->total, "%s", what);
}

/* A digit of the chunk size, or the CR behind the last. */
static bool size_byte(struct http_body *body, uint8_t c, struct quoth_error *err)
{
    const unsigned digits_max = 8;
    if (c == '\r' && body->digits > 0) {
        body->state = HTTP_BODY_SIZE_LF;
        return true;
    }
    const int value = hex_digit(c);
    if (value < 0 || body->digits == digits_max)
        return malformed(body, "a chunk size is not one to eight hex digits alone on a line", err);
    body->left = body->left * 16 + (unsigned)value;
    body->digits++;
    return true;
}

static bool size_known(struct http_body *body, struct quoth_error *err)
{
    if (body->left > body->limit - body->total)
        return quoth_fail(err, QUOTH_TOO_LARGE, "body", body->limit,
                          "has more than %zu bytes, which is the limit here", body->limit);
    body->state = body->left ? HTTP_BODY_DATA : HTTP_BODY_END_CR;
    body->digits = 0;
    return true;
}

static bool expect(struct http_body *body, uint8_t found, uint8_t wanted, enum http_body_state next,
                   struct quoth_error *err)
{
    if (found != wanted)
        return malformed(body,
                         body->state >= HTTP_BODY_END_CR
                             ? "something else than an empty line follows the last chunk"
                             : "a chunk or its size does not end in CR LF",
                         err);
    body->state = next;
    return true;
}

static bool framing_byte(struct http_body *body, uint8_t c, struct quoth_error *err)
{
    switch (body->state) {
    case HTTP_BODY_SIZE:
        return size_byte(body, c, err);
    case HTTP_BODY_SIZE_LF:
        return expect(body, c, '\n', HTTP_BODY_SIZE, err) && size_known(body, err);
    case HTTP_BODY_CHUNK_CR:
        return expect(body, c, '\r', HTTP_BODY_CHUNK_LF, err);
    case HTTP_BODY_CHUNK_LF:
        return expect(body, c, '\n', HTTP_BODY_SIZE, err);
    case HTTP_BODY_END_CR:
        return expect(body, c, '\r', HTTP_BODY_END_LF, err);
    case HTTP_BODY_END_LF:
        return expect(body, c, '\n', HTTP_BODY_DONE, err);
    case HTTP_BODY_DATA:
    case HTTP_BODY_DONE:
        break;
    }
    return quoth_fail(err, QUOTH_INTERNAL, "body", 0, "framing was asked for a byte of content");
}

static size_t data_bytes(struct http_body *body, struct bytes in, struct buffer *to)
{
    const struct bytes part = bytes_slice(in, 0, body->left < in.len ? (size_t)body->left : in.len);
    if (to)
        buffer_add(to, part);
    body->left -= part.len;
    body->total += part.len;
    if (body->left == 0)
        body->state = body->chunked ? HTTP_BODY_CHUNK_CR : HTTP_BODY_DONE;
    return part.len;
}

bool http_body_feed(struct http_body *body, struct bytes in, struct buffer *to, size_t *ret_used,
                    struct quoth_error *err)
{
    size_t used = 0;
    while (used < in.len && body->state != HTTP_BODY_DONE) {
        if (body->state == HTTP_BODY_DATA)
            used += data_bytes(body, bytes_slice(in, used, in.len), to);
        else if (framing_byte(body, in.data[used], err))
            used++;
        else
            return false;
    }
    *ret_used = used;
    return !to || buffer_ok(to, err);
}
