#include "release/answer.h"

#include "codec/base64.h"
#include "codec/hex.h"
#include "codec/json_write.h"
#include "crypto/digest.h"
#include "crypto/x509.h"
#include "token/token.h"

#define CHAIN_MAX 8u

/* ---- the header */

void release_signer_clear(struct release_signer *s)
{
    buffer_clear(&s->header);
}

struct certificates { /* owned */
    struct x509_cert *list[CHAIN_MAX];
};

static void certificates_clear(struct certificates *c)
{
    for (size_t i = 0; i < CHAIN_MAX; i++)
        x509_cert_free(c->list[i]);
}
DEFINE_AUTO_VALUE(certificates, struct certificates, certificates_clear)

static bool check_chain(const struct private_key *key, const struct bytes *chain_der, size_t count,
                        struct quoth_error *err)
{
    AUTO(certificates) struct certificates c = {0};
    if (private_key_kind(key) != KEY_KIND_RSA)
        return quoth_fail(err, QUOTH_KEY_UNSUPPORTED, "key", QUOTH_NO_OFFSET,
                          "answers of a vault are signed with RSA");
    if (count == 0 || count > CHAIN_MAX)
        return quoth_fail(err, QUOTH_CERTIFICATE_UNTRUSTED, "x5c", QUOTH_NO_OFFSET,
                          "has %zu certificates, 1 to %u are needed", count, CHAIN_MAX);
    for (size_t i = 0; i < count; i++)
        if (!x509_cert_from_der(chain_der[i], &c.list[i], err))
            return false;
    if (!x509_cert_matches(c.list[0], key))
        return quoth_fail(err, QUOTH_CERTIFICATE_UNTRUSTED, "x5c[0]", QUOTH_NO_OFFSET,
                          "is not for the key that signs");
    for (size_t i = 0; i < count; i++)
        if (!x509_cert_signed_by(c.list[i], c.list[i + 1 < count ? i + 1 : i]))
            return quoth_fail(err, QUOTH_CERTIFICATE_UNTRUSTED, "x5c", QUOTH_NO_OFFSET,
                              i + 1 < count ? "certificate %zu is not by the one behind it"
                                            : "certificate %zu, the last one, is no root",
                              i);
    return true;
}

/* The members and the order of Key Vault: kid is SHA-1 of the certificate, in capitals. */
static void write_header(struct buffer *to, const struct bytes *chain_der, size_t count)
{
    const struct sha1 sha1 = sha1_of(chain_der[0]);
    const struct sha256 sha256 = sha256_of(chain_der[0]);
    AUTO(buffer) struct buffer kid = {0};
    for (size_t i = 0; i < sizeof sha1.bytes; i++)
        buffer_printf(&kid, "%02X", sha1.bytes[i]);
    json_object_begin(to);
    json_named_string(to, "alg", BYTES_LITERAL("RS256"));
    json_named_string(to, "kid", buffer_bytes(&kid));
    json_named_base64url(to, "x5t", BYTES_OF(sha1.bytes));
    json_named_string(to, "typ", BYTES_LITERAL("JWT"));
    json_named_base64url(to, "x5t#S256", BYTES_OF(sha256.bytes));
    jwk_write_chain(to, chain_der, count);
    json_object_end(to);
    to->failed |= kid.failed;
}

bool release_signer_init(const struct private_key *key, const struct bytes *chain_der, size_t count,
                         struct release_signer *ret_signer, struct quoth_error *err)
{
    AUTO(buffer) struct buffer json = {0};
    AUTO(release_signer) struct release_signer s = {0};
    if (!check_chain(key, chain_der, count, err))
        return false;
    write_header(&json, chain_der, count);
    base64url_encode(buffer_bytes(&json), &s.header);
    if (!buffer_ok(&json, err) || !buffer_ok(&s.header, err))
        return false;
    *ret_signer = take_value(s);
    return true;
}

/* ---- the payload */

