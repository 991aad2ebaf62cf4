#include "codec/roff.h"

#include "tests/unit.h"

static void nothing_is_taken_for_a_request(void **state)
{
    (void)state;
    static const struct {
        const char *text, *written;
    } cases[] = {
        {"plain",            "plain\n"              },
        {".SH at the start", "\\&.SH at the start\n"},
        {"'so",              "\\&'so\n"             },
        {"a\n.b\n'c",        "a\n\\&.b\n\\&'c\n"    },
        {"in the. middle",   "in the. middle\n"     },
        {"C:\\fBbold",       "C:\\efBbold\n"        },
        {"--option",         "\\-\\-option\n"       },
        {"",                 "\n"                   },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        AUTO(buffer) struct buffer to = {0};
        roff_more(&to, cases[i].text);
        buffer_u8(&to, 0);
        assert_string_equal((char *)to.data, cases[i].written);
    }
}

static void a_page_has_head_name_and_items(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer to = {0};
    roff_begin(&to, "quoth-policy", "1", "what makes a verdict of claims");
    roff_heading(&to, "OPTIONS");
    roff_item(&to);
    roff_bold(&to, "--at");
    roff_italic(&to, ".TIME");
    roff_meaning(&to, "judge as of this moment");
    buffer_u8(&to, 0);
    assert_string_equal((char *)to.data,
                        ".TH QUOTH-POLICY 1 \"\" \"Quoth " QUOTH_VERSION "\" \"Quoth\"\n.nh\n"
                        ".SH NAME\nquoth\\-policy \\- what makes a verdict of claims\n"
                        ".SH OPTIONS\n.TP\n\\fB\\-\\-at\\fR\\fI.TIME\\fR\n"
                        "judge as of this moment\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_taken_for_a_request),
        cmocka_unit_test(a_page_has_head_name_and_items),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
