#include "keys/tpm_wrapped.h"

#include "tests/unit.h"

#define PARENT "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static void what_is_written_is_read(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct tpm_wrapped w;
    AUTO(buffer) struct buffer hex = {0}, again = {0};
    const struct bytes text = unit_hex("51545001"
                                       "00000880" PARENT "0003aabbcc"
                                       "0000",
                                       &hex);
    assert_true(tpm_wrapped_read(text, &w, &err));
    assert_int_equal(w.pcrs, 0x880);
    assert_int_equal(w.parent.data[31], 0x1f);
    assert_int_equal(w.public_area.len, 5);
    assert_int_equal(w.private_area.len, 2);
    tpm_wrapped_write(&w, &again);
    assert_true(bytes_equal(buffer_bytes(&again), text));
    for (size_t len = 0; len < text.len; len++) {
        err = (struct quoth_error){0};
        assert_false(tpm_wrapped_read(bytes_slice(text, 0, len), &w, &err));
        assert_int_equal(err.code, QUOTH_SEAL_BROKEN);
    }
}

static const struct {
    const char *name, *hex, *where;
    size_t offset;
} refusals[] = {
    {"another magic",
     "51545002"
     "00000000" PARENT "0000"
     "0000",                       "magic",   0 },
    {"a PCR that there is not",
     "51545001"
     "01000000" PARENT "0000"
     "0000",                       "pcrs",    4 },
    {"a public area that is too long",
     "51545001"
     "00000000" PARENT "0003aabb",
     "public",                                40},
    {"a private area that is too long",
     "51545001"
     "00000000" PARENT "0000"
     "ffff00",                     "private", 42},
    {"something at the end",
     "51545001"
     "00000000" PARENT "0000"
     "0000"
     "00",                         "wrapped", 44},
};

static void refusals_say_where(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct quoth_error err = {0};
        struct tpm_wrapped w;
        AUTO(buffer) struct buffer hex = {0};
        print_message("  %s\n", refusals[i].name);
        assert_false(tpm_wrapped_read(unit_hex(refusals[i].hex, &hex), &w, &err));
        assert_int_equal(err.code, QUOTH_SEAL_BROKEN);
        assert_string_equal(err.where, refusals[i].where);
        assert_int_equal(err.offset, refusals[i].offset);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(refusals_say_where),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
