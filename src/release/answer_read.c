/* The program's side of a release: whom the answer is from, whether it answers this request, and
 * what is in it. */
#include "release/answer.h"

#include "base/text.h"
#include "codec/base64.h"
#include "crypto/pkcs8.h"
#include "crypto/x509.h"
#include "token/jws.h"

#define VERSION_LEN 32u /* hexadecimal digits, of a key's version */

void release_reply_clear(struct release_reply *r)
{
    buffer_clear(&r->kid);
    buffer_clear(&r->content_type);
    buffer_clear(&r->kty);
    buffer_clear(&r->curve);
    buffer_clear(&r->a);
    buffer_clear(&r->b);
    buffer_clear(&r->wrapped);
}

/* What a reader below said, told as a fault of the answer. */
static bool fault(const struct quoth_error *inner, enum quoth_code code, const char *part,
                  struct quoth_error *err)
{
    quoth_fail(err, inner->code == QUOTH_MEMORY ? QUOTH_MEMORY : code, inner->where, inner->offset,
               "%s", inner->message);
    return quoth_within(err, part);
}

static bool mismatch(const char *where, struct bytes found, struct bytes expected,
                     struct quoth_error *err)
{
    char is[128], wanted[128];
    return quoth_mismatch(err, QUOTH_RELEASE_MISMATCH, where, QUOTH_NO_OFFSET,
                          text_escape(is, sizeof is, found),
                          text_escape(wanted, sizeof wanted, expected));
}

/* ---- who says so */

static bool check_signer(const struct jws *j, const struct release_expected *e,
                         struct quoth_error *err)
{
    AUTO(x509_cert) struct x509_cert *leaf = NULL;
    struct quoth_error inner = {0};
    if (j->algorithm != JWS_RS256)
        return quoth_fail(err, QUOTH_RELEASE_SIGNER, "value.header.alg", QUOTH_NO_OFFSET,
                          "is not RS256");
    if (!jws_verify(j, &inner) ||
        !jws_signer_trusted(j, e->trusted, e->trusted_count, e->now, &inner) ||
        !x509_cert_from_der(buffer_bytes(&j->chain[0]), &leaf, &inner))
        return fault(&inner, QUOTH_RELEASE_SIGNER, "value", err);
    return x509_cert_names_host(leaf, e->host) ||
           quoth_fail(err, QUOTH_RELEASE_SIGNER, "value.header.x5c[0]", QUOTH_NO_OFFSET,
                      "the certificate is not for %s", e->host);
}

/* ---- what was asked */

static bool need_text(struct json parent, const char *name, struct buffer *ret_text,
                      struct quoth_error *err)
{
    struct quoth_error inner = {0};
    return json_need_text(parent, name, ret_text, &inner) ||
           fault(&inner, QUOTH_RELEASE_ANSWER, "payload", err);
}

static bool expect_text(struct json parent, const char *name, const char *where,
                        struct bytes expected, struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0};
    if (!need_text(parent, name, &text, err))
        return false;
    return bytes_equal(buffer_bytes(&text), expected) ||
           mismatch(where, buffer_bytes(&text), expected, err);
}

static bool need_object(struct json parent, const char *name, struct json *ret_object,
                        struct quoth_error *err)
{
    struct quoth_error inner = {0};
    return json_need_object(parent, name, ret_object, &inner) ||
           fault(&inner, QUOTH_RELEASE_ANSWER, "payload", err);
}

static bool check_request(struct json payload, const struct release_expected *e,
                          struct quoth_error *err)
{
    struct json request, nonce;
    AUTO(buffer) struct buffer kid = {0};
    if (!need_object(payload, "request", &request, err) ||
        !expect_text(request, "enc", "request.enc", bytes_of_text(rsa_wrap_name(e->algorithm)),
                     err) ||
        !need_text(request, "kid", &kid, err))
        return false;
    if (!text_equal_fold(buffer_bytes(&kid), bytes_of_text(e->kid)))
        return mismatch("request.kid", buffer_bytes(&kid), bytes_of_text(e->kid), err);
    if (e->has_nonce)
        return expect_text(request, "nonce", "request.nonce", e->nonce, err);
    return !json_member(request, "nonce", &nonce) ||
           quoth_fail(err, QUOTH_RELEASE_MISMATCH, "request.nonce", QUOTH_NO_OFFSET,
                      "is there, and none was sent");
}

