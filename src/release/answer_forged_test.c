/* Answers that are not what was asked for, or not from whom. */
#include "release/answer.h"

#include "tests/release_answer.h"

/* ---- one thing changed in a payload that the vault signs all the same */

#define BAD QUOTH_RELEASE_ANSWER
#define OTHER QUOTH_RELEASE_MISMATCH
#define UNTRUSTED QUOTH_RELEASE_SIGNER

/* clang-format off */
struct change {
    const char *name, *from, *to;
    enum quoth_code code;
};

static const struct change changes[] = {
    {"nothing",                  "",                             "",                               QUOTH_OK},
    {"members nobody knows",     "\"request\":",                 "\"x\":1,\"request\":",           QUOTH_OK},
    {"host in capitals",         "\"kid\":\"https://vault.",     "\"kid\":\"https://VAULT.",       QUOTH_OK},
    {"no JSON",                  "\"request\":",                 "",                               BAD},
    {"a member twice",           "\"request\":",                 "\"request\":{},\"request\":",    BAD},
    {"no request",               "\"request\":",                 "\"asked\":",                     BAD},
    {"request is null",          "\"request\":",                 "\"request\":null,\"r\":",        BAD},
    {"no algorithm",             "\"enc\":",                     "\"ecn\":",                       BAD},
    {"another algorithm",        "RSA_AES_KEY_WRAP_256",         "RSA_AES_KEY_WRAP_384",           OTHER},
    {"the default one",          "RSA_AES_KEY_WRAP_256",         "CKM_RSA_AES_KEY_WRAP",           OTHER},
    {"asked for another key",    "/keys/k\",\"nonce",            "/keys/l\",\"nonce",              OTHER},
    {"asked another vault",      "\"kid\":\"https://vault.",     "\"kid\":\"https://evil.",        OTHER},
    {"asked for a version",      "/keys/k\",\"nonce",            "/keys/k" VERSION "\",\"nonce",   OTHER},
    {"another nonce",            "a nonce",                      "b nonce",                        OTHER},
    {"no nonce",                 "\"nonce\":",                   "\"n\":",                         BAD},
    {"nonce is a number",        "\"nonce\":",                   "\"nonce\":1,\"n\":",             BAD},
    {"no response",              "\"response\":",                "\"r\":",                         BAD},
    {"no key",                   "\"key\":{\"kid\"",             "\"k\":{\"kid\"",                 BAD},
    {"gave another key",         "/keys/k" VERSION,              "/keys/l" VERSION,                OTHER},
    {"gave a longer name",       "/keys/k" VERSION,              "/keys/kk" VERSION,               OTHER},
    {"gave no version",          "/keys/k" VERSION,              "/keys/k/",                       OTHER},
    {"gave something deeper",    "/keys/k" VERSION,              "/keys/k/x/0123456789abcdef0123456789abcd", OTHER},
    {"gave another vault's",     "kid\":\"https://vault.example/keys/k" VERSION, "kid\":\"https://fault.example/keys/k" VERSION, OTHER},
    {"no type",                  "\"kty\":",                     "\"k\":",                         BAD},
    {"another type",             "oct-HSM",                      "OKP",                            OTHER},
    {"type that goes on",        "oct-HSM",                      "oct-HSM-2",                      OTHER},
    {"RSA without numbers",      "oct-HSM",                      "RSA",                            BAD},
    {"RSA without exponent",     "oct-HSM\",\"key_ops\"",         "RSA\",\"n\":\"_w\",\"key_ops\"",  BAD},
    {"EC without y",             "oct-HSM\",\"key_ops\"",         "EC\",\"crv\":\"P-256\",\"x\":\"_w\",\"key_ops\"", BAD},
    {"EC without numbers",       "oct-HSM",                      "EC-HSM",                         BAD},
    {"no wrapped key",           "\"key_hsm\":",                 "\"key\":",                       BAD},
    {"padded",                   "\"key_hsm\":\"",               "\"key_hsm\":\"====",             BAD},
    {"wrapped key is no JSON",   "\"key_hsm\":\"",               "\"key_hsm\":\"AAAA",             BAD},
};

