/* What the vault says of its objects, in Azure Key Vault's JSON (key-release.md 1.3, 4). Public parts
 * only: nothing here ever sees a secret but for vault_json_secret's value. Writers append; ask
 * buffer_ok() at the end. */
#ifndef QUOTH_SERVICE_VAULT_JSON_H
#define QUOTH_SERVICE_VAULT_JSON_H

#include "codec/json_write.h"
#include "vault/vault.h"

/* KeyBundle of one version; with deleted_at, DeletedKeyBundle. */
void vault_json_key(struct buffer *to, const struct vault *v, const struct vault_item *item,
                    const struct vault_version *version);

/* SecretBundle, or DeletedSecretBundle. value NULL: without it. */
void vault_json_secret(struct buffer *to, const struct vault *v, const struct vault_item *item,
                       const struct vault_version *version, const struct buffer *value);

/* Either, without a value: what a change has made of the newest version. */
void vault_json_bundle(struct buffer *to, const struct vault *v, const struct vault_item *item);

/* An entry of a list: KeyItem, SecretItem or the deleted forms. version NULL: of the name, with the
 * attributes of its newest version. */
void vault_json_item(struct buffer *to, const struct vault *v, const struct vault_item *item,
                     const struct vault_version *version);

/* The objects "attributes" and "release_policy" of a bundle by themselves. The item has a policy. */
void vault_json_attributes(struct buffer *to, const struct vault *v, const struct vault_item *item,
                           const struct vault_version *version);
void vault_json_policy(struct buffer *to, const struct vault_item *item);

/* KeyRotationPolicy. */
void vault_json_rotation(struct buffer *to, const struct vault *v, const struct vault_item *item);

/* "RSA-HSM", "oct" ...: static. */
const char *vault_json_type(enum material_type type, bool hsm);

#endif
