#include "crypto/digest.h"
#include "tests/material_vectors.h"

/* Made with the Python package cryptography 48, over "quoth"; the RSA key is that of RFC 7515 A.2,
 * the key of HS384 and HS512 the bytes 00 to 1f. */
/* clang-format off */
#define ES384_X \
    "9803b2ef6ad4928933fb6e8a6901fb86ff9be1931bc44084117a9386c6553d8d6922e00f4dbda1827e19e5b794a091dc"
#define ES384_Y \
    "a197365ab8b7842b069e75d81e52ab51bac61c128eb7e7225e7cb51cd14866e089b00744605ac4a794b1a91dc8f9ac49"
#define ES384_D \
    "083af07f219c4b7c2373efae35fc839664a08cbcad22bf0fa20944541ca3222e93613ecd65d4586a742c2c695a1fe649"
#define ES256K_X "a30040061a848d2d6f56523ef9cf1cdef9b3da856a4a80657f21ddead90c8045"
#define ES256K_Y "025ef1d96504fdb0c48457543b2c90d02c74d68ce3fd98a1d06d39ce06fedf6d"
#define ES256K_D "c9eaa3f7a7874f953eea063e9a90911b8876044ec75afef445f893fa8755fb02"

static const struct {
    const char *algorithm, *signature;
} made[] = {
    {"RS384",
     "7f2ac4bdc7d332d88f2a6ffffcd5bba0f45c30e5e5d261f107227a38298d4f63292445b1a94487a97f1aeafc4a2aac0c"
     "3809bd4cb18f7ba50b338e1ce4104b014c4052a1d73ec87e58e554a2c671ac5c60792eaee31deac624d44eba980918b1"
     "aa83c154a250e4819f3374cdf795aa85bceed982672e43f381c913c091498f62fa8c92613bae3188571e0472e883ad4e"
     "cedeeefc79e0220cb7b65970162f1a4fe92bf3da8d58728ca4a6456bd00747e1de163d7a5ac5e622f670f66fd372415c"
     "65378741d67a5e58345983319f033f060fc019b18126e8865d51341af0bafbc77ce8f4a8511baac285f1ad2722074c06"
     "f522317a601fd2c57262aa83bc0027d8"},
    {"RS512",
     "08c41c99236cf95f6011124c96e1b83cbc3853fdcf5cdcaa7939c240f29da9632156c0f4ce524a115d1f597f87ee790d"
     "97464df3775e5f15823df2c2bd878aa210203d2c24c585be95df9230ed1ee3e3b9c239c1053307920f1d93197e8405e4"
     "0cb140969914fd4bfa9f17b7080b2cb68a606a661116c2c94e1337751067f6fbabd70e60d4dffb43c1ae4e2a394115c9"
     "e963aa6d40d1030efc42278212867a31e59e83c19e7dd5297da39584b3a833638ec9fc177255a89d941b096f4e160ecf"
     "0068e971157fa0f9df34bc9b7cdcd3d47a249af8417d21a40d6f858d2ecb254326ac12b1392b593b66085685776969f4"
     "ee323008e9eca38a07002c2d357c12f3"},
    {"PS256",
     "2302dacdea25f22d53bcbd657228516c190fe8e293a5f05361614407c98c987bd90b88c4c5799f56833a3710f83676bc"
     "8bd728e46cfd46a6f5a25cee9478c55dbc1263a0e2115f5e515d2eb9e217cf5bf56f6c09dcdb6ba7d7fea4b0dfef883e"
     "50a54c2a11c17d491ecff51f6265893ad9d7ddd3e0e8a2a5583281401d13fb956cc1b82ea8a00328f024831407d330c4"
     "c83d0d2a3e2c55473b1d1e3086fa358baab531164466246891922ec668a13310d88587992caef5b46e688b5daccd7893"
     "96970261f3a6433989287dba75b3b01173d3ab023ef1ec9b148a7eca6abd9b7d1b8d6547e70b05ac6c321641c53bb994"
     "1d71ade883b8d9db8b03d91ec5c21f28"},
    {"PS384",
     "0555e4956a592dc5ded46f317e5572aa606398a006f6b325b221350e7db769e3841f910c2682f0a66ffb470242ce4b71"
     "6a45e495c155f9b70531dd595a08f6bac6469cf45536e17f1a60933620dc22380d7424e7f03e769a60805830f7dcb797"
     "e84dcaf92ba1cc226bf9261776c9e26b5c3df181d42ae7ebece96c94f8a449a1dfda16d0affdf7575acac530aad1ea04"
     "435da39486bc26761cb9cad719380cbe5fce4385dbe41736a3a2a760bd2037fb21eb44cf53adbd541edcae14479902b2"
     "421f8ffd0c5a2b49bb87a2b19f638dcd627f14feffe8503332a7698256e96c1bbd9e046b26adf9fc4d78eeb85bef8609"
     "0b24dd0d29ffaa0c95a4e7d9c1c732e7"},
    {"PS512",
     "3413e81e0b88593ae4d38102a90e7a65a68b0360dc8df31c849f0bfe166232e5da1ff922a8777d0bdf92e81433ff85e5"
     "4b56c934d04d90ab7559a6b567015b53494ef48e0e649ab076bcf887285692c077b3b3e091f3b6d42ad4b6860642ed10"
     "a48219c03677e8341997555c59c5db3c2c4c53c00f8660a6e589fdee14dba5510f2f787ebd7b698ae0048033506698bb"
     "7a37af8ccc1c3a5be3427ac958336786fca233c5d80eff1acd31e23ca5f6f1822fef908100c27a074b01dddd7c17c7a5"
     "7fd0ae58730c81074c3e2a4f493e523ff93babd9be59d97aaa6c37e91326f537fc80c8691640154d417c55adb15d3f27"
     "a964023f3535da3d571f0cb000bf8ac0"},
    {"ES384",
     "38a772bf790c2acda6bf5c787eb537c1cb1ac8adaf333082c1b3bd0dce92efb8b6c968cee6d8be193832a5fba93d19c1"
     "668c340f01e5ed13d160ba7aef21557a92ce4aada46ab905e76b9b891071615bca70871464d3b0fae1e691589601a28e"},
    {"ES256K",
     "dd180e31fe4ba31a5038c2630cd07113acc6d6050f06e2750882445328f78db77189be14e7c5e1af08e209c11300c78c"
     "861b475a2eb1b4f959975d8bdccb1e41"},
    {"HS384",
     "14c0dc8c32a1d1b9167a5339d572a45359d4ffa3c432c38494ef2dad3625492689da43a9838aaa831e9feab663c3c251"},
    {"HS512",
     "95ed8f22fdaaed3684a7e31b3fd1a418b2fce556f3efa770c9855fd00642e0efb9a4f25c4fa0c00d44f9434332ee1a4f"
     "a9f9d106735322951dce509bc540462a"},
};

