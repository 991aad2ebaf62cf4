#include "codec/json_write.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants the two above first */
#include <cmocka.h>

static void commas_stand_where_they_are_due(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer b = {0};
    json_object_begin(&b);
    json_name(&b, "a");
    json_int(&b, INT64_MIN);
    json_name(&b, "b");
    json_array_begin(&b);
    json_array_begin(&b);
    json_array_end(&b);
    json_object_begin(&b);
    json_object_end(&b);
    json_cstring(&b, "[");
    json_cstring(&b, "{:");
    json_bool(&b, true);
    json_bool(&b, false);
    json_null(&b);
    json_uint(&b, UINT64_MAX);
    json_array_end(&b);
    json_name(&b, "c:");
    json_raw(&b, BYTES_LITERAL(" \n{ \"x\" : 1 }\t"));
    json_name(&b, "d");
    json_hex(&b, BYTES_LITERAL("\x01\xAB"));
    json_name_bytes(&b, BYTES_LITERAL("e\""));
    json_base64url(&b, BYTES_LITERAL("\xfb\xff"));
    json_object_end(&b);
    buffer_text(&b, "\n");
    json_object_begin(&b);
    json_object_end(&b);
    buffer_u8(&b, 0);
    assert_string_equal(
        (char *)b.data,
        "{\"a\":-9223372036854775808,\"b\":[[],{},\"[\",\"{:\",true,false,null,"
        "18446744073709551615],\"c:\":{ \"x\" : 1 },\"d\":\"01ab\",\"e\\\"\":\"-_8\"}"
        "\n{}");
}

static void members_have_a_name_and_a_value(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer b = {0};
    json_object_begin(&b);
    json_named_string(&b, "a", BYTES_LITERAL("\"x\""));
    json_named_cstring(&b, "b", "y");
    json_named_int(&b, "c", -1);
    json_named_uint(&b, "d", UINT64_MAX);
    json_named_bool(&b, "e", true);
    json_named_hex(&b, "f", BYTES_LITERAL("\x0a"));
    json_named_base64url(&b, "g", BYTES_LITERAL("\xff"));
    json_named_time(&b, "h", 0);
    json_object_end(&b);
    buffer_u8(&b, 0);
    assert_string_equal((char *)b.data,
                        "{\"a\":\"\\\"x\\\"\",\"b\":\"y\",\"c\":-1,\"d\":18446744073709551615,"
                        "\"e\":true,\"f\":\"0a\",\"g\":\"_w\",\"h\":\"1970-01-01T00:00:00Z\"}");
}

static const struct {
    struct bytes in;
    const char *out;
} strings[] = {
    {BYTES_INIT(""),                         "\"\""                                    },
    {BYTES_INIT("a/b\x7f"),                  "\"a/b\x7f\""                             },
    {BYTES_INIT("\"\\"),                     "\"\\\"\\\\\""                            },
    {BYTES_INIT("\b\f\n\r\t"),               "\"\\b\\f\\n\\r\\t\""                     },
    {BYTES_INIT("\0\x01\x1f"),               "\"\\u0000\\u0001\\u001f\""               },
    {BYTES_INIT("\xc3\xa9\xf0\x9f\x98\x80"), "\"\xc3\xa9\xf0\x9f\x98\x80\""            },
    {BYTES_INIT("a\xff"
                "b"),
     "\"a\xef\xbf\xbd"
     "b\""                                                                             },
    {BYTES_INIT("\xe2\x82"),                 "\"\xef\xbf\xbd\xef\xbf\xbd\""            },
    {BYTES_INIT("\xed\xa0\x80"),             "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
};

static void strings_are_escaped_and_always_utf8(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(strings); i++) {
        AUTO(buffer) struct buffer b = {0};
        json_string(&b, strings[i].in);
        assert_true(bytes_equal(buffer_bytes(&b), bytes_of_text(strings[i].out)));
    }
}

/* Strings are looked at by words: whatever must be escaped is, at every place of one. */
static void escapes_are_seen_at_every_place(void **state)
{
    (void)state;
    static const struct {
        char in;
        const char *out;
    } specials[] = {
        {'"',    "\\\""        },
        {'\\',   "\\\\"        },
        {'\x1f', "\\u001f"     },
        {'\0',   "\\u0000"     },
        {'\xff', "\xef\xbf\xbd"},
    };
    for (size_t len = 1; len < 20; len++)
        for (size_t at = 0; at < len; at++)
            for (size_t i = 0; i < COUNT(specials); i++) {
                AUTO(buffer) struct buffer in = {0}, out = {0}, expected = {0};
                buffer_fill(&in, len, ' ');
                in.data[at] = (uint8_t)specials[i].in;
                json_string(&out, buffer_bytes(&in));
                buffer_printf(&expected, "\"%*s%s%*s\"", (int)at, "", specials[i].out,
                              (int)(len - at - 1), "");
                assert_true(bytes_equal(buffer_bytes(&out), buffer_bytes(&expected)));
            }
}

