#include "crypto/public_key.h"

#include "codec/der.h"
#include "codec/pem.h"
#include "tests/key_vectors.h"
#include "tests/unit.h"

#define RS256_INPUT RFC7515_RS256_HEADER "." RFC7515_PAYLOAD
#define ES256_INPUT RFC7515_ES256_HEADER "." RFC7515_PAYLOAD
#define E_65537 BYTES_LITERAL("\x01\x00\x01")

static struct public_key *rsa(void)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer n = {0};
    struct public_key *key = NULL;
    if (!public_key_from_rsa(unit_hex(rfc7515_rsa_n, &n), E_65537, &key, &err))
        fail_msg("%s", err.message);
    return key;
}

static struct public_key *p256(void)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer x = {0}, y = {0};
    struct public_key *key = NULL;
    if (!public_key_from_p256(unit_hex(RFC7515_X, &x), unit_hex(RFC7515_Y, &y), &key, &err))
        fail_msg("%s", err.message);
    return key;
}

static void the_signatures_of_rfc_7515_verify(void **state)
{
    (void)state;
    AUTO(public_key) struct public_key *r = rsa(), *e = p256();
    AUTO(buffer) struct buffer rs = {0}, es = {0};
    const struct bytes rs_text = BYTES_LITERAL(RS256_INPUT), es_text = BYTES_LITERAL(ES256_INPUT);
    unit_hex(rfc7515_rs256_signature, &rs);
    unit_hex(rfc7515_es256_signature, &es);
    assert_true(public_key_verify_rs256(r, &rs_text, 1, buffer_bytes(&rs)));
    assert_true(public_key_verify_es256(e, &es_text, 1, buffer_bytes(&es)));
    /* other text, other algorithm, other key */
    assert_false(public_key_verify_rs256(r, &es_text, 1, buffer_bytes(&rs)));
    assert_false(public_key_verify_es256(e, &rs_text, 1, buffer_bytes(&es)));
    assert_false(public_key_verify_rs256(e, &rs_text, 1, buffer_bytes(&rs)));
    assert_false(public_key_verify_es256(r, &es_text, 1, buffer_bytes(&es)));
    assert_false(public_key_verify_rs256(r, &rs_text, 1, buffer_bytes(&es)));
    assert_false(public_key_verify_rs256(r, NULL, 0, buffer_bytes(&rs)));
}

