/* Raw bytes through the gate: head, then body. Whatever is accepted must be unambiguous, and the
 * pieces in which bytes arrive must not matter. */
#include "base/text.h"
#include "http/body.h"
#include "http/head.h"
#include "tests/fuzz/fuzz.h"

#define BODY_LIMIT 1024

static size_t scan(struct bytes in, size_t step, struct quoth_error *err)
{
    size_t pos = 0, len = 0;
    for (size_t have = step < in.len ? step : in.len;; have += step) {
        const struct bytes part = bytes_slice(in, 0, have);
        if (!http_head_scan(part, &pos, &len, err))
            return 0;
        if (len > 0 || part.len == in.len)
            return len;
    }
}

static size_t count(const struct http_head *head, const char *name)
{
    size_t found = 0;
    for (size_t i = 0; i < head->field_count; i++)
        found += text_equal_fold(head->fields[i].name, bytes_of_text(name));
    return found;
}

static void check_head(struct bytes block, const struct http_head *head)
{
    for (size_t i = 0; i < block.len; i++)
        require(block.data[i] >= 0x20 || memchr("\t\r\n", block.data[i], 3));
    require(head->minor <= 1 && head->path.len > 0 && head->path.data[0] == '/');
    require(count(head, "Host") + (head->minor == 0) >= 1 && count(head, "Host") <= 1);
    require(count(head, "Content-Length") + count(head, "Transfer-Encoding") <= 1);
    require(!head->chunked || head->length == 0);
    require(head->field_count <= HTTP_FIELDS_MAX);
}

static enum http_body_state read_body(const struct http_head *head, struct bytes in, size_t step,
                                      struct buffer *to, size_t *ret_used, struct quoth_error *err)
{
    struct http_body body = {0};
    *ret_used = 0;
    if (!http_body_init(&body, head, BODY_LIMIT, err))
        return HTTP_BODY_DATA;
    while (*ret_used < in.len && body.state != HTTP_BODY_DONE) {
        size_t used;
        if (!http_body_feed(&body, bytes_slice(in, *ret_used, step), to, &used, err))
            break;
        require(used > 0);
        *ret_used += used;
    }
    return body.state;
}

static void check_body(const struct http_head *head, struct bytes in)
{
    struct quoth_error whole_err = {0}, split_err = {0};
    AUTO(buffer) struct buffer whole = {0}, split = {0};
    size_t whole_used, split_used;
    const enum http_body_state a = read_body(head, in, SIZE_MAX, &whole, &whole_used, &whole_err);
    const enum http_body_state b = read_body(head, in, 1, &split, &split_used, &split_err);
    require(whole_err.code == split_err.code && whole.len <= BODY_LIMIT);
    if (whole_err.code == QUOTH_OK)
        require(a == b && whole_used == split_used &&
                bytes_equal(buffer_bytes(&whole), buffer_bytes(&split)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct bytes in = {data, len};
    struct quoth_error err = {0}, split_err = {0};
    const size_t head_len = scan(in, SIZE_MAX, &err);
    require(head_len <= HTTP_HEAD_MAX && scan(in, 1, &split_err) == head_len &&
            err.code == split_err.code);
    if (head_len == 0)
        return 0;
    struct http_head head;
    if (!http_head_read(bytes_slice(in, 0, head_len), &head, &err)) {
        require(err.code != QUOTH_OK && err.message[0] != '\0');
        return 0;
    }
    check_head(bytes_slice(in, 0, head_len), &head);
    check_body(&head, bytes_slice(in, head_len, in.len));
    return 0;
}
