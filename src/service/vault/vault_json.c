#include "service/vault/vault_json.h"

#include "service/vault/vault_path.h"

static const struct vault_version *newest(const struct vault_item *item)
{
    return &item->versions[item->version_count - 1];
}

/* "kid" of a key, "id" of a secret. */
static void write_id(struct buffer *to, const char *member, const struct vault *v,
                     const struct vault_item *item, const char *version)
{
    AUTO(buffer) struct buffer id = {0};
    vault_path_write_id(&id, v->tenant, item->kind, false, item->name, version);
    json_named_string(to, member, buffer_bytes(&id));
}

/* key-release.md 1.3 has the words. */
static const char *recovery_level(const struct vault *v)
{
    const bool standard = v->retention == 90;
    if (v->purge_protected)
        return standard ? "Recoverable" : "CustomizedRecoverable";
    return standard ? "Recoverable+Purgeable" : "CustomizedRecoverable+Purgeable";
}

void vault_json_attributes(struct buffer *to, const struct vault *v, const struct vault_item *item,
                           const struct vault_version *version)
{
    json_object_begin(to);
    json_named_bool(to, "enabled", version->enabled);
    if (version->has_nbf)
        json_named_int(to, "nbf", version->nbf);
    if (version->has_exp)
        json_named_int(to, "exp", version->exp);
    json_named_int(to, "created", version->created);
    json_named_int(to, "updated", version->updated);
    json_named_cstring(to, "recoveryLevel", recovery_level(v));
    json_named_int(to, "recoverableDays", v->retention);
    if (item->kind == VAULT_KEY)
        json_named_bool(to, "exportable", item->exportable);
    json_object_end(to);
}

static void write_attributes(struct buffer *to, const struct vault *v,
                             const struct vault_item *item, const struct vault_version *version)
{
    json_name(to, "attributes");
    vault_json_attributes(to, v, item, version);
}

static void write_tags(struct buffer *to, const struct vault_version *version)
{
    if (version->tags.len == 0)
        return;
    json_name(to, "tags");
    json_raw(to, buffer_bytes(&version->tags));
}

void vault_json_policy(struct buffer *to, const struct vault_item *item)
{
    json_object_begin(to);
    json_name(to, "contentType");
    if (item->policy_type.len > 0)
        json_string(to, buffer_bytes(&item->policy_type));
    else
        json_cstring(to, "application/json; charset=utf-8");
    json_named_base64url(to, "data", buffer_bytes(&item->policy));
    json_named_bool(to, "immutable", item->policy_immutable);
    json_object_end(to);
}

static void write_policy(struct buffer *to, const struct vault_item *item)
{
    if (item->policy.len == 0)
        return;
    json_name(to, "release_policy");
    vault_json_policy(to, item);
}

static void write_deletion(struct buffer *to, const struct vault *v, const struct vault_item *item)
{
    AUTO(buffer) struct buffer id = {0};
    if (item->deleted_at == 0)
        return;
    vault_path_write_id(&id, v->tenant, item->kind, true, item->name, "");
    json_named_string(to, "recoveryId", buffer_bytes(&id));
    json_named_int(to, "deletedDate", item->deleted_at);
    json_named_int(to, "scheduledPurgeDate", item->purge_at);
}

static void write_key_ops(struct buffer *to, unsigned key_ops)
{
    json_name(to, "key_ops");
    json_array_begin(to);
    for (enum vault_operation o = 0; o < VAULT_KEY_OPS; o++)
        if (key_ops & 1u << o)
            json_cstring(to, vault_operation_name(o));
    json_array_end(to);
}

const char *vault_json_type(enum material_type type, bool hsm)
{
    static const char *const names[][2] = {
        [MATERIAL_RSA] = {"RSA", "RSA-HSM"},
        [MATERIAL_EC] = {"EC",  "EC-HSM" },
        [MATERIAL_OCT] = {"oct", "oct-HSM"},
    };
    return names[type][hsm];
}

