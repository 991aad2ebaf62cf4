#include "token/policy_jws.h"

#include "base/text.h"
#include "codec/base64.h"
#include "codec/json_write.h"
#include "crypto/x509.h"

#define BINDING_TEXT_MAX 512u /* bytes */

static const struct json_limits limits = {.max_len = JWS_MAX, .max_depth = 8, .fold_names = true};

void policy_binding_clear(struct policy_binding *b)
{
    buffer_clear(&b->aud);
    buffer_clear(&b->type);
    buffer_clear(&b->operation);
    *b = (struct policy_binding){0};
}

static bool fault(const struct quoth_error *inner, struct quoth_error *err)
{
    const enum quoth_code code = inner->code == QUOTH_MEMORY ? QUOTH_MEMORY : QUOTH_JWS_PAYLOAD;
    quoth_fail(err, code, inner->where, inner->offset, "%s", inner->message);
    return quoth_within(err, "jws.payload");
}

static bool refuse(struct json at, const char *where, const char *what, struct quoth_error *err)
{
    quoth_fail(err, QUOTH_JWS_PAYLOAD, where, json_offset(at), "%s", what);
    return quoth_within(err, "jws.payload");
}

/* ---- reading */

static bool parse(const struct jws *j, struct json_doc *ret_doc, struct quoth_error *err)
{
    struct quoth_error inner = {0};
    if (!json_parse(buffer_bytes(&j->payload), &limits, ret_doc, &inner))
        return fault(&inner, err);
    const struct json root = json_root(ret_doc);
    return json_type(root) == JSON_OBJECT || refuse(root, "", "is not a JSON object", err);
}

static bool read_text(struct json root, const char *name, bool *ret_has, struct buffer *ret_text,
                      struct quoth_error *err)
{
    struct json member;
    struct quoth_error inner = {0};
    if (!json_member_fold(root, name, &member))
        return true;
    if (!json_get_text(member, ret_text, &inner))
        return fault(&inner, err);
    *ret_has = true;
    return (ret_text->len > 0 && ret_text->len <= BINDING_TEXT_MAX) ||
           refuse(member, name, "is empty or longer than 512 bytes", err);
}

static bool read_binding(struct json root, struct policy_binding *b, struct quoth_error *err)
{
    struct json iat;
    struct quoth_error inner = {0};
    b->has_iat = json_member_fold(root, "iat", &iat);
    if (b->has_iat && !json_get_int(iat, 0, INT64_MAX / 2, &b->iat, &inner))
        return fault(&inner, err);
    return read_text(root, "aud", &b->has_aud, &b->aud, err) &&
           read_text(root, "x-quoth-type", &b->has_type, &b->type, err) &&
           read_text(root, "x-quoth-operation", &b->has_operation, &b->operation, err);
}

/* Every policy of any language that was ever served has one of these, and base 64 has neither. */
static bool looks_like_a_policy(struct bytes value)
{
    return value.len > 0 &&
           (memchr(value.data, '{', value.len) || memchr(value.data, ';', value.len));
}

static bool read_policy(struct json member, struct buffer *ret_text, struct quoth_error *err)
{
    AUTO(buffer) struct buffer value = {0};
    struct quoth_error inner = {0};
    if (!json_get_text(member, &value, &inner))
        return fault(&inner, err);
    if (value.len == 0)
        return refuse(member, "AttestationPolicy", "is empty", err);
    if (looks_like_a_policy(buffer_bytes(&value)))
        buffer_add(ret_text, buffer_bytes(&value));
    else if (!base64_decode_any(buffer_bytes(&value), ret_text, &inner)) {
        quoth_within(&inner, "AttestationPolicy");
        return fault(&inner, err);
    }
    return buffer_ok(ret_text, err);
}

static bool says_reset(const struct policy_binding *b)
{
    return b->has_operation && bytes_equal(buffer_bytes(&b->operation), BYTES_LITERAL("reset"));
}

bool policy_jws_text(const struct jws *j, struct buffer *ret_text,
                     struct policy_binding *ret_binding, struct quoth_error *err)
{
    AUTO(json_doc) struct json_doc doc = {0};
    AUTO(policy_binding) struct policy_binding binding = {0};
    struct json member;
    if (j->payload.len == 0) {
        *ret_binding = take_value(binding);
        return true;
    }
    if (!parse(j, &doc, err) || !read_binding(json_root(&doc), &binding, err))
        return false;
    if (json_member_fold(json_root(&doc), "AttestationPolicy", &member)) {
        if (!read_policy(member, ret_text, err))
            return false;
    } else if (!says_reset(&binding)) {
        return refuse(json_root(&doc), "AttestationPolicy", "is missing", err);
    }
    *ret_binding = take_value(binding);
    return true;
}

