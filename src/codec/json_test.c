#include "codec/json.h"

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants the two above first */
#include <cmocka.h>

static const char *const accepted[] = {
    "null",
    "true",
    " \t\r\n false \t\r\n ",
    "0",
    "-0",
    "-1.5e+10",
    "10E-2",
    "123456789012345678901234567890.5",
    "1e999999",
    "\"\"",
    "\"a\"",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
    "\"\\u0041\\u00e9\\u20AC\\uD83D\\uDE00\"",
    "\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \x7f\"",
    "\"\xef\xbf\xbf\"",
    "[]",
    "[ ]",
    "[1]",
    "[1,2 , 3]",
    "[[],{},\"\",null]",
    "{}",
    "{ }",
    "{\"\":1}",
    "{\"a\":1,\"b\":{\"a\":1}}",
    "{ \"a\" : [ { } , { } ] , \"A\" : 1 }",
    "{\"a\":1,\"a \":2,\"a  \":3}",
    "{\"12345678\":1,\"1234567\":2,\"123456789\":3}",
};

static void what_rfc_8259_allows_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(accepted); i++) {
        struct quoth_error err = {0};
        AUTO(json_doc) struct json_doc doc = {0};
        if (!json_parse(bytes_of_text(accepted[i]), NULL, &doc, &err))
            fail_msg("%s: byte %zu: %s", accepted[i], err.offset, err.message);
    }
}

