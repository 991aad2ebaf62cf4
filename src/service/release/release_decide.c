#include "service/release/release_decide.h"

#include "base/text.h"
#include "base/time.h"
#include "service/policies/admission.h"

void release_verdict_clear(struct release_verdict *v)
{
    release_evaluation_clear(&v->evaluation);
    release_recipient_clear(&v->recipient);
}

/* ---- older than what has become stricter (THREATS 31) */

static bool superseded(const char *where, const char *what, struct quoth_error *err)
{
    return quoth_fail(err, QUOTH_RELEASE_SUPERSEDED, where, QUOTH_NO_OFFSET, "%s", what);
}

/* For the TEE that the token speaks of: two types may have one text, and so one hash. */
static bool policy_is_in_force(const struct release_home *home, struct json claims)
{
    struct json hash, type;
    if (!json_member(claims, "x-ms-policy-hash", &hash) ||
        !json_member(claims, "x-ms-attestation-type", &type))
        return false;
    for (size_t i = 0; i < ATTEST_TYPES; i++)
        if (home->policy_hashes[i][0] != '\0' && json_text_is(hash, home->policy_hashes[i]) &&
            json_text_is(type, attest_type_claim((enum attest_type)i)))
            return true;
    return false;
}

static bool status_is_accepted(const struct release_home *home, struct json claims)
{
    struct json said;
    enum tcb_status status;
    return json_member(claims, "x-quoth-tcb-status", &said) &&
           tcb_status_find(json_plain(said), &status) && tcb_status_accepted(home->accept, status);
}

/* By what the token says, and not only by when: a node that had heard of it first may have issued one
 * under the newer information a little earlier. */
static bool is_before_recovery(const struct release_home *home, struct json claims, int64_t issued)
{
    struct json member;
    struct quoth_error ignored = {0};
    uint64_t number = 0;
    if (issued >= home->recovered_at)
        return false;
    return !json_member(claims, "x-quoth-tcb-evaluation-number", &member) ||
           !json_get_uint(member, UINT32_MAX, &number, &ignored) || number < home->recovered_to;
}

static bool is_current(const struct release_rules *rules, struct json claims, int64_t issued,
                       struct quoth_error *err)
{
    if (issued < rules->policy_since)
        return superseded("iat", "is before the last change of the release policy", err);
    if (!rules->home)
        return true;
    if (!policy_is_in_force(rules->home, claims))
        return superseded("x-ms-policy-hash", "is of an attestation policy that is not in force",
                          err);
    if (!status_is_accepted(rules->home, claims))
        return superseded("x-quoth-tcb-status", "is not accepted any more", err);
    return !is_before_recovery(rules->home, claims, issued) ||
           superseded("x-quoth-tcb-evaluation-number", "is older than the vendor's TCB recovery",
                      err);
}

/* ---- platform and challenge */

static bool is_served(const struct release_rules *rules, struct json claims,
                      struct quoth_error *err)
{
    struct json id;
    AUTO(buffer) struct buffer text = {0};
    if (json_member(claims, "x-quoth-platform-id", &id))
        json_text(id, &text);
    return buffer_ok(&text, err) &&
           admission_platform_id(rules->settings, buffer_bytes(&text), err);
}

static bool meets_challenge(const struct release_rules *rules, struct json claims,
                            struct quoth_error *err)
{
    AUTO(buffer) struct buffer challenge = {0};
    struct quoth_error inner = {0};
    if (!release_challenge_read(claims, &challenge, &inner))
        return quoth_fail(err, QUOTH_RELEASE_CHALLENGE, inner.where, QUOTH_NO_OFFSET, "%s",
                          inner.message);
    return release_challenge_check(rules->challenge_key, buffer_bytes(&challenge), rules->now, err);
}

static bool challenge_will_do(const struct release_rules *rules, struct json claims,
                              struct release_verdict *v, struct quoth_error *err)
{
    const char *demand = rules->settings->release_challenge;
    struct quoth_error why = {0};
    v->challenge_met = meets_challenge(rules, claims, &why);
    if (v->challenge_met || !demand || strcmp(demand, "required") != 0)
        return true;
    *err = why;
    return false;
}

/* ---- all of it */

static bool holds(const struct release_rules *rules, struct json claims, struct release_verdict *v,
                  struct quoth_error *err)
{
    const struct release_facts facts = {.now = rules->now, .challenge_met = v->challenge_met};
    return release_evaluate(rules->policy, claims, &facts, &v->evaluation, err);
}

bool release_decide(const struct release_rules *rules, struct json claims, int64_t issued,
                    struct release_verdict *v, struct quoth_error *err)
{
    if (is_current(rules, claims, issued, &v->why) && is_served(rules, claims, &v->why) &&
        challenge_will_do(rules, claims, v, &v->why) && holds(rules, claims, v, &v->why) &&
        release_recipient_find(claims, &v->recipient, &v->why))
        return true;
    *err = v->why;
    return false;
}
