#include "store/statement.h"

#include <stdio.h>

bool sqlite_failed(sqlite3 *db, const char *what, struct quoth_error *err)
{
    const int code = sqlite3_errcode(db) & 0xFF;
    const bool broken = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
    return quoth_fail(err,
                      broken                 ? QUOTH_STORE_BROKEN
                      : code == SQLITE_NOMEM ? QUOTH_MEMORY
                                             : QUOTH_IO,
                      "store", QUOTH_NO_OFFSET, "%s: %s", what, sqlite3_errmsg(db));
}

static bool is_good(const struct statement *s)
{
    return s->err->code == QUOTH_OK;
}

static void check(struct statement *s, int result)
{
    if (result != SQLITE_OK)
        sqlite_failed(s->db, "a value cannot be bound", s->err);
}

struct statement statement_begin(sqlite3 *db, const char *sql, struct quoth_error *err)
{
    struct statement s = {.db = db, .err = err};
    if (is_good(&s) && sqlite3_prepare_v2(db, sql, -1, &s.stmt, NULL) != SQLITE_OK)
        sqlite_failed(db, "a statement cannot be prepared", err);
    return s;
}

void statement_end(struct statement *s)
{
    sqlite3_finalize(s->stmt);
}

void statement_text(struct statement *s, const char *value)
{
    if (is_good(s))
        check(s, sqlite3_bind_text(s->stmt, ++s->bound, value, -1, SQLITE_TRANSIENT));
}

void statement_int(struct statement *s, int64_t value)
{
    if (is_good(s))
        check(s, sqlite3_bind_int64(s->stmt, ++s->bound, value));
}

void statement_blob(struct statement *s, struct bytes value)
{
    static const char nothing[] = ""; /* a null pointer would be NULL instead of no bytes */
    if (is_good(s))
        check(s, sqlite3_bind_blob64(s->stmt, ++s->bound,
                                     value.data ? (const void *)value.data : nothing, value.len,
                                     SQLITE_TRANSIENT));
}

bool statement_row(struct statement *s)
{
    if (!is_good(s))
        return false;
    const int result = sqlite3_step(s->stmt);
    if (result != SQLITE_ROW && result != SQLITE_DONE)
        sqlite_failed(s->db, "a statement failed", s->err);
    return result == SQLITE_ROW;
}

bool statement_run(struct statement *s)
{
    while (statement_row(s))
        continue;
    return is_good(s);
}

int64_t statement_column_int(struct statement *s, int column)
{
    return sqlite3_column_int64(s->stmt, column);
}

struct bytes statement_column_bytes(struct statement *s, int column)
{
    const void *data = sqlite3_column_blob(s->stmt, column);
    return (struct bytes){data, (size_t)sqlite3_column_bytes(s->stmt, column)};
}

void statement_column_text(struct statement *s, int column, char *to, size_t size)
{
    const unsigned char *text = sqlite3_column_text(s->stmt, column);
    snprintf(to, size, "%s", text ? (const char *)text : "");
}
