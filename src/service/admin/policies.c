/* The policy of an attestation type: what it is, what it was, and how it changes (maa.md 1.3, 1.7).
 * Everything here runs in the pool, for somebody who has the role of the route. */
#include "service/run/service.h"

#include "base/text.h"
#include "base/time.h"
#include "codec/json_write.h"
#include "keys/records.h"
#include "service/admin/policy_store.h"
#include "service/attest/attest_request.h"
#include "service/policies/change_body.h"
#include "service/tenants/result_token.h"

#include <stdio.h>

#define BODY_MAX (1u << 20)

static bool begin(struct http_exchange *x, enum attest_type *ret_type, struct quoth_error *err)
{
    return attest_check_version(x->head.target, err) && attest_type_of(x->params[0], ret_type, err);
}

bool change_place_of(struct http_exchange *x, const struct admin *who,
                     struct change_place *ret_place, struct quoth_error *err)
{
    struct service *s = x->service;
    struct tenant *t = x->scope;
    AUTO(tenant_snapshot) struct tenant_snapshot *snapshot = NULL;
    if (!tenant_hold_loaded(t, &snapshot, err) ||
        !service_may_sign(s, time_now(), err)) /* the answer, and who is still valid (THREATS 11) */
        return false;
    const char *signing = snapshot->settings->signing;
    *ret_place = (struct change_place){.x = x,
                                       .who = who,
                                       .tenant = t,
                                       .store = s->state.store,
                                       .master = s->master,
                                       .strict = signing && strcmp(signing, "strict") == 0,
                                       .now = time_now()};
    return true;
}

/* As it is published now: after a change, as it was read back. */
bool change_answer(const struct change_place *p, struct claims *result, struct quoth_error *err)
{
    AUTO(tenant_snapshot) struct tenant_snapshot *snapshot = tenant_hold(p->tenant);
    return result_answer(p->x, p->tenant, snapshot, result, p->now, err);
}

/* ---- GET */

static bool get_policy(struct http_exchange *x, const struct admin *who, struct quoth_error *err)
{
    enum attest_type type;
    struct change_place p = {0};
    if (!begin(x, &type, err) || !change_place_of(x, who, &p, err))
        return false;
    AUTO(tenant_snapshot) struct tenant_snapshot *snapshot = tenant_hold(p.tenant);
    AUTO(claims) struct claims *result = claims_open();
    claims_add_text(result, CLAIM_FROM_SERVICE, "x-ms-policy",
                    buffer_bytes(&snapshot->policies[type].jws));
    return result_answer(x, p.tenant, snapshot, result, p.now, err);
}

/* ---- PUT and :reset */

/* The same quotes are judged by the other type's policy too: one of the two with a policy of its own
 * and one with the default is seldom what is meant (THREATS 16). */
static bool warn_of_sibling(const struct change_place *p, enum attest_type type,
                            struct quoth_error *err)
{
    const enum attest_type sibling = attest_type_sibling(type);
    AUTO(tenant_snapshot) struct tenant_snapshot *snapshot = tenant_hold(p->tenant);
    struct service *s = p->x->service;
    const struct tenant_policy *policies = snapshot->policies;
    char text[160];
    if (sibling == ATTEST_TYPES || policies[sibling].is_default == policies[type].is_default)
        return true;
    const enum attest_type lax = policies[type].is_default ? type : sibling;
    snprintf(text, sizeof text,
             "%s has the default policy, and judges the same quotes as %s; set it too, or close it",
             attest_type_name(lax), attest_type_name(lax == type ? sibling : type));
    struct log_line line = log_begin(s->log, LOG_WARN, "policy.sibling-default");
    log_text(&line, "id", p->x->id);
    log_text(&line, "issuer", p->tenant->issuer);
    log_text(&line, "changed", attest_type_name(type));
    log_text(&line, "default", attest_type_name(lax));
    log_end(&line);
    return http_response_field(&p->x->response, "x-quoth-warning", text, err);
}

static void add_set(struct claims *result, struct bytes jws, struct bytes signer)
{
    claims_add_text(result, CLAIM_FROM_SERVICE, "x-ms-policy-result", BYTES_LITERAL("Updated"));
    result_add_token_hash(result, jws);
    result_add_signer(result, signer);
}

