/* Answers that are made, read and opened; who may sign one. */
#include "release/answer.h"

#include "tests/release_answer.h"

static void a_key_travels(void **state)
{
    (void)state;
    static const uint8_t key[32] = {1, 2, 3};
    struct quoth_error err = {0};
    const struct release_expected e = expected();
    AUTO(buffer) struct buffer wrapped = {0}, body = {0}, back = {0};
    AUTO(release_reply) struct release_reply r = {0};
    const struct release_answer a = answer_of(BYTES_OF(key), &wrapped);
    write_answer(&a, &body);
    if (!release_reply_read(buffer_bytes(&body), &e, &r, &err))
        fail_msg("%s: %s", err.where, err.message);
    assert_true(bytes_equal(buffer_bytes(&r.kid), BYTES_LITERAL(KID VERSION)));
    assert_true(bytes_equal(buffer_bytes(&r.kty), BYTES_LITERAL("oct-HSM")));
    assert_true(release_reply_open(&r, recipient, &back, &err));
    assert_true(bytes_equal(buffer_bytes(&back), BYTES_OF(key)));
}

static void the_form_is_that_of_key_vault(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer wrapped = {0}, body = {0}, payload = {0};
    struct release_answer a = answer_of(BYTES_LITERAL("secret"), &wrapped);
    static const char before[] =
        "{\"request\":{\"api-version\":\"7.4\",\"enc\":\"RSA_AES_KEY_WRAP_256\",\"kid\":\"" KID
        "\"},\"response\":{\"key\":{\"key\":{\"kid\":\"" KID VERSION
        "\",\"kty\":\"RSA-HSM\",\"key_ops\":[\"encrypt\",\"decrypt\"],\"n\":\"_w\",\"e\":\"AQAB\","
        "\"key_hsm\":\"";
    static const char after[] =
        "\"},\"attributes\":{\"enabled\":true,\"exportable\":true},\"tags\":{\"a\":\"b\"},"
        "\"release_policy\":{\"data\":\"e30\",\"immutable\":false}}}}";
    a.has_nonce = false;
    a.kty = BYTES_LITERAL("RSA-HSM");
    a.a = BYTES_LITERAL("\xff");
    a.b = BYTES_LITERAL("\1\0\1");
    a.tags = BYTES_LITERAL("{\"a\":\"b\"}");
    write_answer(&a, &body);
    payload_of(&body, &payload);
    const struct bytes text = buffer_bytes(&payload);
    assert_true(bytes_equal(bytes_slice(text, 0, sizeof before - 1), bytes_of_text(before)));
    assert_true(bytes_equal(bytes_slice(text, text.len - (sizeof after - 1), text.len),
                            bytes_of_text(after)));
}

static void a_secret_travels(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer wrapped = {0}, body = {0}, back = {0};
    AUTO(release_reply) struct release_reply r = {0};
    const struct release_answer a = secret_answer_of(BYTES_LITERAL("pass \xc3\xa4 word"), &wrapped);
    const struct release_expected e = expected_secret();
    struct release_expected a_key = e;
    write_answer(&a, &body);
    a_key.is_secret = false;
    assert_int_equal(read_body(&body, &a_key, &err), QUOTH_RELEASE_ANSWER); /* no key was given */
    err = (struct quoth_error){0};
    if (!release_reply_read(buffer_bytes(&body), &e, &r, &err))
        fail_msg("%s: %s", err.where, err.message);
    assert_true(r.is_secret && r.kty.len == 0);
    assert_true(bytes_equal(buffer_bytes(&r.content_type), BYTES_LITERAL("text/plain")));
    assert_true(release_reply_open(&r, recipient, &back, &err));
    assert_true(bytes_equal(buffer_bytes(&back), BYTES_LITERAL("pass \xc3\xa4 word")));
}

/* ---- what is inside */