/* PSS with a salt of 20 bytes: another signature scheme than PS256. */
static const char ps256_short_salt[] =
    "9aaca7643d73de12fe19f0f8a7224bf4bdb80e1063c48f3eaa595c02ffc5aa36de78a9a23e09a93f6b6865179dd76dcb"
    "b69c0755bbb5a0c020e7b7be87b8ca123024f5c711c16f9b58ddb2faa606d354250645174108aa3a831f0975e8ec958b"
    "ef54415fe52b62b018284ef33d2a7284f332ca38126ba20ea6d20989ff23f27bca03b93efff7b6225f452d26fdd61e74"
    "ee662a1320673ff1998afc30667a52f36f56a3e695f566b3190605dfc9a083d5f7a048bb8bb33a6beccf366fc614ce22"
    "8dfa6cc4ffdcf2bc483c3ce531b90acd915a681201fb18577853622c3e5e4cf78c0551b190158cbab5d953cb6cc2e6da"
    "ade1b7d44c2a7d11c6831c6e638bd635";
/* clang-format on */

static const uint8_t counting[32] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
                                     11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
                                     22, 23, 24, 25, 26, 27, 28, 29, 30, 31};

static struct material *p256(void)
{
    return vector_ec("P-256", RFC7515_X, RFC7515_Y,
                     "8e9b109e719098bf980487df1f5d77e9cb29606ebed2263b5f57c213df84f4b2");
}