static void no_changed_signature_verifies(void **state)
{
    (void)state;
    AUTO(public_key) struct public_key *r = rsa();
    AUTO(buffer) struct buffer signature = {0};
    const struct bytes text = BYTES_LITERAL(RS256_INPUT);
    unit_hex(rfc7515_rs256_signature, &signature);
    for (size_t bit = 0; bit < 8 * signature.len; bit += 5) {
        signature.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(public_key_verify_rs256(r, &text, 1, buffer_bytes(&signature)));
        signature.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    const struct bytes whole = buffer_bytes(&signature);
    assert_false(public_key_verify_rs256(r, &text, 1, bytes_slice(whole, 0, 255)));
    assert_false(public_key_verify_rs256(r, &text, 1, bytes_slice(whole, 1, 255)));
    assert_false(public_key_verify_rs256(r, &text, 1, (struct bytes){0}));
    buffer_u8(&signature, 0);
    assert_false(public_key_verify_rs256(r, &text, 1, buffer_bytes(&signature)));
}

/* Out and in again in each form. */
static void keys_survive_writing_and_reading(void **state)
{
    (void)state;
    AUTO(public_key) struct public_key *r = rsa(), *e = p256();
    const struct public_key *const keys[] = {r, e};
    for (size_t i = 0; i < COUNT(keys); i++) {
        struct quoth_error err = {0};
        AUTO(public_key) struct public_key *from_spki = NULL, *from_pem = NULL;
        AUTO(buffer) struct buffer spki = {0}, pem = {0};
        assert_true(public_key_to_spki(keys[i], &spki, &err));
        assert_true(public_key_to_pem(keys[i], &pem, &err));
        assert_true(public_key_from_spki(buffer_bytes(&spki), &from_spki, &err));
        assert_true(public_key_from_pem(buffer_bytes(&pem), &from_pem, &err));
        assert_true(public_key_equal(keys[i], from_spki) && public_key_equal(keys[i], from_pem));
    }
    assert_false(public_key_equal(r, e));
    assert_int_equal(public_key_bits(r), 2048);
    assert_int_equal(public_key_bits(e), 256);
}

static void a_key_gives_its_numbers(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(public_key) struct public_key *r = rsa(), *e = p256();
    AUTO(buffer) struct buffer n = {0}, exponent = {0}, expected = {0};
    uint8_t point[P256_POINT_SIZE];
    assert_true(public_key_to_rsa(r, &n, &exponent, &err));
    assert_true(bytes_equal(buffer_bytes(&n), unit_hex(rfc7515_rsa_n, &expected)));
    assert_true(bytes_equal(buffer_bytes(&exponent), E_65537));
    assert_true(public_key_to_point(e, point, &err));
    assert_true(bytes_equal(BYTES_OF(point), unit_hex("04" RFC7515_X RFC7515_Y, &expected)));
    assert_false(public_key_to_point(r, point, &err));
    err = (struct quoth_error){0};
    assert_false(public_key_to_rsa(e, &n, &exponent, &err));
}

/* PKCS #1 in PEM, as `openssl rsa -RSAPublicKey_out` writes it. */
static void pkcs1_text_is_read(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(public_key) struct public_key *r = rsa(), *from_pem = NULL;
    AUTO(buffer) struct buffer n = {0}, numbers = {0}, der = {0}, pem = {0};
    der_write_integer(&numbers, unit_hex(rfc7515_rsa_n, &n));
    der_write_integer(&numbers, E_65537);
    der_write_tlv(&der, DER_SEQUENCE, buffer_bytes(&numbers));
    pem_encode("RSA PUBLIC KEY", buffer_bytes(&der), &pem);
    assert_true(public_key_from_pem(buffer_bytes(&pem), &from_pem, &err));
    assert_true(public_key_equal(r, from_pem));
    /* a second block, or another text, is not one key */
    struct public_key *none = NULL;
    buffer_add(&pem, BYTES_LITERAL("x"));
    assert_false(public_key_from_pem(buffer_bytes(&pem), &none, &err));
    assert_null(none);
}

enum { AS_IT_IS, TOP_ZERO, EVEN, SHORT, LONG };

static struct bytes modulus(int kind, struct buffer *n)
{
    unit_hex(rfc7515_rsa_n, n);
    if (kind == TOP_ZERO)
        n->data[0] = 0;
    if (kind == EVEN)
        n->data[n->len - 1] &= 0xFE;
    if (kind == LONG)
        buffer_fill(n, 257, 0xFF);
    return bytes_slice(buffer_bytes(n), kind == SHORT ? 1 : 0, n->len);
}

static const struct {
    const char *name;
    int n;
    struct bytes e;
    enum quoth_code code;
} bad_rsa[] = {
    {"e is 3",               AS_IT_IS, BYTES_INIT("\x03"),                   QUOTH_KEY_UNSUPPORTED},
    {"e is 1",               AS_IT_IS, BYTES_INIT("\x01"),                   QUOTH_KEY_UNSUPPORTED},
    {"e is 65535",           AS_IT_IS, BYTES_INIT("\xff\xff"),               QUOTH_KEY_UNSUPPORTED},
    {"e is 65536",           AS_IT_IS, BYTES_INIT("\x01\x00\x00"),           QUOTH_KEY_UNSUPPORTED},
    {"e is even",            AS_IT_IS, BYTES_INIT("\x01\x00\x02"),           QUOTH_KEY_UNSUPPORTED},
    {"e has a leading zero", AS_IT_IS, BYTES_INIT("\x00\x01\x00\x01"),       QUOTH_KEY_UNSUPPORTED},
    {"e is zero",            AS_IT_IS, BYTES_INIT("\x00"),                   QUOTH_KEY_UNSUPPORTED},
    {"e is nothing",         AS_IT_IS, BYTES_INIT(""),                       QUOTH_KEY_UNSUPPORTED},
    {"e of 65 bits",         AS_IT_IS, BYTES_INIT("\x01\0\0\0\0\0\0\0\x01"), QUOTH_KEY_UNSUPPORTED},
    {"n has a leading zero", TOP_ZERO, BYTES_INIT("\x01\x00\x01"),           QUOTH_KEY_UNSUPPORTED},
    {"n is even",            EVEN,     BYTES_INIT("\x01\x00\x01"),           QUOTH_KEY_MALFORMED  },
    {"n of 2040 bits",       SHORT,    BYTES_INIT("\x01\x00\x01"),           QUOTH_KEY_UNSUPPORTED},
    {"n of 4104 bits",       LONG,     BYTES_INIT("\x01\x00\x01"),           QUOTH_KEY_UNSUPPORTED},
};

static void bad_numbers_are_refused(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer n = {0};
    for (size_t i = 0; i < COUNT(bad_rsa); i++) {
        struct quoth_error err = {0};
        struct public_key *key = NULL;
        print_message("  %s\n", bad_rsa[i].name);
        assert_false(public_key_from_rsa(modulus(bad_rsa[i].n, &n), bad_rsa[i].e, &key, &err));
        assert_int_equal(err.code, bad_rsa[i].code);
        assert_null(key);
    }
}

#define P256_POINT "04" RFC7515_X RFC7515_Y
#define P256_ALGORITHM "301306072a8648ce3d020106082a8648ce3d030107"

static const struct {
    const char *name, *spki;
} bad_spki[] = {
    {"nothing",               ""                                                         },
    {"P-384",                 "3056301006072a8648ce3d020106052b81040022034200" P256_POINT},
    {"secp256k1",             "3056301006072a8648ce3d020106052b8104000a034200" P256_POINT},
    {"explicit parameters",   "304e300b06072a8648ce3d02013000034200" P256_POINT          },
    {"id-ecPublicKey alone",  "304d300906072a8648ce3d0201034200" P256_POINT              },
    {"Ed25519",               "302a300506032b6570032100" RFC7515_X                       },
    {"compressed",            "3039" P256_ALGORITHM "03220003" RFC7515_X                 },
    {"hybrid",                "3059" P256_ALGORITHM "03420007" RFC7515_X RFC7515_Y       },
    {"infinity",              "3019" P256_ALGORITHM "03020000"                           },
    {"off the curve",         "3059" P256_ALGORITHM "03420004" RFC7515_Y RFC7515_X       },
    {"unused bits",           "3059" P256_ALGORITHM "034201" P256_POINT                  },
    {"more behind",           "3059" P256_ALGORITHM "034200" P256_POINT "00"             },
    {"more inside",           "305b" P256_ALGORITHM "034200" P256_POINT "0500"           },
    {"a length of two bytes", "308159" P256_ALGORITHM "034200" P256_POINT                },
    {"RSA without NULL",      "3016300b06092a864886f70d0101010307003004020105020103"     },
    {"RSA-PSS",               "3016300b06092a864886f70d01010a0307003004020105020103"     },
    {"RSA of three bits",     "301a300d06092a864886f70d01010105000309003006020105020103" },
};

static void bad_spki_is_refused(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer der = {0};
    for (size_t i = 0; i < COUNT(bad_spki); i++) {
        struct quoth_error err = {0};
        struct public_key *key = NULL;
        assert_false(public_key_from_spki(unit_hex(bad_spki[i].spki, &der), &key, &err));
        print_message("  %s: %s: %s\n", bad_spki[i].name, err.where, err.message);
        assert_int_not_equal(err.code, QUOTH_OK);
        assert_null(key);
    }
}

static void jwk_coordinates_have_32_bytes(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer x = {0}, y = {0};
    struct public_key *key = NULL;
    unit_hex(RFC7515_X, &x);
    unit_hex(RFC7515_Y, &y);
    assert_false(
        public_key_from_p256(bytes_slice(buffer_bytes(&x), 0, 31), buffer_bytes(&y), &key, &err));
    assert_int_equal(err.code, QUOTH_KEY_MALFORMED);
    err = (struct quoth_error){0};
    buffer_u8(&y, 0);
    assert_false(public_key_from_p256(buffer_bytes(&x), buffer_bytes(&y), &key, &err));
    assert_int_equal(err.code, QUOTH_KEY_MALFORMED);
    assert_null(key);
}

static const struct {
    const char *name;
    const char *pem;
} bad_pem[] = {
    {"nothing",       ""                                                                    },
    {"another label", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"      },
    {"labels differ", "-----BEGIN PUBLIC KEY-----\nMAA=\n-----END RSA PUBLIC KEY-----\n"    },
    {"no end",        "-----BEGIN PUBLIC KEY-----\nMAA=\n"                                  },
    {"empty key",     "-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n"        },
    {"empty PKCS #1", "-----BEGIN RSA PUBLIC KEY-----\nMAA=\n-----END RSA PUBLIC KEY-----\n"},
};

static void bad_text_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bad_pem); i++) {
        struct quoth_error err = {0}, other = {0};
        struct public_key *key = NULL;
        uint8_t n[SIGSTRUCT_KEY_SIZE];
        print_message("  %s\n", bad_pem[i].name);
        assert_false(public_key_from_pem(bytes_of_text(bad_pem[i].pem), &key, &err));
        assert_false(sigstruct_modulus_from_pem(bytes_of_text(bad_pem[i].pem), n, &other));
        assert_null(key);
    }
}

static void a_token_key_is_no_sigstruct_key(void **state)
{
    (void)state;
    AUTO(public_key) struct public_key *r = rsa(), *e = p256();
    const struct public_key *const keys[] = {r, e};
    for (size_t i = 0; i < COUNT(keys); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer pem = {0};
        uint8_t n[SIGSTRUCT_KEY_SIZE];
        assert_true(public_key_to_pem(keys[i], &pem, &err));
        assert_false(sigstruct_modulus_from_pem(buffer_bytes(&pem), n, &err));
        assert_int_equal(err.code, QUOTH_KEY_UNSUPPORTED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_signatures_of_rfc_7515_verify),
        cmocka_unit_test(no_changed_signature_verifies),
        cmocka_unit_test(keys_survive_writing_and_reading),
        cmocka_unit_test(a_key_gives_its_numbers),
        cmocka_unit_test(pkcs1_text_is_read),
        cmocka_unit_test(bad_numbers_are_refused),
        cmocka_unit_test(bad_spki_is_refused),
        cmocka_unit_test(jwk_coordinates_have_32_bytes),
        cmocka_unit_test(bad_text_is_refused),
        cmocka_unit_test(a_token_key_is_no_sigstruct_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
