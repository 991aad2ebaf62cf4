#include "http/head.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants the two above first */
#include <cmocka.h>

#define GET "GET / HTTP/1.1\r\n"
#define HOST "Host: h\r\n"
#define POST "POST /a HTTP/1.1\r\n" HOST

static bool read_whole(struct bytes in, struct http_head *ret_head, struct quoth_error *err)
{
    size_t pos = 0, len = 0;
    if (!http_head_scan(in, &pos, &len, err))
        return false;
    assert_true(len > 0);
    return http_head_read(bytes_slice(in, 0, len), ret_head, err);
}

static const struct {
    const char *name;
    struct bytes in;
    enum quoth_code code;
} refusals[] = {
  /* the rows of PERF.md B.4 that concern the head */
    {"length and coding together",
     BYTES_INIT(POST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"),
     QUOTH_HTTP_MALFORMED                                                                                                              },
    {"two equal lengths",               BYTES_INIT(POST "Content-Length: 3\r\nContent-Length: 3\r\n\r\n"),
     QUOTH_HTTP_MALFORMED                                                                                                              },
    {"two different lengths",           BYTES_INIT(POST "Content-Length: 3\r\nContent-Length: 4\r\n\r\n"),
     QUOTH_HTTP_MALFORMED                                                                                                              },
    {"a list of lengths",               BYTES_INIT(POST "Content-Length: 3, 3\r\n\r\n"),                      QUOTH_HTTP_MALFORMED     },
    {"length +3",                       BYTES_INIT(POST "Content-Length: +3\r\n\r\n"),                        QUOTH_HTTP_MALFORMED     },
    {"length -3",                       BYTES_INIT(POST "Content-Length: -3\r\n\r\n"),                        QUOTH_HTTP_MALFORMED     },
    {"length 3x",                       BYTES_INIT(POST "Content-Length: 3x\r\n\r\n"),                        QUOTH_HTTP_MALFORMED     },
    {"length 0x3",                      BYTES_INIT(POST "Content-Length: 0x3\r\n\r\n"),                       QUOTH_HTTP_MALFORMED     },
    {"no length in its field",          BYTES_INIT(POST "Content-Length:\r\n\r\n"),                           QUOTH_HTTP_MALFORMED     },
    {"length 2^64+3",                   BYTES_INIT(POST "Content-Length: 18446744073709551619\r\n\r\n"),
     QUOTH_HTTP_MALFORMED                                                                                                              },
    {"bare LF",                         BYTES_INIT("GET / HTTP/1.1\nHost: h\n\n"),                            QUOTH_HTTP_MALFORMED     },
    {"bare LF in the last line",        BYTES_INIT(GET HOST "\n"),                                            QUOTH_HTTP_MALFORMED     },
    {"bare CR",                         BYTES_INIT(GET "Host: h\rA: b\r\n\r\n"),                              QUOTH_HTTP_MALFORMED     },
    {"blank before the colon",          BYTES_INIT(GET "Host : h\r\n\r\n"),                                   QUOTH_HTTP_MALFORMED     },
    {"tab before the colon",            BYTES_INIT(GET "Host\t: h\r\n\r\n"),                                  QUOTH_HTTP_MALFORMED     },
    {"folded field",                    BYTES_INIT(GET HOST "A: b\r\n c\r\n\r\n"),                            QUOTH_HTTP_MALFORMED     },
    {"field folded by a tab",           BYTES_INIT(GET HOST "A: b\r\n\tc\r\n\r\n"),                           QUOTH_HTTP_MALFORMED     },
    {"folded first line",               BYTES_INIT(GET " Host: h\r\n\r\n"),                                   QUOTH_HTTP_MALFORMED     },
    {"no Host",                         BYTES_INIT(GET "\r\n"),                                               QUOTH_HTTP_MALFORMED     },
    {"two Host",                        BYTES_INIT(GET HOST HOST "\r\n"),                                     QUOTH_HTTP_MISDIRECTED   },
    {"two Host in 1.0",                 BYTES_INIT("GET / HTTP/1.0\r\n" HOST HOST "\r\n"),                    QUOTH_HTTP_MISDIRECTED   },
    {"empty Host",                      BYTES_INIT(GET "Host: \r\n\r\n"),                                     QUOTH_HTTP_MALFORMED     },
    {"Host with a path",                BYTES_INIT(GET "Host: a/b\r\n\r\n"),                                  QUOTH_HTTP_MALFORMED     },
    {"Host with a user",                BYTES_INIT(GET "Host: a@b\r\n\r\n"),                                  QUOTH_HTTP_MALFORMED     },
    {"NUL in a value",                  BYTES_INIT(GET HOST "A: b\0c\r\n\r\n"),                               QUOTH_HTTP_MALFORMED     },
    {"ESC in a value",                  BYTES_INIT(GET HOST "A: b\x1b[2J\r\n\r\n"),                           QUOTH_HTTP_MALFORMED     },
    {"DEL in a value",                  BYTES_INIT(GET HOST "A: b\x7f\r\n\r\n"),                              QUOTH_HTTP_MALFORMED     },
    {"coding xchunked",                 BYTES_INIT(POST "Transfer-Encoding: xchunked\r\n\r\n"),               QUOTH_HTTP_CODING        },
    {"coding gzip, chunked",            BYTES_INIT(POST "Transfer-Encoding: gzip, chunked\r\n\r\n"),
     QUOTH_HTTP_CODING                                                                                                                 },
    {"coding chunked, chunked",         BYTES_INIT(POST "Transfer-Encoding: chunked, chunked\r\n\r\n"),
     QUOTH_HTTP_CODING                                                                                                                 },
    {"coding identity",                 BYTES_INIT(POST "Transfer-Encoding: identity\r\n\r\n"),               QUOTH_HTTP_CODING        },
    {"two codings",
     BYTES_INIT(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
     QUOTH_HTTP_MALFORMED                                                                                                              },
    {"coding on 1.0",                   BYTES_INIT("POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),
     QUOTH_HTTP_MALFORMED                                                                                                              },
    {"version 1.9",                     BYTES_INIT("GET / HTTP/1.9\r\n" HOST "\r\n"),                         QUOTH_HTTP_VERSION       },
    {"version 2.0",                     BYTES_INIT("GET / HTTP/2.0\r\n" HOST "\r\n"),                         QUOTH_HTTP_VERSION       },
    {"version 0.9",                     BYTES_INIT("GET / HTTP/0.9\r\n" HOST "\r\n"),                         QUOTH_HTTP_VERSION       },
    {"lower-case method",               BYTES_INIT("post / HTTP/1.1\r\n" HOST "\r\n"),                        QUOTH_HTTP_METHOD_UNKNOWN},
 /* and others */
    {"method CONNECT",                  BYTES_INIT("CONNECT h:443 HTTP/1.1\r\n" HOST "\r\n"),
     QUOTH_HTTP_METHOD_UNKNOWN                                                                                                         },
    {"no method",                       BYTES_INIT(" / HTTP/1.1\r\n" HOST "\r\n"),                            QUOTH_HTTP_MALFORMED     },
    {"method with a colon",             BYTES_INIT("GE:T / HTTP/1.1\r\n" HOST "\r\n"),                        QUOTH_HTTP_MALFORMED     },
    {"no version",                      BYTES_INIT("GET /\r\n" HOST "\r\n"),                                  QUOTH_HTTP_MALFORMED     },
    {"long version",                    BYTES_INIT("GET / HTTP/1.10\r\n" HOST "\r\n"),                        QUOTH_HTTP_MALFORMED     },
    {"lower-case version",              BYTES_INIT("GET / http/1.1\r\n" HOST "\r\n"),                         QUOTH_HTTP_MALFORMED     },
    {"two blanks",                      BYTES_INIT("GET  / HTTP/1.1\r\n" HOST "\r\n"),                        QUOTH_HTTP_MALFORMED     },
    {"blank at the end",                BYTES_INIT("GET / HTTP/1.1 \r\n" HOST "\r\n"),                        QUOTH_HTTP_MALFORMED     },
    {"tab between",                     BYTES_INIT("GET\t/\tHTTP/1.1\r\n" HOST "\r\n"),                       QUOTH_HTTP_MALFORMED     },
    {"empty line first",                BYTES_INIT("\r\n" GET HOST "\r\n"),                                   QUOTH_HTTP_MALFORMED     },
    {"absolute target",                 BYTES_INIT("GET http://h/ HTTP/1.1\r\n" HOST "\r\n"),
     QUOTH_HTTP_MISDIRECTED                                                                                                            },
    {"asterisk target",                 BYTES_INIT("OPTIONS * HTTP/1.1\r\n" HOST "\r\n"),                     QUOTH_HTTP_MALFORMED     },
    {"fragment in the target",          BYTES_INIT("GET /a#b HTTP/1.1\r\n" HOST "\r\n"),
     QUOTH_HTTP_MALFORMED                                                                                                              },
    {"backslash in the target",         BYTES_INIT("GET /a\\b HTTP/1.1\r\n" HOST "\r\n"),
     QUOTH_HTTP_MALFORMED                                                                                                              },
    {"byte beyond ASCII in the target", BYTES_INIT("GET /\xc3\xa4 HTTP/1.1\r\n" HOST "\r\n"),
     QUOTH_HTTP_MALFORMED                                                                                                              },
    {"half an escape in the target",    BYTES_INIT("GET /a%2 HTTP/1.1\r\n" HOST "\r\n"),
     QUOTH_HTTP_MALFORMED                                                                                                              },
    {"field without a colon",           BYTES_INIT(GET HOST "abc\r\n\r\n"),                                   QUOTH_HTTP_MALFORMED     },
    {"field without a name",            BYTES_INIT(GET HOST ": abc\r\n\r\n"),                                 QUOTH_HTTP_MALFORMED     },
    {"field name in quotes",            BYTES_INIT(GET HOST "\"a\": b\r\n\r\n"),                              QUOTH_HTTP_MALFORMED     },
    {"two Authorization",               BYTES_INIT(GET HOST "Authorization: a\r\nauthorization: b\r\n\r\n"),
     QUOTH_HTTP_MALFORMED                                                                                                              },
    {"two Content-Type",                BYTES_INIT(POST "Content-Type: a/b\r\nContent-Type: c/d\r\n\r\n"),
     QUOTH_HTTP_MALFORMED                                                                                                              },
    {"unknown expectation",             BYTES_INIT(POST "Expect: 200-ok\r\n\r\n"),                            QUOTH_HTTP_EXPECTATION   },
    {"TLS ClientHello",                 BYTES_INIT("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
     QUOTH_HTTP_MALFORMED                                                                                                              },
};

static void refusals_say_why(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct quoth_error err = {0};
        struct http_head head;
        print_message("  %s\n", refusals[i].name);
        assert_false(read_whole(refusals[i].in, &head, &err));
        assert_int_equal(err.code, refusals[i].code);
        assert_true(err.message[0] != '\0');
    }
}

static void heads_have_a_greatest_size(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer in = {0};
    buffer_text(&in, GET HOST "A: ");
    buffer_fill(&in, 64u << 10, 'x');
    struct quoth_error err = {0};
    size_t pos = 0, len;
    assert_false(http_head_scan(buffer_bytes(&in), &pos, &len, &err));
    assert_int_equal(err.code, QUOTH_HTTP_FIELDS_LARGE);
}

static void heads_have_a_greatest_number_of_fields(void **state)
{
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        AUTO(buffer) struct buffer in = {0};
        buffer_text(&in, GET HOST);
        for (size_t i = 1; i < HTTP_FIELDS_MAX + more; i++)
            buffer_text(&in, "A: b\r\n");
        buffer_text(&in, "\r\n");
        struct quoth_error err = {0};
        struct http_head head;
        assert_int_equal(read_whole(buffer_bytes(&in), &head, &err), more == 0);
        assert_int_equal(err.code, more ? QUOTH_HTTP_FIELDS_LARGE : QUOTH_OK);
    }
}

static const char good[] = "POST /Attest/SgxEnclave?api-version=2020-10-01&x HTTP/1.1\r\n"
                           "host: example.org:8443\r\n"
                           "CONTENT-LENGTH: \t12 \r\n"
                           "Expect: 100-Continue\r\n"
                           "connection: keep-alive , Close\r\n"
                           "Empty:\r\n"
                           "\r\nrest";

static void a_head_is_taken_apart(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct http_head head;
    assert_true(read_whole(bytes_of_text(good), &head, &err));
    assert_int_equal(head.method, HTTP_POST);
    assert_int_equal(head.minor, 1);
    assert_int_equal(head.length, 12);
    assert_true(head.expects_continue && head.close && !head.chunked);
    assert_true(bytes_equal(head.path, BYTES_LITERAL("/Attest/SgxEnclave")));
    assert_int_equal(head.field_count, 5);
    assert_int_equal(http_head_find(&head, "empty")->value.len, 0);
    assert_null(http_head_find(&head, "absent"));
}

static void an_old_client_wants_the_connection_closed(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct http_head head;
    assert_true(read_whole(BYTES_LITERAL("GET / HTTP/1.0\r\n\r\n"), &head, &err));
    assert_true(head.close);
    assert_true(read_whole(BYTES_LITERAL(GET HOST "\r\n"), &head, &err));
    assert_false(head.close);
}

static void a_head_may_arrive_in_pieces(void **state)
{
    (void)state;
    const size_t whole = sizeof good - 1 - strlen("rest");
    size_t pos = 0, len = 0;
    for (size_t have = 0; have <= whole; have++) {
        struct quoth_error err = {0};
        assert_true(http_head_scan(bytes_slice(bytes_of_text(good), 0, have), &pos, &len, &err));
        assert_int_equal(len, have == whole ? whole : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals_say_why),
        cmocka_unit_test(heads_have_a_greatest_size),
        cmocka_unit_test(heads_have_a_greatest_number_of_fields),
        cmocka_unit_test(a_head_is_taken_apart),
        cmocka_unit_test(an_old_client_wants_the_connection_closed),
        cmocka_unit_test(a_head_may_arrive_in_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
