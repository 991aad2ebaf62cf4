#include "policy/claims_json.h"

static struct bytes text_of(struct json string, struct policy_evaluation *e)
{
    AUTO(buffer) struct buffer text = {0};
    json_text(string, &text);
    e->work.arena.failed |= text.failed;
    return arena_copy(&e->work.arena, buffer_bytes(&text));
}

static bool refuse(struct json at, const char *expected, struct quoth_error *err)
{
    char path[96];
    return quoth_mismatch(err, QUOTH_JSON_VALUE, json_path(at, path, sizeof path), json_offset(at),
                          json_type_text(json_type(at)), expected);
}

static bool read_value(struct json json, struct policy_evaluation *e,
                       struct policy_value *ret_value, struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0};
    switch (json_type(json)) {
    case JSON_FALSE:
    case JSON_TRUE:
        *ret_value = policy_truth(json_type(json) == JSON_TRUE);
        return true;
    case JSON_NUMBER:
        *ret_value = policy_number(0);
        return json_get_int(json, INT64_MIN, INT64_MAX, &ret_value->integer, err);
    case JSON_STRING:
        *ret_value = policy_text(text_of(json, e));
        return true;
    case JSON_OBJECT:
        json_write_canonical(json, &text);
        *ret_value = policy_text(arena_copy(&e->work.arena, buffer_bytes(&text)));
        return buffer_ok(&text, err);
    default:
        return refuse(json, "a boolean, an integer, a string or an object", err);
    }
}

/* One claim, or one for each element of an array. */
static bool read_values(struct json json, struct policy_claim claim, struct policy_evaluation *e,
                        struct quoth_error *err)
{
    const bool several = json_type(json) == JSON_ARRAY;
    for (struct json v = several ? json_first(json) : json; json_exists(v); v = json_next(v)) {
        if (!read_value(v, e, &claim.value, err))
            return false;
        claim.value.read_only = policy_type_is_read_only(claim.type);
        if (!policy_add_incoming(e, &claim))
            return work_ok(&e->work, err);
        if (!several)
            break;
    }
    return true;
}

static bool read_entry(struct json json, struct policy_evaluation *e, struct quoth_error *err)
{
    struct policy_claim claim = {.issuer = POLICY_ISSUER_SERVICE};
    struct json type, value, issuer;
    if (!json_need(json, "type", &type, err) || !json_need(json, "value", &value, err))
        return false;
    if (json_type(type) != JSON_STRING)
        return refuse(type, "a string", err);
    claim.type = text_of(type, e);
    if (json_member(json, "issuer", &issuer) &&
        !policy_issuer_of(text_of(issuer, e), &claim.issuer))
        return refuse(issuer, "AttestationService, AttestationPolicy or CustomClaim", err);
    return read_values(value, claim, e, err);
}

bool policy_read_claims(struct json json, struct policy_evaluation *e, struct quoth_error *err)
{
    const bool entries = json_type(json) == JSON_ARRAY;
    if (!entries && json_type(json) != JSON_OBJECT)
        return refuse(json, "an object or an array of claims", err);
    for (struct json v = json_first(json); json_exists(v); v = json_next(v)) {
        const struct policy_claim named = {
            text_of(json_member_name(v), e), {0}, POLICY_ISSUER_SERVICE};
        if (!(entries ? read_entry(v, e, err) : read_values(v, named, e, err)))
            return false;
    }
    policy_add_old_names(e);
    return work_ok(&e->work, err);
}
