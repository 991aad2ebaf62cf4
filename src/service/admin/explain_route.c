/* POST /policies/{type}:check and :explain: a policy looked at, and tried on evidence or on claims,
 * without a token. For readers of the tenant, in the pool; nothing is fetched for it. */
#include "base/text.h"
#include "base/time.h"
#include "collateral/source.h"
#include "policy/check.h"
#include "policy/claims_json.h"
#include "policy/explain.h"
#include "service/admin/admin.h"
#include "service/attest/attest.h"
#include "token/policy_jws.h"

#define CHECK_BODY_MAX (512u << 10) /* a JWS of the longest policy, as a JSON string */
#define EXPLAIN_BODY_MAX (1u << 20)

/* ---- the policy */

/* Three parts and two dots, and not a character that no policy is without. */
static bool is_jws(struct bytes text)
{
    static const char never[] = {'=', ';', '{', '"', '(', ' '};
    size_t dots = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (memchr(never, text.data[i], sizeof never))
            return false;
        dots += text.data[i] == '.';
    }
    return dots == 2;
}

static bool take_text(struct bytes given, struct buffer *ret_text, struct quoth_error *err)
{
    AUTO(jws) struct jws jws = {0};
    AUTO(policy_binding) struct policy_binding binding = {0};
    if (is_jws(given))
        return jws_read(given, &jws, err) && policy_jws_text(&jws, ret_text, &binding, err);
    buffer_add(ret_text, given);
    return buffer_ok(ret_text, err);
}

/* The member "policy"; true without one, and then ret_policy stays NULL. */
static bool read_policy(struct json root, struct policy **ret_policy, struct quoth_error *err)
{
    struct json member;
    AUTO(buffer) struct buffer given = {0}, text = {0};
    if (!json_member_fold(root, "policy", &member) || json_is_null(member))
        return true;
    return json_get_text(member, &given, err) && take_text(buffer_bytes(&given), &text, err) &&
           policy_open(buffer_bytes(&text), ret_policy, NULL, err);
}

/* A request of either route. */
struct asked {
    enum attest_type type;
    struct json_doc doc;
    struct policy *given; /* NULL: the one that holds */
};

static void asked_clear(struct asked *a)
{
    json_doc_clear(&a->doc);
    policy_close(a->given);
}
DEFINE_AUTO_VALUE(asked, struct asked, asked_clear)

static bool read_asked(const struct http_exchange *x, struct asked *ret, struct quoth_error *err)
{
    static const struct json_limits limits = {.fold_names = true};
    if (!attest_check_version(x->head.target, err) ||
        !attest_type_of(x->params[0], &ret->type, err) ||
        !json_parse(x->body, &limits, &ret->doc, err))
        return false;
    const struct json root = json_root(&ret->doc);
    if (json_type(root) != JSON_OBJECT)
        return quoth_mismatch(err, QUOTH_JSON_VALUE, "body", 0, json_type_text(json_type(root)),
                              "an object");
    return read_policy(root, &ret->given, err);
}

static bool finish(struct http_exchange *x, struct quoth_error *err)
{
    x->response.content_type = "application/json; charset=utf-8";
    return buffer_ok(&x->response.body, err) &&
           http_response_field(&x->response, "Cache-Control", "no-store", err);
}

/* ---- check */

static bool check(struct http_exchange *x, const struct admin *who, struct quoth_error *err)
{
    AUTO(asked) struct asked a = {0};
    struct policy_finding findings[POLICY_FINDINGS_MAX];
    (void)who;
    if (!read_asked(x, &a, err))
        return false;
    if (!a.given)
        return quoth_fail(err, QUOTH_JSON_VALUE, "policy", 0, "is missing");
    policy_findings_write(&x->response.body, findings, policy_check(a.given, findings));
    return finish(x, err);
}

/* ---- explain */