static const struct change secret_changes[] = {
    {"nothing",                  "",                             "",                               QUOTH_OK},
    {"without a type",           "\"contentType\"",              "\"t\"",                          QUOTH_OK},
    {"the type is a number",     "\"text/plain\"",               "1",                              BAD},
    {"a key instead",            "\"response\":{\"secret\"",     "\"response\":{\"key\"",          BAD},
    {"a secret that is none",    "\"secret\":{\"id\"",           "\"secret\":1,\"s\":{\"id\"",     BAD},
    {"without identifier",       "\"id\"",                       "\"i\"",                          BAD},
    {"gave another secret",      "/secrets/k" VERSION,           "/secrets/l" VERSION,             OTHER},
    {"gave a key of this name",  "/secrets/k" VERSION,           "/keys/k" VERSION,                OTHER},
    {"no wrapped value",         "\"secret_hsm\"",               "\"key_hsm\"",                    BAD},
};

static const struct change hsm_changes[] = {
    {"another schema",           "\"1.0\"",                      "\"2.0\"",                        OTHER},
    {"no schema",                "schema_version",               "schema",                         BAD},
    {"schema is a number",       "\"1.0\"",                      "1.0",                            BAD},
    {"no header",                "\"header\"",                   "\"h\"",                          BAD},
    {"for another recipient",    "\"header\":{\"kid\":\"",       "\"header\":{\"kid\":\"A",        OTHER},
    {"for nobody",               "\"kid\"",                      "\"k\"",                          BAD},
    {"not direct",               "\"dir\"",                      "\"RSA-OAEP\"",                   OTHER},
    {"another algorithm",        "RSA_AES_KEY_WRAP_256",         "RSA_AES_KEY_WRAP_384",           OTHER},
    {"no ciphertext",            "\"ciphertext\"",               "\"c\"",                          BAD},
    {"ciphertext is padded",     "\"ciphertext\":\"",            "\"ciphertext\":\"=",             BAD},
};
/* clang-format on */

/* The first place of from becomes to. */
static void replace(const struct buffer *in, const char *from, const char *to, struct buffer *out)
{
    const struct bytes text = buffer_bytes(in);
    const uint8_t *at = memmem(text.data, text.len, from, strlen(from));
    assert_non_null(at);
    const size_t place = (size_t)(at - text.data);
    buffer_add(out, bytes_slice(text, 0, place));
    buffer_text(out, to);
    buffer_add(out, bytes_slice(text, place + strlen(from), text.len));
}

/* {"value": what the vault signs}. */
static void sign_payload(const struct buffer *payload, struct private_key *key,
                         const struct bytes *chain, size_t count, struct buffer *body)
{
    struct quoth_error err = {0};
    buffer_text(body, "{\"value\":\"");
    assert_true(jws_write(buffer_bytes(payload), key, chain, count, body, &err));
    buffer_text(body, "\"}");
}

static void try_changes(const struct release_answer *a, const struct release_expected *e,
                        const struct change *rows, size_t count)
{
    AUTO(buffer) struct buffer body = {0}, payload = {0};
    const struct bytes chain[] = {buffer_bytes(&vault.leaf), buffer_bytes(&vault.root)};
    write_answer(a, &body);
    payload_of(&body, &payload);
    for (size_t i = 0; i < count; i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer changed = {0}, again = {0};
        print_message("  %s\n", rows[i].name);
        replace(&payload, rows[i].from, rows[i].to, &changed);
        sign_payload(&changed, vault.key, chain, COUNT(chain), &again);
        if (read_body(&again, e, &err) != rows[i].code)
            fail_msg("%s: %s: %s", quoth_code_dotted(err.code), err.where, err.message);
    }
}