static struct material *p521(void)
{
    AUTO(buffer) struct buffer x = {0}, y = {0}, d = {0};
    const struct material_parts parts = {.type = MATERIAL_EC,
                                         .curve = BYTES_LITERAL("P-521"),
                                         .x = vector_base64(RFC7515_ES512_X, &x),
                                         .y = vector_base64(RFC7515_ES512_Y, &y),
                                         .d = vector_base64(RFC7515_ES512_D, &d)};
    return vector_key(&parts);
}

static struct material *key_for(const char *algorithm)
{
    if (strcmp(algorithm, "ES256") == 0)
        return p256();
    if (strcmp(algorithm, "ES384") == 0)
        return vector_ec("P-384", ES384_X, ES384_Y, ES384_D);
    if (strcmp(algorithm, "ES512") == 0)
        return p521();
    if (strcmp(algorithm, "ES256K") == 0)
        return vector_ec("P-256K", ES256K_X, ES256K_Y, ES256K_D);
    return algorithm[0] == 'H' ? vector_oct(BYTES_OF(counting)) : vector_rsa_of_pem();
}

/* What is signed of a text: its digest, or the text itself for HS and RSNULL. */
static struct bytes digest_for(const char *algorithm, struct bytes text, struct buffer *hold)
{
    const char *bits = algorithm + 2;
    buffer_clear(hold);
    if (algorithm[0] == 'H' || strcmp(algorithm, "RSNULL") == 0)
        buffer_add(hold, text);
    else if (strncmp(bits, "256", 3) == 0)
        buffer_add(hold, BYTES_OF(sha256_of(text).bytes));
    else if (strcmp(bits, "384") == 0)
        buffer_add(hold, BYTES_OF(sha384_of(text).bytes));
    else
        buffer_add(hold, BYTES_OF(sha512_of(text).bytes));
    return buffer_bytes(hold);
}

static bool verifies(struct material *m, const char *algorithm, struct bytes digest,
                     struct bytes signature)
{
    struct quoth_error err = {0};
    bool valid = false;
    if (!material_verify(m, vector_algorithm(m, algorithm, MATERIAL_SIGNS), digest, signature,
                         &valid, &err))
        fail_msg("%s: %s", algorithm, err.message);
    return valid;
}

static bool holds(struct material *m, const char *algorithm, struct bytes text,
                  struct bytes signature)
{
    AUTO(buffer) struct buffer digest = {0};
    return verifies(m, algorithm, digest_for(algorithm, text, &digest), signature);
}

static const struct bytes quoth = BYTES_INIT("quoth");

static void the_signatures_of_the_rfcs(void **state)
{
    (void)state;
    static const char rs[] = RFC7515_RS256_HEADER "." RFC7515_PAYLOAD;
    static const char es[] = RFC7515_ES256_HEADER "." RFC7515_PAYLOAD;
    AUTO(buffer) struct buffer hold = {0}, k = {0};
    AUTO(material)
    struct material *rsa = vector_rsa_of_pem(), *ec = p256(), *wide = p521(),
                    *oct = vector_oct(vector_base64(RFC7520_HS256_K, &k));
    assert_true(holds(rsa, "RS256", bytes_of_text(rs), unit_hex(rfc7515_rs256_signature, &hold)));
    assert_true(holds(ec, "ES256", bytes_of_text(es), unit_hex(rfc7515_es256_signature, &hold)));
    assert_true(holds(wide, "ES512", BYTES_LITERAL(RFC7515_ES512_INPUT),
                      vector_base64(RFC7515_ES512_SIGNATURE, &hold)));
    assert_true(holds(oct, "HS256", BYTES_LITERAL(RFC7520_HS256_INPUT),
                      vector_base64(RFC7520_HS256_MAC, &hold)));
}

