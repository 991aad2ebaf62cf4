#include "net/https_client.h"

#include "base/text.h"
#include "base/time.h"
#include "http/body.h"
#include "http/head.h"

#define TIMEOUT_MS 10000u
#define BODY_MAX (1u << 20)
#define RETRY_AFTER_MAX 86400u

struct https_connection {
    struct tls_stream *stream;
    char *text; /* what url views */
    struct url url;
};

static uint64_t deadline_of(unsigned timeout_ms)
{
    return time_monotonic_us() + 1000u * (uint64_t)(timeout_ms ? timeout_ms : TIMEOUT_MS);
}

static bool connect_until(struct tls_client *tls, const char *url, uint64_t deadline_us,
                          struct https_connection **ret_connection, struct quoth_error *err)
{
    AUTO(https) struct https_connection *c = calloc(1, sizeof *c);
    if (c)
        c->text = strdup(url);
    if (!c || !c->text) {
        quoth_fail(err, QUOTH_MEMORY, "https", QUOTH_NO_OFFSET, "out of memory");
        return false;
    }
    if (!url_read(bytes_of_text(c->text), &c->url, err) ||
        !tls_stream_open(tls, &c->url, deadline_us, &c->stream, err))
        return false;
    *ret_connection = take(c);
    return true;
}

bool https_connect(struct tls_client *tls, const char *url, unsigned timeout_ms,
                   struct https_connection **ret_connection, struct quoth_error *err)
{
    return connect_until(tls, url, deadline_of(timeout_ms), ret_connection, err);
}

void https_close(struct https_connection *c)
{
    if (!c)
        return;
    tls_stream_close(c->stream);
    free(c->text);
    free(c);
}

struct tls_stream *https_stream(struct https_connection *c)
{
    return c->stream;
}

void https_response_clear(struct https_response *r)
{
    buffer_clear(&r->body);
    *r = (struct https_response){0};
}

static void field(struct buffer *to, const char *name, const char *value)
{
    if (value)
        buffer_printf(to, "%s: %s\r\n", name, value);
}

/* Head and body in one piece, so that they leave in as few packets as can be. */
static bool send_request(struct https_connection *c, const struct https_request *request,
                         struct bytes target, uint64_t deadline_us, struct quoth_error *err)
{
    AUTO(buffer) struct buffer out = {0};
    buffer_printf(&out, "%s ", request->method);
    buffer_add(&out, target);
    buffer_text(&out, " HTTP/1.1\r\nHost: ");
    buffer_add(&out, c->url.authority);
    buffer_text(&out, "\r\nUser-Agent: quoth\r\n");
    field(&out, "Accept", request->accept);
    field(&out, "Authorization", request->authorization);
    field(&out, "Content-Type", request->content_type);
    if (request->body.len > 0 || strcmp(request->method, "GET") != 0)
        buffer_printf(&out, "Content-Length: %zu\r\n", request->body.len);
    buffer_text(&out, "\r\n");
    buffer_add(&out, request->body);
    return buffer_ok(&out, err) &&
           tls_stream_write(c->stream, buffer_bytes(&out), deadline_us, err);
}

static bool receive(struct https_connection *c, struct buffer *to, uint64_t deadline_us,
                    struct quoth_error *err)
{
    uint8_t part[16384]; /* a TLS record */
    size_t len = 0;
    if (time_monotonic_us() >= deadline_us) /* also for a peer that never pauses */
        return quoth_fail(err, QUOTH_NET_TIMEOUT, "https", QUOTH_NO_OFFSET,
                          "the answer did not end before the time was over");
    if (!tls_stream_read(c->stream, part, sizeof part, deadline_us, &len, err))
        return false;
    if (len == 0)
        return quoth_fail(err, QUOTH_UNAVAILABLE, "https", QUOTH_NO_OFFSET,
                          "the peer ended the connection before its answer was complete");
    buffer_add(to, (struct bytes){part, len});
    bytes_wipe(part, len);
    return buffer_ok(to, err);
}

/* The gate's words, with the fault on the other side. */
static bool bad_answer(const struct quoth_error *inner, struct quoth_error *err)
{
    if (inner->code == QUOTH_MEMORY)
        return quoth_fail(err, QUOTH_MEMORY, inner->where, inner->offset, "%s", inner->message);
    quoth_fail(err, QUOTH_HTTP_ANSWER, inner->where, inner->offset, "%s", inner->message);
    return quoth_within(err, "answer");
}

