#include "crypto/kdf.h"

#include "tests/unit.h"

/* RFC 5869 A.1 to A.3. */
static const struct {
    const char *name, *ikm, *salt, *info, *okm;
} hkdfs[] = {
    {"A.1",                   "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c",
     "f0f1f2f3f4f5f6f7f8f9",                                                                                             "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"},
    {"A.2",
     "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
     "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
     "404142434445464748494a4b4c4d4e4f",                                      "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
     "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
     "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf",                            "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
     "d0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeef"
     "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
     "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
     "cc30c58179ec3e87c14c01d5c1f3434f1d87"                                            },
    {"A.3, no salt, no info", "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "",                           "",
     "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"                                                                                                                    },
};

static void hkdf_gives_what_rfc_5869_gives(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(hkdfs); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer ikm = {0}, salt = {0}, info = {0}, okm = {0};
        uint8_t out[128];
        print_message("  %s\n", hkdfs[i].name);
        unit_hex(hkdfs[i].okm, &okm);
        assert_true(hkdf_sha256(unit_hex(hkdfs[i].salt, &salt), unit_hex(hkdfs[i].ikm, &ikm),
                                unit_hex(hkdfs[i].info, &info), out, okm.len, &err));
        assert_memory_equal(out, okm.data, okm.len);
    }
}

static void every_input_counts(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    const struct bytes a = BYTES_LITERAL("a"), b = BYTES_LITERAL("b");
    uint8_t first[32], other[32];
    assert_true(hkdf_sha256(a, a, a, first, 32, &err));
    assert_true(hkdf_sha256(b, a, a, other, 32, &err));
    assert_memory_not_equal(first, other, 32);
    assert_true(hkdf_sha256(a, b, a, other, 32, &err));
    assert_memory_not_equal(first, other, 32);
    assert_true(hkdf_sha256(a, a, b, other, 32, &err));
    assert_memory_not_equal(first, other, 32);
}

static void lengths_are_bounded(void **state)
{
    (void)state;
    static uint8_t out[HKDF_SHA256_MAX + 1];
    static const size_t bad[] = {0, HKDF_SHA256_MAX + 1};
    const struct bytes a = BYTES_LITERAL("a");
    struct quoth_error none = {0};
    assert_true(hkdf_sha256(a, a, a, out, HKDF_SHA256_MAX, &none));
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct quoth_error err = {0};
        assert_false(hkdf_sha256(a, a, a, out, bad[i], &err));
        assert_int_equal(err.code, QUOTH_INTERNAL);
    }
}

/* RFC 4231, cases 1 and 2, and nothing with nothing. */
static const struct {
    const char *name, *key, *data, *mac;
} hmacs[] = {
    {"case 1",  "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"                                                                                                                   },
    {"case 2",  "4a656665",                                 "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"                                                                                                                   },
    {"nothing", "",                                         "",                                                         "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
};

static void hmac_gives_what_rfc_4231_gives(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(hmacs); i++) {
        struct quoth_error err = {0};
        struct sha256 mac;
        AUTO(buffer) struct buffer key = {0}, data = {0}, expected = {0};
        print_message("  %s\n", hmacs[i].name);
        assert_true(
            hmac_sha256(unit_hex(hmacs[i].key, &key), unit_hex(hmacs[i].data, &data), &mac, &err));
        assert_true(bytes_equal(BYTES_OF(mac.bytes), unit_hex(hmacs[i].mac, &expected)));
    }
}

/* RFC 4231, case 6: a key longer than a block is hashed first. */
static void a_long_key_is_hashed(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct sha256 mac;
    AUTO(buffer) struct buffer key = {0}, expected = {0};
    buffer_fill(&key, 131, 0xAA);
    assert_true(hmac_sha256(buffer_bytes(&key),
                            BYTES_LITERAL("Test Using Larger Than Block-Size Key - Hash Key First"),
                            &mac, &err));
    assert_true(bytes_equal(
        BYTES_OF(mac.bytes),
        unit_hex("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54", &expected)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hkdf_gives_what_rfc_5869_gives),
        cmocka_unit_test(every_input_counts),
        cmocka_unit_test(lengths_are_bounded),
        cmocka_unit_test(hmac_gives_what_rfc_4231_gives),
        cmocka_unit_test(a_long_key_is_hashed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
