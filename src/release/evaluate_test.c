#include "release/evaluate.h"

#include "base/text.h"
#include "codec/json_write.h"
#include "tests/unit.h"

#define CASES "key-release/generated/policy-cases.json"

/* ---- the cases that were made beside the sheet (key-release.md 3.6) */

static bool judge(struct bytes policy, struct json claims, struct quoth_error *err)
{
    const struct release_facts facts = {.now = 1000};
    AUTO(release_policy) struct release_policy p = {0};
    AUTO(release_evaluation) struct release_evaluation e = {0};
    if (!release_policy_read(policy, &p, err))
        fail_msg("%s: %s", err->where, err->message);
    const bool released = release_evaluate(&p, claims, &facts, &e, err);
    assert_int_equal(released, err->code == QUOTH_OK);
    assert_int_equal(e.error.code, err->code);
    return released;
}

static void the_cases_have_their_outcomes(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer text = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    struct json tokens, cases, rejected;
    size_t count = 0;
    assert_true(json_parse(unit_vector(CASES, &text), NULL, &doc, &err));
    assert_true(json_need_object(json_root(&doc), "tokens", &tokens, &err));
    assert_true(json_need_array(json_root(&doc), "cases", &cases, &err));
    assert_true(json_need_array(json_root(&doc), "reject", &rejected, &err));
    for (struct json c = json_first(cases); json_exists(c); c = json_next(c), count++) {
        struct json policy = {0}, token = {0}, expect = {0}, claims;
        char name[8];
        struct quoth_error refused = {0};
        assert_true(json_need(c, "policy", &policy, &err) && json_need(c, "token", &token, &err) &&
                    json_need(c, "expect", &expect, &err));
        text_escape(name, sizeof name, json_plain(token));
        assert_true(json_need(tokens, name, &claims, &err));
        const bool released = judge(json_span(policy), claims, &refused);
        print_message("  case %zu: %s %s\n", count + 1, released ? "release" : "deny",
                      refused.where);
        assert_true(json_text_is(expect, released ? "release" : "deny"));
    }
    assert_int_equal(count, 27);
    assert_int_equal(json_count(rejected), 15);
    for (struct json r = json_first(rejected); json_exists(r); r = json_next(r)) {
        struct quoth_error refused = {0};
        AUTO(buffer) struct buffer policy = {0};
        AUTO(release_policy) struct release_policy p = {0};
        assert_true(json_need_text(r, "policy_text", &policy, &err));
        assert_false(release_policy_read(buffer_bytes(&policy), &p, &refused));
        assert_true(refused.code == QUOTH_RELEASE_POLICY_SYNTAX ||
                    refused.code == QUOTH_RELEASE_POLICY_LIMIT);
    }
}

/* The published policies under T1, its issuer changed to one that they name. */
static void published_policies_hold_as_the_sheet_says(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        bool released;
    } rows[] = {
        {"key-release/policies/azure-cvm-datadisk-skr-policy.json", true },
        {"key-release/policies/azure-cvm-skr-policy.json",          false},
    };
    static const char claims[] =
        "{\"iss\":\"https://sharedeus2.eus2.attest.azure.net\",\"x-ms-attestation-type\":"
        "\"azurevm\",\"x-ms-compliance-status\":\"azure-compliant-cvm\",\"x-ms-isolation-tee\":{"
        "\"x-ms-attestation-type\":\"sevsnpvm\",\"x-ms-compliance-status\":\"azure-compliant-cvm\","
        "\"x-ms-sevsnpvm-is-debuggable\":false}}";
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer text = {0};
        AUTO(json_doc) struct json_doc doc = {0};
        assert_true(json_parse(bytes_of_text(claims), NULL, &doc, &err));
        assert_int_equal(judge(unit_vector(rows[i].file, &text), json_root(&doc), &err),
                         rows[i].released);
        assert_int_equal(err.code, rows[i].released ? QUOTH_OK : QUOTH_RELEASE_UNMET);
    }
}

/* ---- ours: one entry with these conditions, one token of that issuer */

#define ISS "\"iss\":\"https://maa.example\""
#define UNMET QUOTH_RELEASE_UNMET
#define UNFIT QUOTH_RELEASE_UNFIT

