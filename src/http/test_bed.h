/* For tests only: a server of our own with a few routes, and a client that says exactly what it is
 * told over a raw socket. */
#ifndef QUOTH_HTTP_TEST_BED_H
#define QUOTH_HTTP_TEST_BED_H

#include "base/file.h"
#include "base/time.h"
#include "http/pool.h"
#include "http/server.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
/* cmocka wants setjmp.h and stdarg.h first */
#include <cmocka.h>

#define HOST "Host: h\r\n"
#define POST "POST /echo HTTP/1.1\r\n" HOST
#define CHUNKED "Transfer-Encoding: chunked\r\n\r\n"
#define HELLO "GET /hello HTTP/1.1\r\n" HOST "\r\n"

static struct pool *pool;
static atomic_int records, last_status, begun; /* how many /later have begun */
static atomic_uint later_ms = 150;             /* that /later takes */

static inline enum http_outcome hello(struct http_exchange *x, struct quoth_error *err)
{
    (void)err;
    x->response.content_type = "text/plain";
    buffer_text(&x->response.body, "hello");
    return HTTP_DONE;
}

static inline enum http_outcome echo(struct http_exchange *x, struct quoth_error *err)
{
    (void)err;
    x->response.content_type = "text/plain";
    buffer_add(&x->response.body, x->body);
    return HTTP_DONE;
}

static inline enum http_outcome item(struct http_exchange *x, struct quoth_error *err)
{
    (void)err;
    x->response.content_type = "text/plain";
    buffer_add(&x->response.body, x->params[0]);
    return HTTP_DONE;
}

static inline enum http_outcome fail_always(struct http_exchange *x, struct quoth_error *err)
{
    (void)x;
    quoth_fail(err, QUOTH_UNAVAILABLE, "source", QUOTH_NO_OFFSET, "does not answer");
    return HTTP_REFUSED;
}

#define BURN_MS 700 /* that /burn takes; tests of the queue wait for it, give or take 300 ms */

static inline enum http_outcome burn(struct http_exchange *x, struct quoth_error *err)
{
    usleep(BURN_MS * 1000); /* what a handler must not do, to fill the queue behind it */
    return hello(x, err);
}

/* What a handler under pressure does: the cheap part only. */
static inline enum http_outcome burn_unless_pressed(struct http_exchange *x,
                                                    struct quoth_error *err)
{
    if (!http_exchange_is_pressed(x))
        return burn(x, err);
    x->response.status = 202;
    return HTTP_DONE;
}

static inline void sleep_and_resume(void *arg)
{
    usleep(atomic_load(&later_ms) * 1000);
    http_exchange_resume(arg, hello);
}

static inline enum http_outcome later(struct http_exchange *x, struct quoth_error *err)
{
    if (!pool_submit(pool, sleep_and_resume, x, err))
        return HTTP_REFUSED;
    atomic_fetch_add(&begun, 1);
    return HTTP_LATER;
}

/* Waits until a counter has reached that much: a minute at the most. */
static inline void await(const atomic_int *counter, int value)
{
    for (int i = 0; i < 6000 && atomic_load(counter) < value; i++)
        usleep(10000);
    assert_true(atomic_load(counter) >= value);
}

static const struct http_route rows[] = {
    {HTTP_GET,            "/hello", HTTP_ROLE_ANYONE, 0, hello, "say hello", NULL},
    {HTTP_POST,   "/echo", HTTP_ROLE_ANYONE, 1 << 16, echo, "say it again", "application/json"},
    {HTTP_GET,              "/items/{id}", HTTP_ROLE_ANYONE, 0, item, "show one", NULL},
    {HTTP_DELETE,               "/items/{id}", 7, 0, item, "remove one", NULL},
    {HTTP_POST,           "/items/{id}:wash", HTTP_ROLE_ANYONE, 16, item, "wash one",
     "text/plain, application/json"},
    {HTTP_GET,   "/soft/{id}/wash", HTTP_ROLE_ANYONE, 0, item, "show one", NULL},
    {HTTP_GET,               "/soft/{id}", HTTP_ROLE_ANYONE, 0, item, "show one", NULL},
    {HTTP_DELETE, "/soft/{id}/{part}", HTTP_ROLE_ANYONE, 0, item, "remove a part", NULL},
    {HTTP_GET,            "/fail", HTTP_ROLE_ANYONE, 0, fail_always, "fail", NULL},
    {HTTP_GET,   "/later", HTTP_ROLE_ANYONE, 0, later, "take time", NULL},
    {HTTP_POST,               "/burn-unless-pressed", HTTP_ROLE_ANYONE, 1, burn_unless_pressed, "give way", NULL},
    {HTTP_POST,               "/burn", HTTP_ROLE_ANYONE, 1, burn, "hold the thread", NULL},
    {0        },
};
static const struct http_route *const tables[] = {rows, NULL};
static const char *const soft[] = {"soft", NULL};

