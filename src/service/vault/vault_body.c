#include "service/vault/vault_body.h"

#include "base/text.h"

#include <stdio.h>

void vault_body_clear(struct vault_body *b)
{
    json_doc_clear(&b->doc);
    vault_asked_clear(&b->asked);
    buffer_clear(&b->curve);
    buffer_clear(&b->value);
    for (size_t i = 0; i < VAULT_NUMBERS; i++)
        buffer_clear(&b->numbers[i]);
}

void vault_operand_clear(struct vault_operand *o)
{
    buffer_clear(&o->algorithm);
    buffer_clear(&o->value);
    buffer_clear(&o->iv);
    buffer_clear(&o->aad);
    buffer_clear(&o->tag);
    buffer_clear(&o->digest);
}

/* ---- keys */

static bool read_type(struct json object, enum material_type *ret_type, bool *ret_hsm,
                      struct quoth_error *err)
{
    static const struct {
        const char *name;
        enum material_type type;
        bool hsm;
    } types[] = {
        {"RSA",     MATERIAL_RSA, false},
        {"RSA-HSM", MATERIAL_RSA, true },
        {"EC",      MATERIAL_EC,  false},
        {"EC-HSM",  MATERIAL_EC,  true },
        {"oct",     MATERIAL_OCT, false},
        {"oct-HSM", MATERIAL_OCT, true },
    };
    AUTO(buffer) struct buffer name = {0};
    char found[32];
    if (!vault_member_text(object, "kty", &name, err))
        return false;
    for (size_t i = 0; i < COUNT(types); i++)
        if (text_equal_fold(buffer_bytes(&name), bytes_of_text(types[i].name))) {
            *ret_type = types[i].type;
            *ret_hsm = types[i].hsm;
            return true;
        }
    return quoth_mismatch(err, QUOTH_VAULT_TYPE, "kty", QUOTH_NO_OFFSET,
                          text_escape(found, sizeof found, buffer_bytes(&name)),
                          "EC, RSA or oct, each also with -HSM");
}

/* Without a size or a curve it is the usual one (key-release.md 1.3). */
static bool read_spec(struct json body, struct vault_body *b, struct quoth_error *err)
{
    static const unsigned usual[] = {[MATERIAL_RSA] = 2048, [MATERIAL_OCT] = 256};
    int64_t bits = 0, exponent = 0;
    bool has = false;
    if (!read_type(body, &b->spec.type, &b->asked.changes.hsm, err) ||
        !vault_member_number(body, "key_size", UINT16_MAX, &bits, &has, err) ||
        !vault_member_number(body, "public_exponent", UINT32_MAX, &exponent, &has, err) ||
        !vault_member_text(body, "crv", &b->curve, err))
        return false;
    if (b->curve.len == 0)
        buffer_text(&b->curve, "P-256");
    b->spec.bits = bits || b->spec.type == MATERIAL_EC ? (unsigned)bits : usual[b->spec.type];
    b->spec.exponent = b->spec.type == MATERIAL_RSA ? (uint64_t)exponent : 0;
    b->spec.curve = b->spec.type == MATERIAL_EC ? buffer_bytes(&b->curve) : (struct bytes){0};
    return buffer_ok(&b->curve, err);
}

bool vault_body_create(struct bytes body, struct vault_body *ret_body, struct quoth_error *err)
{
    if (!vault_members_parse(body, VAULT_BODY_MAX, &ret_body->doc, err))
        return false;
    const struct json root = json_root(&ret_body->doc);
    return vault_asked_read(root, root, VAULT_KEY, &ret_body->asked, err) &&
           read_spec(root, ret_body, err);
}

/* A blob that only a vendor's hardware opens is nothing that we could keep. */
static bool has_no_blob(struct json key, struct quoth_error *err)
{
    struct json blob;
    return !vault_member(key, "key_hsm", &blob) ||
           quoth_fail(err, QUOTH_VAULT_BYOK, "key.key_hsm", json_offset(blob),
                      "is a transfer blob, made for a vendor's hardware");
}

static bool read_numbers(struct json key, struct vault_body *b, struct quoth_error *err)
{
    static const char *const names[VAULT_NUMBERS] = {"n",  "e",  "d", "p", "q", "dp",
                                                     "dq", "qi", "x", "y", "k"};
    for (size_t i = 0; i < VAULT_NUMBERS; i++)
        if (!vault_member_octets(key, names[i], &b->numbers[i], err))
            return quoth_within(err, "key");
    return vault_member_text(key, "crv", &b->curve, err);
}