static void every_member_must_answer_the_request(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer wrapped = {0};
    const struct release_answer a = answer_of(BYTES_LITERAL("secret"), &wrapped);
    const struct release_expected e = expected();
    try_changes(&a, &e, changes, COUNT(changes));
}

static void every_member_of_a_secret_too(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer wrapped = {0};
    const struct release_answer a = secret_answer_of(BYTES_LITERAL("secret"), &wrapped);
    const struct release_expected e = expected_secret();
    try_changes(&a, &e, secret_changes, COUNT(secret_changes));
}

static void the_wrapped_key_must_be_for_us(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer wrapped = {0}, body = {0}, payload = {0}, hsm = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    struct quoth_error none = {0};
    struct json response, key, jwk;
    struct bytes text = {0};
    const struct bytes chain[] = {buffer_bytes(&vault.leaf), buffer_bytes(&vault.root)};
    const struct release_answer a = answer_of(BYTES_LITERAL("secret"), &wrapped);
    const struct release_expected e = expected();
    write_answer(&a, &body);
    payload_of(&body, &payload);
    assert_true(json_parse(buffer_bytes(&payload), NULL, &doc, &none));
    assert_true(json_need_object(json_root(&doc), "response", &response, &none) &&
                json_need_object(response, "key", &key, &none) &&
                json_need_object(key, "key", &jwk, &none) &&
                json_need_plain(jwk, "key_hsm", &text, &none) &&
                base64url_decode(text, &hsm, &none));
    AUTO(buffer) struct buffer was = {0};
    buffer_add(&was, text);
    buffer_u8(&was, '\0');
    for (size_t i = 0; i < COUNT(hsm_changes); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer changed = {0}, encoded = {0}, whole = {0}, again = {0};
        print_message("  %s\n", hsm_changes[i].name);
        replace(&hsm, hsm_changes[i].from, hsm_changes[i].to, &changed);
        base64url_encode(buffer_bytes(&changed), &encoded);
        buffer_u8(&encoded, '\0');
        replace(&payload, (const char *)was.data, (const char *)encoded.data, &whole);
        sign_payload(&whole, vault.key, chain, COUNT(chain), &again);
        if (read_body(&again, &e, &err) != hsm_changes[i].code)
            fail_msg("%s: %s: %s", quoth_code_dotted(err.code), err.where, err.message);
    }
}

/* ---- who signs */