static void the_signatures_of_others(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(made); i++) {
        AUTO(buffer) struct buffer hold = {0};
        AUTO(material) struct material *m = key_for(made[i].algorithm);
        print_message("  %s\n", made[i].algorithm);
        assert_true(holds(m, made[i].algorithm, quoth, unit_hex(made[i].signature, &hold)));
    }
}

static const char *const all[] = {"RS256", "RS384", "RS512", "PS256",  "PS384", "PS512", "RSNULL",
                                  "ES256", "ES384", "ES512", "ES256K", "HS256", "HS384", "HS512"};

static void sign_quoth(struct material *m, const char *algorithm, struct buffer *digest,
                       struct buffer *signature)
{
    struct quoth_error err = {0};
    digest_for(algorithm, quoth, digest);
    if (!material_sign(m, vector_algorithm(m, algorithm, MATERIAL_SIGNS), buffer_bytes(digest),
                       signature, &err))
        fail_msg("%s: %s", algorithm, err.message);
}

/* Of the bits of an RSA signature or of P-521's, some stand for all. */
static void every_signature_is_good_until_something_changes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        AUTO(buffer) struct buffer digest = {0}, signature = {0};
        AUTO(material) struct material *m = key_for(all[i]);
        print_message("  %s\n", all[i]);
        sign_quoth(m, all[i], &digest, &signature);
        assert_true(verifies(m, all[i], buffer_bytes(&digest), buffer_bytes(&signature)));
        for (size_t bit = 0; bit<8 * signature.len; bit += signature.len> 80 ? 37 : 5) {
            signature.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_false(verifies(m, all[i], buffer_bytes(&digest), buffer_bytes(&signature)));
            signature.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        digest.data[digest.len - 1] ^= 1;
        assert_false(verifies(m, all[i], buffer_bytes(&digest), buffer_bytes(&signature)));
    }
}

static void a_signature_is_as_long_as_it_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        AUTO(buffer) struct buffer digest = {0}, signature = {0}, wider = {0};
        AUTO(material) struct material *m = key_for(all[i]);
        sign_quoth(m, all[i], &digest, &signature);
        const struct bytes whole = buffer_bytes(&signature);
        buffer_u8(&wider, 0);
        buffer_add(&wider, whole);
        buffer_u8(&wider, 0);
        assert_false(verifies(m, all[i], buffer_bytes(&digest), (struct bytes){0}));
        assert_false(
            verifies(m, all[i], buffer_bytes(&digest), bytes_slice(whole, 0, whole.len - 1)));
        assert_false(verifies(m, all[i], buffer_bytes(&digest), bytes_slice(whole, 1, whole.len)));
        for (size_t from = 0; from < 2; from++)
            assert_false(verifies(m, all[i], buffer_bytes(&digest),
                                  bytes_slice(buffer_bytes(&wider), from, whole.len + 1)));
    }
}

/* A signature under one algorithm is none under another, also where the digest has the same length
 * and the signature as well. */
static void algorithms_are_not_confused(void **state)
{
    static const char *const rsa[] = {"RS256", "PS256", "RSNULL"};
    (void)state;
    AUTO(material) struct material *m = vector_rsa_of_pem();
    AUTO(buffer) struct buffer salted = {0}, once = {0};
    digest_for("RS256", quoth, &once);
    for (size_t i = 0; i < COUNT(rsa); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer signature = {0};
        assert_true(material_sign(m, vector_algorithm(m, rsa[i], MATERIAL_SIGNS),
                                  buffer_bytes(&once), &signature, &err));
        for (size_t j = 0; j < COUNT(rsa); j++)
            assert_int_equal(verifies(m, rsa[j], buffer_bytes(&once), buffer_bytes(&signature)),
                             i == j);
    }
    assert_false(holds(m, "PS256", quoth, unit_hex(ps256_short_salt, &salted)));
}

