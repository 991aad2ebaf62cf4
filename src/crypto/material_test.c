#include "codec/json.h"
#include "tests/material_vectors.h"

static void make(const struct material_spec *spec, struct material **ret)
{
    struct quoth_error err = {0};
    if (!material_generate(spec, ret, &err))
        fail_msg("%s: %s", err.where, err.message);
}

static const struct material_spec kinds[] = {
    {.type = MATERIAL_RSA, .bits = 2048},
    {.type = MATERIAL_RSA, .bits = 3072, .exponent = 65539},
    {.type = MATERIAL_EC,                    .curve = BYTES_INIT("P-256")             },
    {.type = MATERIAL_EC,                    .curve = BYTES_INIT("P-384")},
    {.type = MATERIAL_EC,                    .curve = BYTES_INIT("P-521")             },
    {.type = MATERIAL_EC,                    .curve = BYTES_INIT("P-256K")},
    {.type = MATERIAL_OCT,                    .bits = 128            },
    {.type = MATERIAL_OCT,                    .bits = 192},
    {.type = MATERIAL_OCT,                    .bits = 256            },
};

static void every_kind_is_made_and_comes_back(void **state)
{
    static const unsigned bits[] = {2048, 3072, 256, 384, 521, 256, 128, 192, 256};
    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct quoth_error err = {0};
        AUTO(material) struct material *m = NULL, *again = NULL;
        AUTO(buffer) struct buffer stored = {0}, twice = {0};
        make(&kinds[i], &m);
        assert_int_equal(material_type(m), kinds[i].type);
        assert_int_equal(material_bits(m), bits[i]);
        assert_true(material_export(m, &stored, &err));
        assert_true(material_import(kinds[i].type, buffer_bytes(&stored), &again, &err));
        assert_true(material_export(again, &twice, &err));
        assert_true(bytes_equal(buffer_bytes(&stored), buffer_bytes(&twice)));
    }
}

/* OpenSSL reads what we store, finds the halves to belong together, and the same public one. */
static void what_is_stored_is_the_pkcs8_of_others(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct quoth_error err = {0};
        AUTO(material) struct material *m = NULL;
        AUTO(buffer) struct buffer stored = {0};
        AUTO(pkcs8_public) struct pkcs8_public ours = {0}, theirs = {0};
        make(&kinds[i], &m);
        assert_int_equal(material_public(m, &ours, &err), kinds[i].type != MATERIAL_OCT);
        if (kinds[i].type == MATERIAL_OCT)
            continue;
        assert_true(material_export(m, &stored, &err));
        assert_true(pkcs8_public_read(buffer_bytes(&stored), &theirs, &err));
        assert_ptr_equal(ours.curve, theirs.curve);
        assert_true(bytes_equal(buffer_bytes(&ours.a), buffer_bytes(&theirs.a)));
        assert_true(bytes_equal(buffer_bytes(&ours.b), buffer_bytes(&theirs.b)));
    }
}

