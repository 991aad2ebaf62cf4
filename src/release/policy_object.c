#include "release/policy_object.h"

#include "base/text.h"
#include "codec/base64.h"
#include "codec/json_write.h"

#define CONTENT_TYPE "application/json; charset=utf-8"
#define WHERE "release_policy"

static bool refuse(struct json at, const char *member, const char *expected,
                   struct quoth_error *err)
{
    char found[64];
    quoth_mismatch(err, QUOTH_JSON_VALUE, member, json_offset(at),
                   text_escape(found, sizeof found, json_span(at)), expected);
    return quoth_within(err, WHERE);
}

static bool read_data(struct json data, struct release_policy *ret_policy, struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0};
    struct bytes encoded;
    if (!json_get_plain(data, &encoded, err))
        return quoth_within(err, WHERE);
    if (!base64_decode_any(encoded, &text, err))
        return quoth_within(err, WHERE ".data");
    return release_policy_read(buffer_bytes(&text), ret_policy, err);
}

/* "application/json", with the one charset that JSON has, if with any. */
static bool is_json(struct json type)
{
    static const struct bytes bare = BYTES_INIT("application/json"),
                              full = BYTES_INIT(CONTENT_TYPE);
    return json_is_null(type) || text_equal_fold(json_plain(type), bare) ||
           text_equal_fold(json_plain(type), full);
}

bool release_policy_object_read(struct json object, struct release_policy *ret_policy,
                                bool *ret_immutable, struct quoth_error *err)
{
    struct json data = {0};
    bool immutable = false;
    if (json_type(object) != JSON_OBJECT)
        return refuse(object, "", "an object", err);
    for (struct json m = json_first(object); json_exists(m); m = json_next(m)) {
        const struct json name = json_member_name(m);
        if (json_text_is(name, "data"))
            data = m;
        else if (json_text_is(name, "contentType") && !is_json(m))
            return refuse(m, "contentType", CONTENT_TYPE, err);
        else if (json_text_is(name, "immutable") && !json_is_null(m) &&
                 !json_get_bool(m, &immutable, err))
            return quoth_within(err, WHERE);
        else if (!json_text_is(name, "contentType") && !json_text_is(name, "immutable"))
            return refuse(name, "", "data, contentType or immutable", err);
    }
    if (!json_exists(data))
        return refuse(object, "", "an object with data", err);
    if (!read_data(data, ret_policy, err))
        return false;
    *ret_immutable = immutable;
    return true;
}

void release_policy_object_write(struct buffer *to, const struct release_policy *p, bool immutable)
{
    json_object_begin(to);
    json_named_cstring(to, "contentType", CONTENT_TYPE);
    json_named_base64url(to, "data", buffer_bytes(&p->text));
    json_named_bool(to, "immutable", immutable);
    json_object_end(to);
}