/* RSNULL over DigestInfo and digest is RS256: RFC 8017 9.2. */
static void rsnull_is_the_bare_block(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(material) struct material *m = vector_rsa_of_pem();
    AUTO(buffer) struct buffer digest = {0}, whole = {0}, prefix = {0}, bare = {0}, usual = {0};
    sign_quoth(m, "RS256", &digest, &usual);
    buffer_add(&whole, unit_hex("3031300d060960864801650304020105000420", &prefix));
    buffer_add(&whole, buffer_bytes(&digest));
    assert_true(material_sign(m, vector_algorithm(m, "RSNULL", MATERIAL_SIGNS),
                              buffer_bytes(&whole), &bare, &err));
    assert_true(bytes_equal(buffer_bytes(&bare), buffer_bytes(&usual)));
}

/* As Wycheproof has them: numbers that no signature has. n is the order of the curve. */
static void numbers_outside_the_curve_are_no_signature(void **state)
{
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"
#define ONE "0000000000000000000000000000000000000000000000000000000000000001"
#define P256_N "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
#define P256_P "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"
#define ONES "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
    static const char *const signatures[] = {
        ZERO ZERO,   ZERO ONE,    ONE ZERO,      P256_N ONE,  ONE P256_N,
        P256_N ZERO, ZERO P256_N, P256_N P256_N, P256_P ONE,  ONES ONES,
        ONE ONE,     ONES ZERO,   ONE ONES,      P256_P ZERO, ZERO ONES,
    };
    (void)state;
    AUTO(material) struct material *m = p256();
    for (size_t i = 0; i < COUNT(signatures); i++) {
        AUTO(buffer) struct buffer hold = {0};
        assert_false(holds(m, "ES256", quoth, unit_hex(signatures[i], &hold)));
    }
}

/* r + n fits into the 66 bytes of P-521 and is the same number to those who reduce first. */
static void a_number_above_the_order_is_refused(void **state)
{
    static const char order[] = "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
                                "fa51868783bf2f966b7fcc0148f7"
                                "09a5d03bb5c9b8899c47aebb6fb71e91386409";
    (void)state;
    AUTO(buffer) struct buffer digest = {0}, signature = {0}, n = {0};
    AUTO(material) struct material *m = p521();
    sign_quoth(m, "ES512", &digest, &signature);
    unit_hex(order, &n);
    for (size_t half = 0; half < 2; half++) {
        AUTO(buffer) struct buffer other = {0};
        unsigned carry = 0;
        buffer_add(&other, buffer_bytes(&signature));
        for (size_t i = 66; i-- > 0; carry >>= 8) {
            carry += (unsigned)other.data[66 * half + i] + n.data[i];
            other.data[66 * half + i] = (uint8_t)carry;
        }
        assert_false(verifies(m, "ES512", buffer_bytes(&digest), buffer_bytes(&other)));
    }
}

static void der_is_not_the_form(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer digest = {0}, signature = {0}, der = {0};
    AUTO(material) struct material *m = p256();
    do { /* until neither number begins with a high bit: 70 bytes */
        buffer_clear(&signature);
        sign_quoth(m, "ES256", &digest, &signature);
    } while ((signature.data[0] | signature.data[32]) & 0x80);
    buffer_add(&der, BYTES_LITERAL("\x30\x44\x02\x20"));
    buffer_add(&der, bytes_slice(buffer_bytes(&signature), 0, 32));
    buffer_add(&der, BYTES_LITERAL("\x02\x20"));
    buffer_add(&der, bytes_slice(buffer_bytes(&signature), 32, 32));
    assert_false(verifies(m, "ES256", buffer_bytes(&digest), buffer_bytes(&der)));
    assert_false(
        verifies(m, "ES256", buffer_bytes(&digest), bytes_slice(buffer_bytes(&der), 0, 64)));
}

