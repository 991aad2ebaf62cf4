#include "base/time.h"
#include "http/head.h"
#include "http/worker.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <unistd.h>

/* Bytes that one connection may have waiting to be read: more stay in the kernel. */
#define INPUT_MAX (64u << 10)
/* Bytes that are read and dropped so that an early answer is not lost (RFC 9112 9.6). */
#define LINGER_MAX (4u << 20)

enum phase {
    PHASE_IDLE,    /* between requests, or before the first */
    PHASE_HEAD,    /* part of a head is here */
    PHASE_BODY,    /* part of a body is here */
    PHASE_HANDLER, /* somebody thinks */
    PHASE_WRITE,   /* the answer is on its way */
    PHASE_LINGER   /* answered and shut down; what still comes is dropped */
};

struct connection {
    struct worker *worker;
    struct connection *next, **link; /* of the worker's list; link: what points here */
    struct bufferevent *stream;
    struct limit_row *row;
    struct event timer; /* the deadline of the phase */
    struct sockaddr_storage peer;
    enum phase phase;
    bool peer_done;          /* the client has shut down its side */
    bool fresh;              /* nothing was read yet: the first head's deadline runs already */
    size_t scanned;          /* bytes of the head that http_head_scan has seen */
    size_t lingered;         /* bytes dropped */
    bool *gone;              /* set when the connection ends while on_read looks at it */
    struct http_exchange *x; /* the current request, from its first byte */
};

static void set_deadline(struct connection *c, unsigned milliseconds)
{
    const struct timeval in = {.tv_sec = milliseconds / 1000,
                               .tv_usec = (suseconds_t)(milliseconds % 1000) * 1000};
    evtimer_add(&c->timer, &in);
}

static void enter(struct connection *c, enum phase phase, unsigned milliseconds)
{
    c->phase = phase;
    set_deadline(c, milliseconds);
}

static const struct http_times *times(const struct connection *c)
{
    return &c->worker->config->times;
}

struct bufferevent *connection_stream(const struct connection *c)
{
    return c->stream;
}

struct connection *connection_next(const struct connection *c)
{
    return c->next;
}

void connection_close(struct connection *c)
{
    struct worker *w = c->worker;
    if (c->x && c->phase == PHASE_HANDLER)
        c->x->life->connection = NULL; /* its handler will end it */
    else
        exchange_close(c->x);
    evtimer_del(&c->timer);
    bufferevent_free(c->stream);
    limit_leave(w->limit, c->row);
    if (c->gone)
        *c->gone = true;
    *c->link = c->next;
    if (c->next)
        c->next->link = c->link;
    free(c);
    atomic_fetch_sub(&w->open_count, 1);
    worker_ended_one(w);
}

/* Ends a connection on which everything was said. An answer given before the request was read to
 * its end would be lost to the reset that unread bytes cause, so the rest is read first. */
static void finish(struct connection *c, bool unread)
{
    const struct http_config *config = c->worker->config;
    if (config->goodbye)
        config->goodbye(c->stream);
    if (!unread || c->peer_done) {
        connection_close(c);
        return;
    }
    shutdown(bufferevent_getfd(c->stream), SHUT_WR);
    enter(c, PHASE_LINGER, times(c)->linger);
}

void connection_answer(struct connection *c, struct http_exchange *x)
{
    struct http_life *life = x->life;
    AUTO(buffer) struct buffer out = {0};
    if (life->refused)
        exchange_refuse(x);
    life->close |= c->worker->draining || (life->has_head && x->head.close);
    exchange_write(x, &out);
    enter(c, PHASE_WRITE, times(c)->write);
    if (out.failed || bufferevent_write(c->stream, out.data, out.len) != 0)
        connection_close(c);
}

/* Refuses the current request for a reason that leaves nothing to be read after it. */
static void refuse_and_close(struct connection *c, const struct quoth_error *why)
{
    struct http_life *life = c->x->life;
    life->refused = life->close = life->body_pending = true;
    life->error = *why;
    connection_answer(c, c->x);
}

static void refuse_late(struct connection *c, enum quoth_code code, const char *what)
{
    struct quoth_error err = {0};
    quoth_fail(&err, code, c->phase == PHASE_BODY ? "body" : "head", QUOTH_NO_OFFSET, "%s", what);
    refuse_and_close(c, &err);
}

