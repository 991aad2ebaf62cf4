#include "vault/attributes.h"

#include "codec/json_write.h"
#include "release/policy.h"
#include "release/policy_signed.h"

#define TIME_MAX INT64_C(253402300799) /* the end of 9999 */
#define POLICY_TYPE "application/json; charset=utf-8"

#define BIT(operation) (1u << (operation))
#define SIGNING (BIT(VAULT_SIGN) | BIT(VAULT_VERIFY))
#define HIDING (BIT(VAULT_ENCRYPT) | BIT(VAULT_DECRYPT) | BIT(VAULT_WRAP) | BIT(VAULT_UNWRAP))

unsigned attributes_usual_ops(enum material_type type)
{
    switch (type) {
    case MATERIAL_RSA:
        return HIDING | SIGNING;
    case MATERIAL_EC:
        return SIGNING;
    case MATERIAL_OCT:
        break;
    }
    return HIDING;
}

/* ---- of a version */

/* Characters of a text without controls; false if it is no UTF-8 or has some. */
static bool count_characters(struct bytes text, size_t *ret_count)
{
    size_t count = 0;
    for (size_t at = 0; at < text.len; count++) {
        const size_t len = text_utf8_len(bytes_slice(text, at, text.len));
        if (len == 0 || text.data[at] < ' ' || text.data[at] == 0x7F)
            return false;
        at += len;
    }
    *ret_count = count;
    return true;
}

static bool apply_window(const struct vault_changes *c, struct vault_version *to,
                         struct quoth_error *err)
{
    const struct {
        const char *name;
        bool given;
        int64_t value;
    } ends[] = {
        {"attributes.nbf", c->has_nbf, c->nbf},
        {"attributes.exp", c->has_exp, c->exp},
    };
    for (size_t i = 0; i < COUNT(ends); i++)
        if (ends[i].given && (ends[i].value < 0 || ends[i].value > TIME_MAX))
            return quoth_fail(err, QUOTH_VAULT_ATTRIBUTES, ends[i].name, QUOTH_NO_OFFSET,
                              "is %lld, not a second between 1970 and 9999",
                              (long long)ends[i].value);
    if (c->has_nbf) {
        to->has_nbf = true;
        to->nbf = c->nbf;
    }
    if (c->has_exp) {
        to->notified = to->notified && to->exp == c->exp;
        to->has_exp = true;
        to->exp = c->exp;
    }
    return !to->has_nbf || !to->has_exp || to->nbf < to->exp ||
           quoth_fail(err, QUOTH_VAULT_ATTRIBUTES, "attributes.exp", QUOTH_NO_OFFSET,
                      "is %lld, which is not after nbf, %lld", (long long)to->exp,
                      (long long)to->nbf);
}

static bool check_tag(struct json text, size_t max, struct quoth_error *err)
{
    AUTO(buffer) struct buffer plain = {0};
    size_t count = 0;
    json_text(text, &plain);
    if (!buffer_ok(&plain, err))
        return false;
    if (json_type(text) != JSON_STRING || !count_characters(buffer_bytes(&plain), &count))
        return quoth_fail(err, QUOTH_VAULT_TAGS, "tags", json_offset(text),
                          "has something that is no text, or a text with controls");
    return count <= max || quoth_fail(err, QUOTH_VAULT_TAGS, "tags", json_offset(text),
                                      "has a text of %zu characters, limit is %zu", count, max);
}

static bool check_tags(enum vault_kind kind, struct json tags, struct quoth_error *err)
{
    const size_t max = kind == VAULT_KEY ? 256 : 512;
    if (json_type(tags) != JSON_OBJECT)
        return quoth_fail(err, QUOTH_VAULT_TAGS, "tags", json_offset(tags), "are %s, not an object",
                          json_type_text(json_type(tags)));
    if (json_count(tags) > VAULT_TAGS_MAX)
        return quoth_fail(err, QUOTH_VAULT_TAGS, "tags", QUOTH_NO_OFFSET, "are %zu, limit is %u",
                          json_count(tags), VAULT_TAGS_MAX);
    for (struct json tag = json_first(tags); json_exists(tag); tag = json_next(tag))
        if (!check_tag(json_member_name(tag), max, err) || !check_tag(tag, max, err))
            return false;
    return true;
}

static bool apply_tags(enum vault_kind kind, struct bytes text, struct buffer *to,
                       struct quoth_error *err)
{
    static const struct json_limits limits = {.max_len = 256u << 10, .max_depth = 2};
    AUTO(json_doc) struct json_doc doc = {0};
    if (!json_parse(text, &limits, &doc, err) || !check_tags(kind, json_root(&doc), err))
        return false;
    buffer_clear(to);
    if (json_count(json_root(&doc)) > 0)
        json_write_canonical(json_root(&doc), to);
    return buffer_ok(to, err);
}

static bool apply_text(struct bytes text, const char *where, struct buffer *to,
                       struct quoth_error *err)
{
    size_t count = 0;
    if (!count_characters(text, &count) || count > VAULT_CONTENT_TYPE_MAX)
        return quoth_fail(err, QUOTH_VAULT_CONTENT_TYPE, where, QUOTH_NO_OFFSET,
                          "has more than %u characters, or controls", VAULT_CONTENT_TYPE_MAX);
    buffer_clear(to);
    buffer_add(to, text);
    return buffer_ok(to, err);
}

