/* The vault: keys and secrets of a tenant, with versions, soft delete and release policies, as
 * sealed records (key-release.md 1, 4, 6.5). Semantics only: who may do what, and JSON, are the
 * service's.
 *
 * One record for each name, which is all that is decided by: policy, attributes, versions, whether
 * it is deleted; so it changes whole. And one record for each version's secret part, written once,
 * whose SHA-256 the name's record holds. Nothing is kept in memory between calls: every node sees
 * what another has written, at once. All calls block. */
#ifndef QUOTH_VAULT_VAULT_H
#define QUOTH_VAULT_VAULT_H

#include "vault/item.h"

struct vault { /* a plain value; everything is borrowed. Any thread */
    struct store *store;
    const struct master_key *master;
    const char *tenant;   /* issuer */
    unsigned retention;   /* days that what is deleted can be recovered: 7 to 90 */
    bool purge_protected; /* nothing is purged but by vault_tick */
    bool immutable_only;  /* a release policy that can be changed is refused (THREATS 33):
                             QUOTH_VAULT_POLICY_MUTABLE */
};

/* ---- reading. name as the client wrote it: compared without regard to ASCII case, kept in the case
 * of its first use (key-release.md 1.1). QUOTH_VAULT_NAME unless 1 to 127 of [0-9a-zA-Z-]. */

/* QUOTH_VAULT_KEY_MISSING or QUOTH_VAULT_SECRET_MISSING, also while it is deleted. */
bool vault_find(const struct vault *v, enum vault_kind kind, struct bytes name,
                struct vault_item *ret_item, struct quoth_error *err);
/* The same for one that is deleted. */
bool vault_find_deleted(const struct vault *v, enum vault_kind kind, struct bytes name,
                        struct vault_item *ret_item, struct quoth_error *err);

/* version empty: the newest; digits of either case. NULL with the same errors. */
const struct vault_version *vault_version(const struct vault_item *item, struct bytes version,
                                          struct quoth_error *err);

/* The names after `after` (empty: from the first; any case) in order of their lower case, deleted
 * ones or the others, at most limit (1 to VAULT_PAGE_MAX). *ret_more: there are further ones. What
 * the callback refuses, with a reason in err, is the failure of the call; it may use the store. A
 * name that does not open (QUOTH_SEAL_BROKEN, QUOTH_STORE_BROKEN) is left out, so that the others can
 * be found; ret_broken has the first of them, or nothing. */
#define VAULT_PAGE_MAX 64u
typedef bool vault_each_fn(void *context, const struct vault_item *item, struct quoth_error *err);
bool vault_list(const struct vault *v, enum vault_kind kind, bool deleted, struct bytes after,
                size_t limit, vault_each_fn *each, void *context, bool *ret_more,
                struct quoth_error *ret_broken, struct quoth_error *err);

/* The secret part of a version. QUOTH_SEAL_BROKEN if it is not the one that the item names. */
bool vault_key_material(const struct vault *v, const struct vault_item *item,
                        const struct vault_version *version, struct material **ret_material,
                        struct quoth_error *err);
bool vault_secret_value(const struct vault *v, const struct vault_item *item,
                        const struct vault_version *version, struct buffer *ret_value,
                        struct quoth_error *err);

/* Whether an operation may be done now with this version (key-release.md 1.3): enabled, inside its
 * window (decrypt, release, unwrapKey, verify and get also outside), and among its key_ops (but for
 * release and get). The public part of a key may be got while it is disabled, the value of a secret
 * may not. QUOTH_VAULT_DISABLED, QUOTH_VAULT_WINDOW, QUOTH_VAULT_OPERATION: all 403. */
bool vault_may(const struct vault_item *item, const struct vault_version *version,
               enum vault_operation operation, int64_t now, struct quoth_error *err);

/* ---- changing. Each gives the item as it is afterwards. QUOTH_VAULT_DELETED (409) while the name
 * is deleted and can be recovered; QUOTH_VAULT_BUSY (409) when somebody else changed it at the same
 * time more often than it was tried. What is acknowledged survives kill -9. */

/* A new name, or a new version of one. In changes, members that are not given take their standard;
 * a new version inherits exportable and policy (1.4): QUOTH_VAULT_EXPORTABLE (AKV.SKR.1003, 1004,
 * 1005), QUOTH_VAULT_IMMUTABLE (1020), QUOTH_CHANGE_REPLAYED (release/policy_signed.h). A policy that is given with a further version changes that of
 * the name. QUOTH_VAULT_ATTRIBUTES, QUOTH_VAULT_TAGS, QUOTH_VAULT_KEY_OPS; QUOTH_VAULT_VERSIONS when
 * the name has as many as it can have. */
