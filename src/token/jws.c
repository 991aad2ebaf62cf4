#include "token/jws.h"

#include "base/text.h"
#include "codec/base64.h"
#include "codec/json_write.h"
#include "crypto/x509_chain.h"
#include "token/compact.h"
#include "token/token.h"

#include <stdio.h>

static const struct compact words = {"jws", QUOTH_JWS_MALFORMED, 64u << 10};

void jws_clear(struct jws *j)
{
    json_doc_clear(&j->header);
    buffer_clear(&j->header_text);
    buffer_clear(&j->payload);
    buffer_clear(&j->signature);
    for (size_t i = 0; i < JWS_CHAIN_MAX; i++)
        buffer_clear(&j->chain[i]);
    *j = (struct jws){0};
}

/* ---- reading */

static bool read_algorithm(struct jws *j, struct quoth_error *err)
{
    static const struct {
        const char *name;
        enum jws_algorithm algorithm;
    } known[] = {
        {"none",   JWS_NONE },
        {"RS256",  JWS_RS256},
        {"RSA256", JWS_RS256}, /* a published sample spells it so (maa.md 5) */
        {"ES256",  JWS_ES256},
    };
    struct json alg;
    if (!json_member(json_root(&j->header), "alg", &alg))
        return quoth_fail(err, QUOTH_JWS_ALGORITHM, "jws.header", 0, "has no member \"alg\"");
    for (size_t i = 0; i < COUNT(known); i++)
        if (json_text_is(alg, known[i].name)) {
            j->algorithm = known[i].algorithm;
            return true;
        }
    char found[64];
    return quoth_mismatch(err, QUOTH_JWS_ALGORITHM, "jws.header.alg", json_offset(alg),
                          text_escape(found, sizeof found, json_span(alg)), "RS256, ES256 or none");
}

static bool read_certificate(struct json item, size_t index, struct buffer *ret_der,
                             struct quoth_error *err)
{
    char part[32];
    struct quoth_error inner = {0};
    AUTO(buffer) struct buffer text = {0};
    AUTO(x509_cert) struct x509_cert *cert = NULL;
    if (json_get_text(item, &text, &inner) && base64_decode(buffer_bytes(&text), ret_der, &inner) &&
        x509_cert_from_der(buffer_bytes(ret_der), &cert, &inner))
        return true;
    snprintf(part, sizeof part, "header.x5c[%zu]", index);
    return compact_fault(&words, &inner, part, err);
}

static bool read_chain(struct jws *j, struct json x5c, struct quoth_error *err)
{
    const size_t count = json_count(x5c);
    if (json_type(x5c) != JSON_ARRAY || count == 0 || count > JWS_CHAIN_MAX)
        return quoth_fail(err, QUOTH_JWS_MALFORMED, "jws.header.x5c", json_offset(x5c),
                          "is not an array of 1 to %u certificates", JWS_CHAIN_MAX);
    for (struct json item = json_first(x5c); json_exists(item); item = json_next(item)) {
        struct buffer *to = &j->chain[j->chain_count];
        if (!read_certificate(item, j->chain_count++, to, err))
            return false;
    }
    return true;
}

static bool find_chain(struct json header, struct json *ret_x5c)
{
    struct json jwk;
    return json_member(header, "x5c", ret_x5c) ||
           (json_member(header, "jwk", &jwk) && json_member(jwk, "x5c", ret_x5c));
}

/* Nothing may look signed that is not, nor the other way round. */
static bool read_signer(struct jws *j, struct quoth_error *err)
{
    struct json x5c = {0};
    const bool has_x5c = find_chain(json_root(&j->header), &x5c);
    if (j->algorithm == JWS_NONE) {
        if (j->signature.len > 0)
            return quoth_fail(err, QUOTH_JWS_ALGORITHM, "jws.signature", QUOTH_NO_OFFSET,
                              "is there, though \"alg\" is none");
        return !has_x5c || quoth_fail(err, QUOTH_JWS_ALGORITHM, "jws.header.x5c", json_offset(x5c),
                                      "names a signer, though \"alg\" is none");
    }
    if (j->signature.len == 0)
        return quoth_fail(err, QUOTH_JWS_SIGNATURE, "jws.signature", QUOTH_NO_OFFSET,
                          "is empty, though \"alg\" is not none");
    return has_x5c ? read_chain(j, x5c, err)
                   : quoth_fail(err, QUOTH_JWS_SIGNER_MISSING, "jws.header", 0,
                                "has no member \"x5c\"");
}

bool jws_read(struct bytes text, struct jws *ret_jws, struct quoth_error *err)
{
    if (text.len > JWS_MAX)
        return quoth_fail(err, QUOTH_TOO_LARGE, "jws", JWS_MAX, "has %zu bytes, limit is %u",
                          text.len, JWS_MAX);
    struct jws *j = ret_jws; /* the header views its own buffer: read in place */
    *j = (struct jws){.text = text_trim(text)};
    struct compact_parts parts = {.header_text = &j->header_text,
                                  .payload = &j->payload,
                                  .signature = &j->signature,
                                  .header = &j->header};
    if (compact_read(&words, j->text, &parts, err) && read_algorithm(j, err) &&
        read_signer(j, err)) {
        j->signing_input = parts.signing_input;
        return true;
    }
    jws_clear(j);
    return false;
}

/* ---- judging */