static void digests_of_another_length_are_refused(void **state)
{
    static const uint8_t bytes[600];
    static const struct {
        const char *algorithm;
        size_t good;
    } rows[] = {
        {"RS256",  32},
        {"RS384",  48},
        {"RS512",  64},
        {"PS256",  32},
        {"PS384",  48},
        {"PS512",  64},
        {"ES256",  32},
        {"ES384",  48},
        {"ES512",  64},
        {"ES256K", 32}
    };
    static const size_t lengths[] = {0, 1, 20, 31, 32, 33, 48, 63, 64, 65, 128, 600};
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(material) struct material *m = key_for(rows[i].algorithm);
        const struct material_algorithm *a = vector_algorithm(m, rows[i].algorithm, MATERIAL_SIGNS);
        for (size_t j = 0; j < COUNT(lengths); j++) {
            struct quoth_error signing = {0}, checking = {0};
            AUTO(buffer) struct buffer out = {0};
            const struct bytes digest = {bytes, lengths[j]};
            const bool good = lengths[j] == rows[i].good;
            bool valid = true;
            assert_int_equal(material_sign(m, a, digest, &out, &signing), good);
            assert_int_equal(
                material_verify(m, a, digest, (struct bytes){bytes, 64}, &valid, &checking), good);
            assert_int_equal(signing.code, good ? QUOTH_OK : QUOTH_KEY_INPUT);
            assert_int_equal(checking.code, good ? QUOTH_OK : QUOTH_KEY_INPUT);
            assert_int_equal(valid, !good); /* untouched, or false */
            assert_int_equal(out.len > 0, good);
        }
    }
}

static void what_any_text_is_signed_with_has_its_limits(void **state)
{
    static uint8_t bytes[MATERIAL_TEXT_MAX + 1];
    static const struct {
        const char *algorithm;
        size_t most;
    } rows[] = {
        {"RSNULL", 245              },
        {"HS256",  MATERIAL_TEXT_MAX},
        {"HS512",  MATERIAL_TEXT_MAX}
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(material) struct material *m = key_for(rows[i].algorithm);
        const size_t lengths[] = {0, 1, rows[i].most, rows[i].most + 1};
        for (size_t j = 0; j < COUNT(lengths); j++) {
            struct quoth_error err = {0};
            AUTO(buffer) struct buffer out = {0};
            const bool good = j == 1 || j == 2;
            assert_int_equal(material_sign(m,
                                           vector_algorithm(m, rows[i].algorithm, MATERIAL_SIGNS),
                                           (struct bytes){bytes, lengths[j]}, &out, &err),
                             good);
            assert_int_equal(err.code, good ? QUOTH_OK : QUOTH_KEY_INPUT);
        }
    }
}

