#include "policy/jmespath_value.h"
#include "tests/unit.h"

#include <dirent.h>
#include <stdio.h>

#define PEOPLE                                                                                     \
    "{\"p\":[{\"n\":\"b\",\"a\":2},{\"n\":\"a\",\"a\":10},{\"n\":\"c\"}],\"e\":[],\"s\":\"x\"}"

/* Evaluates a query over a document; gives the code of the failure, or QUOTH_OK and JSON text. */
static enum quoth_code search(struct bytes document, struct bytes query, struct buffer *text)
{
    AUTO(work) struct work w = WORK_INIT;
    const struct jmespath_value *in, *out;
    const struct jmespath_node *tree;
    struct quoth_error err = {0};
    if (jmespath_read(document, &w, &in, &err) && jmespath_compile(query, &w, &tree, &err) &&
        jmespath_evaluate(tree, in, &w, &out, &err) && jmespath_write(out, false, &w, text, &err))
        return QUOTH_OK;
    assert_true(err.code != QUOTH_OK && err.message[0]);
    return err.code;
}

static const struct {
    const char *document, *query, *result;
} results[] = {
    {"{\"foo\":\"bar\"}",                               "foo",                                     "\"bar\""                 },
    {"{\"a\":{\"b\":[0,1,{\"c\":3}]}}",                 "a.b[2].c",                                "3"                       },
    {"{\"a\":[0,1,2,3]}",                               "a[-1]",                                   "3"                       },
    {"{\"a\":[0,1,2,3]}",                               "a[::-2]",                                 "[3,1]"                   },
    {"{\"a\":[0,1]}",                                   "a[9223372036854775807:]",                 "[]"                      },
    {"{\"a\":[0,1]}",                                   "a[::9223372036854775807]",                "[0]"                     },
    {"{\"a\":[0,1]}",                                   "a[::-9223372036854775807]",               "[1]"                     },
    {"{\"a\":[0]}",                                     "a[1]",                                    "null"                    },
    {PEOPLE,                                            "p[?a > `2`].n | [0]",                     "\"a\""                   },
    {PEOPLE,                                            "p[*].{x: n, y: a}[2]",                    "{\"x\":\"c\",\"y\":null}"},
    {PEOPLE,                                            "p[].[n, a] | [2]",                        "[\"c\",null]"            },
    {PEOPLE,                                            "sort_by(p[?a], &a)[].n",                  "[\"b\",\"a\"]"           },
    {PEOPLE,                                            "length(p) == `3` && p[0].n == 'b'",       "true"                    },
    {PEOPLE,                                            "nothing || 'else'",                       "\"else\""                },
    {PEOPLE,                                            "!e && !!s",                               "true"                    },
    {PEOPLE,                                            "s < `1`",                                 "null"                    },
    {PEOPLE,                                            "max_by(e, &a)",                           "null"                    },
    {PEOPLE,                                            "p[0] == `{\"a\":2,\"n\":\"b\"}`",         "true"                    },
    {PEOPLE,                                            "*.n",                                     "[]"                      },
    {"[[1,2],[3,[4]]]",                                 "[]",                                      "[1,2,3,[4]]"             },
    {"\"\\u2713ab\"",                                   "[length(@), reverse(@)]",                 "[3,\"ba\xe2\x9c\x93\"]"  },
    {"{}",                                              "'a\\'b\\c\\\\'",                          "\"a'b\\\\c\\\\\\\\\""    },
    {"{}",                                              "`\"\\`\"`",                               "\"`\""                   },
    {"{}",                                              "equals_ignore_case('Ab', 'aB')",          "true"                    },
    {"{}",                                              "equals_ignore_case(@, 'aB')",             "false"                   },
    {"[9007199254740993,9007199254740992]",             "[0] == [1]",                              "false"                   },
    {"{\"a\":9007199254740993,\"b\":9007199254740992}", "a == b",                                  "false"                   },
    {"{\"a\":1.0,\"b\":1,\"c\":1e0}",                   "[a == b, b == c, a]",                     "[true,true,1.0]"         },
    {"[0.1,0.2]",                                       "sum(@)",                                  "0.30000000000000004"     },
    {"[9223372036854775807,1]",                         "sum(@)",                                  "9.223372036854776e+18"   },
    {"-9223372036854775808",                            "abs(@)",                                  "9.223372036854776e+18"   },
    {"[-1.5,1.5]",                                      "[floor([0]), ceil([0]), floor([1])]",     "[-2,-1,1]"               },
    {"{\"a\":-1.5,\"b\":1.5}",                          "[floor(a), ceil(a), floor(b), ceil(b)]",  "[-2,-1,1,2]"             },
    {"{}",                                              "to_number('0x10')",                       "null"                    },
    {"{}",                                              "to_number(' 1')",                         "null"                    },
    {"{}",                                              "merge(`{\"a\":1}`, `{\"a\":2,\"b\":3}`)", "{\"a\":2,\"b\":3}"       },
    {"{}",                                              "{a: `1`, a: `2`}",                        "{\"a\":2}"               },
    {"{\"foo\":{\"bar\":1}}",                           "\"foo\".\"b\\u0061r\"",                   "1"                       },
};