static void add_reset(struct claims *result)
{
    claims_add_text(result, CLAIM_FROM_SERVICE, "x-ms-policy-result", BYTES_LITERAL("Removed"));
}

static bool change(struct http_exchange *x, const struct admin *who,
                   enum change_operation operation, struct quoth_error *err)
{
    enum attest_type type;
    struct change_place p = {0};
    AUTO(buffer) struct buffer jws = {0};
    AUTO(policy_change) struct policy_change c = {0};
    if (!begin(x, &type, err) || !change_body_jws(x->body, &jws, err) ||
        !change_place_of(x, who, &p, err) ||
        !policy_store_change(&p, type, operation, buffer_bytes(&jws), &c, err))
        return false;
    AUTO(claims) struct claims *result = claims_open();
    if (operation == CHANGE_RESET)
        add_reset(result);
    else
        add_set(result, c.jws, buffer_bytes(&c.signer));
    return warn_of_sibling(&p, type, err) && change_answer(&p, result, err);
}

static bool set_policy(struct http_exchange *x, const struct admin *who, struct quoth_error *err)
{
    return change(x, who, CHANGE_SET, err);
}

static bool reset_policy(struct http_exchange *x, const struct admin *who, struct quoth_error *err)
{
    return change(x, who, CHANGE_RESET, err);
}

/* ---- history, which is ours */

static bool write_policy_hash(struct buffer *to, const struct jws *jws, struct quoth_error *err)
{
    char hash[POLICY_HASH_SIZE];
    AUTO(buffer) struct buffer text = {0};
    AUTO(policy_binding) struct policy_binding binding = {0};
    if (!policy_jws_text(jws, &text, &binding, err))
        return false;
    if (text.len == 0)
        return true;
    if (!policy_hash(buffer_bytes(&text), hash, err))
        return false;
    json_named_cstring(to, "policyHash", hash);
    return true;
}

static bool write_version(void *context, const struct store_record *record, struct quoth_error *err)
{
    struct buffer *to = context;
    AUTO(stored_policy) struct stored_policy p = {0};
    AUTO(jws) struct jws jws = {0};
    if (!stored_policy_read(record->value, &p, err) || !jws_read(buffer_bytes(&p.jws), &jws, err))
        return false;
    const struct sha256 hash = sha256_of(buffer_bytes(&p.jws));
    json_object_begin(to);
    json_named_int(to, "version", record->version);
    json_named_cstring(to, "operation", p.operation);
    json_named_cstring(to, "who", p.who);
    json_named_time(to, "time", p.time);
    json_named_bool(to, "signed", jws.algorithm != JWS_NONE);
    json_named_base64url(to, "tokenHash", BYTES_OF(hash.bytes));
    const bool good = write_policy_hash(to, &jws, err);
    json_object_end(to);
    return good;
}

static bool get_versions(struct http_exchange *x, const struct admin *who, struct quoth_error *err)
{
    enum attest_type type;
    struct change_place p = {0};
    struct buffer *to = &x->response.body;
    if (!begin(x, &type, err) || !change_place_of(x, who, &p, err))
        return false;
    x->response.content_type = "application/json; charset=utf-8";
    json_object_begin(to);
    json_name(to, "versions");
    json_array_begin(to);
    if (!record_history(p.store, p.master, RECORD_POLICY, p.tenant->issuer, attest_type_name(type),
                        POLICY_VERSIONS_KEPT + 1, write_version, to, err))
        return false;
    json_array_end(to);
    json_object_end(to);
    return buffer_ok(to, err) &&
           http_response_field(&x->response, "Cache-Control", "no-store", err);
}

/* The number in a path: decimal, from 1, at most nine digits. */
static bool version_of(struct bytes text, int64_t *ret_version, struct quoth_error *err)
{
    int64_t version = 0;
    char found[32];
    bool digits = text.len > 0 && text.len <= 9;
    for (size_t i = 0; i < text.len && digits; i++) {
        digits = text.data[i] >= '0' && text.data[i] <= '9';
        version = 10 * version + text.data[i] - '0';
    }
    *ret_version = version;
    return (digits && version > 0) ||
           quoth_mismatch(err, QUOTH_CHANGE_VERSION, "version", QUOTH_NO_OFFSET,
                          text_escape(found, sizeof found, text), "a number from 1");
}