#define T(text) BYTES_INIT(text)
static const struct {
    const char *name;
    enum quoth_code code;
    size_t offset;
    struct bytes text;
} refusals[] = {
    {"nothing",               QUOTH_JSON,           0,  T("")                                     },
    {"only space",            QUOTH_JSON,           2,  T(" \n")                                  },
    {"byte order mark",       QUOTH_JSON,           0,  T("\xef\xbb\xbf{}")                       },
    {"two values",            QUOTH_JSON,           2,  T("1 2")                                  },
    {"trailing bracket",      QUOTH_JSON,           2,  T("[]]")                                  },
    {"trailing NUL",          QUOTH_JSON,           2,  T("{}\0")                                 },
    {"form feed",             QUOTH_JSON,           0,  T("\f1")                                  },
    {"vertical tab",          QUOTH_JSON,           1,  T("1\v")                                  },
    {"no-break space",        QUOTH_JSON,           1,  T("1\xc2\xa0")                            },
    {"line comment",          QUOTH_JSON,           0,  T("// x\n1")                              },
    {"block comment",         QUOTH_JSON,           3,  T("[1 /* x */]")                          },
    {"comma before ]",        QUOTH_JSON,           3,  T("[1,]")                                 },
    {"comma before }",        QUOTH_JSON,           7,  T("{\"a\":1,}")                           },
    {"comma first",           QUOTH_JSON,           1,  T("[,1]")                                 },
    {"two commas",            QUOTH_JSON,           3,  T("[1,,2]")                               },
    {"no comma",              QUOTH_JSON,           3,  T("[1 2]")                                },
    {"no comma, members",     QUOTH_JSON,           7,  T("{\"a\":1 \"b\":2}")                    },
    {"no colon",              QUOTH_JSON,           5,  T("{\"a\" 1}")                            },
    {"two colons",            QUOTH_JSON,           5,  T("{\"a\"::1}")                           },
    {"no value",              QUOTH_JSON,           5,  T("{\"a\":}")                             },
    {"a number as name",      QUOTH_JSON,           1,  T("{1:1}")                                },
    {"a bare name",           QUOTH_JSON,           1,  T("{a:1}")                                },
    {"a quoted name, '",      QUOTH_JSON,           1,  T("{'a':1}")                              },
    {"colon in an array",     QUOTH_JSON,           4,  T("[\"a\":1]")                            },
    {"wrong bracket",         QUOTH_JSON,           2,  T("[1}")                                  },
    {"wrong brace",           QUOTH_JSON,           6,  T("{\"a\":1]")                            },
    {"[ left open",           QUOTH_JSON,           2,  T("[1")                                   },
    {"{ left open",           QUOTH_JSON,           6,  T("{\"a\":1")                             },
    {"[ alone",               QUOTH_JSON,           1,  T("[")                                    },
    {"{ alone",               QUOTH_JSON,           1,  T("{")                                    },
    {"cut after a comma",     QUOTH_JSON,           3,  T("[1,")                                  },
    {"cut after a name",      QUOTH_JSON,           4,  T("{\"a\"")                               },
    {"True",                  QUOTH_JSON,           0,  T("True")                                 },
    {"tru",                   QUOTH_JSON,           0,  T("tru")                                  },
    {"truex",                 QUOTH_JSON,           4,  T("truex")                                },
    {"nul",                   QUOTH_JSON,           1,  T("[nul]")                                },
    {"NaN",                   QUOTH_JSON,           0,  T("NaN")                                  },
    {"Infinity",              QUOTH_JSON,           1,  T("-Infinity")                            },
    {"leading zero",          QUOTH_JSON,           1,  T("01")                                   },
    {"leading zero, minus",   QUOTH_JSON,           2,  T("-01")                                  },
    {"plus",                  QUOTH_JSON,           0,  T("+1")                                   },
    {"minus alone",           QUOTH_JSON,           1,  T("-")                                    },
    {"two minuses",           QUOTH_JSON,           1,  T("--1")                                  },
    {"no digit before .",     QUOTH_JSON,           0,  T(".5")                                   },
    {"no digit after .",      QUOTH_JSON,           3,  T("[1.]")                                 },
    {"no digit after e",      QUOTH_JSON,           2,  T("1e")                                   },
    {"no digit after e+",     QUOTH_JSON,           3,  T("1e+")                                  },
    {"two signs",             QUOTH_JSON,           3,  T("1e+-1")                                },
    {"hexadecimal",           QUOTH_JSON,           1,  T("0x10")                                 },
    {"two points",            QUOTH_JSON,           3,  T("1.2.3")                                },
    {"underscore",            QUOTH_JSON,           1,  T("1_000")                                },
    {"Arabic digits",         QUOTH_JSON,           0,  T("\xd9\xa1")                             },
    {"string left open",      QUOTH_JSON,           4,  T("\"abc")                                },
    {"longer string open",    QUOTH_JSON,           9,  T("\"abcdefgh")                           },
    {"open after an escape",  QUOTH_JSON,           3,  T("\"\\\"")                               },
    {"single quotes",         QUOTH_JSON,           0,  T("'a'")                                  },
    {"newline in a string",   QUOTH_JSON,           2,  T("\"a\nb\"")                             },
    {"tab in a string",       QUOTH_JSON,           2,  T("\"a\tb\"")                             },
    {"U+001F in a string",    QUOTH_JSON,           11, T("\"0123456789\x1f\"")                   },
    {"NUL in a string",       QUOTH_JSON,           2,  T("\"a\0b\"")                             },
    {"NUL escape",            QUOTH_JSON,           2,  T("\"a\\u0000\"")                         },
    {"NUL escape, name",      QUOTH_JSON,           3,  T("{\"a\\u0000\":1}")                     },
    {"unknown escape",        QUOTH_JSON,           1,  T("\"\\x41\"")                            },
    {"escaped quote '",       QUOTH_JSON,           1,  T("\"\\'\"")                              },
    {"escaped newline",       QUOTH_JSON,           1,  T("\"\\\n\"")                             },
    {"escape U",              QUOTH_JSON,           1,  T("\"\\U0041\"")                          },
    {"escape of 80",          QUOTH_JSON,           1,  T("\"\\\x80\"")                           },
    {"three digits",          QUOTH_JSON,           1,  T("\"\\u004\"")                           },
    {"escape cut short",      QUOTH_JSON,           1,  T("\"\\u00")                              },
    {"backslash cut short",   QUOTH_JSON,           1,  T("\"\\")                                 },
    {"g is no digit",         QUOTH_JSON,           1,  T("\"\\u00g0\"")                          },
    {"sign as digit",         QUOTH_JSON,           1,  T("\"\\u+041\"")                          },
    {"high surrogate",        QUOTH_JSON,           1,  T("\"\\ud83d\"")                          },
    {"high surrogate, text",  QUOTH_JSON,           1,  T("\"\\ud83dabcdef\"")                    },
    {"two high surrogates",   QUOTH_JSON,           1,  T("\"\\ud83d\\ud83d\"")                   },
    {"low surrogate alone",   QUOTH_JSON,           1,  T("\"\\ude00\"")                          },
    {"surrogates swapped",    QUOTH_JSON,           1,  T("\"\\ude00\\ud83d\"")                   },
    {"continuation byte",     QUOTH_JSON,           1,  T("\"\x80\"")                             },
    {"character cut short",   QUOTH_JSON,           1,  T("\"\xc3\"")                             },
    {"cut by the end",        QUOTH_JSON,           1,  T("\"\xe2\x82")                           },
    {"overlong /",            QUOTH_JSON,           1,  T("\"\xc0\xaf\"")                         },
    {"overlong of three",     QUOTH_JSON,           1,  T("\"\xe0\x80\xaf\"")                     },
    {"surrogate in UTF-8",    QUOTH_JSON,           1,  T("\"\xed\xa0\x80\"")                     },
    {"beyond U+10FFFF",       QUOTH_JSON,           1,  T("\"\xf4\x90\x80\x80\"")                 },
    {"Latin-1",               QUOTH_JSON,           12, T("\"01234567caf\xe9\"")                  },
    {"UTF-16",                QUOTH_JSON,           0,  T("\xff\xfe{\0}\0")                       },
    {"duplicate",             QUOTH_JSON_DUPLICATE, 7,  T("{\"a\":1,\"a\":1}")                    },
    {"empty names",           QUOTH_JSON_DUPLICATE, 6,  T("{\"\":1,\"\":2}")                      },
    {"duplicate, longer",     QUOTH_JSON_DUPLICATE, 16, T("{\"tcbInfoTcb\":1,\"tcbInfoTcb\":2}")  },
    {"duplicate far inside",  QUOTH_JSON_DUPLICATE, 16, T("[{\"x\":[0,{\"a\":1,\"a\":3}]}]")      },
    {"duplicate with escape", QUOTH_JSON_DUPLICATE, 7,  T("{\"a\":1,\"\\u0061\":1}")              },
    {"escape first",          QUOTH_JSON_DUPLICATE, 19, T("{\"\\u0061bcdefgh\":1,\"abcdefgh\":1}")},
    {"two escapes of /",      QUOTH_JSON_DUPLICATE, 12, T("{\"\\u002F\":1,\"\\/\":1}")            },
    {"pair and UTF-8",        QUOTH_JSON_DUPLICATE, 18,
     T("{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":1}")                                           },
};

static void refusals_say_what_and_where(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct quoth_error err = {0};
        AUTO(json_doc) struct json_doc doc = {0};
        if (json_parse(refusals[i].text, NULL, &doc, &err))
            fail_msg("accepted: %s", refusals[i].name);
        if (err.code != refusals[i].code || err.offset != refusals[i].offset)
            fail_msg("%s: %d at %zu: %s", refusals[i].name, err.code, err.offset, err.message);
        assert_null(doc.nodes);
    }
}

