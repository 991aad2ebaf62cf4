#include "service/policies/admission.h"

#include "base/text.h"

static bool holds(const struct setting_list *list, struct bytes value)
{
    for (size_t i = 0; i < list->count; i++)
        if (text_equal_fold(bytes_of_text(list->items[i]), value))
            return true;
    return false;
}

static bool check_sibling(const struct tenant_settings *settings,
                          const struct tenant_policy policies[ATTEST_TYPES], enum attest_type type,
                          struct quoth_error *err)
{
    const enum attest_type other = attest_type_sibling(type);
    const bool strict = settings->siblings && strcmp(settings->siblings, "strict") == 0;
    if (!strict || other == ATTEST_TYPES || !policies[type].is_default ||
        policies[other].is_default)
        return true;
    return quoth_fail(err, QUOTH_ATTEST_SIBLING, attest_type_name(type), QUOTH_NO_OFFSET,
                      "%s has a policy of its own and %s the default one", attest_type_name(other),
                      attest_type_name(type));
}

bool admission_type(const struct tenant_settings *settings,
                    const struct tenant_policy policies[ATTEST_TYPES], enum attest_type type,
                    struct quoth_error *err)
{
    const char *name = attest_type_name(type);
    if (!attest_form_of(type)->tee)
        return quoth_fail(err, QUOTH_ATTEST_UNSUPPORTED, name, QUOTH_NO_OFFSET,
                          "evidence of this type is not judged here");
    if (holds(&settings->closed_type, bytes_of_text(name)))
        return quoth_fail(err, QUOTH_ATTEST_CLOSED, name, QUOTH_NO_OFFSET,
                          "is closed on this tenant");
    return check_sibling(settings, policies, type, err);
}

bool turn_take(atomic_uint_fast64_t *next_us, uint64_t now_us, uint64_t per_second,
               uint64_t at_once)
{
    const uint64_t interval = UINT64_C(1000000) / per_second, ahead = interval * (at_once - 1);
    uint_fast64_t next = atomic_load(next_us);
    uint64_t from;
    do {
        from = next > now_us ? next : now_us;
        if (from - now_us > ahead)
            return false;
    } while (!atomic_compare_exchange_weak(next_us, &next, from + interval));
    return true;
}

bool admission_turn(const struct tenant_settings *settings, atomic_uint_fast64_t *next_us,
                    uint64_t now_us, struct quoth_error *err)
{
    const uint64_t rate = settings->rate;
    return rate == 0 || turn_take(next_us, now_us, rate, rate) ||
           quoth_fail(err, QUOTH_ATTEST_RATE, "tenant", QUOTH_NO_OFFSET,
                      "takes %llu attestations per second from all sources together",
                      (unsigned long long)rate);
}

bool admission_platform_id(const struct tenant_settings *settings, struct bytes id,
                           struct quoth_error *err)
{
    static const char name[] = "x-quoth-platform-id";
    char shown[72];
    text_escape(shown, sizeof shown, id);
    if (id.len > 0 && holds(&settings->platform_deny, id))
        return quoth_mismatch(err, QUOTH_ATTEST_DENIED, name, QUOTH_NO_OFFSET, shown,
                              "a platform that is not on the list of those denied");
    if (settings->platform_allow.count > 0 &&
        (id.len == 0 || !holds(&settings->platform_allow, id)))
        return quoth_mismatch(err, QUOTH_ATTEST_NOT_ALLOWED, name, QUOTH_NO_OFFSET,
                              id.len ? shown : "none", "a platform on the list of those allowed");
    return true;
}

bool admission_platform(const struct tenant_settings *settings, const struct claims *claims,
                        struct quoth_error *err)
{
    const struct claim *claim = claims_find(claims, "x-quoth-platform-id");
    const bool has_id = claim && claim->kind == CLAIM_TEXT;
    return admission_platform_id(settings, has_id ? claim->text : (struct bytes){0}, err);
}
