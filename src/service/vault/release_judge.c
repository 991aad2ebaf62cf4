#include "service/vault/release_judge.h"

#include "codec/hex.h"
#include "keys/marks.h"
#include "service/policies/admission.h"
#include "service/release/release_token.h"
#include "service/vault/release_policies.h"

void release_case_clear(struct release_case *c)
{
    release_request_clear(&c->request);
    release_verdict_clear(&c->verdict); /* before what it points into */
    release_subject_clear(&c->subject);
    token_clear(&c->token);
}

/* ---- the token */

static bool issuer_of(const struct token *t, struct buffer *ret_issuer, struct quoth_error *err)
{
    struct quoth_error inner = {0};
    return json_need_text(json_root(&t->payload), "iss", ret_issuer, &inner) ||
           quoth_fail(err, QUOTH_RELEASE_TOKEN, "iss", QUOTH_NO_OFFSET, "%s", inner.message);
}

static bool find(const struct release_court *court, struct release_case *c, struct quoth_error *err)
{
    release_subject_clear(&c->subject); /* what an earlier search has left */
    c->found = release_subject_find(court->vault, c->kind, c->name, c->version, court->now,
                                    &c->subject, err);
    return c->found;
}

/* Whether the authority may be asked for keys because of this case. That takes its time, and what is
 * there may change meanwhile: it is looked for again once the token is verified. */
static bool may_fetch(const struct release_court *court, struct release_case *c,
                      struct bytes issuer)
{
    struct quoth_error ignored = {0}; /* told again, if anything is told of it */
    const bool may = find(court, c, &ignored) && release_policy_names(&c->subject.policy, issuer);
    c->found = false;
    return may;
}

static bool is_signed(const struct release_court *court, struct release_case *c, bool *ret_is_own,
                      struct quoth_error *err)
{
    AUTO(buffer) struct buffer issuer = {0};
    struct quoth_error why = {0};
    if (!issuer_of(&c->token, &issuer, err))
        return false;
    struct authority_question q = {
        .token = &c->token,
        .issuer = buffer_bytes(&issuer),
        .own_keys = &court->snapshot->keys,
        .now = court->now,
    };
    bool good = authorities_verify(court->snapshot->authorities, &q, ret_is_own, &why);
    if (!good && !*ret_is_own && why.code == QUOTH_RELEASE_TOKEN && may_fetch(court, c, q.issuer)) {
        why = (struct quoth_error){0};
        q.may_fetch = true;
        good = authorities_verify(court->snapshot->authorities, &q, ret_is_own, &why);
    }
    if (!good)
        *err = why;
    return good;
}

static bool verify(const struct release_court *court, struct release_case *c, bool *ret_is_own,
                   int64_t *ret_issued, struct quoth_error *err)
{
    if (!token_read(buffer_bytes(&c->request.target), &c->token, err))
        return false;
    c->read = true;
    c->verified =
        release_token_form(&c->token, err) && is_signed(court, c, ret_is_own, err) &&
        release_token_check(json_root(&c->token.payload), *ret_is_own, court->now, ret_issued, err);
    return c->verified;
}

/* However the policy came in: what the tenant wants of policies now holds for it too. */
static bool policy_will_do(const struct release_court *court, const struct release_case *c,
                           struct quoth_error *err)
{
    const struct vault_item *item = &c->subject.item;
    const struct release_policy_offer offer = {
        .kind = item->kind,
        .name = bytes_of_text(item->name),
        .policy = buffer_bytes(&item->policy),
        .immutable = item->policy_immutable,
        .set_at = item->policy_since ? item->policy_since : item->versions[0].created,
    };
    return release_policies_permit(court->snapshot, court->vault->tenant, &offer, err);
}

/* ---- what the tenant knows about tokens of its own */

/* The root that the evidence ended in, as the token says, if it is still one that is trusted: a
 * built-in one is not named there. */
static bool root_of(const struct trust *trust, struct json claims, struct sha256 *ret_root)
{
    struct json member;
    struct quoth_error ignored = {0};
    struct sha256 named;
    const bool is_named = json_member(claims, "x-quoth-root", &member);
    if (is_named && !json_get_hex(member, named.bytes, sizeof named.bytes, &ignored))
        return false;
    for (size_t i = 0; i < trust->count; i++) {
        const struct trust_anchor *anchor = &trust->anchors[i];
        if (is_named ? sha256_equal(&anchor->fingerprint, &named)
                     : anchor->class == TRUST_BUILT_IN) {
            *ret_root = anchor->fingerprint;
            return true;
        }
    }
    return false;
}

static bool fill_recovery(const struct release_court *court, struct json claims,
                          struct release_home *home, struct quoth_error *err)
{
    struct json type;
    struct sha256 root;
    struct recovery recovery = {0};
    const bool is_tdx =
        json_member(claims, "x-ms-attestation-type", &type) && json_text_is(type, "tdxvm");
    if (!root_of(court->trust, claims, &root))
        return quoth_fail(err, QUOTH_RELEASE_SUPERSEDED, "x-quoth-root", QUOTH_NO_OFFSET,
                          "is of no root that this tenant trusts");
    if (!recovery_load(court->vault->store, court->vault->master, &root, is_tdx ? "tdx" : "sgx",
                       &recovery, err))
        return false;
    home->recovered_at = recovery.since;
    home->recovered_to = recovery.evaluation_number;
    return true;
}

/* Of the types that are served now: one that was closed since has no policy in force. */
static bool fill_home(const struct release_court *court, struct json claims,
                      struct release_home *home, struct quoth_error *err)
{
    const struct tenant_snapshot *s = court->snapshot;
    for (size_t i = 0; i < ATTEST_TYPES; i++) {
        const struct policy *policy = s->policies[i].policy;
        struct quoth_error closed = {0};
        if (policy && admission_type(s->settings, s->policies, (enum attest_type)i, &closed) &&
            !policy_hash(policy_source(policy), home->policy_hashes[i], err))
            return false;
    }
    return fill_recovery(court, claims, home, err);
}

static bool decide(const struct release_court *court, bool is_own, int64_t issued,
                   struct release_case *c, struct quoth_error *err)
{
    const struct json claims = json_root(&c->token.payload);
    struct release_home home = {.accept = court->accept};
    if (is_own && !fill_home(court, claims, &home, err))
        return false;
    const struct release_rules rules = {
        .now = court->now,
        .settings = court->snapshot->settings,
        .challenge_key = &court->snapshot->challenge_key,
        .policy = &c->subject.policy,
        .policy_since = c->subject.item.policy_since,
        .home = is_own ? &home : NULL,
    };
    c->judged = true;
    return release_decide(&rules, claims, issued, &c->verdict, err);
}

bool release_judge(const struct release_court *court, struct release_case *c,
                   struct quoth_error *err)
{
    bool is_own = false;
    int64_t issued = 0;
    if (!verify(court, c, &is_own, &issued, err) || !find(court, c, err))
        return false;
    c->granted = policy_will_do(court, c, err) && decide(court, is_own, issued, c, err);
    return c->granted;
}