static bool apply_key_ops(const struct vault_changes *c, struct vault_version *to,
                          struct quoth_error *err)
{
    const unsigned wrong = to->type == MATERIAL_EC ? HIDING : 0;
    for (unsigned i = 0; i < VAULT_KEY_OPS; i++)
        if (c->key_ops & wrong & BIT(i))
            return quoth_fail(err, QUOTH_VAULT_KEY_OPS, "key_ops", QUOTH_NO_OFFSET,
                              "names %s, which no EC key does",
                              vault_operation_name((enum vault_operation)i));
    to->key_ops = c->key_ops & (BIT(VAULT_KEY_OPS) - 1);
    return true;
}

bool attributes_apply(enum vault_kind kind, const struct vault_changes *c,
                      struct vault_version *version, struct quoth_error *err)
{
    if (kind == VAULT_SECRET && (c->has_key_ops || c->has_exportable))
        return quoth_fail(err, QUOTH_VAULT_ATTRIBUTES, "attributes", QUOTH_NO_OFFSET,
                          "key_ops and exportable are for keys, and this is a secret");
    if (kind == VAULT_KEY && c->has_content_type)
        return quoth_fail(err, QUOTH_VAULT_ATTRIBUTES, "contentType", QUOTH_NO_OFFSET,
                          "is for secrets, and this is a key");
    if (c->has_enabled)
        version->enabled = c->enabled;
    return apply_window(c, version, err) &&
           (!c->has_tags || apply_tags(kind, c->tags, &version->tags, err)) &&
           (!c->has_key_ops || apply_key_ops(c, version, err)) &&
           (!c->has_content_type ||
            apply_text(c->content_type, "contentType", &version->content_type, err));
}

/* ---- of the name */

bool vault_repeats_policy(const struct vault_item *item, const struct vault_changes *c)
{
    const bool same = c->policy.len == 0 || bytes_equal(c->policy, buffer_bytes(&item->policy));
    const bool same_type =
        c->policy_type.len == 0 || bytes_equal(c->policy_type, buffer_bytes(&item->policy_type));
    return item->policy.len > 0 && same && same_type &&
           c->policy_immutable == item->policy_immutable;
}

/* The policy as it is to be: text and type into the buffers. */
static bool read_policy(const struct vault_changes *c, const struct vault_item *item,
                        struct buffer *text, struct buffer *type, struct quoth_error *err)
{
    AUTO(release_policy) struct release_policy policy = {0};
    const bool only_flag = c->policy.len == 0 && item->policy.len > 0;
    buffer_add(text, only_flag ? buffer_bytes(&item->policy) : c->policy);
    if (!buffer_ok(text, err) || !release_policy_read(buffer_bytes(text), &policy, err))
        return quoth_within(err, "release_policy");
    if (c->policy_type.len > 0)
        return apply_text(c->policy_type, "release_policy.contentType", type, err);
    if (only_flag)
        buffer_add(type, buffer_bytes(&item->policy_type));
    else
        buffer_text(type, POLICY_TYPE);
    return buffer_ok(type, err);
}

static bool set_policy(const struct vault *v, const struct vault_changes *c, int64_t now,
                       struct vault_item *item, struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0}, type = {0};
    if (vault_repeats_policy(item, c))
        return true;
    if (c->policy_repeats)
        return quoth_fail(err, QUOTH_VAULT_BUSY, "release_policy", QUOTH_NO_OFFSET,
                          "was changed meanwhile");
    if (item->policy_immutable)
        return quoth_fail(err, QUOTH_VAULT_IMMUTABLE, "release_policy", QUOTH_NO_OFFSET,
                          "AKV.SKR.1020: Immutable Key Release Policy cannot be modified.");
    if (!read_policy(c, item, &text, &type, err) ||
        !policy_signed_replaces(buffer_bytes(&text), buffer_bytes(&item->policy), err))
        return false;
    if (v->immutable_only && !c->policy_immutable)
        return quoth_fail(err, QUOTH_VAULT_POLICY_MUTABLE, "release_policy.immutable",
                          QUOTH_NO_OFFSET, "is not true");
    if (item->policy.len > 0 && !bytes_equal(buffer_bytes(&text), buffer_bytes(&item->policy)))
        item->policy_since = now;
    item->policy_number++;
    item->policy_immutable = c->policy_immutable;
    buffer_clear(&item->policy);
    buffer_clear(&item->policy_type);
    item->policy = take_value(text);
    item->policy_type = take_value(type);
    return true;
}

static bool refuse(struct quoth_error *err, const char *where, const char *what)
{
    return quoth_fail(err, QUOTH_VAULT_EXPORTABLE, where, QUOTH_NO_OFFSET, "%s", what);
}

/* The codes in the messages are Azure's. */
static bool guard_key(const struct vault_changes *c, bool is_first, struct vault_item *item,
                      struct quoth_error *err)
{
    if (is_first)
        item->exportable = c->has_exportable && c->exportable;
    else if (c->has_exportable && c->exportable != item->exportable)
        return refuse(
            err, "attributes.exportable",
            "AKV.SKR.1003: The exportable attribute of an existing key cannot be changed.");
    if (item->exportable && item->policy.len == 0 && !c->has_policy)
        return refuse(err, "release_policy",
                      "AKV.SKR.1004: Exportable keys must have release policy.");
    return item->exportable || !c->has_policy ||
           refuse(err, "release_policy",
                  "AKV.SKR.1005: Non-exportable keys must not have release policy.");
}

bool attributes_guard(const struct vault *v, const struct vault_changes *changes, bool is_first,
                      int64_t now, struct vault_item *item, struct quoth_error *err)
{
    if (item->kind == VAULT_KEY && !guard_key(changes, is_first, item, err))
        return false;
    return !changes->has_policy || set_policy(v, changes, now, item, err);
}