struct row {
    const char *name, *list, *conditions, *claims;
    enum quoth_code code;
};

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer policy = {0}, token = {0};
        AUTO(json_doc) struct json_doc doc = {0};
        print_message("  %s\n", rows[i].name);
        buffer_printf(&policy,
                      "{\"version\":\"1.0.0\",\"anyOf\":[{\"authority\":\"https://maa.example\","
                      "\"%s\":[%s]}]}",
                      rows[i].list, rows[i].conditions);
        buffer_printf(&token, "{%s%s%s}", ISS, *rows[i].claims ? "," : "", rows[i].claims);
        assert_true(json_parse(buffer_bytes(&token), NULL, &doc, &err));
        (void)judge(buffer_bytes(&policy), json_root(&doc), &err);
        if (err.code != rows[i].code)
            fail_msg("%s, not %s: %s: %s", quoth_code_dotted(err.code),
                     quoth_code_dotted(rows[i].code), err.where, err.message);
    }
}

/* clang-format off */
#define IS(claim, op, value) "{\"claim\":\"" claim "\",\"" op "\":" value "}"
static const struct row comparisons[] = {
    {"text equals text",             "allOf", IS("a", "equals", "\"b\""),    "\"a\":\"b\"",       QUOTH_OK},
    {"with an escape",               "allOf", IS("a", "equals", "\"b\""),    "\"a\":\"\\u0062\"", QUOTH_OK},
    {"empty text",                   "allOf", IS("a", "equals", "\"\""),     "\"a\":\"\"",        QUOTH_OK},
    {"text of true",                 "allOf", IS("a", "equals", "\"true\""), "\"a\":true",        QUOTH_OK},
    {"true of text",                 "allOf", IS("a", "equals", "true"),     "\"a\":\"true\"",    QUOTH_OK},
    {"text of 0",                    "allOf", IS("a", "equals", "\"0\""),    "\"a\":0",           QUOTH_OK},
    {"minus nothing",                "allOf", IS("a", "equals", "0"),        "\"a\":-0",          QUOTH_OK},
    {"the same fraction",            "allOf", IS("a", "equals", "1.5"),      "\"a\":1.5",         QUOTH_OK},
    {"beyond 2^64, the same",        "allOf", IS("a", "equals", "99999999999999999999"), "\"a\":99999999999999999999", QUOTH_OK},
    {"True is not true",             "allOf", IS("a", "equals", "\"True\""), "\"a\":true",        UNMET},
    {"case",                         "allOf", IS("a", "equals", "\"B\""),    "\"a\":\"b\"",       UNMET},
    {"a part",                       "allOf", IS("a", "equals", "\"b\""),    "\"a\":\"bc\"",      UNMET},
    {"a blank",                      "allOf", IS("a", "equals", "\"b\""),    "\"a\":\"b \"",      UNMET},
    {"1 is not 1.0",                 "allOf", IS("a", "equals", "1"),        "\"a\":1.0",         UNMET},
    {"1 is not 1e0",                 "allOf", IS("a", "equals", "1"),        "\"a\":1e0",         UNMET},
    {"1 is not 01",                  "allOf", IS("a", "equals", "1"),        "\"a\":\"01\"",      UNMET},
    {"1 is not true",                "allOf", IS("a", "equals", "1"),        "\"a\":true",        UNMET},
    {"no double rounding",           "allOf", IS("a", "equals", "9007199254740992"), "\"a\":9007199254740993", UNMET},
    {"null is not there",            "allOf", IS("a", "equals", "\"null\""), "\"a\":null",        UNMET},
    {"a list",                       "allOf", IS("a", "equals", "\"b\""),    "\"a\":[\"b\"]",     UNMET},
    {"an object",                    "allOf", IS("a", "equals", "\"{}\""),   "\"a\":{}",          UNMET},
    {"another name in case",         "allOf", IS("a", "equals", "\"b\""),    "\"A\":\"b\"",       UNMET},

    {"is different",                 "allOf", IS("a", "notEquals", "\"c\""), "\"a\":\"b\"",       QUOTH_OK},
    {"another number",               "allOf", IS("a", "notEquals", "1"),     "\"a\":2",           QUOTH_OK},
    {"a number of text",             "allOf", IS("a", "notEquals", "\"1\""), "\"a\":1",           UNMET},
    {"much longer",                  "allOf", IS("a", "notEquals", "\"c\""), "\"a\":\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\"", QUOTH_OK},
    {"is not different",             "allOf", IS("a", "notEquals", "\"b\""), "\"a\":\"\\u0062\"", UNMET},
    {"missing is not different",     "allOf", IS("a", "notEquals", "\"c\""), "",                  UNMET},
    {"nor is null",                  "allOf", IS("a", "notEquals", "\"c\""), "\"a\":null",        UNMET},
    {"nor a list",                   "allOf", IS("a", "notEquals", "\"c\""), "\"a\":[]",          UNMET},
    {"nor an object",                "allOf", IS("a", "notEquals", "\"c\""), "\"a\":{}",          UNMET},
    {"1.0 may be 1",                 "allOf", IS("a", "notEquals", "1"),     "\"a\":1.0",         UNMET},
    {"1 and many zeros may be 1",    "allOf", IS("a", "notEquals", "1"),     "\"a\":1.000000000000",  UNMET},
    {"1e0 may be 1",                 "allOf", IS("a", "notEquals", "1"),     "\"a\":1e0",         UNMET},
    {"10e-1 may be 1",               "allOf", IS("a", "notEquals", "10e-1"), "\"a\":1",           UNMET},
    {"10e-1 and long text",          "allOf", IS("a", "notEquals", "10e-1"), "\"a\":\"1111111111111111111111111111111111111111\"", UNMET},

    {"less",                         "allOf", IS("a", "less", "3"),            "\"a\":2",         QUOTH_OK},
    {"less than itself",             "allOf", IS("a", "less", "3"),            "\"a\":3",         UNMET},
    {"less or equal",                "allOf", IS("a", "lessOrEquals", "3"),    "\"a\":3",         QUOTH_OK},
    {"more",                         "allOf", IS("a", "lessOrEquals", "3"),    "\"a\":4",         UNMET},
    {"greater",                      "allOf", IS("a", "greater", "3"),         "\"a\":\"4\"",     QUOTH_OK},
    {"greater than itself",          "allOf", IS("a", "greater", "3"),         "\"a\":3",         UNMET},
    {"greater or equal",             "allOf", IS("a", "greaterOrEquals", "3"), "\"a\":3",         QUOTH_OK},
    {"below",                        "allOf", IS("a", "greaterOrEquals", "3"), "\"a\":2",         UNMET},
    {"10 is above 9",                "allOf", IS("a", "greater", "\"9\""),     "\"a\":\"10\"",    QUOTH_OK},
    {"below zero",                   "allOf", IS("a", "less", "-1"),           "\"a\":-2",        QUOTH_OK},
    {"2^53",                         "allOf", IS("a", "greaterOrEquals", "9007199254740992"), "\"a\":9007199254740992", QUOTH_OK},
    {"beyond 2^53",                  "allOf", IS("a", "greater", "3"),         "\"a\":9007199254740993", UNMET},
    {"a fraction",                   "allOf", IS("a", "greater", "3"),         "\"a\":3.5",       UNMET},
    {"an exponent",                  "allOf", IS("a", "greater", "3"),         "\"a\":1e9",       UNMET},
    {"a word",                       "allOf", IS("a", "greater", "3"),         "\"a\":\"x\"",     UNMET},
    {"hexadecimal",                  "allOf", IS("a", "greater", "3"),         "\"a\":\"0x9\"",   UNMET},
    {"with a plus",                  "allOf", IS("a", "greater", "3"),         "\"a\":\"+9\"",    UNMET},
    {"with a blank",                 "allOf", IS("a", "greater", "3"),         "\"a\":\" 9\"",    UNMET},
    {"-0 as text",                   "allOf", IS("a", "less", "3"),            "\"a\":\"-0\"",    UNMET},
    {"true",                         "allOf", IS("a", "greater", "0"),         "\"a\":true",      UNMET},
    {"missing",                      "allOf", IS("a", "less", "3"),            "",                UNMET},

    {"exists",                       "allOf", IS("a", "exists", "true"),       "\"a\":false",     QUOTH_OK},
    {"an object exists",             "allOf", IS("a", "exists", "true"),       "\"a\":{}",        QUOTH_OK},
    {"null does not",                "allOf", IS("a", "exists", "true"),       "\"a\":null",      UNMET},
    {"missing does not",             "allOf", IS("a", "exists", "true"),       "",                UNMET},
    {"must not exist",               "allOf", IS("a", "exists", "false"),      "",                QUOTH_OK},
    {"null must not exist",          "allOf", IS("a", "exists", "false"),      "\"a\":null",      QUOTH_OK},
    {"but does",                     "allOf", IS("a", "exists", "false"),      "\"a\":\"\"",      UNMET},
};

