#include <quoth/fetch.h>

#include "codec/base64.h"
#include "codec/json.h"
#include "crypto/key.h"
#include "crypto/material.h"
#include "tests/forge.h"
#include "tests/key_vectors.h"
#include "tests/unit.h"

static char id[] = "https://vault.example/keys/k/0123456789abcdef0123456789abcdef";

static void der_of(const char *pem, struct buffer *der)
{
    struct quoth_error err = {0};
    AUTO(private_key) struct private_key *key = NULL;
    assert_true(private_key_from_pem(bytes_of_text(pem), &key, &err));
    assert_true(private_key_to_der(key, der, &err));
}

static void expect_number(struct json jwk, const char *name, const char *hex)
{
    struct quoth_error err = {0};
    struct bytes text;
    AUTO(buffer) struct buffer found = {0}, wanted = {0};
    assert_true(json_need_plain(jwk, name, &text, &err));
    assert_true(base64url_decode(text, &found, &err));
    if (!bytes_equal(buffer_bytes(&found), unit_hex(hex, &wanted)))
        fail_msg("%s is another number", name);
}

static char *write(enum quoth_fetched_type type, struct bytes data)
{
    struct quoth_error err = {0};
    char *json = NULL;
    AUTO(buffer) struct buffer copy = {0};
    buffer_add(&copy, data);
    const struct quoth_fetched f = {.type = type, .id = id, .data = copy.data, .len = copy.len};
    if (!quoth_fetched_jwk(&f, &json, &err))
        print_message("    %s: %s\n", err.where, err.message);
    assert_int_equal(json == NULL, err.code != QUOTH_OK);
    return json;
}

static void keys_have_all_their_members(void **state)
{
    (void)state;
    static const char *const rsa[] = {"kid", "kty", "n", "e", "d", "p", "q", "dp", "dq", "qi"};
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer der = {0}, ec = {0};
    AUTO(json_doc) struct json_doc doc = {0}, ec_doc = {0}, oct_doc = {0};
    der_of(rfc7515_rsa_pem, &der);
    AUTO(text) char *json = write(QUOTH_FETCHED_RSA, buffer_bytes(&der));
    assert_true(json && json_parse(bytes_of_text(json), NULL, &doc, &err));
    assert_int_equal(json_count(json_root(&doc)), COUNT(rsa));
    expect_number(json_root(&doc), "n", rfc7515_rsa_n);
    expect_number(json_root(&doc), "e", "010001");

    der_of(rfc7515_ec_pem, &ec);
    AUTO(text) char *ec_json = write(QUOTH_FETCHED_EC, buffer_bytes(&ec));
    assert_true(ec_json && json_parse(bytes_of_text(ec_json), NULL, &ec_doc, &err));
    expect_number(json_root(&ec_doc), "x", RFC7515_X);
    expect_number(json_root(&ec_doc), "y", RFC7515_Y);
    /* RFC 7515 A.3.1 */
    assert_non_null(strstr(ec_json, "\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\""));
    struct json curve;
    assert_true(json_member(json_root(&ec_doc), "crv", &curve) && json_text_is(curve, "P-256"));

    AUTO(text) char *oct_json = write(QUOTH_FETCHED_OCT, BYTES_LITERAL("\0\1\2\3"));
    assert_true(oct_json && json_parse(bytes_of_text(oct_json), NULL, &oct_doc, &err));
    expect_number(json_root(&oct_doc), "k", "00010203");
}

/* What is written is the key: whoever reads the numbers gets the same PKCS #8. */
static void the_private_numbers_are_the_key(void **state)
{
    (void)state;
    static const char *const names[] = {"n", "e", "d", "p", "q", "dp", "dq", "qi"};
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer der = {0}, back = {0};
    struct buffer numbers[COUNT(names)] = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    AUTO(private_key) struct private_key *key = forge_key(KEY_TYPE_RSA_2048);
    assert_true(private_key_to_der(key, &der, &err));
    AUTO(text) char *json = write(QUOTH_FETCHED_RSA, buffer_bytes(&der));
    assert_true(json && json_parse(bytes_of_text(json), NULL, &doc, &err));
    for (size_t i = 0; i < COUNT(names); i++) {
        struct bytes text;
        assert_true(json_need_plain(json_root(&doc), names[i], &text, &err) &&
                    base64url_decode(text, &numbers[i], &err));
    }
    const struct material_parts parts = {.type = MATERIAL_RSA,
                                         .n = buffer_bytes(&numbers[0]),
                                         .e = buffer_bytes(&numbers[1]),
                                         .d = buffer_bytes(&numbers[2]),
                                         .p = buffer_bytes(&numbers[3]),
                                         .q = buffer_bytes(&numbers[4]),
                                         .dp = buffer_bytes(&numbers[5]),
                                         .dq = buffer_bytes(&numbers[6]),
                                         .qi = buffer_bytes(&numbers[7])};
    AUTO(material) struct material *m = NULL;
    if (!material_from_parts(&parts, &m, &err))
        fail_msg("%s", err.message);
    assert_true(material_export(m, &back, &err));
    assert_true(bytes_equal(buffer_bytes(&back), buffer_bytes(&der)));
    for (size_t i = 0; i < COUNT(names); i++)
        buffer_clear(&numbers[i]);
}

static void what_is_no_key_has_no_form(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer der = {0};
    der_of(rfc7515_ec_pem, &der);
    print_message("  a secret\n");
    assert_null(write(QUOTH_FETCHED_SECRET, BYTES_LITERAL("secret")));
    print_message("  bytes that are no PKCS #8\n");
    assert_null(write(QUOTH_FETCHED_EC, BYTES_LITERAL("secret")));
    print_message("  with more behind it\n");
    buffer_u8(&der, 0);
    assert_null(write(QUOTH_FETCHED_EC, buffer_bytes(&der)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_have_all_their_members),
        cmocka_unit_test(the_private_numbers_are_the_key),
        cmocka_unit_test(what_is_no_key_has_no_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