static inline void refuse(void *service, const struct http_exchange *x,
                          const struct quoth_error *why, struct http_response *ret_response)
{
    (void)service, (void)x;
    ret_response->content_type = "text/plain";
    buffer_printf(&ret_response->body, "%s\n", quoth_code_dotted(why->code));
}

static inline void record(void *service, const struct http_record *r)
{
    (void)service;
    atomic_store(&last_status, r->status);
    atomic_fetch_add(&records, 1);
}

static const struct http_config base = {
    .listen = "127.0.0.1:0",
    .threads = 2,
    .times = {.header = 5000, .body = 5000, .idle = 5000,                     .write = 5000,          .linger = 300},
    .limit = {.connections = 64,              .connections_per_source = 48,          .prefix4 = 32, .prefix6 = 64},
    .routes = tables,
    .lenient = soft,
    .refuse = refuse,
    .record = record,
};

static struct http_server *server;

static inline void start(const struct http_config *config)
{
    struct quoth_error err = {0};
    assert_true(http_server_open(config, &server, &err));
    assert_true(http_server_start(server, &err));
}

static inline int start_default(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    pool = pool_open(2, 4, &err);
    assert_non_null(pool);
    start(&base);
    return 0;
}

static inline int stop(void **state)
{
    (void)state;
    pool_close(pool); /* first: exchanges that it keeps are resumed */
    http_server_close(server);
    pool = NULL;
    atomic_store(&later_ms, 150);
    return 0;
}

/* ---- a client that says exactly what it is told */

static inline int dial(void)
{
    const char *address = http_server_address(server);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    to.sin_port = htons((uint16_t)strtoul(strchr(address, ':') + 1, NULL, 10));
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct timeval limit = {.tv_sec = 60}; /* no test waits for it, but one that fails */
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static inline void say(int fd, struct bytes what)
{
    for (size_t at = 0; at < what.len;) {
        const struct bytes rest = bytes_slice(what, at, what.len);
        const ssize_t put = send(fd, rest.data, rest.len, MSG_NOSIGNAL);
        if (put <= 0)
            return; /* the server has had enough */
        at += (size_t)put;
    }
}

/* Everything until the server closes: NUL-terminated, cut at size. Sets *ret_ms to the time it
 * took. */
static inline void hear_all(int fd, char *text, size_t size, uint64_t *ret_ms)
{
    const uint64_t begin = time_monotonic_us();
    size_t len = 0;
    for (;;) {
        const ssize_t got = recv(fd, text + len, size - 1 - len, 0);
        if (got <= 0)
            break;
        len += (size_t)got;
    }
    text[len] = '\0';
    if (ret_ms)
        *ret_ms = (time_monotonic_us() - begin) / 1000;
}

static inline size_t length_of(const char *text)
{
    const char *field = strstr(text, "\r\nContent-Length: ");
    return field ? strtoul(strchr(field + 2, ' '), NULL, 10) : 0;
}

/* One answer, or all until the server closes. The answer to HEAD has a length but no body. */
static inline void hear(int fd, bool to_head, char *text, size_t size)
{
    size_t len = 0;
    text[0] = '\0';
    for (const char *end = NULL; !end || (!to_head && strlen(end + 4) < length_of(text));
         end = strstr(text, "\r\n\r\n")) {
        const ssize_t got = recv(fd, text + len, size - 1 - len, 0);
        if (got <= 0)
            break;
        len += (size_t)got;
        text[len] = '\0';
    }
}

static inline int status_of(const char *text)
{
    int status = 0;
    return sscanf(text, "HTTP/1.1 %d ", &status) == 1 ? status : 0;
}

static inline size_t answers(const char *text)
{
    size_t count = 0;
    for (const char *at = strstr(text, "HTTP/1.1 "); at; at = strstr(at + 1, "HTTP/1.1 "))
        count++;
    return count;
}

#endif
