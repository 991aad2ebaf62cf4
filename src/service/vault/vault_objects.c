#include "service/vault/vault_objects.h"

#include "service/vault/release_policies.h"
#include "service/vault/vault_body.h"
#include "service/vault/vault_json.h"
#include "service/vault/vault_page.h"

/* Whether the tenant takes such a release policy. It is asked again at each release. */
static bool policy_may_be(const struct vault_request *r, const struct vault_changes *changes,
                          struct quoth_error *err)
{
    if (!changes->has_policy || changes->policy.len == 0)
        return true;
    const struct release_policy_offer offer = {
        .kind = r->kind,
        .name = r->name,
        .policy = changes->policy,
        .immutable = changes->policy_immutable,
        .set_at = r->now,
    };
    struct tenant_snapshot *snapshot = tenant_hold(r->x->scope);
    const bool good = snapshot && release_policies_permit(snapshot, r->vault.tenant, &offer, err);
    tenant_release(snapshot);
    return good;
}

bool vault_objects_may_make(const struct vault_request *r, const struct vault_changes *changes,
                            struct quoth_error *err)
{
    return vault_request_needs(r, changes->has_policy ? ROLE_OFFICER | ROLE_POLICY : ROLE_OFFICER,
                               err) &&
           policy_may_be(r, changes, err);
}

bool vault_objects_list(struct vault_request *r, struct quoth_error *err)
{
    return vault_page_names(r, false, err);
}

bool vault_objects_list_deleted(struct vault_request *r, struct quoth_error *err)
{
    return vault_page_names(r, true, err);
}

bool vault_objects_versions(struct vault_request *r, struct quoth_error *err)
{
    return vault_page_versions(r, err);
}

/* ---- changes of what is there */

/* Whole objects are sent back by some clients: the policy that is there is no change of it, whoever
 * asks. That it is still that is made sure of when the change is made. */
static bool repeats_policy(const struct vault_request *r, const struct vault_changes *c)
{
    AUTO(vault_item) struct vault_item item = {0};
    struct quoth_error ignored = {0};
    return c->has_policy && vault_find(&r->vault, r->kind, r->name, &item, &ignored) &&
           vault_repeats_policy(&item, c);
}

/* A change of the policy is not an officer's, and the others are nobody else's. */
static bool may_update(const struct vault_request *r, const struct vault_changes *c,
                       struct quoth_error *err)
{
    const bool other = c->has_enabled || c->has_nbf || c->has_exp || c->has_tags ||
                       c->has_key_ops || c->has_exportable || c->has_content_type;
    const unsigned policy = c->has_policy && !c->policy_repeats ? ROLE_POLICY : 0;
    return vault_request_needs(r, policy | (other || !c->has_policy ? ROLE_OFFICER : 0), err) &&
           (c->policy_repeats || policy_may_be(r, c, err));
}

bool vault_objects_update(struct vault_request *r, struct quoth_error *err)
{
    AUTO(vault_body) struct vault_body body = {0};
    AUTO(vault_item) struct vault_item item = {0};
    struct vault_changes *changes = &body.asked.changes;
    struct buffer *to = &r->x->response.body;
    if (!vault_body_update(r->x->body, r->kind, &body, err))
        return false;
    changes->policy_repeats = repeats_policy(r, changes);
    if (!may_update(r, changes, err) || !vault_request_intend(r, "update", changes, err) ||
        !vault_update(&r->vault, r->kind, r->name, r->version, changes, r->now, &item, err))
        return false;
    const struct vault_version *version = vault_version(&item, r->version, err);
    if (!version)
        return false;
    if (r->kind == VAULT_KEY)
        vault_json_key(to, &r->vault, &item, version);
    else
        vault_json_secret(to, &r->vault, &item, version, NULL);
    return true;
}

/* ---- deletion */

bool vault_objects_delete(struct vault_request *r, struct quoth_error *err)
{
    AUTO(vault_item) struct vault_item item = {0};
    const struct service *s = r->x->service;
    const int64_t from = clock_latest(&s->clock, r->now);
    if (!vault_request_intend(r, "delete", NULL, err) ||
        !vault_delete(&r->vault, r->kind, r->name, from, &item, err))
        return false;
    vault_json_bundle(&r->x->response.body, &r->vault, &item);
    return true;
}

bool vault_objects_get_deleted(struct vault_request *r, struct quoth_error *err)
{
    AUTO(vault_item) struct vault_item item = {0};
    if (!vault_find_deleted(&r->vault, r->kind, r->name, &item, err))
        return false;
    vault_json_bundle(&r->x->response.body, &r->vault, &item);
    return true;
}

bool vault_objects_recover(struct vault_request *r, struct quoth_error *err)
{
    AUTO(vault_item) struct vault_item item = {0};
    if (!vault_request_intend(r, "recover", NULL, err) ||
        !vault_recover(&r->vault, r->kind, r->name, r->now, &item, err))
        return false;
    vault_json_bundle(&r->x->response.body, &r->vault, &item);
    return true;
}

bool vault_objects_purge(struct vault_request *r, struct quoth_error *err)
{
    r->x->response.status = 204;
    return vault_request_intend(r, "purge", NULL, err) &&
           vault_purge(&r->vault, r->kind, r->name, err);
}

/* ---- backups */

bool vault_objects_backup(struct vault_request *r, struct quoth_error *err)
{
    AUTO(buffer) struct buffer backup = {0};
    struct buffer *to = &r->x->response.body;
    if (!vault_request_intend(r, "backup", NULL, err) ||
        !vault_backup(&r->vault, r->kind, r->name, &backup, err))
        return false;
    json_object_begin(to);
    json_named_base64url(to, "value", buffer_bytes(&backup));
    json_object_end(to);
    return true;
}

bool vault_objects_restore(struct vault_request *r, struct quoth_error *err)
{
    AUTO(buffer) struct buffer backup = {0};
    AUTO(vault_item) struct vault_item item = {0};
    struct quoth_error unnamed = {0}; /* then it is refused below */
    char name[VAULT_NAME_MAX + 1];
    if (!vault_body_backup(r->x->body, &backup, err))
        return false;
    const struct sha256 hash = sha256_of(buffer_bytes(&backup));
    struct audit_line line = vault_request_line(r, "restore");
    if (vault_backup_name(&r->vault, r->kind, buffer_bytes(&backup), name, &unnamed))
        audit_text(&line, "name", name);
    audit_hex(&line, "backup", BYTES_OF(hash.bytes));
    if (!admin_intend(r->x, &line, err) ||
        !vault_restore(&r->vault, r->kind, buffer_bytes(&backup), &item, err))
        return false;
    vault_json_bundle(&r->x->response.body, &r->vault, &item);
    return true;
}
