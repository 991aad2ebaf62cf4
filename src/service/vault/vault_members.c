#include "service/vault/vault_members.h"

#include "base/text.h"
#include "codec/base64.h"

#define INSTANT_MAX INT64_C(253402300799) /* the end of the year 9999 */

bool vault_members_parse(struct bytes body, size_t max_len, struct json_doc *ret_doc,
                         struct quoth_error *err)
{
    const struct json_limits limits = {
        .max_len = max_len, .max_depth = 8, .max_nodes = 1024, .fold_names = true};
    if (!json_parse(body, &limits, ret_doc, err))
        return false;
    const enum json_type type = json_type(json_root(ret_doc));
    return type == JSON_OBJECT ||
           quoth_mismatch(err, QUOTH_JSON_VALUE, "body", 0, json_type_text(type), "an object");
}

bool vault_member(struct json object, const char *name, struct json *ret_value)
{
    struct json value;
    if (!json_member_fold(object, name, &value) || json_is_null(value))
        return false;
    *ret_value = value;
    return true;
}

bool vault_member_text(struct json object, const char *name, struct buffer *ret_text,
                       struct quoth_error *err)
{
    struct json value;
    return !vault_member(object, name, &value) || json_get_text(value, ret_text, err);
}

static bool read_octets(struct json value, const char *name, struct buffer *ret_octets,
                        struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0};
    return json_get_text(value, &text, err) &&
           (base64_decode_any(buffer_bytes(&text), ret_octets, err) || quoth_within(err, name));
}

bool vault_member_octets(struct json object, const char *name, struct buffer *ret_octets,
                         struct quoth_error *err)
{
    struct json value;
    return !vault_member(object, name, &value) || read_octets(value, name, ret_octets, err);
}

bool vault_member_need(struct json object, const char *name, struct buffer *ret_octets,
                       struct quoth_error *err)
{
    const size_t before = ret_octets->len;
    return vault_member_octets(object, name, ret_octets, err) &&
           (ret_octets->len > before ||
            quoth_fail(err, QUOTH_JSON_VALUE, name, QUOTH_NO_OFFSET, "is missing or empty"));
}

bool vault_member_number(struct json object, const char *name, int64_t most, int64_t *ret_number,
                         bool *ret_has, struct quoth_error *err)
{
    struct json value;
    if (!vault_member(object, name, &value))
        return true;
    *ret_has = true;
    return json_get_int(value, 0, most, ret_number, err);
}

bool vault_member_flag(struct json object, const char *name, bool *ret_flag, bool *ret_has,
                       struct quoth_error *err)
{
    struct json value;
    if (!vault_member(object, name, &value))
        return true;
    *ret_has = true;
    return json_get_bool(value, ret_flag, err);
}

/* ---- what is asked to be otherwise */

void vault_asked_clear(struct vault_asked *a)
{
    buffer_clear(&a->policy);
    buffer_clear(&a->policy_type);
    buffer_clear(&a->content_type);
}

/* Whether every member has one of these names; the list ends with NULL. */
static bool are_known(struct json object, const char *const *names, struct quoth_error *err)
{
    char path[96];
    for (struct json m = json_first(object); json_exists(m); m = json_next(m)) {
        AUTO(buffer) struct buffer name = {0};
        json_text(json_member_name(m), &name);
        if (!buffer_ok(&name, err))
            return false;
        const char *const *known = names;
        while (*known && !text_equal_fold(buffer_bytes(&name), bytes_of_text(*known)))
            known++;
        if (!*known)
            return quoth_fail(err, QUOTH_VAULT_MEMBER, json_path(m, path, sizeof path),
                              json_offset(m), "is nothing that this service knows");
    }
    return true;
}

static bool need_object(struct json value, struct quoth_error *err)
{
    char path[96];
    return json_type(value) == JSON_OBJECT ||
           quoth_mismatch(err, QUOTH_JSON_VALUE, json_path(value, path, sizeof path),
                          json_offset(value), json_type_text(json_type(value)), "an object");
}