static void what_is_not_made_says_what_is(void **state)
{
    static const struct {
        const char *name;
        struct material_spec spec;
    } rows[] = {
        {"RSA of 1024 bits",         {.type = MATERIAL_RSA, .bits = 1024}                   },
        {"RSA of no bits",           {.type = MATERIAL_RSA}                                 },
        {"RSA of 2047 bits",         {.type = MATERIAL_RSA, .bits = 2047}                   },
        {"RSA of 8192 bits",         {.type = MATERIAL_RSA, .bits = 8192}                   },
        {"exponent 1",               {.type = MATERIAL_RSA, .bits = 2048, .exponent = 1}    },
        {"exponent 3",               {.type = MATERIAL_RSA, .bits = 2048, .exponent = 3}    },
        {"exponent 65535",           {.type = MATERIAL_RSA, .bits = 2048, .exponent = 65535}},
        {"exponent 65538",           {.type = MATERIAL_RSA, .bits = 2048, .exponent = 65538}},
        {"exponent 2^32 + 1",
         {.type = MATERIAL_RSA, .bits = 2048, .exponent = (UINT64_C(1) << 32) + 1}          },
        {"no curve",                 {.type = MATERIAL_EC}                                  },
        {"P-224",                    {.type = MATERIAL_EC, .curve = BYTES_INIT("P-224")}    },
        {"P-256 in small letters",   {.type = MATERIAL_EC, .curve = BYTES_INIT("p-256")}    },
        {"OpenSSL's name of P-256K", {.type = MATERIAL_EC, .curve = BYTES_INIT("secp256k1")}},
        {"no bits",                  {.type = MATERIAL_OCT}                                 },
        {"64 bits",                  {.type = MATERIAL_OCT, .bits = 64}                     },
        {"136 bits",                 {.type = MATERIAL_OCT, .bits = 136}                    },
        {"512 bits",                 {.type = MATERIAL_OCT, .bits = 512}                    },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct quoth_error err = {0};
        struct material *m = NULL;
        print_message("  %s\n", rows[i].name);
        assert_false(material_generate(&rows[i].spec, &m, &err));
        assert_int_equal(err.code, QUOTH_KEY_UNSUPPORTED);
        assert_null(m);
    }
}

/* ---- keys that are brought along */

#define RSA_PARTS 8
/* n, e, d, p, q, dp, dq, qi of the key of RFC 7515 A.2, from its PKCS #1 form */
static void rsa_parts(struct buffer *hold, struct material_parts *parts)
{
    struct quoth_error err = {0};
    AUTO(private_key) struct private_key *key = NULL;
    assert_true(private_key_from_pem(bytes_of_text(rfc7515_rsa_pem), &key, &err));
    assert_true(private_key_to_der(key, hold, &err));
    /* After PrivateKeyInfo's own 26 bytes and the version, INTEGERs one after the other. */
    struct bytes *const to[RSA_PARTS] = {&parts->n, &parts->e,  &parts->d,  &parts->p,
                                         &parts->q, &parts->dp, &parts->dq, &parts->qi};
    struct reader r = {.in = buffer_bytes(hold), .pos = 26 + 4 + 3, .err = &err};
    for (size_t i = 0; i < RSA_PARTS; i++) {
        (void)reader_u8(&r, "tag");
        const uint8_t len = reader_u8(&r, "length");
        *to[i] = reader_take(&r,
                             len == 0x82   ? reader_u16be(&r, "length")
                             : len == 0x81 ? reader_u8(&r, "length")
                                           : len,
                             "number");
    }
    assert_true(reader_end(&r, "key"));
    parts->type = MATERIAL_RSA;
}

static void same(const struct material *a, const struct material *b)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer left = {0}, right = {0};
    assert_true(material_export(a, &left, &err) && material_export(b, &right, &err));
    assert_true(bytes_equal(buffer_bytes(&left), buffer_bytes(&right)));
}

/* With all parts, with leading zeros in all of them (as der_integer's contents have them in half of
 * all keys), and with n, e and d alone. */
static void an_rsa_key_has_many_forms(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer hold = {0}, zeros = {0};
    struct material_parts full = {0}, padded;
    rsa_parts(&hold, &full);
    padded = full;
    struct bytes *const all[RSA_PARTS] = {&padded.n, &padded.e,  &padded.d,  &padded.p,
                                          &padded.q, &padded.dp, &padded.dq, &padded.qi};
    buffer_reserve(&zeros, 4096);
    for (size_t i = 0; i < RSA_PARTS; i++) {
        const size_t at = zeros.len;
        buffer_fill(&zeros, 3, 0);
        buffer_add(&zeros, *all[i]);
        *all[i] = (struct bytes){zeros.data + at, zeros.len - at};
    }
    const struct material_parts bare = {
        .type = MATERIAL_RSA, .n = full.n, .e = full.e, .d = full.d};
    AUTO(material)
    struct material *one = vector_key(&full), *two = vector_key(&padded),
                    *three = vector_key(&bare), *four = vector_rsa_of_pem();
    same(one, two);
    same(one, three); /* p is the larger one there, and so it is here */
    same(one, four);
}