static const struct row paths[] = {
    {"two levels",                   "allOf", IS("a.b", "equals", "1"),        "\"a\":{\"b\":1}",                 QUOTH_OK},
    {"a name with dots",             "allOf", IS("a.b", "equals", "1"),        "\"a.b\":1",                       QUOTH_OK},
    {"dots further down",            "allOf", IS("s.c.ear.status", "equals", "1"), "\"s\":{\"c\":{\"ear.status\":1}}", QUOTH_OK},
    {"through a list",               "allOf", IS("a.b", "equals", "1"),        "\"a\":[{\"b\":1}]",               UNMET},
    {"an index",                     "allOf", IS("a.0", "equals", "1"),        "\"a\":[1]",                       UNMET},
    {"through a string",             "allOf", IS("a.b", "exists", "true"),     "\"a\":\"b\"",                     UNMET},
    {"through null",                 "allOf", IS("a.b", "exists", "true"),     "\"a\":null",                      UNMET},
    {"two readings, two values",     "allOf", IS("a.b", "equals", "1"),        "\"a.b\":1,\"a\":{\"b\":1}",       UNMET},
    {"two readings are no absence",  "allOf", IS("a.b", "exists", "false"),    "\"a.b\":1,\"a\":{\"b\":1}",       UNMET},
    {"two readings, one null",       "allOf", IS("a.b", "equals", "1"),        "\"a.b\":null,\"a\":{\"b\":1}",    QUOTH_OK},
    {"spoofed by a dotted name",     "allOf", IS("x-ms-isolation-tee.x", "equals", "\"good\""),
     "\"x-ms-isolation-tee\":{\"x\":\"bad\"},\"x-ms-isolation-tee.x\":\"good\"",                                  UNMET},
};

