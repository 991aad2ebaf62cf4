#include "release/answer.h"

#include "base/text.h"
#include "release/recipient.h"
#include "tests/unit.h"
#include "tests/vault.h"
#include "token/jws.h"

#define KID "https://vault.example/keys/k"
#define VERSION "/0123456789abcdef0123456789abcdef"

static struct vault vault;
static struct private_key *recipient; /* that of RFC 7515 too: only its public half matters */
static struct public_key *recipient_public;
static struct buffer recipient_kid;

static int begin(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    vault_init(&vault, forge_key(KEY_TYPE_RSA_2048));
    recipient = vault_rfc_key();
    recipient_public = forge_public(recipient);
    assert_true(release_thumbprint(recipient_public, &recipient_kid, &err));
    return 0;
}

static int end(void **state)
{
    (void)state;
    vault_clear(&vault);
    private_key_free(recipient);
    public_key_free(recipient_public);
    buffer_clear(&recipient_kid);
    return 0;
}

static struct release_expected expected(void)
{
    return (struct release_expected){
        .now = VAULT_NOW,
        .host = VAULT_HOST,
        .trusted = &vault.root,
        .trusted_count = 1,
        .kid = KID,
        .algorithm = RSA_WRAP_SHA256,
        .has_nonce = true,
        .nonce = BYTES_LITERAL("a nonce, with \xc3\xa4 and \xef\xbf\xbd"),
        .recipient_kid = buffer_bytes(&recipient_kid),
    };
}

static const struct bytes ops[] = {BYTES_INIT("export"), BYTES_INIT("encrypt"),
                                   BYTES_INIT("import"), BYTES_INIT("decrypt")};

/* What a vault would say of an oct key with these bytes. */
static struct release_answer answer_of(struct bytes plain, struct buffer *wrapped)
{
    struct quoth_error err = {0};
    const struct release_expected e = expected();
    assert_true(rsa_wrap(e.algorithm, recipient_public, plain, wrapped, &err));
    return (struct release_answer){
        .api_version = "7.4",
        .algorithm = e.algorithm,
        .requested = BYTES_LITERAL(KID),
        .has_nonce = true,
        .nonce = e.nonce,
        .kid = BYTES_LITERAL(KID VERSION),
        .kty = BYTES_LITERAL("oct-HSM"),
        .key_ops = ops,
        .key_op_count = COUNT(ops),
        .recipient_kid = e.recipient_kid,
        .wrapped = buffer_bytes(wrapped),
        .attributes = BYTES_LITERAL("{\"enabled\":true,\"exportable\":true}"),
        .release_policy = BYTES_LITERAL("{\"data\":\"e30\",\"immutable\":false}"),
    };
}

static void write_answer(const struct release_answer *a, struct buffer *body)
{
    struct quoth_error err = {0};
    AUTO(release_signer) struct release_signer signer = {0};
    const struct bytes chain[] = {buffer_bytes(&vault.leaf), buffer_bytes(&vault.root)};
    assert_true(release_signer_init(vault.key, chain, COUNT(chain), &signer, &err));
    assert_true(release_answer_write(a, &signer, vault.key, body, &err));
}

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

