#include "service/state/clock.h"

#include "tests/state_folder.h"

static void a_clock_that_went_back_is_not_believed(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(state) struct state s = {.lock = -1};
    AUTO(master_key) struct master_key key = {NULL};
    struct clock_guard first = {0}, second = {0}, forgetful = {0};
    init();
    open_with_key(&s, &key);
    assert_true(clock_open(&first, s.store, &key, false, NOW, &err));
    assert_true(clock_check(&first, NOW, 0, &err));
    clock_saw(&first, NOW + 1000);
    clock_saw(&first, NOW + 500);
    assert_true(clock_check(&first, NOW + 700, 0, &err));
    assert_false(clock_check(&first, NOW + 699, 0, &err));
    assert_int_equal(err.code, QUOTH_CLOCK_BEHIND);
    err = (struct quoth_error){0};
    assert_false(clock_check(&first, NOW + 1000, NOW + 1301, &err)); /* newer collateral */
    err = (struct quoth_error){0};
    assert_true(clock_keep(&first, s.store, &key, &err));
    assert_true(clock_open(&second, s.store, &key, false, NOW, &err)); /* a restart */
    assert_false(clock_check(&second, NOW, 0, &err));
    err = (struct quoth_error){0};
    assert_true(clock_open(&forgetful, s.store, &key, true, NOW, &err));
    assert_true(clock_check(&forgetful, NOW, 0, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_folder(a_clock_that_went_back_is_not_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
