#include "token/token.h"

#include "base/text.h"
#include "codec/base64.h"
#include "codec/json_write.h"

#define HEADER_MAX (16u << 10)
#define USUAL_PAYLOAD 4096 /* bytes */

static void write_header(struct buffer *to, const char *kid, const char *jku)
{
    json_object_begin(to);
    json_name(to, "alg");
    json_cstring(to, "RS256");
    json_name(to, "jku");
    json_cstring(to, jku);
    json_name(to, "kid");
    json_cstring(to, kid);
    json_name(to, "typ");
    json_cstring(to, "JWT");
    json_object_end(to);
}

bool token_sign(const struct claims *claims, struct private_key *key, const char *kid,
                const char *jku, struct buffer *ret_token, struct quoth_error *err)
{
    AUTO(buffer) struct buffer header = {0}, payload = {0}, signature = {0}, token = {0};
    write_header(&header, kid, jku);
    buffer_reserve(&payload, USUAL_PAYLOAD);
    claims_write(&payload, claims);
    if (!claims_ok(claims, err) || !buffer_ok(&header, err) || !buffer_ok(&payload, err))
        return false;

    buffer_reserve(&token, 2 * (header.len + payload.len));
    base64url_encode(buffer_bytes(&header), &token);
    buffer_u8(&token, '.');
    base64url_encode(buffer_bytes(&payload), &token);
    const struct bytes signing_input = buffer_bytes(&token);
    if (!buffer_ok(&token, err) || !private_key_sign_rs256(key, &signing_input, 1, &signature, err))
        return false;
    buffer_u8(&token, '.');
    base64url_encode(buffer_bytes(&signature), &token);
    if (!buffer_ok(&token, err))
        return false;
    buffer_add(ret_token, buffer_bytes(&token));
    return buffer_ok(ret_token, err);
}

/* A fault of an encoding inside the token, told as one of the token. */
static bool malformed(const struct quoth_error *inner, const char *part, struct quoth_error *err)
{
    if (inner->code == QUOTH_MEMORY)
        return quoth_fail(err, QUOTH_MEMORY, part, inner->offset, "%s", inner->message);
    quoth_fail(err, QUOTH_TOKEN_MALFORMED, inner->where, inner->offset, "%s", inner->message);
    return quoth_within(err, part);
}

/* The text up to the next dot, or to the end; moves past the dot. */
static struct bytes part_before_dot(struct bytes *rest)
{
    size_t len = 0;
    while (len < rest->len && rest->data[len] != '.')
        len++;
    const struct bytes part = bytes_slice(*rest, 0, len);
    *rest = bytes_slice(*rest, len + 1, rest->len);
    return part;
}

static bool split(struct bytes text, struct bytes ret_parts[3], struct quoth_error *err)
{
    size_t dots = 0;
    for (size_t i = 0; i < text.len; i++)
        dots += text.data[i] == '.';
    if (dots != 2) {
        quoth_fail(err, QUOTH_TOKEN_MALFORMED, "token", 0,
                   "has %zu dots, a compact JWS has two (RFC 7515 7.1)", dots);
        return false;
    }
    for (size_t i = 0; i < 3; i++)
        ret_parts[i] = part_before_dot(&text);
    return true;
}

static bool decode(struct bytes part, const char *name, struct buffer *ret_data,
                   struct quoth_error *err)
{
    struct quoth_error inner = {0};
    return base64url_decode(part, ret_data, &inner) || malformed(&inner, name, err);
}

/* offset counts from the start of the decoded text; where says which one. */
static bool parse_object(const struct buffer *text, const char *name,
                         const struct json_limits *limits, struct json_doc *ret_doc,
                         struct quoth_error *err)
{
    struct quoth_error inner = {0};
    if (!json_parse(buffer_bytes(text), limits, ret_doc, &inner))
        return malformed(&inner, name, err);
    if (json_type(json_root(ret_doc)) != JSON_OBJECT)
        return quoth_fail(err, QUOTH_TOKEN_MALFORMED, name, 0, "is not a JSON object");
    return true;
}

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
        return malformed(&inner, "token.header", err);
    if (text.len >= size)
        return quoth_fail(err, QUOTH_TOKEN_MALFORMED, "token.header", json_offset(member),
                          "\"%s\" has %zu bytes, limit is %zu", name, text.len, size - 1);
    bytes_copy((uint8_t *)to, buffer_bytes(&text)); /* JSON text of ours never holds NUL */
    to[text.len] = '\0';
    return true;
}

static bool read_header(struct token *t, struct quoth_error *err)
{
    static const char *const refused[] = {"crit", "b64"}; /* RFC 7515 4.1.11, RFC 7797 */
    const struct json_limits limits = {.max_len = HEADER_MAX, .max_depth = 4, .fold_names = true};
    if (!parse_object(&t->header_text, "token.header", &limits, &t->header, err))
        return false;
    const struct json header = json_root(&t->header);
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct json member;
        if (json_member_fold(header, refused[i], &member))
            return quoth_fail(err, QUOTH_TOKEN_MALFORMED, "token.header", json_offset(member),
                              "\"%s\" asks for an extension, and none is understood", refused[i]);
    }
    return header_text(header, "alg", true, t->alg, sizeof t->alg, err) &&
           header_text(header, "kid", false, t->kid, sizeof t->kid, err) &&
           header_text(header, "typ", false, t->typ, sizeof t->typ, err);
}

bool token_read(struct bytes text, struct token *ret_token, struct quoth_error *err)
{
    struct bytes parts[3] = {0};
    if (text.len > TOKEN_MAX)
        return quoth_fail(err, QUOTH_TOO_LARGE, "token", TOKEN_MAX, "has %zu bytes, limit is %u",
                          text.len, TOKEN_MAX);
    if (!split(text, parts, err))
        return false;
    /* The documents view the buffers and handles view the documents: they are read in place. */
    struct token *t = ret_token;
    *t = (struct token){.signing_input = bytes_slice(text, 0, parts[0].len + 1 + parts[1].len)};
    if (decode(parts[0], "token.header", &t->header_text, err) &&
        decode(parts[1], "token.payload", &t->payload_text, err) &&
        decode(parts[2], "token.signature", &t->signature, err) && read_header(t, err) &&
        parse_object(&t->payload_text, "token.payload", NULL, &t->payload, err))
        return true;
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

bool token_signed_by(const struct token *t, const struct public_key *key, struct quoth_error *err)
{
    if (strcmp(t->alg, "RS256") != 0)
        return quoth_mismatch(err, QUOTH_TOKEN_ALGORITHM, "token.header.alg", QUOTH_NO_OFFSET,
                              t->alg[0] ? t->alg : "\"\"", "RS256");
    if (public_key_kind(key) != KEY_KIND_RSA ||
        !public_key_verify_rs256(key, &t->signing_input, 1, buffer_bytes(&t->signature)))
        return quoth_fail(err, QUOTH_TOKEN_SIGNATURE, "token.signature", QUOTH_NO_OFFSET,
                          "is not one of key \"%s\" over header and payload", t->kid);
    return true;
}
