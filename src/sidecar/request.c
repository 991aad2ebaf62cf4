#include "sidecar/request.h"

#include "codec/base64.h"
#include "codec/json.h"
#include "net/url.h"

#define RUNTIME_DEPTH 16u /* THREATS 13 */

void sidecar_attest_clear(struct sidecar_attest *a)
{
    buffer_clear(&a->runtime_data);
}

void sidecar_release_clear(struct sidecar_release *r)
{
    buffer_clear(&r->name);
    buffer_clear(&r->version);
    buffer_clear(&r->access_token);
}

/* ---- endpoints */

/* "host", "host:port" or "https://host[:port][/]", as clients write them. */
static bool read_endpoint(struct json body, const char *name, struct url *ret_url,
                          struct buffer *hold, struct quoth_error *err)
{
    const struct bytes scheme = BYTES_LITERAL("https://");
    AUTO(buffer) struct buffer text = {0};
    if (!json_need_text(body, name, &text, err))
        return false;
    const bool whole = text.len > 0 && memmem(text.data, text.len, "://", 3) != NULL;
    if (!whole)
        buffer_add(hold, scheme);
    buffer_add(hold, buffer_bytes(&text));
    if (!buffer_ok(hold, err))
        return false;
    if (!url_read(buffer_bytes(hold), ret_url, err))
        return quoth_within(err, name);
    return ret_url->target.len == 1 || quoth_fail(err, QUOTH_SIDECAR_ENDPOINT, name,
                                                  QUOTH_NO_OFFSET, "has a path, and takes none");
}

/* The peer of the settings that is meant. What is contacted is the settings' own text. */
static bool find_peer(struct json body, const char *name, const struct sidecar_peers *peers,
                      const char **ret_peer, struct quoth_error *err)
{
    struct url asked, known;
    AUTO(buffer) struct buffer hold = {0};
    if (!read_endpoint(body, name, &asked, &hold, err))
        return false;
    for (size_t i = 0; i < peers->count; i++)
        if (url_read(bytes_of_text(peers->urls[i]), &known, err) &&
            url_same_origin(&asked, &known)) {
            *ret_peer = peers->urls[i];
            return true;
        }
    return quoth_fail(err, QUOTH_SIDECAR_ENDPOINT, name, QUOTH_NO_OFFSET,
                      "%.80s is not among those that this sidecar may contact", asked.host);
}

/* ---- runtime data */

static bool unfit(struct quoth_error *err, size_t offset, const char *why)
{
    return quoth_fail(err, QUOTH_SIDECAR_RUNTIME_DATA, "runtime_data", offset, "%s", why);
}

static bool check_members(struct json object, struct quoth_error *err)
{
    struct json member;
    if (json_type(object) != JSON_OBJECT)
        return unfit(err, 0, "is not a JSON object");
    if (json_count(object) == 0)
        return unfit(err, 0, "has no members");
    return !json_member_fold(object, "v", &member) ||
           unfit(err, json_offset(member), "has a member \"v\", which is not the caller's to give");
}

static bool read_runtime_data(struct json body, struct buffer *ret_data, struct quoth_error *err)
{
    const struct json_limits limits = {
        .max_len = SIDECAR_RUNTIME_DATA_MAX, .max_depth = RUNTIME_DEPTH, .fold_names = true};
    AUTO(buffer) struct buffer text = {0}, data = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    struct quoth_error inner = {0};
    if (!json_need_text(body, "runtime_data", &text, err))
        return false;
    if (!base64_decode_any(buffer_bytes(&text), &data, &inner) ||
        !json_parse(buffer_bytes(&data), &limits, &doc, &inner))
        return unfit(err, inner.offset, inner.message);
    if (!check_members(json_root(&doc), err))
        return false;
    *ret_data = take_value(data);
    return true;
}

/* ---- requests */

static bool parse(struct bytes body, struct json_doc *doc, struct quoth_error *err)
{
    static const struct json_limits limits = {
        .max_len = SIDECAR_BODY_MAX, .max_depth = 4, .fold_names = true};
    return json_parse(body, &limits, doc, err);
}

bool sidecar_attest_read(struct bytes body, const struct sidecar_peers *verifiers,
                         struct sidecar_attest *ret_attest, struct quoth_error *err)
{
    AUTO(json_doc) struct json_doc doc = {0};
    AUTO(sidecar_attest) struct sidecar_attest a = {0};
    if (!parse(body, &doc, err) ||
        (verifiers && !find_peer(json_root(&doc), "maa_endpoint", verifiers, &a.verifier, err)))
        return false;
    if (!read_runtime_data(json_root(&doc), &a.runtime_data, err))
        return false;
    *ret_attest = take_value(a);
    return true;
}

/* A text of our own from one of JSON's, whose NULs the reader has refused. */
static void keep(struct bytes text, struct buffer *to)
{
    buffer_add(to, text);
    buffer_u8(to, 0);
}

static bool read_kid(struct json body, struct sidecar_release *r, struct quoth_error *err)
{
    AUTO(buffer) struct buffer kid = {0};
    if (!json_need_text(body, "kid", &kid, err))
        return false;
    const struct bytes text = buffer_bytes(&kid);
    const uint8_t *slash = text.len ? memchr(text.data, '/', text.len) : NULL;
    const size_t name = slash ? (size_t)(slash - text.data) : text.len;
    keep(bytes_slice(text, 0, name), &r->name);
    if (slash)
        keep(bytes_slice(text, name + 1, text.len), &r->version);
    return buffer_ok(&r->name, err) && buffer_ok(&r->version, err);
}

static bool read_access_token(struct json body, struct sidecar_release *r, struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0};
    struct json member;
    if (!json_member(body, "access_token", &member) || json_is_null(member))
        return true;
    if (!json_need_text(body, "access_token", &text, err))
        return false;
    if (text.len > 0) /* clients without one send an empty text */
        keep(buffer_bytes(&text), &r->access_token);
    return buffer_ok(&r->access_token, err);
}

bool sidecar_release_read(struct bytes body, const struct sidecar_settings *settings,
                          struct sidecar_release *ret_release, struct quoth_error *err)
{
    AUTO(json_doc) struct json_doc doc = {0};
    AUTO(sidecar_release) struct sidecar_release r = {0};
    if (!parse(body, &doc, err))
        return false;
    const struct json root = json_root(&doc);
    if (!find_peer(root, "maa_endpoint", &settings->verifiers, &r.verifier, err) ||
        !find_peer(root, "akv_endpoint", &settings->vaults, &r.vault, err) ||
        !read_kid(root, &r, err) || !read_access_token(root, &r, err))
        return false;
    *ret_release = take_value(r);
    return true;
}

/* ---- Host */

bool sidecar_host_is_loopback(struct bytes host)
{
    struct quoth_error ignored = {0};
    struct url url;
    AUTO(buffer) struct buffer text = {0};
    buffer_text(&text, "https://"); /* a Host field is what stands behind it */
    buffer_add(&text, host);
    if (text.failed || !url_read(buffer_bytes(&text), &url, &ignored) ||
        url.authority.len != host.len)
        return false;
    return url.numeric ? strncmp(url.host, "127.", 4) == 0 || strcmp(url.host, "::1") == 0
                       : strcmp(url.host, "localhost") == 0;
}
