#include "service/attest/attest_request.h"

#include "tests/unit.h"

static const struct {
    const char *name, *body;
    enum quoth_code code;
    const char *where;
} refusals[] = {
    {"nothing",                      "",                                                                        QUOTH_JSON,           ""                         },
    {"not JSON",                     "quote=AAAA",                                                              QUOTH_JSON,           ""                         },
    {"cut JSON",                     "{\"quote\":\"AAAA\"",                                                     QUOTH_JSON,           ""                         },
    {"something behind",             "{\"quote\":\"AAAA\"}x",                                                   QUOTH_JSON,           ""                         },
    {"an array",                     "[\"AAAA\"]",                                                              QUOTH_JSON_VALUE,     "body"                     },
    {"a string",                     "\"AAAA\"",                                                                QUOTH_JSON_VALUE,     "body"                     },
    {"null",                         "null",                                                                    QUOTH_JSON_VALUE,     "body"                     },
    {"empty object",                 "{}",                                                                      QUOTH_JSON_VALUE,     "quote"                    },
    {"quote is null",                "{\"quote\":null}",                                                        QUOTH_JSON_VALUE,     "quote"                    },
    {"quote is a number",            "{\"quote\":1}",                                                           QUOTH_JSON_VALUE,     "quote"                    },
    {"quote is an object",           "{\"quote\":{}}",                                                          QUOTH_JSON_VALUE,     "quote"                    },
    {"quote is no base 64",          "{\"quote\":\"A\"}",                                                       QUOTH_BASE64,         "quote"                    },
    {"quote has both alphabets",     "{\"quote\":\"-_+/\"}",                                                    QUOTH_BASE64,         "quote"                    },
    {"quote has a blank",            "{\"quote\":\"AA AA\"}",                                                   QUOTH_BASE64,         "quote"                    },
    {"quote has a line end",         "{\"quote\":\"AAAA\\n\"}",                                                 QUOTH_BASE64,         "quote"                    },
    {"quote twice",                  "{\"quote\":\"AAAA\",\"quote\":\"AAAA\"}",                                 QUOTH_JSON_DUPLICATE, ""                         },
    {"quote twice in other letters", "{\"quote\":\"AAAA\",\"Quote\":\"AAAB\"}",
     QUOTH_JSON_DUPLICATE,                                                                                                            ""                         },
    {"quote twice by an escape",     "{\"quote\":\"AAAA\",\"q\\u0075ote\":\"AAAA\"}",
     QUOTH_JSON_DUPLICATE,                                                                                                            ""                         },
    {"the other route's member",     "{\"report\":\"AAAA\"}",                                                   QUOTH_JSON_VALUE,     "quote"                    },
    {"runtime data is text",         "{\"quote\":\"AAAA\",\"runtimeData\":\"AAAA\"}",                           QUOTH_JSON_VALUE,
     "runtimeData"                                                                                                                                               },
    {"runtime data without data",    "{\"quote\":\"AAAA\",\"runtimeData\":{}}",                                 QUOTH_JSON_VALUE,
     "runtimeData.data"                                                                                                                                          },
    {"runtime data is null",         "{\"quote\":\"AAAA\",\"runtimeData\":{\"data\":null}}",
     QUOTH_JSON_VALUE,                                                                                                                "runtimeData.data"         },
    {"runtime data is no base 64",   "{\"quote\":\"AAAA\",\"runtimeData\":{\"data\":\"?\"}}",
     QUOTH_BASE64,                                                                                                                    "runtimeData.data"         },
    {"unknown kind",
     "{\"quote\":\"AAAA\",\"runtimeData\":{\"data\":\"AAAA\",\"dataType\":\"Text\"}}",                          QUOTH_JSON_VALUE,     "runtimeData.dataType"     },
    {"kind is a number",             "{\"quote\":\"AAAA\",\"runtimeData\":{\"data\":\"AAAA\",\"dataType\":1}}",
     QUOTH_JSON_VALUE,                                                                                                                "runtimeData.dataType"     },
    {"init-time data is a list",     "{\"quote\":\"AAAA\",\"initTimeData\":[]}",                                QUOTH_JSON_VALUE,
     "initTimeData"                                                                                                                                              },
    {"nonce is an object",           "{\"quote\":\"AAAA\",\"nonce\":{}}",                                       QUOTH_JSON_VALUE,     "nonce"                    },
    {"nonce is true",                "{\"quote\":\"AAAA\",\"nonce\":true}",                                     QUOTH_JSON_VALUE,     "nonce"                    },
    {"draft policy is a number",     "{\"quote\":\"AAAA\",\"draftPolicyForAttestation\":1}",
     QUOTH_JSON_VALUE,                                                                                                                "draftPolicyForAttestation"},
    {"deeply nested",                "{\"a\":[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]],\"quote\":\"AAAA\"}",
     QUOTH_JSON_LIMIT,                                                                                                                ""                         },
};

static void refusals_name_the_member(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct quoth_error err = {0};
        struct attest_request r = {0};
        print_message("  %s\n", refusals[i].name);
        assert_false(attest_request_read(bytes_of_text(refusals[i].body), "quote", &r, &err));
        assert_int_equal(err.code, refusals[i].code);
        if (refusals[i].where[0])
            assert_string_equal(err.where, refusals[i].where);
        assert_null(r.evidence.data);
        assert_int_equal(quoth_code_http(err.code), 400);
    }
}