static const struct {
    const char *name, *kty;
    bool own_numbers, own_curve;
    enum quoth_code code;
} insides[] = {
    {"the key that it says",  "EC-HSM", true,  true,  QUOTH_OK              },
    {"another one's numbers", "EC",     false, true,  QUOTH_RELEASE_MISMATCH},
    {"another curve's name",  "EC",     true,  false, QUOTH_RELEASE_MISMATCH},
    {"called RSA",            "RSA",    true,  true,  QUOTH_RELEASE_MISMATCH},
};

static void the_public_half_must_be_the_one_named(void **state)
{
    (void)state;
    struct quoth_error none = {0};
    AUTO(private_key) struct private_key *key = NULL;
    AUTO(buffer) struct buffer der = {0}, x = {0}, y = {0};
    assert_true(private_key_from_pem(bytes_of_text(rfc7515_ec_pem), &key, &none));
    assert_true(private_key_to_der(key, &der, &none));
    unit_hex(RFC7515_X, &x);
    unit_hex(RFC7515_Y, &y);
    for (size_t i = 0; i < COUNT(insides); i++) {
        struct quoth_error err = {0};
        const struct release_expected e = expected();
        AUTO(buffer) struct buffer wrapped = {0}, body = {0}, back = {0};
        AUTO(release_reply) struct release_reply r = {0};
        struct release_answer a = answer_of(buffer_bytes(&der), &wrapped);
        print_message("  %s\n", insides[i].name);
        a.kty = bytes_of_text(insides[i].kty);
        a.curve = strcmp(insides[i].kty, "RSA") == 0 ? NULL
                  : insides[i].own_curve             ? "P-256"
                                                     : "P-256K";
        a.a = buffer_bytes(&x);
        a.b = insides[i].own_numbers ? buffer_bytes(&y) : buffer_bytes(&x);
        write_answer(&a, &body);
        assert_true(release_reply_read(buffer_bytes(&body), &e, &r, &err));
        assert_int_equal(release_reply_open(&r, recipient, &back, &err),
                         insides[i].code == QUOTH_OK);
        assert_int_equal(err.code, insides[i].code);
        assert_int_equal(back.len, insides[i].code == QUOTH_OK ? der.len : 0);
    }
}

static void only_the_recipient_opens_it(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    const struct release_expected e = expected();
    AUTO(private_key) struct private_key *other = forge_key(KEY_TYPE_RSA_2048);
    AUTO(buffer) struct buffer wrapped = {0}, body = {0}, back = {0};
    AUTO(release_reply) struct release_reply r = {0};
    const struct release_answer a = answer_of(BYTES_LITERAL("secret"), &wrapped);
    write_answer(&a, &body);
    assert_true(release_reply_read(buffer_bytes(&body), &e, &r, &err));
    assert_false(release_reply_open(&r, other, &back, &err));
    assert_int_equal(err.code, QUOTH_KEY_WRAP_BROKEN);
    assert_int_equal(back.len, 0);
}

/* ---- who may sign */

static void a_signer_needs_its_whole_chain(void **state)
{
    (void)state;
    AUTO(private_key) struct private_key *ec = forge_key(KEY_TYPE_P256);
    const struct bytes leaf = buffer_bytes(&vault.leaf), root = buffer_bytes(&vault.root);
    const struct {
        const char *name;
        const struct private_key *key;
        struct bytes chain[9];
        size_t count;
        enum quoth_code code;
    } rows[] = {
        {"leaf and root",       vault.key,      {leaf, root},               2, QUOTH_OK                   },
        {"a root alone",        vault.root_key, {root},                     1, QUOTH_OK                   },
        {"nothing",             vault.key,      {leaf},                     0, QUOTH_CERTIFICATE_UNTRUSTED},
        {"no root",             vault.key,      {leaf},                     1, QUOTH_CERTIFICATE_UNTRUSTED},
        {"the other way round", vault.key,      {root, leaf},               2, QUOTH_CERTIFICATE_UNTRUSTED},
        {"another's key",       vault.root_key, {leaf, root},               2, QUOTH_CERTIFICATE_UNTRUSTED},
        {"nine",
         vault.root_key,
         {root, root, root, root, root, root, root, root, root},
         9,                                                                    QUOTH_CERTIFICATE_UNTRUSTED},
        {"a curve",             ec,             {leaf, root},               2, QUOTH_KEY_UNSUPPORTED      },
        {"no certificate",      vault.key,      {BYTES_LITERAL("x"), root}, 2, QUOTH_CERTIFICATE_MALFORMED},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct quoth_error err = {0};
        AUTO(release_signer) struct release_signer signer = {0};
        print_message("  %s\n", rows[i].name);
        (void)release_signer_init(rows[i].key, rows[i].chain, rows[i].count, &signer, &err);
        assert_int_equal(err.code, rows[i].code);
        assert_int_equal(signer.header.len > 0, rows[i].code == QUOTH_OK);
    }
}