enum spoiling { LEFT_OUT, ODD_ONE_MORE, ONE, ZERO, SHORT, LONG, SWAPPED };

/* Each member in turn: left out, changed in its last bit but one, one, zero, a byte short, a byte
 * long, or that of its neighbour. None of it is a key. */
static void an_rsa_key_whose_parts_do_not_fit_is_refused(void **state)
{
    static const uint8_t one[] = {1}, zero[] = {0};
    (void)state;
    AUTO(buffer) struct buffer hold = {0};
    struct material_parts full = {0};
    rsa_parts(&hold, &full);
    for (size_t i = 0; i < RSA_PARTS; i++)
        for (int how = LEFT_OUT; how <= SWAPPED; how++) {
            struct quoth_error err = {0};
            struct material *m = NULL;
            uint8_t other[300] = {0};
            struct material_parts p = full;
            struct bytes *const all[RSA_PARTS + 1] = {&p.n,  &p.e,  &p.d,  &p.p, &p.q,
                                                      &p.dp, &p.dq, &p.qi, &p.n};
            bytes_copy(other, *all[i]);
            other[all[i]->len - 1] ^= 2;
            other[all[i]->len] = 1;
            const struct bytes spoilt[] = {
                {NULL,  0              },
                {other, all[i]->len    },
                BYTES_OF(one),
                BYTES_OF(zero),
                bytes_slice(*all[i], 0, all[i]->len - 1),
                {other, all[i]->len + 1},
                *all[i + 1]
            };
            *all[i] = spoilt[how];
            assert_false(material_from_parts(&p, &m, &err));
            assert_true(err.code == QUOTH_KEY_MALFORMED || err.code == QUOTH_KEY_UNSUPPORTED);
            assert_null(m);
            if (i == 3 || i == 4 || i == 2) { /* without the factors: d alone can be wrong */
                struct quoth_error again = {0};
                p.p = p.q = p.dp = p.dq = p.qi = (struct bytes){0};
                assert_int_equal(material_from_parts(&p, &m, &again), i != 2);
                material_free(m);
            }
        }
}

static void some_of_the_factors_are_not_enough(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer hold = {0};
    struct material_parts full = {0};
    rsa_parts(&hold, &full);
    for (unsigned present = 1; present < 31; present++) {
        struct quoth_error err = {0};
        struct material *m = NULL;
        struct material_parts p = full;
        struct bytes *const five[] = {&p.p, &p.q, &p.dp, &p.dq, &p.qi};
        for (size_t i = 0; i < COUNT(five); i++)
            if (!(present & 1u << i))
                *five[i] = (struct bytes){0};
        assert_false(material_from_parts(&p, &m, &err));
        assert_string_equal(err.message,
                            "p, q, dp, dq and qi must be there all together, or none of them");
    }
}

/* The signs of a key that nobody should have: e d is 1 modulo p - 1 and q - 1, and more. */
static void an_rsa_key_that_is_too_weak_is_refused(void **state)
{
    static const uint8_t three[] = {3}, even[] = {1, 0, 0}, large[] = {1, 0, 0, 0, 1},
                         small[] = {0xff, 0xff};
    static const struct bytes exponents[] = {
        {three, 1},
        {even,  3},
        {large, 5},
        {small, 2},
        {NULL,  0}
    };
    (void)state;
    struct quoth_error err = {0};
    struct material *m = NULL;
    AUTO(buffer) struct buffer hold = {0};
    struct material_parts full = {0};
    rsa_parts(&hold, &full);
    for (size_t i = 0; i < COUNT(exponents); i++) {
        struct quoth_error refused = {0};
        struct material_parts p = full;
        p.e = exponents[i];
        assert_false(material_from_parts(&p, &m, &refused));
        assert_true(refused.code == QUOTH_KEY_UNSUPPORTED || refused.code == QUOTH_KEY_MALFORMED);
    }
    full.n = bytes_slice(full.n, 129, 128); /* odd, but 1024 bits */
    assert_false(material_from_parts(&full, &m, &err));
    assert_int_equal(err.code, QUOTH_KEY_UNSUPPORTED);
}