#define T(name) IS(name, "equals", "true")
#define SIM "\"x-quoth-simulated\":true"
#define DBG "\"x-ms-sgx-is-debuggable\":true"
#define NESTED "\"x-ms-isolation-tee\":{\"x-ms-sevsnpvm-is-debuggable\":true}"
static const struct row marked[] = {
    {"simulated, not said",          "allOf", T("a"),                                       "\"a\":true," SIM,      UNFIT},
    {"simulated, said",              "allOf", T("a") "," T("x-quoth-simulated"),            "\"a\":true," SIM,      QUOTH_OK},
    {"said as text",                 "allOf", IS("x-quoth-simulated", "equals", "\"true\""), SIM,                   QUOTH_OK},
    {"said, and not simulated",      "allOf", T("x-quoth-simulated"),                       "\"x-quoth-simulated\":false", UNMET},
    {"false says nothing",           "allOf", T("a"),                                       "\"a\":true,\"x-quoth-simulated\":false,\"x-ms-sgx-is-debuggable\":\"false\"", QUOTH_OK},
    {"exists does not say it",       "allOf", IS("x-quoth-simulated", "exists", "true"),    SIM,                    UNFIT},
    {"nor that it is not false",     "allOf", IS("x-quoth-simulated", "notEquals", "false"), SIM,                   UNFIT},
    {"nor that another one is",      "allOf", T("x-ms-sgx-is-debuggable"),                  SIM "," DBG,            UNFIT},
    {"both said",                    "allOf", T("x-ms-sgx-is-debuggable") "," T("x-quoth-simulated"), SIM "," DBG,  QUOTH_OK},
    {"debug, not said",              "allOf", T("a"),                                       "\"a\":true," DBG,      UNFIT},
    {"the name of 2020",             "allOf", T("a"),                                       "\"a\":true,\"is-debuggable\":true", UNFIT},
    {"TDX",                          "allOf", T("a"),                                       "\"a\":true,\"tdx_td_attributes_debug\":true", UNFIT},
    {"TDX, profiled",                "allOf", T("a"),                                       "\"a\":true,\"tdx_td_attributes_debug\":false,\"dbgstat\":\"enabled\"", UNFIT},
    {"TDX, profiled, and nested",    "allOf", T("a"),                                       "\"a\":true,\"x-ms-isolation-tee\":{\"dbgstat\":\"enabled\"}", UNFIT},
    {"profiled, debug said",         "allOf", IS("dbgstat", "equals", "\"enabled\""),       "\"tdx_td_attributes_debug\":false,\"dbgstat\":\"enabled\"", UNFIT},
    {"profiled, simulated said",     "allOf", T("x-quoth-simulated"),                       "\"dbgstat\":\"enabled\"," SIM, UNFIT},
    {"TDX debug in both words",      "allOf", T("tdx_td_attributes_debug"),                 "\"tdx_td_attributes_debug\":true,\"dbgstat\":\"enabled\"", QUOTH_OK},
    {"neither debug nor profiled",   "allOf", T("a"),                                       "\"a\":true,\"tdx_td_attributes_debug\":false,\"dbgstat\":\"disabled\"", QUOTH_OK},
    {"as disabled as can be",        "allOf", T("a"),                                       "\"a\":true,\"dbgstat\":\"disabled-fully-and-permanently\"", QUOTH_OK},
    {"another word for it",          "allOf", T("a"),                                       "\"a\":true,\"dbgstat\":\"Disabled\"", UNFIT},
    {"no word for it",               "allOf", T("a"),                                       "\"a\":true,\"dbgstat\":1", UNFIT},
    {"kernel debugging",             "allOf", T("a"),                                       "\"a\":true,\"x-ms-azurevm-kerneldebug-enabled\":true", UNFIT},
    {"nested, not said",             "allOf", T("a"),                                       "\"a\":true," NESTED,   UNFIT},
    {"nested, said",                 "allOf", T("x-ms-isolation-tee.x-ms-sevsnpvm-is-debuggable"), NESTED,          QUOTH_OK},
    {"nested, said of the top",      "allOf", T("x-ms-sevsnpvm-is-debuggable"),             "\"x-ms-sevsnpvm-is-debuggable\":true," NESTED, UNFIT},
    {"on top, said of the nested",   "allOf", T("x-ms-isolation-tee.x-ms-sevsnpvm-is-debuggable"), DBG "," NESTED,  UNFIT},
    {"inside a list",                "allOf", T("a"),                                       "\"a\":true,\"l\":[{" SIM "}]", UNFIT},
    {"in the runtime data",          "allOf", T("a"),                                       "\"a\":true,\"x-ms-runtime\":{" DBG "}", UNFIT},
    {"1 is not false",               "allOf", T("a"),                                       "\"a\":true,\"x-quoth-simulated\":1", UNFIT},
    {"nor is null",                  "allOf", T("a"),                                       "\"a\":true,\"x-quoth-simulated\":null", UNFIT},
    {"nor a list of false",          "allOf", T("a"),                                       "\"a\":true,\"is-debuggable\":[false]", UNFIT},
    {"nor False",                    "allOf", T("a"),                                       "\"a\":true,\"is-debuggable\":\"False\"", UNFIT},
    {"its name with an escape",      "allOf", T("a"),                                       "\"a\":true,\"x-quoth-simul\\u0061ted\":true", UNFIT},

    {"the other branch says so",     "anyOf", IS("a", "equals", "1") ",{\"allOf\":[" IS("a", "equals", "2") "," T("x-quoth-simulated") "]}", "\"a\":1," SIM, UNFIT},
    {"this branch says so",          "anyOf", IS("a", "equals", "1") ",{\"allOf\":[" IS("a", "equals", "2") "," T("x-quoth-simulated") "]}", "\"a\":2," SIM, QUOTH_OK},
    {"a branch that says just that", "anyOf", IS("a", "equals", "1") "," T("x-quoth-simulated"), "\"a\":1," SIM,    QUOTH_OK},
    {"two branches, half each",      "anyOf", T("x-quoth-simulated") "," T("x-ms-sgx-is-debuggable"), SIM "," DBG,  UNFIT},
    {"two lists, half each",         "allOf", "{\"anyOf\":[" T("x-quoth-simulated") "," IS("a", "equals", "1") "]},{\"anyOf\":["
     T("x-ms-sgx-is-debuggable") "," IS("a", "equals", "1") "]}",                           "\"a\":1," SIM "," DBG, QUOTH_OK},
    {"one list, twice the same",     "allOf", "{\"anyOf\":[" T("x-quoth-simulated") "," T("x-ms-sgx-is-debuggable") "]},{\"anyOf\":["
     IS("a", "equals", "1") "]}",                                                           "\"a\":1," SIM "," DBG, UNFIT},
    {"said, but something fails",    "allOf", T("x-quoth-simulated") "," IS("a", "equals", "1"), "\"a\":2," SIM,    UNMET},
    {"six marks, said",              "allOf", T("1-is-debuggable") "," T("2-is-debuggable") "," T("3-is-debuggable") ","
     T("4-is-debuggable") "," T("5-is-debuggable") "," T("6-is-debuggable"),
     "\"1-is-debuggable\":true,\"2-is-debuggable\":true,\"3-is-debuggable\":true,\"4-is-debuggable\":true,"
     "\"5-is-debuggable\":true,\"6-is-debuggable\":true",                                   QUOTH_OK},
    {"seven marks, said",            "allOf", T("1-is-debuggable") "," T("2-is-debuggable") "," T("3-is-debuggable") ","
     T("4-is-debuggable") "," T("5-is-debuggable") "," T("6-is-debuggable") "," T("7-is-debuggable"),
     "\"1-is-debuggable\":true,\"2-is-debuggable\":true,\"3-is-debuggable\":true,\"4-is-debuggable\":true,"
     "\"5-is-debuggable\":true,\"6-is-debuggable\":true,\"7-is-debuggable\":true",          UNFIT},
};

