#include "store/store.h"

#include "base/file.h"
#include "store/schema.h"
#include "store/statement.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>

#define BUSY_MS 5000

static void database_close(sqlite3 *db)
{
    sqlite3_close_v2(db);
}
DEFINE_AUTO(database, sqlite3 *, database_close)

struct store {
    pthread_mutex_t lock;
    sqlite3 *db; /* under lock */
};

/* Holds a store for the length of a scope. */
static void unlock(struct store *s)
{
    if (s)
        pthread_mutex_unlock(&s->lock);
}
DEFINE_AUTO(locked, struct store *, unlock)

static struct store *lock(struct store *s)
{
    pthread_mutex_lock(&s->lock);
    return s;
}

static bool execute(sqlite3 *db, const char *sql, struct quoth_error *err)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK || sqlite_failed(db, sql, err);
}

static bool pragma(sqlite3 *db, const char *sql, int64_t *ret_value, struct quoth_error *err)
{
    AUTO(statement) struct statement s = statement_begin(db, sql, err);
    if (!statement_row(&s))
        return quoth_fail(err, QUOTH_STORE_BROKEN, "store", QUOTH_NO_OFFSET, "%s says nothing",
                          sql);
    *ret_value = statement_column_int(&s, 0);
    return true;
}

static bool open_database(const char *path, int flags, sqlite3 **ret_db, struct quoth_error *err)
{
    AUTO(database) sqlite3 *db = NULL;
    if (sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL) !=
        SQLITE_OK)
        return db ? sqlite_failed(db, path, err)
                  : quoth_fail(err, QUOTH_MEMORY, "store", QUOTH_NO_OFFSET, "out of memory");
    sqlite3_busy_timeout(db, BUSY_MS);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    *ret_db = take(db);
    return true;
}

