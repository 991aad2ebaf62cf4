/* A server of our own, spoken to over raw sockets: what PERF.md B.3 and B.4 ask, limits, and drain.
 */
#include "http/server.h"

#include "base/file.h"
#include "base/time.h"
#include "http/pool.h"

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

static struct pool *pool;
static atomic_int records, last_status;

static enum http_outcome hello(struct http_exchange *x, struct quoth_error *err)
{
    (void)err;
    x->response.content_type = "text/plain";
    buffer_text(&x->response.body, "hello");
    return HTTP_DONE;
}

static enum http_outcome echo(struct http_exchange *x, struct quoth_error *err)
{
    (void)err;
    x->response.content_type = "text/plain";
    buffer_add(&x->response.body, x->body);
    return HTTP_DONE;
}

static enum http_outcome item(struct http_exchange *x, struct quoth_error *err)
{
    (void)err;
    x->response.content_type = "text/plain";
    buffer_add(&x->response.body, x->params[0]);
    return HTTP_DONE;
}

static enum http_outcome fail_always(struct http_exchange *x, struct quoth_error *err)
{
    (void)x;
    quoth_fail(err, QUOTH_UNAVAILABLE, "source", QUOTH_NO_OFFSET, "does not answer");
    return HTTP_REFUSED;
}

static void sleep_and_resume(void *arg)
{
    usleep(150000);
    http_exchange_resume(arg, hello);
}

static enum http_outcome later(struct http_exchange *x, struct quoth_error *err)
{
    return pool_submit(pool, sleep_and_resume, x, err) ? HTTP_LATER : HTTP_REFUSED;
}

static const struct http_route rows[] = {
    {HTTP_GET,          "/hello", HTTP_ROLE_ANYONE, 0, hello, "say hello", NULL},
    {HTTP_POST, "/echo", HTTP_ROLE_ANYONE, 1 << 16, echo, "say it again", "application/json"},
    {HTTP_GET,            "/items/{id}", HTTP_ROLE_ANYONE, 0, item, "show one", NULL},
    {HTTP_DELETE,             "/items/{id}", 7, 0, item, "remove one", NULL},
    {HTTP_GET,         "/fail", HTTP_ROLE_ANYONE, 0, fail_always, "fail", NULL},
    {HTTP_GET, "/later", HTTP_ROLE_ANYONE, 0, later, "take time", NULL},
    {0            },
};
static const struct http_route *const tables[] = {rows, NULL};

static void refuse(void *service, const struct quoth_error *why, const char *id,
                   struct http_response *ret_response)
{
    (void)service, (void)id;
    ret_response->content_type = "text/plain";
    buffer_printf(&ret_response->body, "%s\n", quoth_code_dotted(why->code));
}

static void record(void *service, const struct http_record *r)
{
    (void)service;
    atomic_store(&last_status, r->status);
    atomic_fetch_add(&records, 1);
}

static const struct http_config base = {
    .listen = "127.0.0.1:0",
    .threads = 2,
    .times = {.header = 400, .body = 400, .idle = 600,                       .write = 2000,        .linger = 300},
    .limit = {.connections = 64,             .connections_per_source = 48,        .prefix4 = 32, .prefix6 = 64},
    .routes = tables,
    .refuse = refuse,
    .record = record,
};

static struct http_server *server;

static void start(const struct http_config *config)
{
    struct quoth_error err = {0};
    assert_true(http_server_open(config, &server, &err));
    assert_true(http_server_start(server, &err));
}

static int start_default(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    pool = pool_open(2, 4, &err);
    assert_non_null(pool);
    start(&base);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    pool_close(pool); /* first: exchanges that it keeps are resumed */
    http_server_close(server);
    pool = NULL;
    return 0;
}

/* ---- a client that says exactly what it is told */