/* Members of other types are left out. */
static void choose_parts(enum material_type type, const struct vault_body *b,
                         struct material_parts *to)
{
    const struct buffer *n = b->numbers;
    *to = (struct material_parts){.type = type};
    if (type == MATERIAL_OCT) {
        to->k = buffer_bytes(&n[VAULT_K]);
        return;
    }
    to->d = buffer_bytes(&n[VAULT_D]);
    if (type == MATERIAL_EC) {
        to->curve = buffer_bytes(&b->curve);
        to->x = buffer_bytes(&n[VAULT_X]);
        to->y = buffer_bytes(&n[VAULT_Y]);
        return;
    }
    to->n = buffer_bytes(&n[VAULT_N]);
    to->e = buffer_bytes(&n[VAULT_E]);
    to->p = buffer_bytes(&n[VAULT_P]);
    to->q = buffer_bytes(&n[VAULT_Q]);
    to->dp = buffer_bytes(&n[VAULT_DP]);
    to->dq = buffer_bytes(&n[VAULT_DQ]);
    to->qi = buffer_bytes(&n[VAULT_QI]);
}

bool vault_body_import(struct bytes body, struct vault_body *ret_body, struct quoth_error *err)
{
    struct json key;
    enum material_type type;
    bool hsm = false, asked_hsm = false, has = false;
    if (!vault_members_parse(body, VAULT_BODY_MAX, &ret_body->doc, err))
        return false;
    const struct json root = json_root(&ret_body->doc);
    if (!vault_member(root, "key", &key) || json_type(key) != JSON_OBJECT)
        return quoth_fail(err, QUOTH_JSON_VALUE, "key", QUOTH_NO_OFFSET, "is no JSON Web Key");
    if (!has_no_blob(key, err) || !read_type(key, &type, &hsm, err) ||
        !vault_member_flag(root, "Hsm", &asked_hsm, &has, err) ||
        !vault_asked_read(root, key, VAULT_KEY, &ret_body->asked, err) ||
        !read_numbers(key, ret_body, err))
        return false;
    choose_parts(type, ret_body, &ret_body->parts);
    ret_body->asked.changes.hsm = hsm || asked_hsm;
    return true;
}

/* ---- secrets, and changes */

bool vault_body_set(struct bytes body, struct vault_body *ret_body, struct quoth_error *err)
{
    struct json value;
    if (!vault_members_parse(body, VAULT_BODY_MAX, &ret_body->doc, err))
        return false;
    const struct json root = json_root(&ret_body->doc);
    if (!vault_member(root, "value", &value))
        return quoth_fail(err, QUOTH_JSON_VALUE, "value", QUOTH_NO_OFFSET, "is missing");
    return json_get_text(value, &ret_body->value, err) &&
           vault_asked_read(root, root, VAULT_SECRET, &ret_body->asked, err);
}

bool vault_body_update(struct bytes body, enum vault_kind kind, struct vault_body *ret_body,
                       struct quoth_error *err)
{
    if (!vault_members_parse(body, VAULT_BODY_MAX, &ret_body->doc, err))
        return false;
    const struct json root = json_root(&ret_body->doc);
    return vault_asked_read(root, root, kind, &ret_body->asked, err);
}

/* ---- operations */

bool vault_body_operand(struct bytes body, struct vault_operand *ret_operand,
                        struct quoth_error *err)
{
    AUTO(json_doc) struct json_doc doc = {0};
    struct vault_operand *o = ret_operand;
    struct json value;
    if (!vault_members_parse(body, VAULT_BODY_MAX, &doc, err))
        return false;
    const struct json root = json_root(&doc);
    if (!vault_member(root, "alg", &value) || !vault_member(root, "value", &value))
        return quoth_fail(err, QUOTH_JSON_VALUE, "alg and value", QUOTH_NO_OFFSET,
                          "must both be there");
    return vault_member_text(root, "alg", &o->algorithm, err) &&
           vault_member_octets(root, "value", &o->value, err) &&
           vault_member_octets(root, "iv", &o->iv, err) &&
           vault_member_octets(root, "aad", &o->aad, err) &&
           vault_member_octets(root, "tag", &o->tag, err) &&
           vault_member_octets(root, "digest", &o->digest, err);
}

/* ---- rotation */

