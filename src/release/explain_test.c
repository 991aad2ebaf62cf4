#include "release/explain.h"

#include "release/check.h"
#include "tests/unit.h"

static const char policy_text[] =
    "{\"version\":\"1.0.0\",\"anyOf\":[\n"
    " {\"authority\":\"https://other.example\",\"anyOf\":[{\"claim\":\"a\",\"exists\":true}]},\n"
    " {\"authority\":\"https://maa.example/\",\"allOf\":[\n"
    "  {\"claim\":\"t.a\",\"equals\":\"b\"},\n"
    "  {\"anyOf\":[{\"claim\":\"svn\",\"greater\":1},\n"
    "            {\"claim\":\"x-quoth-token-age\",\"less\":60}]}]}]}";

static void explain(const char *claims, struct buffer *text, struct buffer *json)
{
    const struct release_facts facts = {.now = 1000};
    struct quoth_error err = {0}, refused = {0};
    AUTO(release_policy) struct release_policy p = {0};
    AUTO(release_evaluation) struct release_evaluation e = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    assert_true(release_policy_read(bytes_of_text(policy_text), &p, &err));
    assert_true(json_parse(bytes_of_text(claims), NULL, &doc, &err));
    (void)release_evaluate(&p, json_root(&doc), &facts, &e, &refused);
    release_explain_text(text, &p, &e);
    release_explain_json(json, &p, &e);
    assert_true(buffer_ok(text, &err) && buffer_ok(json, &err));
}

static void check_text(const struct buffer *found, const char *expected)
{
    if (!bytes_equal(buffer_bytes(found), bytes_of_text(expected)))
        fail_msg("%.*s", (int)found->len, (const char *)found->data);
}

static void a_refusal_is_told_clause_by_clause(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer text = {0}, json = {0};
    explain("{\"iss\":\"https://maa.example\",\"t\":{\"a\":\"b\"},\"svn\":1,\"iat\":100}", &text,
            &json);
    check_text(&text, "   2:2     https://other.example: not the issuer\n"
                      "   3:2   - https://maa.example/\n"
                      "   3:2     - allOf\n"
                      "   4:3       + t.a equals \"b\": found \"b\"\n"
                      "   5:3       - anyOf\n"
                      "   5:13        - svn greater 1: found 1\n"
                      "   6:13        - x-quoth-token-age less 60: found 900\n"
                      "refused\n");
    check_text(
        &json,
        "{\"outcome\":\"refused\",\"entries\":["
        "{\"number\":1,\"line\":2,\"column\":2,\"authority\":\"https://other.example\",\"issuer\":"
        "false,\"conditions\":{\"line\":2,\"column\":2,\"anyOf\":[{\"line\":2,\"column\":48,"
        "\"claim\":\"a\",\"operator\":\"exists\",\"expected\":true}]}},"
        "{\"number\":2,\"line\":3,\"column\":2,\"authority\":\"https://maa.example/\",\"issuer\":"
        "true,\"held\":false,\"conditions\":{\"line\":3,\"column\":2,\"held\":false,\"allOf\":["
        "{\"line\":4,\"column\":3,\"held\":true,\"claim\":\"t.a\",\"operator\":\"equals\","
        "\"expected\":\"b\",\"found\":\"b\"},"
        "{\"line\":5,\"column\":3,\"held\":false,\"anyOf\":["
        "{\"line\":5,\"column\":13,\"held\":false,\"claim\":\"svn\",\"operator\":\"greater\","
        "\"expected\":1,\"found\":1},"
        "{\"line\":6,\"column\":13,\"held\":false,\"claim\":\"x-quoth-token-age\",\"operator\":"
        "\"less\",\"expected\":60,\"found\":900}]}]}}],\"marks\":[],"
        "\"error\":{\"code\":\"release.policy.unmet\",\"where\":\"svn\",\"offset\":198,\"line\":5,"
        "\"column\":13,\"message\":\"found 1, expected greater 1\",\"found\":\"1\",\"expected\":"
        "\"greater 1\",\"hint\":\"see which clause failed, with: quoth policy explain --kind "
        "release\"}}");
}

static void marks_and_releases_are_told(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer text = {0}, json = {0}, good = {0}, ignored = {0};
    explain(
        "{\"iss\":\"https://maa.example\",\"t\":{\"a\":\"b\",\"is-debuggable\":true},\"svn\":2}",
        &text, &json);
    assert_non_null(memmem(text.data, text.len, "marked by t.is-debuggable\nrefused\n", 34));
    assert_non_null(memmem(json.data, json.len, "\"marks\":[\"t.is-debuggable\"]", 27));
    explain("{\"iss\":\"https://maa.example\",\"t\":{\"a\":\"b\"},\"svn\":2}", &good, &ignored);
    assert_non_null(memmem(good.data, good.len, "found nothing\nreleased\n", 23));
    assert_non_null(memmem(ignored.data, ignored.len, "{\"outcome\":\"released\"", 21));
}

