#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants the two above first */
#include <cmocka.h>

static const struct {
    const char *text;
    int64_t time;
} instants[] = {
    {"1970-01-01T00:00:00Z", 0           },
    {"2025-07-04T10:28:44Z", 1751624924  },
    {"2024-02-29T23:59:59Z", 1709251199  },
    {"1969-12-31T23:59:59Z", -1          },
    {"0001-01-01T00:00:00Z", -62135596800},
    {"9999-12-31T23:59:59Z", 253402300799},
};

static const char *const refused[] = {
    "",
    "2025-07-04",
    "2025-07-04T10:28:44",
    "2025-07-04 10:28:44Z",
    "2025-07-04T10:28:44z",
    "2025-02-29T00:00:00Z",
    "2025-13-01T00:00:00Z",
    "2025-00-01T00:00:00Z",
    "2025-04-31T00:00:00Z",
    "2025-04-30T24:00:00Z",
    "2025-04-30T00:60:00Z",
    "2025-04-30T00:00:60Z",
    "0000-01-01T00:00:00Z",
    "-025-01-01T00:00:00Z",
    "2025-07-04T10:28:44ZZ",
    "2025-07-04T10:28:4\n",
};

static void instants_read_and_write(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(instants); i++) {
        struct quoth_error err = {0};
        int64_t time = 42;
        char text[TIME_TEXT_SIZE];
        print_message("  %s\n", instants[i].text);
        assert_true(time_parse(bytes_of_text(instants[i].text), &time, &err));
        assert_true(time == instants[i].time);
        assert_string_equal(time_format(time, text), instants[i].text);
    }
}

static void other_forms_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct quoth_error err = {0};
        int64_t time = 42;
        print_message("  \"%s\"\n", refused[i]);
        assert_false(time_parse(bytes_of_text(refused[i]), &time, &err));
        assert_int_equal(err.code, QUOTH_MALFORMED);
        assert_true(time == 42);
    }
}

static void people_may_write_offsets_and_fractions(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    int64_t time;
    assert_true(time_parse_rfc3339(BYTES_LITERAL("2025-07-04T12:28:44.123+02:00"), &time, &err));
    assert_true(time == 1751624924);
    assert_false(time_parse_rfc3339(BYTES_LITERAL("2025-07-04T12:28:44.+02:00"), &time, &err));
    err = (struct quoth_error){0};
    assert_false(time_parse_rfc3339(BYTES_LITERAL("2025-07-04T12:28:44+0200"), &time, &err));
}

/* clang-format off */
static const struct {
    const char *from;
    int months;
    const char *to;
} later[] = {
    {"2025-01-31T10:28:44Z", 1,       "2025-02-28T10:28:44Z"},
    {"2024-01-31T00:00:00Z", 1,       "2024-02-29T00:00:00Z"},
    {"2024-02-29T23:59:59Z", 12,      "2025-02-28T23:59:59Z"},
    {"2024-02-29T23:59:59Z", 48,      "2028-02-29T23:59:59Z"},
    {"2025-11-30T00:00:00Z", 3,       "2026-02-28T00:00:00Z"},
    {"2025-03-31T00:00:00Z", -1,      "2025-02-28T00:00:00Z"},
    {"2025-01-15T00:00:00Z", -13,     "2023-12-15T00:00:00Z"},
    {"2025-12-31T00:00:00Z", 0,       "2025-12-31T00:00:00Z"},
    {"2025-01-15T00:00:00Z", 120000,  "9999-12-31T23:59:59Z"},
    {"2025-01-15T00:00:00Z", -120000, "0001-01-01T00:00:00Z"},
};
/* clang-format on */

static void months_are_those_of_the_calendar(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(later); i++) {
        struct quoth_error err = {0};
        char text[TIME_TEXT_SIZE];
        int64_t from;
        assert_true(time_parse(bytes_of_text(later[i].from), &from, &err));
        assert_string_equal(time_format(time_add_months(from, later[i].months), text), later[i].to);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instants_read_and_write),
        cmocka_unit_test(other_forms_are_refused),
        cmocka_unit_test(months_are_those_of_the_calendar),
        cmocka_unit_test(people_may_write_offsets_and_fractions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
