/* An answer read in one piece and byte by byte is the same answer, and never more than its bounds.
 */
#include "http/body.h"
#include "http/head.h"
#include "tests/fuzz/fuzz.h"

#define BODY_LIMIT 4096

struct outcome {
    bool ok;
    int status;
    size_t head_len, used;
    struct buffer body;
};

static struct outcome read_in_steps(struct bytes in, size_t step)
{
    struct outcome o = {0};
    struct quoth_error err = {0};
    struct http_head head;
    struct http_body body;
    size_t pos = 0, seen = 0;
    while (o.head_len == 0) {
        if (seen == in.len)
            return o;
        seen = in.len - seen < step ? in.len : seen + step;
        if (!http_head_scan(bytes_slice(in, 0, seen), &pos, &o.head_len, &err))
            return o;
    }
    if (!http_answer_read(bytes_slice(in, 0, o.head_len), &head, &o.status, &err) ||
        !http_body_init(&body, &head, BODY_LIMIT, &err))
        return o;
    require(o.status >= 200 && o.status <= 599);
    for (size_t at = o.head_len; at < in.len && body.state != HTTP_BODY_DONE;) {
        size_t used = 0;
        if (!http_body_feed(&body, bytes_slice(in, at, step), &o.body, &used, &err))
            return o;
        require(used > 0);
        at += used;
        o.used = at;
    }
    require(o.body.len <= BODY_LIMIT);
    o.ok = body.state == HTTP_BODY_DONE;
    return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct bytes in = {data, len};
    struct outcome whole = read_in_steps(in, len ? len : 1), bytewise = read_in_steps(in, 1);
    require(whole.ok == bytewise.ok);
    if (whole.ok) {
        require(whole.status == bytewise.status && whole.head_len == bytewise.head_len);
        require(whole.used == bytewise.used);
        require(bytes_equal(buffer_bytes(&whole.body), buffer_bytes(&bytewise.body)));
    }
    buffer_clear(&whole.body);
    buffer_clear(&bytewise.body);
    return 0;
}