/* d = 1 fits every modulus as far as n and e go; e d - 1 is then a power of two and says nothing. */
static void exponents_that_undo_nothing_are_refused(void **state)
{
    static const uint8_t ds[][1] = {{1}, {3}, {2}};
    (void)state;
    AUTO(buffer) struct buffer hold = {0};
    struct material_parts full = {0};
    rsa_parts(&hold, &full);
    for (size_t i = 0; i < COUNT(ds); i++) {
        struct quoth_error err = {0};
        struct material *m = NULL;
        const struct material_parts p = {
            .type = MATERIAL_RSA, .n = full.n, .e = full.e, .d = BYTES_OF(ds[i])};
        assert_false(material_from_parts(&p, &m, &err));
        assert_string_equal(err.message, "n, e and d do not belong together");
    }
}

#define D256 "8e9b109e719098bf980487df1f5d77e9cb29606ebed2263b5f57c213df84f4b2"
#define N256 "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
#define GX256 "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
#define GY256 "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"
#define P256_P "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"

static void an_ec_key_whose_parts_do_not_fit_is_refused(void **state)
{
    static const struct {
        const char *name, *curve, *x, *y, *d;
    } rows[] = {
        {"no d",              "P-256",   RFC7515_X,      RFC7515_Y,      ""       },
        {"no point",          "P-256",   "",             "",             D256     },
        {"no x",              "P-256",   "",             RFC7515_Y,      D256     },
        {"no y",              "P-256",   RFC7515_X,      "",             D256     },
        {"x and y swapped",   "P-256",   RFC7515_Y,      RFC7515_X,      D256     },
        {"not on the curve",  "P-256",   RFC7515_X,      GY256,          D256     },
        {"point of another",  "P-256",   GX256,          GY256,          D256     },
        {"d of another",      "P-256",   RFC7515_X,      RFC7515_Y,      GX256    },
        {"d is 1",            "P-256",   RFC7515_X,      RFC7515_Y,      "01"     },
        {"d is 0",            "P-256",   RFC7515_X,      RFC7515_Y,      ZERO     },
        {"d is the order",    "P-256",   RFC7515_X,      RFC7515_Y,      N256     },
        {"0 and infinity",    "P-256",   ZERO,           ZERO,           N256     },
        {"x is the prime",    "P-256",   P256_P,         RFC7515_Y,      D256     },
        {"x too long",        "P-256",   "01" RFC7515_X, RFC7515_Y,      D256     },
        {"y too long",        "P-256",   RFC7515_X,      "01" RFC7515_Y, D256     },
        {"d too long",        "P-256",   RFC7515_X,      RFC7515_Y,      "01" D256},
        {"on another curve",  "P-256K",  RFC7515_X,      RFC7515_Y,      D256     },
        {"on a wider curve",  "P-384",   RFC7515_X,      RFC7515_Y,      D256     },
        {"no curve",          "",        RFC7515_X,      RFC7515_Y,      D256     },
        {"a curve of others", "P-224",   RFC7515_X,      RFC7515_Y,      D256     },
        {"Ed25519",           "Ed25519", RFC7515_X,      RFC7515_Y,      D256     },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct quoth_error err = {0};
        struct material *m = NULL;
        AUTO(buffer) struct buffer x = {0}, y = {0}, d = {0};
        const struct material_parts p = {.type = MATERIAL_EC,
                                         .curve = bytes_of_text(rows[i].curve),
                                         .x = unit_hex(rows[i].x, &x),
                                         .y = unit_hex(rows[i].y, &y),
                                         .d = unit_hex(rows[i].d, &d)};
        print_message("  %s\n", rows[i].name);
        assert_false(material_from_parts(&p, &m, &err));
        assert_true(err.code == QUOTH_KEY_MALFORMED || err.code == QUOTH_KEY_UNSUPPORTED);
    }
}

