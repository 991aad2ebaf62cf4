#include "release/policy_signed.h"

#include "base/text.h"
#include "base/time.h"
#include "codec/base64.h"
#include "codec/json_write.h"

#define CLOCK_SKEW 60 /* seconds that the clock of who signs may be ahead */
#define TYPE "x-quoth-type"
#define NAME "x-quoth-name"

static const struct json_limits limits = {.max_len = JWS_MAX, .max_depth = 8, .fold_names = true};

bool policy_signed_is(struct bytes given)
{
    static const struct bytes object =
        BYTES_INIT("ey"); /* base64url of what a header begins with */
    return bytes_equal(bytes_slice(text_trim(given), 0, object.len), object);
}

static bool fault(const struct quoth_error *inner, struct quoth_error *err)
{
    const enum quoth_code code = inner->code == QUOTH_MEMORY ? QUOTH_MEMORY : QUOTH_JWS_PAYLOAD;
    quoth_fail(err, code, inner->where, inner->offset, "%s", inner->message);
    return quoth_within(err, "jws.payload");
}

static bool read_payload(const struct jws *j, struct json_doc *ret_doc, struct quoth_error *err)
{
    struct quoth_error inner = {0};
    return json_parse(buffer_bytes(&j->payload), &limits, ret_doc, &inner) || fault(&inner, err);
}

static bool read_text(struct json payload, struct buffer *ret_text, struct quoth_error *err)
{
    AUTO(buffer) struct buffer encoded = {0}, text = {0};
    struct quoth_error inner = {0};
    if (!json_need_text(payload, "ReleasePolicy", &encoded, &inner) ||
        !base64url_decode(buffer_bytes(&encoded), &text, &inner))
        return fault(&inner, err);
    buffer_add(ret_text, buffer_bytes(&text));
    return buffer_ok(ret_text, err);
}

bool policy_signed_text(struct bytes given, struct buffer *ret_text, struct quoth_error *err)
{
    AUTO(jws) struct jws j = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    return jws_read(given, &j, err) && read_payload(&j, &doc, err) &&
           read_text(json_root(&doc), ret_text, err);
}

/* ---- whom and what it is for */

static bool differs(const char *member, struct bytes found, const char *expected,
                    struct quoth_error *err)
{
    char shown[128];
    quoth_mismatch(err, QUOTH_CHANGE_BINDING, member, QUOTH_NO_OFFSET,
                   text_escape(shown, sizeof shown, found), expected);
    return quoth_within(err, "jws.payload");
}

static bool text_fits(struct json payload, const char *member, const char *expected,
                      bool in_any_case, struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0};
    struct quoth_error inner = {0};
    const struct bytes wanted = bytes_of_text(expected);
    if (!json_need_text(payload, member, &text, &inner))
        return fault(&inner, err);
    const struct bytes found = buffer_bytes(&text);
    return (in_any_case ? text_equal_fold(found, wanted) : bytes_equal(found, wanted)) ||
           differs(member, found, expected, err);
}

static bool iat_fits(struct json payload, int64_t now, struct quoth_error *err)
{
    char shown[TIME_TEXT_SIZE];
    struct json member;
    struct quoth_error inner = {0};
    int64_t iat;
    if (!json_member(payload, "iat", &member))
        return true;
    if (!json_get_int(member, 0, INT64_MAX / 2, &iat, &inner))
        return fault(&inner, err);
    return iat <= now + CLOCK_SKEW ||
           differs("iat", bytes_of_text(time_format(iat, shown)), "no later than now", err);
}

static bool is_bound(struct json payload, const struct policy_signed_rules *rules,
                     struct quoth_error *err)
{
    struct json aud;
    return text_fits(payload, TYPE, "release", false, err) &&
           text_fits(payload, NAME, rules->name, true, err) &&
           (!json_member(payload, "aud", &aud) ||
            text_fits(payload, "aud", rules->issuer, false, err)) &&
           iat_fits(payload, rules->now, err);
}

bool policy_signed_check(struct bytes given, const struct policy_signed_rules *rules,
                         struct quoth_error *err)
{
    AUTO(jws) struct jws j = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    if (!policy_signed_is(given))
        return quoth_fail(err, QUOTH_RELEASE_UNSIGNED, "release_policy", QUOTH_NO_OFFSET,
                          "is not signed");
    return jws_read(given, &j, err) && jws_verify(&j, err) &&
           jws_signer_trusted(&j, rules->signers, rules->signer_count, rules->now, err) &&
           read_payload(&j, &doc, err) && is_bound(json_root(&doc), rules, err);
}

/* Without iat: 0. */
static bool read_iat(struct bytes given, int64_t *ret_iat, struct quoth_error *err)
{
    AUTO(jws) struct jws j = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    struct quoth_error inner = {0};
    struct json member;
    int64_t iat = 0;
    if (!jws_read(given, &j, err) || !read_payload(&j, &doc, err))
        return false;
    if (json_member(json_root(&doc), "iat", &member) &&
        !json_get_int(member, 0, INT64_MAX / 2, &iat, &inner))
        return fault(&inner, err);
    *ret_iat = iat;
    return true;
}

bool policy_signed_replaces(struct bytes given, struct bytes before, struct quoth_error *err)
{
    int64_t now = 0, then = 0;
    if (!policy_signed_is(given) || !policy_signed_is(before))
        return true;
    if (!read_iat(given, &now, err) || !read_iat(before, &then, err))
        return false;
    return now >= then ||
           quoth_fail(err, QUOTH_CHANGE_REPLAYED, "release_policy", QUOTH_NO_OFFSET,
                      "was signed before the one that is there, or does not say when");
}

bool policy_signed_payload(struct bytes text, const char *name, const char *issuer, int64_t iat,
                           struct buffer *to, struct quoth_error *err)
{
    json_object_begin(to);
    json_named_base64url(to, "ReleasePolicy", text);
    json_named_cstring(to, TYPE, "release");
    json_named_cstring(to, NAME, name);
    if (issuer) {
        json_named_cstring(to, "aud", issuer);
    }
    if (iat) {
        json_named_int(to, "iat", iat);
    }
    json_object_end(to);
    return buffer_ok(to, err);
}
