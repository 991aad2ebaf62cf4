#include "codec/json.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants the two above first */
#include <cmocka.h>

static const char sample[] =
    "{ \"tcbInfo\" : {\"version\":3, \"fmspc\":\"00906ED50000\", \"date\":\"2025-07-04T10:28:44Z\","
    " \"levels\":[ {\"svn\":255}, {\"svn\":-1}, [ ] ], \"ok\":true, \"none\":null,"
    " \"text\":\"a\\n\\u00e9\\ud83d\\ude00\\/\", \"empty\":\"\", \"n\\u0061me\":1 }, "
    "\"signature\":\"ab\" }";

static void setup(struct json_doc *doc, struct json *root, struct json *info)
{
    struct quoth_error err = {0};
    assert_true(json_parse(bytes_of_text(sample), NULL, doc, &err));
    *root = json_root(doc);
    assert_true(json_need_object(*root, "tcbInfo", info, &err));
}

static void values_are_found_with_their_exact_bytes(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    struct json root, info, value;
    setup(&doc, &root, &info);

    const size_t start = (size_t)(strchr(sample + 1, '{') - sample);
    assert_int_equal(json_offset(info), start);
    assert_int_equal(json_span(info).data[0], '{');
    assert_int_equal(json_span(info).data[json_span(info).len - 1], '}');
    assert_true(bytes_equal(json_span(root), bytes_of_text(sample)));
    assert_int_equal(json_count(root), 2);
    assert_int_equal(json_count(info), 9);

    assert_true(json_need_array(info, "levels", &value, &err));
    assert_true(
        bytes_equal(json_span(value), BYTES_LITERAL("[ {\"svn\":255}, {\"svn\":-1}, [ ] ]")));
    assert_int_equal(json_count(value), 3);
    assert_true(json_member(info, "fmspc", &value));
    assert_true(bytes_equal(json_span(value), BYTES_LITERAL("\"00906ED50000\"")));
    assert_true(bytes_equal(json_plain(value), BYTES_LITERAL("00906ED50000")));
    assert_true(json_member(info, "empty", &value));
    assert_non_null(json_plain(value).data);
    assert_int_equal(json_plain(value).len, 0);
    assert_true(json_member(info, "none", &value) && json_is_null(value));

    assert_true(json_member(info, "name", &value)); /* escaped in the text */
    assert_false(json_member(info, "n\\u0061me", &value));
    assert_false(json_member(info, "FMSPC", &value));
    assert_true(json_member_fold(info, "FMSPC", &value));
    assert_true(json_member_fold(info, "NaMe", &value));
    assert_false(json_member(info, "signature", &value)); /* a member of the parent */
    assert_false(json_member(info, "svn", &value));       /* of a child */
    assert_false(json_member(info, "fmsp", &value));
    assert_false(json_member(info, "fmspc ", &value));
}

static void iteration_meets_everything_in_order(void **state)
{
    (void)state;
    static const char *const names[] = {"version", "fmspc", "date",  "levels", "ok",
                                        "none",    "text",  "empty", "name"};
    AUTO(json_doc) struct json_doc doc = {0};
    struct json root, info, levels;
    size_t i = 0;
    setup(&doc, &root, &info);
    for (struct json v = json_first(info); json_exists(v); v = json_next(v))
        assert_true(json_text_is(json_member_name(v), names[i++]));
    assert_int_equal(i, COUNT(names));
    assert_true(json_member(info, "levels", &levels));
    for (struct json v = json_first(levels); json_exists(v); v = json_next(v))
        assert_false(json_exists(json_member_name(v)));
    assert_false(json_exists(json_next(root)));
    assert_false(json_exists(json_member_name(root)));
}

