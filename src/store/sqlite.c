/* A file: SQLite in WAL mode with synchronous=FULL. */
#include "base/file.h"
#include "store/schema.h"
#include "store/statement.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>

#define BUSY_MS 3000
#define KEPT_MAX 24            /* statements: as many as the store knows, and some */
#define APPLICATION 0x51756f74 /* "Quot", in the file's header */
#define TEXT_OF(number) #number
#define PRAGMA_APPLICATION(number) "PRAGMA application_id = " TEXT_OF(number) ";"

struct file {
    struct database base;
    sqlite3 *handle;
    sqlite3_stmt *kept[KEPT_MAX]; /* at their beginning, without values: to be stepped again */
    size_t replaced;
};

static sqlite3 *handle_of(const struct database *db)
{
    return ((const struct file *)db)->handle;
}

/* Explains what SQLite says as an error of ours; returns false. Our statements are fixed: if one has
 * no meaning there, the tables are not ours. A disk that is full, fails or may not be written is as
 * good as a database that does not answer: it may be well again in a moment. */
static bool failed(sqlite3 *handle, const char *what, struct quoth_error *err)
{
    static const struct {
        int said;
        enum quoth_code code;
    } codes[] = {
        {SQLITE_CORRUPT,  QUOTH_STORE_BROKEN     },
        {SQLITE_NOTADB,   QUOTH_STORE_BROKEN     },
        {SQLITE_ERROR,    QUOTH_STORE_BROKEN     },
        {SQLITE_NOMEM,    QUOTH_MEMORY           },
        {SQLITE_BUSY,     QUOTH_STORE_UNAVAILABLE},
        {SQLITE_LOCKED,   QUOTH_STORE_UNAVAILABLE},
        {SQLITE_FULL,     QUOTH_STORE_UNAVAILABLE},
        {SQLITE_IOERR,    QUOTH_STORE_UNAVAILABLE},
        {SQLITE_READONLY, QUOTH_STORE_UNAVAILABLE},
        {SQLITE_CANTOPEN, QUOTH_STORE_UNAVAILABLE},
    };
    enum quoth_code code = QUOTH_IO;
    for (size_t i = 0; i < COUNT(codes); i++)
        if ((sqlite3_errcode(handle) & 0xFF) == codes[i].said)
            code = codes[i].code;
    return quoth_fail(err, code, "store", QUOTH_NO_OFFSET, "%s: %s", what, sqlite3_errmsg(handle));
}

