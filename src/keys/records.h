/* Records of the store, sealed: what decides anything is kept so that a row which was changed,
 * moved to another kind, tenant or id, or given another version does not open, and one that was
 * deleted or put back is missed (THREATS 21; keys/watermark.h).
 *
 * Every put is fenced: it goes into the store only while the keyring is the one that it was sealed
 * with, so that a term which nothing is sealed under can be dropped for good. Whoever meets a term
 * or a keyring that is new to him reads the keyring again and repeats, unseen by the caller. */
#ifndef QUOTH_KEYS_RECORDS_H
#define QUOTH_KEYS_RECORDS_H

#include "keys/seal.h"
#include "store/store.h"

/* Seals r->value, which is at least SEAL_OVERHEAD shorter than STORE_VALUE_MAX, and puts the record,
 * of which keep older versions stay. QUOTH_STORE_CONFLICT when somebody else has put that version.
 */
bool record_keep(struct store *store, const struct master_key *master, const struct store_record *r,
                 size_t keep, struct quoth_error *err);

/* All or none: at most RECORDS_AT_ONCE. One that is to be removed is not sealed. */
#define RECORDS_AT_ONCE 512
bool record_keep_all(struct store *store, const struct master_key *master,
                     const struct store_put *puts, size_t count, struct quoth_error *err);

/* version 0: the newest. *ret_version is 0 when there is none. Appends the plain value.
 * QUOTH_SEAL_BROKEN. */
bool record_load(struct store *store, const struct master_key *master, const char *kind,
                 const char *tenant, const char *id, int64_t version, int64_t *ret_version,
                 struct buffer *ret_value, struct quoth_error *err);

/* As store_each: the newest version of each id, tenant NULL for every tenant. One that does not open
 * ends it: QUOTH_SEAL_BROKEN. If the keyring changes meanwhile, those that were not given yet are as
 * of a later instant than the others. */
bool record_each(struct store *store, const struct master_key *master, const char *kind,
                 const char *tenant, store_each_fn *each, void *context, struct quoth_error *err);

/* All versions of one id, the newest first, at most limit. */
bool record_history(struct store *store, const struct master_key *master, const char *kind,
                    const char *tenant, const char *id, size_t limit, store_each_fn *each,
                    void *context, struct quoth_error *err);

#endif