static int dial(void)
{
    const char *address = http_server_address(server);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    to.sin_port = htons((uint16_t)strtoul(strchr(address, ':') + 1, NULL, 10));
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct timeval limit = {.tv_sec = 5};
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static void say(int fd, struct bytes what)
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
static void hear_all(int fd, char *text, size_t size, uint64_t *ret_ms)
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

static size_t length_of(const char *text)
{
    const char *field = strstr(text, "\r\nContent-Length: ");
    return field ? strtoul(strchr(field + 2, ' '), NULL, 10) : 0;
}

/* One answer, or all until the server closes. The answer to HEAD has a length but no body. */
static void hear(int fd, bool to_head, char *text, size_t size)
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

static int status_of(const char *text)
{
    int status = 0;
    return sscanf(text, "HTTP/1.1 %d ", &status) == 1 ? status : 0;
}

static size_t answers(const char *text)
{
    size_t count = 0;
    for (const char *at = strstr(text, "HTTP/1.1 "); at; at = strstr(at + 1, "HTTP/1.1 "))
        count++;
    return count;
}

/* ---- what must be refused, and how */

#define SMUGGLED "GET /hello HTTP/1.1\r\n" HOST "\r\n"

static const struct {
    const char *name;
    struct bytes in;
    int status;
} refusals[] = {
  /* every row of PERF.md B.4; each is followed by a request that must never be answered */
    {"length and coding",
     BYTES_INIT(POST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SMUGGLED),
     400                                                                                                                },
    {"two equal lengths",
     BYTES_INIT(POST "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc" SMUGGLED),                                  400},
    {"two different lengths",
     BYTES_INIT(POST "Content-Length: 3\r\nContent-Length: 5\r\n\r\nabc" SMUGGLED),                                  400},
    {"length +3",                   BYTES_INIT(POST "Content-Length: +3\r\n\r\nabc" SMUGGLED),                       400},
    {"length 3x",                   BYTES_INIT(POST "Content-Length: 3x\r\n\r\nabc" SMUGGLED),                       400},
    {"length 2^64+3",               BYTES_INIT(POST "Content-Length: 18446744073709551619\r\n\r\nabc" SMUGGLED),
     400                                                                                                                },
    {"bare LF",                     BYTES_INIT("GET /hello HTTP/1.1\nHost: h\n\n" SMUGGLED),                         400},
    {"blank before the colon",      BYTES_INIT("GET /hello HTTP/1.1\r\nHost : h\r\n\r\n" SMUGGLED),                  400},
    {"folded field",                BYTES_INIT("GET /hello HTTP/1.1\r\n" HOST "A: b\r\n c\r\n\r\n" SMUGGLED),        400},
    {"no Host",                     BYTES_INIT("GET /hello HTTP/1.1\r\n\r\n" SMUGGLED),                              400},
    {"two Host",                    BYTES_INIT("GET /hello HTTP/1.1\r\n" HOST HOST "\r\n" SMUGGLED),                 400},
    {"NUL in a value",              BYTES_INIT("GET /hello HTTP/1.1\r\n" HOST "A: \0\r\n\r\n" SMUGGLED),             400},
    {"coding xchunked",             BYTES_INIT(POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" SMUGGLED),
     501                                                                                                                },
    {"chunk size 0x3",
     BYTES_INIT(POST "Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n" SMUGGLED),                          400},
    {"coding on 1.0",
     BYTES_INIT("POST /echo HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),                       400},
    {"version 1.9",                 BYTES_INIT("GET /hello HTTP/1.9\r\n" HOST "\r\n" SMUGGLED),                      505},
    {"version 2.0",                 BYTES_INIT("GET /hello HTTP/2.0\r\n" HOST "\r\n" SMUGGLED),                      505},
    {"lower-case method",           BYTES_INIT("post /echo HTTP/1.1\r\n" HOST "\r\n" SMUGGLED),                      501},
    {"coding gzip, chunked",
     BYTES_INIT(POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" SMUGGLED),                                  501},
 /* others that end the connection */
    {"chunk extension",
     BYTES_INIT(POST "Transfer-Encoding: chunked\r\n\r\n3;a\r\nabc\r\n0\r\n\r\n" SMUGGLED),                          400},
    {"trailer",                     BYTES_INIT(POST "Transfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\r\n" SMUGGLED),
     400                                                                                                                },
    {"unknown expectation",         BYTES_INIT(POST "Expect: x\r\n\r\n" SMUGGLED),                                   417},
    {"announced above the limit",   BYTES_INIT(POST "Content-Length: 65537\r\n\r\n"),                                413},
    {"chunk above the limit",       BYTES_INIT(POST "Transfer-Encoding: chunked\r\n\r\n10001\r\n"),                  413},
    {"refused before 100-continue",
     BYTES_INIT("POST /none HTTP/1.1\r\n" HOST "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n"),
     404                                                                                                                },
    {"a TLS greeting",              BYTES_INIT("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),                      400},
};

static void what_is_doubtful_is_refused_and_the_connection_closed(void **state)
{
    (void)state;
    char text[8192];
    for (size_t i = 0; i < COUNT(refusals); i++) {
        print_message("  %s\n", refusals[i].name);
        AUTO(fd) int fd = dial();
        say(fd, refusals[i].in);
        hear_all(fd, text, sizeof text, NULL);
        assert_int_equal(status_of(text), refusals[i].status);
        assert_int_equal(answers(text), 1);
        assert_non_null(strstr(text, "\r\nConnection: close\r\n"));
        assert_non_null(strstr(text, "\r\nx-ms-request-id: 00-"));
    }
}

static void large_heads_and_bodies_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *begin, *unit, *end;
        size_t count;
        int status;
    } large[] = {
        {"64 KB head",     "GET /hello HTTP/1.1\r\n" HOST "A: ",      "0123456789abcdef",           "\r\n\r\n", 4096,
         431                                                                                                              },
        {"1,000 fields",   "GET /hello HTTP/1.1\r\n" HOST,            "A: b\r\n",                   "\r\n",     1000,  431},
        {"100 fields",     "GET /hello HTTP/1.1\r\n" HOST,            "A: b\r\n",                   "\r\n",     100,   431},
        {"1 MB body",      POST "Content-Length: 1048576\r\n\r\n",    "0123456789abcdef",           "",         65536, 413},
        {"1 MB of chunks", POST "Transfer-Encoding: chunked\r\n\r\n", "10\r\n0123456789abcdef\r\n",
         "0\r\n\r\n",                                                                                           65536, 413},
    };
    char text[8192];
    for (size_t i = 0; i < COUNT(large); i++) {
        print_message("  %s\n", large[i].name);
        AUTO(buffer) struct buffer in = {0};
        buffer_text(&in, large[i].begin);
        for (size_t n = 0; n < large[i].count; n++)
            buffer_text(&in, large[i].unit);
        buffer_text(&in, large[i].end);
        AUTO(fd) int fd = dial();
        say(fd, buffer_bytes(&in));
        hear_all(fd, text, sizeof text, NULL);
        assert_int_equal(status_of(text), large[i].status);
        assert_int_equal(answers(text), 1);
    }
}

static const struct {
    const char *name, *in;
    int status;
    const char *holds;
} kept[] = {
    {"a good one",                    SMUGGLED,                                                                 200, "\r\n\r\nhello"                   },
    {"any case of the path",          "GET /HeLLo HTTP/1.1\r\n" HOST "\r\n",                                    200, "\r\n\r\nhello"                   },
    {"a query",                       "GET /hello?api-version=1 HTTP/1.1\r\n" HOST "\r\n",                      200, "\r\n\r\nhello"                   },
    {"HEAD",                          "HEAD /hello HTTP/1.1\r\n" HOST "\r\n",                                   200, "\r\nContent-Length: 5\r\n\r\n"   },
    {"a parameter",                   "GET /items/Ab%2f HTTP/1.1\r\n" HOST "\r\n",                              200, "\r\n\r\nAb%2f"                   },
    {"an empty parameter",            "GET /items/ HTTP/1.1\r\n" HOST "\r\n",                                   404, "http.route.unknown\n"            },
    {"an unknown path",               "GET /nothing HTTP/1.1\r\n" HOST "\r\n",                                  404, "http.route.unknown\n"            },
    {"a longer path",                 "GET /hello/you HTTP/1.1\r\n" HOST "\r\n",                                404, "http.route.unknown\n"            },
    {"a path with an end too many",   "GET /hello/ HTTP/1.1\r\n" HOST "\r\n",                                   404,
     "http.route.unknown\n"                                                                                                                            },
    {"a wrong method",                "DELETE /echo HTTP/1.1\r\n" HOST "\r\n",                                  405, "\r\nAllow: POST\r\n"             },
    {"two that would be right",       "PUT /items/1 HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc",
     405,                                                                                                            "\r\nAllow: GET, HEAD, DELETE\r\n"},
    {"OPTIONS",                       "OPTIONS /hello HTTP/1.1\r\n" HOST "\r\n",                                405, "\r\nAllow: GET, HEAD\r\n"        },
    {"a role that nobody has",        "DELETE /items/1 HTTP/1.1\r\n" HOST "\r\n",                               401,
     "http.unauthorized\n"                                                                                                                             },
    {"a wrong media type",
     POST "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\na=b",                    415,
     "http.content-type\n"                                                                                                                             },
    {"a compressed body",             POST "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",            415,
     "http.content-type\n"                                                                                                                             },
    {"a media type with a parameter",
     POST "Content-Type: Application/JSON; charset=utf-8\r\nContent-Length: 3\r\n\r\nabc",                      200,
     "\r\n\r\nabc"                                                                                                                                     },
    {"chunks",                        POST "Transfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n", 200,
     "\r\n\r\nabcd"                                                                                                                                    },
    {"no body at all",                POST "\r\n",                                                              200, "\r\nContent-Length: 0\r\n"       },
    {"a failing source",              "GET /fail HTTP/1.1\r\n" HOST "\r\n",                                     503, "\r\nRetry-After: "               },
    {"one that takes time",           "GET /later HTTP/1.1\r\n" HOST "\r\n",                                    200, "\r\n\r\nhello"                   },
};

static void what_is_clear_is_answered_and_the_connection_kept(void **state)
{
    (void)state;
    char text[8192];
    AUTO(fd) int fd = dial();
    for (size_t i = 0; i < COUNT(kept); i++) {
        print_message("  %s\n", kept[i].name);
        say(fd, bytes_of_text(kept[i].in));
        hear(fd, strncmp(kept[i].in, "HEAD", 4) == 0, text, sizeof text);
        assert_int_equal(status_of(text), kept[i].status);
        assert_non_null(strstr(text, kept[i].holds));
        assert_null(strstr(text, "Connection: close"));
    }
}

static void a_pipeline_is_answered_in_order(void **state)
{
    (void)state;
    char text[8192];
    AUTO(fd) int fd = dial();
    say(fd, BYTES_LITERAL("GET /items/1 HTTP/1.1\r\n" HOST "\r\nGET /later HTTP/1.1\r\n" HOST "\r\n"
                          "GET /items/2 HTTP/1.1\r\nConnection: close\r\n" HOST "\r\n"));
    hear_all(fd, text, sizeof text, NULL);
    assert_int_equal(answers(text), 3);
    const char *one = strstr(text, "\r\n\r\n1HTTP"), *two = strstr(text, "\r\n\r\nhelloHTTP"),
               *three = strstr(text, "\r\n\r\n2");
    assert_true(one && two && three && one < two && two < three);
}

static void an_old_client_is_served_once(void **state)
{
    (void)state;
    char text[8192];
    AUTO(fd) int fd = dial();
    say(fd, BYTES_LITERAL("GET /hello HTTP/1.0\r\n\r\n"));
    hear_all(fd, text, sizeof text, NULL);
    assert_int_equal(status_of(text), 200);
    assert_non_null(strstr(text, "\r\nConnection: close\r\n"));
}

static void a_client_may_ask_to_be_asked_for_the_body(void **state)
{
    (void)state;
    char text[8192];
    AUTO(fd) int fd = dial();
    say(fd, BYTES_LITERAL(POST "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n"));
    hear(fd, false, text, sizeof text);
    assert_string_equal(text, "HTTP/1.1 100 Continue\r\n\r\n");
    say(fd, BYTES_LITERAL("abc"));
    hear(fd, false, text, sizeof text);
    assert_int_equal(status_of(text), 200);
}

static const struct {
    const char *name, *in;
    int status;
} halves[] = {
    {"nothing",                         "",                                               0  },
    {"half a head",                     "GET /hello HTTP/1.1\r\nHo",                      400},
    {"half a body",                     POST "Content-Length: 10\r\n\r\nabc",             400},
    {"half a chunk",                    POST "Transfer-Encoding: chunked\r\n\r\n5\r\nab", 400},
    {"a whole request",                 SMUGGLED,                                         200},
    {"a whole request that takes time", "GET /later HTTP/1.1\r\n" HOST "\r\n",            200},
};

static void half_closed_connections_are_answered(void **state)
{
    (void)state;
    char text[8192];
    for (size_t i = 0; i < COUNT(halves); i++) {
        print_message("  %s\n", halves[i].name);
        AUTO(fd) int fd = dial();
        say(fd, bytes_of_text(halves[i].in));
        shutdown(fd, SHUT_WR);
        hear_all(fd, text, sizeof text, NULL);
        assert_int_equal(status_of(text), halves[i].status);
    }
}

static const struct {
    const char *name, *at_once, *slowly;
    int status;
} slow[] = {
    {"silent from the start",        "",                                 "",                       0  },
    {"silent inside the head",       "GET /hello HT",                    "",                       408},
    {"a byte at a time in the head", "GET /hello HTTP/1.1\r\nA: ",       "xxxxxxxxxxxxxxxxxxxxxx", 408},
    {"silent inside the body",       POST "Content-Length: 9\r\n\r\nab", "",                       408},
    {"a byte at a time in the body", POST "Content-Length: 90\r\n\r\n",  "xxxxxxxxxxxxxxxxxxxxxx",
     408                                                                                              },
    {"silent after an answer",       SMUGGLED,                           "",                       200},
};

/* Deadlines are for the whole phase: a byte now and then does not move them. */
static void slow_clients_are_let_go(void **state)
{
    (void)state;
    char text[8192];
    for (size_t i = 0; i < COUNT(slow); i++) {
        print_message("  %s\n", slow[i].name);
        AUTO(fd) int fd = dial();
        uint64_t ms;
        const uint64_t begin = time_monotonic_us();
        say(fd, bytes_of_text(slow[i].at_once));
        for (const char *c = slow[i].slowly; *c; c++) {
            say(fd, (struct bytes){(const uint8_t *)c, 1});
            usleep(30000);
        }
        hear_all(fd, text, sizeof text, &ms);
        ms = (time_monotonic_us() - begin) / 1000;
        assert_int_equal(status_of(text), slow[i].status);
        assert_true(ms >= 350 && ms < 1500);
    }
}

static void a_client_that_vanishes_harms_nobody(void **state)
{
    (void)state;
    const int before = atomic_load(&records);
    for (int i = 0; i < 4; i++) {
        const struct linger hard = {.l_onoff = 1};
        AUTO(fd) int fd = dial();
        say(fd, BYTES_LITERAL("GET /later HTTP/1.1\r\n" HOST "\r\n"));
        usleep(20000);
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard); /* close sends a reset */
    }
    for (int i = 0; i < 100 && atomic_load(&records) < before + 4; i++)
        usleep(20000);
    assert_int_equal(atomic_load(&records), before + 4);
}

static void a_full_pool_says_when_to_come_again(void **state)
{
    (void)state;
    char text[8192];
    int fds[12], busy = 0;
    for (size_t i = 0; i < COUNT(fds); i++) {
        fds[i] = dial();
        say(fds[i], BYTES_LITERAL("GET /later HTTP/1.1\r\nConnection: close\r\n" HOST "\r\n"));
    }
    for (size_t i = 0; i < COUNT(fds); i++) {
        hear_all(fds[i], text, sizeof text, NULL);
        busy += status_of(text) == 503 && strstr(text, "Retry-After: ") != NULL;
        close(fds[i]);
    }
    assert_in_range(busy, 4, 8); /* two run, four wait */
}

static void there_are_only_so_many_connections(void **state)
{
    (void)state;
    char text[64];
    int fds[52], refused = 0;
    for (size_t i = 0; i < COUNT(fds); i++) {
        fds[i] = dial();
        say(fds[i], BYTES_LITERAL("GET "));
    }
    for (size_t i = 0; i < COUNT(fds); i++) {
        hear_all(fds[i], text, sizeof text, NULL);
        refused += status_of(text) == 0;
        close(fds[i]);
    }
    assert_int_equal(refused, 4);
    assert_int_equal(http_server_counts(server).turned_away, 4);
}

static int start_limited(void **state)
{
    (void)state;
    struct http_config config = base;
    config.limit.rate = 1;
    config.limit.burst = 3;
    start(&config);
    return 0;
}

static void a_source_that_asks_too_often_must_wait(void **state)
{
    (void)state;
    char text[8192];
    AUTO(fd) int fd = dial();
    for (int i = 0; i < 3; i++) {
        say(fd, BYTES_LITERAL(SMUGGLED));
        hear(fd, false, text, sizeof text);
        assert_int_equal(status_of(text), 200);
    }
    say(fd, BYTES_LITERAL(POST "Content-Length: 3\r\n\r\nabc"));
    hear(fd, false, text, sizeof text);
    assert_int_equal(status_of(text), 429);
    assert_non_null(strstr(text, "\r\nRetry-After: 1\r\n"));
    sleep(2);
    AUTO(fd) int again = dial();
    say(again, BYTES_LITERAL(SMUGGLED));
    hear(again, false, text, sizeof text);
    assert_int_equal(status_of(text), 200);
}

static void a_drained_server_answers_what_it_has_begun(void **state)
{
    (void)state;
    char text[8192];
    uint64_t ms;
    AUTO(fd) int idle = dial();
    say(idle, BYTES_LITERAL(SMUGGLED));
    hear(idle, false, text, sizeof text);
    AUTO(fd) int busy = dial();
    say(busy, BYTES_LITERAL("GET /later HTTP/1.1\r\n" HOST "\r\n"));
    usleep(30000);
    const uint64_t begin = time_monotonic_us();
    http_server_drain(server, 3000);
    assert_true(time_monotonic_us() - begin < 1000000);
    hear_all(busy, text, sizeof text, &ms);
    assert_int_equal(status_of(text), 200);
    assert_non_null(strstr(text, "\r\nConnection: close\r\n"));
    hear_all(idle, text, sizeof text, &ms);
    assert_int_equal(text[0], '\0');
    assert_int_equal(http_server_counts(server).connections, 0);
}

static void a_drain_does_not_wait_for_ever(void **state)
{
    (void)state;
    AUTO(fd) int fd = dial();
    say(fd, BYTES_LITERAL("GET /later HTTP/1.1\r\n" HOST "\r\n"));
    usleep(30000);
    const uint64_t begin = time_monotonic_us();
    http_server_drain(server, 50);
    assert_true(time_monotonic_us() - begin < 120000);
}

static void addresses_that_cannot_be_listened_on_are_named(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",      "8443", ":8443", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:70000", "192.0.2.1:0",
        "[::1:0"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct http_config config = base;
        struct http_server *s = NULL;
        struct quoth_error err = {0};
        config.listen = bad[i];
        print_message("  \"%s\"\n", bad[i]);
        assert_false(http_server_open(&config, &s, &err));
        assert_string_equal(err.where, "listen");
        assert_null(s);
    }
}

#define with_server(test) cmocka_unit_test_setup_teardown(test, start_default, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_server(what_is_doubtful_is_refused_and_the_connection_closed),
        with_server(large_heads_and_bodies_are_refused),
        with_server(what_is_clear_is_answered_and_the_connection_kept),
        with_server(a_pipeline_is_answered_in_order),
        with_server(an_old_client_is_served_once),
        with_server(a_client_may_ask_to_be_asked_for_the_body),
        with_server(half_closed_connections_are_answered),
        with_server(slow_clients_are_let_go),
        with_server(a_client_that_vanishes_harms_nobody),
        with_server(a_full_pool_says_when_to_come_again),
        with_server(there_are_only_so_many_connections),
        cmocka_unit_test_setup_teardown(a_source_that_asks_too_often_must_wait, start_limited,
                                        stop),
        with_server(a_drained_server_answers_what_it_has_begun),
        with_server(a_drain_does_not_wait_for_ever),
        cmocka_unit_test(addresses_that_cannot_be_listened_on_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