/* ---- what real services answered */

/* clang-format off */
static const struct {
    const char *file, *host, *kid, *kty, *nonce;
    enum rsa_wrap algorithm;
    int64_t now;
    size_t wrapped;
} recorded[] = {
    {"key-release/azure-release-recordings/keyvault-2021-12-21-release-response.json",
     "malegeskrkv.vault.azure.net",
     "https://malegeskrkv.vault.azure.net/keys/exportkey164012519943008083",
     "RSA-HSM", NULL, RSA_WRAP_SHA1, 1640125199, 1480},
    {"key-release/azure-release-recordings/managedhsm-2021-12-21-release-response.json",
     "malegeskrkvhsm.managedhsm.azure.net",
     "https://malegeskrkvhsm.managedhsm.azure.net/keys/importreleasekey164011273007309472/"
     "4a868dd61c7a450f3035fc879d014373",
     "RSA", "nonce", RSA_WRAP_SHA256, 1640125199, 1488},
};
/* clang-format on */

static void recorded_answers_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(recorded); i++) {
        struct quoth_error err = {0}, later = {0}, elsewhere = {0};
        AUTO(buffer) struct buffer text = {0};
        AUTO(json_doc) struct json_doc doc = {0};
        AUTO(jws) struct jws j = {0};
        AUTO(release_reply) struct release_reply r = {0}, none = {0};
        struct bytes value;
        unit_vector(recorded[i].file, &text);
        assert_true(json_parse(buffer_bytes(&text), NULL, &doc, &err));
        assert_true(json_need_plain(json_root(&doc), "value", &value, &err));
        assert_true(jws_read(value, &j, &err));
        assert_int_equal(j.chain_count, 3);
        struct release_expected e = {
            .now = recorded[i].now,
            .host = recorded[i].host,
            .trusted = &j.chain[2],
            .trusted_count = 1,
            .kid = recorded[i].kid,
            .algorithm = recorded[i].algorithm,
            .has_nonce = recorded[i].nonce != NULL,
            .nonce = recorded[i].nonce ? bytes_of_text(recorded[i].nonce) : (struct bytes){0},
            .recipient_kid = BYTES_LITERAL("fake-release-key"),
        };
        if (!release_reply_read(buffer_bytes(&text), &e, &r, &err))
            fail_msg("%s: %s", err.where, err.message);
        assert_true(bytes_equal(buffer_bytes(&r.kty), bytes_of_text(recorded[i].kty)));
        assert_int_equal(r.wrapped.len, recorded[i].wrapped);
        assert_int_equal(r.a.len, 256);
        e.now += 20 * 365 * TIME_DAY;
        assert_false(release_reply_read(buffer_bytes(&text), &e, &none, &later));
        assert_int_equal(later.code, QUOTH_RELEASE_SIGNER);
        e.now = recorded[i].now;
        e.host = "vault.example";
        assert_false(release_reply_read(buffer_bytes(&text), &e, &none, &elsewhere));
        assert_int_equal(elsewhere.code, QUOTH_RELEASE_SIGNER);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_travels),
        cmocka_unit_test(the_form_is_that_of_key_vault),
        cmocka_unit_test(a_secret_travels),
        cmocka_unit_test(the_public_half_must_be_the_one_named),
        cmocka_unit_test(only_the_recipient_opens_it),
        cmocka_unit_test(a_signer_needs_its_whole_chain),
        cmocka_unit_test(recorded_answers_are_read),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