static void results_are_those_of_the_specification(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(results); i++) {
        AUTO(buffer) struct buffer text = {0};
        print_message("  %s\n", results[i].query);
        const enum quoth_code code =
            search(bytes_of_text(results[i].document), bytes_of_text(results[i].query), &text);
        assert_int_equal(code, QUOTH_OK);
        buffer_u8(&text, 0);
        assert_string_equal((const char *)text.data, results[i].result);
    }
}

static const struct {
    const char *query;
    enum quoth_code code;
    size_t offset;
} refusals[] = {
    {"",                          QUOTH_JMESPATH_SYNTAX,     0 },
    {"foo.",                      QUOTH_JMESPATH_SYNTAX,     4 },
    {".foo",                      QUOTH_JMESPATH_SYNTAX,     0 },
    {"foo bar",                   QUOTH_JMESPATH_SYNTAX,     4 },
    {"foo.1",                     QUOTH_JMESPATH_SYNTAX,     4 },
    {"foo[bar]",                  QUOTH_JMESPATH_SYNTAX,     4 },
    {"foo[0",                     QUOTH_JMESPATH_SYNTAX,     5 },
    {"foo[-]",                    QUOTH_JMESPATH_SYNTAX,     4 },
    {"foo[1:2:3:4]",              QUOTH_JMESPATH_SYNTAX,     9 },
    {"foo[1 2]",                  QUOTH_JMESPATH_SYNTAX,     6 },
    {"foo[99999999999999999999]", QUOTH_JMESPATH_SYNTAX,     4 },
    {"foo[?a = b]",               QUOTH_JMESPATH_SYNTAX,     7 },
    {"a ^ b",                     QUOTH_JMESPATH_SYNTAX,     2 },
    {"'open",                     QUOTH_JMESPATH_SYNTAX,     0 },
    {"`{`",                       QUOTH_JMESPATH_SYNTAX,     0 },
    {"`foo`",                     QUOTH_JMESPATH_SYNTAX,     0 },
    {"`\"open`",                  QUOTH_JMESPATH_SYNTAX,     0 },
    {"\"\\x\"",                   QUOTH_JMESPATH_SYNTAX,     0 },
    {"[a,]",                      QUOTH_JMESPATH_SYNTAX,     3 },
    {"{a: b,}",                   QUOTH_JMESPATH_SYNTAX,     6 },
    {"{a}",                       QUOTH_JMESPATH_SYNTAX,     2 },
    {"length(a,)",                QUOTH_JMESPATH_SYNTAX,     9 },
    {"length(a",                  QUOTH_JMESPATH_SYNTAX,     8 },
    {"\"length\"(a)",             QUOTH_JMESPATH_SYNTAX,     9 },
    {"foo[0](a)",                 QUOTH_JMESPATH_SYNTAX,     7 },
    {"(a",                        QUOTH_JMESPATH_SYNTAX,     2 },
    {"a)",                        QUOTH_JMESPATH_SYNTAX,     1 },
    {"PcrIndex == 20",            QUOTH_JMESPATH_SYNTAX,     12},
    {"foo[*]bar",                 QUOTH_JMESPATH_SYNTAX,     6 },
    {"*foo",                      QUOTH_JMESPATH_SYNTAX,     1 },
    {"\xe2\x80\x9d",              QUOTH_JMESPATH_SYNTAX,     0 },
    {"[::0]",                     QUOTH_JMESPATH_EVALUATION, 1 },
    {"nothing(a)",                QUOTH_JMESPATH_EVALUATION, 0 },
    {"length()",                  QUOTH_JMESPATH_EVALUATION, 0 },
    {"length(s, s)",              QUOTH_JMESPATH_EVALUATION, 0 },
    {"length(`1`)",               QUOTH_JMESPATH_EVALUATION, 0 },
    {"not_null()",                QUOTH_JMESPATH_EVALUATION, 0 },
    {"sum(p)",                    QUOTH_JMESPATH_EVALUATION, 0 },
    {"sort_by(p, &@)",            QUOTH_JMESPATH_EVALUATION, 0 },
    {"sort_by(p, &a)",            QUOTH_JMESPATH_EVALUATION, 0 },
    {"sort_by(p, a)",             QUOTH_JMESPATH_EVALUATION, 0 },
    {"map(a, p)",                 QUOTH_JMESPATH_EVALUATION, 0 },
    {"join(',', p)",              QUOTH_JMESPATH_EVALUATION, 0 },
    {"to_string(&a)",             QUOTH_JMESPATH_EVALUATION, 0 },
    {"type(&a)",                  QUOTH_JMESPATH_EVALUATION, 0 },
};