/* A string is scanned by words: whatever ends or breaks it must do so at every place in a word, and
 * the text may end anywhere. */
static void every_place_in_a_word_is_looked_at(void **state)
{
    (void)state;
    static const char bad[] = {'\0', '\n', 0x1f, '\\', (char)0x80, (char)0xff};
    for (size_t len = 0; len < 40; len++) {
        for (size_t at = 0; at < len; at++) {
            for (size_t b = 0; b < sizeof bad; b++) {
                char text[64] = {'"'};
                memset(text + 1, 'x', len);
                text[1 + at] = bad[b];
                text[1 + len] = '"';
                uint8_t *exact = malloc(len + 2); /* so that a sanitizer sees a step too far */
                memcpy(exact, text, len + 2);
                struct quoth_error err = {0};
                AUTO(json_doc) struct json_doc doc = {0};
                assert_false(json_parse((struct bytes){exact, len + 2}, NULL, &doc, &err));
                const bool quote_escaped = bad[b] == '\\' && at + 1 == len;
                assert_int_equal(err.offset, quote_escaped ? len + 2 : 1 + at);
                free(exact);
            }
        }
    }
}

static bool parses(const char *text, struct json_limits limits, struct quoth_error *err)
{
    AUTO(json_doc) struct json_doc doc = {0};
    *err = (struct quoth_error){0};
    return json_parse(bytes_of_text(text), &limits, &doc, err);
}

