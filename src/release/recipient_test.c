#include "release/recipient.h"

#include "codec/base64.h"
#include "crypto/key.h"
#include "tests/key_vectors.h"
#include "tests/unit.h"
#include "token/token.h"

static char n_2048[400], n_even[400], n_1024[200], n_8192[1400]; /* base64url */

static void encode(struct bytes number, char *to, size_t size)
{
    AUTO(buffer) struct buffer text = {0};
    base64url_encode(number, &text);
    assert_true(text.len < size);
    bytes_copy((uint8_t *)to, buffer_bytes(&text));
    to[text.len] = '\0';
}

static int make_numbers(void **state)
{
    (void)state;
    static uint8_t large[1024];
    AUTO(buffer) struct buffer n = {0};
    unit_hex(rfc7515_rsa_n, &n);
    encode(buffer_bytes(&n), n_2048, sizeof n_2048);
    encode(bytes_slice(buffer_bytes(&n), 128, 128), n_1024, sizeof n_1024);
    n.data[n.len - 1] ^= 1;
    encode(buffer_bytes(&n), n_even, sizeof n_even);
    memset(large, 0xFF, sizeof large);
    encode(BYTES_OF(large), n_8192, sizeof n_8192);
    return 0;
}

/* Puts numbers where a text has their names. */
static void expand(const char *text, struct buffer *to)
{
    static const struct {
        const char *name, *value;
    } numbers[] = {
        {"@N",     n_2048},
        {"@EVEN",  n_even},
        {"@SHORT", n_1024},
        {"@LONG",  n_8192}
    };
    while (*text) {
        size_t i = 0;
        while (i < COUNT(numbers) && strncmp(text, numbers[i].name, strlen(numbers[i].name)) != 0)
            i++;
        if (i == COUNT(numbers)) {
            buffer_u8(to, (uint8_t)*text++);
            continue;
        }
        buffer_text(to, numbers[i].value);
        text += strlen(numbers[i].name);
    }
}

static bool find(const char *claims, struct release_recipient *r, struct quoth_error *err)
{
    struct quoth_error none = {0};
    AUTO(buffer) struct buffer text = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    expand(claims, &text);
    if (!json_parse(buffer_bytes(&text), NULL, &doc, &none))
        fail_msg("%s: %s", claims, none.message);
    return release_recipient_find(json_root(&doc), r, err);
}

/* clang-format off */
#define RUNTIME(keys) "{\"x-ms-runtime\":{\"keys\":[" keys "]}}"
#define NE "\"n\":\"@N\",\"e\":\"AQAB\""
#define GOOD(kid) "{\"kty\":\"RSA\",\"kid\":\"" kid "\",\"key_ops\":[\"encrypt\"]," NE "}"

static const struct {
    const char *name, *claims, *kid;
} accepted[] = {
    {"key_ops, as a CVM has it",     RUNTIME(GOOD("a")), "a"},
    {"use",                          RUNTIME("{\"kty\":\"RSA\",\"kid\":\"a\",\"use\":\"enc\"," NE "}"), "a"},
    {"key_use",                      RUNTIME("{\"kty\":\"RSA\",\"kid\":\"a\",\"key_use\":\"enc\"," NE "}"), "a"},
    {"key_use as a list",            RUNTIME("{\"kty\":\"RSA\",\"kid\":\"a\",\"key_use\":[\"enc\"]," NE "}"), "a"},
    {"key_ops as a string",          RUNTIME("{\"kty\":\"RSA\",\"kid\":\"a\",\"key_ops\":\"encrypt\"," NE "}"), "a"},
    {"several operations",           RUNTIME("{\"kty\":\"RSA\",\"kid\":\"a\",\"key_ops\":[\"wrapKey\",\"encrypt\"]," NE "}"), "a"},
    {"the second, after signing",    RUNTIME("{\"kty\":\"RSA\",\"kid\":\"s\",\"key_ops\":[\"sign\"]," NE "}," GOOD("a")), "a"},
    {"the second, after a curve",    RUNTIME("{\"kty\":\"EC\",\"kid\":\"s\",\"use\":\"enc\"}," GOOD("a")), "a"},
    {"the second, after no kid",     RUNTIME("{\"kty\":\"RSA\",\"use\":\"enc\"," NE "}," GOOD("a")), "a"},
    {"the second, after no object",  RUNTIME("1,null,\"a\"," GOOD("a")), "a"},
    {"the first of two",             RUNTIME(GOOD("a") "," GOOD("b")), "a"},
    {"kid with an escape",           RUNTIME(GOOD("\\u0061")), "a"},
    {"zeros before the numbers",     RUNTIME("{\"kty\":\"RSA\",\"kid\":\"a\",\"use\":\"enc\",\"n\":\"@N\",\"e\":\"AAEAAQ\"}"), "a"},
};

