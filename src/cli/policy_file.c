#include "cli/policy_file.h"

#include "base/file.h"
#include "codec/base64.h"
#include "crypto/digest.h"

#include <stdio.h>

void policy_file_clear(struct policy_file *f)
{
    buffer_clear(&f->text);
    buffer_clear(&f->token);
    *f = (struct policy_file){0};
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct bytes trim(struct bytes text)
{
    while (text.len > 0 && is_blank(text.data[0]))
        text = bytes_slice(text, 1, text.len);
    while (text.len > 0 && is_blank(text.data[text.len - 1]))
        text = bytes_slice(text, 0, text.len - 1);
    return text;
}

/* Three parts of base64url: what no policy is, as each begins with "version=". */
static bool is_jws(struct bytes text)
{
    size_t dots = 0;
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t c = text.data[i];
        const bool base64 = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                            (c >= '0' && c <= '9') || c == '-' || c == '_';
        if (!base64 && c != '.')
            return false;
        dots += c == '.';
    }
    return dots == 2;
}

bool policy_token_hash(struct bytes jws, char ret_hash[POLICY_HASH_SIZE], struct quoth_error *err)
{
    const struct sha256 hash = sha256_of(jws);
    AUTO(buffer) struct buffer hold = {0};
    base64url_encode(BYTES_OF(hash.bytes), &hold);
    snprintf(ret_hash, POLICY_HASH_SIZE, "%.*s", (int)hold.len, (const char *)hold.data);
    return buffer_ok(&hold, err);
}

static bool read_jws(struct bytes text, struct policy_file *f, struct quoth_error *err)
{
    AUTO(jws) struct jws jws = {0};
    AUTO(policy_binding) struct policy_binding binding = {0};
    if (!jws_read(text, &jws, err) || (jws.algorithm != JWS_NONE && !jws_verify(&jws, err)) ||
        !policy_jws_text(&jws, &f->text, &binding, err) ||
        !policy_token_hash(text, f->token_hash, err))
        return false;
    if (f->text.len == 0)
        return quoth_fail(err, QUOTH_JWS_PAYLOAD, "jws.payload", QUOTH_NO_OFFSET,
                          "is a reset: it has no policy");
    buffer_add(&f->token, text);
    return buffer_ok(&f->token, err);
}

bool policy_file_read(const char *path, struct policy_file *ret_file, struct quoth_error *err)
{
    AUTO(buffer) struct buffer data = {0};
    AUTO(policy_file) struct policy_file f = {0};
    if (!file_read(path, JWS_MAX, &data, err))
        return false;
    const struct bytes token = trim(buffer_bytes(&data));
    if (is_jws(token)) {
        if (!read_jws(token, &f, err))
            return false;
    } else if (data.len > POLICY_TEXT_MAX) {
        return quoth_fail(err, QUOTH_TOO_LARGE, path, QUOTH_NO_OFFSET,
                          "has %zu bytes, a policy has at most %u", data.len, POLICY_TEXT_MAX);
    } else {
        f.text = take_value(data);
    }
    *ret_file = take_value(f);
    return true;
}

bool policy_file_open(const char *path, struct policy **ret_policy, struct quoth_error *err)
{
    AUTO(policy_file) struct policy_file f = {0};
    return policy_file_read(path, &f, err) &&
           policy_open(buffer_bytes(&f.text), ret_policy, NULL, err);
}