#define AGE "x-quoth-token-age"
static const struct row fresh[] = { /* now is 1000, and no challenge was met */
    {"young enough",                 "allOf", IS(AGE, "lessOrEquals", "100"),          "\"iat\":900",  QUOTH_OK},
    {"of this second",               "allOf", IS(AGE, "equals", "0"),                  "\"iat\":1000", QUOTH_OK},
    {"a second too old",             "allOf", IS(AGE, "lessOrEquals", "100"),          "\"iat\":899",  UNMET},
    {"from the future",              "allOf", IS(AGE, "lessOrEquals", "100"),          "\"iat\":1001", UNMET},
    {"of no age",                    "allOf", IS(AGE, "lessOrEquals", "100"),          "",             UNMET},
    {"iat is text",                  "allOf", IS(AGE, "lessOrEquals", "100"),          "\"iat\":\"900\"", UNMET},
    {"iat is a fraction",            "allOf", IS(AGE, "lessOrEquals", "100"),          "\"iat\":900.5", UNMET},
    {"says its own age",             "allOf", IS(AGE, "lessOrEquals", "100"),          "\"iat\":1,\"x-quoth-token-age\":1", UNMET},
    {"says it without iat",          "allOf", IS(AGE, "exists", "true"),               "\"x-quoth-token-age\":1", UNMET},
    {"exactly",                      "allOf", IS(AGE, "equals", "100"),                "\"iat\":900",  QUOTH_OK},
    {"no challenge was met",         "allOf", IS("x-quoth-challenge", "equals", "true"), "",           UNMET},
    {"says one was",                 "allOf", IS("x-quoth-challenge", "equals", "true"), "\"x-quoth-challenge\":true", UNMET},
    {"the answer exists",            "allOf", IS("x-quoth-challenge", "exists", "true"), "",           QUOTH_OK},
};
/* clang-format on */