static void canonical(const char *in, struct buffer *ret_out)
{
    struct quoth_error err = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    if (!json_parse(bytes_of_text(in), NULL, &doc, &err))
        fail_msg("%s: %s", in, err.message);
    json_write_canonical(json_root(&doc), ret_out);
    assert_true(buffer_ok(ret_out, &err));
}

static const struct {
    const char *in, *out;
} canonicals[] = {
    {" 1.50E+2 ",                             "1.50E+2"                                    },
    {"[ 1 , true , null , \"\\u0041\" ]",     "[1,true,null,\"A\"]"                        },
    {"{}",                                    "{}"                                         },
    {"{\"b\":1,\"a\":{\"d\":[ ],\"c\":{ }}}", "{\"a\":{\"c\":{},\"d\":[]},\"b\":1}"        },
    {"{\"a\":1,\"B\":2,\"\":3,\"aa\":4}",     "{\"\":3,\"B\":2,\"a\":1,\"aa\":4}"          },
    {"{\"\\u00e9\":1,\"z\":2,\"\\n\":3}",     "{\"\\n\":3,\"z\":2,\"\xc3\xa9\":1}"         },
 /* bytewise, not by UTF-16 units: U+FFFD before U+10000 */
    {"{\"\\ud800\\udc00\":1,\"\\ufffd\":2}",  "{\"\xef\xbf\xbd\":2,\"\xf0\x90\x80\x80\":1}"},
    {"\"\\/\\u0022\\u005c\\u001f\\u007f\"",   "\"/\\\"\\\\\\u001f\x7f\""                   },
};

static void canonical_form_sorts_and_keeps_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(canonicals); i++) {
        AUTO(buffer) struct buffer once = {0}, twice = {0};
        canonical(canonicals[i].in, &once);
        assert_true(bytes_equal(buffer_bytes(&once), bytes_of_text(canonicals[i].out)));
        canonical(canonicals[i].out, &twice);
        assert_true(bytes_equal(buffer_bytes(&once), buffer_bytes(&twice)));
    }
}

/* A part of a document, after other values of the same buffer. */
static void canonical_form_takes_its_comma(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    AUTO(buffer) struct buffer b = {0};
    assert_true(json_parse(BYTES_LITERAL("{\"x\":{\"b\":[1],\"a\":2}}"), NULL, &doc, &err));
    json_array_begin(&b);
    json_int(&b, 1);
    json_write_canonical(json_first(json_root(&doc)), &b);
    json_array_end(&b);
    assert_true(bytes_equal(buffer_bytes(&b), BYTES_LITERAL("[1,{\"a\":2,\"b\":[1]}]")));
}

static void errors_have_one_form(void **state)
{
    (void)state;
    struct quoth_error err = {0}, other = {0};
    AUTO(buffer) struct buffer b = {0};
    quoth_mismatch(&err, QUOTH_MALFORMED, "quote.version", 0, "9", "3 or \"4\"");
    quoth_fail(&other, QUOTH_USAGE, NULL, QUOTH_NO_OFFSET, "no");
    quoth_at(&other, 2, 7);
    json_array_begin(&b);
    json_error(&b, &err);
    json_error(&b, &other);
    json_array_end(&b);
    buffer_u8(&b, 0);
    assert_false(b.failed);
    assert_string_equal(
        (const char *)b.data,
        "[{\"code\":\"input.malformed\",\"where\":\"quote.version\",\"offset\":0,"
        "\"message\":\"found 9, expected 3 or \\\"4\\\"\",\"found\":\"9\","
        "\"expected\":\"3 or \\\"4\\\"\","
        "\"hint\":\"check that the input is complete and was not encoded twice\"},"
        "{\"code\":\"usage\",\"where\":\"\",\"line\":2,\"column\":7,\"message\":\"no\","
        "\"hint\":\"run the command with --help\"}]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_have_a_name_and_a_value),
        cmocka_unit_test(commas_stand_where_they_are_due),
        cmocka_unit_test(strings_are_escaped_and_always_utf8),
        cmocka_unit_test(escapes_are_seen_at_every_place),
        cmocka_unit_test(canonical_form_sorts_and_keeps_values),
        cmocka_unit_test(canonical_form_takes_its_comma),
        cmocka_unit_test(errors_have_one_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
