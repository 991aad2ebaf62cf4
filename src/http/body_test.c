#include "http/body.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants the two above first */
#include <cmocka.h>

#define LIMIT 16

static const struct http_head chunked = {.method = HTTP_POST, .minor = 1, .chunked = true};

static bool feed(const struct http_head *head, struct bytes in, size_t step, struct buffer *to,
                 size_t *ret_used, bool *ret_done, struct quoth_error *err)
{
    struct http_body body;
    size_t at = 0;
    if (!http_body_init(&body, head, LIMIT, err))
        return false;
    while (at < in.len && body.state != HTTP_BODY_DONE) {
        size_t used;
        if (!http_body_feed(&body, bytes_slice(in, at, step), to, &used, err))
            return false;
        at += used;
    }
    *ret_used = at;
    *ret_done = body.state == HTTP_BODY_DONE;
    return true;
}

static const struct {
    const char *name;
    struct bytes in;
    enum quoth_code code;
} refusals[] = {
    {"size 0x3",                  BYTES_INIT("0x3\r\nabc\r\n0\r\n\r\n"),       QUOTH_HTTP_MALFORMED},
    {"size +3",                   BYTES_INIT("+3\r\nabc\r\n0\r\n\r\n"),        QUOTH_HTTP_MALFORMED},
    {"no size",                   BYTES_INIT("\r\nabc\r\n0\r\n\r\n"),          QUOTH_HTTP_MALFORMED},
    {"blank before the size",     BYTES_INIT(" 3\r\nabc\r\n0\r\n\r\n"),        QUOTH_HTTP_MALFORMED},
    {"blank behind the size",     BYTES_INIT("3 \r\nabc\r\n0\r\n\r\n"),        QUOTH_HTTP_MALFORMED},
    {"chunk extension",           BYTES_INIT("3;a=b\r\nabc\r\n0\r\n\r\n"),     QUOTH_HTTP_MALFORMED},
    {"size ends in LF",           BYTES_INIT("3\nabc\r\n0\r\n\r\n"),           QUOTH_HTTP_MALFORMED},
    {"size with bare CR",         BYTES_INIT("3\rabc\r\n0\r\n\r\n"),           QUOTH_HTTP_MALFORMED},
    {"chunk ends in LF",          BYTES_INIT("3\r\nabc\n0\r\n\r\n"),           QUOTH_HTTP_MALFORMED},
    {"chunk is longer than said", BYTES_INIT("3\r\nabcd\r\n0\r\n\r\n"),        QUOTH_HTTP_MALFORMED},
    {"nine digits",               BYTES_INIT("000000003\r\nabc\r\n0\r\n\r\n"), QUOTH_HTTP_MALFORMED},
    {"trailer field",             BYTES_INIT("3\r\nabc\r\n0\r\nA: b\r\n\r\n"), QUOTH_HTTP_MALFORMED},
    {"last line ends in LF",      BYTES_INIT("0\r\n\n"),                       QUOTH_HTTP_MALFORMED},
    {"chunk above the limit",     BYTES_INIT("11\r\n"),                        QUOTH_TOO_LARGE     },
    {"huge chunk",                BYTES_INIT("ffffffff\r\n"),                  QUOTH_TOO_LARGE     },
    {"chunks above the limit",    BYTES_INIT("f\r\n012345678901234\r\n2\r\n"), QUOTH_TOO_LARGE     },
};

static void refusals_do_not_depend_on_the_pieces(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++)
        for (size_t step = 1; step <= refusals[i].in.len; step++) {
            AUTO(buffer) struct buffer to = {0};
            struct quoth_error err = {0};
            size_t used;
            bool done;
            if (step == 1)
                print_message("  %s\n", refusals[i].name);
            assert_false(feed(&chunked, refusals[i].in, step, &to, &used, &done, &err));
            assert_int_equal(err.code, refusals[i].code);
        }
}

static void chunks_become_content(void **state)
{
    (void)state;
    const struct bytes in = BYTES_LITERAL("3\r\nabc\r\nA\r\n0123456789\r\n000\r\n\r\nGET ");
    for (size_t step = 1; step <= in.len; step++) {
        AUTO(buffer) struct buffer to = {0};
        struct quoth_error err = {0};
        size_t used;
        bool done;
        assert_true(feed(&chunked, in, step, &to, &used, &done, &err));
        assert_true(done);
        assert_int_equal(used, in.len - 4);
        assert_true(bytes_equal(buffer_bytes(&to), BYTES_LITERAL("abc0123456789")));
    }
}

static void a_length_is_kept_to(void **state)
{
    (void)state;
    const struct http_head head = {.method = HTTP_POST, .minor = 1, .length = 5};
    const struct bytes in = BYTES_LITERAL("abcdefg");
    for (size_t step = 1; step <= in.len; step++) {
        AUTO(buffer) struct buffer to = {0};
        struct quoth_error err = {0};
        size_t used;
        bool done;
        assert_true(feed(&head, in, step, &to, &used, &done, &err));
        assert_true(done && used == 5);
        assert_true(bytes_equal(buffer_bytes(&to), BYTES_LITERAL("abcde")));
    }
}

static void a_length_above_the_limit_is_refused_at_once(void **state)
{
    (void)state;
    const struct http_head head = {.method = HTTP_POST, .minor = 1, .length = LIMIT + 1};
    struct http_body body;
    struct quoth_error err = {0};
    assert_false(http_body_init(&body, &head, LIMIT, &err));
    assert_int_equal(err.code, QUOTH_TOO_LARGE);
}

static void without_length_there_is_no_body(void **state)
{
    (void)state;
    const struct http_head head = {.method = HTTP_POST, .minor = 1};
    struct http_body body;
    struct quoth_error err = {0};
    assert_true(http_body_init(&body, &head, 0, &err));
    assert_int_equal(body.state, HTTP_BODY_DONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals_do_not_depend_on_the_pieces),
        cmocka_unit_test(chunks_become_content),
        cmocka_unit_test(a_length_is_kept_to),
        cmocka_unit_test(a_length_above_the_limit_is_refused_at_once),
        cmocka_unit_test(without_length_there_is_no_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
