#include "crypto/aead.h"

#include "tests/unit.h"

static struct aead_key key_of(const char *hex)
{
    struct quoth_error err = {0};
    struct aead_key key = {0};
    assert_true(hex_decode_fixed(bytes_of_text(hex), key.bytes, sizeof key.bytes, &err));
    return key;
}

#define K16 "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

/* "The Galois/Counter Mode of Operation (GCM)", test cases 13 to 16: nonce, text and tag in our
 * form. */
static const struct {
    const char *name, *key, *aad, *plain, *sealed;
} sealed_texts[] = {
    {"case 13", ZEROS, "",                                         "",
     "000000000000000000000000"
     "530f8afbc74536b9a963b4f1c4cb738b"                                                                        },
    {"case 14", ZEROS, "",                                         "00000000000000000000000000000000",
     "000000000000000000000000"
     "cea7403d4d606b6e074ec5d3baf39d18"
     "d0d1c8a799996bf0265b98b5d48ab919"                                                                        },
    {"case 15", K16,   "",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",                               "cafebabefacedbaddecaf888"
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
     "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad"
     "b094dac5d93471bdec1a502270e3cc6c"},
    {"case 16", K16,   "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",                                       "cafebabefacedbaddecaf888"
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
     "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
     "76fc6ece0f4e1768cddf8853bb2d551b"        },
};

static void known_texts_open(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(sealed_texts); i++) {
        struct quoth_error err = {0};
        const struct aead_key key = key_of(sealed_texts[i].key);
        AUTO(buffer) struct buffer aad = {0}, sealed = {0}, expected = {0}, plain = {0};
        print_message("  %s\n", sealed_texts[i].name);
        assert_true(aead_open(&key, unit_hex(sealed_texts[i].aad, &aad),
                              unit_hex(sealed_texts[i].sealed, &sealed), &plain, &err));
        assert_true(bytes_equal(buffer_bytes(&plain), unit_hex(sealed_texts[i].plain, &expected)));
    }
}

static void what_is_sealed_opens(void **state)
{
    (void)state;
    static const uint8_t large[100000] = {1, 2, 3};
    static const size_t lengths[] = {0, 1, 15, 16, 17, 1000, sizeof large};
    const struct aead_key key = key_of(K16);
    for (size_t i = 0; i < COUNT(lengths); i++) {
        struct quoth_error err = {0};
        const struct bytes text = {large, lengths[i]}, aad = BYTES_LITERAL("tenant");
        AUTO(buffer) struct buffer a = {0}, b = {0}, plain = {0};
        assert_true(aead_seal(&key, aad, text, &a, &err));
        assert_true(aead_seal(&key, aad, text, &b, &err));
        assert_int_equal(a.len, text.len + AEAD_OVERHEAD);
        assert_false(bytes_equal(buffer_bytes(&a), buffer_bytes(&b))); /* another nonce */
        buffer_u8(&plain, 7);                                          /* what was there stays */
        assert_true(aead_open(&key, aad, buffer_bytes(&a), &plain, &err));
        assert_int_equal(plain.data[0], 7);
        assert_true(bytes_equal(bytes_slice(buffer_bytes(&plain), 1, text.len), text));
    }
}

static void expect_broken(const struct aead_key *key, struct bytes aad, struct bytes sealed)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer plain = {0};
    assert_false(aead_open(key, aad, sealed, &plain, &err));
    assert_int_equal(err.code, QUOTH_SEAL_BROKEN);
    assert_int_equal(plain.len, 0);
}

static void any_change_is_refused(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct aead_key key = key_of(K16);
    const struct bytes aad = BYTES_LITERAL("tenant");
    AUTO(buffer) struct buffer sealed = {0};
    assert_true(aead_seal(&key, aad, BYTES_LITERAL("the secret"), &sealed, &err));
    const struct bytes whole = buffer_bytes(&sealed);
    for (size_t bit = 0; bit < 8 * sealed.len; bit++) {
        sealed.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        expect_broken(&key, aad, whole);
        sealed.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t len = 0; len < whole.len; len++)
        expect_broken(&key, aad, bytes_slice(whole, 0, len));
    expect_broken(&key, BYTES_LITERAL("tenanT"), whole);
    expect_broken(&key, (struct bytes){0}, whole);
    buffer_u8(&sealed, 0);
    expect_broken(&key, aad, buffer_bytes(&sealed));
    key.bytes[31] ^= 1;
    expect_broken(&key, aad, whole);
}

static void a_cleared_key_is_gone(void **state)
{
    (void)state;
    struct aead_key key = key_of(K16);
    aead_key_clear(&key);
    assert_true(bytes_all_zero(BYTES_OF(key.bytes)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_texts_open),
        cmocka_unit_test(what_is_sealed_opens),
        cmocka_unit_test(any_change_is_refused),
        cmocka_unit_test(a_cleared_key_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
