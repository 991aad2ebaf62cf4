#include "tests/forge.h"
#include "tests/unit.h"

static char n_text[512];

static void modulus_of(const struct private_key *key, char *to)
{
    struct quoth_error err = {0};
    AUTO(public_key) struct public_key *public = forge_public(key);
    AUTO(buffer) struct buffer n = {0}, e = {0}, text = {0};
    assert_true(public_key_to_rsa(public, &n, &e, &err));
    base64url_encode(buffer_bytes(&n), &text);
    memcpy(to, text.data, text.len);
    to[text.len] = '\0';
}

static int make_keys(void **state)
{
    (void)state;
    AUTO(private_key) struct private_key *key = forge_key(KEY_TYPE_RSA_2048);
    modulus_of(key, n_text);
    return 0;
}

/* $N is the modulus. */
static void expand(const char *pattern, struct buffer *to)
{
    for (const char *c = pattern; *c; c++)
        if (strncmp(c, "$N", 2) == 0) {
            buffer_text(to, n_text);
            c++;
        } else {
            buffer_u8(to, (uint8_t)*c);
        }
}

#define KEY(kid) "{\"kty\":\"RSA\",\"kid\":\"" kid "\",\"n\":\"$N\",\"e\":\"AQAB\"}"

static const struct {
    const char *name, *text;
    size_t count;
} good[] = {
    {"one key",                      "{\"keys\":[" KEY("a") "]}",                               1},
    {"two keys",                     "{\"keys\":[" KEY("a") "," KEY("b") "]}",                  2},
    {"use and alg as wanted",
     "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"n\":\"$N\",\"e\":\"AQAB\",\"use\":\"sig\","
     "\"alg\":\"RS256\"}]}",                                                                    1},
    {"other members",                "{\"x\":1,\"keys\":[" KEY("a") "],\"y\":[]}",              1},
    {"a curve beside it",
     "{\"keys\":[" KEY("a") ",{\"kty\":\"EC\",\"kid\":\"e\",\"crv\":\"P-256\"}]}",              1},
    {"a symmetric key beside it",
     "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"a\",\"k\":\"AAAA\"}," KEY("a") "]}",                1},
    {"one for encryption beside it",
     "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"x\",\"use\":\"enc\",\"n\":\"$N\",\"e\":\"AQAB\"}," KEY(
         "a") "]}",
     1                                                                                           },
    {"one for PS256 beside it",
     "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"x\",\"alg\":\"PS256\",\"n\":\"$N\",\"e\":\"AQAB\"}"
     "," KEY("a") "]}",
     1                                                                                           },
    {"one without kid beside it",
     "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"$N\",\"e\":\"AQAB\"}," KEY("a") "]}",                 1},
    {"a small one beside it",
     "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"x\",\"n\":\"wwww\",\"e\":\"AQAB\"}," KEY("a") "]}", 1},
    {"exponent 3 beside it",
     "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"x\",\"n\":\"$N\",\"e\":\"Aw\"}," KEY("a") "]}",     1},
};

static void usable_keys_are_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer text = {0};
        AUTO(jwks) struct jwks set = {0};
        print_message("  %s\n", good[i].name);
        expand(good[i].text, &text);
        assert_true(jwks_read(buffer_bytes(&text), &set, &err));
        assert_int_equal(set.count, good[i].count);
        assert_non_null(jwks_find(&set, "a"));
        assert_null(jwks_find(&set, "x"));
        assert_null(jwks_find(&set, ""));
        assert_null(jwks_find(&set, "A"));
    }
}

