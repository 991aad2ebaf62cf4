#include "crypto/random.h"

#include "tests/unit.h"

static void fills_differ_and_leave_no_gap(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    static uint8_t a[5000], b[5000]; /* more than one getrandom gives without interruption */
    assert_true(random_fill(a, sizeof a, &err));
    assert_true(random_fill(b, sizeof b, &err));
    for (size_t at = 0; at + 16 <= sizeof a; at += 16) {
        assert_false(bytes_all_zero((struct bytes){a + at, 16}));
        assert_memory_not_equal(a + at, b + at, 16);
    }
}

static void nothing_is_filled_with_nothing(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    uint8_t one[1] = {42};
    assert_true(random_fill(one, 0, &err));
    assert_int_equal(one[0], 42);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_differ_and_leave_no_gap),
        cmocka_unit_test(nothing_is_filled_with_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
