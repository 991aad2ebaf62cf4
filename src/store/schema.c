#include "store/schema.h"

#include "store/statement.h"

const char *const schema_sqlite[SCHEMA_STEPS] = {
    "CREATE TABLE record ("
    " kind TEXT NOT NULL, tenant TEXT NOT NULL, id TEXT NOT NULL,"
    " version INTEGER NOT NULL,"
    " value BLOB NOT NULL,"
    " PRIMARY KEY (kind, tenant, id, version)) STRICT",
};

/* Order "C": ids are compared byte by byte, as SQLite does it. */
const char *const schema_postgres[SCHEMA_STEPS] = {
    "CREATE TABLE record ("
    " kind text COLLATE \"C\" NOT NULL, tenant text COLLATE \"C\" NOT NULL,"
    " id text COLLATE \"C\" NOT NULL,"
    " version bigint NOT NULL,"
    " value bytea NOT NULL,"
    " PRIMARY KEY (kind, tenant, id, version))",
};

static bool read_version(struct database *db, const char *sql, int64_t *ret_version,
                         struct quoth_error *err)
{
    AUTO(statement) struct statement s = statement_begin(db, sql, err);
    if (!statement_row(&s))
        return quoth_fail(err, QUOTH_STORE_BROKEN, "store", QUOTH_NO_OFFSET,
                          "does not say what version it has");
    const int64_t version = statement_column_int(&s, 0);
    if (version < 0 || version > SCHEMA_VERSION)
        return quoth_fail(err, QUOTH_STORE_VERSION, "store", QUOTH_NO_OFFSET,
                          "has version %lld, this build knows up to %d", (long long)version,
                          SCHEMA_VERSION);
    if (version > 0 && version < SCHEMA_FIRST)
        return quoth_fail(
            err, QUOTH_STORE_VERSION, "store", QUOTH_NO_OFFSET,
            "was made by a build before the first release, whose keys no release opens");
    *ret_version = version;
    return true;
}

/* One step, inside a transaction. Another process may have been faster. */
static bool take_step(struct database *db, struct quoth_error *err)
{
    int64_t version = 0;
    if (!read_version(db, db->backend->lock_version, &version, err))
        return false;
    if (version == SCHEMA_VERSION)
        return true;
    const int64_t step = version == 0 ? 0 : version - SCHEMA_FIRST + 1;
    AUTO(statement)
    struct statement set = statement_begin(db, "UPDATE store SET version = $1", err);
    statement_int(&set, SCHEMA_FIRST + step);
    return database_execute(db, db->backend->steps[step], err) && statement_run(&set);
}

/* Whole or not at all. */
static bool take_step_whole(struct database *db, struct quoth_error *err)
{
    struct quoth_error ignored = {0};
    if (database_execute(db, db->backend->begin, err) && take_step(db, err) &&
        database_execute(db, "COMMIT", err))
        return true;
    database_execute(db, "ROLLBACK", &ignored);
    return false;
}

bool schema_migrate(struct database *db, struct quoth_error *err)
{
    int64_t version;
    for (;;) {
        if (!read_version(db, "SELECT version FROM store", &version, err))
            return false;
        if (version == SCHEMA_VERSION)
            return true;
        if (!take_step_whole(db, err))
            return false;
    }
}

static bool changed_meanwhile(struct quoth_error *err)
{
    return quoth_fail(err, QUOTH_STORE_VERSION, "store", QUOTH_NO_OFFSET,
                      "was changed by a newer build while this one was running");
}

bool schema_revision(struct database *db, int64_t *ret_revision, struct quoth_error *err)
{
    AUTO(statement)
    struct statement s = statement_begin(db, "SELECT revision FROM store WHERE version = $1", err);
    statement_int(&s, SCHEMA_VERSION);
    if (!statement_row(&s))
        return changed_meanwhile(err);
    *ret_revision = statement_column_int(&s, 0);
    return true;
}

bool schema_move_revision(struct database *db, int64_t by, struct quoth_error *err)
{
    AUTO(statement)
    struct statement s = statement_begin(
        db, "UPDATE store SET revision = revision + $1 WHERE version = $2 RETURNING revision", err);
    statement_int(&s, by);
    statement_int(&s, SCHEMA_VERSION);
    if (!statement_row(&s))
        return changed_meanwhile(err);
    return statement_run(&s);
}
