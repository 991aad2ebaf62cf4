#include "release/recipient.h"

#include "codec/base64.h"
#include "codec/json_write.h"
#include "crypto/digest.h"

void release_recipient_clear(struct release_recipient *r)
{
    buffer_clear(&r->kid);
    public_key_free(r->key);
    *r = (struct release_recipient){0};
}

static bool refuse(struct json at, const char *what, struct quoth_error *err)
{
    char path[64];
    return quoth_fail(err, QUOTH_RELEASE_RECIPIENT, json_path(at, path, sizeof path),
                      QUOTH_NO_OFFSET, "%s", what);
}

static bool is(struct json jwk, const char *name, const char *text)
{
    struct json member;
    return json_member(jwk, name, &member) && json_text_is(member, text);
}

/* Whether a member is this text, or a list that has it. */
static bool says(struct json jwk, const char *name, const char *text)
{
    struct json member;
    if (!json_member(jwk, name, &member) || json_type(member) != JSON_ARRAY)
        return is(jwk, name, text);
    for (struct json v = json_first(member); json_exists(v); v = json_next(v))
        if (json_text_is(v, text))
            return true;
    return false;
}

static bool has(struct json jwk, const char *name)
{
    struct json member;
    return json_member(jwk, name, &member);
}

static bool is_for_encryption(struct json jwk)
{
    const bool use = is(jwk, "use", "enc"), key_use = says(jwk, "key_use", "enc");
    if ((has(jwk, "use") && !use) || (has(jwk, "key_use") && !key_use))
        return false;
    return use || key_use || says(jwk, "key_ops", "encrypt");
}

static bool qualifies(struct json jwk)
{
    return is(jwk, "kty", "RSA") && has(jwk, "n") && has(jwk, "e") && has(jwk, "kid") &&
           is_for_encryption(jwk);
}

static bool check_private(struct json jwk, struct quoth_error *err)
{
    static const char *const names[] = {"d", "p", "q", "dp", "dq", "qi", "oth"};
    for (size_t i = 0; i < COUNT(names); i++)
        if (has(jwk, names[i]))
            return refuse(jwk, "holds the private half too: anybody could unwrap", err);
    return true;
}

static bool read_kid(struct json jwk, struct buffer *ret_kid, struct quoth_error *err)
{
    struct json kid;
    struct quoth_error inner = {0};
    if (!json_need(jwk, "kid", &kid, &inner) || !json_get_text(kid, ret_kid, &inner))
        return refuse(jwk, "has a kid that is no string", err);
    return (ret_kid->len > 0 && ret_kid->len <= RELEASE_KID_MAX) ||
           refuse(jwk, "has a kid that is empty or longer than 256 bytes", err);
}

/* Wherever else the kid stands, also at a key that would not qualify, a program could not tell
 * which of its keys is meant. */
static bool check_unique(struct json keys, struct json chosen, const struct buffer *kid,
                         struct quoth_error *err)
{
    for (struct json v = json_first(keys); json_exists(v); v = json_next(v)) {
        struct json other;
        AUTO(buffer) struct buffer text = {0};
        if (v.index == chosen.index || !json_member(v, "kid", &other))
            continue;
        json_text(other, &text);
        if (!buffer_ok(&text, err))
            return false;
        if (bytes_equal(buffer_bytes(&text), buffer_bytes(kid)))
            return refuse(v, "has the kid of the key to wrap for", err);
    }
    return true;
}

/* A number; some write one zero byte before a high bit. */
static bool read_number(struct json jwk, const char *name, struct buffer *hold,
                        struct bytes *ret_number, struct quoth_error *err)
{
    struct bytes text;
    if (!json_need_plain(jwk, name, &text, err) || !base64url_decode(text, hold, err))
        return false;
    size_t zeros = 0;
    while (zeros < hold->len && hold->data[zeros] == 0)
        zeros++;
    *ret_number = bytes_slice(buffer_bytes(hold), zeros, hold->len);
    return true;
}