static bool read_duration(struct json object, const char *name, char ret_text[VAULT_DURATION_SIZE],
                          bool *ret_has, struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0};
    struct json value;
    *ret_has = vault_member(object, name, &value);
    if (!*ret_has)
        return true;
    if (!json_get_text(value, &text, err))
        return false;
    if (text.len == 0 || text.len >= VAULT_DURATION_SIZE)
        return quoth_fail(err, QUOTH_VAULT_DURATION, name, json_offset(value), "is %s",
                          text.len == 0 ? "empty" : "too long");
    bytes_copy((uint8_t *)ret_text, buffer_bytes(&text));
    ret_text[text.len] = '\0';
    return buffer_ok(&text, err);
}

static bool wrong(struct json at, const char *what, struct quoth_error *err)
{
    char path[96];
    return quoth_fail(err, QUOTH_VAULT_ROTATION, json_path(at, path, sizeof path), json_offset(at),
                      "%s", what);
}

static bool read_action_type(struct json one, enum vault_action *ret_action,
                             struct quoth_error *err)
{
    AUTO(buffer) struct buffer type = {0};
    struct json action;
    if (!vault_member(one, "action", &action) || !vault_member_text(action, "type", &type, err))
        return err->code == QUOTH_OK && wrong(one, "has no action", err);
    *ret_action =
        text_equal_fold(buffer_bytes(&type), BYTES_LITERAL("rotate")) ? VAULT_ROTATE : VAULT_NOTIFY;
    return *ret_action == VAULT_ROTATE ||
           text_equal_fold(buffer_bytes(&type), BYTES_LITERAL("notify")) ||
           wrong(one, "has an action that is neither Rotate nor Notify", err);
}

static bool read_action(struct json one, struct vault_rotation *r, struct quoth_error *err)
{
    enum vault_action action = VAULT_ROTATE;
    struct json trigger;
    char after[VAULT_DURATION_SIZE] = "", before[VAULT_DURATION_SIZE] = "";
    bool has_after = false, has_before = false;
    if (!read_action_type(one, &action, err))
        return false;
    if (r->actions[action].is_set)
        return wrong(one, "is the second of its type", err);
    if (!vault_member(one, "trigger", &trigger))
        return wrong(one, "has no trigger", err);
    if (!read_duration(trigger, "timeAfterCreate", after, &has_after, err) ||
        !read_duration(trigger, "timeBeforeExpiry", before, &has_before, err))
        return false;
    if (has_after == has_before)
        return wrong(trigger, "wants one of timeAfterCreate and timeBeforeExpiry", err);
    r->actions[action].is_set = true;
    r->actions[action].before_expiry = has_before;
    snprintf(r->actions[action].time, VAULT_DURATION_SIZE, "%s", has_before ? before : after);
    return true;
}

bool vault_body_rotation(struct bytes body, struct vault_rotation *ret_rotation,
                         struct quoth_error *err)
{
    AUTO(json_doc) struct json_doc doc = {0};
    struct vault_rotation r = {0};
    struct json list, attributes;
    bool has = false;
    if (!vault_members_parse(body, VAULT_BODY_MAX, &doc, err))
        return false;
    const struct json root = json_root(&doc);
    if (vault_member(root, "attributes", &attributes)) {
        if (json_type(attributes) != JSON_OBJECT)
            return wrong(attributes, "is no object", err);
        if (!read_duration(attributes, "expiryTime", r.expiry, &has, err))
            return false;
    }
    if (vault_member(root, "lifetimeActions", &list)) {
        if (json_type(list) != JSON_ARRAY)
            return wrong(list, "is no array", err);
        for (struct json one = json_first(list); json_exists(one); one = json_next(one))
            if (!read_action(one, &r, err))
                return false;
    }
    *ret_rotation = r;
    return true;
}

/* ---- single values */

bool vault_body_backup(struct bytes body, struct buffer *ret_backup, struct quoth_error *err)
{
    AUTO(json_doc) struct json_doc doc = {0};
    return vault_members_parse(body, VAULT_BODY_RESTORE_MAX, &doc, err) &&
           vault_member_need(json_root(&doc), "value", ret_backup, err);
}

bool vault_body_random(struct bytes body, size_t *ret_count, struct quoth_error *err)
{
    AUTO(json_doc) struct json_doc doc = {0};
    int64_t count = 0;
    bool has = false;
    if (!vault_members_parse(body, VAULT_BODY_MAX, &doc, err) ||
        !vault_member_number(json_root(&doc), "count", INT64_MAX, &count, &has, err))
        return false;
    *ret_count = (size_t)count;
    return (count >= 1 && count <= VAULT_RANDOM_MAX) ||
           quoth_fail(err, QUOTH_VAULT_RANDOM, "count", QUOTH_NO_OFFSET, "is not from 1 to %d",
                      VAULT_RANDOM_MAX);
}