static void strings_are_unescaped(void **state)
{
    (void)state;
    AUTO(json_doc) struct json_doc doc = {0};
    AUTO(buffer) struct buffer text = {0};
    struct json root, info, value;
    setup(&doc, &root, &info);
    assert_true(json_member(info, "text", &value));
    assert_null(json_plain(value).data);
    json_text(value, &text);
    assert_true(bytes_equal(buffer_bytes(&text), BYTES_LITERAL("a\n\xc3\xa9\xf0\x9f\x98\x80/")));
    assert_true(json_text_is(value, "a\n\xc3\xa9\xf0\x9f\x98\x80/"));
    assert_false(json_text_is(value, "a\n\xc3\xa9\xf0\x9f\x98\x80"));
    assert_false(json_text_is(value, "a\n\xc3\xa9\xf0\x9f\x98\x80/ "));
    assert_false(json_text_is(info, ""));
}

static void nothing_comes_of_nothing(void **state)
{
    (void)state;
    const struct json none = {0};
    struct json value;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer text = {0};
    const struct json_doc empty = {0};
    json_text(none, &text);
    assert_false(json_exists(json_root(&empty)));
    assert_false(json_exists(json_first(none)));
    assert_false(json_exists(json_next(none)));
    assert_false(json_exists(json_member_name(none)));
    assert_int_equal(json_count(none), 0);
    assert_int_equal(json_span(none).len, 0);
    assert_null(json_plain(none).data);
    assert_false(json_member(none, "a", &value));
    assert_false(json_need(none, "a", &value, &err));
    assert_int_equal(err.code, QUOTH_JSON_VALUE);
    assert_int_equal(text.len, 0);
}

static void getters_take_what_fits(void **state)
{
    (void)state;
    AUTO(json_doc) struct json_doc doc = {0};
    AUTO(buffer) struct buffer text = {0};
    struct quoth_error err = {0};
    struct json root, info, levels;
    struct bytes view;
    uint64_t number = 0;
    int64_t integer = 0, time = 0;
    uint8_t fmspc[6];
    bool ok = false;
    setup(&doc, &root, &info);
    assert_true(json_need_uint(info, "version", 3, &number, &err) && number == 3);
    assert_true(json_need_plain(info, "fmspc", &view, &err) && view.len == 12);
    assert_true(json_need_hex(info, "fmspc", fmspc, sizeof fmspc, &err) && fmspc[2] == 0x6e);
    assert_true(json_need_time(info, "date", &time, &err) && time == 1751624924);
    assert_true(json_need_bool(info, "ok", &ok, &err) && ok);
    assert_true(json_need_text(info, "text", &text, &err) && text.len == 9);
    assert_true(json_need_array(info, "levels", &levels, &err));
    assert_true(json_need_int(json_next(json_first(levels)), "svn", -1, 9, &integer, &err));
    assert_int_equal(integer, -1);
    assert_int_equal(err.code, QUOTH_OK);
}

static void getters_explain_with_a_path(void **state)
{
    (void)state;
    AUTO(json_doc) struct json_doc doc = {0};
    struct json root, info, levels, value;
    struct bytes view;
    uint64_t number;
    int64_t time;
    uint8_t field[6];
    bool ok;
    setup(&doc, &root, &info);
    struct json second =
        json_member(info, "levels", &levels) ? json_next(json_first(levels)) : root;

#define REFUSED(call, path, finds, expects)                                                        \
    do {                                                                                           \
        struct quoth_error err = {0};                                                              \
        assert_false(call);                                                                        \
        assert_int_equal(err.code, QUOTH_JSON_VALUE);                                              \
        assert_string_equal(err.where, path);                                                      \
        assert_string_equal(err.found, finds);                                                     \
        assert_string_equal(err.expected, expects);                                                \
        assert_true(err.offset < sizeof sample);                                                   \
    } while (0)

    REFUSED(json_need_uint(info, "version", 2, &number, &err), "tcbInfo.version", "3",
            "a whole number from 0 to 2");
    REFUSED(json_need_uint(second, "svn", 255, &number, &err), "tcbInfo.levels[1].svn", "-1",
            "a whole number from 0 to 255");
    REFUSED(json_need_uint(info, "fmspc", 255, &number, &err), "tcbInfo.fmspc", "a string",
            "a number");
    REFUSED(json_need_uint(info, "pceId", 255, &number, &err), "tcbInfo.pceId", "no such member",
            "a member");
    REFUSED(json_need(root, "tcbinfo", &value, &err), "tcbinfo", "no such member", "a member");
    REFUSED(json_need(levels, "svn", &value, &err), "tcbInfo.levels", "an array", "an object");
    REFUSED(json_need_object(info, "levels", &value, &err), "tcbInfo.levels", "an array",
            "an object");
    REFUSED(json_need_plain(info, "text", &view, &err), "tcbInfo.text", "a string with escapes",
            "a string without escapes");
    REFUSED(json_need_hex(info, "fmspc", field, 5, &err), "tcbInfo.fmspc", "12 characters",
            "10 hexadecimal digits");
    REFUSED(json_need_time(info, "fmspc", &time, &err), "tcbInfo.fmspc", "00906ED50000",
            "a date and time as 2025-07-04T10:28:44Z");
    REFUSED(json_need_bool(info, "none", &ok, &err), "tcbInfo.none", "null", "true or false");
#undef REFUSED
}

