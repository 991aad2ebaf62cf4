#include "vault/duration.h"

#include "tests/unit.h"

#define DAY TIME_DAY

/* clang-format off */
static const struct {
    const char *text;
    int months;
    int64_t seconds, days;
} durations[] = {
    {"P90D",                        0,     90 * DAY,                 90},
    {"P2Y",                         24,    0,                        730},
    {"P1Y10D",                      12,    10 * DAY,                 375},
    {"P18M",                        18,    0,                        365 + 180},
    {"P1Y2M3DT4H5M6S",              14,    3 * DAY + 14706,          365 + 60 + 3},
    {"PT48H",                       0,     2 * DAY,                  2},
    {"PT1M",                        0,     60,                       0},
    {"P1M",                         1,     0,                        30},
    {"P2W",                         0,     14 * DAY,                 14},
    {"P0Y1D",                       0,     DAY,                      1},
    {"P007D",                       0,     7 * DAY,                  7},
    {"P1000Y",                      12000, 0,                        365000},
};

static const struct {
    const char *text;
    size_t offset;
} refused[] = {
    {"",              0}, {"90",            0}, {"p90D",          0}, {"-P1D",          0}, {" P1D",          0},
    {"P",             1}, {"PT",            2}, {"P1",            2}, {"P1DT",          4}, {"PD",            1},
    {"P1.5D",         2}, {"P1,5D",         2}, {"P-1D",          1}, {"P+1D",          1}, {"P 1D",          1},
    {"P1d",           2}, {"P1H",           2}, {"PT1D",          3}, {"PT1Y",          3}, {"P1DT1D",        5},
    {"P1D1D",         4}, {"P1D1Y",         4}, {"P1M1Y",         4}, {"PT1S1M",        5}, {"P1W1D",         4},
    {"P1D1W",         4}, {"P1WT1H",        3}, {"P1DT1HT1M",     6}, {"P1D ",          3}, {"P1D\n",         3},
    {"P0D",           3}, {"PT0S",          4}, {"P1001Y",        6}, {"P99999999999999999999D", 13},
    {"P12001Y",       7}, {"P400000D",      8}, {"P999Y999M",     9}, {"P000000000000000000000000000001D", 0},
    {"2025-01-01",    0}, {"P1X",           2},
};
/* clang-format on */

static void durations_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(durations); i++) {
        struct quoth_error err = {0};
        struct duration d = {0};
        print_message("  %s\n", durations[i].text);
        assert_true(duration_read(bytes_of_text(durations[i].text), &d, &err));
        assert_int_equal(d.months, durations[i].months);
        assert_true(d.seconds == durations[i].seconds);
        assert_true(duration_days(&d) == durations[i].days);
    }
}

static void what_is_no_duration_is_refused_where(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct quoth_error err = {0};
        struct duration d = {.months = 42};
        print_message("  \"%s\"\n", refused[i].text);
        assert_false(duration_read(bytes_of_text(refused[i].text), &d, &err));
        assert_int_equal(err.code, QUOTH_VAULT_DURATION);
        assert_int_equal(err.offset, refused[i].offset);
        assert_int_equal(d.months, 42);
    }
}

static int64_t at(const char *text)
{
    struct quoth_error err = {0};
    int64_t time;
    assert_true(time_parse(bytes_of_text(text), &time, &err));
    return time;
}

static void instants_move_by_the_calendar_and_by_seconds(void **state)
{
    (void)state;
    const struct duration month_and_hour = {.months = 1, .seconds = 3600};
    assert_true(duration_after(at("2025-01-31T23:30:00Z"), &month_and_hour) ==
                at("2025-03-01T00:30:00Z"));
    assert_true(duration_before(at("2025-03-31T00:30:00Z"), &month_and_hour) ==
                at("2025-02-27T23:30:00Z"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_are_read),
        cmocka_unit_test(what_is_no_duration_is_refused_where),
        cmocka_unit_test(instants_move_by_the_calendar_and_by_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