static void a_token_of_nobody_is_told(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer text = {0}, json = {0};
    explain("{\"svn\":1}", &text, &json);
    check_text(&text, "   2:2     https://other.example: not the issuer\n"
                      "   3:2     https://maa.example/: not the issuer\n"
                      "error\n");
}

/* What a stranger puts into a token does not reach a terminal as it is. */
static void found_values_are_escaped(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer text = {0}, json = {0};
    explain("{\"iss\":\"https://maa.example\",\"t\":{\"a\":\"\xc2\x9b"
            "31m\"}}",
            &text, &json);
    assert_null(memmem(text.data, text.len, "\xc2\x9b", 2));
}

#define POLICY(list, conditions)                                                                   \
    "{\"version\":\"1.0.0\",\"anyOf\":[{\"authority\":\"https://maa.example\",\n\"" list           \
    "\":[" conditions "]}]}"
#define HEX "73973B78d70cc68353426de188db5dfc57e5b766e399935fb73a61127ea26d20"

static const struct {
    const char *name, *text, *code; /* NULL: nothing to say */
} checks[] = {
    {"a good one",          POLICY("allOf", "{\"claim\":\"a\",\"equals\":1}"),                                    NULL         },
    {"speaks for debug",    POLICY("allOf", "{\"claim\":\"t.is-debuggable\",\"equals\":\"true\"}"),
     "unfit-evidence"                                                                                                          },
    {"speaks against it",   POLICY("allOf", "{\"claim\":\"t.is-debuggable\",\"equals\":false}"),
     NULL                                                                                                                      },
    {"simulated",           POLICY("allOf", "{\"claim\":\"x-quoth-simulated\",\"equals\":true}"),
     "unfit-evidence"                                                                                                          },
    {"capitals",            POLICY("allOf", "{\"claim\":\"a\",\"equals\":\"" HEX "\"}"),                          "capital-hex"},
    {"a short word",        POLICY("allOf", "{\"claim\":\"a\",\"equals\":\"ABCD\"}"),                             NULL         },
    {"only what it is not", POLICY("allOf", "{\"claim\":\"a\",\"notEquals\":1}"),
     "demands-nothing"                                                                                                         },
    {"only that it exists", POLICY("allOf", "{\"claim\":\"a\",\"exists\":true}"),
     "demands-nothing"                                                                                                         },
    {"or only that",
     POLICY("anyOf",                        "{\"claim\":\"a\",\"equals\":1},{\"claim\":\"b\",\"exists\":false}"),
     "demands-nothing"                                                                                                         },
    {"and not only that",
     POLICY("allOf",                        "{\"claim\":\"a\",\"equals\":1},{\"claim\":\"b\",\"exists\":false}"), NULL         },
    {"two values at once",
     POLICY("allOf",                        "{\"claim\":\"a\",\"equals\":1},{\"claim\":\"a\",\"equals\":2}"),
     "never-holds"                                                                                                             },
    {"one of two values",
     POLICY("anyOf",                        "{\"claim\":\"a\",\"equals\":1},{\"claim\":\"a\",\"equals\":2}"),     NULL         },
};

static void mistakes_are_found_without_a_token(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(checks); i++) {
        struct quoth_error err = {0};
        struct policy_finding findings[POLICY_FINDINGS_MAX];
        AUTO(release_policy) struct release_policy p = {0};
        print_message("  %s\n", checks[i].name);
        assert_true(release_policy_read(bytes_of_text(checks[i].text), &p, &err));
        assert_int_equal(release_policy_check(&p, findings), checks[i].code != NULL);
        if (!checks[i].code)
            continue;
        assert_string_equal(findings[0].code, checks[i].code);
        assert_true(findings[0].line >= 1 && findings[0].text[0] != '\0');
    }
}

static void findings_beyond_the_room_are_left_out(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct policy_finding findings[POLICY_FINDINGS_MAX];
    AUTO(buffer) struct buffer text = {0};
    AUTO(release_policy) struct release_policy p = {0};
    buffer_text(&text,
                "{\"version\":\"1.0.0\",\"anyOf\":[{\"authority\":\"https://a\",\"anyOf\":[");
    for (size_t i = 0; i < 200; i++)
        buffer_printf(&text, "%s{\"claim\":\"is-debuggable\",\"equals\":true}", i ? "," : "");
    buffer_text(&text, "]}]}");
    assert_true(release_policy_read(buffer_bytes(&text), &p, &err));
    assert_int_equal(release_policy_check(&p, findings), POLICY_FINDINGS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refusal_is_told_clause_by_clause),
        cmocka_unit_test(marks_and_releases_are_told),
        cmocka_unit_test(a_token_of_nobody_is_told),
        cmocka_unit_test(found_values_are_escaped),
        cmocka_unit_test(mistakes_are_found_without_a_token),
        cmocka_unit_test(findings_beyond_the_room_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
