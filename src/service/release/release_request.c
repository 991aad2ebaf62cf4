#include "service/release/release_request.h"

#include "base/text.h"
#include "codec/json.h"

void release_request_clear(struct release_request *r)
{
    buffer_clear(&r->target);
    buffer_clear(&r->nonce);
    *r = (struct release_request){0};
}

/* A member that is there and not null. */
static bool has(struct json body, const char *name, struct json *ret_value)
{
    return json_member(body, name, ret_value) && !json_is_null(*ret_value);
}

static bool read_target(struct json body, struct release_request *r, struct quoth_error *err)
{
    if (!json_need_text(body, "target", &r->target, err))
        return false;
    return r->target.len > 0 || quoth_fail(err, QUOTH_JSON_VALUE, "target", QUOTH_NO_OFFSET,
                                           "is empty: it holds the attestation token");
}

static bool read_nonce(struct json body, struct release_request *r, struct quoth_error *err)
{
    struct json nonce;
    r->has_nonce = has(body, "nonce", &nonce);
    if (!r->has_nonce)
        return true;
    if (!json_get_text(nonce, &r->nonce, err))
        return false;
    return r->nonce.len <= RELEASE_NONCE_MAX ||
           quoth_fail(err, QUOTH_JSON_VALUE, "nonce", json_offset(nonce),
                      "has %zu bytes, limit is %u", r->nonce.len, RELEASE_NONCE_MAX);
}

static bool read_algorithm(struct json body, struct release_request *r, struct quoth_error *err)
{
    struct json enc;
    AUTO(buffer) struct buffer name = {0};
    char found[64];
    r->algorithm = RSA_WRAP_SHA1; /* as the recorded answer to a request without it says */
    if (!has(body, "enc", &enc))
        return true;
    if (!json_get_text(enc, &name, err))
        return false;
    return rsa_wrap_find(buffer_bytes(&name), &r->algorithm) ||
           quoth_mismatch(err, QUOTH_JSON_VALUE, "enc", json_offset(enc),
                          text_escape(found, sizeof found, buffer_bytes(&name)),
                          "CKM_RSA_AES_KEY_WRAP, RSA_AES_KEY_WRAP_256 or RSA_AES_KEY_WRAP_384");
}

bool release_request_read(struct bytes body, struct release_request *ret_request,
                          struct quoth_error *err)
{
    /* One client sends random bytes for a nonce, as its writer of JSON makes text of them
     * (key-release.md 2.1). */
    const struct json_limits limits = {.nul_escapes = true};
    AUTO(json_doc) struct json_doc doc = {0};
    AUTO(release_request) struct release_request r = {0};
    if (!json_parse(body, &limits, &doc, err))
        return false;
    const struct json root = json_root(&doc);
    if (!read_target(root, &r, err) || !read_nonce(root, &r, err) || !read_algorithm(root, &r, err))
        return false;
    *ret_request = take_value(r);
    return true;
}