static const struct {
    const char *name, *claims;
} refused[] = {
    {"no claims",                    "{}"},
    {"no object",                    "[]"},
    {"runtime data is text",         "{\"x-ms-runtime\":\"\"}"},
    {"runtime data is null",         "{\"x-ms-runtime\":null}"},
    {"runtime data is a list",       "{\"x-ms-runtime\":[" GOOD("a") "]}"},
    {"no keys",                      "{\"x-ms-runtime\":{}}"},
    {"keys is an object",            "{\"x-ms-runtime\":{\"keys\":" GOOD("a") "}}"},
    {"empty",                        RUNTIME("")},
    {"on top of the token",          "{\"keys\":[" GOOD("a") "]}"},
    {"in the init-time data",        "{\"x-ms-inittime\":{\"keys\":[" GOOD("a") "]}}"},
    {"nested, of the vTPM",          "{\"x-ms-isolation-tee\":{\"x-ms-runtime\":{\"keys\":[" GOOD("HCLEkPub") "]}},\"x-ms-runtime\":{\"keys\":[]}}"},
    {"a dotted name",                "{\"x-ms-runtime.keys\":[" GOOD("a") "]}"},
    {"a curve",                      RUNTIME("{\"kty\":\"EC\",\"kid\":\"a\",\"use\":\"enc\"," NE "}")},
    {"a secret",                     RUNTIME("{\"kty\":\"oct\",\"kid\":\"a\",\"use\":\"enc\",\"k\":\"AA\"}")},
    {"no type",                      RUNTIME("{\"kid\":\"a\",\"use\":\"enc\"," NE "}")},
    {"type is a list",               RUNTIME("{\"kty\":[\"RSA\"],\"kid\":\"a\",\"use\":\"enc\"," NE "}")},
    {"use is a list",                RUNTIME("{\"kty\":\"RSA\",\"kid\":\"a\",\"use\":[\"enc\"]," NE "}")},
    {"key_ops is an object",         RUNTIME("{\"kty\":\"RSA\",\"kid\":\"a\",\"key_ops\":{\"x\":\"encrypt\"}," NE "}")},
    {"type in lower case",           RUNTIME("{\"kty\":\"rsa\",\"kid\":\"a\",\"use\":\"enc\"," NE "}")},
    {"no kid",                       RUNTIME("{\"kty\":\"RSA\",\"use\":\"enc\"," NE "}")},
    {"kid is a number",              RUNTIME("{\"kty\":\"RSA\",\"kid\":1,\"use\":\"enc\"," NE "}")},
    {"kid is empty",                 RUNTIME("{\"kty\":\"RSA\",\"kid\":\"\",\"use\":\"enc\"," NE "}")},
    {"kid twice",                    RUNTIME(GOOD("a") "," GOOD("a"))},
    {"kid twice, once escaped",      RUNTIME(GOOD("a") "," GOOD("\\u0061"))},
    {"kid of a signing key too",     RUNTIME("{\"kty\":\"RSA\",\"kid\":\"a\",\"use\":\"sig\"," NE "}," GOOD("a"))},
    {"kid of a key without numbers", RUNTIME(GOOD("a") ",{\"kid\":\"a\"}")},
    {"for nothing",                  RUNTIME("{\"kty\":\"RSA\",\"kid\":\"a\"," NE "}")},
    {"for signatures",               RUNTIME("{\"kty\":\"RSA\",\"kid\":\"a\",\"use\":\"sig\"," NE "}")},
    {"use and key_ops disagree",     RUNTIME("{\"kty\":\"RSA\",\"kid\":\"a\",\"use\":\"sig\",\"key_ops\":[\"encrypt\"]," NE "}")},
    {"key_use and use disagree",     RUNTIME("{\"kty\":\"RSA\",\"kid\":\"a\",\"use\":\"enc\",\"key_use\":\"sig\"," NE "}")},
    {"to decrypt",                   RUNTIME("{\"kty\":\"RSA\",\"kid\":\"a\",\"key_ops\":[\"decrypt\"]," NE "}")},
    {"Encrypt",                      RUNTIME("{\"kty\":\"RSA\",\"kid\":\"a\",\"key_ops\":[\"Encrypt\"]," NE "}")},
    {"no modulus",                   RUNTIME("{\"kty\":\"RSA\",\"kid\":\"a\",\"use\":\"enc\",\"e\":\"AQAB\"}")},
    {"no exponent",                  RUNTIME("{\"kty\":\"RSA\",\"kid\":\"a\",\"use\":\"enc\",\"n\":\"@N\"}")},
    {"modulus of 1024 bits",         RUNTIME("{\"kty\":\"RSA\",\"kid\":\"a\",\"use\":\"enc\",\"n\":\"@SHORT\",\"e\":\"AQAB\"}")},
    {"and no second is tried",       RUNTIME("{\"kty\":\"RSA\",\"kid\":\"a\",\"use\":\"enc\",\"n\":\"@SHORT\",\"e\":\"AQAB\"}," GOOD("b"))},
    {"modulus of 8192 bits",         RUNTIME("{\"kty\":\"RSA\",\"kid\":\"a\",\"use\":\"enc\",\"n\":\"@LONG\",\"e\":\"AQAB\"}")},
    {"modulus is even",              RUNTIME("{\"kty\":\"RSA\",\"kid\":\"a\",\"use\":\"enc\",\"n\":\"@EVEN\",\"e\":\"AQAB\"}")},
    {"modulus is nothing",           RUNTIME("{\"kty\":\"RSA\",\"kid\":\"a\",\"use\":\"enc\",\"n\":\"\",\"e\":\"AQAB\"}")},
    {"modulus is zeros",             RUNTIME("{\"kty\":\"RSA\",\"kid\":\"a\",\"use\":\"enc\",\"n\":\"AAAA\",\"e\":\"AQAB\"}")},
    {"modulus is padded",            RUNTIME("{\"kty\":\"RSA\",\"kid\":\"a\",\"use\":\"enc\",\"n\":\"@N==\",\"e\":\"AQAB\"}")},
    {"modulus is a number",          RUNTIME("{\"kty\":\"RSA\",\"kid\":\"a\",\"use\":\"enc\",\"n\":77,\"e\":\"AQAB\"}")},
    {"exponent 1",                   RUNTIME("{\"kty\":\"RSA\",\"kid\":\"a\",\"use\":\"enc\",\"n\":\"@N\",\"e\":\"AQ\"}")},
    {"exponent 3",                   RUNTIME("{\"kty\":\"RSA\",\"kid\":\"a\",\"use\":\"enc\",\"n\":\"@N\",\"e\":\"Aw\"}")},
    {"exponent 65536",               RUNTIME("{\"kty\":\"RSA\",\"kid\":\"a\",\"use\":\"enc\",\"n\":\"@N\",\"e\":\"AQAA\"}")},
    {"exponent 65535",               RUNTIME("{\"kty\":\"RSA\",\"kid\":\"a\",\"use\":\"enc\",\"n\":\"@N\",\"e\":\"__8\"}")},
    {"with its private half",        RUNTIME("{\"kty\":\"RSA\",\"kid\":\"a\",\"use\":\"enc\",\"d\":\"AQ\"," NE "}")},
    {"with a prime",                 RUNTIME("{\"kty\":\"RSA\",\"kid\":\"a\",\"use\":\"enc\",\"p\":\"AQ\"," NE "}")},
};
/* clang-format on */

