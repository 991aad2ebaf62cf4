#include <quoth/error.h>

#include "base/auto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
/* cmocka wants the above first */
#include <cmocka.h>

static void the_first_failure_is_kept(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    assert_false(quoth_mismatch(&err, QUOTH_UNSUPPORTED, "version", 7, "9", "3"));
    assert_false(quoth_fail(&err, QUOTH_MEMORY, "other", 0, "later"));
    quoth_within(&err, "header");
    quoth_within(&err, "quote");
    assert_int_equal(err.code, QUOTH_UNSUPPORTED);
    assert_string_equal(err.where, "quote.header.version");
    assert_string_equal(err.message, "found 9, expected 3");
    assert_string_equal(err.found, "9");
    assert_int_equal(err.offset, 7);
}

static void a_place_belongs_to_the_first_failure(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    assert_false(quoth_at(&err, 1, 2));
    assert_int_equal(err.line, 0);
    quoth_fail(&err, QUOTH_POLICY_SYNTAX, "rule", 7, "no");
    assert_false(quoth_at(&err, 3, 4));
    assert_false(quoth_at(&err, 5, 6));
    assert_int_equal(err.line, 3);
    assert_int_equal(err.column, 4);
}

static void no_text_from_outside_reaches_a_terminal_raw(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    quoth_fail(&err, QUOTH_MALFORMED, "na\nme", 0, "found %s", "\x1b]0;owned\a");
    assert_string_equal(err.where, "na\\x0ame");
    assert_string_equal(err.message, "found \\x1b]0;owned\\x07");
}

static void nothing_overflows(void **state)
{
    (void)state;
    char longest[400];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    struct quoth_error err = {0};
    quoth_mismatch(&err, QUOTH_MALFORMED, longest, 0, longest, longest);
    for (int i = 0; i < 50; i++)
        quoth_within(&err, longest);
    assert_true(strlen(err.where) < sizeof err.where);
    assert_true(strlen(err.message) < sizeof err.message);
}

static void every_code_has_a_name_a_hint_and_statuses(void **state)
{
    (void)state;
    for (int i = 1; i < QUOTH_CODE_COUNT; i++) {
        const enum quoth_code code = (enum quoth_code)i;
        print_message("  %s\n", quoth_code_dotted(code));
        assert_true(strlen(quoth_code_dotted(code)) > 3 && strlen(quoth_code_hint(code)) > 10);
        assert_in_range(quoth_code_exit(code), 1, 4);
        assert_in_range(quoth_code_http(code), 400, 599);
        for (int j = 1; j < i; j++)
            assert_string_not_equal(quoth_code_dotted(code), quoth_code_dotted((enum quoth_code)j));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_failure_is_kept),
        cmocka_unit_test(a_place_belongs_to_the_first_failure),
        cmocka_unit_test(no_text_from_outside_reaches_a_terminal_raw),
        cmocka_unit_test(nothing_overflows),
        cmocka_unit_test(every_code_has_a_name_a_hint_and_statuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
