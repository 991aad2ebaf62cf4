/* What a vault answers to a request for a key, as Azure Key Vault writes it and its clients read it
 * (key-release.md 2.4 to 2.6): a compact JWS, RS256 by the key of a TLS-like certificate of the
 * vault, over
 *
 *     {"request":{"api-version","enc","kid","nonce"},
 *      "response":{"key":{"key":{"kid","kty","key_ops","n","e" or "crv","x","y","key_hsm"},
 *                         "attributes","tags","release_policy"}}}
 *
 * where key_hsm is base64url of
 *
 *     {"schema_version":"1.0","header":{"kid":recipient,"alg":"dir","enc":algorithm},
 *      "ciphertext":base64url of what rsa_wrap() gave}
 *
 * Azure releases no secrets; ours (key-release.md 4) come the same way, as
 *
 *      "response":{"secret":{"secret":{"id","contentType","secret_hsm"},
 *                            "attributes","tags","release_policy"}} */
#ifndef QUOTH_RELEASE_ANSWER_H
#define QUOTH_RELEASE_ANSWER_H

#include "codec/json.h"
#include "crypto/key.h"
#include "crypto/rsa_wrap.h"

/* ---- the vault's side */

struct release_answer { /* views */
    const char *api_version;
    enum rsa_wrap algorithm;
    struct bytes requested; /* the key's URL as it was asked for, with or without version */
    bool has_nonce;
    struct bytes nonce; /* of the request, given back as it came: UTF-8, at most 1 KiB */

    struct bytes kid; /* of the key or secret, with version */

    bool is_secret;
    struct bytes content_type; /* of a secret; empty: left out */

    struct bytes kty;            /* of a key, as GET says */
    const struct bytes *key_ops; /* import and export are left out: a client knows neither */
    size_t key_op_count;
    const char *curve; /* NULL unless EC */
    struct bytes a, b; /* n and e, or x and y; empty for oct */

    struct bytes recipient_kid, wrapped;
    struct bytes attributes, tags, release_policy; /* JSON objects; tags may be empty: left out */
};

/* The header of all answers under one certificate, made once. */
struct release_signer {   /* owned: release_signer_clear */
    struct buffer header; /* base64url */
};

void release_signer_clear(struct release_signer *s);
DEFINE_AUTO_VALUE(release_signer, struct release_signer, release_signer_clear)

/* chain: the certificate of key first, the root last, as one client takes the last away unseen.
 * QUOTH_KEY_UNSUPPORTED if the key is not RSA; QUOTH_CERTIFICATE_UNTRUSTED if the chain does not
 * begin with its certificate, or one is not by the next, or the last not by itself. */
bool release_signer_init(const struct private_key *key, const struct bytes *chain_der, size_t count,
                         struct release_signer *ret_signer, struct quoth_error *err);

/* Appends {"value":"JWS"}. key is the calling thread's own. */
bool release_answer_write(const struct release_answer *a, const struct release_signer *signer,
                          struct private_key *key, struct buffer *ret_body,
                          struct quoth_error *err);

/* ---- the program's side */

struct release_expected { /* what was asked for, and whom to believe */
    int64_t now;
    const char *host;             /* of the vault: a name or an address */
    const struct buffer *trusted; /* DER of CAs */
    size_t trusted_count;
    const char *kid; /* the key's URL as it was asked for */
    bool is_secret;  /* it is a secret's */
    enum rsa_wrap algorithm;
    bool has_nonce;
    struct bytes nonce;
    struct bytes recipient_kid;
};

struct release_reply { /* owned: release_reply_clear */
    enum rsa_wrap algorithm;
    struct buffer kid; /* with its version */
    bool is_secret;
    struct buffer content_type; /* of a secret; may be empty */
    struct buffer kty;          /* of a key: RSA, EC or oct, with or without -HSM */
    struct buffer curve;        /* of EC */
    struct buffer a, b;         /* n and e, or x and y */
    struct buffer wrapped;
};

void release_reply_clear(struct release_reply *r);
DEFINE_AUTO_VALUE(release_reply, struct release_reply, release_reply_clear)

/* Reads the body of an answer. Nothing in it is believed before signature, chain and host are
 * checked, and nothing is handed on that is not the answer to this request. QUOTH_RELEASE_ANSWER (of
 * another form), QUOTH_RELEASE_SIGNER, QUOTH_RELEASE_MISMATCH (with the member). */
bool release_reply_read(struct bytes body, const struct release_expected *expected,
                        struct release_reply *ret_reply, struct quoth_error *err);

/* Whether it is a key of this type, "RSA", "EC" or "oct", with or without -HSM. */
bool release_reply_is(const struct release_reply *r, const char *kty);

/* Appends the key: raw bytes for oct and secrets, PKCS #8 for the others, whose public half must be
 * the one that the reply names. QUOTH_KEY_WRAP_BROKEN, QUOTH_RELEASE_MISMATCH. */
bool release_reply_open(const struct release_reply *r, const struct private_key *recipient,
                        struct buffer *ret_key, struct quoth_error *err);

#endif
