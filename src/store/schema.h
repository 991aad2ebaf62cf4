/* The tables, as one list of steps for each backend: a store of version n becomes one of version
 * n+1 by the n-th entry. Entries are added, never changed. A place that was just made has the table
 * store, with version 0:
 *
 *     store   one row: the version of the tables, and the revision, which moves on with every put
 *     record  (kind, tenant, id, version) -> value */
#ifndef QUOTH_STORE_SCHEMA_H
#define QUOTH_STORE_SCHEMA_H

#include "store/database.h"

#define SCHEMA_VERSION 1 /* the number of steps */

extern const char *const schema_sqlite[SCHEMA_VERSION], *const schema_postgres[SCHEMA_VERSION];

/* Brings the tables up to this build. QUOTH_STORE_VERSION if a newer one has written them. */
bool schema_migrate(struct database *db, struct quoth_error *err);

/* QUOTH_STORE_VERSION if another build has changed the tables since then. */
bool schema_revision(struct database *db, int64_t *ret_revision, struct quoth_error *err);

/* Moves it on by so much, with the same condition; until the end of the transaction others wait. */
bool schema_move_revision(struct database *db, int64_t by, struct quoth_error *err);

#endif
