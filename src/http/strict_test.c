/* What is refused and what is answered, byte for byte: every row of PERF.md B.4, over a raw socket.
 */
#include "http/test_bed.h"

#define SMUGGLED HELLO /* behind a request that is refused: it must never be answered */

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
    {"two Host",                    BYTES_INIT("GET /hello HTTP/1.1\r\n" HOST HOST "\r\n" SMUGGLED),                 421},
    {"a whole URL",                 BYTES_INIT("GET http://h/hello HTTP/1.1\r\n" HOST "\r\n" SMUGGLED),              421},
    {"a whole URL in capitals",     BYTES_INIT("GET HTTPS://h/hello HTTP/1.1\r\n" HOST "\r\n" SMUGGLED),
     421                                                                                                                },
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
    {"chunk where none belongs",
     BYTES_INIT("DELETE /soft/7/dry HTTP/1.1\r\n" HOST CHUNKED "401\r\n"),                                           413},
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
    {"a good one",                     SMUGGLED,                                                                 200, "\r\n\r\nhello"                   },
    {"any case of the path",           "GET /HeLLo HTTP/1.1\r\n" HOST "\r\n",                                    200, "\r\n\r\nhello"                   },
    {"a query",                        "GET /hello?api-version=1 HTTP/1.1\r\n" HOST "\r\n",                      200, "\r\n\r\nhello"                   },
    {"HEAD",                           "HEAD /hello HTTP/1.1\r\n" HOST "\r\n",                                   200, "\r\nContent-Length: 5\r\n\r\n"   },
    {"a parameter",                    "GET /items/Ab%2f HTTP/1.1\r\n" HOST "\r\n",                              200, "\r\n\r\nAb%2f"                   },
    {"an empty parameter",             "GET /items/ HTTP/1.1\r\n" HOST "\r\n",                                   404, "http.route.unknown\n"            },
    {"a parameter before a verb",
     "POST /items/7:WASH HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n",                                         200, "\r\n\r\n7"                       },
    {"two verbs",                      "POST /items/7:wash:wash HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n",  404,
     "http.route.unknown\n"                                                                                                                             },
    {"a verb of another method",       "GET /items/7:wash HTTP/1.1\r\n" HOST "\r\n",                             405,
     "http.method\n"                                                                                                                                    },
    {"a verb alone",                   "POST /items/:wash HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n",        404,
     "http.route.unknown\n"                                                                                                                             },
    {"a verb with more behind it",
     "POST /items/7:washed HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n",                                       404,
     "http.route.unknown\n"                                                                                                                             },
    {"the first of two media types",
     "POST /items/7:wash HTTP/1.1\r\n" HOST
     "Content-Type: Text/Plain;charset=utf-8\r\nContent-Length: 1\r\n\r\nx",                                     200, "\r\n\r\n7"                       },
    {"the second",
     "POST /items/7:wash HTTP/1.1\r\n" HOST
     "Content-Type: application/json\r\nContent-Length: 1\r\n\r\nx",                                             200, "\r\n\r\n7"                       },
    {"a list as a media type",
     "POST /items/7:wash HTTP/1.1\r\n" HOST
     "Content-Type: text/plain,application/json\r\nContent-Length: 1\r\n\r\nx",                                  415, "http.content-type\n"             },
    {"a part of a media type",
     "POST /items/7:wash HTTP/1.1\r\n" HOST "Content-Type: text\r\nContent-Length: 1\r\n\r\nx",                  415,
     "http.content-type\n"                                                                                                                              },
    {"an unknown path",                "GET /nothing HTTP/1.1\r\n" HOST "\r\n",                                  404, "http.route.unknown\n"            },
    {"a longer path",                  "GET /hello/you HTTP/1.1\r\n" HOST "\r\n",                                404, "http.route.unknown\n"            },
    {"a path with an end too many",    "GET /hello/ HTTP/1.1\r\n" HOST "\r\n",                                   404,
     "http.route.unknown\n"                                                                                                                             },
    {"slashes that count for nothing", "GET //SOFT///7//wash/ HTTP/1.1\r\n" HOST "\r\n",                         200,
     "\r\n\r\n7"                                                                                                                                        },
    {"one at the end",                 "GET /soft/7/ HTTP/1.1\r\n" HOST "\r\n",                                  200, "\r\n\r\n7"                       },
    {"a word and not a value",         "DELETE /soft/7/wash HTTP/1.1\r\n" HOST "\r\n",                           405,
     "\r\nAllow: GET, HEAD\r\n"                                                                                                                         },
    {"a value beside the word",        "DELETE /soft/7/dry HTTP/1.1\r\n" HOST "\r\n",                            200, "\r\n\r\n7"                       },
    {"a body that nobody looks at",
     "DELETE /soft/7/dry HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}",                                       200, "\r\n\r\n7"                       },
    {"the same in chunks",             "DELETE /soft/7/dry HTTP/1.1\r\n" HOST CHUNKED "2\r\n{}\r\n0\r\n\r\n",
     200,                                                                                                             "\r\n\r\n7"                       },
    {"the same with GET",              "GET /soft/7 HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}",            413,
     "input.too-large\n"                                                                                                                                },
    {"and where paths are strict",     "GET /hello HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}",
     413,                                                                                                             "input.too-large\n"               },
    {"a segment too many",             "GET /soft/7//8/9 HTTP/1.1\r\n" HOST "\r\n",                              404,
     "http.route.unknown\n"                                                                                                                             },
    {"more segments than any row",     "GET /soft/7/wash/4/5/6/7/8/9 HTTP/1.1\r\n" HOST "\r\n",                  404,
     "http.route.unknown\n"                                                                                                                             },
    {"slashes beyond all segments",    "GET /soft////////////7/////////// HTTP/1.1\r\n" HOST "\r\n",
     200,                                                                                                             "\r\n\r\n7"                       },
    {"nothing but slashes behind it",  "GET /soft/// HTTP/1.1\r\n" HOST "\r\n",                                  404,
     "http.route.unknown\n"                                                                                                                             },
    {"nothing but slashes",            "GET //// HTTP/1.1\r\n" HOST "\r\n",                                      404, "http.route.unknown\n"            },
    {"slashes where each counts",      "GET //items/7 HTTP/1.1\r\n" HOST "\r\n",                                 404,
     "http.route.unknown\n"                                                                                                                             },
    {"the same behind",                "GET /items/7/ HTTP/1.1\r\n" HOST "\r\n",                                 404, "http.route.unknown\n"            },
    {"a segment that only begins so",  "GET //softer/7 HTTP/1.1\r\n" HOST "\r\n",                                404,
     "http.route.unknown\n"                                                                                                                             },
    {"a wrong method",                 "DELETE /echo HTTP/1.1\r\n" HOST "\r\n",                                  405, "\r\nAllow: POST\r\n"             },
    {"two that would be right",        "PUT /items/1 HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc",
     405,                                                                                                             "\r\nAllow: GET, HEAD, DELETE\r\n"},
    {"OPTIONS",                        "OPTIONS /hello HTTP/1.1\r\n" HOST "\r\n",                                405, "\r\nAllow: GET, HEAD\r\n"        },
    {"a method that is only known",    "TRACE /items/1 HTTP/1.1\r\n" HOST "\r\n",                                405,
     "http.method\n"                                                                                                                                    },
    {"a role that nobody has",         "DELETE /items/1 HTTP/1.1\r\n" HOST "\r\n",                               401,
     "http.unauthorized\n"                                                                                                                              },
    {"a wrong media type",
     POST "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\na=b",                     415,
     "http.content-type\n"                                                                                                                              },
    {"a compressed body",              POST "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",            415,
     "http.content-type\n"                                                                                                                              },
    {"a media type with a parameter",
     POST "Content-Type: Application/JSON; charset=utf-8\r\nContent-Length: 3\r\n\r\nabc",                       200,
     "\r\n\r\nabc"                                                                                                                                      },
    {"chunks",                         POST "Transfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n", 200,
     "\r\n\r\nabcd"                                                                                                                                     },
    {"no body at all",                 POST "\r\n",                                                              200, "\r\nContent-Length: 0\r\n"       },
    {"a failing source",               "GET /fail HTTP/1.1\r\n" HOST "\r\n",                                     503, "\r\nRetry-After: "               },
    {"one that takes time",            "GET /later HTTP/1.1\r\n" HOST "\r\n",                                    200, "\r\n\r\nhello"                   },
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

#define with_server(test) cmocka_unit_test_setup_teardown(test, start_default, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_server(what_is_doubtful_is_refused_and_the_connection_closed),
        with_server(large_heads_and_bodies_are_refused),
        with_server(what_is_clear_is_answered_and_the_connection_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