static bool read_key(struct json jwk, struct public_key **ret_key, struct quoth_error *err)
{
    AUTO(buffer) struct buffer modulus = {0}, exponent = {0};
    struct bytes n, e;
    struct quoth_error inner = {0};
    if (read_number(jwk, "n", &modulus, &n, &inner) &&
        read_number(jwk, "e", &exponent, &e, &inner) && public_key_from_rsa(n, e, ret_key, &inner))
        return true;
    return inner.code == QUOTH_MEMORY
               ? quoth_fail(err, inner.code, NULL, QUOTH_NO_OFFSET, "%s", inner.message)
               : refuse(jwk, inner.message, err);
}

static bool find_keys(struct json claims, struct json *ret_keys, struct quoth_error *err)
{
    struct json runtime, keys;
    if (!json_member(claims, "x-ms-runtime", &runtime) || json_type(runtime) != JSON_OBJECT)
        return quoth_fail(err, QUOTH_RELEASE_RECIPIENT, "x-ms-runtime", QUOTH_NO_OFFSET,
                          "the token has no JSON runtime data");
    if (!json_member(runtime, "keys", &keys) || json_type(keys) != JSON_ARRAY)
        return refuse(runtime, "has no list \"keys\"", err);
    if (json_count(keys) > RELEASE_KEYS_MAX)
        return refuse(keys, "has more than 32 keys", err);
    *ret_keys = keys;
    return true;
}

bool release_recipient_find(struct json claims, struct release_recipient *ret_recipient,
                            struct quoth_error *err)
{
    AUTO(release_recipient) struct release_recipient r = {0};
    struct json keys;
    if (!find_keys(claims, &keys, err))
        return false;
    struct json jwk = json_first(keys);
    while (json_exists(jwk) && !qualifies(jwk))
        jwk = json_next(jwk);
    if (!json_exists(jwk))
        return refuse(keys, "has no RSA key for encryption with n, e and kid", err);
    if (!check_private(jwk, err) || !read_kid(jwk, &r.kid, err) ||
        !check_unique(keys, jwk, &r.kid, err) || !read_key(jwk, &r.key, err))
        return false;
    *ret_recipient = take_value(r);
    return true;
}

bool release_thumbprint(const struct public_key *key, struct buffer *ret_text,
                        struct quoth_error *err)
{
    AUTO(buffer) struct buffer n = {0}, e = {0}, json = {0};
    if (!public_key_to_rsa(key, &n, &e, err))
        return false;
    json_object_begin(&json); /* RFC 7638 3.2: these members, in this order */
    json_named_base64url(&json, "e", buffer_bytes(&e));
    json_named_cstring(&json, "kty", "RSA");
    json_named_base64url(&json, "n", buffer_bytes(&n));
    json_object_end(&json);
    if (!buffer_ok(&json, err))
        return false;
    const struct sha256 digest = sha256_of(buffer_bytes(&json));
    base64url_encode(BYTES_OF(digest.bytes), ret_text);
    return buffer_ok(ret_text, err);
}

bool release_recipient_write(const struct public_key *key, struct bytes nonce, struct buffer *to,
                             struct quoth_error *err)
{
    AUTO(buffer) struct buffer n = {0}, e = {0}, kid = {0}, json = {0};
    if (!public_key_to_rsa(key, &n, &e, err) || !release_thumbprint(key, &kid, err))
        return false;
    json_object_begin(&json);
    json_name(&json, "keys");
    json_array_begin(&json);
    json_object_begin(&json);
    json_named_cstring(&json, "kty", "RSA");
    json_named_string(&json, "kid", buffer_bytes(&kid));
    json_name(&json, "key_ops");
    json_raw(&json, BYTES_LITERAL("[\"encrypt\"]"));
    json_named_base64url(&json, "n", buffer_bytes(&n));
    json_named_base64url(&json, "e", buffer_bytes(&e));
    json_object_end(&json);
    json_array_end(&json);
    if (nonce.len > 0) {
        json_named_base64url(&json, "nonce", nonce);
    }
    json_object_end(&json);
    if (!buffer_ok(&json, err))
        return false;
    buffer_add(to, buffer_bytes(&json));
    return buffer_ok(to, err);
}