/* The payload of a body. */
static void payload_of(const struct buffer *body, struct buffer *payload)
{
    struct quoth_error err = {0};
    struct bytes value;
    AUTO(json_doc) struct json_doc doc = {0};
    AUTO(jws) struct jws j = {0};
    assert_true(json_parse(buffer_bytes(body), NULL, &doc, &err));
    assert_true(json_need_plain(json_root(&doc), "value", &value, &err));
    assert_true(jws_read(value, &j, &err));
    buffer_add(payload, buffer_bytes(&j.payload));
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

/* ---- one thing changed in a payload that the vault signs all the same */

#define BAD QUOTH_RELEASE_ANSWER
#define OTHER QUOTH_RELEASE_MISMATCH

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

static enum quoth_code read_body(const struct buffer *body, const struct release_expected *e,
                                 struct quoth_error *err)
{
    AUTO(release_reply) struct release_reply r = {0};
    const bool ok = release_reply_read(buffer_bytes(body), e, &r, err);
    assert_int_equal(ok, err->code == QUOTH_OK);
    assert_int_equal(r.wrapped.len > 0, ok);
    return err->code;
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

/* ---- secrets */

static void a_secret_travels(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer wrapped = {0}, body = {0}, back = {0};
    AUTO(release_reply) struct release_reply r = {0};
    struct release_answer a = answer_of(BYTES_LITERAL("pass \xc3\xa4 word"), &wrapped);
    struct release_expected e = expected();
    a.is_secret = true;
    a.requested = BYTES_LITERAL("https://vault.example/secrets/k");
    a.kid = BYTES_LITERAL("https://vault.example/secrets/k" VERSION);
    a.content_type = BYTES_LITERAL("text/plain");
    write_answer(&a, &body);
    e.kid = "https://vault.example/secrets/k";
    assert_int_equal(read_body(&body, &e, &err), QUOTH_RELEASE_ANSWER); /* no key was given */
    err = (struct quoth_error){0};
    e.is_secret = true;
    if (!release_reply_read(buffer_bytes(&body), &e, &r, &err))
        fail_msg("%s: %s", err.where, err.message);
    assert_true(r.is_secret && r.kty.len == 0);
    assert_true(bytes_equal(buffer_bytes(&r.content_type), BYTES_LITERAL("text/plain")));
    assert_true(release_reply_open(&r, recipient, &back, &err));
    assert_true(bytes_equal(buffer_bytes(&back), BYTES_LITERAL("pass \xc3\xa4 word")));
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
        {"the vault",           vault.key, &vault.leaf, &vault.root, VAULT_NOW,                VAULT_HOST,        true,  QUOTH_OK            },
        {"nobody trusted",      vault.key, &vault.leaf, &vault.root, VAULT_NOW,                VAULT_HOST,        false,
         QUOTH_RELEASE_SIGNER                                                                                                                },
        {"another host",        vault.key, &vault.leaf, &vault.root, VAULT_NOW,                "evil.example",    true,
         QUOTH_RELEASE_SIGNER                                                                                                                },
        {"a host below",        vault.key, &vault.leaf, &vault.root, VAULT_NOW,                "a.vault.example", true,
         QUOTH_RELEASE_SIGNER                                                                                                                },
        {"no host",             vault.key, &vault.leaf, &vault.root, VAULT_NOW,                "",                true,  QUOTH_RELEASE_SIGNER},
        {"an address",          vault.key, &vault.leaf, &vault.root, VAULT_NOW,                "127.0.0.1",       true,
         QUOTH_RELEASE_SIGNER                                                                                                                },
        {"expired",             vault.key, &vault.leaf, &vault.root, VAULT_NOW + 2 * TIME_DAY, VAULT_HOST,        true,
         QUOTH_RELEASE_SIGNER                                                                                                                },
        {"not yet valid",       vault.key, &vault.leaf, &vault.root, VAULT_NOW - 2 * TIME_DAY, VAULT_HOST,
         true,                                                                                                           QUOTH_RELEASE_SIGNER},
        {"another's signature", evil,      &vault.leaf, &vault.root, VAULT_NOW,                VAULT_HOST,        true,
         QUOTH_RELEASE_SIGNER                                                                                                                },
        {"another root",        evil,      &evil_leaf,  &evil_root,  VAULT_NOW,                VAULT_HOST,        true,
         QUOTH_RELEASE_SIGNER                                                                                                                },
        {"the root beside",     evil,      &evil_leaf,  &vault.root, VAULT_NOW,                VAULT_HOST,        true,
         QUOTH_RELEASE_SIGNER                                                                                                                },
        {"another's host",      evil,      &other_leaf, &vault.root, VAULT_NOW,                VAULT_HOST,        true,
         QUOTH_RELEASE_SIGNER                                                                                                                },
        {"a curve",             ec,        &ec_leaf,    &vault.root, VAULT_NOW,                VAULT_HOST,        true,  QUOTH_RELEASE_SIGNER},
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

static const struct {
    const char *file, *host, *kid, *kty, *nonce;
    enum rsa_wrap algorithm;
    int64_t now;
    size_t wrapped;
} recorded[] = {
    {"key-release/azure-release-recordings/keyvault-2021-12-21-release-response.json",
     "malegeskrkv.vault.azure.net",         "https://malegeskrkv.vault.azure.net/keys/exportkey164012519943008083", "RSA-HSM", NULL,
     RSA_WRAP_SHA1,                                                                                                                                      1640125199, 1480},
    {"key-release/azure-release-recordings/managedhsm-2021-12-21-release-response.json",
     "malegeskrkvhsm.managedhsm.azure.net", "https://malegeskrkvhsm.managedhsm.azure.net/keys/importreleasekey164011273007309472/"
     "4a868dd61c7a450f3035fc879d014373",                                 "RSA",     "nonce", RSA_WRAP_SHA256, 1640125199, 1488},
};

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
        cmocka_unit_test(every_member_must_answer_the_request),
        cmocka_unit_test(a_secret_travels),
        cmocka_unit_test(the_wrapped_key_must_be_for_us),
        cmocka_unit_test(only_the_vault_is_believed),
        cmocka_unit_test(bodies_of_other_forms_are_refused),
        cmocka_unit_test(a_nonce_that_nobody_sent_is_refused),
        cmocka_unit_test(the_public_half_must_be_the_one_named),
        cmocka_unit_test(only_the_recipient_opens_it),
        cmocka_unit_test(a_signer_needs_its_whole_chain),
        cmocka_unit_test(recorded_answers_are_read),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