static const struct {
    const char *name, *text;
} bad[] = {
    {"nothing",                     ""                                                                    },
    {"an array",                    "[" KEY("a") "]"                                                      },
    {"no keys",                     "{}"                                                                  },
    {"keys is an object",           "{\"keys\":{}}"                                                       },
    {"keys is empty",               "{\"keys\":[]}"                                                       },
    {"keys twice",                  "{\"keys\":[" KEY("a") "],\"keys\":[" KEY("b") "]}"                   },
    {"a key is a string",           "{\"keys\":[\"a\"]}"                                                  },
    {"a kid twice",                 "{\"keys\":[" KEY("a") "," KEY("b") "," KEY("a") "]}"                 },
    {"a kid twice by an escape",    "{\"keys\":[" KEY("a") "," KEY("\\u0061") "]}"                        },
    {"kid is a number",             "{\"keys\":[{\"kty\":\"RSA\",\"kid\":1,\"n\":\"$N\",\"e\":\"AQAB\"}]}"},
    {"kid is empty",                "{\"keys\":[" KEY("") "]}"                                            },
    {"only for others",             "{\"keys\":[{\"kty\":\"EC\",\"kid\":\"a\"}]}"                         },
    {"no kty",                      "{\"keys\":[{\"kid\":\"a\",\"n\":\"$N\",\"e\":\"AQAB\"}]}"            },
    {"no key in a key",             "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\"}]}"                        },
    {"no exponent",                 "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"n\":\"$N\"}]}"           },
    {"no modulus",                  "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"e\":\"AQAB\"}]}"         },
    {"modulus in standard base 64",
     "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"n\":\"++++\",\"e\":\"AQAB\"}]}"                         },
    {"modulus is a number",         "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"n\":7,\"e\":\"AQAB\"}]}" },
    {"x5c is empty",                "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"x5c\":[]}]}"             },
    {"x5c is a string",             "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"x5c\":\"AAAA\"}]}"       },
    {"x5c is no certificate",       "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"x5c\":[\"AAAA\"]}]}"     },
    {"x5c is not base 64",          "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"x5c\":[\"A A\"]}]}"      },
    {"x5c is bad beside n and e",
     "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"x5c\":[\"AAAA\"],\"n\":\"$N\",\"e\":\"AQAB\"}]}"        },
    {"a private key",
     "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"n\":\"$N\",\"e\":\"AQAB\",\"d\":\"AAAA\"}]}"            },
    {"deep nesting",                "{\"keys\":[[[[[[[[[[[[]]]]]]]]]]]]}"                                 },
};

static void unusable_sets_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer text = {0};
        AUTO(jwks) struct jwks set = {0};
        print_message("  %s\n", bad[i].name);
        expand(bad[i].text, &text);
        assert_false(jwks_read(buffer_bytes(&text), &set, &err));
        print_message("    %s: %s\n", err.where, err.message);
        assert_int_equal(err.code, QUOTH_JWKS_MALFORMED);
        assert_int_equal(set.count, 0);
    }
}

static void too_many_keys_are_refused(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer text = {0};
    AUTO(jwks) struct jwks set = {0};
    buffer_text(&text, "{\"keys\":[");
    for (int i = 0; i <= JWKS_KEYS_MAX; i++)
        buffer_printf(&text, "%s{\"kty\":\"EC\"}", i ? "," : "");
    buffer_text(&text, "]}");
    assert_false(jwks_read(buffer_bytes(&text), &set, &err));
    assert_int_equal(err.code, QUOTH_JWKS_MALFORMED);
}

static void what_is_written_reads_back(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(private_key) struct private_key *key = forge_key(KEY_TYPE_RSA_2048);
    AUTO(public_key) struct public_key *public = forge_public(key);
    AUTO(buffer) struct buffer text = {0};
    AUTO(jwks) struct jwks set = {0};
    forge_jwks(&text, "k\"1", key);
    /* with no certificate x5c is left out, as an empty one would be no key */
    assert_true(jwks_read(buffer_bytes(&text), &set, &err));
    assert_true(public_key_equal(jwks_find(&set, "k\"1"), public));
}

/* A key told twice: by the certificate of one key and the numbers of the same or of another. */
static bool read_told_twice(struct private_key *certified, const struct private_key *plain,
                            struct quoth_error *err)
{
    AUTO(public_key) struct public_key *numbers = forge_public(plain);
    AUTO(buffer) struct buffer der = {0}, text = {0};
    AUTO(jwks) struct jwks set = {0};
    forge_certificate(&der, certified);
    const struct bytes chain = buffer_bytes(&der);
    json_object_begin(&text);
    json_name(&text, "keys");
    json_array_begin(&text);
    jwk_write(&text, "k", numbers, &chain, 1);
    json_array_end(&text);
    json_object_end(&text);
    return jwks_read(buffer_bytes(&text), &set, err) && jwks_find(&set, "k") != NULL;
}

static void certificate_and_numbers_must_agree(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(private_key) struct private_key *key = forge_key(KEY_TYPE_RSA_2048);
    AUTO(private_key) struct private_key *other = forge_key(KEY_TYPE_RSA_2048);
    AUTO(private_key) struct private_key *curve = forge_key(KEY_TYPE_P256);
    assert_true(read_told_twice(key, key, &err));
    assert_false(read_told_twice(other, key, &err));
    assert_int_equal(err.code, QUOTH_JWKS_MALFORMED);
    err = (struct quoth_error){0};
    assert_false(read_told_twice(curve, key, &err));
    assert_int_equal(err.code, QUOTH_JWKS_MALFORMED);
}

static void the_recorded_set_is_understood(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer text = {0};
    AUTO(jwks) struct jwks set = {0};
    assert_true(jwks_read(unit_vector("maa/certs/jwks-sharedwus-2022.json", &text), &set, &err));
    assert_int_equal(set.count, 3);
    assert_non_null(jwks_find(&set, "XxRc2vLh1E5FrsNawnRH3PzuFgqg3q7NvCdnjoJHBGE="));
}