static void a_key_has_its_own_algorithms(void **state)
{
    static const struct {
        const char *key, *algorithm;
        enum material_use use;
        const char *has;
    } rows[] = {
        {"ES256",  "ES384",              MATERIAL_SIGNS,    "ES256"                                       },
        {"ES256",  "ES256K",             MATERIAL_SIGNS,    "ES256"                                       },
        {"ES256K", "ES256",              MATERIAL_SIGNS,    "ES256K"                                      },
        {"ES512",  "RS512",              MATERIAL_SIGNS,    "ES512"                                       },
        {"ES256",  "HS256",              MATERIAL_SIGNS,    "ES256"                                       },
        {"ES256",  "RSA-OAEP",           MATERIAL_ENCRYPTS, "none"                                        },
        {"RS256",  "HS256",              MATERIAL_SIGNS,    "RS256 RS384 RS512 PS256 PS384 PS512 RSNULL"  },
        {"RS256",  "RSA-OAEP",           MATERIAL_SIGNS,    "RS256 RS384 RS512 PS256 PS384 PS512 RSNULL"  },
        {"RS256",  "RS256",              MATERIAL_ENCRYPTS, "RSA-OAEP RSA-OAEP-256 RSA1_5"                },
        {"RS256",  "A256KW",             MATERIAL_WRAPS,    "RSA-OAEP RSA-OAEP-256 RSA1_5"                },
        {"RS256",  "rs256",              MATERIAL_SIGNS,    "RS256 RS384 RS512 PS256 PS384 PS512 RSNULL"  },
        {"RS256",  "none",               MATERIAL_SIGNS,    "RS256 RS384 RS512 PS256 PS384 PS512 RSNULL"  },
        {"RS256",  "",                   MATERIAL_SIGNS,    "RS256 RS384 RS512 PS256 PS384 PS512 RSNULL"  },
        {"RS256",  "RS256\n",            MATERIAL_SIGNS,    "RS256 RS384 RS512 PS256 PS384 PS512 RSNULL"  },
        {"HS256",  "RS256",              MATERIAL_SIGNS,    "HS256 HS384 HS512"                           },
        {"HS256",  "A256GCM",            MATERIAL_WRAPS,    "A256KW CKM_AES_KEY_WRAP CKM_AES_KEY_WRAP_PAD"},
        {"HS256",  "A128GCM",            MATERIAL_ENCRYPTS,
         "A256GCM A256CBC A256CBCPAD A256KW CKM_AES_KEY_WRAP CKM_AES_KEY_WRAP_PAD"                        },
        {"HS256",  "A256GCM_and_more__", MATERIAL_ENCRYPTS,
         "A256GCM A256CBC A256CBCPAD A256KW CKM_AES_KEY_WRAP CKM_AES_KEY_WRAP_PAD"                        },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct quoth_error err = {0};
        const struct material_algorithm *a = NULL;
        AUTO(material) struct material *m = key_for(rows[i].key);
        print_message("  %s with %s\n", rows[i].key, rows[i].algorithm);
        assert_false(
            material_algorithm_for(m, bytes_of_text(rows[i].algorithm), rows[i].use, &a, &err));
        assert_null(a);
        assert_int_equal(err.code, QUOTH_KEY_ALGORITHM);
        assert_string_equal(err.expected, rows[i].has);
    }
}

/* Whoever looks an algorithm up with one key and uses it with another gets no further. */
static void an_algorithm_of_another_key_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(all); i++)
        for (size_t j = 0; j < COUNT(all); j++) {
            struct quoth_error err = {0};
            AUTO(buffer) struct buffer digest = {0}, out = {0};
            AUTO(material) struct material *theirs = key_for(all[i]), *ours = key_for(all[j]);
            const struct material_algorithm *a = vector_algorithm(theirs, all[i], MATERIAL_SIGNS);
            const bool same = strncmp(all[i], "ES", 2) == 0
                                  ? strcmp(all[i], all[j]) == 0
                                  : material_type(theirs) == material_type(ours);
            bool valid;
            digest_for(all[i], quoth, &digest);
            assert_int_equal(material_sign(ours, a, buffer_bytes(&digest), &out, &err), same);
            assert_int_equal(material_verify(ours, a, buffer_bytes(&digest), quoth, &valid, &err),
                             same);
            assert_int_equal(err.code, same ? QUOTH_OK : QUOTH_KEY_ALGORITHM);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_signatures_of_the_rfcs),
        cmocka_unit_test(the_signatures_of_others),
        cmocka_unit_test(every_signature_is_good_until_something_changes),
        cmocka_unit_test(a_signature_is_as_long_as_it_is),
        cmocka_unit_test(algorithms_are_not_confused),
        cmocka_unit_test(rsnull_is_the_bare_block),
        cmocka_unit_test(numbers_outside_the_curve_are_no_signature),
        cmocka_unit_test(a_number_above_the_order_is_refused),
        cmocka_unit_test(der_is_not_the_form),
        cmocka_unit_test(digests_of_another_length_are_refused),
        cmocka_unit_test(what_any_text_is_signed_with_has_its_limits),
        cmocka_unit_test(a_key_has_its_own_algorithms),
        cmocka_unit_test(an_algorithm_of_another_key_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
