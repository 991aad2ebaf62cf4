/* Secrets of the vault (key-release.md 4). */
#include "service/vault/vault_body.h"
#include "service/vault/vault_json.h"
#include "service/vault/vault_objects.h"

static bool set_secret(struct vault_request *r, struct quoth_error *err)
{
    AUTO(vault_body) struct vault_body body = {0};
    AUTO(vault_item) struct vault_item item = {0};
    const struct vault_changes *changes = &body.asked.changes;
    if (!vault_body_set(r->x->body, &body, err) || !vault_objects_may_make(r, changes, err) ||
        !vault_request_intend(r, "set", changes, err) ||
        !vault_secret_set(&r->vault, r->name, buffer_bytes(&body.value), changes, r->now, &item,
                          err))
        return false;
    vault_json_secret(&r->x->response.body, &r->vault, &item,
                      &item.versions[item.version_count - 1], &body.value);
    return true;
}

/* A secret with a release policy is for programs that meet it: no person is given it. */
static bool is_for_people(const struct vault_item *item, struct quoth_error *err)
{
    return item->policy.len == 0 ||
           quoth_fail(err, QUOTH_VAULT_RELEASE_ONLY, "release_policy", QUOTH_NO_OFFSET,
                      "the secret is given to attested programs alone");
}

static bool read_value(struct vault_request *r, const struct vault_item *item,
                       const struct vault_version *version, struct buffer *ret_value,
                       struct quoth_error *err)
{
    return is_for_people(item, err) && vault_may(item, version, VAULT_GET, r->now, err) &&
           vault_secret_value(&r->vault, item, version, ret_value, err);
}

static bool get_secret(struct vault_request *r, struct quoth_error *err)
{
    AUTO(vault_item) struct vault_item item = {0};
    AUTO(buffer) struct buffer value = {0};
    if (!vault_find(&r->vault, VAULT_SECRET, r->name, &item, err))
        return false;
    const struct vault_version *version = vault_version(&item, r->version, err);
    if (!version)
        return false;
    const bool good = read_value(r, &item, version, &value, err);
    if (!vault_request_record(r, "get", version, (struct bytes){0}, good, err))
        return false;
    vault_json_secret(&r->x->response.body, &r->vault, &item, version, &value);
    return true;
}

VAULT_HANDLER(set, VAULT_SECRET, set_secret)
VAULT_HANDLER(get, VAULT_SECRET, get_secret)
VAULT_HANDLER(update, VAULT_SECRET, vault_objects_update)
VAULT_HANDLER(list, VAULT_SECRET, vault_objects_list)
VAULT_HANDLER(versions, VAULT_SECRET, vault_objects_versions)
VAULT_HANDLER(delete, VAULT_SECRET, vault_objects_delete)
VAULT_HANDLER(list_deleted, VAULT_SECRET, vault_objects_list_deleted)
VAULT_HANDLER(get_deleted, VAULT_SECRET, vault_objects_get_deleted)
VAULT_HANDLER(recover, VAULT_SECRET, vault_objects_recover)
VAULT_HANDLER(purge, VAULT_SECRET, vault_objects_purge)
VAULT_HANDLER(backup, VAULT_SECRET, vault_objects_backup)
VAULT_HANDLER(restore, VAULT_SECRET, vault_objects_restore)

#define JSON "application/json"

/* clang-format off */
const struct http_route vault_secret_routes[] = {
    {HTTP_GET,    "/secrets",                              ROLE_VAULT,   0,              list,         "list secrets", NULL},
    {HTTP_POST,   "/secrets/restore",                      ROLE_OFFICER, VAULT_BODY_RESTORE_MAX, restore, "restore a secret from its backup", JSON},
    {HTTP_PUT,    "/secrets/{secret-name}",                ROLE_OFFICER, VAULT_BODY_MAX, set,          "set a secret, or a new version of one", JSON},
    {HTTP_GET,    "/secrets/{secret-name}",                ROLE_USER,    0,              get,          "give the value of the newest version", NULL},
    {HTTP_PATCH,  "/secrets/{secret-name}",                ROLE_OFFICER | ROLE_POLICY, VAULT_BODY_MAX, update, "change the newest version, or the release policy", JSON},
    {HTTP_DELETE, "/secrets/{secret-name}",                ROLE_OFFICER, 0,              delete,       "delete a secret, so that it can be recovered", NULL},
    {HTTP_GET,    "/secrets/{secret-name}/versions",       ROLE_VAULT,   0,              versions,     "list the versions of a secret", NULL},
    {HTTP_POST,   "/secrets/{secret-name}/backup",         ROLE_OFFICER, 0,              backup,       "give everything there is of a secret, sealed", NULL},
    {HTTP_GET,    "/secrets/{secret-name}/{secret-version}", ROLE_USER,  0,              get,          "give the value of a version", NULL},
    {HTTP_PATCH,  "/secrets/{secret-name}/{secret-version}", ROLE_OFFICER | ROLE_POLICY, VAULT_BODY_MAX, update, "change a version", JSON},
    {HTTP_GET,    "/deletedsecrets",                       ROLE_VAULT,   0,              list_deleted, "list secrets that can be recovered", NULL},
    {HTTP_GET,    "/deletedsecrets/{secret-name}",         ROLE_VAULT,   0,              get_deleted,  "tell of a deleted secret, without its value", NULL},
    {HTTP_DELETE, "/deletedsecrets/{secret-name}",         ROLE_OFFICER, 0,              purge,        "delete a secret for good", NULL},
    {HTTP_POST,   "/deletedsecrets/{secret-name}/recover", ROLE_OFFICER, 0,              recover,      "recover a secret", NULL},
    {0},
};
/* clang-format on */