static bool get_version(struct http_exchange *x, const struct admin *who, struct quoth_error *err)
{
    enum attest_type type;
    struct change_place p;
    int64_t version = 0;
    AUTO(stored_policy) struct stored_policy policy = {0};
    if (!begin(x, &type, err) || !version_of(x->params[1], &version, err) ||
        !change_place_of(x, who, &p, err) || !policy_store_version(&p, type, version, &policy, err))
        return false;
    AUTO(claims) struct claims *result = claims_open();
    claims_add_text(result, CLAIM_FROM_SERVICE, "x-ms-policy", buffer_bytes(&policy.jws));
    return change_answer(&p, result, err);
}

static bool read_version(struct bytes body, int64_t *ret_version, struct quoth_error *err)
{
    const struct json_limits limits = {.max_depth = 2, .max_nodes = 16};
    AUTO(json_doc) struct json_doc doc = {0};
    return json_parse(body, &limits, &doc, err) &&
           json_need_int(json_root(&doc), "version", 1, INT64_MAX - 1, ret_version, err);
}

static bool add_rolled_back(struct claims *result, const struct stored_policy *policy,
                            struct quoth_error *err)
{
    AUTO(jws) struct jws jws = {0};
    if (!jws_read(buffer_bytes(&policy->jws), &jws, err))
        return false;
    AUTO(buffer) struct buffer text = {0};
    AUTO(policy_binding) struct policy_binding binding = {0};
    if (!policy_jws_text(&jws, &text, &binding, err))
        return false;
    if (text.len == 0)
        add_reset(result);
    else
        add_set(result, jws.text,
                jws.chain_count > 0 ? buffer_bytes(&jws.chain[0]) : (struct bytes){0});
    return true;
}

static bool roll_back(struct http_exchange *x, const struct admin *who, struct quoth_error *err)
{
    enum attest_type type;
    struct change_place p = {0};
    int64_t version = 0;
    AUTO(stored_policy) struct stored_policy policy = {0};
    if (!begin(x, &type, err) || !read_version(x->body, &version, err) ||
        !change_place_of(x, who, &p, err) ||
        !policy_store_roll_back(&p, type, version, &policy, err))
        return false;
    AUTO(claims) struct claims *result = claims_open();
    return add_rolled_back(result, &policy, err) && warn_of_sibling(&p, type, err) &&
           change_answer(&p, result, err);
}

/* ---- routes */

#define HANDLER(name, work)                                                                        \
    static enum http_outcome name(struct http_exchange *x, struct quoth_error *err)                \
    {                                                                                              \
        return admin_run(x, work, err);                                                            \
    }

HANDLER(get, get_policy)
HANDLER(put, set_policy)
HANDLER(reset, reset_policy)
HANDLER(versions, get_versions)
HANDLER(version, get_version)
HANDLER(rollback, roll_back)

#define JWS_TYPES "text/plain, application/json"

/* clang-format off */
const struct http_route policy_routes[] = {
    {HTTP_GET,  "/policies/{type}",          ROLE_READER,      0,        get,      "give the policy in force", NULL},
    {HTTP_PUT,  "/policies/{type}",          ROLE_CONTRIBUTOR, BODY_MAX, put,      "set a policy", JWS_TYPES},
    {HTTP_POST, "/policies/{type}:reset",    ROLE_CONTRIBUTOR, BODY_MAX, reset,    "go back to the default policy", JWS_TYPES},
    {HTTP_GET,  "/policies/{type}/versions", ROLE_READER,      0,        versions, "list what was set, by whom and when", NULL},
    {HTTP_GET,  "/policies/{type}/versions/{version}", ROLE_READER, 0, version, "give a policy that was set before", NULL},
    {HTTP_POST, "/policies/{type}:rollback", ROLE_CONTRIBUTOR, BODY_MAX, rollback, "set an older policy again", "application/json"},
    {0},
};
/* clang-format on */
