#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants the two above first */
#include <cmocka.h>

static const struct {
    const char *name;
    struct bytes in;
    const char *out;
} escapes[] = {
    {"plain text",             BYTES_INIT("Hallo, Welt"),                         "Hallo, Welt"         },
    {"umlauts and symbols",    BYTES_INIT("gr\xc3\xbc\xc3\x9f \xf0\x9f\x86\x97"),
     "gr\xc3\xbc\xc3\x9f \xf0\x9f\x86\x97"                                                              },
    {"newline",                BYTES_INIT("a\nb"),                                "a\\x0ab"             },
    {"terminal escape",        BYTES_INIT("\x1b[31m"),                            "\\x1b[31m"           },
    {"NUL",                    BYTES_INIT("a\0b"),                                "a\\x00b"             },
    {"C1 control",             BYTES_INIT("\xc2\x9b"),                            "\\xc2\\x9b"          },
    {"right-to-left override", BYTES_INIT("\xe2\x80\xae"),                        "\\xe2\\x80\\xae"     },
    {"line separator",         BYTES_INIT("\xe2\x80\xa8"),                        "\\xe2\\x80\\xa8"     },
    {"overlong slash",         BYTES_INIT("\xc0\xaf"),                            "\\xc0\\xaf"          },
    {"surrogate",              BYTES_INIT("\xed\xa0\x80"),                        "\\xed\\xa0\\x80"     },
    {"beyond Unicode",         BYTES_INIT("\xf4\x90\x80\x80"),                    "\\xf4\\x90\\x80\\x80"},
    {"cut character",          BYTES_INIT("\xe2\x82"),                            "\\xe2\\x82"          },
};

static void harmful_characters_become_visible(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(escapes); i++) {
        char out[128];
        print_message("  %s\n", escapes[i].name);
        assert_string_equal(text_escape(out, sizeof out, escapes[i].in), escapes[i].out);
    }
}

static void long_text_is_cut_with_dots_and_never_overflows(void **state)
{
    (void)state;
    const struct bytes in = BYTES_LITERAL("abc\xc3\xbc\x1bxyz-and-so-on");
    for (size_t size = 4; size < 40; size++) {
        char out[41];
        memset(out, '#', sizeof out);
        text_escape(out, size, in);
        assert_true(strlen(out) < size);
        assert_int_equal(out[size], '#');
        if (size < 22)
            assert_string_equal(out + strlen(out) - 3, "...");
    }
}

static void blanks_around_are_cut_off(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"",         ""   },
        {" \t\r\n",  ""   },
        {"a",        "a"  },
        {" a b\r\n", "a b"},
        {"\va",      "\va"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_true(bytes_equal(text_trim(bytes_of_text(rows[i][0])), bytes_of_text(rows[i][1])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blanks_around_are_cut_off),
        cmocka_unit_test(harmful_characters_become_visible),
        cmocka_unit_test(long_text_is_cut_with_dots_and_never_overflows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