static void limits_hold_exactly(void **state)
{
    (void)state;
    struct quoth_error err;
    assert_true(parses("[[{}]]", (struct json_limits){.max_depth = 3}, &err));
    assert_false(parses("[[{}]]", (struct json_limits){.max_depth = 2}, &err));
    assert_int_equal(err.code, QUOTH_JSON_LIMIT);
    assert_int_equal(err.offset, 2);
    assert_true(parses("[1,{\"a\":2}]", (struct json_limits){.max_nodes = 5}, &err));
    assert_false(parses("[1,{\"a\":2}]", (struct json_limits){.max_nodes = 4}, &err));
    assert_int_equal(err.code, QUOTH_JSON_LIMIT);
    assert_int_equal(err.offset, 8);
    assert_true(parses("[1, 2]", (struct json_limits){.max_len = 6}, &err));
    assert_false(parses("[1, 2]", (struct json_limits){.max_len = 5}, &err));
    assert_int_equal(err.code, QUOTH_TOO_LARGE);
}

static void the_default_depth_is_32(void **state)
{
    (void)state;
    char text[2 * 300 + 1] = {0};
    struct quoth_error err;
    for (size_t depth = 1; depth <= 300; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        assert_true(parses(text, (struct json_limits){0}, &err) == (depth <= 32));
        assert_true(parses(text, (struct json_limits){.max_depth = 1000}, &err) == (depth <= 256));
    }
}

static void names_can_be_compared_without_case(void **state)
{
    (void)state;
    static const char *const same[] = {
        "{\"alg\":1,\"ALG\":2}",
        "{\"nonce\":1,\"a\":{},\"nonCe\":2}",
        "{\"x\":[{\"a-Z_9\":1,\"A-z_9\":2}]}",
        "{\"a\":1,\"\\u0041\":2}",
    };
    static const char *const different[] = {
        "{\"@\":1,\"`\":2}",               /* differ in the bit that tells case apart */
        "{\"[\":1,\"{\":2}",               /* so do these */
        "{\"\xc3\x84\":1,\"\xc3\xa4\":2}", /* only ASCII folds */
    };
    const struct json_limits fold = {.fold_names = true};
    struct quoth_error err;
    for (size_t i = 0; i < COUNT(same); i++) {
        assert_true(parses(same[i], (struct json_limits){0}, &err));
        assert_false(parses(same[i], fold, &err));
        assert_int_equal(err.code, QUOTH_JSON_DUPLICATE);
    }
    for (size_t i = 0; i < COUNT(different); i++)
        assert_true(parses(different[i], fold, &err));
}

/* Objects of every size from one to some hundreds, with one pair of equal names anywhere, written
 * plainly, escaped, or in the other case. */
static void two_equal_names_are_found_among_many(void **state)
{
    (void)state;
    static const char *const spelled[] = {"name", "n\\u0061me", "NAME"};
    for (size_t count = 2; count < 300; count += count < 20 ? 1 : 61) {
        for (size_t first = 0; first < count; first += count < 20 ? 1 : 97) {
            for (size_t form = 0; form < COUNT(spelled); form++) {
                AUTO(buffer) struct buffer text = {0};
                for (size_t i = 0; i < count; i++)
                    buffer_printf(&text, "%s\"name-%zu-x\":%zu", i ? "," : "{", i, i);
                struct quoth_error err = {0};
                const struct json_limits fold = {.fold_names = true}, exact = {0};
                AUTO(json_doc) struct json_doc unique = {0}, twice = {0}, folded = {0};
                const size_t at = text.len + 1;
                buffer_text(&text, "}");
                assert_true(json_parse(buffer_bytes(&text), &fold, &unique, &err));
                text.len--;
                buffer_text(&text, ",\"");
                buffer_text(&text, spelled[form]);
                buffer_printf(&text, "-%zu-x", first);
                buffer_text(&text, "\":0}");
                assert_true(json_parse(buffer_bytes(&text), &exact, &twice, &err) == (form == 2));
                assert_int_equal(form == 2 ? at : err.offset, at);
                err = (struct quoth_error){0};
                assert_false(json_parse(buffer_bytes(&text), &fold, &folded, &err));
                assert_int_equal(err.code, QUOTH_JSON_DUPLICATE);
                assert_int_equal(err.offset, at);
            }
        }
    }
}