/* One step of the schema, whole or not at all. */
static bool take_step(sqlite3 *db, size_t step, struct quoth_error *err)
{
    char version[48];
    snprintf(version, sizeof version, "PRAGMA user_version = %zu", step + 1);
    if (execute(db, "BEGIN IMMEDIATE", err) && execute(db, schema_steps[step], err) &&
        execute(db, version, err) && execute(db, "COMMIT", err))
        return true;
    sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

static bool migrate(sqlite3 *db, struct quoth_error *err)
{
    int64_t version = 0;
    if (!execute(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL", err) ||
        !pragma(db, "PRAGMA user_version", &version, err))
        return false;
    if (version < 0 || (size_t)version > schema_version)
        return quoth_fail(err, QUOTH_STORE_VERSION, "store", QUOTH_NO_OFFSET,
                          "has version %lld, this build knows up to %zu", (long long)version,
                          schema_version);
    for (size_t step = (size_t)version; step < schema_version; step++)
        if (!take_step(db, step, err))
            return false;
    return true;
}

bool store_create(const char *path, struct quoth_error *err)
{
    char application[48];
    AUTO(database) sqlite3 *db = NULL;
    AUTO(fd) int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0 && file_exists(path))
        return quoth_fail(err, QUOTH_STORE_EXISTS, path, QUOTH_NO_OFFSET, "is there already");
    if (fd < 0)
        return quoth_fail(err, QUOTH_IO, path, QUOTH_NO_OFFSET, "cannot be created: %s",
                          strerror(errno));
    snprintf(application, sizeof application, "PRAGMA application_id = %d", SCHEMA_APPLICATION);
    return open_database(path, SQLITE_OPEN_READWRITE, &db, err) && execute(db, application, err) &&
           migrate(db, err);
}

static bool is_ours(sqlite3 *db, struct quoth_error *err)
{
    int64_t application = 0;
    if (!pragma(db, "PRAGMA application_id", &application, err))
        return false;
    return application == SCHEMA_APPLICATION ||
           quoth_fail(err, QUOTH_STORE_BROKEN, "store", QUOTH_NO_OFFSET,
                      "is a database, but none of Quoth's");
}

bool store_open(const char *path, struct store **ret_store, struct quoth_error *err)
{
    AUTO(database) sqlite3 *db = NULL;
    if (!file_exists(path))
        return quoth_fail(err, QUOTH_STORE_MISSING, path, QUOTH_NO_OFFSET, "there is no store");
    if (!open_database(path, SQLITE_OPEN_READWRITE, &db, err) || !is_ours(db, err) ||
        !migrate(db, err))
        return false;
    struct store *s = calloc(1, sizeof *s);
    if (!s)
        return quoth_fail(err, QUOTH_MEMORY, "store", QUOTH_NO_OFFSET, "out of memory");
    pthread_mutex_init(&s->lock, NULL);
    s->db = take(db);
    *ret_store = s;
    return true;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    database_close(s->db);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

bool store_setting_put(struct store *s, const char *name, int64_t version, struct bytes value,
                       struct quoth_error *err)
{
    AUTO(locked) struct store *held = lock(s);
    AUTO(statement)
    struct statement put =
        statement_begin(held->db, "INSERT OR REPLACE INTO setting VALUES (?, ?, ?)", err);
    statement_text(&put, name);
    statement_int(&put, version);
    statement_blob(&put, value);
    return statement_run(&put);
}

bool store_setting_get(struct store *s, const char *name, int64_t *ret_version,
                       struct buffer *ret_value, struct quoth_error *err)
{
    AUTO(locked) struct store *held = lock(s);
    AUTO(statement)
    struct statement get =
        statement_begin(held->db, "SELECT version, value FROM setting WHERE name = ?", err);
    statement_text(&get, name);
    const bool found = statement_row(&get);
    if (err->code != QUOTH_OK)
        return false;
    *ret_version = found ? statement_column_int(&get, 0) : 0;
    if (found)
        buffer_add(ret_value, statement_column_bytes(&get, 1));
    return buffer_ok(ret_value, err);
}

bool store_key_put(struct store *s, const struct store_key *key, struct quoth_error *err)
{
    AUTO(locked) struct store *held = lock(s);
    AUTO(statement)
    struct statement put = statement_begin(
        held->db,
        "INSERT INTO key (version, created, state, certificate, sealed, issuer, purpose, id)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
        " ON CONFLICT DO UPDATE SET version = ?1, created = ?2, state = ?3, certificate = ?4,"
        " sealed = ?5 WHERE version = ?1 - 1",
        err);
    statement_int(&put, key->version);
    statement_int(&put, key->created);
    statement_text(&put, key->state);
    statement_blob(&put, key->certificate);
    statement_blob(&put, key->sealed);
    statement_text(&put, key->issuer);
    statement_text(&put, key->purpose);
    statement_text(&put, key->id);
    if (!statement_run(&put))
        return false;
    return sqlite3_changes(held->db) == 1 ||
           quoth_fail(err, QUOTH_STORE_CONFLICT, key->id, QUOTH_NO_OFFSET,
                      "was changed by somebody else: version %lld does not follow",
                      (long long)key->version);
}

bool store_key_list(struct store *s, const char *issuer, const char *purpose,
                    bool (*each)(void *context, const struct store_key *key,
                                 struct quoth_error *err),
                    void *context, struct quoth_error *err)
{
    AUTO(locked) struct store *held = lock(s);
    AUTO(statement)
    struct statement list = statement_begin(
        held->db,
        "SELECT issuer, purpose, id, version, created, state, certificate, sealed FROM key"
        " WHERE issuer = ? AND purpose = ? ORDER BY created DESC, id",
        err);
    statement_text(&list, issuer);
    statement_text(&list, purpose);
    while (statement_row(&list)) {
        struct store_key key = {.version = statement_column_int(&list, 3),
                                .created = statement_column_int(&list, 4),
                                .certificate = statement_column_bytes(&list, 6),
                                .sealed = statement_column_bytes(&list, 7)};
        statement_column_text(&list, 0, key.issuer, sizeof key.issuer);
        statement_column_text(&list, 1, key.purpose, sizeof key.purpose);
        statement_column_text(&list, 2, key.id, sizeof key.id);
        statement_column_text(&list, 5, key.state, sizeof key.state);
        if (!each(context, &key, err))
            return err->code == QUOTH_OK;
    }
    return err->code == QUOTH_OK;
}

static bool mark_load(void *context, const struct sha256 *root, const char *document,
                      struct collateral_mark *ret_mark, struct quoth_error *err)
{
    AUTO(locked) struct store *held = lock(context);
    AUTO(statement)
    struct statement get = statement_begin(
        held->db,
        "SELECT evaluation_number, issued FROM collateral_mark WHERE root = ? AND document = ?",
        err);
    statement_blob(&get, BYTES_OF(root->bytes));
    statement_text(&get, document);
    struct collateral_mark mark = {0};
    if (statement_row(&get))
        mark = (struct collateral_mark){
            .evaluation_number = (uint32_t)statement_column_int(&get, 0),
            .issued = statement_column_int(&get, 1),
        };
    if (err->code != QUOTH_OK)
        return false;
    *ret_mark = mark;
    return true;
}

static bool mark_store(void *context, const struct sha256 *root, const char *document,
                       const struct collateral_mark *mark, struct quoth_error *err)
{
    AUTO(locked) struct store *held = lock(context);
    AUTO(statement)
    struct statement put = statement_begin(
        held->db, "INSERT OR REPLACE INTO collateral_mark VALUES (?, ?, ?, ?)", err);
    statement_blob(&put, BYTES_OF(root->bytes));
    statement_text(&put, document);
    statement_int(&put, mark->evaluation_number);
    statement_int(&put, mark->issued);
    return statement_run(&put);
}

struct collateral_marks store_marks(struct store *s)
{
    return (struct collateral_marks){.context = s, .load = mark_load, .store = mark_store};
}

bool store_clock_put(struct store *s, int64_t time, struct quoth_error *err)
{
    AUTO(locked) struct store *held = lock(s);
    AUTO(statement)
    struct statement put =
        statement_begin(held->db, "INSERT OR REPLACE INTO clock VALUES (1, ?)", err);
    statement_int(&put, time);
    return statement_run(&put);
}

bool store_clock_get(struct store *s, int64_t *ret_time, struct quoth_error *err)
{
    AUTO(locked) struct store *held = lock(s);
    AUTO(statement) struct statement get = statement_begin(held->db, "SELECT time FROM clock", err);
    const int64_t time = statement_row(&get) ? statement_column_int(&get, 0) : 0;
    if (err->code != QUOTH_OK)
        return false;
    *ret_time = time;
    return true;
}