static bool find_collateral(struct source_view *view, const struct verifier_input *in,
                            const struct collateral **ret_collateral, struct quoth_error *err)
{
    struct tee_platform platform;
    struct collateral_key key;
    struct quoth_error not_located = {0};
    *ret_collateral = NULL;
    if (!verifier_locate(in, &platform, &not_located))
        return true; /* the verdict says what is wrong */
    if (!attest_key_of(&platform, &key, err))
        return false;
    const struct collateral_set *set = source_find(view, &key, in->tee_input.at);
    if (!set)
        return quoth_fail(err, QUOTH_SOURCE_UNAVAILABLE, "collateral", QUOTH_NO_OFFSET,
                          "of this platform is not held here: attest once first");
    *ret_collateral = &set->collateral;
    return true;
}

static bool appraise(const struct http_exchange *x, enum attest_type type, struct appraisal *a,
                     struct quoth_error *err)
{
    const struct service *s = x->service;
    const struct attest_form *form = attest_form_of(type);
    AUTO(attest_request) struct attest_request request = {0};
    AUTO(source_view) struct source_view *view = source_view_open(s->source);
    if (!form->tee)
        return quoth_fail(err, QUOTH_ATTEST_UNSUPPORTED, attest_type_name(type), QUOTH_NO_OFFSET,
                          "evidence of this type is not judged here; try \"claims\" instead");
    if (!view)
        return quoth_fail(err, QUOTH_MEMORY, "explain", QUOTH_NO_OFFSET, "out of memory");
    if (!attest_request_read(x->body, form->member, &request, err))
        return false;
    struct verifier_input in = attest_input(s, x->scope, type, &request, NULL, time_now());
    if (!find_collateral(view, &in, &in.tee_input.collateral, err) ||
        !appraisal_init(a, in.tee_input.at, err))
        return false;
    if (!verifier_appraise(&in, a))
        *err = a->error;
    return a->error.code == QUOTH_OK;
}

/* What the policy is tried on: the claims that are given, or those of evidence. */
static bool add_claims(const struct http_exchange *x, const struct asked *asked,
                       struct appraisal *hold, struct policy_evaluation *e, struct quoth_error *err)
{
    struct json claims;
    if (json_member_fold(json_root(&asked->doc), "claims", &claims) && !json_is_null(claims))
        return policy_read_claims(claims, e, err) || quoth_within(err, "claims");
    if (!appraise(x, asked->type, hold, err))
        return false;
    policy_add_claims(e, hold->claims);
    return true;
}

static bool write_trace(const struct http_exchange *x, const struct asked *asked,
                        const struct policy *policy, struct buffer *to, struct quoth_error *err)
{
    AUTO(appraisal) struct appraisal hold = {0};
    AUTO(policy_evaluation) struct policy_evaluation e = POLICY_EVALUATION_INIT;
    if (!policy)
        return quoth_fail(err, QUOTH_POLICY_NOT_PERMITTED, attest_type_name(asked->type),
                          QUOTH_NO_OFFSET, "there is no policy for this type, and no default");
    if (!add_claims(x, asked, &hold, &e, err))
        return false;
    e.traced = true;
    policy_evaluate(policy, &e);
    policy_explain_json(to, policy, &e);
    return true;
}

static bool explain(struct http_exchange *x, const struct admin *who, struct quoth_error *err)
{
    AUTO(asked) struct asked a = {0};
    AUTO(tenant_snapshot) struct tenant_snapshot *snapshot = NULL;
    (void)who;
    if (!read_asked(x, &a, err) || !tenant_hold_loaded(x->scope, &snapshot, err))
        return false;
    const struct policy *policy = a.given ? a.given : snapshot->policies[a.type].policy;
    return write_trace(x, &a, policy, &x->response.body, err) && finish(x, err);
}

static enum http_outcome check_policy(struct http_exchange *x, struct quoth_error *err)
{
    return admin_run(x, check, err);
}

static enum http_outcome explain_policy(struct http_exchange *x, struct quoth_error *err)
{
    return admin_run(x, explain, err);
}

const struct http_route explain_routes[] = {
    {HTTP_POST,     "/policies/{type}:check", ROLE_READER, CHECK_BODY_MAX, check_policy,
     "look for mistakes in a policy, without setting it", "application/json"},
    {HTTP_POST,  "/policies/{type}:explain", ROLE_READER, EXPLAIN_BODY_MAX, explain_policy,
     "tell rule by rule what a policy makes of evidence or of claims; no token is issued", "application/json"},
    {0},
};