/* ---- what was given */

/* The key that was asked for, or, if no version was, a version of it. Identifiers are compared
 * without their case. */
static bool is_version_of(struct bytes kid, struct bytes asked)
{
    while (asked.len > 0 && asked.data[asked.len - 1] == '/')
        asked.len--;
    if (text_equal_fold(kid, asked))
        return true;
    return kid.len == asked.len + 1 + VERSION_LEN && kid.data[asked.len] == '/' &&
           text_equal_fold(bytes_slice(kid, 0, asked.len), asked) &&
           !memchr(kid.data + asked.len + 1, '/', VERSION_LEN);
}

static bool need_base64url(struct json parent, const char *name, struct buffer *ret_data,
                           struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0};
    struct quoth_error inner = {0};
    if (!need_text(parent, name, &text, err))
        return false;
    return base64url_decode(buffer_bytes(&text), ret_data, &inner) ||
           fault(&inner, QUOTH_RELEASE_ANSWER, name, err);
}

bool release_reply_is(const struct release_reply *r, const char *kty)
{
    const struct bytes found = buffer_bytes(&r->kty), plain = bytes_of_text(kty);
    return bytes_equal(bytes_slice(found, 0, plain.len), plain) &&
           (found.len == plain.len ||
            bytes_equal(bytes_slice(found, plain.len, found.len), BYTES_LITERAL("-HSM")));
}

static bool read_public(struct json jwk, struct release_reply *r, struct quoth_error *err)
{
    if (release_reply_is(r, "oct"))
        return true;
    if (release_reply_is(r, "RSA"))
        return need_base64url(jwk, "n", &r->a, err) && need_base64url(jwk, "e", &r->b, err);
    if (release_reply_is(r, "EC"))
        return need_text(jwk, "crv", &r->curve, err) && need_base64url(jwk, "x", &r->a, err) &&
               need_base64url(jwk, "y", &r->b, err);
    return mismatch("response.key.key.kty", buffer_bytes(&r->kty),
                    BYTES_LITERAL("RSA, EC or oct, perhaps with -HSM"), err);
}

/* key_hsm, or secret_hsm. */
static bool read_wrapped(struct json parent, const char *name, const struct release_expected *e,
                         struct release_reply *r, struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    struct quoth_error inner = {0};
    struct json header;
    if (!need_base64url(parent, name, &text, err))
        return false;
    if (!json_parse(buffer_bytes(&text), NULL, &doc, &inner))
        return fault(&inner, QUOTH_RELEASE_ANSWER, name, err);
    const struct json root = json_root(&doc);
    return expect_text(root, "schema_version", "key_hsm.schema_version", BYTES_LITERAL("1.0"),
                       err) &&
           need_object(root, "header", &header, err) &&
           expect_text(header, "alg", "key_hsm.header.alg", BYTES_LITERAL("dir"), err) &&
           expect_text(header, "enc", "key_hsm.header.enc",
                       bytes_of_text(rsa_wrap_name(e->algorithm)), err) &&
           expect_text(header, "kid", "key_hsm.header.kid", e->recipient_kid, err) &&
           need_base64url(root, "ciphertext", &r->wrapped, err);
}

static bool is_what_was_asked_for(const struct release_reply *r, const struct release_expected *e,
                                  const char *where, struct quoth_error *err)
{
    const struct bytes found = buffer_bytes(&r->kid), asked = bytes_of_text(e->kid);
    return is_version_of(found, asked) || mismatch(where, found, asked, err);
}

static bool read_key(struct json key, const struct release_expected *e, struct release_reply *r,
                     struct quoth_error *err)
{
    return need_text(key, "kid", &r->kid, err) && need_text(key, "kty", &r->kty, err) &&
           is_what_was_asked_for(r, e, "response.key.key.kid", err) && read_public(key, r, err) &&
           read_wrapped(key, "key_hsm", e, r, err);
}

