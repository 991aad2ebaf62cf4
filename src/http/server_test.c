/* The life of connections: pipelines, halves, slow clients (PERF.md B.3), limits and drain. */
#include "http/test_bed.h"

#include <poll.h>

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
    {"a whole request",                 HELLO,                                            200},
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

#define QUICK_MS 1000 /* start_quick's deadlines */

static const struct {
    const char *name, *at_once;
    bool slowly; /* and then a byte at a time */
    int status;
} slow[] = {
    {"silent from the start",        "",                                  false, 0  },
    {"silent inside the head",       "GET /hello HT",                     false, 408},
    {"a byte at a time in the head", "GET /hello HTTP/1.1\r\nA: ",        true,  408},
    {"silent inside the body",       POST "Content-Length: 9\r\n\r\nab",  false, 408},
    {"a byte at a time in the body", POST "Content-Length: 9000\r\n\r\n", true,  408},
    {"silent after an answer",       HELLO,                               false, 200},
};

/* Deadlines are for the whole phase: a byte now and then does not move them. */
static void slow_clients_are_let_go(void **state)
{
    (void)state;
    char text[8192];
    for (size_t i = 0; i < COUNT(slow); i++) {
        print_message("  %s\n", slow[i].name);
        const uint64_t begin = time_monotonic_us();
        AUTO(fd) int fd = dial();
        struct pollfd heard = {.fd = fd, .events = POLLIN};
        say(fd, bytes_of_text(slow[i].at_once));
        for (int n = 0; slow[i].slowly && n < 2000 && poll(&heard, 1, 30) == 0; n++)
            say(fd, BYTES_LITERAL("x"));
        hear_all(fd, text, sizeof text, NULL);
        const uint64_t ms = (time_monotonic_us() - begin) / 1000;
        assert_int_equal(status_of(text), slow[i].status);
        assert_true(ms >= QUICK_MS - 50 && ms < 30000);
    }
}

static void a_client_that_vanishes_harms_nobody(void **state)
{
    (void)state;
    const int before = atomic_load(&records);
    for (int i = 0; i < 4; i++) {
        const struct linger hard = {.l_onoff = 1};
        AUTO(fd) int fd = dial();
        const int last = atomic_load(&begun);
        say(fd, BYTES_LITERAL("GET /later HTTP/1.1\r\n" HOST "\r\n"));
        await(&begun, last + 1);
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard); /* close sends a reset */
    }
    await(&records, before + 4);
    assert_int_equal(atomic_load(&records), before + 4);
}

