#include "service/run/envelope.h"

#include "policy/policy.h"

#include "codec/json.h"
#include "tests/unit.h"

#include <stdio.h>

#define ID "00-0123456789abcdef0123456789abcdef-0000000000000000-00"

static struct json need(struct json parent, const char *name)
{
    struct quoth_error err = {0};
    struct json value = {0};
    if (!json_need(parent, name, &value, &err))
        fail_msg("%s", err.message);
    return value;
}

/* Whatever the code, the envelope is Azure's, and details has what is known besides. */
static void every_code_has_an_envelope(void **state)
{
    (void)state;
    for (int code = QUOTH_OK + 1; code < QUOTH_CODE_COUNT; code++) {
        struct quoth_error why = {0}, err = {0};
        struct http_response r = {0};
        AUTO(json_doc) struct json_doc doc = {0};
        struct json value;
        quoth_fail(&why, (enum quoth_code)code, "some.where", QUOTH_NO_OFFSET, "is \"bad\"\n");
        const struct quoth_error told = envelope_told(&why);
        envelope_fill(&why, ID, &r);
        assert_true(json_parse(buffer_bytes(&r.body), NULL, &doc, &err));
        const struct json error = need(json_root(&doc), "error");
        const struct json inner = need(error, "innererror");
        const struct json detail = json_first(need(error, "details"));
        assert_true(json_text_is(need(error, "code"), envelope_code((enum quoth_code)code)));
        assert_true(json_text_is(need(inner, "code"), envelope_code((enum quoth_code)code)));
        assert_true(
            bytes_equal(json_span(need(error, "message")), json_span(need(inner, "message"))));
        assert_true(json_text_is(need(detail, "code"), quoth_code_dotted((enum quoth_code)code)));
        assert_true(json_text_is(need(detail, "target"), told.where));
        assert_true(json_text_is(need(detail, "message"), told.message));
        assert_true(json_text_is(need(detail, "hint"), quoth_code_hint((enum quoth_code)code)));
        assert_true(json_text_is(need(detail, "requestId"), ID));
        assert_false(json_member(detail, "offset", &value));
        assert_false(json_member(detail, "line", &value));
        assert_false(json_member(detail, "found", &value));
        http_response_clear(&r);
    }
}

static void what_was_found_is_told(void **state)
{
    (void)state;
    struct quoth_error why = {0}, err = {0};
    struct http_response r = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    uint64_t offset;
    quoth_mismatch(&why, QUOTH_TCB_STATUS, "tcb.status", 12, "OutOfDate", "UpToDate");
    envelope_fill(&why, ID, &r);
    assert_true(json_parse(buffer_bytes(&r.body), NULL, &doc, &err));
    const struct json detail = json_first(need(need(json_root(&doc), "error"), "details"));
    assert_true(json_text_is(need(detail, "found"), "OutOfDate"));
    assert_true(json_text_is(need(detail, "expected"), "UpToDate"));
    assert_true(json_need_uint(detail, "offset", 100, &offset, &err) && offset == 12);
    http_response_clear(&r);
}

static const struct {
    enum quoth_code code;
    const char *azure;
} words[] = {
    {QUOTH_QUOTE_SIGNATURE,     "InvalidParameter"     },
    {QUOTH_TCB_STATUS,          "InvalidParameter"     },
    {QUOTH_JSON,                "InvalidParameter"     },
    {QUOTH_HELD_DATA_MISMATCH,  "InvalidParameter"     },
    {QUOTH_POLICY_DENIED,       "PolicyEvaluationError"},
    {QUOTH_JMESPATH_SYNTAX,     "PolicyEvaluationError"},
    {QUOTH_POLICY_SYNTAX,       "PolicyParsingError"   },
    {QUOTH_POLICY_PRECONDITION, "InvalidParameter"     },
    {QUOTH_ATTEST_UNSUPPORTED,  "InvalidOperation"     },
    {QUOTH_ATTEST_CLOSED,       "InvalidOperation"     },
    {QUOTH_ATTEST_SIBLING,      "InvalidOperation"     },
    {QUOTH_ATTEST_DENIED,       "InvalidParameter"     },
    {QUOTH_HTTP_UNAUTHORIZED,   "Unauthorized"         },
    {QUOTH_HTTP_ROUTE_UNKNOWN,  "NotFound"             },
    {QUOTH_HTTP_METHOD,         "MethodNotAllowed"     },
    {QUOTH_HTTP_RATE,           "TooManyRequests"      },
    {QUOTH_COLLATERAL_EXPIRED,  "ServiceUnavailable"   },
    {QUOTH_SOURCE_UNAVAILABLE,  "ServiceUnavailable"   },
    {QUOTH_INTERNAL,            "InternalError"        },
};