/* ---- sets of issuers that may sign with ES256 */

static void write_p256(struct buffer *to, const char *crv, const char *beside, bool other_y)
{
    struct quoth_error err = {0};
    uint8_t point[P256_POINT_SIZE];
    AUTO(private_key) struct private_key *key = forge_key(KEY_TYPE_P256);
    AUTO(public_key) struct public_key *public = forge_public(key);
    assert_true(public_key_to_point(public, point, &err));
    point[P256_POINT_SIZE - 1] ^= other_y;
    buffer_printf(to, "{\"kty\":\"EC\",\"crv\":\"%s\",\"kid\":\"e\"%s,\"x\":", crv, beside);
    json_base64url(to, bytes_slice(BYTES_OF(point), 1, 32));
    buffer_text(to, ",\"y\":");
    json_base64url(to, bytes_slice(BYTES_OF(point), 33, 32));
    buffer_text(to, "}");
}

static bool reads_p256(const char *crv, const char *beside, bool other_y, bool wanted,
                       struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0};
    AUTO(jwks) struct jwks set = {0};
    buffer_text(&text, "{\"keys\":[");
    write_p256(&text, crv, beside, other_y);
    buffer_text(&text, "]}");
    return (wanted ? jwks_read_with_p256 : jwks_read)(buffer_bytes(&text), &set, err) &&
           public_key_kind(jwks_find(&set, "e")) == KEY_KIND_P256;
}

static void curves_come_in_where_they_are_wanted(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    assert_true(reads_p256("P-256", "", false, true, &err));
    assert_true(reads_p256("P-256", ",\"use\":\"sig\",\"alg\":\"ES256\"", false, true, &err));
    static const struct {
        const char *name, *crv, *beside;
        bool other_y, wanted;
    } refused[] = {
        {"not wanted",        "P-256", "",                    false, false},
        {"another curve",     "P-384", "",                    false, true },
        {"for RS256",         "P-256", ",\"alg\":\"RS256\"",  false, true },
        {"for encryption",    "P-256", ",\"use\":\"enc\"",    false, true },
        {"not on the curve",  "P-256", "",                    true,  true },
        {"a private key",     "P-256", ",\"d\":\"AAAA\"",     false, true },
        {"a chain of no use", "P-256", ",\"x5c\":[\"AAAA\"]", false, true },
    };
    for (size_t i = 0; i < COUNT(refused); i++) {
        print_message("  %s\n", refused[i].name);
        err = (struct quoth_error){0};
        assert_false(reads_p256(refused[i].crv, refused[i].beside, refused[i].other_y,
                                refused[i].wanted, &err));
        assert_int_equal(err.code, QUOTH_JWKS_MALFORMED);
    }
}

/* A key verifies what its own algorithm has signed, whatever the header says. */
static void either_algorithm_stays_with_its_keys(void **state)
{
    (void)state;
    static const char *const algorithms[] = {"RS256", "ES256", "none", "HS256"};
    AUTO(private_key)
    struct private_key *rsa = forge_key(KEY_TYPE_RSA_2048), *curve = forge_key(KEY_TYPE_P256);
    AUTO(public_key)
    struct public_key *rsa_public = forge_public(rsa), *curve_public = forge_public(curve);
    for (size_t i = 0; i < COUNT(algorithms); i++)
        for (int signer = 0; signer < 3; signer++)
            for (int reader = 0; reader < 2; reader++) {
                struct quoth_error err = {0};
                char header[64];
                AUTO(buffer) struct buffer text = {0};
                AUTO(token) struct token t = {0};
                snprintf(header, sizeof header, "{\"alg\":\"%s\"}", algorithms[i]);
                forge(&text, header, "{}", signer == 0 ? rsa : signer == 1 ? curve : NULL);
                assert_true(token_read(buffer_bytes(&text), &t, &err));
                assert_int_equal(
                    token_signed_by_either(&t, reader == 0 ? rsa_public : curve_public, &err),
                    (int)i == signer && (int)i == reader && i < 2);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usable_keys_are_found),
        cmocka_unit_test(unusable_sets_are_refused),
        cmocka_unit_test(too_many_keys_are_refused),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(certificate_and_numbers_must_agree),
        cmocka_unit_test(the_recorded_set_is_understood),
        cmocka_unit_test(curves_come_in_where_they_are_wanted),
        cmocka_unit_test(either_algorithm_stays_with_its_keys),
    };
    return cmocka_run_group_tests(tests, make_keys, NULL);
}