static void the_first_key_for_encryption_is_taken(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(accepted); i++) {
        struct quoth_error err = {0};
        AUTO(release_recipient) struct release_recipient r = {0};
        print_message("  %s\n", accepted[i].name);
        if (!find(accepted[i].claims, &r, &err))
            fail_msg("%s: %s", err.where, err.message);
        assert_true(bytes_equal(buffer_bytes(&r.kid), bytes_of_text(accepted[i].kid)));
        assert_int_equal(public_key_bits(r.key), 2048);
    }
}

static void unfit_keys_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct quoth_error err = {0};
        AUTO(release_recipient) struct release_recipient r = {0};
        print_message("  %s\n", refused[i].name);
        assert_false(find(refused[i].claims, &r, &err));
        assert_int_equal(err.code, QUOTH_RELEASE_RECIPIENT);
        assert_true(err.message[0] != '\0' && r.key == NULL && r.kid.data == NULL);
    }
}

static void thirty_two_keys_are_enough(void **state)
{
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer text = {0};
        AUTO(release_recipient) struct release_recipient r = {0};
        buffer_text(&text, "{\"x-ms-runtime\":{\"keys\":[");
        for (size_t i = 1; i < RELEASE_KEYS_MAX + more; i++)
            buffer_text(&text, "{},");
        buffer_text(&text, GOOD("a") "]}}");
        buffer_u8(&text, '\0');
        assert_int_equal(find((const char *)text.data, &r, &err), more == 0);
    }
}

static void a_kid_has_256_bytes_at_most(void **state)
{
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer text = {0};
        AUTO(release_recipient) struct release_recipient r = {0};
        buffer_text(&text, "{\"x-ms-runtime\":{\"keys\":[{\"kty\":\"RSA\",\"use\":\"enc\"," NE
                           ",\"kid\":\"");
        buffer_fill(&text, RELEASE_KID_MAX + more, 'k');
        buffer_text(&text, "\"}]}}");
        buffer_u8(&text, '\0');
        assert_int_equal(find((const char *)text.data, &r, &err), more == 0);
    }
}