static void request_complete(struct connection *c)
{
    struct http_exchange *x = c->x;
    struct http_life *life = x->life;
    if (life->refused) {
        connection_answer(c, x);
        return;
    }
    x->body = buffer_bytes(&life->body_bytes);
    c->phase = PHASE_HANDLER;
    evtimer_del(&c->timer);
    exchange_run(x, x->route->handler);
}

static void read_body(struct connection *c)
{
    struct evbuffer *input = bufferevent_get_input(c->stream);
    struct http_life *life = c->x->life;
    struct quoth_error err = {0};
    while (life->framing.state != HTTP_BODY_DONE && evbuffer_get_length(input) > 0) {
        const size_t len = evbuffer_get_contiguous_space(input);
        const struct bytes part = {evbuffer_pullup(input, (ev_ssize_t)len), len};
        size_t used;
        if (!http_body_feed(&life->framing, part, life->refused ? NULL : &life->body_bytes, &used,
                            &err)) {
            refuse_and_close(c, &err);
            return;
        }
        life->received += used;
        evbuffer_drain(input, used);
    }
    if (life->framing.state == HTTP_BODY_DONE)
        request_complete(c);
}

static void head_complete(struct connection *c, size_t len)
{
    struct http_exchange *x = c->x;
    struct http_life *life = x->life;
    struct quoth_error err = {0};
    uint8_t *block = buffer_extend(&life->head_bytes, len);
    if (!block)
        buffer_ok(&life->head_bytes, &err);
    else
        evbuffer_remove(bufferevent_get_input(c->stream), block, len);
    if (err.code != QUOTH_OK ||
        !http_head_read(bytes_slice(buffer_bytes(&life->head_bytes), 0, len), &x->head, &err)) {
        refuse_and_close(c, &err);
        return;
    }
    life->has_head = true;
    exchange_admit(x, c->row);
    if (life->refused && life->close) {
        connection_answer(c, x);
        return;
    }
    enter(c, PHASE_BODY, times(c)->body);
    if (x->head.expects_continue && life->framing.state != HTTP_BODY_DONE)
        bufferevent_write(c->stream, "HTTP/1.1 100 Continue\r\n\r\n", 25);
    read_body(c);
}

static void read_head(struct connection *c)
{
    struct evbuffer *input = bufferevent_get_input(c->stream);
    const size_t have = evbuffer_get_length(input);
    const size_t len = have < HTTP_HEAD_MAX ? have : HTTP_HEAD_MAX;
    const struct bytes in = {evbuffer_pullup(input, (ev_ssize_t)len), len};
    struct quoth_error err = {0};
    size_t head_len;
    if (!http_head_scan(in, &c->scanned, &head_len, &err))
        refuse_and_close(c, &err);
    else if (head_len > 0)
        head_complete(c, head_len);
}

void address_text(const struct sockaddr_storage *of, char text[HTTP_PEER_SIZE])
{
    char address[INET6_ADDRSTRLEN] = "";
    if (of->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)of;
        inet_ntop(AF_INET, &in->sin_addr, address, sizeof address);
        snprintf(text, HTTP_PEER_SIZE, "%s:%u", address, ntohs(in->sin_port));
    } else if (of->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const void *)of;
        inet_ntop(AF_INET6, &in->sin6_addr, address, sizeof address);
        snprintf(text, HTTP_PEER_SIZE, "[%s]:%u", address, ntohs(in->sin6_port));
    }
}

static bool begin_request(struct connection *c)
{
    c->x = exchange_open(c->worker, c);
    if (!c->x)
        return false;
    address_text(&c->peer, c->x->peer);
    c->scanned = 0;
    c->phase = PHASE_HEAD;
    if (!c->fresh)
        set_deadline(c, times(c)->header);
    c->fresh = false;
    return true;
}

static void drop_input(struct connection *c)
{
    struct evbuffer *input = bufferevent_get_input(c->stream);
    c->lingered += evbuffer_get_length(input);
    evbuffer_drain(input, evbuffer_get_length(input));
    if (c->lingered > LINGER_MAX)
        connection_close(c);
}

