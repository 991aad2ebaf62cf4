#include "token/token.h"

#include "base/text.h"
#include "codec/base64.h"
#include "codec/json_write.h"
#include "token/compact.h"

#define USUAL_PAYLOAD 4096 /* bytes */

static void write_header(struct buffer *to, const char *alg, const char *kid, const char *jku)
{
    json_object_begin(to);
    json_named_cstring(to, "alg", alg);
    json_named_cstring(to, "jku", jku);
    json_named_cstring(to, "kid", kid);
    json_named_cstring(to, "typ", "JWT");
    json_object_end(to);
}

/* Header and payload, with the dot between them: what is signed. */
static bool write_input(struct buffer *to, const struct claims *claims, const char *alg,
                        const char *kid, const char *jku, struct quoth_error *err)
{
    AUTO(buffer) struct buffer header = {0}, payload = {0};
    write_header(&header, alg, kid, jku);
    buffer_reserve(&payload, USUAL_PAYLOAD);
    claims_write(&payload, claims);
    if (!claims_ok(claims, err) || !buffer_ok(&header, err) || !buffer_ok(&payload, err))
        return false;
    buffer_reserve(to, 2 * (header.len + payload.len));
    base64url_encode(buffer_bytes(&header), to);
    buffer_u8(to, '.');
    base64url_encode(buffer_bytes(&payload), to);
    return buffer_ok(to, err);
}

bool token_sign(const struct claims *claims, struct private_key *key, const char *kid,
                const char *jku, struct buffer *ret_token, struct quoth_error *err)
{
    AUTO(buffer) struct buffer signature = {0}, token = {0};
    if (!write_input(&token, claims, "RS256", kid, jku, err))
        return false;
    const struct bytes signing_input = buffer_bytes(&token);
    if (!private_key_sign_rs256(key, &signing_input, 1, &signature, err))
        return false;
    buffer_u8(&token, '.');
    base64url_encode(buffer_bytes(&signature), &token);
    if (!buffer_ok(&token, err))
        return false;
    buffer_add(ret_token, buffer_bytes(&token));
    return buffer_ok(ret_token, err);
}

bool token_write_unsecured(const struct claims *claims, const char *kid, const char *jku,
                           struct buffer *ret_token, struct quoth_error *err)
{
    AUTO(buffer) struct buffer token = {0};
    if (!write_input(&token, claims, "none", kid, jku, err))
        return false;
    buffer_u8(&token, '.');
    buffer_add(ret_token, buffer_bytes(&token));
    return buffer_ok(&token, err) && buffer_ok(ret_token, err);
}

static const struct compact words = {"token", QUOTH_TOKEN_MALFORMED, 16u << 10};

/* A text member of the header that fits in size; left empty when it is absent and may be. */
static bool header_text(struct json header, const char *name, bool needed, char *to, size_t size,
                        struct quoth_error *err)
{
    struct json member;
    if (!json_member(header, name, &member))
        return !needed || quoth_fail(err, QUOTH_TOKEN_MALFORMED, "token.header", QUOTH_NO_OFFSET,
                                     "has no member \"%s\"", name);
    AUTO(buffer) struct buffer text = {0};
    struct quoth_error inner = {0};
    if (!json_get_text(member, &text, &inner))
        return compact_fault(&words, &inner, "header", err);
    if (text.len >= size)
        return quoth_fail(err, QUOTH_TOKEN_MALFORMED, "token.header", json_offset(member),
                          "\"%s\" has %zu bytes, limit is %zu", name, text.len, size - 1);
    bytes_copy((uint8_t *)to, buffer_bytes(&text)); /* JSON text of ours never holds NUL */
    to[text.len] = '\0';
    return true;
}

static bool read_header(struct token *t, struct quoth_error *err)
{
    const struct json header = json_root(&t->header);
    return header_text(header, "alg", true, t->alg, sizeof t->alg, err) &&
           header_text(header, "kid", false, t->kid, sizeof t->kid, err) &&
           header_text(header, "typ", false, t->typ, sizeof t->typ, err);
}

bool token_read(struct bytes text, struct token *ret_token, struct quoth_error *err)
{
    if (text.len > TOKEN_MAX)
        return quoth_fail(err, QUOTH_TOO_LARGE, "token", TOKEN_MAX, "has %zu bytes, limit is %u",
                          text.len, TOKEN_MAX);
    /* The documents view the buffers and handles view the documents: they are read in place. */
    struct token *t = ret_token;
    *t = (struct token){0};
    struct compact_parts parts = {.header_text = &t->header_text,
                                  .payload = &t->payload_text,
                                  .signature = &t->signature,
                                  .header = &t->header};
    if (compact_read(&words, text, &parts, err) && read_header(t, err) &&
        compact_object(&words, &t->payload_text, "payload", NULL, &t->payload, err)) {
        t->signing_input = parts.signing_input;
        return true;
    }
    token_clear(t);
    return false;
}

void token_clear(struct token *t)
{
    json_doc_clear(&t->header);
    json_doc_clear(&t->payload);
    buffer_clear(&t->header_text);
    buffer_clear(&t->payload_text);
    buffer_clear(&t->signature);
    *t = (struct token){0};
}

static bool not_signed(const struct token *t, struct quoth_error *err)
{
    return quoth_fail(err, QUOTH_TOKEN_SIGNATURE, "token.signature", QUOTH_NO_OFFSET,
                      "is not one of key \"%s\" over header and payload", t->kid);
}

static bool other_algorithm(const struct token *t, const char *expected, struct quoth_error *err)
{
    return quoth_mismatch(err, QUOTH_TOKEN_ALGORITHM, "token.header.alg", QUOTH_NO_OFFSET,
                          t->alg[0] ? t->alg : "\"\"", expected);
}

bool token_signed_by(const struct token *t, const struct public_key *key, struct quoth_error *err)
{
    if (strcmp(t->alg, "RS256") != 0)
        return other_algorithm(t, "RS256", err);
    return (public_key_kind(key) == KEY_KIND_RSA &&
            public_key_verify_rs256(key, &t->signing_input, 1, buffer_bytes(&t->signature))) ||
           not_signed(t, err);
}

bool token_signed_by_either(const struct token *t, const struct public_key *key,
                            struct quoth_error *err)
{
    if (strcmp(t->alg, "ES256") != 0)
        return strcmp(t->alg, "RS256") == 0 ? token_signed_by(t, key, err)
                                            : other_algorithm(t, "RS256 or ES256", err);
    return (public_key_kind(key) == KEY_KIND_P256 &&
            public_key_verify_es256(key, &t->signing_input, 1, buffer_bytes(&t->signature))) ||
           not_signed(t, err);
}