static bool receive_head(struct https_connection *c, struct buffer *in, uint64_t deadline_us,
                         size_t *ret_len, struct quoth_error *err)
{
    struct quoth_error inner = {0};
    size_t pos = 0;
    for (;;) {
        if (!http_head_scan(buffer_bytes(in), &pos, ret_len, &inner))
            return bad_answer(&inner, err);
        if (*ret_len > 0)
            return true;
        if (!receive(c, in, deadline_us, err))
            return false;
    }
}

static unsigned seconds_of(const struct http_field *f)
{
    unsigned seconds = 0;
    for (size_t i = 0; f && i < f->value.len; i++) {
        const uint8_t digit = (uint8_t)(f->value.data[i] - '0');
        if (digit > 9)
            return 0; /* a date: rare, and a clock to trust */
        seconds = seconds * 10 + digit;
        if (seconds > RETRY_AFTER_MAX)
            return RETRY_AFTER_MAX;
    }
    return seconds;
}

static void keep_head(const struct http_head *head, int status, struct https_response *to)
{
    const struct http_field *type = http_head_find(head, "Content-Type");
    to->status = status;
    if (type)
        text_escape(to->content_type, sizeof to->content_type, type->value);
    to->retry_after = seconds_of(http_head_find(head, "Retry-After"));
}

/* in holds the head and the first head_len bytes of it; what follows is the body's. */
static bool receive_body(struct https_connection *c, struct buffer *in, size_t head_len,
                         const struct http_head *head, size_t limit, uint64_t deadline_us,
                         struct buffer *ret_body, struct quoth_error *err)
{
    struct quoth_error inner = {0};
    struct http_body body;
    if (!http_body_init(&body, head, limit, &inner))
        return bad_answer(&inner, err);
    struct bytes fresh = bytes_slice(buffer_bytes(in), head_len, in->len);
    for (;;) {
        size_t used = 0;
        if (!http_body_feed(&body, fresh, ret_body, &used, &inner))
            return bad_answer(&inner, err);
        if (used < fresh.len)
            return quoth_fail(err, QUOTH_HTTP_ANSWER, "answer.body", QUOTH_NO_OFFSET,
                              "bytes follow the end of the answer");
        if (body.state == HTTP_BODY_DONE)
            return true;
        AUTO(buffer) struct buffer more = {0};
        if (!receive(c, &more, deadline_us, err))
            return false;
        buffer_clear(in);
        *in = take_value(more);
        fresh = buffer_bytes(in);
    }
}

static bool exchange_until(struct https_connection *c, const struct https_request *request,
                           uint64_t deadline_us, struct https_response *ret_response,
                           struct quoth_error *err)
{
    const struct bytes target = request->target.len ? request->target : c->url.target;
    if (!url_check_target(target, err) || !send_request(c, request, target, deadline_us, err))
        return false;

    AUTO(buffer) struct buffer in = {0};
    AUTO(https_response) struct https_response response = {0};
    struct quoth_error inner = {0};
    struct http_head head;
    size_t head_len = 0;
    int status = 0;
    if (!receive_head(c, &in, deadline_us, &head_len, err))
        return false;
    if (!http_answer_read(bytes_slice(buffer_bytes(&in), 0, head_len), &head, &status, &inner))
        return bad_answer(&inner, err);
    keep_head(&head, status, &response);
    if (!receive_body(c, &in, head_len, &head, request->max_body ? request->max_body : BODY_MAX,
                      deadline_us, &response.body, err))
        return false;
    *ret_response = take_value(response);
    return true;
}

bool https_exchange(struct https_connection *c, const struct https_request *request,
                    struct https_response *ret_response, struct quoth_error *err)
{
    return exchange_until(c, request, deadline_of(request->timeout_ms), ret_response, err);
}

bool https_fetch(struct tls_client *tls, const char *url, const struct https_request *request,
                 struct https_response *ret_response, struct quoth_error *err)
{
    const uint64_t deadline_us = deadline_of(request->timeout_ms);
    AUTO(https) struct https_connection *c = NULL;
    return connect_until(tls, url, deadline_us, &c, err) &&
           exchange_until(c, request, deadline_us, ret_response, err);
}