/* The client has said all it will. What it said in full is answered; half a request is refused. */
static void on_half_closed(struct connection *c)
{
    if (c->phase == PHASE_HEAD)
        refuse_late(c, QUOTH_HTTP_MALFORMED, "the connection was shut down inside the head");
    else if (c->phase == PHASE_BODY)
        refuse_late(c, QUOTH_HTTP_MALFORMED, "the connection was shut down inside the body");
    else if (c->phase == PHASE_IDLE || c->phase == PHASE_LINGER)
        connection_close(c);
}

static void read_some(struct connection *c)
{
    if (c->phase == PHASE_HEAD)
        read_head(c);
    else if (c->phase == PHASE_BODY)
        read_body(c);
    else if (c->phase == PHASE_LINGER)
        drop_input(c);
}

static void on_read(struct bufferevent *stream, void *arg)
{
    struct connection *c = arg;
    bool gone = false;
    if (c->phase == PHASE_IDLE && evbuffer_get_length(bufferevent_get_input(stream)) > 0 &&
        !begin_request(c)) {
        connection_close(c);
        return;
    }
    c->gone = &gone;
    read_some(c);
    if (gone)
        return;
    c->gone = NULL;
    if (c->peer_done)
        on_half_closed(c);
}

/* Everything was written. The next request waits for its turn: one for each time round the loop, so
 * that a pipeline of one client does not keep the others waiting. */
static void on_written(struct bufferevent *stream, void *arg)
{
    struct connection *c = arg;
    if (c->phase != PHASE_WRITE)
        return;
    const bool close = c->x->life->close, unread = c->x->life->body_pending;
    exchange_record(c->x);
    exchange_close(take(c->x));
    if (close) {
        finish(c, unread);
        return;
    }
    enter(c, PHASE_IDLE, times(c)->idle);
    if (evbuffer_get_length(bufferevent_get_input(stream)) > 0)
        bufferevent_trigger(stream, EV_READ, BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
    else if (c->peer_done || c->worker->draining)
        finish(c, false);
}

static void on_event(struct bufferevent *stream, short what, void *arg)
{
    struct connection *c = arg;
    if (what & (BEV_EVENT_ERROR | BEV_EVENT_TIMEOUT)) {
        connection_close(c);
    } else if (what & BEV_EVENT_EOF) {
        /* TLS tells of the end before it tells of the bytes that came with it */
        c->peer_done = true;
        if (evbuffer_get_length(bufferevent_get_input(stream)) > 0)
            bufferevent_trigger(stream, EV_READ,
                                BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
        else
            on_half_closed(c);
    }
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
    struct connection *c = arg;
    (void)fd, (void)what;
    if (c->phase == PHASE_HEAD)
        refuse_late(c, QUOTH_HTTP_TIMEOUT, "the head was not complete in time");
    else if (c->phase == PHASE_BODY)
        refuse_late(c, QUOTH_HTTP_TIMEOUT, "the body was not complete in time");
    else
        connection_close(c);
}

static struct bufferevent *wrap(struct worker *w, int fd)
{
    const struct http_config *config = w->config;
    if (config->wrap)
        return config->wrap(config->service, loop_base(w->loop), fd);
    return bufferevent_socket_new(loop_base(w->loop), fd, BEV_OPT_CLOSE_ON_FREE);
}

void connection_open(struct worker *w, int fd, const struct sockaddr_storage *peer,
                     struct limit_row *row)
{
    const int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct connection *c = calloc(1, sizeof *c);
    struct bufferevent *stream = c ? wrap(w, fd) : NULL;
    if (!stream) {
        free(c);
        close(fd);
        limit_leave(w->limit, row);
        atomic_fetch_sub(&w->open_count, 1);
        return;
    }
    *c = (struct connection){.worker = w,
                             .stream = stream,
                             .row = row,
                             .peer = *peer,
                             .fresh = true,
                             .next = w->connections,
                             .link = &w->connections};
    if (c->next)
        c->next->link = &c->next;
    w->connections = c;

    evtimer_assign(&c->timer, loop_base(w->loop), on_deadline, c);
    bufferevent_setcb(stream, on_read, on_written, on_event, c);
    bufferevent_setwatermark(stream, EV_READ, 0, INPUT_MAX);
    bufferevent_enable(stream, EV_READ | EV_WRITE);
    enter(c, PHASE_IDLE, times(c)->header);
}

void connection_drain(struct connection *c)
{
    if (c->phase == PHASE_IDLE)
        finish(c, false);
}