static void a_full_pool_says_when_to_come_again(void **state)
{
    (void)state;
    char text[8192];
    int fds[12], busy = 0;
    atomic_store(&later_ms, 1000);
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

/* Short deadlines for those who wait for them to pass. */
static int start_quick(void **state)
{
    (void)state;
    struct http_config config = base;
    config.times.header = config.times.body = config.times.idle = QUICK_MS;
    start(&config);
    return 0;
}

/* Time enough to open more connections than there may be. */
static int start_patient(void **state)
{
    (void)state;
    struct http_config config = base;
    config.times.header = 2500;
    start(&config);
    return 0;
}

static int start_impatient(void **state)
{
    (void)state;
    struct http_config config = base;
    config.threads = 1;
    config.times.queue = 1000;
    start(&config);
    return 0;
}

/* Twenty at once, each of which takes 700 ms: those that would wait for more than a second are told
 * at once, and a probe is answered all the same. */
static void what_would_wait_too_long_is_refused(void **state)
{
    (void)state;
    char text[8192];
    int fds[20], served = 0, busy = 0;
    AUTO(fd) int probe = dial();
    for (size_t i = 0; i < COUNT(fds); i++)
        fds[i] = dial();
    usleep(50000);
    for (size_t i = 0; i < COUNT(fds); i++)
        say(fds[i], BYTES_LITERAL("POST /burn HTTP/1.1\r\nConnection: close\r\n" HOST "\r\n"));
    say(probe, BYTES_LITERAL(HELLO));
    const uint64_t begin = time_monotonic_us();
    for (size_t i = 0; i < COUNT(fds); i++) {
        hear_all(fds[i], text, sizeof text, NULL);
        served += status_of(text) == 200;
        busy += status_of(text) == 503 && strstr(text, "Retry-After: ") != NULL;
        close(fds[i]);
    }
    assert_int_equal(served + busy, 20);
    assert_in_range(busy, 1, 18);
    assert_true(time_monotonic_us() - begin < 20 * BURN_MS * 1000 / 2);
    hear(probe, false, text, sizeof text);
    assert_int_equal(status_of(text), 200);
}

/* Twelve at once of 700 ms each: who has waited for more than half of the second gives way. */
static void who_has_waited_for_long_gives_way(void **state)
{
    (void)state;
    char text[8192];
    int fds[12], gave_way = 0, served = 0;
    for (size_t i = 0; i < COUNT(fds); i++)
        fds[i] = dial();
    usleep(50000);
    for (size_t i = 0; i < COUNT(fds); i++)
        say(fds[i], BYTES_LITERAL("POST /burn-unless-pressed HTTP/1.1\r\nConnection: close\r\n" HOST
                                  "\r\n"));
    for (size_t i = 0; i < COUNT(fds); i++) {
        hear_all(fds[i], text, sizeof text, NULL);
        served += status_of(text) == 200;
        gave_way += status_of(text) == 202;
        close(fds[i]);
    }
    assert_in_range(served, 1, 11);
    assert_in_range(gave_way, 1, 11);
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
    const uint64_t begin = time_monotonic_us();
    unsigned good = 0;
    int status = 200;
    while (status == 200) {
        say(fd,
            good < 3 ? BYTES_LITERAL(HELLO) : BYTES_LITERAL(POST "Content-Length: 3\r\n\r\nabc"));
        hear(fd, false, text, sizeof text);
        status = status_of(text);
        good += status == 200;
        assert_true(good <= 3 + (time_monotonic_us() - begin) / 1000000);
    }
    assert_int_equal(status, 429);
    assert_true(good >= 3);
    assert_non_null(strstr(text, "\r\nRetry-After: 1\r\n"));
    sleep(2);
    AUTO(fd) int again = dial();
    say(again, BYTES_LITERAL(HELLO));
    hear(again, false, text, sizeof text);
    assert_int_equal(status_of(text), 200);
}

static void a_drained_server_answers_what_it_has_begun(void **state)
{
    (void)state;
    char text[8192];
    uint64_t ms;
    AUTO(fd) int idle = dial();
    say(idle, BYTES_LITERAL(HELLO));
    hear(idle, false, text, sizeof text);
    AUTO(fd) int busy = dial();
    const int last = atomic_load(&begun);
    say(busy, BYTES_LITERAL("GET /later HTTP/1.1\r\n" HOST "\r\n"));
    await(&begun, last + 1);
    const uint64_t begin = time_monotonic_us();
    http_server_drain(server, 30000);
    assert_true(time_monotonic_us() - begin < 29000000);
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
    atomic_store(&later_ms, 3000);
    AUTO(fd) int fd = dial();
    const int last = atomic_load(&begun);
    say(fd, BYTES_LITERAL("GET /later HTTP/1.1\r\n" HOST "\r\n"));
    await(&begun, last + 1);
    const uint64_t begin = time_monotonic_us();
    http_server_drain(server, 50);
    assert_true(time_monotonic_us() - begin < 2700000);
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
        with_server(a_pipeline_is_answered_in_order),
        with_server(an_old_client_is_served_once),
        with_server(a_client_may_ask_to_be_asked_for_the_body),
        with_server(half_closed_connections_are_answered),
        cmocka_unit_test_setup_teardown(slow_clients_are_let_go, start_quick, stop),
        with_server(a_client_that_vanishes_harms_nobody),
        with_server(a_full_pool_says_when_to_come_again),
        cmocka_unit_test_setup_teardown(there_are_only_so_many_connections, start_patient, stop),
        cmocka_unit_test_setup_teardown(what_would_wait_too_long_is_refused, start_impatient, stop),
        cmocka_unit_test_setup_teardown(who_has_waited_for_long_gives_way, start_impatient, stop),
        cmocka_unit_test_setup_teardown(a_source_that_asks_too_often_must_wait, start_limited,
                                        stop),
        with_server(a_drained_server_answers_what_it_has_begun),
        with_server(a_drain_does_not_wait_for_ever),
        cmocka_unit_test(addresses_that_cannot_be_listened_on_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
