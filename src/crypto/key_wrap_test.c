#include "crypto/key_wrap.h"

#include "tests/unit.h"

#define KEK_192 "5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8"

/* RFC 5649 section 6. */
static const struct {
    const char *name, *kek, *plain, *wrapped;
} examples[] = {
    {"20 bytes", KEK_192, "c37b7e6492584340bed12207808941155068f738",
     "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a"                                 },
    {"7 bytes",  KEK_192, "466f7250617369",                           "afbeb0f07dfbf5419200f2ccb50bb24f"},
};

static void the_examples_of_the_rfc(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer kek = {0}, plain = {0}, wrapped = {0}, out = {0}, back = {0};
        print_message("  %s\n", examples[i].name);
        unit_hex(examples[i].kek, &kek);
        unit_hex(examples[i].plain, &plain);
        unit_hex(examples[i].wrapped, &wrapped);
        assert_true(key_wrap(buffer_bytes(&kek), buffer_bytes(&plain), &out, &err));
        assert_true(bytes_equal(buffer_bytes(&out), buffer_bytes(&wrapped)));
        assert_true(key_unwrap(buffer_bytes(&kek), buffer_bytes(&wrapped), &back, &err));
        assert_true(bytes_equal(buffer_bytes(&back), buffer_bytes(&plain)));
    }
}

static const uint8_t text[64] = "sixty-four bytes that begin with words and end with zeros";
static const uint8_t keys[32] = {1, 2, 3};

static void every_length_and_key_size_comes_back(void **state)
{
    (void)state;
    for (size_t key = 16; key <= 32; key += 8)
        for (size_t len = 1; len <= sizeof text; len++) {
            struct quoth_error err = {0};
            AUTO(buffer) struct buffer wrapped = {0}, back = {0};
            const struct bytes kek = {keys, key}, plain = {text, len};
            assert_true(key_wrap(kek, plain, &wrapped, &err));
            assert_int_equal(wrapped.len, key_wrap_len(len));
            assert_true(key_unwrap(kek, buffer_bytes(&wrapped), &back, &err));
            assert_true(bytes_equal(buffer_bytes(&back), plain));
        }
}

static void a_changed_byte_is_found_and_nothing_is_handed_on(void **state)
{
    (void)state;
    for (size_t len = 1; len <= 24; len++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer wrapped = {0};
        assert_true(key_wrap(BYTES_OF(keys), (struct bytes){text, len}, &wrapped, &err));
        for (size_t i = 0; i < wrapped.len * 8; i++) {
            struct quoth_error refused = {0};
            AUTO(buffer) struct buffer out = {0};
            buffer_text(&out, "kept");
            wrapped.data[i / 8] ^= (uint8_t)(1 << i % 8);
            assert_false(key_unwrap(BYTES_OF(keys), buffer_bytes(&wrapped), &out, &refused));
            wrapped.data[i / 8] ^= (uint8_t)(1 << i % 8);
            assert_int_equal(refused.code, QUOTH_KEY_WRAP_BROKEN);
            assert_string_equal(refused.message, "was wrapped under another key, or was changed");
            assert_int_equal(out.len, 4);
        }
    }
}

static void a_cut_or_lengthened_text_is_refused(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer wrapped = {0};
    assert_true(key_wrap(BYTES_OF(keys), (struct bytes){text, 32}, &wrapped, &err));
    buffer_fill(&wrapped, 8, 0);
    for (size_t len = 0; len <= wrapped.len; len++) {
        struct quoth_error refused = {0};
        AUTO(buffer) struct buffer out = {0};
        const struct bytes cut = {wrapped.data, len};
        assert_int_equal(key_unwrap(BYTES_OF(keys), cut, &out, &refused), len == 40);
        assert_int_equal(refused.code, len == 40 ? QUOTH_OK : QUOTH_KEY_WRAP_BROKEN);
    }
}

static void what_cannot_be_wrapped_says_so(void **state)
{
    (void)state;
    static const uint8_t large[KEY_WRAP_MAX + 1];
    static const struct {
        const char *name;
        struct bytes kek, plain;
        enum quoth_code code;
    } rows[] = {
        {"nothing",         {keys, 32}, {NULL, 0},             QUOTH_MALFORMED},
        {"too much",        {keys, 32}, {large, sizeof large}, QUOTH_TOO_LARGE},
        {"no key",          {keys, 0},  {text, 16},            QUOTH_INTERNAL },
        {"key of 17 bytes", {keys, 17}, {text, 16},            QUOTH_INTERNAL },
        {"key of 31 bytes", {keys, 31}, {text, 16},            QUOTH_INTERNAL },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer out = {0};
        print_message("  %s\n", rows[i].name);
        assert_false(key_wrap(rows[i].kek, rows[i].plain, &out, &err));
        assert_int_equal(err.code, rows[i].code);
        assert_int_equal(out.len, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_the_rfc),
        cmocka_unit_test(every_length_and_key_size_comes_back),
        cmocka_unit_test(a_changed_byte_is_found_and_nothing_is_handed_on),
        cmocka_unit_test(a_cut_or_lengthened_text_is_refused),
        cmocka_unit_test(what_cannot_be_wrapped_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