/* Clients send back what they were given: what cannot be changed is read over. */
static bool read_attributes(struct json body, enum vault_kind kind, struct vault_changes *c,
                            struct quoth_error *err)
{
    static const char *const known[] = {
        "enabled",     "nbf",           "exp",         "created",    "updated", "recoverableDays",
        "hsmPlatform", "recoveryLevel", "attestation", "exportable", NULL};
    struct json a;
    if (!vault_member(body, "attributes", &a))
        return true;
    return need_object(a, err) && are_known(a, known, err) &&
           vault_member_flag(a, "enabled", &c->enabled, &c->has_enabled, err) &&
           vault_member_number(a, "nbf", INSTANT_MAX, &c->nbf, &c->has_nbf, err) &&
           vault_member_number(a, "exp", INSTANT_MAX, &c->exp, &c->has_exp, err) &&
           (kind == VAULT_SECRET ||
            vault_member_flag(a, "exportable", &c->exportable, &c->has_exportable, err));
}

static bool read_policy(struct json body, struct vault_asked *a, struct quoth_error *err)
{
    static const char *const known[] = {"contentType", "data", "immutable", NULL};
    struct vault_changes *c = &a->changes;
    struct json policy;
    bool has_flag = false;
    if (!vault_member(body, "release_policy", &policy))
        return true;
    if (!need_object(policy, err) || !are_known(policy, known, err) ||
        !vault_member_text(policy, "contentType", &a->policy_type, err) ||
        !vault_member_octets(policy, "data", &a->policy, err) ||
        !vault_member_flag(policy, "immutable", &c->policy_immutable, &has_flag, err))
        return quoth_within(err, "release_policy");
    if (a->policy.len == 0 && !has_flag)
        return quoth_fail(err, QUOTH_JSON_VALUE, "release_policy.data", json_offset(policy),
                          "is missing");
    c->has_policy = true;
    c->policy = buffer_bytes(&a->policy);
    c->policy_type = buffer_bytes(&a->policy_type);
    return true;
}

static bool read_tags(struct json body, struct vault_changes *c, struct quoth_error *err)
{
    struct json tags;
    if (!vault_member(body, "tags", &tags))
        return true;
    if (!need_object(tags, err))
        return false;
    c->has_tags = true;
    c->tags = json_span(tags);
    return true;
}

static bool read_key_ops(struct json object, struct vault_changes *c, struct quoth_error *err)
{
    struct json list;
    char path[96];
    if (!vault_member(object, "key_ops", &list))
        return true;
    if (json_type(list) != JSON_ARRAY)
        return quoth_mismatch(err, QUOTH_JSON_VALUE, json_path(list, path, sizeof path),
                              json_offset(list), json_type_text(json_type(list)), "an array");
    for (struct json one = json_first(list); json_exists(one); one = json_next(one)) {
        AUTO(buffer) struct buffer name = {0};
        char found[32];
        if (!json_get_text(one, &name, err))
            return false;
        const enum vault_operation o = vault_operation_find(buffer_bytes(&name));
        if (o == VAULT_KEY_OPS)
            return quoth_mismatch(err, QUOTH_VAULT_KEY_OPS, json_path(one, path, sizeof path),
                                  json_offset(one),
                                  text_escape(found, sizeof found, buffer_bytes(&name)),
                                  "encrypt, decrypt, sign, verify, wrapKey, unwrapKey, import or "
                                  "export");
        c->key_ops |= 1u << o;
    }
    c->has_key_ops = c->key_ops != 0; /* Java sends [] with every change, and means nothing by it */
    return true;
}

static bool read_content_type(struct json body, struct vault_asked *a, struct quoth_error *err)
{
    struct json value;
    if (!vault_member(body, "contentType", &value))
        return true;
    a->changes.has_content_type = true;
    if (!json_get_text(value, &a->content_type, err))
        return false;
    a->changes.content_type = buffer_bytes(&a->content_type);
    return true;
}

bool vault_asked_read(struct json body, struct json operations, enum vault_kind kind,
                      struct vault_asked *ret_asked, struct quoth_error *err)
{
    struct vault_changes *c = &ret_asked->changes;
    return read_attributes(body, kind, c, err) && read_tags(body, c, err) &&
           read_policy(body, ret_asked, err) &&
           (kind == VAULT_SECRET ? read_content_type(body, ret_asked, err)
                                 : read_key_ops(operations, c, err));
}
