/* What is done with keys and secrets alike; each is a vault_work for r->kind. */
#ifndef QUOTH_SERVICE_VAULT_OBJECTS_H
#define QUOTH_SERVICE_VAULT_OBJECTS_H

#include "service/vault/vault_request.h"

/* Whether who asks may make an object of that kind with these changes: an object that comes with a
 * release policy wants both roles, as who makes keys does not decide who gets them. */
bool vault_objects_may_make(const struct vault_request *r, const struct vault_changes *changes,
                            struct quoth_error *err);

vault_work vault_objects_list, vault_objects_list_deleted, vault_objects_versions,
    vault_objects_update, vault_objects_delete, vault_objects_get_deleted, vault_objects_recover,
    vault_objects_purge, vault_objects_backup, vault_objects_restore;

#endif