static void only_the_vault_is_believed(void **state)
{
    (void)state;
    AUTO(buffer)
    struct buffer wrapped = {0}, body = {0}, payload = {0}, other_leaf = {0}, evil_leaf = {0},
                  evil_root = {0}, ec_leaf = {0};
    AUTO(private_key)
    struct private_key *evil = forge_key(KEY_TYPE_RSA_2048), *ec = forge_key(KEY_TYPE_P256);
    const struct release_answer a = answer_of(BYTES_LITERAL("secret"), &wrapped);
    write_answer(&a, &body);
    payload_of(&body, &payload);
    vault_certify("Vault", evil, "Root", evil, VAULT_HOST, &evil_leaf); /* by itself */
    vault_certify("Root", evil, "Root", evil, NULL, &evil_root);
    vault_certify("Vault", evil, "Root", vault.root_key, "other.example", &other_leaf);
    vault_certify("Vault", ec, "Root", vault.root_key, VAULT_HOST, &ec_leaf);
    const struct {
        const char *name;
        struct private_key *key;
        const struct buffer *leaf, *root;
        int64_t now;
        const char *host;
        bool trusted;
        enum quoth_code code;
    } rows[] = {
  /* clang-format off */
        {"the vault",           vault.key, &vault.leaf, &vault.root, VAULT_NOW,                VAULT_HOST,        true,  QUOTH_OK},
        {"nobody trusted",      vault.key, &vault.leaf, &vault.root, VAULT_NOW,                VAULT_HOST,        false, UNTRUSTED},
        {"another host",        vault.key, &vault.leaf, &vault.root, VAULT_NOW,                "evil.example",    true,  UNTRUSTED},
        {"a host below",        vault.key, &vault.leaf, &vault.root, VAULT_NOW,                "a.vault.example", true,  UNTRUSTED},
        {"no host",             vault.key, &vault.leaf, &vault.root, VAULT_NOW,                "",                true,  UNTRUSTED},
        {"an address",          vault.key, &vault.leaf, &vault.root, VAULT_NOW,                "127.0.0.1",       true,  UNTRUSTED},
        {"expired",             vault.key, &vault.leaf, &vault.root, VAULT_NOW + 2 * TIME_DAY, VAULT_HOST,        true,  UNTRUSTED},
        {"not yet valid",       vault.key, &vault.leaf, &vault.root, VAULT_NOW - 2 * TIME_DAY, VAULT_HOST,        true,  UNTRUSTED},
        {"another's signature", evil,      &vault.leaf, &vault.root, VAULT_NOW,                VAULT_HOST,        true,  UNTRUSTED},
        {"another root",        evil,      &evil_leaf,  &evil_root,  VAULT_NOW,                VAULT_HOST,        true,  UNTRUSTED},
        {"the root beside",     evil,      &evil_leaf,  &vault.root, VAULT_NOW,                VAULT_HOST,        true,  UNTRUSTED},
        {"another's host",      evil,      &other_leaf, &vault.root, VAULT_NOW,                VAULT_HOST,        true,  UNTRUSTED},
        {"a curve",             ec,        &ec_leaf,    &vault.root, VAULT_NOW,                VAULT_HOST,        true,  UNTRUSTED},
  /* clang-format on */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer again = {0};
        struct release_expected e = expected();
        const struct bytes chain[] = {buffer_bytes(rows[i].leaf), buffer_bytes(rows[i].root)};
        print_message("  %s\n", rows[i].name);
        e.now = rows[i].now;
        e.host = rows[i].host;
        e.trusted_count = rows[i].trusted;
        sign_payload(&payload, rows[i].key, chain, COUNT(chain), &again);
        if (read_body(&again, &e, &err) != rows[i].code)
            fail_msg("%s: %s: %s", quoth_code_dotted(err.code), err.where, err.message);
    }
}

static void bodies_of_other_forms_are_refused(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "",
        "{}",
        "[]",
        "{\"value\":null}",
        "{\"value\":\"\"}",
        "{\"value\":\"a.b\"}",
        "{\"value\":\"e30.e30.\"}",
        "{\"value\":\"eyJhbGciOiJub25lIn0.e30.\"}", /* alg none: read, and not believed */
        "{\"value\":\"eyJhbGciOiJIUzI1NiJ9.e30.AAAA\"}",
        "{\"error\":{\"code\":\"Forbidden\",\"message\":\"\"}}",
    };
    const struct release_expected e = expected();
    for (size_t i = 0; i < COUNT(bodies); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer body = {0};
        buffer_text(&body, bodies[i]);
        print_message("  %s\n", bodies[i]);
        const enum quoth_code code = read_body(&body, &e, &err);
        assert_true(code == QUOTH_RELEASE_ANSWER || code == QUOTH_RELEASE_SIGNER);
    }
}

static void a_nonce_that_nobody_sent_is_refused(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer wrapped = {0}, body = {0};
    struct release_expected e = expected();
    const struct release_answer a = answer_of(BYTES_LITERAL("secret"), &wrapped);
    write_answer(&a, &body);
    e.has_nonce = false;
    assert_int_equal(read_body(&body, &e, &err), OTHER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_member_must_answer_the_request),
        cmocka_unit_test(every_member_of_a_secret_too),
        cmocka_unit_test(the_wrapped_key_must_be_for_us),
        cmocka_unit_test(only_the_vault_is_believed),
        cmocka_unit_test(bodies_of_other_forms_are_refused),
        cmocka_unit_test(a_nonce_that_nobody_sent_is_refused),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
