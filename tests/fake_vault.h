/* A vault over real TLS, for tests of programs that fetch: it gives challenges, looks for the
 * challenge and the recipient's key in the token, and answers as a vault does, unless a test wants
 * it to answer otherwise. */
#ifndef QUOTH_TESTS_FAKE_VAULT_H
#define QUOTH_TESTS_FAKE_VAULT_H

#include "base/file.h"
#include "codec/pem.h"
#include "crypto/pkcs8.h"
#include "release/answer.h"
#include "release/recipient.h"
#include "tests/tls_peer.h"
#include "tests/vault.h"
#include "token/jws.h"
#include "token/token.h"

#include <stdatomic.h>

#define FAKE_VERSION "0123456789abcdef0123456789abcdef"
#define FAKE_CHALLENGE "0123456789abcdef0123456789abcdef" /* 32 bytes */

/* What a test changes of the answer; zeroed, nothing. Texts are put in place of what is right. */
struct fake_twist {
    const char *path;      /* which route it is about: "/challenge" or "/release" */
    int status;            /* answered instead of 200, with body */
    unsigned times;        /* so often, then all is well; 0: always */
    const char *body;      /* whole body instead of the right one */
    const char *field;     /* a field more: "Location: ...\r\n" */
    enum peer_end end;     /* PEER_GOODBYE, or how else it ends */
    bool cut;              /* nothing is answered at all */
    size_t oversize;       /* bytes of blanks before the right body */
    const char *from, *to; /* within the payload that is signed */
    const char *enc;       /* said and done in another algorithm */
    bool other_recipient;  /* wrapped for somebody else's key */
    bool other_kid;        /* and said so */
    bool flip;             /* a bit of what is wrapped */
    bool replay;           /* the answer before this one */
    bool other_public;     /* the public half of another key */
    const char *host;      /* that the signer's certificate is for */
};

struct fake_vault {
    struct tls_peer peer;
    struct private_key *key, *root_key, *somebody;
    struct buffer root, leaf;
    struct buffer shown; /* if not empty: the certificate in answers that are changed */
    char ca_file[64];    /* peer's certificate and the root */
    struct fake_twist twist;
    bool is_secret;
    const char *kty, *name;
    struct buffer stored; /* what is released: bytes, or PKCS #8 */
    struct buffer last;   /* answer */
    atomic_uint challenges, releases;
    char seen[2048]; /* head of the last release request */
};

static inline void fake_vault_sign(struct fake_vault *v, const char *host, struct private_key *root)
{
    buffer_clear(&v->leaf);
    vault_certify_at(time_now(), "Vault", v->key, "Root", root, host, &v->leaf);
}

static inline bool fake_is(struct bytes request, const char *line, const char *path)
{
    const uint8_t *end = memmem(request.data, request.len, "\r\n", 2);
    return end && memmem(request.data, (size_t)(end - request.data), line, strlen(line)) &&
           memmem(request.data, (size_t)(end - request.data), path, strlen(path));
}

/* ---- the answer to a token */

static inline void fake_public(struct fake_vault *v, struct pkcs8_public *p)
{
    struct quoth_error err = {0};
    if (v->is_secret || strncmp(v->kty, "oct", 3) == 0)
        return;
    if (!v->twist.other_public) {
        forge_must(pkcs8_public_read(buffer_bytes(&v->stored), p, &err));
        return;
    }
    AUTO(private_key)
    struct private_key *other = forge_key(v->kty[0] == 'R' ? KEY_TYPE_RSA_2048 : KEY_TYPE_P256);
    AUTO(buffer) struct buffer der = {0};
    forge_must(private_key_to_der(other, &der, &err) &&
               pkcs8_public_read(buffer_bytes(&der), p, &err));
}

/* JWS over the payload with from in it become to. */
static inline void fake_resign(struct fake_vault *v, struct private_key *key, struct buffer *body)
{
    struct quoth_error err = {0};
    const struct fake_twist *t = &v->twist;
    AUTO(buffer) struct buffer changed = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    AUTO(jws) struct jws j = {0};
    struct bytes value;
    const struct bytes chain[] = {buffer_bytes(v->shown.len ? &v->shown : &v->leaf),
                                  buffer_bytes(&v->root)};
    forge_must(json_parse(buffer_bytes(body), NULL, &doc, &err) &&
               json_need_plain(json_root(&doc), "value", &value, &err) &&
               jws_read(value, &j, &err));
    const uint8_t *at = memmem(j.payload.data, j.payload.len, t->from, strlen(t->from));
    forge_must(at);
    const size_t place = (size_t)(at - j.payload.data);
    buffer_add(&changed, bytes_slice(buffer_bytes(&j.payload), 0, place));
    buffer_text(&changed, t->to);
    buffer_add(&changed,
               bytes_slice(buffer_bytes(&j.payload), place + strlen(t->from), j.payload.len));
    buffer_clear(body);
    buffer_text(body, "{\"value\":\"");
    forge_must(jws_write(buffer_bytes(&changed), key, chain, COUNT(chain), body, &err));
    buffer_text(body, "\"}");
}

