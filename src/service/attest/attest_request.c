#include "service/attest/attest_request.h"

#include "base/text.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "net/url.h"

#define DEPTH_MAX 16

void attest_request_clear(struct attest_request *r)
{
    buffer_clear(&r->evidence);
    buffer_clear(&r->runtime);
    buffer_clear(&r->init_time);
    buffer_clear(&r->nonce);
    buffer_clear(&r->draft);
    *r = (struct attest_request){0};
}

/* A member that is there and not null. */
static bool find(struct json object, const char *name, struct json *ret_value)
{
    return json_member_fold(object, name, ret_value) && !json_is_null(*ret_value);
}

/* A base 64 string has no escapes: '/' may be written "\/" by some encoders, so it is unescaped. */
static bool read_binary(struct json object, const char *name, struct buffer *to,
                        struct quoth_error *err)
{
    struct json value;
    AUTO(buffer) struct buffer text = {0};
    if (!find(object, name, &value))
        return quoth_fail(err, QUOTH_JSON_VALUE, name, json_offset(object), "is missing");
    if (!json_get_text(value, &text, err))
        return false;
    return base64_decode_any(buffer_bytes(&text), to, err) || quoth_within(err, name);
}

static bool read_kind(struct json held, const char *name, enum held_kind *ret_kind,
                      struct quoth_error *err)
{
    struct json value;
    AUTO(buffer) struct buffer text = {0};
    *ret_kind = HELD_BINARY; /* SPEC has no default; see maa.md 1.4 */
    if (!find(held, "dataType", &value))
        return true;
    if (!json_get_text(value, &text, err))
        return false;
    if (text_equal_fold(buffer_bytes(&text), BYTES_LITERAL("JSON")))
        *ret_kind = HELD_JSON;
    else if (!text_equal_fold(buffer_bytes(&text), BYTES_LITERAL("Binary"))) {
        char found[32];
        quoth_mismatch(err, QUOTH_JSON_VALUE, "dataType", json_offset(value),
                       text_escape(found, sizeof found, buffer_bytes(&text)), "Binary or JSON");
        return quoth_within(err, name);
    }
    return true;
}

static bool read_held(struct json root, const char *name, enum held_kind *ret_kind,
                      struct buffer *to, struct quoth_error *err)
{
    struct json held;
    if (!find(root, name, &held))
        return true;
    if (json_type(held) != JSON_OBJECT)
        return quoth_mismatch(err, QUOTH_JSON_VALUE, name, json_offset(held),
                              json_type_text(json_type(held)), "an object with data and dataType");
    if (!read_binary(held, "data", to, err))
        return quoth_within(err, name);
    if (to->len > HELD_DATA_MAX)
        return quoth_fail(err, QUOTH_TOO_LARGE, name, json_offset(held),
                          "has %zu bytes, the limit is %u", to->len, HELD_DATA_MAX);
    return read_kind(held, name, ret_kind, err);
}

static bool read_nonce(struct json root, struct attest_request *r, struct quoth_error *err)
{
    struct json value;
    if (!find(root, "nonce", &value))
        return true;
    if (json_type(value) == JSON_NUMBER)
        buffer_add(&r->nonce, json_span(value));
    else if (!json_get_text(value, &r->nonce, err))
        return false;
    if (r->nonce.len > NONCE_MAX)
        return quoth_fail(err, QUOTH_TOO_LARGE, "nonce", json_offset(value),
                          "has %zu bytes, the limit is %u", r->nonce.len, NONCE_MAX);
    r->has_nonce = true;
    return buffer_ok(&r->nonce, err);
}

static bool read_draft(struct json root, struct attest_request *r, struct quoth_error *err)
{
    struct json value;
    r->has_draft = find(root, "draftPolicyForAttestation", &value);
    return !r->has_draft || json_get_text(value, &r->draft, err);
}

static bool read_members(struct json root, const char *member, struct attest_request *r,
                         struct quoth_error *err)
{
    if (json_type(root) != JSON_OBJECT)
        return quoth_mismatch(err, QUOTH_JSON_VALUE, "body", 0, json_type_text(json_type(root)),
                              "an object");
    return read_binary(root, member, &r->evidence, err) &&
           read_held(root, "runtimeData", &r->runtime_kind, &r->runtime, err) &&
           read_held(root, "initTimeData", &r->init_time_kind, &r->init_time, err) &&
           read_nonce(root, r, err) && read_draft(root, r, err);
}

bool attest_request_read(struct bytes body, const char *member, struct attest_request *ret_request,
                         struct quoth_error *err)
{
    const struct json_limits limits = {.max_depth = DEPTH_MAX, .fold_names = true};
    AUTO(json_doc) struct json_doc doc = {0};
    AUTO(attest_request) struct attest_request r = {0};
    if (!json_parse(body, &limits, &doc, err) || !read_members(json_root(&doc), member, &r, err))
        return false;
    *ret_request = take_value(r);
    return true;
}

static bool is_date(struct bytes text)
{
    static const char form[] = "dddd-dd-dd";
    for (size_t i = 0; i < sizeof form - 1; i++) {
        const bool digit = i < text.len && text.data[i] >= '0' && text.data[i] <= '9';
        if (form[i] == 'd' ? !digit : i >= text.len || text.data[i] != '-')
            return false;
    }
    const struct bytes rest = bytes_slice(text, sizeof form - 1, SIZE_MAX);
    return rest.len == 0 || bytes_equal(rest, BYTES_LITERAL("-preview"));
}

bool attest_check_version(struct bytes target, struct quoth_error *err)
{
    AUTO(buffer) struct buffer value = {0};
    char found[48];
    if (!url_query(target, "api-version", &value, err))
        return quoth_fail(err, QUOTH_API_VERSION, "api-version", QUOTH_NO_OFFSET,
                          "the query parameter is missing: ?api-version=2020-10-01");
    return is_date(buffer_bytes(&value)) ||
           quoth_mismatch(err, QUOTH_API_VERSION, "api-version", QUOTH_NO_OFFSET,
                          text_escape(found, sizeof found, buffer_bytes(&value)),
                          "a date, such as 2020-10-01");
}
