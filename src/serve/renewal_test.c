#include "serve/renewal.h"

#include "tests/unit.h"

static void renewal_falls_between_half_and_four_fifths(void **state)
{
    (void)state;
    assert_int_equal(renewal_delay_ms(1000, 4600, 0), 1800000);
    assert_int_equal(renewal_delay_ms(1000, 4600, UINT32_MAX), 2880000);
    for (uint32_t r = 0; r < UINT32_MAX - 100000000; r += 99999999) {
        const int64_t delay = renewal_delay_ms(1000, 4600, r);
        assert_true(delay >= 1800000 && delay <= 2880000);
    }
}

static void what_has_run_out_is_due_in_a_second(void **state)
{
    (void)state;
    assert_int_equal(renewal_delay_ms(1000, 1000, 7), 1000);
    assert_int_equal(renewal_delay_ms(1000, 0, 7), 1000);
    assert_int_equal(renewal_delay_ms(1000, 1001, 0), 1000);
    assert_true(renewal_delay_ms(0, INT64_MAX, UINT32_MAX) <= 86400000);
}

static void pauses_double_up_to_a_minute(void **state)
{
    (void)state;
    static const int64_t most[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
    for (unsigned i = 0; i < COUNT(most); i++) {
        assert_int_equal(retry_delay_ms(i + 1, 0), most[i] / 2);
        assert_int_equal(retry_delay_ms(i + 1, UINT32_MAX), most[i]);
    }
    assert_int_equal(retry_delay_ms(UINT32_MAX, UINT32_MAX), 60000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(renewal_falls_between_half_and_four_fifths),
        cmocka_unit_test(what_has_run_out_is_due_in_a_second),
        cmocka_unit_test(pauses_double_up_to_a_minute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