static bool has_moved(const struct database *db)
{
    int moved = 0;
    sqlite3_file_control(handle_of(db), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    return moved != 0;
}

/* What is written to a file that was removed or replaced would be acknowledged and gone. */
static bool is_in_place(const struct database *db, struct quoth_error *err)
{
    return !has_moved(db) || quoth_fail(err, QUOTH_STORE_UNAVAILABLE, "store", QUOTH_NO_OFFSET,
                                        "the file is not where it was opened any more");
}

static bool execute(struct database *db, const char *sql, struct quoth_error *err)
{
    if (!is_in_place(db, err))
        return false;
    return sqlite3_exec(handle_of(db), sql, NULL, NULL, NULL) == SQLITE_OK ||
           failed(handle_of(db), "a statement failed", err);
}

static void close_file(struct database *db)
{
    struct file *f = (struct file *)db;
    for (size_t i = 0; i < KEPT_MAX; i++)
        sqlite3_finalize(f->kept[i]);
    sqlite3_close_v2(handle_of(db));
    free(db);
}

static int descriptor(const struct database *db)
{
    (void)db;
    return -1;
}

static void drain(struct database *db)
{
    (void)db;
}

/* ---- statements: to read one costs several times what it costs to run it */

/* One that nobody uses; SQLite reads it again itself if the tables have changed. */
static sqlite3_stmt *take_kept(struct file *f, const char *sql)
{
    for (size_t i = 0; i < KEPT_MAX; i++)
        if (f->kept[i] && strcmp(sqlite3_sql(f->kept[i]), sql) == 0)
            return take(f->kept[i]);
    return NULL;
}

static void keep(struct file *f, sqlite3_stmt *stmt)
{
    size_t i = 0;
    while (i < KEPT_MAX && f->kept[i])
        i++;
    if (i == KEPT_MAX)
        i = f->replaced++ % KEPT_MAX;
    sqlite3_finalize(f->kept[i]);
    f->kept[i] = stmt;
}

static bool bind(sqlite3_stmt *stmt, int at, const struct statement_value *v)
{
    static const char nothing[] = ""; /* a null pointer would be NULL instead of no bytes */
    const void *data = v->bytes.data ? (const void *)v->bytes.data : nothing;
    switch (v->type) {
    case VALUE_TEXT:
        return sqlite3_bind_text64(stmt, at, data, v->bytes.len, SQLITE_TRANSIENT, SQLITE_UTF8) ==
               SQLITE_OK;
    case VALUE_INT:
        return sqlite3_bind_int64(stmt, at, v->number) == SQLITE_OK;
    case VALUE_BLOB:
        break;
    }
    return sqlite3_bind_blob64(stmt, at, data, v->bytes.len, SQLITE_TRANSIENT) == SQLITE_OK;
}

static bool prepare(struct statement *s)
{
    sqlite3 *handle = handle_of(s->db);
    if (!is_in_place(s->db, s->err))
        return false;
    sqlite3_stmt *stmt = take_kept((struct file *)s->db, s->sql);
    if (!stmt &&
        sqlite3_prepare_v3(handle, s->sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) != SQLITE_OK)
        return failed(handle, "a statement cannot be prepared", s->err);
    s->rows = stmt;
    for (size_t i = 0; i < s->count; i++)
        if (!bind(stmt, (int)i + 1, &s->values[i]))
            return failed(handle, "a value cannot be bound", s->err);
    return true;
}

static bool row(struct statement *s)
{
    if (!s->rows && !prepare(s))
        return false;
    const int result = sqlite3_step(s->rows);
    if (result != SQLITE_ROW && result != SQLITE_DONE)
        failed(handle_of(s->db), "a statement failed", s->err);
    return result == SQLITE_ROW;
}

/* One that has failed is not trusted again. */
static void end(struct statement *s)
{
    if (sqlite3_reset(s->rows) == SQLITE_OK && sqlite3_clear_bindings(s->rows) == SQLITE_OK)
        keep((struct file *)s->db, s->rows);
    else
        sqlite3_finalize(s->rows);
}

static int64_t column_int(const struct statement *s, int column)
{
    return sqlite3_column_int64(s->rows, column);
}

static struct bytes column_bytes(const struct statement *s, int column)
{
    const void *data = sqlite3_column_blob(s->rows, column);
    return (struct bytes){data, (size_t)sqlite3_column_bytes(s->rows, column)};
}

/* ---- the file */

static bool open_handle(const char *path, struct database **ret_db, struct quoth_error *err)
{
    struct file *f = calloc(1, sizeof *f);
    if (!f)
        return quoth_fail(err, QUOTH_MEMORY, "store", QUOTH_NO_OFFSET, "out of memory");
    f->base.backend = &backend_sqlite;
    AUTO(database) struct database *db = &f->base;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    if (sqlite3_open_v2(path, &f->handle, flags, NULL) != SQLITE_OK) {
        if (f->handle)
            failed(f->handle, "cannot be opened", err);
        return quoth_fail(err, QUOTH_MEMORY, "store", QUOTH_NO_OFFSET, "out of memory");
    }
    sqlite3_busy_timeout(f->handle, BUSY_MS);
    sqlite3_db_config(f->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(f->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    if (!execute(db,
                 "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                 "PRAGMA secure_delete = ON",
                 err))
        return false;
    *ret_db = take(db);
    return true;
}

static bool pragma(struct database *db, const char *sql, int64_t *ret_value,
                   struct quoth_error *err)
{
    AUTO(statement) struct statement s = statement_begin(db, sql, err);
    if (!statement_row(&s))
        return quoth_fail(err, QUOTH_STORE_BROKEN, "store", QUOTH_NO_OFFSET, "%s says nothing",
                          sql);
    *ret_value = statement_column_int(&s, 0);
    return true;
}

/* Builds before the first release numbered their tables in the file's header, from 1. */
static bool is_ours(struct database *db, struct quoth_error *err)
{
    int64_t application = 0, old_version = 0;
    if (!pragma(db, "PRAGMA application_id", &application, err) ||
        !pragma(db, "PRAGMA user_version", &old_version, err))
        return false;
    if (application != APPLICATION)
        return quoth_fail(err, QUOTH_STORE_BROKEN, "store", QUOTH_NO_OFFSET,
                          "is a database, but none of Quoth's");
    return old_version == 0 || quoth_fail(err, QUOTH_STORE_VERSION, "store", QUOTH_NO_OFFSET,
                                          "was made by a build before the first release, whose "
                                          "tables no release reads");
}

static bool open_file(const char *path, uint64_t deadline_us, struct database **ret_db,
                      struct quoth_error *err)
{
    AUTO(database) struct database *db = NULL;
    (void)deadline_us; /* BUSY_MS is less */
    if (!file_exists(path))
        return quoth_fail(err, QUOTH_STORE_MISSING, path, QUOTH_NO_OFFSET, "there is no store");
    if (!open_handle(path, &db, err) || !is_ours(db, err))
        return false;
    *ret_db = take(db);
    return true;
}

static bool create_file(const char *path, uint64_t deadline_us, struct database **ret_db,
                        struct quoth_error *err)
{
    (void)deadline_us;
    static const char tables[] =
        "BEGIN;" PRAGMA_APPLICATION(APPLICATION) "CREATE TABLE store ("
                                                 " one INTEGER PRIMARY KEY CHECK (one = 1),"
                                                 " version INTEGER NOT NULL,"
                                                 " revision INTEGER NOT NULL) STRICT;"
                                                 "INSERT INTO store VALUES (1, 0, 0);"
                                                 "COMMIT";
    AUTO(database) struct database *db = NULL;
    AUTO(fd) int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0 && file_exists(path))
        return quoth_fail(err, QUOTH_STORE_EXISTS, path, QUOTH_NO_OFFSET, "is there already");
    if (fd < 0)
        return quoth_fail(err, QUOTH_IO, path, QUOTH_NO_OFFSET, "cannot be created: %s",
                          strerror(errno));
    if (!open_handle(path, &db, err) || !execute(db, tables, err))
        return false;
    *ret_db = take(db);
    return true;
}

const struct backend backend_sqlite = {
    .begin = "BEGIN IMMEDIATE",
    .lock_version = "SELECT version FROM store",
    .scrub = "PRAGMA wal_checkpoint(TRUNCATE)",
    .steps = schema_sqlite,
    .create = create_file,
    .open = open_file,
    .close = close_file,
    .is_lost = has_moved,
    .descriptor = descriptor,
    .drain = drain,
    .execute = execute,
    .row = row,
    .end = end,
    .column_int = column_int,
    .column_bytes = column_bytes,
};