static const struct {
    const char *text;
    uint64_t max;
    bool is_uint, is_int; /* within max, and within INT64_MIN to max */
} numbers[] = {
    {"0",                    0,          true,  true },
    {"255",                  255,        true,  true },
    {"256",                  255,        false, false},
    {"9223372036854775807",  INT64_MAX,  true,  true },
    {"9223372036854775808",  INT64_MAX,  false, false},
    {"9223372036854775808",  UINT64_MAX, true,  false},
    {"18446744073709551615", UINT64_MAX, true,  false},
    {"18446744073709551616", UINT64_MAX, false, false},
    {"99999999999999999999", UINT64_MAX, false, false},
    {"18446744073709551621", 255,        false, false}, /* 5 modulo 2^64 */
    {"-9223372036854775808", 0,          false, true },
    {"-9223372036854775809", 0,          false, false},
    {"-0",                   9,          false, false},
    {"1.0",                  9,          false, false},
    {"1e0",                  9,          false, false},
    {"1E2",                  999,        false, false},
};

static void numbers_are_whole_and_in_range(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(numbers); i++) {
        struct quoth_error err = {0}, ignored = {0};
        AUTO(json_doc) struct json_doc doc = {0};
        uint64_t u;
        int64_t s;
        const int64_t max = numbers[i].max < INT64_MAX ? (int64_t)numbers[i].max : INT64_MAX;
        assert_true(json_parse(bytes_of_text(numbers[i].text), NULL, &doc, &err));
        assert_true(json_get_uint(json_root(&doc), numbers[i].max, &u, &ignored) ==
                    numbers[i].is_uint);
        assert_true(json_get_int(json_root(&doc), INT64_MIN, max, &s, &ignored) ==
                    numbers[i].is_int);
    }
}

static void a_path_is_cut_and_escaped(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    char path[16];
    const char *text = "{\"\\u001b[31m\":[[{\"a very long name\":1}]]}";
    assert_true(json_parse(bytes_of_text(text), NULL, &doc, &err));
    const struct json array = json_first(json_root(&doc));
    assert_string_equal(json_path(json_root(&doc), path, sizeof path), "");
    assert_string_equal(json_path(array, path, sizeof path), "\\x1b[31m");
    assert_string_equal(json_path(json_first(array), path, sizeof path), "\\x1b[31m[0]");
    json_path(json_first(json_first(json_first(array))), path, sizeof path);
    assert_string_equal(path + strlen(path) - 3, "...");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_found_with_their_exact_bytes),
        cmocka_unit_test(iteration_meets_everything_in_order),
        cmocka_unit_test(strings_are_unescaped),
        cmocka_unit_test(nothing_comes_of_nothing),
        cmocka_unit_test(getters_take_what_fits),
        cmocka_unit_test(getters_explain_with_a_path),
        cmocka_unit_test(numbers_are_whole_and_in_range),
        cmocka_unit_test(a_path_is_cut_and_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