/* Between two equal names a third that is equal only when folded must not hide them. */
static void another_case_hides_no_duplicate(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer text = {0};
    buffer_text(&text, "{\"a\":1,\"A\":2,\"a\":3");
    for (size_t i = 0; i < 40; i++)
        buffer_printf(&text, ",\"%zu\":0", i);
    buffer_text(&text, "}");
    struct quoth_error err = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    assert_false(json_parse(buffer_bytes(&text), NULL, &doc, &err));
    assert_int_equal(err.code, QUOTH_JSON_DUPLICATE);
    assert_int_equal(err.offset, 13);
}

/* Hashes do not see case: all of these share one, which must neither pass nor refuse them. */
static void names_may_share_a_hash(void **state)
{
    (void)state;
    for (size_t count = 2; count <= 256; count *= 2) {
        AUTO(buffer) struct buffer text = {0};
        for (size_t i = 0; i < count; i++) {
            char name[9] = {0};
            for (size_t bit = 0; bit < 8; bit++)
                name[bit] = (i >> bit & 1) ? 'A' : 'a';
            buffer_printf(&text, "%s\"%s\":%zu", i ? "," : "{", name, i);
        }
        struct quoth_error err = {0};
        const size_t at = text.len + 1;
        AUTO(json_doc) struct json_doc unique = {0}, twice = {0};
        struct json value;
        buffer_text(&text, "}");
        assert_true(json_parse(buffer_bytes(&text), NULL, &unique, &err));
        assert_true(json_member(json_root(&unique), "aaaaaaaa", &value));
        assert_true(bytes_equal(json_span(value), BYTES_LITERAL("0")));
        assert_false(json_member(json_root(&unique), "aaaaaaab", &value));
        text.len--;
        buffer_text(&text, ",\"\\u0061aaaaaaa\":1}");
        assert_false(json_parse(buffer_bytes(&text), NULL, &twice, &err));
        assert_int_equal(err.code, QUOTH_JSON_DUPLICATE);
        assert_int_equal(err.offset, at);
    }
}

static void a_nul_is_taken_where_limits_say_so(void **state)
{
    (void)state;
    const struct json_limits limits = {.nul_escapes = true};
    struct quoth_error err = {0};
    AUTO(json_doc) struct json_doc doc = {0}, twice = {0};
    AUTO(buffer) struct buffer text = {0};
    struct json member;
    assert_true(
        json_parse(BYTES_LITERAL("{\"a\\u0000\":\"b\\u0000c\",\"a\":1}"), &limits, &doc, &err));
    assert_true(json_member(json_root(&doc), "a", &member) && json_type(member) == JSON_NUMBER);
    const struct json first = json_first(json_root(&doc));
    json_text(first, &text);
    assert_true(bytes_equal(buffer_bytes(&text), BYTES_LITERAL("b\0c")));
    assert_false(json_text_is(first, "b"));
    assert_null(json_plain(first).data);
    assert_false(
        json_parse(BYTES_LITERAL("{\"a\\u0000\":1,\"a\\u0000\":2}"), &limits, &twice, &err));
    assert_int_equal(err.code, QUOTH_JSON_DUPLICATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_rfc_8259_allows_is_read),
        cmocka_unit_test(refusals_say_what_and_where),
        cmocka_unit_test(every_place_in_a_word_is_looked_at),
        cmocka_unit_test(a_nul_is_taken_where_limits_say_so),
        cmocka_unit_test(limits_hold_exactly),
        cmocka_unit_test(the_default_depth_is_32),
        cmocka_unit_test(names_can_be_compared_without_case),
        cmocka_unit_test(two_equal_names_are_found_among_many),
        cmocka_unit_test(another_case_hides_no_duplicate),
        cmocka_unit_test(names_may_share_a_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