static void refusals_say_what_and_where(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        AUTO(work) struct work w = WORK_INIT;
        const struct jmespath_value *in, *out;
        const struct jmespath_node *tree;
        struct quoth_error err = {0};
        print_message("  %s\n", refusals[i].query);
        assert_true(jmespath_read(bytes_of_text(PEOPLE), &w, &in, &err));
        assert_false(jmespath_compile(bytes_of_text(refusals[i].query), &w, &tree, &err) &&
                     jmespath_evaluate(tree, in, &w, &out, &err));
        assert_int_equal(err.code, refusals[i].code);
        if (err.offset != refusals[i].offset)
            fail_msg("%s at %zu instead of %zu", err.message, err.offset, refusals[i].offset);
        assert_true(err.message[0]);
    }
}

/* ---- bombs: each costs little and is refused */

static void repeat(struct buffer *to, const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buffer_text(to, text);
}

static const struct {
    const char *name, *before, *repeated;
    size_t times;
    const char *middle, *again; /* repeated as often */
    enum quoth_code code;
} bombs[] = {
    {"parentheses",           "",                    "(",                       2000,  "@",                      ")", QUOTH_JMESPATH_SYNTAX},
    {"negations",             "",                    "!",                       2000,  "@",                      "",  QUOTH_JMESPATH_SYNTAX},
    {"a chain of fields",     "a",                   ".a",                      2000,  "",                       "",  QUOTH_JMESPATH_SYNTAX},
    {"a chain of ors",        "a",                   "||a",                     2000,  "",                       "",  QUOTH_JMESPATH_SYNTAX},
    {"lists in lists",        "",                    "[",                       2000,  "@",                      "]", QUOTH_JMESPATH_SYNTAX},
    {"calls in calls",        "",                    "type(",                   2000,  "@",                      ")", QUOTH_JMESPATH_SYNTAX},
    {"a query too long",      "'",                   "a",                       20000, "",                       "",  QUOTH_JMESPATH_SYNTAX},
    {"doubling, written out", "@",                   "|[@,@]",                  60,    "",                       "",  QUOTH_POLICY_COST    },
    {"doubling, as text",     "to_string(@",         "|[@,@]",                  60,    ")",                      "",  QUOTH_POLICY_COST    },
    {"doubling, compared",    "@",                   "|[@,@]",                  60,    "|@==[[@[0],@[1]],@][0]", "",  QUOTH_POLICY_COST    },
    {"doubling strings",      "'0123456789'",        "|join(@,[@,@])",          40,    "",                       "",  QUOTH_POLICY_COST    },
    {"squares of an array",   "`[1,2,3,4,5,6,7,8]`", "|[].[@,@,@,@,@,@,@,@][]", 12,    "",                       "",
     QUOTH_POLICY_COST                                                                                                                     },
};

