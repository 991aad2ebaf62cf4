/* What the tests of answers share: a vault that signs them, and a recipient who expects one. */
#ifndef QUOTH_TESTS_RELEASE_ANSWER_H
#define QUOTH_TESTS_RELEASE_ANSWER_H

#include "base/text.h"
#include "release/answer.h"
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

static inline int begin(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    vault_init(&vault, forge_key(KEY_TYPE_RSA_2048));
    recipient = vault_rfc_key();
    recipient_public = forge_public(recipient);
    assert_true(release_thumbprint(recipient_public, &recipient_kid, &err));
    return 0;
}

static inline int end(void **state)
{
    (void)state;
    vault_clear(&vault);
    private_key_free(recipient);
    public_key_free(recipient_public);
    buffer_clear(&recipient_kid);
    return 0;
}

static inline struct release_expected expected(void)
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
static inline struct release_answer answer_of(struct bytes plain, struct buffer *wrapped)
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

#define SECRET_ID "https://vault.example/secrets/k"

/* The same of a secret. */
static inline struct release_expected expected_secret(void)
{
    struct release_expected e = expected();
    e.is_secret = true;
    e.kid = SECRET_ID;
    return e;
}

static inline struct release_answer secret_answer_of(struct bytes plain, struct buffer *wrapped)
{
    struct release_answer a = answer_of(plain, wrapped);
    a.is_secret = true;
    a.requested = BYTES_LITERAL(SECRET_ID);
    a.kid = BYTES_LITERAL(SECRET_ID VERSION);
    a.content_type = BYTES_LITERAL("text/plain");
    return a;
}

static inline void write_answer(const struct release_answer *a, struct buffer *body)
{
    struct quoth_error err = {0};
    AUTO(release_signer) struct release_signer signer = {0};
    const struct bytes chain[] = {buffer_bytes(&vault.leaf), buffer_bytes(&vault.root)};
    assert_true(release_signer_init(vault.key, chain, COUNT(chain), &signer, &err));
    assert_true(release_answer_write(a, &signer, vault.key, body, &err));
}

/* The payload of a body. */
static inline void payload_of(const struct buffer *body, struct buffer *payload)
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

static inline enum quoth_code read_body(const struct buffer *body, const struct release_expected *e,
                                        struct quoth_error *err)
{
    AUTO(release_reply) struct release_reply r = {0};
    const bool ok = release_reply_read(buffer_bytes(body), e, &r, err);
    assert_int_equal(ok, err->code == QUOTH_OK);
    assert_int_equal(r.wrapped.len > 0, ok);
    return err->code;
}

#endif