static inline void fake_answer(struct fake_vault *v, struct bytes path, struct bytes nonce,
                               enum rsa_wrap algorithm, const struct release_recipient *r,
                               struct buffer *ret_body)
{
    struct quoth_error err = {0};
    char kid[256], full[300];
    const struct fake_twist *t = &v->twist;
    AUTO(buffer) struct buffer wrapped = {0};
    AUTO(release_signer) struct release_signer signer = {0};
    AUTO(public_key) struct public_key *other = forge_public(v->somebody);
    AUTO(pkcs8_public) struct pkcs8_public p = {0};
    const struct bytes chain[] = {buffer_bytes(&v->leaf), buffer_bytes(&v->root)};
    if (t->enc)
        forge_must(rsa_wrap_find(bytes_of_text(t->enc), &algorithm));
    snprintf(kid, sizeof kid, "%s%.*s", v->peer.url, (int)path.len, (const char *)path.data);
    snprintf(full, sizeof full, "%s/%s/%s/%s", v->peer.url, v->is_secret ? "secrets" : "keys",
             v->name, FAKE_VERSION);
    forge_must(rsa_wrap(algorithm, t->other_recipient ? other : r->key, buffer_bytes(&v->stored),
                        &wrapped, &err));
    if (t->flip)
        wrapped.data[wrapped.len - 1] ^= 1;
    fake_public(v, &p);
    const struct release_answer a = {
        .api_version = "7.4",
        .algorithm = algorithm,
        .requested = bytes_of_text(kid),
        .has_nonce = nonce.data != NULL,
        .nonce = nonce,
        .kid = bytes_of_text(full),
        .is_secret = v->is_secret,
        .content_type = v->is_secret ? BYTES_LITERAL("text/plain") : (struct bytes){0},
        .kty = bytes_of_text(v->kty),
        .curve = p.curve,
        .a = buffer_bytes(&p.a),
        .b = buffer_bytes(&p.b),
        .recipient_kid = t->other_kid ? BYTES_LITERAL("somebody") : buffer_bytes(&r->kid),
        .wrapped = buffer_bytes(&wrapped),
        .attributes = BYTES_LITERAL("{\"enabled\":true}"),
        .release_policy = BYTES_LITERAL("{\"data\":\"e30\",\"immutable\":false}"),
    };
    forge_must(release_signer_init(v->key, chain, COUNT(chain), &signer, &err) &&
               release_answer_write(&a, &signer, v->key, ret_body, &err));
    if (t->from)
        fake_resign(v, v->key, ret_body);
}

/* The token's runtime data must hold the challenge that was given. */
static inline void fake_release(struct fake_vault *v, struct bytes request, struct bytes path,
                                struct buffer *ret_body)
{
    struct quoth_error err = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    AUTO(token) struct token token = {0};
    AUTO(release_recipient) struct release_recipient recipient = {0};
    AUTO(buffer) struct buffer challenge = {0}, nonce = {0};
    enum rsa_wrap algorithm = RSA_WRAP_SHA1;
    struct bytes target, text;
    struct json member, runtime;
    const uint8_t *body = memmem(request.data, request.len, "\r\n\r\n", 4);
    const size_t at = (size_t)(body - request.data) + 4;
    forge_must(json_parse(bytes_slice(request, at, request.len), NULL, &doc, &err) &&
               json_need_plain(json_root(&doc), "target", &target, &err) &&
               token_read(target, &token, &err) &&
               json_need_object(json_root(&token.payload), "x-ms-runtime", &runtime, &err));
    if (!json_need_plain(runtime, "nonce", &text, &err) ||
        !base64url_decode(text, &challenge, &err) ||
        !bytes_equal(buffer_bytes(&challenge), BYTES_LITERAL(FAKE_CHALLENGE)))
        forge_must(strcmp(v->twist.path ? v->twist.path : "", "/challenge") == 0);
    err = (struct quoth_error){0};
    forge_must(release_recipient_find(json_root(&token.payload), &recipient, &err));
    if (json_member(json_root(&doc), "nonce", &member))
        json_text(member, &nonce);
    if (json_member(json_root(&doc), "enc", &member))
        forge_must(rsa_wrap_find(json_plain(member), &algorithm));
    fake_answer(v, path, buffer_bytes(&nonce), algorithm, &recipient, ret_body);
}