static void values_are_compared_as_the_sheet_says(void **state)
{
    (void)state;
    check_rows(comparisons, COUNT(comparisons));
}

static void paths_lead_to_one_value_or_none(void **state)
{
    (void)state;
    check_rows(paths, COUNT(paths));
}

static void debug_and_simulation_must_be_said(void **state)
{
    (void)state;
    check_rows(marked, COUNT(marked));
}

static void freshness_is_ours_to_say(void **state)
{
    (void)state;
    check_rows(fresh, COUNT(fresh));
}

static const char policy_text[] =
    "{\"version\":\"1.0.0\",\"anyOf\":[\n"
    " {\"authority\":\"https://other.example\",\"allOf\":[{\"claim\":\"a\",\"exists\":true}]},\n"
    " {\"authority\":\"https://maa.example\",\"allOf\":[\n"
    "   {\"claim\":\"a\",\"equals\":\"b\"},\n"
    "   {\"claim\":\"x-quoth-challenge\",\"equals\":true}]}]}";

static enum quoth_code judge_text(const char *claims, bool challenge_met, struct quoth_error *err)
{
    const struct release_facts facts = {.now = 1000, .challenge_met = challenge_met};
    struct quoth_error none = {0};
    AUTO(release_policy) struct release_policy p = {0};
    AUTO(release_evaluation) struct release_evaluation e = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    assert_true(release_policy_read(bytes_of_text(policy_text), &p, &none));
    assert_true(json_parse(bytes_of_text(claims), NULL, &doc, &none));
    (void)release_evaluate(&p, json_root(&doc), &facts, &e, err);
    return err->code;
}

