#include "service/vault/vault_request.h"

#include "base/time.h"
#include "codec/hex.h"
#include "service/tenants/tenant_vault.h"

#include <stdio.h>

/* ---- the answer */

static bool is_guid(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (hex_digit(text.data[i]) < 0 && text.data[i] != '-')
            return false;
    return text.len == 36;
}

/* Clients find their request again by what they have called it; nothing but a GUID comes back. */
static bool echo_client_id(const struct http_exchange *x, struct http_response *response,
                           struct quoth_error *err)
{
    const struct http_field *id = http_head_find(&x->head, "x-ms-client-request-id");
    char text[40];
    if (!id || !is_guid(id->value))
        return true;
    snprintf(text, sizeof text, "%.*s", (int)id->value.len, (const char *)id->value.data);
    return http_response_field(response, "x-ms-client-request-id", text, err);
}

bool vault_request_mark(const struct http_exchange *x, struct http_response *response,
                        struct quoth_error *err)
{
    return echo_client_id(x, response, err) &&
           http_response_field(response, "Cache-Control", "no-store", err) &&
           http_response_field(response, "Pragma", "no-cache", err) &&
           http_response_field(response, "X-Content-Type-Options", "nosniff", err);
}

bool vault_request_finish(struct http_exchange *x, struct quoth_error *err)
{
    struct http_response *r = &x->response;
    if (r->body.len > 0)
        r->content_type = "application/json; charset=utf-8";
    return buffer_ok(&r->body, err) && vault_request_mark(x, r, err);
}

bool vault_request_run(struct http_exchange *x, const struct admin *who, enum vault_kind kind,
                       vault_work *work, struct quoth_error *err)
{
    const struct service *s = x->service;
    AUTO(vault_query) struct vault_query query = {0};
    if (!intact_is(&s->intact, err) || !vault_query_read(x->head.target, &query, err))
        return false;
    struct vault_request r = {.x = x,
                              .who = who,
                              .vault = tenant_vault(x->scope, s->state.store, s->master),
                              .query = query,
                              .kind = kind,
                              .name = x->params[0],
                              .version = x->params[1],
                              .now = time_now()};
    return work(&r, err) && vault_request_finish(x, err);
}

bool vault_request_needs(const struct vault_request *r, unsigned roles, struct quoth_error *err)
{
    char found[ROLES_TEXT_SIZE], expected[ROLES_TEXT_SIZE];
    return (r->who->roles & roles) == roles ||
           quoth_mismatch(err, QUOTH_VAULT_FORBIDDEN, "role", QUOTH_NO_OFFSET,
                          roles_write(r->who->roles, found), roles_write(roles, expected));
}

/* ---- the trail */

struct audit_line vault_request_line(const struct vault_request *r, const char *event)
{
    char name[48];
    snprintf(name, sizeof name, "vault.%s.%s", r->kind == VAULT_KEY ? "key" : "secret", event);
    struct audit_line line = admin_line(r->x, r->who, name);
    if (r->name.len > 0)
        audit_bytes(&line, "name", r->name);
    if (r->version.len > 0)
        audit_bytes(&line, "version", r->version);
    return line;
}

static void add_changes(struct audit_line *line, const struct vault_changes *c)
{
    if (c->has_enabled)
        audit_bool(line, "enabled", c->enabled);
    if (c->has_nbf)
        audit_number(line, "nbf", c->nbf);
    if (c->has_exp)
        audit_number(line, "exp", c->exp);
    if (c->has_exportable)
        audit_bool(line, "exportable", c->exportable);
    if (!c->has_policy)
        return;
    const struct sha256 hash = sha256_of(c->policy);
    if (c->policy.len > 0)
        audit_hex(line, "policy", BYTES_OF(hash.bytes));
    audit_bool(line, "immutable", c->policy_immutable);
}

bool vault_request_intend(const struct vault_request *r, const char *event,
                          const struct vault_changes *changes, struct quoth_error *err)
{
    struct audit_line line = vault_request_line(r, event);
    if (changes)
        add_changes(&line, changes);
    return admin_intend(r->x, &line, err);
}

bool vault_request_record(const struct vault_request *r, const char *event,
                          const struct vault_version *version, struct bytes algorithm, bool done,
                          struct quoth_error *err)
{
    const struct tenant *t = r->x->scope;
    struct quoth_error unwritten = {0};
    struct audit_line line = vault_request_line(r, event);
    if (version && r->version.len == 0)
        audit_text(&line, "version", version->id);
    if (algorithm.len > 0)
        audit_bytes(&line, "algorithm", algorithm);
    audit_failure(&line, done ? NULL : err);
    if (audit_write(t->administration, &line, &unwritten))
        return done;
    *err = unwritten;
    return false;
}