/* The public members of a JWK. */
static void write_jwk(struct buffer *to, const struct vault *v, const struct vault_item *item,
                      const struct vault_version *version)
{
    json_name(to, "key");
    json_object_begin(to);
    write_id(to, "kid", v, item, version->id);
    json_named_cstring(to, "kty", vault_json_type(version->type, version->hsm));
    write_key_ops(to, version->key_ops);
    if (version->type == MATERIAL_RSA) {
        json_named_base64url(to, "n", buffer_bytes(&version->a));
        json_named_base64url(to, "e", buffer_bytes(&version->b));
    }
    if (version->type == MATERIAL_EC) {
        json_named_cstring(to, "crv", version->curve);
        json_named_base64url(to, "x", buffer_bytes(&version->a));
        json_named_base64url(to, "y", buffer_bytes(&version->b));
    }
    json_object_end(to);
}

void vault_json_key(struct buffer *to, const struct vault *v, const struct vault_item *item,
                    const struct vault_version *version)
{
    json_object_begin(to);
    write_jwk(to, v, item, version);
    write_attributes(to, v, item, version);
    write_tags(to, version);
    write_policy(to, item);
    write_deletion(to, v, item);
    json_object_end(to);
}

static void write_content_type(struct buffer *to, const struct vault_version *version)
{
    if (version->content_type.len == 0)
        return;
    json_named_string(to, "contentType", buffer_bytes(&version->content_type));
}

void vault_json_secret(struct buffer *to, const struct vault *v, const struct vault_item *item,
                       const struct vault_version *version, const struct buffer *value)
{
    json_object_begin(to);
    if (value)
        json_named_string(to, "value", buffer_bytes(value));
    write_id(to, "id", v, item, version->id);
    write_content_type(to, version);
    write_attributes(to, v, item, version);
    write_tags(to, version);
    write_policy(to, item);
    write_deletion(to, v, item);
    json_object_end(to);
}

void vault_json_bundle(struct buffer *to, const struct vault *v, const struct vault_item *item)
{
    if (item->kind == VAULT_KEY)
        vault_json_key(to, v, item, newest(item));
    else
        vault_json_secret(to, v, item, newest(item), NULL);
}

void vault_json_item(struct buffer *to, const struct vault *v, const struct vault_item *item,
                     const struct vault_version *version)
{
    const struct vault_version *shown = version ? version : newest(item);
    json_object_begin(to);
    write_id(to, item->kind == VAULT_KEY ? "kid" : "id", v, item, version ? version->id : "");
    write_content_type(to, shown);
    write_attributes(to, v, item, shown);
    write_tags(to, shown);
    write_deletion(to, v, item);
    json_object_end(to);
}

/* ---- rotation */

static void write_action(struct buffer *to, const struct vault_rotation *r,
                         enum vault_action action)
{
    if (!r->actions[action].is_set)
        return;
    json_object_begin(to);
    json_name(to, "trigger");
    json_object_begin(to);
    json_named_cstring(to,
                       r->actions[action].before_expiry ? "timeBeforeExpiry" : "timeAfterCreate",
                       r->actions[action].time);
    json_object_end(to);
    json_name(to, "action");
    json_object_begin(to);
    json_named_cstring(to, "type", action == VAULT_ROTATE ? "Rotate" : "Notify");
    json_object_end(to);
    json_object_end(to);
}

void vault_json_rotation(struct buffer *to, const struct vault *v, const struct vault_item *item)
{
    const struct vault_rotation r = vault_rotation_shown(item);
    AUTO(buffer) struct buffer id = {0};
    vault_path_write_id(&id, v->tenant, VAULT_KEY, false, item->name, "rotationpolicy");
    json_object_begin(to);
    json_named_string(to, "id", buffer_bytes(&id));
    json_name(to, "lifetimeActions");
    json_array_begin(to);
    for (enum vault_action action = 0; action < VAULT_ACTIONS; action++)
        write_action(to, &r, action);
    json_array_end(to);
    json_name(to, "attributes");
    json_object_begin(to);
    if (r.expiry[0])
        json_named_cstring(to, "expiryTime", r.expiry);
    if (r.created > 0) {
        json_named_int(to, "created", r.created);
        json_named_int(to, "updated", r.updated);
    }
    json_object_end(to);
    json_object_end(to);
}