struct chain { /* owned */
    struct x509_cert *certs[JWS_CHAIN_MAX];
    size_t count;
};

static void chain_clear(struct chain *c)
{
    for (size_t i = 0; i < c->count; i++)
        x509_cert_free(c->certs[i]);
}
DEFINE_AUTO_VALUE(chain, struct chain, chain_clear)

static bool read_chain(struct json x5c, struct chain *c, struct quoth_error *err)
{
    const size_t count = json_count(x5c);
    struct quoth_error inner = {0};
    if (json_type(x5c) != JSON_ARRAY || count == 0 || count > JWS_CHAIN_MAX)
        return refuse(x5c, "x5c", "is not an array of 1 to 8 certificates", err);
    for (struct json item = json_first(x5c); json_exists(item); item = json_next(item)) {
        AUTO(buffer) struct buffer text = {0}, der = {0};
        if (!json_get_text(item, &text, &inner) ||
            !base64_decode_any(buffer_bytes(&text), &der, &inner) ||
            !x509_cert_from_der(buffer_bytes(&der), &c->certs[c->count], &inner)) {
            quoth_within(&inner, "x5c");
            return fault(&inner, err);
        }
        c->count++;
    }
    return true;
}

static bool issued_another(const struct chain *c, size_t which)
{
    for (size_t i = 0; i < c->count; i++)
        if (i != which && x509_cert_signed_by(c->certs[i], c->certs[which]))
            return true;
    return false;
}

static const struct x509_cert *leaf_of(const struct chain *c)
{
    const struct x509_cert *leaf = NULL;
    for (size_t i = 0; i < c->count; i++) {
        if (issued_another(c, i))
            continue;
        if (leaf)
            return NULL;
        leaf = c->certs[i];
    }
    return leaf;
}

static bool find_certificate(struct json root, struct json *ret_x5c, struct quoth_error *err)
{
    static const char *const names[] = {"policyCertificate", "maa-policyCertificate",
                                        "x-ms-policyCertificate"};
    for (size_t i = 0; i < COUNT(names); i++) {
        struct json jwk;
        if (json_member_fold(root, names[i], &jwk))
            return json_member_fold(jwk, "x5c", ret_x5c) ||
                   refuse(jwk, names[i], "has no member \"x5c\"", err);
    }
    return refuse(root, names[0], "is missing", err);
}

bool policy_jws_certificate(const struct jws *j, struct buffer *ret_der,
                            struct policy_binding *ret_binding, struct quoth_error *err)
{
    AUTO(json_doc) struct json_doc doc = {0};
    AUTO(policy_binding) struct policy_binding binding = {0};
    AUTO(chain) struct chain chain = {0};
    struct json x5c = {0};
    if (!parse(j, &doc, err) || !read_binding(json_root(&doc), &binding, err) ||
        !find_certificate(json_root(&doc), &x5c, err) || !read_chain(x5c, &chain, err))
        return false;
    const struct x509_cert *leaf = leaf_of(&chain);
    if (!leaf)
        return refuse(x5c, "x5c", "is no chain: more than one certificate issued no other", err);
    buffer_add(ret_der, x509_cert_der(leaf));
    if (!buffer_ok(ret_der, err))
        return false;
    *ret_binding = take_value(binding);
    return true;
}

/* ---- writing */

static void write_text(struct buffer *to, const char *name, bool has, const struct buffer *text)
{
    if (!has)
        return;
    json_named_string(to, name, buffer_bytes(text));
}

static void write_binding(struct buffer *to, const struct policy_binding *b)
{
    if (!b)
        return;
    write_text(to, "aud", b->has_aud, &b->aud);
    if (b->has_iat) {
        json_named_int(to, "iat", b->iat);
    }
    write_text(to, "x-quoth-type", b->has_type, &b->type);
    write_text(to, "x-quoth-operation", b->has_operation, &b->operation);
}

bool policy_jws_payload(struct bytes text, const struct policy_binding *binding, struct buffer *to,
                        struct quoth_error *err)
{
    if (text.len == 0 && !binding)
        return true;
    json_object_begin(to);
    if (text.len > 0) {
        json_named_base64url(to, "AttestationPolicy", text);
    }
    write_binding(to, binding);
    json_object_end(to);
    return buffer_ok(to, err);
}

bool policy_jws_certificate_payload(struct bytes certificate_der,
                                    const struct policy_binding *binding, struct buffer *to,
                                    struct quoth_error *err)
{
    struct quoth_error why = {0};
    json_object_begin(to);
    json_name(to, "policyCertificate");
    jws_signer_write(to, certificate_der, &why);
    write_binding(to, binding);
    json_object_end(to);
    if (why.code == QUOTH_OK)
        return buffer_ok(to, err);
    *err = why;
    return false;
}