static void a_refusal_names_the_clause(void **state)
{
    (void)state;
    struct quoth_error a = {0}, missing = {0}, challenge = {0}, met = {0};
    judge_text("{" ISS ",\"a\":\"c\"}", true, &a);
    assert_string_equal(a.where, "a");
    assert_int_equal(a.line, 4);
    assert_int_equal(a.column, 4);
    assert_string_equal(a.found, "\"c\"");
    assert_string_equal(a.expected, "equals \"b\"");
    judge_text("{" ISS "}", true, &missing);
    assert_string_equal(missing.found, "nothing");
    judge_text("{" ISS ",\"a\":\"b\"}", false, &challenge);
    assert_string_equal(challenge.where, "x-quoth-challenge");
    assert_int_equal(challenge.line, 5);
    assert_string_equal(challenge.found, "false");
    assert_int_equal(judge_text("{" ISS ",\"a\":\"b\"}", true, &met), QUOTH_OK);
}

/* Entries of one issuer: the one that came nearest is told of. */
static void the_nearest_entry_is_told_of(void **state)
{
    (void)state;
    static const char unmet[] = T("nope"), unfit[] = T("a"),
                      good[] = T("a") "," T("x-quoth-simulated");
    static const struct {
        const char *lists[3];
        size_t entry; /* that is told of */
        enum quoth_code code;
    } rows[] = {
        {{unmet, unmet, unmet}, 0, UNMET   },
        {{unmet, unfit, unmet}, 1, UNFIT   },
        {{unfit, unmet, unfit}, 0, UNFIT   },
        {{unmet, unfit, good},  2, QUOTH_OK},
        {{good, unfit, unmet},  0, QUOTH_OK},
        {{unfit, good, good},   1, QUOTH_OK},
    };
    const struct release_facts facts = {.now = 1000};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct quoth_error none = {0}, err = {0};
        AUTO(buffer) struct buffer text = {0};
        AUTO(json_doc) struct json_doc doc = {0};
        AUTO(release_policy) struct release_policy p = {0};
        AUTO(release_evaluation) struct release_evaluation e = {0};
        buffer_text(&text, "{\"version\":\"1.0.0\",\"anyOf\":[");
        for (size_t k = 0; k < COUNT(rows[i].lists); k++)
            buffer_printf(&text, "%s{\"authority\":\"https://maa.example\",\"allOf\":[%s]}",
                          k ? "," : "", rows[i].lists[k]);
        buffer_text(&text, "]}");
        assert_true(release_policy_read(buffer_bytes(&text), &p, &none));
        assert_true(json_parse(BYTES_LITERAL("{" ISS ",\"a\":true," SIM "}"), NULL, &doc, &none));
        (void)release_evaluate(&p, json_root(&doc), &facts, &e, &err);
        assert_int_equal(err.code, rows[i].code);
        assert_ptr_equal(e.entry, &p.entries[rows[i].entry]);
        assert_int_equal(e.decided != NULL, err.code == UNMET);
    }
}

/* A mark that nothing speaks for is named; where each is spoken for, but not in one way, that is
 * said. */
static void the_mark_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *conditions, *where, *message;
    } rows[] = {
        {T("x-quoth-simulated"),                                 "x-ms-sgx-is-debuggable", "the way in which"},
        {T("x-ms-sgx-is-debuggable"),                            "x-quoth-simulated",      "the way in which"},
        {T("x-quoth-simulated") "," T("x-ms-sgx-is-debuggable"), "x-quoth-simulated",
         "no single way"                                                                                     },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct quoth_error err = {0}, none = {0};
        AUTO(buffer) struct buffer text = {0};
        AUTO(json_doc) struct json_doc doc = {0};
        buffer_printf(&text,
                      "{\"version\":\"1.0.0\",\"anyOf\":[{\"authority\":\"https://maa.example\","
                      "\"anyOf\":[%s]}]}",
                      rows[i].conditions);
        assert_true(json_parse(BYTES_LITERAL("{" ISS "," SIM "," DBG "}"), NULL, &doc, &none));
        assert_false(judge(buffer_bytes(&text), json_root(&doc), &err));
        assert_string_equal(err.where, rows[i].where);
        assert_non_null(strstr(err.message, rows[i].message));
    }
}