static void limits_are_kept(void **state)
{
    (void)state;
    static const struct {
        const char *before, *after;
        size_t good; /* characters between them */
    } limits[] = {
        {"{\"quote\":\"AAAA\",\"runtimeData\":{\"data\":\"",  "\"}}", 43688},
        {"{\"quote\":\"AAAA\",\"initTimeData\":{\"data\":\"", "\"}}", 43688},
        {"{\"quote\":\"AAAA\",\"nonce\":\"",                  "\"}",  1024 },
    };
    for (size_t i = 0; i < COUNT(limits); i++)
        for (size_t more = 0; more <= 4; more += 4) {
            struct quoth_error err = {0};
            AUTO(buffer) struct buffer body = {0};
            AUTO(attest_request) struct attest_request r = {0};
            buffer_text(&body, limits[i].before);
            buffer_fill(&body, limits[i].good + more, 'A');
            buffer_text(&body, limits[i].after);
            assert_int_equal(attest_request_read(buffer_bytes(&body), "quote", &r, &err),
                             more == 0);
            assert_int_equal(err.code, more ? QUOTH_TOO_LARGE : QUOTH_OK);
        }
}

static void everything_that_clients_send_is_read(void **state)
{
    (void)state;
    static const char body[] =
        "{\"Quote\":\"-_8=\",\"RUNTIMEDATA\":{\"Data\":\"YWJj\",\"DataType\":\"json\"},"
        "\"inittimeData\":{\"data\":\"\\/+8\"},\"draftPolicyForAttestation\":null,"
        "\"nonce\":\"a\\u00e4\",\"unknown\":[1,{\"a\":null}]}";
    struct quoth_error err = {0};
    AUTO(attest_request) struct attest_request r = {0};
    if (!attest_request_read(bytes_of_text(body), "quote", &r, &err))
        fail_msg("%s: %s", err.where, err.message);
    assert_true(bytes_equal(buffer_bytes(&r.evidence), BYTES_LITERAL("\xfb\xff")));
    assert_int_equal(r.runtime_kind, HELD_JSON);
    assert_true(bytes_equal(buffer_bytes(&r.runtime), BYTES_LITERAL("abc")));
    assert_int_equal(r.init_time_kind, HELD_BINARY); /* without a kind */
    assert_true(bytes_equal(buffer_bytes(&r.init_time), BYTES_LITERAL("\xff\xef")));
    assert_true(r.has_nonce);
    assert_true(bytes_equal(buffer_bytes(&r.nonce), BYTES_LITERAL("a\xc3\xa4")));
}

static void null_is_as_if_absent(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(attest_request) struct attest_request r = {0};
    assert_true(attest_request_read(
        BYTES_LITERAL("{\"report\":\"AAAA\",\"runtimeData\":null,\"initTimeData\":null,"
                      "\"nonce\":null}"),
        "report", &r, &err));
    assert_int_equal(r.runtime_kind, HELD_NONE);
    assert_int_equal(r.init_time_kind, HELD_NONE);
    assert_false(r.has_nonce);
}

static void a_nonce_may_be_a_number(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(attest_request) struct attest_request r = {0};
    assert_true(
        attest_request_read(BYTES_LITERAL("{\"quote\":\"AAAA\",\"nonce\":12345678901234567890123}"),
                            "quote", &r, &err));
    assert_true(bytes_equal(buffer_bytes(&r.nonce), BYTES_LITERAL("12345678901234567890123")));
}

static void versions_are_dates(void **state)
{
    (void)state;
    static const struct {
        const char *target;
        bool good;
    } cases[] = {
        {"/attest/SgxEnclave?api-version=2020-10-01",                        true },
        {"/attest/SgxEnclave?a=b&api-version=2025-06-01&c",                  true },
        {"/attest/SgxEnclave?api-version=2026-03-11-preview",                true },
        {"/attest/SgxEnclave?api-version=2020%2D10%2D01",                    true },
        {"/attest/SgxEnclave",                                               false},
        {"/attest/SgxEnclave?",                                              false},
        {"/attest/SgxEnclave?api-version",                                   false},
        {"/attest/SgxEnclave?api-version=",                                  false},
        {"/attest/SgxEnclave?api-version=latest",                            false},
        {"/attest/SgxEnclave?api-version=2020-10-01x",                       false},
        {"/attest/SgxEnclave?api-version=2020-10-0",                         false},
        {"/attest/SgxEnclave?api-version=20-10-2001",                        false},
        {"/attest/SgxEnclave?api-version=2020-10-01&api-version=2020-10-01", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct quoth_error err = {0};
        print_message("  %s\n", cases[i].target);
        assert_int_equal(attest_check_version(bytes_of_text(cases[i].target), &err), cases[i].good);
        if (!cases[i].good)
            assert_int_equal(quoth_code_http(err.code), 400);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals_name_the_member),
        cmocka_unit_test(limits_are_kept),
        cmocka_unit_test(everything_that_clients_send_is_read),
        cmocka_unit_test(null_is_as_if_absent),
        cmocka_unit_test(a_nonce_may_be_a_number),
        cmocka_unit_test(versions_are_dates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
