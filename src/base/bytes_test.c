#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants the two above first */
#include <cmocka.h>

static const uint8_t five[] = {1, 2, 3, 4, 5};

static void a_reader_never_leaves_its_view(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct reader r = {.in = BYTES_OF(five), .err = &err};
    assert_int_equal(reader_u16le(&r, "a"), 0x0201);
    assert_int_equal(reader_u16be(&r, "b"), 0x0304);
    assert_int_equal(reader_u32le(&r, "c"), 0);
    assert_int_equal(err.code, QUOTH_MALFORMED);
    assert_int_equal(err.offset, 4);
    assert_string_equal(err.where, "c");
    /* the first failure sticks, even for what would still fit */
    assert_int_equal(reader_u8(&r, "d"), 0);
    assert_string_equal(err.where, "c");
}

static void a_length_that_would_wrap_is_refused(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct reader r = {.in = BYTES_OF(five), .pos = 3, .err = &err};
    assert_null(reader_take(&r, SIZE_MAX - 1, "huge").data);
    assert_int_equal(err.code, QUOTH_MALFORMED);
    assert_int_equal(r.pos, 3);
}

static void what_follows_the_end_is_refused(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct reader r = {.in = BYTES_OF(five), .err = &err};
    reader_take(&r, 4, "four");
    assert_false(reader_end(&r, "end"));
    assert_int_equal(err.offset, 4);
}

static void reserved_bytes_must_be_zero(void **state)
{
    (void)state;
    static const uint8_t reserved[] = {0, 0, 7};
    struct quoth_error err = {0};
    struct reader r = {.in = BYTES_OF(reserved), .err = &err};
    reader_zeros(&r, 3, "reserved");
    assert_int_equal(err.offset, 2);
    assert_string_equal(err.found, "0x07");
}

static void a_buffer_gives_back_what_was_added(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer b = {0};
    buffer_u16le(&b, 0x0201);
    buffer_u32be(&b, 0x03040506);
    buffer_u64le(&b, 0x0807);
    buffer_printf(&b, "%d-%s", 42, "x");
    buffer_fill(&b, 300, 0xAA);
    assert_true(buffer_ok(&b, &err));
    assert_int_equal(b.len, 2 + 4 + 8 + 4 + 300);
    static const uint8_t head[] = {1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, '4', '2', '-', 'x'};
    assert_memory_equal(b.data, head, sizeof head);
}

static void a_buffer_that_cannot_grow_says_so_once(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer b = {0};
    buffer_u8(&b, 1);
    assert_null(buffer_extend(&b, SIZE_MAX - 8));
    buffer_u8(&b, 2);
    assert_int_equal(b.len, 1);
    assert_false(buffer_ok(&b, &err));
    assert_int_equal(err.code, QUOTH_MEMORY);
}

static void reserved_room_is_used_without_growing(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer b = {0};
    buffer_text(&b, "kept");
    buffer_reserve(&b, 1000);
    assert_int_equal(b.len, 4);
    const uint8_t *const before = b.data;
    buffer_fill(&b, 1000, 'x');
    assert_ptr_equal(b.data, before);
    assert_memory_equal(b.data, "keptx", 5);
    buffer_reserve(&b, SIZE_MAX - 8);
    assert_true(b.failed);
}

static void slices_stay_inside(void **state)
{
    (void)state;
    const struct bytes b = BYTES_OF(five);
    assert_int_equal(bytes_slice(b, 3, 100).len, 2);
    assert_int_equal(bytes_slice(b, 5, 1).len, 0);
    assert_int_equal(bytes_slice(b, SIZE_MAX, SIZE_MAX).len, 0);
}

static void a_word_ends_with_the_view(void **state)
{
    (void)state;
    static const uint8_t nine[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    const struct bytes b = BYTES_OF(nine);
    assert_true(bytes_word(b, 0) == 0x0807060504030201);
    assert_true(bytes_word(b, 1) == 0x0908070605040302);
    assert_true(bytes_word(b, 6) == 0x090807);
    assert_true(bytes_word(b, 9) == 0);
    assert_true(bytes_word((struct bytes){0}, 0) == 0);
}

static void secrets_compare_by_length_and_content(void **state)
{
    (void)state;
    assert_true(bytes_equal_secret(BYTES_LITERAL("abc"), BYTES_LITERAL("abc")));
    assert_false(bytes_equal_secret(BYTES_LITERAL("abc"), BYTES_LITERAL("abd")));
    assert_false(bytes_equal_secret(BYTES_LITERAL("abc"), BYTES_LITERAL("ab")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reader_never_leaves_its_view),
        cmocka_unit_test(a_length_that_would_wrap_is_refused),
        cmocka_unit_test(what_follows_the_end_is_refused),
        cmocka_unit_test(reserved_bytes_must_be_zero),
        cmocka_unit_test(a_buffer_gives_back_what_was_added),
        cmocka_unit_test(a_buffer_that_cannot_grow_says_so_once),
        cmocka_unit_test(reserved_room_is_used_without_growing),
        cmocka_unit_test(slices_stay_inside),
        cmocka_unit_test(a_word_ends_with_the_view),
        cmocka_unit_test(secrets_compare_by_length_and_content),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
