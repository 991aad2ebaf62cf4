/* The tables, as one list of steps for each backend: a place that was just made becomes a store of
 * version SCHEMA_FIRST by the first entry, and each further entry is one version more. Entries are
 * added, never changed. A place that was just made has the table store, with version 0:
 *
 *     store   one row: the version of the tables, and the revision, which moves on with every put
 *     record  (kind, tenant, id, version) -> value */
#ifndef QUOTH_STORE_SCHEMA_H
#define QUOTH_STORE_SCHEMA_H

#include "store/database.h"

/* Stores of versions before the first were made by builds before the first release; what is in
 * them no keyring opens. */
#define SCHEMA_FIRST 2
#define SCHEMA_VERSION 2
#define SCHEMA_STEPS (SCHEMA_VERSION - SCHEMA_FIRST + 1)

extern const char *const schema_sqlite[SCHEMA_STEPS], *const schema_postgres[SCHEMA_STEPS];

/* Brings the tables up to this build. QUOTH_STORE_VERSION if a newer one has written them, or
 * one before the first release. */
bool schema_migrate(struct database *db, struct quoth_error *err);

/* QUOTH_STORE_VERSION if another build has changed the tables since then. */
bool schema_revision(struct database *db, int64_t *ret_revision, struct quoth_error *err);

/* Moves it on by so much, with the same condition; until the end of the transaction others wait. */
bool schema_move_revision(struct database *db, int64_t by, struct quoth_error *err);

#endif