static void issuers_that_are_none_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *claims;
        enum quoth_code code;
    } rows[] = {
        {"{\"a\":\"b\"}",                                        QUOTH_TOKEN_CLAIM      },
        {"{\"iss\":null,\"a\":\"b\"}",                           QUOTH_TOKEN_CLAIM      },
        {"{\"iss\":[\"https://maa.example\"],\"a\":\"b\"}",      QUOTH_TOKEN_CLAIM      },
        {"{\"iss\":1,\"a\":\"b\"}",                              QUOTH_TOKEN_CLAIM      },
        {"[]",                                                   QUOTH_TOKEN_CLAIM      },
        {"{\"iss\":\"\",\"a\":\"b\"}",                           QUOTH_RELEASE_AUTHORITY},
        {"{\"iss\":\"maa.example\",\"a\":\"b\"}",                QUOTH_RELEASE_AUTHORITY},
        {"{\"iss\":\"http://maa.example\",\"a\":\"b\"}",         QUOTH_RELEASE_AUTHORITY},
        {"{\"iss\":\"https://nobody.example\",\"a\":\"b\"}",     QUOTH_RELEASE_AUTHORITY},
        {"{\"iss\":\"https://maa.example/x\",\"a\":\"b\"}",      QUOTH_RELEASE_AUTHORITY},
        {"{\"iss\":\"https://maa.example@evil\",\"a\":\"b\"}",   QUOTH_RELEASE_AUTHORITY},
        {"{\"iss\":\"https://maa.example/?a\",\"a\":\"b\"}",     QUOTH_RELEASE_AUTHORITY},
        {"{\"iss\":\"https://maa.ex\\u0061mple/\",\"a\":\"b\"}", QUOTH_OK               },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct quoth_error err = {0};
        print_message("  %s\n", rows[i].claims);
        assert_int_equal(judge_text(rows[i].claims, true, &err), rows[i].code);
    }
}

static void challenges_are_read_from_the_hashed_data_alone(void **state)
{
    (void)state;
    static const struct {
        const char *claims;
        size_t len;
    } rows[] = {
        {"{\"x-ms-runtime\":{\"nonce\":\"MDEyMzQ1Njc4OWFiY2RlZg\"}}",       16},
        {"{\"x-ms-runtime\":{\"nonce\":"
         "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
         "\"}}",                                                   64},
        {"{\"x-ms-runtime\":{\"nonce\":"
         "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
         "\"}}",                                                   0 },
        {"{\"nonce\":\"MDEyMzQ1Njc4OWFiY2RlZg\"}",                          0 },
        {"{\"x-ms-inittime\":{\"nonce\":\"MDEyMzQ1Njc4OWFiY2RlZg\"}}",      0 },
        {"{\"x-ms-runtime\":{}}",                                           0 },
        {"{\"x-ms-runtime\":\"MDEyMzQ1Njc4OWFiY2RlZg\"}",                   0 },
        {"{\"x-ms-runtime\":{\"nonce\":\"MDEyMzQ1Njc4OWFiY2Rl\"}}",         0 },
        {"{\"x-ms-runtime\":{\"nonce\":1234567890123456789012}}",           0 },
        {"{\"x-ms-runtime\":{\"nonce\":\"MDEyMzQ1Njc4OWFiY2RlZg==\"}}",     0 },
        {"{\"x-ms-runtime\":{\"nonce\":\"\\u004dDEyMzQ1Njc4OWFiY2RlZg\"}}", 0 },
        {"{\"x-ms-runtime.nonce\":\"MDEyMzQ1Njc4OWFiY2RlZg\"}",             0 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer challenge = {0};
        AUTO(json_doc) struct json_doc doc = {0};
        assert_true(json_parse(bytes_of_text(rows[i].claims), NULL, &doc, &err));
        const bool read = release_challenge_read(json_root(&doc), &challenge, &err);
        assert_int_equal(read, rows[i].len > 0);
        assert_int_equal(challenge.len, rows[i].len);
        assert_int_equal(err.code, read ? QUOTH_OK : QUOTH_TOKEN_NONCE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cases_have_their_outcomes),
        cmocka_unit_test(published_policies_hold_as_the_sheet_says),
        cmocka_unit_test(values_are_compared_as_the_sheet_says),
        cmocka_unit_test(paths_lead_to_one_value_or_none),
        cmocka_unit_test(debug_and_simulation_must_be_said),
        cmocka_unit_test(freshness_is_ours_to_say),
        cmocka_unit_test(a_refusal_names_the_clause),
        cmocka_unit_test(the_nearest_entry_is_told_of),
        cmocka_unit_test(the_mark_is_named),
        cmocka_unit_test(issuers_that_are_none_are_refused),
        cmocka_unit_test(challenges_are_read_from_the_hashed_data_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
