/* POST /signing-keys:rotate and GET /signing-keys: the keys that sign tokens, for administrators. Not
 * of Azure Attestation, where nobody is asked. */
#include "service/admin/admin.h"
#include "service/run/service.h"
#include "service/tenants/rotation.h"

#include "base/time.h"
#include "codec/json.h"
#include "codec/json_write.h"

#define BODY_MAX 4096

static const char *state_of(const struct tenant_snapshot *s, const struct kept_key *k, int64_t now)
{
    if (k->distrusted)
        return "distrusted";
    if (k == s->active)
        return "signs";
    if (k->signs_from > now)
        return "waits";
    return signing_key_shown_until(&s->keys, k) > now ? "superseded" : "over";
}

static void write_key(struct buffer *to, const struct tenant_snapshot *s, const struct kept_key *k,
                      int64_t now)
{
    const int64_t until = signing_key_shown_until(&s->keys, k);
    json_object_begin(to);
    json_named_cstring(to, "kid", k->id);
    json_named_cstring(to, "state", state_of(s, k, now));
    json_named_time(to, "created", k->created);
    json_named_time(to, "signsFrom", k->signs_from);
    if (until != 0 && until != INT64_MAX)
        json_named_time(to, "shownUntil", until);
    json_object_end(to);
}

/* made: the kid of a key that this request has made; NULL: it asks. */
static bool answer(struct http_exchange *x, const char *made, struct quoth_error *err)
{
    struct buffer *body = &x->response.body;
    AUTO(tenant_snapshot) struct tenant_snapshot *s = tenant_hold(x->scope);
    const int64_t now = time_now();
    x->response.content_type = "application/json; charset=utf-8";
    json_object_begin(body);
    if (made)
        json_named_cstring(body, "made", made);
    json_name(body, "keys");
    json_array_begin(body);
    for (size_t i = 0; i < s->keys.count; i++)
        write_key(body, s, &s->keys.keys[i], now);
    json_array_end(body);
    json_object_end(body);
    return buffer_ok(body, err) &&
           http_response_field(&x->response, "Cache-Control", "no-store", err);
}

static bool list(struct http_exchange *x, const struct admin *who, struct quoth_error *err)
{
    (void)who;
    return answer(x, NULL, err);
}

/* {"distrust":"kid"}, or {} or nothing at all; *ret_kid stays NULL then. */
static bool read_distrust(struct bytes body, char **ret_kid, struct quoth_error *err)
{
    AUTO(json_doc) struct json_doc doc = {0};
    AUTO(buffer) struct buffer kid = {0};
    if (body.len == 0)
        return true;
    if (!json_parse(body, NULL, &doc, err))
        return false;
    if (json_type(json_root(&doc)) != JSON_OBJECT)
        return quoth_fail(err, QUOTH_JSON_VALUE, "body", 0, "is not an object");
    for (struct json m = json_first(json_root(&doc)); json_exists(m); m = json_next(m))
        if (!bytes_equal(json_plain(json_member_name(m)), BYTES_LITERAL("distrust")))
            return quoth_fail(err, QUOTH_JSON_VALUE, "body", 0, "has another member than distrust");
    const struct json value = json_first(json_root(&doc));
    if (!json_exists(value))
        return true;
    if (!json_get_text(value, &kid, err))
        return quoth_within(err, "distrust");
    *ret_kid = buffer_take_text(&kid, err);
    return *ret_kid != NULL;
}

static bool intend(struct http_exchange *x, const struct admin *who, const struct rotation *r,
                   const char *distrust, struct quoth_error *err)
{
    struct audit_line line = admin_line(x, who, "signing-key.rotate");
    audit_text(&line, "kid", r->made.id);
    audit_number(&line, "signsFrom", r->made.signs_from);
    audit_text(&line, "distrust", distrust);
    return admin_intend(x, &line, err);
}

static bool rotate(struct http_exchange *x, const struct admin *who, struct quoth_error *err)
{
    struct service *s = x->service;
    struct tenant *t = x->scope;
    AUTO(text) char *distrust = NULL;
    AUTO(rotation) struct rotation r = {.keys = {.count = 0}};
    return read_distrust(x->body, &distrust, err) &&
           rotation_plan(s->state.store, s->master, t->issuer, distrust, time_now(),
                         (int64_t)s->config->rotation_delay, &r, err) &&
           intend(x, who, &r, distrust, err) &&
           rotation_put(&r, s->state.store, s->master, t->issuer, err) &&
           tenant_reload(t, s->state.store, s->master, time_now(), err) &&
           answer(x, r.made.id, err);
}

static enum http_outcome list_keys(struct http_exchange *x, struct quoth_error *err)
{
    return admin_run(x, list, err);
}

static enum http_outcome rotate_keys(struct http_exchange *x, struct quoth_error *err)
{
    return admin_run(x, rotate, err);
}

const struct http_route signing_key_routes[] = {
    {HTTP_GET,     "/signing-keys", ROLE_READER, 0, list_keys,
     "list the keys that sign tokens, and when", NULL},
    {HTTP_POST, "/signing-keys:rotate", ROLE_CONTRIBUTOR, BODY_MAX, rotate_keys,
     "make a new signing key, and distrust one if the body names it", "application/json"},
    {0  },
};