/* ---- requests */

static inline void fake_say(struct buffer *answer, int status, const char *field,
                            const struct buffer *body, size_t blanks)
{
    buffer_printf(answer,
                  "HTTP/1.1 %d X\r\nContent-Type: application/json\r\n%sContent-Length: %zu"
                  "\r\n\r\n",
                  status, field ? field : "", body->len + blanks);
    buffer_fill(answer, blanks, ' ');
    buffer_add(answer, buffer_bytes(body));
}

static inline enum peer_end fake_serve(void *arg, struct tls_peer *peer, struct bytes request,
                                       struct buffer *ret_answer)
{
    struct fake_vault *v = arg;
    AUTO(buffer) struct buffer body = {0};
    const bool challenge = fake_is(request, "POST ", "/challenge");
    const struct fake_twist *t = &v->twist;
    (void)peer;
    const unsigned count = challenge ? ++v->challenges : ++v->releases;
    const bool twisted =
        t->path && fake_is(request, "POST ", t->path) && (t->times == 0 || count <= t->times);
    if (!challenge)
        snprintf(v->seen, sizeof v->seen, "%.*s", (int)request.len, (const char *)request.data);
    if (twisted && t->cut)
        return t->end;
    if (twisted && t->status) {
        buffer_text(&body, t->body ? t->body : "{}");
        fake_say(ret_answer, t->status, t->field, &body, 0);
        return PEER_GOODBYE;
    }
    if (twisted && t->body) {
        buffer_text(&body, t->body);
    } else if (challenge) {
        buffer_text(&body, "{\"nonce\":");
        json_base64url(&body, BYTES_LITERAL(FAKE_CHALLENGE));
        buffer_text(&body, ",\"expires\":300}");
    } else {
        const uint8_t *end = memmem(request.data, request.len, "/release?", 9);
        const size_t from = strlen("POST ");
        forge_must(end);
        fake_release(v, request, bytes_slice(request, from, (size_t)(end - request.data) - from),
                     &body);
    }
    if (!challenge) {
        if (twisted && t->replay) {
            buffer_clear(&body);
            buffer_add(&body, buffer_bytes(&v->last));
        } else {
            buffer_clear(&v->last);
            buffer_add(&v->last, buffer_bytes(&body));
        }
    }
    fake_say(ret_answer, 200, NULL, &body, twisted ? t->oversize : 0);
    return twisted ? t->end : PEER_GOODBYE;
}

/* ---- life */

static inline void fake_store(struct fake_vault *v, const char *kty, struct bytes stored)
{
    v->kty = kty;
    v->is_secret = false;
    buffer_clear(&v->stored);
    buffer_add(&v->stored, stored);
}

static inline void fake_vault_open(struct fake_vault *v)
{
    AUTO(buffer) struct buffer pem = {0};
    struct quoth_error err = {0};
    *v = (struct fake_vault){.key = forge_key(KEY_TYPE_RSA_2048),
                             .somebody = vault_rfc_key(),
                             .root_key = vault_rfc_key(),
                             .name = "k"};
    vault_certify_at(time_now(), "Root", v->root_key, "Root", v->root_key, NULL, &v->root);
    fake_vault_sign(v, "localhost", v->root_key);
    fake_store(v, "oct-HSM", BYTES_LITERAL("0123456789abcdef"));
    tls_peer_open(&v->peer, fake_serve, v, NULL);
    snprintf(v->ca_file, sizeof v->ca_file, "%s.vault", v->peer.ca_file);
    pem_encode("CERTIFICATE", buffer_bytes(&v->peer.certificate), &pem);
    pem_encode("CERTIFICATE", buffer_bytes(&v->root), &pem);
    forge_must(file_write(v->ca_file, buffer_bytes(&pem), 0600, &err));
}

static inline void fake_vault_close(struct fake_vault *v)
{
    tls_peer_close(&v->peer);
    unlink(v->ca_file);
    private_key_free(v->key);
    private_key_free(v->root_key);
    private_key_free(v->somebody);
    buffer_clear(&v->root);
    buffer_clear(&v->leaf);
    buffer_clear(&v->shown);
    buffer_clear(&v->stored);
    buffer_clear(&v->last);
}

/* Forgets what was asked and what was bent. */
static inline void fake_reset(struct fake_vault *v)
{
    v->twist = (struct fake_twist){0};
    v->challenges = v->releases = 0;
    v->name = "k";
}

#endif