static void keys_on_curves_have_no_place_here(void **state)
{
    (void)state;
    struct quoth_error err = {0}, thumbprint = {0}, written = {0};
    AUTO(private_key) struct private_key *key = NULL;
    AUTO(public_key) struct public_key *public = NULL;
    AUTO(buffer) struct buffer text = {0};
    assert_true(private_key_from_pem(bytes_of_text(rfc7515_ec_pem), &key, &err));
    assert_true(private_key_public(key, &public, &err));
    assert_false(release_thumbprint(public, &text, &thumbprint));
    assert_int_equal(thumbprint.code, QUOTH_INTERNAL);
    assert_false(release_recipient_write(public, (struct bytes){0}, &text, &written));
    assert_int_equal(written.code, QUOTH_INTERNAL);
    assert_int_equal(text.len, 0);
}

static struct public_key *rfc_public(void)
{
    struct quoth_error err = {0};
    struct public_key *public = NULL;
    AUTO(private_key) struct private_key *key = NULL;
    assert_true(private_key_from_pem(bytes_of_text(rfc7515_rsa_pem), &key, &err));
    assert_true(private_key_public(key, &public, &err));
    return public;
}

static void what_a_program_writes_is_found(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(public_key) struct public_key *key = rfc_public();
    AUTO(release_recipient) struct release_recipient r = {0};
    AUTO(buffer) struct buffer claims = {0}, kid = {0};
    buffer_text(&claims, "{\"x-ms-runtime\":");
    assert_true(release_recipient_write(key, BYTES_LITERAL("0123456789abcdef"), &claims, &err));
    buffer_text(&claims, "}");
    buffer_u8(&claims, '\0');
    assert_true(find((const char *)claims.data, &r, &err));
    assert_true(public_key_equal(r.key, key));
    assert_true(release_thumbprint(key, &kid, &err));
    assert_true(bytes_equal(buffer_bytes(&kid), buffer_bytes(&r.kid)));
    assert_non_null(strstr((const char *)claims.data, "\"nonce\":\"MDEyMzQ1Njc4OWFiY2RlZg\""));
}

/* RFC 7638 3.1. */
static void the_thumbprint_of_the_rfc(void **state)
{
    (void)state;
    static const char n[] = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7"
                            "aPFFxuhDR1L6tSoc_BJECP"
                            "ebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_"
                            "RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY"
                            "368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdk"
                            "t-bFTWhAI4vMQFh6WeZu0f"
                            "M4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
    struct quoth_error err = {0};
    AUTO(public_key) struct public_key *key = NULL;
    AUTO(buffer) struct buffer modulus = {0}, text = {0};
    assert_true(base64url_decode(bytes_of_text(n), &modulus, &err));
    assert_true(public_key_from_rsa(buffer_bytes(&modulus), BYTES_LITERAL("\1\0\1"), &key, &err));
    assert_true(release_thumbprint(key, &text, &err));
    assert_true(bytes_equal(buffer_bytes(&text),
                            BYTES_LITERAL("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")));
}

/* The recorded requests, which real services answered. */
static void recorded_tokens_have_a_recipient(void **state)
{
    (void)state;
    static const char *const files[] = {
        "key-release/azure-release-recordings/keyvault-2021-12-21-release-request.json",
        "key-release/azure-release-recordings/managedhsm-2021-12-21-release-request.json",
    };
    for (size_t i = 0; i < COUNT(files); i++) {
        struct quoth_error err = {0};
        struct bytes target;
        AUTO(buffer) struct buffer text = {0};
        AUTO(json_doc) struct json_doc doc = {0};
        AUTO(token) struct token token = {0};
        AUTO(release_recipient) struct release_recipient r = {0};
        assert_true(json_parse(unit_vector(files[i], &text), NULL, &doc, &err));
        assert_true(json_need_plain(json_root(&doc), "target", &target, &err));
        assert_true(token_read(target, &token, &err));
        assert_true(release_recipient_find(json_root(&token.payload), &r, &err));
        assert_true(bytes_equal(buffer_bytes(&r.kid), BYTES_LITERAL("fake-release-key")));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_key_for_encryption_is_taken),
        cmocka_unit_test(unfit_keys_are_refused),
        cmocka_unit_test(thirty_two_keys_are_enough),
        cmocka_unit_test(a_kid_has_256_bytes_at_most),
        cmocka_unit_test(keys_on_curves_have_no_place_here),
        cmocka_unit_test(what_a_program_writes_is_found),
        cmocka_unit_test(the_thumbprint_of_the_rfc),
        cmocka_unit_test(recorded_tokens_have_a_recipient),
    };
    return cmocka_run_group_tests(tests, make_numbers, NULL);
}