static void azure_has_its_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(words); i++)
        assert_string_equal(envelope_code(words[i].code), words[i].azure);
}

static const struct {
    const char *policy, *number, *sentence;
} sentences[] = {
    {"version=1.0;authorizationrules{=>deny();};", "65518 (83FFFFEE)",
     "Policy Engine Exception: A Deny claim was issued, authorization failed."},
    {"version=1.0;authorizationrules{};",          "65518 (83FFFFEE)",
     "Policy Engine Exception: No Permit claim was issued in the authorizationrules section, "
     "authorization failed."                                                  },
    {"version=1.0 [",                              "65526 (83FFFFF6)",
     "Offending symbol: '['. Line: '1'. Column: '13'. Failure message: 'mismatched input '[' "
     "expecting ';''. Failing rule: 'policy > versionInfo'"                   },
};

static void a_policys_rule_is_told_by_line_and_column(void **state)
{
    (void)state;
    struct quoth_error why = {0}, err = {0};
    struct http_response r = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    AUTO(policy) struct policy *policy = NULL;
    AUTO(claims) struct claims *none = claims_open();
    uint64_t line, column, offset;
    assert_true(policy_open(BYTES_LITERAL("version=1.0;\nauthorizationrules{\n"
                                          "  [type==\"x-ms-sgx-svn\",value>3] => permit();\n};"),
                            &policy, NULL, &err));
    assert_false(policy_apply(policy, none, &why));
    envelope_fill(&why, ID, &r);
    assert_true(json_parse(buffer_bytes(&r.body), NULL, &doc, &err));
    const struct json detail = json_first(need(need(json_root(&doc), "error"), "details"));
    assert_true(json_text_is(need(detail, "code"), "policy.not-permitted"));
    assert_true(json_text_is(need(detail, "target"), "authorizationrules, rule 1"));
    assert_true(json_text_is(need(detail, "found"),
                             "condition 1 of the rule does not hold: no claim passes its tests on "
                             "x-ms-sgx-svn"));
    assert_true(json_need_uint(detail, "line", 100, &line, &err) && line == 3);
    assert_true(json_need_uint(detail, "column", 100, &column, &err) && column == 3);
    assert_true(json_need_uint(detail, "offset", 100, &offset, &err) && offset == 35);
    http_response_clear(&r);
}

static void a_policy_refuses_in_azures_sentence(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(sentences); i++) {
        AUTO(policy) struct policy *policy = NULL;
        AUTO(claims) struct claims *none = claims_open();
        struct quoth_error why = {0};
        struct http_response r = {0};
        assert_false(policy_open(bytes_of_text(sentences[i].policy), &policy, NULL, &why) &&
                     policy_apply(policy, none, &why));
        envelope_fill(&why, ID, &r);
        buffer_u8(&r.body, 0);
        const char *text = (const char *)r.body.data;
        assert_non_null(strstr(text, sentences[i].number));
        assert_non_null(strstr(text, sentences[i].sentence));
        http_response_clear(&r);
    }
}

static const struct {
    enum quoth_code code;
    bool told;
} ours[] = {
    {QUOTH_STORE_UNAVAILABLE,  false},
    {QUOTH_STORE_BROKEN,       false},
    {QUOTH_STORE_MISSING,      false},
    {QUOTH_STORE_ROLLED_BACK,  false},
    {QUOTH_DEVICE_UNAVAILABLE, false},
    {QUOTH_DEVICE_REFUSED,     false},
    {QUOTH_STORE_CONFLICT,     true }, /* of what the client sent */
    {QUOTH_JSON_VALUE,         true },
};

static void words_of_databases_and_devices_are_for_the_log(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ours); i++) {
        struct quoth_error why = {0};
        struct http_response r = {0};
        quoth_mismatch(&why, ours[i].code, "db.internal", QUOTH_NO_OFFSET, "db.internal",
                       "db.internal");
        snprintf(why.message, sizeof why.message, "no route to db.internal");
        envelope_fill(&why, ID, &r);
        buffer_u8(&r.body, 0);
        const char *text = (const char *)r.body.data;
        assert_int_equal(strstr(text, "db.internal") != NULL, ours[i].told);
        assert_non_null(strstr(text, quoth_code_dotted(ours[i].code)));
        http_response_clear(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_an_envelope),
        cmocka_unit_test(what_was_found_is_told),
        cmocka_unit_test(azure_has_its_words),
        cmocka_unit_test(a_policy_refuses_in_azures_sentence),
        cmocka_unit_test(words_of_databases_and_devices_are_for_the_log),
        cmocka_unit_test(a_policys_rule_is_told_by_line_and_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
