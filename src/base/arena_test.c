#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the three above first */
#include <cmocka.h>

static void what_is_taken_is_zeroed_aligned_and_stays(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {.limit = 1 << 20};
    uint8_t *first = arena_take(&a, 3, 1);
    assert_non_null(first);
    first[0] = 7;
    for (size_t i = 1; i < 300; i++) {
        uint8_t *more = arena_take(&a, i, 3);
        assert_non_null(more);
        assert_int_equal((uintptr_t)more % _Alignof(max_align_t), 0);
        assert_true(bytes_all_zero((struct bytes){more, 3 * i}));
        memset(more, 0xFF, 3 * i);
    }
    assert_int_equal(first[0], 7);
    assert_non_null(arena_take(&a, 1, 100000)); /* more than a block */
    assert_false(a.full || a.failed);
}

static void the_limit_holds_and_sticks(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {.limit = 1000};
    assert_non_null(arena_take(&a, 1, 900));
    assert_null(arena_take(&a, 1, 101));
    assert_true(a.full);
    assert_null(arena_take(&a, 1, 1));
    arena_clear(&a);
    assert_non_null(arena_take(&a, 1, 1000));
    assert_null(arena_take(&a, 1, 1));
}

static void a_size_that_wraps_is_too_much(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {.limit = SIZE_MAX};
    assert_null(arena_take(&a, SIZE_MAX / 2, 4));
    assert_true(a.full);
}

static void copies_end_with_a_nul(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {.limit = 64};
    const struct bytes copy = arena_copy(&a, BYTES_LITERAL("abc"));
    assert_int_equal(copy.len, 3);
    assert_string_equal((const char *)copy.data, "abc");
    assert_int_equal(arena_copy(&a, BYTES_LITERAL("0123456789012345678901234567890123456789"
                                                  "012345678901234567890123456789"))
                         .len,
                     0);
    assert_true(a.full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_taken_is_zeroed_aligned_and_stays),
        cmocka_unit_test(the_limit_holds_and_sticks),
        cmocka_unit_test(a_size_that_wraps_is_too_much),
        cmocka_unit_test(copies_end_with_a_nul),
    };
    return cmocka_run_group_tests_name("base/arena", tests, NULL, NULL);
}
