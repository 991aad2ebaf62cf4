/* What the store asks of a database, and what each backend answers: SQLite (sqlite.c), PostgreSQL
 * (postgres.c). The SQL is the same for both where it can be. */
#ifndef QUOTH_STORE_DATABASE_H
#define QUOTH_STORE_DATABASE_H

#include "base/bytes.h"

struct statement;

/* The first member of a backend's own structure. One thread uses it at a time. */
struct database {
    const struct backend *backend;
    uint64_t deadline_us; /* monotonic: when whoever waits for an answer gives up */
};

#define DATABASE_ANSWER_US 4000000u /* how long a call waits for a database, in all */

struct backend {
    /* SQL: opens a transaction that writes; gives the version of the tables and keeps others from
     * changing it; tells other processes of a put, inside its transaction, and asks to be told, or
     * NULL; empties the journal of what was removed, or NULL. */
    const char *begin, *lock_version, *notify, *listen, *scrub;
    const char *const *steps; /* the tables (schema.h) */

    /* Makes a place that is empty and known as ours; QUOTH_STORE_EXISTS. Opens one;
     * QUOTH_STORE_MISSING, QUOTH_STORE_BROKEN. */
    bool (*create)(const char *at, uint64_t deadline_us, struct database **ret_db,
                   struct quoth_error *err);
    bool (*open)(const char *at, uint64_t deadline_us, struct database **ret_db,
                 struct quoth_error *err);
    void (*close)(struct database *db);

    /* Whether the connection can be of no more use: another may answer. */
    bool (*is_lost)(const struct database *db);

    /* What becomes readable when others have put something, or -1; and reads what is there. */
    int (*descriptor)(const struct database *db);
    void (*drain)(struct database *db);

    /* Runs a text of one or more statements without parameters and rows. */
    bool (*execute)(struct database *db, const char *sql, struct quoth_error *err);

    /* statement.h: the next row, the end, and columns of the row that is current. */
    bool (*row)(struct statement *s);
    void (*end)(struct statement *s);
    int64_t (*column_int)(const struct statement *s, int column);
    struct bytes (*column_bytes)(const struct statement *s, int column);
};

extern const struct backend backend_sqlite, backend_postgres;

/* By the form of at: "postgresql://..." or a path. */
const struct backend *backend_of(const char *at);

static inline bool database_execute(struct database *db, const char *sql, struct quoth_error *err)
{
    return db->backend->execute(db, sql, err);
}

static inline void database_close(struct database *db)
{
    if (db)
        db->backend->close(db);
}
DEFINE_AUTO(database, struct database *, database_close)

#endif