bool vault_key_create(const struct vault *v, struct bytes name, const struct material_spec *spec,
                      const struct vault_changes *changes, int64_t now, struct vault_item *ret_item,
                      struct quoth_error *err);
bool vault_key_import(const struct vault *v, struct bytes name, struct material *material,
                      const struct vault_changes *changes, int64_t now, struct vault_item *ret_item,
                      struct quoth_error *err);
bool vault_key_rotate(const struct vault *v, struct bytes name, int64_t now,
                      struct vault_item *ret_item, struct quoth_error *err);
bool vault_secret_set(const struct vault *v, struct bytes name, struct bytes value,
                      const struct vault_changes *changes, int64_t now, struct vault_item *ret_item,
                      struct quoth_error *err);

/* Changes one version (empty: the newest), and with it, if there is a policy in changes, the policy
 * of the name: on a versionless identifier only (QUOTH_VAULT_POLICY_VERSIONED, AKV.SKR.1016), unless
 * it is the one that is there. */
bool vault_update(const struct vault *v, enum vault_kind kind, struct bytes name,
                  struct bytes version, const struct vault_changes *changes, int64_t now,
                  struct vault_item *ret_item, struct quoth_error *err);
/* Whether the policy that is asked for is the one that is there, to the byte: clients send back what
 * they were given, and mean no change by it. */
bool vault_repeats_policy(const struct vault_item *item, const struct vault_changes *changes);
/* QUOTH_VAULT_DURATION, QUOTH_VAULT_ROTATION. created and updated are set here. And the rotation as
 * it is shown: the standard, where none was set. */
bool vault_rotation_set(const struct vault *v, struct bytes name,
                        const struct vault_rotation *rotation, int64_t now,
                        struct vault_item *ret_item, struct quoth_error *err);
struct vault_rotation vault_rotation_shown(const struct vault_item *item);

bool vault_delete(const struct vault *v, enum vault_kind kind, struct bytes name, int64_t now,
                  struct vault_item *ret_item, struct quoth_error *err);
bool vault_recover(const struct vault *v, enum vault_kind kind, struct bytes name, int64_t now,
                   struct vault_item *ret_item, struct quoth_error *err);
/* For good: the secret parts are gone. What stays of the name is how often its policy was changed, so
 * that no backup brings an older one back. QUOTH_VAULT_PURGE_PROTECTED (403). */
bool vault_purge(const struct vault *v, enum vault_kind kind, struct bytes name,
                 struct quoth_error *err);

/* Opaque bytes with everything there is of a name, sealed under the master key (docs/formats.md); they
 * name tenant, kind, name, and the policy with its number. QUOTH_VAULT_BACKUP_SIZE when they would be
 * more than VAULT_BACKUP_MAX. Restoring: QUOTH_VAULT_EXISTS (409) if the name is in
 * use, deleted or not; QUOTH_VAULT_BACKUP (400) if it is no backup of this tenant and kind, is
 * altered, or has an older policy than the name ever had since (THREATS 33). */
bool vault_backup(const struct vault *v, enum vault_kind kind, struct bytes name,
                  struct buffer *ret_backup, struct quoth_error *err);
bool vault_restore(const struct vault *v, enum vault_kind kind, struct bytes backup,
                   struct vault_item *ret_item, struct quoth_error *err);
/* The name that a backup says it is of, in lower case: for the trail, as nothing vouches for it before
 * vault_restore has opened what is sealed. QUOTH_VAULT_BACKUP. */
bool vault_backup_name(const struct vault *v, enum vault_kind kind, struct bytes backup,
                       char ret_name[VAULT_NAME_MAX + 1], struct quoth_error *err);

/* What is due by time alone: deleted names whose retention is over ("purge"), keys
 * whose rotation policy says so ("rotate"; not while the newest version is disabled), and keys
 * that near their end ("near-expiry", once for each version). due is told of each before it is done
 * (for the audit trail) and may refuse. Any number of nodes may tick: each thing is done once. What
 * fails for one name does not keep the others from it; the first failure is given in the end. Purging
 * cannot be undone: it goes by the instant that was witnessed, which a clock that is wrong does not
 * move at once; what can be undone by now. */
typedef bool vault_due_fn(void *context, const char *event, const struct vault_item *item,
                          struct quoth_error *err);
bool vault_tick(const struct vault *v, int64_t now, int64_t witnessed, vault_due_fn *due,
                void *context, struct quoth_error *err);

#endif
