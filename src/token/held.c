#include "token/held.h"

#include "codec/base64.h"
#include "codec/json.h"
#include "codec/json_write.h"

static bool check_nonce(struct bytes nonce, struct quoth_error *err)
{
    return (nonce.len >= HELD_NONCE_MIN && nonce.len <= HELD_NONCE_MAX) ||
           quoth_fail(err, QUOTH_TOKEN_NONCE, "nonce", QUOTH_NO_OFFSET,
                      "has %zu bytes, %u to %u are allowed", nonce.len, HELD_NONCE_MIN,
                      HELD_NONCE_MAX);
}

void held_envelope_clear(struct held_envelope *e)
{
    buffer_clear(&e->certificate);
    buffer_clear(&e->nonce);
}

bool held_envelope_write(struct bytes certificate, struct bytes nonce, struct buffer *to,
                         struct quoth_error *err)
{
    AUTO(buffer) struct buffer json = {0};
    if (!check_nonce(nonce, err))
        return false;
    json_object_begin(&json);
    json_named_cstring(&json, "v", "quoth-1");
    json_named_base64url(&json, "cert", certificate);
    json_named_base64url(&json, "nonce", nonce);
    json_object_end(&json);
    if (!buffer_ok(&json, err))
        return false;
    buffer_add(to, buffer_bytes(&json));
    return buffer_ok(to, err);
}

static bool read_base64url(struct json object, const char *name, struct buffer *ret_data,
                           struct quoth_error *err)
{
    struct bytes text;
    struct quoth_error inner = {0};
    if (json_need_plain(object, name, &text, &inner) && base64url_decode(text, ret_data, &inner))
        return true;
    return quoth_fail(err, QUOTH_TOKEN_CLAIM, name, inner.offset, "%s", inner.message);
}

bool held_envelope_read(struct bytes json, struct held_envelope *ret_envelope,
                        struct quoth_error *err)
{
    AUTO(json_doc) struct json_doc doc = {0};
    AUTO(held_envelope) struct held_envelope e = {0};
    struct quoth_error inner = {0};
    struct json version;
    if (!json_parse(json, NULL, &doc, &inner))
        return quoth_fail(err, QUOTH_TOKEN_CLAIM, "held", inner.offset, "%s", inner.message);
    const struct json root = json_root(&doc);
    if (!json_member(root, "v", &version) || !json_text_is(version, "quoth-1") ||
        json_count(root) != 3)
        return quoth_fail(err, QUOTH_TOKEN_CLAIM, "held.v", QUOTH_NO_OFFSET,
                          "the held data is not {\"v\":\"quoth-1\",\"cert\",\"nonce\"}");
    if (!read_base64url(root, "cert", &e.certificate, err) ||
        !read_base64url(root, "nonce", &e.nonce, err) || !check_nonce(buffer_bytes(&e.nonce), err))
        return quoth_within(err, "held");
    *ret_envelope = take_value(e);
    return true;
}

static const char *role_name(bool from_client)
{
    return from_client ? "client" : "server";
}

bool held_channel_write(const struct held_channel *c, struct buffer *to, struct quoth_error *err)
{
    AUTO(buffer) struct buffer json = {0};
    json_object_begin(&json);
    json_named_cstring(&json, "v", "quoth-channel-1");
    json_named_cstring(&json, "role", role_name(c->from_client));
    json_named_base64url(&json, "nonce", BYTES_OF(c->nonce));
    json_named_base64url(&json, "spki", BYTES_OF(c->spki));
    json_named_base64url(&json, "exporter", BYTES_OF(c->exporter));
    json_object_end(&json);
    if (!buffer_ok(&json, err))
        return false;
    buffer_add(to, buffer_bytes(&json));
    return buffer_ok(to, err);
}

static bool check_member(struct json root, const char *name, const uint8_t *expected,
                         struct quoth_error *err)
{
    AUTO(buffer) struct buffer found = {0};
    if (!read_base64url(root, name, &found, err))
        return false;
    return bytes_equal_secret(buffer_bytes(&found), (struct bytes){expected, HELD_CHANNEL_SIZE}) ||
           quoth_fail(err, QUOTH_CHANNEL_MISMATCH, name, QUOTH_NO_OFFSET,
                      "is not that of this connection");
}

bool held_channel_check(struct bytes json, const struct held_channel *expected,
                        struct quoth_error *err)
{
    AUTO(json_doc) struct json_doc doc = {0};
    struct quoth_error inner = {0};
    struct json version, role;
    if (!json_parse(json, NULL, &doc, &inner))
        return quoth_fail(err, QUOTH_TOKEN_CLAIM, "channel", inner.offset, "%s", inner.message);
    const struct json root = json_root(&doc);
    if (!json_member(root, "v", &version) || !json_text_is(version, "quoth-channel-1") ||
        json_count(root) != 5)
        return quoth_fail(err, QUOTH_TOKEN_CLAIM, "channel.v", QUOTH_NO_OFFSET,
                          "the held data is not that of a quoth-channel-1");
    if (!json_member(root, "role", &role) || !json_text_is(role, role_name(expected->from_client)))
        return quoth_fail(err, QUOTH_CHANNEL_MISMATCH, "channel.role", QUOTH_NO_OFFSET,
                          "is not \"%s\": the proof is of the other end",
                          role_name(expected->from_client));
    if (!check_member(root, "nonce", expected->nonce, err) ||
        !check_member(root, "spki", expected->spki, err) ||
        !check_member(root, "exporter", expected->exporter, err))
        return quoth_within(err, "channel");
    return true;
}