/* key_hsm, or secret_hsm. */
static void write_wrapped(struct buffer *to, const char *name, const struct release_answer *a)
{
    AUTO(buffer) struct buffer json = {0};
    json_object_begin(&json);
    json_named_string(&json, "schema_version", BYTES_LITERAL("1.0"));
    json_name(&json, "header");
    json_object_begin(&json);
    json_named_string(&json, "kid", a->recipient_kid);
    json_named_string(&json, "alg", BYTES_LITERAL("dir"));
    json_named_string(&json, "enc", bytes_of_text(rsa_wrap_name(a->algorithm)));
    json_object_end(&json);
    json_named_base64url(&json, "ciphertext", a->wrapped);
    json_object_end(&json);
    json_named_base64url(to, name, buffer_bytes(&json));
    to->failed |= json.failed;
}

static bool is_told(struct bytes op)
{
    return !bytes_equal(op, BYTES_LITERAL("import")) && !bytes_equal(op, BYTES_LITERAL("export"));
}

static void write_jwk(struct buffer *to, const struct release_answer *a)
{
    json_object_begin(to);
    json_named_string(to, "kid", a->kid);
    json_named_string(to, "kty", a->kty);
    json_name(to, "key_ops");
    json_array_begin(to);
    for (size_t i = 0; i < a->key_op_count; i++)
        if (is_told(a->key_ops[i]))
            json_string(to, a->key_ops[i]);
    json_array_end(to);
    if (a->curve)
        json_named_string(to, "crv", bytes_of_text(a->curve));
    if (a->a.len > 0) {
        json_named_base64url(to, a->curve ? "x" : "n", a->a);
        json_named_base64url(to, a->curve ? "y" : "e", a->b);
    }
    write_wrapped(to, "key_hsm", a);
    json_object_end(to);
}

static void write_secret(struct buffer *to, const struct release_answer *a)
{
    json_object_begin(to);
    json_named_string(to, "id", a->kid);
    if (a->content_type.len > 0)
        json_named_string(to, "contentType", a->content_type);
    write_wrapped(to, "secret_hsm", a);
    json_object_end(to);
}

static void write_request(struct buffer *to, const struct release_answer *a)
{
    json_object_begin(to);
    json_named_string(to, "api-version", bytes_of_text(a->api_version));
    json_named_string(to, "enc", bytes_of_text(rsa_wrap_name(a->algorithm)));
    json_named_string(to, "kid", a->requested);
    if (a->has_nonce)
        json_named_string(to, "nonce", a->nonce);
    json_object_end(to);
}

static void write_payload(struct buffer *to, const struct release_answer *a)
{
    const char *kind = a->is_secret ? "secret" : "key";
    json_object_begin(to);
    json_name(to, "request");
    write_request(to, a);
    json_name(to, "response");
    json_object_begin(to);
    json_name(to, kind);
    json_object_begin(to);
    json_name(to, kind);
    if (a->is_secret)
        write_secret(to, a);
    else
        write_jwk(to, a);
    json_name(to, "attributes");
    json_raw(to, a->attributes);
    if (a->tags.len > 0) {
        json_name(to, "tags");
        json_raw(to, a->tags);
    }
    json_name(to, "release_policy");
    json_raw(to, a->release_policy);
    json_object_end(to);
    json_object_end(to);
    json_object_end(to);
}

bool release_answer_write(const struct release_answer *a, const struct release_signer *signer,
                          struct private_key *key, struct buffer *ret_body, struct quoth_error *err)
{
    AUTO(buffer) struct buffer payload = {0}, jws = {0}, signature = {0}, body = {0};
    write_payload(&payload, a);
    buffer_add(&jws, buffer_bytes(&signer->header));
    buffer_u8(&jws, '.');
    base64url_encode(buffer_bytes(&payload), &jws);
    const struct bytes input = buffer_bytes(&jws);
    if (!buffer_ok(&payload, err) || !buffer_ok(&jws, err) ||
        !private_key_sign_rs256(key, &input, 1, &signature, err))
        return false;
    buffer_u8(&jws, '.');
    base64url_encode(buffer_bytes(&signature), &jws);
    json_object_begin(&body);
    json_named_string(&body, "value", buffer_bytes(&jws));
    json_object_end(&body);
    if (!buffer_ok(&jws, err) || !buffer_ok(&body, err))
        return false;
    buffer_add(ret_body, buffer_bytes(&body));
    return buffer_ok(ret_body, err);
}
