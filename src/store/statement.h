/* One SQL statement: prepared, bound by position from 1, stepped, finalised by AUTO. The first
 * failure sticks and later calls do nothing, so that a caller asks once at the end. */
#ifndef QUOTH_STORE_STATEMENT_H
#define QUOTH_STORE_STATEMENT_H

#include "base/bytes.h"

#include <sqlite3.h>

struct statement {
    sqlite3 *db;
    sqlite3_stmt *stmt;
    int bound; /* parameters so far */
    struct quoth_error *err;
};

/* The text stands in our source, never in a request. */
struct statement statement_begin(sqlite3 *db, const char *sql, struct quoth_error *err);
void statement_end(struct statement *s);
DEFINE_AUTO_VALUE(statement, struct statement, statement_end)

void statement_text(struct statement *s, const char *value);
void statement_int(struct statement *s, int64_t value);
void statement_blob(struct statement *s, struct bytes value);

/* The next row: false at the end and after a failure. */
bool statement_row(struct statement *s);

/* Runs a statement that gives no rows; true if nothing has failed. */
bool statement_run(struct statement *s);

/* Columns of the current row, from 0. Views live until the next row. */
int64_t statement_column_int(struct statement *s, int column);
struct bytes statement_column_bytes(struct statement *s, int column);
void statement_column_text(struct statement *s, int column, char *to, size_t size);

/* Explains what SQLite says as an error of ours; returns false. */
bool sqlite_failed(sqlite3 *db, const char *what, struct quoth_error *err);

#endif
