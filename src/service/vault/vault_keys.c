/* Keys of the vault (key-release.md 1.2). */
#include "service/vault/vault_body.h"
#include "service/vault/vault_json.h"
#include "service/vault/vault_objects.h"

static bool create_key(struct vault_request *r, struct quoth_error *err)
{
    AUTO(vault_body) struct vault_body body = {0};
    AUTO(vault_item) struct vault_item item = {0};
    const struct vault_changes *changes = &body.asked.changes;
    if (!vault_body_create(r->x->body, &body, err) || !vault_objects_may_make(r, changes, err) ||
        !vault_request_intend(r, "create", changes, err) ||
        !vault_key_create(&r->vault, r->name, &body.spec, changes, r->now, &item, err))
        return false;
    vault_json_bundle(&r->x->response.body, &r->vault, &item);
    return true;
}

static bool import_key(struct vault_request *r, struct quoth_error *err)
{
    AUTO(vault_body) struct vault_body body = {0};
    AUTO(vault_item) struct vault_item item = {0};
    AUTO(material) struct material *material = NULL;
    const struct vault_changes *changes = &body.asked.changes;
    if (!vault_body_import(r->x->body, &body, err) || !vault_objects_may_make(r, changes, err) ||
        !material_from_parts(&body.parts, &material, err) ||
        !vault_request_intend(r, "import", changes, err) ||
        !vault_key_import(&r->vault, r->name, material, changes, r->now, &item, err))
        return false;
    vault_json_bundle(&r->x->response.body, &r->vault, &item);
    return true;
}

static bool get_key(struct vault_request *r, struct quoth_error *err)
{
    AUTO(vault_item) struct vault_item item = {0};
    if (!vault_find(&r->vault, VAULT_KEY, r->name, &item, err))
        return false;
    const struct vault_version *version = vault_version(&item, r->version, err);
    if (!version)
        return false;
    vault_json_key(&r->x->response.body, &r->vault, &item, version);
    return true;
}

static bool rotate_key(struct vault_request *r, struct quoth_error *err)
{
    AUTO(vault_item) struct vault_item item = {0};
    if (!vault_request_intend(r, "rotate", NULL, err) ||
        !vault_key_rotate(&r->vault, r->name, r->now, &item, err))
        return false;
    vault_json_bundle(&r->x->response.body, &r->vault, &item);
    return true;
}

static bool get_rotation(struct vault_request *r, struct quoth_error *err)
{
    AUTO(vault_item) struct vault_item item = {0};
    if (!vault_find(&r->vault, VAULT_KEY, r->name, &item, err))
        return false;
    vault_json_rotation(&r->x->response.body, &r->vault, &item);
    return true;
}

static bool set_rotation(struct vault_request *r, struct quoth_error *err)
{
    AUTO(vault_item) struct vault_item item = {0};
    struct vault_rotation rotation;
    if (!vault_body_rotation(r->x->body, &rotation, err) ||
        !vault_request_intend(r, "rotationpolicy", NULL, err) ||
        !vault_rotation_set(&r->vault, r->name, &rotation, r->now, &item, err))
        return false;
    vault_json_rotation(&r->x->response.body, &r->vault, &item);
    return true;
}

VAULT_HANDLER(create, VAULT_KEY, create_key)
VAULT_HANDLER(import, VAULT_KEY, import_key)
VAULT_HANDLER(get, VAULT_KEY, get_key)
VAULT_HANDLER(update, VAULT_KEY, vault_objects_update)
VAULT_HANDLER(rotate, VAULT_KEY, rotate_key)
VAULT_HANDLER(rotation, VAULT_KEY, get_rotation)
VAULT_HANDLER(put_rotation, VAULT_KEY, set_rotation)
VAULT_HANDLER(list, VAULT_KEY, vault_objects_list)
VAULT_HANDLER(versions, VAULT_KEY, vault_objects_versions)
VAULT_HANDLER(delete, VAULT_KEY, vault_objects_delete)
VAULT_HANDLER(list_deleted, VAULT_KEY, vault_objects_list_deleted)
VAULT_HANDLER(get_deleted, VAULT_KEY, vault_objects_get_deleted)
VAULT_HANDLER(recover, VAULT_KEY, vault_objects_recover)
VAULT_HANDLER(purge, VAULT_KEY, vault_objects_purge)
VAULT_HANDLER(backup, VAULT_KEY, vault_objects_backup)
VAULT_HANDLER(restore, VAULT_KEY, vault_objects_restore)

#define JSON "application/json"

/* A version has 32 digits, so no word of these is one: the words stand before {key-version}. */
/* clang-format off */
const struct http_route vault_key_routes[] = {
    {HTTP_GET,    "/keys",                           ROLE_VAULT,   0,              list,         "list keys", NULL},
    {HTTP_POST,   "/keys/restore",                   ROLE_OFFICER, VAULT_BODY_RESTORE_MAX, restore, "restore a key from its backup", JSON},
    {HTTP_PUT,    "/keys/{key-name}",                ROLE_OFFICER, VAULT_BODY_MAX, import,       "import a key, or a new version of one", JSON},
    {HTTP_GET,    "/keys/{key-name}",                ROLE_VAULT,   0,              get,          "give the public part of the newest version", NULL},
    {HTTP_PATCH,  "/keys/{key-name}",                ROLE_OFFICER | ROLE_POLICY, VAULT_BODY_MAX, update, "change the newest version, or the release policy", JSON},
    {HTTP_DELETE, "/keys/{key-name}",                ROLE_OFFICER, 0,              delete,       "delete a key, so that it can be recovered", NULL},
    {HTTP_POST,   "/keys/{key-name}/create",         ROLE_OFFICER, VAULT_BODY_MAX, create,       "make a key, or a new version of one", JSON},
    {HTTP_GET,    "/keys/{key-name}/versions",       ROLE_VAULT,   0,              versions,     "list the versions of a key", NULL},
    {HTTP_POST,   "/keys/{key-name}/rotate",         ROLE_OFFICER, 0,              rotate,       "make a new version like the newest", NULL},
    {HTTP_GET,    "/keys/{key-name}/rotationpolicy", ROLE_VAULT,   0,              rotation,     "give the rotation policy", NULL},
    {HTTP_PUT,    "/keys/{key-name}/rotationpolicy", ROLE_OFFICER, VAULT_BODY_MAX, put_rotation, "set the rotation policy", JSON},
    {HTTP_POST,   "/keys/{key-name}/backup",         ROLE_OFFICER, 0,              backup,       "give everything there is of a key, sealed", NULL},
    {HTTP_GET,    "/keys/{key-name}/{key-version}",  ROLE_VAULT,   0,              get,          "give the public part of a version", NULL},
    {HTTP_PATCH,  "/keys/{key-name}/{key-version}",  ROLE_OFFICER | ROLE_POLICY, VAULT_BODY_MAX, update, "change a version", JSON},
    {HTTP_GET,    "/deletedkeys",                    ROLE_VAULT,   0,              list_deleted, "list keys that can be recovered", NULL},
    {HTTP_GET,    "/deletedkeys/{key-name}",         ROLE_VAULT,   0,              get_deleted,  "give the public part of a deleted key", NULL},
    {HTTP_DELETE, "/deletedkeys/{key-name}",         ROLE_OFFICER, 0,              purge,        "delete a key for good", NULL},
    {HTTP_POST,   "/deletedkeys/{key-name}/recover", ROLE_OFFICER, 0,              recover,      "recover a key", NULL},
    {0},
};
/* clang-format on */