static bool signer_key(const struct buffer *der, struct public_key **ret_key,
                       struct quoth_error *err)
{
    AUTO(x509_cert) struct x509_cert *cert = NULL;
    return (x509_cert_from_der(buffer_bytes(der), &cert, err) &&
            x509_cert_public_key(cert, ret_key, err)) ||
           quoth_within(err, "jws.header.x5c[0]");
}

bool jws_verify(const struct jws *j, struct quoth_error *err)
{
    AUTO(public_key) struct public_key *key = NULL;
    if (j->algorithm == JWS_NONE)
        return quoth_fail(err, QUOTH_JWS_UNSIGNED, "jws.header.alg", QUOTH_NO_OFFSET, "is none");
    if (!signer_key(&j->chain[0], &key, err))
        return false;
    const struct bytes signature = buffer_bytes(&j->signature);
    const bool is_rsa = public_key_kind(key) == KEY_KIND_RSA;
    if (is_rsa != (j->algorithm == JWS_RS256))
        return quoth_mismatch(err, QUOTH_JWS_ALGORITHM, "jws.header.alg", QUOTH_NO_OFFSET,
                              is_rsa ? "ES256" : "RS256",
                              is_rsa ? "RS256, as the certificate has an RSA key"
                                     : "ES256, as the certificate has a P-256 key");
    return (is_rsa ? public_key_verify_rs256(key, &j->signing_input, 1, signature)
                   : public_key_verify_es256(key, &j->signing_input, 1, signature)) ||
           quoth_fail(err, QUOTH_JWS_SIGNATURE, "jws.signature", QUOTH_NO_OFFSET,
                      "is not one of the key in x5c[0] over header and payload");
}

struct certificates { /* owned */
    struct x509_cert *list[JWS_TRUSTED_MAX];
    size_t count;
};

static void certificates_clear(struct certificates *c)
{
    for (size_t i = 0; i < c->count; i++)
        x509_cert_free(c->list[i]);
}
DEFINE_AUTO_VALUE(certificates, struct certificates, certificates_clear)

static bool open_all(const struct buffer *der, size_t count, struct certificates *ret_certificates,
                     struct quoth_error *err)
{
    struct certificates *c = ret_certificates;
    for (; c->count < count; c->count++)
        if (!x509_cert_from_der(buffer_bytes(&der[c->count]), &c->list[c->count], err))
            return false;
    return true;
}

bool jws_signer_trusted(const struct jws *j, const struct buffer *trusted, size_t count,
                        int64_t now, struct quoth_error *err)
{
    AUTO(certificates) struct certificates chain = {0}, anchors = {0};
    struct quoth_error inner = {0};
    if (count > JWS_TRUSTED_MAX)
        return quoth_fail(err, QUOTH_INTERNAL, "jws", QUOTH_NO_OFFSET,
                          "more signers than a tenant");
    if (!open_all(j->chain, j->chain_count, &chain, err) ||
        !open_all(trusted, count, &anchors, err))
        return false;
    if (x509_chain_trusted(chain.list, chain.count, anchors.list, anchors.count, now, &inner))
        return true;
    const enum quoth_code code =
        inner.code == QUOTH_CERTIFICATE_UNTRUSTED ? QUOTH_JWS_SIGNER : inner.code;
    quoth_fail(err, code, inner.where, inner.offset, "%s", inner.message);
    return quoth_within(err, "jws.header");
}

/* ---- writing */

static const char *algorithm_of(enum key_kind kind)
{
    return kind == KEY_KIND_RSA ? "RS256" : "ES256";
}

void jws_signer_write(struct buffer *to, struct bytes certificate_der, struct quoth_error *err)
{
    AUTO(x509_cert) struct x509_cert *cert = NULL;
    AUTO(public_key) struct public_key *key = NULL;
    if (!x509_cert_from_der(certificate_der, &cert, err) || !x509_cert_public_key(cert, &key, err))
        return;
    const enum key_kind kind = public_key_kind(key);
    json_object_begin(to);
    json_named_cstring(to, "alg", algorithm_of(kind));
    json_named_cstring(to, "kty", kind == KEY_KIND_RSA ? "RSA" : "EC");
    json_named_cstring(to, "use", "sig");
    jwk_write_chain(to, &certificate_der, 1);
    json_object_end(to);
}

static bool sign(struct private_key *key, const struct bytes *input, struct buffer *ret_signature,
                 struct quoth_error *err)
{
    if (!key)
        return true;
    return private_key_kind(key) == KEY_KIND_RSA
               ? private_key_sign_rs256(key, input, 1, ret_signature, err)
               : private_key_sign_es256(key, input, 1, ret_signature, err);
}

bool jws_write(struct bytes payload, struct private_key *key, const struct bytes *chain_der,
               size_t chain_count, struct buffer *ret_text, struct quoth_error *err)
{
    AUTO(buffer) struct buffer header = {0}, text = {0}, signature = {0};
    json_object_begin(&header);
    json_named_cstring(&header, "alg", key ? algorithm_of(private_key_kind(key)) : "none");
    if (key)
        jwk_write_chain(&header, chain_der, chain_count);
    json_object_end(&header);
    base64url_encode(buffer_bytes(&header), &text);
    buffer_u8(&text, '.');
    base64url_encode(payload, &text);
    const struct bytes input = buffer_bytes(&text);
    if (!buffer_ok(&header, err) || !buffer_ok(&text, err) || !sign(key, &input, &signature, err))
        return false;
    buffer_u8(&text, '.');
    base64url_encode(buffer_bytes(&signature), &text);
    buffer_add(ret_text, buffer_bytes(&text));
    return buffer_ok(&text, err) && buffer_ok(ret_text, err);
}