static void bombs_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bombs); i++) {
        AUTO(buffer) struct buffer query = {0}, text = {0};
        print_message("  %s\n", bombs[i].name);
        buffer_text(&query, bombs[i].before);
        repeat(&query, bombs[i].repeated, bombs[i].times);
        buffer_text(&query, bombs[i].middle);
        repeat(&query, bombs[i].again, bombs[i].times);
        assert_int_equal(search(BYTES_LITERAL("{}"), buffer_bytes(&query), &text), bombs[i].code);
    }
}

static void documents_must_be_json(void **state)
{
    (void)state;
    static const char *const documents[] = {
        "", "abc", "{\"a\":1,}", "{\"a\":1,\"a\":2}", "[1e999]", "{} {}", "\"\\u0000\"",
    };
    for (size_t i = 0; i < COUNT(documents); i++) {
        AUTO(buffer) struct buffer text = {0};
        print_message("  %s\n", documents[i]);
        assert_int_not_equal(search(bytes_of_text(documents[i]), BYTES_LITERAL("@"), &text),
                             QUOTH_OK);
    }
}

/* ---- the language's official compliance suite: JSON files in a folder */

static void one_case(struct bytes given, struct json c, size_t *ret_failed)
{
    AUTO(work) struct work w = WORK_INIT;
    AUTO(buffer) struct buffer query = {0};
    const struct jmespath_value *in, *out, *wanted;
    const struct jmespath_node *tree;
    struct quoth_error err = {0};
    struct json expression, result;
    if (!json_member(c, "expression", &expression))
        return;
    json_text(expression, &query);
    const bool good = jmespath_read(given, &w, &in, &err) &&
                      jmespath_compile(buffer_bytes(&query), &w, &tree, &err) &&
                      jmespath_evaluate(tree, in, &w, &out, &err);
    const bool expected = json_member(c, "result", &result);
    if (good == expected && (!good || (jmespath_read(json_span(result), &w, &wanted, &err) &&
                                       jmespath_equal(out, wanted, &w))))
        return;
    ++*ret_failed;
    print_message("  FAILED %.*s: %s\n", (int)query.len, (const char *)query.data, err.message);
}

static void one_file(const char *path, size_t *ret_cases, size_t *ret_failed)
{
    AUTO(buffer) struct buffer text = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    struct quoth_error err = {0};
    struct json given, cases;
    if (!file_read(path, 1 << 20, &text, &err) ||
        !json_parse(buffer_bytes(&text), NULL, &doc, &err))
        fail_msg("%s: %s", path, err.message);
    for (struct json s = json_first(json_root(&doc)); json_exists(s); s = json_next(s)) {
        assert_true(json_member(s, "given", &given) && json_member(s, "cases", &cases));
        for (struct json c = json_first(cases); json_exists(c); c = json_next(c), ++*ret_cases)
            one_case(json_span(given), c, ret_failed);
    }
}

static void the_official_suite_passes(void **state)
{
    (void)state;
    const char *folder = getenv("QUOTH_JMESPATH_SUITE");
    if (!folder) {
        print_message("skipped: QUOTH_JMESPATH_SUITE names no folder of compliance tests\n");
        skip();
    }
    size_t cases = 0, failed = 0;
    struct dirent *entry;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    while ((entry = readdir(dir))) {
        struct quoth_error err = {0};
        AUTO(text) char *path = path_join(folder, entry->d_name, &err);
        const size_t len = strlen(entry->d_name);
        if (len > 5 && strcmp(entry->d_name + len - 5, ".json") == 0)
            one_file(path, &cases, &failed);
    }
    closedir(dir);
    print_message("  %zu cases, %zu failed\n", cases, failed);
    assert_true(cases > 100);
    assert_int_equal(failed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_are_those_of_the_specification),
        cmocka_unit_test(refusals_say_what_and_where),
        cmocka_unit_test(bombs_are_refused),
        cmocka_unit_test(documents_must_be_json),
        cmocka_unit_test(the_official_suite_passes),
    };
    return cmocka_run_group_tests_name("policy/jmespath", tests, NULL, NULL);
}