static bool read_secret(struct json secret, const struct release_expected *e,
                        struct release_reply *r, struct quoth_error *err)
{
    struct json type;
    r->is_secret = true;
    return need_text(secret, "id", &r->kid, err) &&
           is_what_was_asked_for(r, e, "response.secret.secret.id", err) &&
           (!json_member(secret, "contentType", &type) ||
            need_text(secret, "contentType", &r->content_type, err)) &&
           read_wrapped(secret, "secret_hsm", e, r, err);
}

static bool read_response(struct json payload, const struct release_expected *e,
                          struct release_reply *r, struct quoth_error *err)
{
    const char *kind = e->is_secret ? "secret" : "key";
    struct json response, bundle, object;
    if (!need_object(payload, "response", &response, err) ||
        !need_object(response, kind, &bundle, err) || !need_object(bundle, kind, &object, err))
        return false;
    return e->is_secret ? read_secret(object, e, r, err) : read_key(object, e, r, err);
}

static bool read_payload(const struct jws *j, const struct release_expected *e,
                         struct release_reply *r, struct quoth_error *err)
{
    AUTO(json_doc) struct json_doc doc = {0};
    struct quoth_error inner = {0};
    if (!json_parse(buffer_bytes(&j->payload), NULL, &doc, &inner))
        return fault(&inner, QUOTH_RELEASE_ANSWER, "payload", err);
    return check_request(json_root(&doc), e, err) && read_response(json_root(&doc), e, r, err);
}

bool release_reply_read(struct bytes body, const struct release_expected *expected,
                        struct release_reply *ret_reply, struct quoth_error *err)
{
    AUTO(json_doc) struct json_doc doc = {0};
    AUTO(jws) struct jws j = {0};
    AUTO(release_reply) struct release_reply r = {.algorithm = expected->algorithm};
    struct quoth_error inner = {0};
    struct bytes value;
    if (!json_parse(body, NULL, &doc, &inner) ||
        !json_need_plain(json_root(&doc), "value", &value, &inner))
        return fault(&inner, QUOTH_RELEASE_ANSWER, "answer", err);
    if (!jws_read(value, &j, &inner))
        return fault(&inner, QUOTH_RELEASE_ANSWER, "value", err);
    if (!check_signer(&j, expected, err) || !read_payload(&j, expected, &r, err))
        return false;
    *ret_reply = take_value(r);
    return true;
}

/* ---- the key */

static bool same_number(const struct buffer *a, const struct buffer *b)
{
    struct bytes x = buffer_bytes(a), y = buffer_bytes(b);
    while (x.len > 0 && x.data[0] == 0) /* Key Vault writes 65537 as 00 01 00 01 */
        x = bytes_slice(x, 1, x.len);
    while (y.len > 0 && y.data[0] == 0)
        y = bytes_slice(y, 1, y.len);
    return bytes_equal(x, y);
}

static bool check_public(const struct release_reply *r, struct bytes key, struct quoth_error *err)
{
    AUTO(pkcs8_public) struct pkcs8_public p = {0};
    struct quoth_error inner = {0};
    if (!pkcs8_public_read(key, &p, &inner))
        return fault(&inner, QUOTH_RELEASE_MISMATCH, "key_hsm", err);
    const struct bytes curve = p.curve ? bytes_of_text(p.curve) : (struct bytes){0};
    return (bytes_equal(curve, buffer_bytes(&r->curve)) && same_number(&p.a, &r->a) &&
            same_number(&p.b, &r->b)) ||
           quoth_fail(err, QUOTH_RELEASE_MISMATCH, "key_hsm", QUOTH_NO_OFFSET,
                      "holds another key than the one it is said to hold");
}

bool release_reply_open(const struct release_reply *r, const struct private_key *recipient,
                        struct buffer *ret_key, struct quoth_error *err)
{
    AUTO(buffer) struct buffer key = {0};
    if (!rsa_unwrap(r->algorithm, recipient, buffer_bytes(&r->wrapped), &key, err))
        return false;
    if (!r->is_secret && !release_reply_is(r, "oct") && !check_public(r, buffer_bytes(&key), err))
        return false;
    buffer_add(ret_key, buffer_bytes(&key));
    return buffer_ok(ret_key, err);
}
