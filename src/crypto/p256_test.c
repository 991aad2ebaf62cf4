#include "crypto/p256.h"

#include "tests/unit.h"

#define X "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
#define Y "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
#define R "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
#define S "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
#define N "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
#define P "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"
#define ONE "0000000000000000000000000000000000000000000000000000000000000001"
#define MAX "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

/* RFC 6979 A.2.5, P-256 with SHA-256, texts "sample" and "test". */
static const struct {
    const char *name, *text, *signature;
    bool valid;
} signatures[] = {
    {"sample",                  "sample", R S,                                                                  true },
    {"test",                    "test",
     "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367"
     "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083",                                        true },
    {"n - s, as valid as s",    "sample",
     R "0834e36ad29a83bf2bc9385e491d6099c8fdf9d1ed67aa7ea5f51f93782857a9",                                      true },
    {"another text",            "Sample", R S,                                                                  false},
    {"one bit of r",            "sample", "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3717" S,
     false                                                                                                           },
    {"one bit of s",            "sample", R "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda9",
     false                                                                                                           },
    {"r and s changed places",  "sample", S R,                                                                  false},
    {"r is zero",               "sample", ZERO S,                                                               false},
    {"s is zero",               "sample", R ZERO,                                                               false},
    {"both are zero",           "sample", ZERO ZERO,                                                            false},
    {"both are one",            "sample", ONE ONE,                                                              false},
    {"r is n",                  "sample", N S,                                                                  false},
    {"s is n",                  "sample", R N,                                                                  false},
    {"both are n",              "sample", N N,                                                                  false},
    {"r is p",                  "sample", P S,                                                                  false},
    {"r is the largest number", "sample", MAX S,                                                                false},
    {"s is the largest number", "sample", R MAX,                                                                false},
    {"one byte short",          "sample", R "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acd",
     false                                                                                                           },
    {"one byte long",           "sample", R S "00",                                                             false},
    {"nothing",                 "sample", "",                                                                   false},
    {"as DER",                  "sample", "3046022100" R "022100" S,                                            false},
};

static void signatures_are_judged(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer point = {0}, raw = {0};
    AUTO(p256_public) struct p256_public *key = NULL;
    assert_true(p256_public_from_point(unit_hex("04" X Y, &point), &key, &err));
    assert_true(bytes_equal(p256_public_point(key), buffer_bytes(&point)));
    for (size_t i = 0; i < COUNT(signatures); i++) {
        print_message("  %s\n", signatures[i].name);
        const struct sha256 digest = sha256_of(bytes_of_text(signatures[i].text));
        assert_int_equal(p256_verify(key, &digest, unit_hex(signatures[i].signature, &raw)),
                         signatures[i].valid);
    }
}

/* Keys made so that a signature of tiny numbers is valid, whose alias modulo n still fits 32 bytes:
 * Q = (R - e G) / r, s = 1, for R with x = 5 and for R with x = n + 3, where r is 3. */
static const struct {
    const char *name, *point, *r, *r_plus_n;
} tiny[] = {
    {"x of R below n",
     "04"
     "33d26e7a66b412b8d91f576d09506846cfcd839b6b025ba2fd545e29316bd035"
     "b3727e0e1d089ab4a28e9041b4eb70b5ba7f64610bac9dae6c65ece9dff215d0", "0000000000000000000000000000000000000000000000000000000000000005",
     "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632556"},
    {"x of R between n and p",
     "04"
     "9541305a3dc7398100ef47177f647ff3fa559f104b1aa065b3b00ee6a64cc998"
     "7a76aefda0e08e921651cbb8e11819b4ee784aea57b9487ad54af93ae780e68d", "0000000000000000000000000000000000000000000000000000000000000003",
     "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632554"},
};
#define ONE_PLUS_N "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632552"

static bool verify_tiny(const struct p256_public *key, const char *r, const char *s)
{
    struct quoth_error err = {0};
    uint8_t raw[P256_SIGNATURE_SIZE];
    assert_true(hex_decode_fixed(bytes_of_text(r), raw, 32, &err));
    assert_true(hex_decode_fixed(bytes_of_text(s), raw + 32, 32, &err));
    const struct sha256 digest = sha256_of(BYTES_LITERAL("sample"));
    return p256_verify(key, &digest, BYTES_OF(raw));
}

static void numbers_are_not_reduced(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(tiny); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer point = {0};
        AUTO(p256_public) struct p256_public *key = NULL;
        print_message("  %s\n", tiny[i].name);
        assert_true(p256_public_from_point(unit_hex(tiny[i].point, &point), &key, &err));
        assert_true(verify_tiny(key, tiny[i].r, ONE));
        assert_false(verify_tiny(key, tiny[i].r_plus_n, ONE));
        assert_false(verify_tiny(key, tiny[i].r, ONE_PLUS_N));
        assert_false(verify_tiny(key, tiny[i].r_plus_n, ONE_PLUS_N));
    }
}

static const struct {
    const char *name, *point;
} bad_points[] = {
    {"nothing",                       ""                                                                     },
    {"point at infinity",             "00"                                                                   },
    {"infinity, filled up",           "00" ZERO ZERO                                                         },
    {"uncompressed zeros",            "04" ZERO ZERO                                                         },
    {"compressed",                    "03" X                                                                 },
    {"compressed, filled up",         "03" X ZERO                                                            },
    {"hybrid",                        "07" X Y                                                               },
    {"hybrid of the other parity",    "06" X Y                                                               },
    {"without its first byte",        X Y                                                                    },
    {"one byte long",                 "04" X Y "00"                                                          },
    {"one byte short",                "04" X "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d44622"},
    {"X and Y changed places",        "04" Y X                                                               },
    {"off the curve by one",
     "04" X "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d446229a"                               },
    {"X is p",                        "04" P Y                                                               },
    {"Y is p",                        "04" X P                                                               },
    {"X is 0 modulo p with a true Y",
     "04" P "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4"                               },
    {"largest numbers",               "04" MAX MAX                                                           },
};

static void bad_points_are_refused(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer hold = {0};
    for (size_t i = 0; i < COUNT(bad_points); i++) {
        struct quoth_error err = {0};
        struct p256_public *key = NULL;
        print_message("  %s\n", bad_points[i].name);
        assert_false(p256_public_from_point(unit_hex(bad_points[i].point, &hold), &key, &err));
        assert_null(key);
        assert_int_equal(err.code, QUOTH_KEY_MALFORMED);
    }
}

static void x_and_y_alone_are_64_bytes(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer xy = {0}, whole = {0};
    AUTO(p256_public) struct p256_public *key = NULL;
    assert_true(p256_public_from_xy(unit_hex(X Y, &xy), &key, &err));
    assert_true(bytes_equal(p256_public_point(key), unit_hex("04" X Y, &whole)));
    struct p256_public *none = NULL;
    assert_false(p256_public_from_xy(unit_hex(X Y "00", &xy), &none, &err));
    assert_int_equal(err.code, QUOTH_KEY_MALFORMED);
    err = (struct quoth_error){0};
    assert_false(p256_public_from_xy((struct bytes){0}, &none, &err));
    assert_null(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures_are_judged),
        cmocka_unit_test(numbers_are_not_reduced),
        cmocka_unit_test(bad_points_are_refused),
        cmocka_unit_test(x_and_y_alone_are_64_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