static void an_ec_key_may_have_leading_zeros(void **state)
{
    (void)state;
    AUTO(material)
    struct material *a = vector_ec("P-256", RFC7515_X, RFC7515_Y, D256),
                    *b = vector_ec("P-256", "0000" RFC7515_X, "00" RFC7515_Y, "000000" D256),
                    *one = vector_ec("P-256", GX256, GY256, "01");
    same(a, b);
    assert_int_equal(material_bits(one), 256); /* the shortest scalar there is */
}

static void a_symmetric_key_has_three_lengths(void **state)
{
    static const uint8_t bytes[65] = {0}; /* zeros in front count here */
    (void)state;
    for (size_t len = 0; len < sizeof bytes; len++) {
        struct quoth_error err = {0};
        AUTO(material) struct material *m = NULL;
        const struct material_parts p = {
            .type = MATERIAL_OCT, .k = {bytes, len}
        };
        const bool good = len == 16 || len == 24 || len == 32;
        assert_int_equal(material_from_parts(&p, &m, &err), good);
        assert_int_equal(err.code, good ? QUOTH_OK : QUOTH_KEY_UNSUPPORTED);
    }
}

/* ---- what is stored */

static void what_is_cut_or_lengthened_is_refused(void **state)
{
    static const struct material_spec spec = {.type = MATERIAL_EC, .curve = BYTES_INIT("P-256")};
    (void)state;
    struct quoth_error err = {0};
    AUTO(material) struct material *ec = NULL, *rsa = vector_rsa_of_pem();
    AUTO(buffer) struct buffer a = {0}, b = {0};
    make(&spec, &ec);
    assert_true(material_export(ec, &a, &err) && material_export(rsa, &b, &err));
    const size_t whole_a = a.len, whole_b = b.len;
    buffer_u8(&a, 0);
    buffer_u8(&b, 0);
    for (size_t len = 0; len <= b.len; len++) {
        struct quoth_error first = {0}, second = {0}, third = {0};
        struct material *m = NULL;
        if (len <= a.len && len != whole_a) {
            assert_false(material_import(MATERIAL_EC, (struct bytes){a.data, len}, &m, &first));
            assert_int_equal(first.code, QUOTH_KEY_MALFORMED);
        }
        if (len != whole_b) {
            assert_false(material_import(MATERIAL_RSA, (struct bytes){b.data, len}, &m, &second));
            assert_int_equal(second.code, QUOTH_KEY_MALFORMED);
        }
        assert_false(material_import(MATERIAL_EC, (struct bytes){b.data, len}, &m, &third));
    }
}

/* The key of another kind, curve or form is not taken for one. */
static void what_no_vault_stores_is_refused(void **state)
{
    static const struct {
        const char *name;
        enum material_type type;
        const char *der;
    } rows[] = {
        {"Ed25519 (RFC 8410 10.3)", MATERIAL_EC,
         "302e020100300506032b657004220420d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f4"
         "4755842"                                                                    },
        {"EC without its point",    MATERIAL_EC,
         "3041020100301306072a8648ce3d020106082a8648ce3d0301070427302502010104208e9b109e719098bf980"
         "487df1f"
         "5d77e9cb29606ebed2263b5f57c213df84f4b2"                                     },
        {"P-224",                   MATERIAL_EC,
         "3078020100301006072a8648ce3d020106052b810400210461305f020101041c0000000000000000000000000"
         "0000000"
         "000000000000000000000001a13c033a0004b70e0cbd6bb4bf7f321390b94a03c1d356c21122343280d6115c1"
         "d21bd37"
         "6388b5f723fb4c22dfe6cd4375a05a07476444d5819985007e34"                       },
        {"17 bytes",                MATERIAL_OCT, "0102030405060708090a0b0c0d0e0f1011"},
        {"nothing",                 MATERIAL_OCT, ""                                  },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct quoth_error err = {0};
        struct material *m = NULL;
        AUTO(buffer) struct buffer hold = {0};
        print_message("  %s\n", rows[i].name);
        assert_false(material_import(rows[i].type, unit_hex(rows[i].der, &hold), &m, &err));
        assert_true(err.code == QUOTH_KEY_MALFORMED || err.code == QUOTH_KEY_UNSUPPORTED);
    }
}

