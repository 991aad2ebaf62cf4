#include "service/policies/change_body.h"

#include "base/text.h"
#include "codec/json.h"

static const struct json_limits limits = {.max_depth = 2, .max_nodes = 64, .fold_names = true};

static bool find(struct json root, struct json *ret_text, struct quoth_error *err)
{
    *ret_text = root;
    return json_type(root) == JSON_STRING ||
           json_member_fold(root, "policyCertificateToAdd", ret_text) ||
           json_member_fold(root, "policyCertificateToRemove", ret_text) ||
           quoth_fail(err, QUOTH_JSON_VALUE, "policyCertificateToAdd", json_offset(root),
                      "is missing, and policyCertificateToRemove too");
}

bool change_body_jws(struct bytes body, struct buffer *ret_jws, struct quoth_error *err)
{
    const struct bytes trimmed = text_trim(body);
    const uint8_t first = trimmed.len > 0 ? trimmed.data[0] : 0;
    AUTO(json_doc) struct json_doc doc = {0};
    struct json text;
    if (first != '"' && first != '{') {
        buffer_add(ret_jws, body);
        return buffer_ok(ret_jws, err);
    }
    return json_parse(body, &limits, &doc, err) && find(json_root(&doc), &text, err) &&
           json_get_text(text, ret_jws, err);
}
