#include "codec/hex.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants the two above first */
#include <cmocka.h>

static const uint8_t sample[] = {0x00, 0x0F, 0xA5, 0xFF};

static void encodes_in_either_case(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer b = {0};
    hex_encode(BYTES_OF(sample), &b);
    hex_encode_upper(BYTES_OF(sample), &b);
    hex_encode((struct bytes){0}, &b);
    assert_true(bytes_equal(buffer_bytes(&b), BYTES_LITERAL("000fa5ff000FA5FF")));
}

static void decodes_either_case_and_appends(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer b = {0};
    assert_true(hex_decode(BYTES_LITERAL("000Fa5fF"), &b, &err));
    assert_true(hex_decode(BYTES_LITERAL(""), &b, &err));
    assert_true(hex_decode(BYTES_LITERAL("01"), &b, &err));
    assert_int_equal(b.len, 5);
    assert_memory_equal(b.data, sample, sizeof sample);
    assert_int_equal(b.data[4], 1);
}

static const struct {
    const char *text;
    size_t offset;
} refusals[] = {
    {"0",         1},
    {"000",       3},
    {"0x00",      1},
    {"0g",        1},
    {"g0",        0},
    {"00 0",      2},
    {"00\n0",     2},
    {"00:11:223", 9},
    {"00:11:22",  2},
    {"@0",        0},
    {"`0",        0},
    {"/0",        0},
    {":0",        0},
    {"\xc3\xa4",  0},
    {"0\x10",     1},
    {"1\x11",     1},
};

static void refusals_say_where_and_change_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer b = {0};
        buffer_u8(&b, 0xEE);
        assert_false(hex_decode(bytes_of_text(refusals[i].text), &b, &err));
        assert_int_equal(err.code, QUOTH_HEX);
        assert_int_equal(err.offset, refusals[i].offset);
        assert_int_equal(b.len, 1);
    }
}

static void every_character_but_the_digits_is_refused(void **state)
{
    (void)state;
    size_t accepted = 0;
    for (int c = 0; c < 256; c++) {
        const uint8_t text[] = {'0', (uint8_t)c};
        struct quoth_error err = {0};
        uint8_t out;
        accepted += hex_decode_fixed(BYTES_OF(text), &out, 1, &err);
    }
    assert_int_equal(accepted, 22);
}

static void a_fixed_field_is_filled_whole_or_not_at_all(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "00", "000000", "0011223", "001122334", "0011223g"};
    uint8_t field[4] = {9, 9, 9, 9};
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct quoth_error err = {0};
        assert_false(hex_decode_fixed(bytes_of_text(bad[i]), field, 4, &err));
        assert_int_equal(err.code, QUOTH_HEX);
        assert_int_equal(field[0], 9);
    }
    struct quoth_error err = {0};
    assert_true(hex_decode_fixed(BYTES_LITERAL("000FA5ff"), field, 4, &err));
    assert_memory_equal(field, sample, 4);
}

static void text_for_errors_is_cut_at_a_byte(void **state)
{
    (void)state;
    char text[16];
    assert_string_equal(hex_text(BYTES_OF(sample), text, 9), "000fa5ff");
    assert_string_equal(hex_text(BYTES_OF(sample), text, 8), "000f...");
    assert_string_equal(hex_text(BYTES_OF(sample), text, 7), "00...");
    assert_string_equal(hex_text(BYTES_OF(sample), text, 4), "...");
    assert_string_equal(hex_text((struct bytes){0}, text, 4), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodes_in_either_case),
        cmocka_unit_test(decodes_either_case_and_appends),
        cmocka_unit_test(refusals_say_where_and_change_nothing),
        cmocka_unit_test(every_character_but_the_digits_is_refused),
        cmocka_unit_test(a_fixed_field_is_filled_whole_or_not_at_all),
        cmocka_unit_test(text_for_errors_is_cut_at_a_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