static void more_than_any_key_has_is_refused(void **state)
{
    static const uint8_t large[PKCS8_MAX + 1];
    (void)state;
    for (int type = MATERIAL_RSA; type <= MATERIAL_OCT; type++) {
        struct quoth_error err = {0};
        struct material *m = NULL;
        assert_false(material_import((enum material_type)type, BYTES_OF(large), &m, &err));
        assert_int_equal(err.code, QUOTH_TOO_LARGE);
    }
}

#define RECORDED "key-release/azure-release-recordings/managedhsm-2021-12-21-imported-key.jwk.json"

/* A key that Managed HSM took: every one of its numbers begins with a zero byte. */
static void the_key_of_a_recorded_import(void **state)
{
    static const char *const names[RSA_PARTS] = {"n", "e", "d", "p", "q", "dp", "dq", "qi"};
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer text = {0}, stored = {0};
    struct buffer numbers[RSA_PARTS] = {{0}};
    AUTO(json_doc) struct json_doc doc = {0};
    AUTO(pkcs8_public) struct pkcs8_public public = {0};
    struct material_parts p = {.type = MATERIAL_RSA};
    struct bytes *const to[RSA_PARTS] = {&p.n, &p.e, &p.d, &p.p, &p.q, &p.dp, &p.dq, &p.qi};
    assert_true(json_parse(unit_vector(RECORDED, &text), NULL, &doc, &err));
    for (size_t i = 0; i < RSA_PARTS; i++) {
        struct bytes value;
        assert_true(json_need_plain(json_root(&doc), names[i], &value, &err));
        assert_true(base64_decode_any(value, &numbers[i], &err));
        *to[i] = buffer_bytes(&numbers[i]);
    }
    AUTO(material) struct material *m = vector_key(&p);
    assert_int_equal(p.n.len, 257);
    assert_true(material_public(m, &public, &err));
    assert_true(bytes_equal(buffer_bytes(&public.a), bytes_slice(p.n, 1, 256)));
    assert_true(material_export(m, &stored, &err));
    assert_int_equal(stored.len, 1219); /* what its release held: key-release.md 2.4 */
    for (size_t i = 0; i < RSA_PARTS; i++)
        buffer_clear(&numbers[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_made_and_comes_back),
        cmocka_unit_test(what_is_stored_is_the_pkcs8_of_others),
        cmocka_unit_test(what_is_not_made_says_what_is),
        cmocka_unit_test(an_rsa_key_has_many_forms),
        cmocka_unit_test(an_rsa_key_whose_parts_do_not_fit_is_refused),
        cmocka_unit_test(some_of_the_factors_are_not_enough),
        cmocka_unit_test(an_rsa_key_that_is_too_weak_is_refused),
        cmocka_unit_test(exponents_that_undo_nothing_are_refused),
        cmocka_unit_test(an_ec_key_whose_parts_do_not_fit_is_refused),
        cmocka_unit_test(an_ec_key_may_have_leading_zeros),
        cmocka_unit_test(a_symmetric_key_has_three_lengths),
        cmocka_unit_test(what_is_cut_or_lengthened_is_refused),
        cmocka_unit_test(what_no_vault_stores_is_refused),
        cmocka_unit_test(more_than_any_key_has_is_refused),
        cmocka_unit_test(the_key_of_a_recorded_import),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
