/* One SQL statement, whatever the database: values are given in order, then it is stepped, and
 * ended by AUTO. The first failure sticks and later calls do nothing, so that a caller asks once at
 * the end.
 *
 * The text stands in our source, never in a request. Its parameters are $1, $2 ..., and their first
 * uses stand in that order, as SQLite numbers them so. */
#ifndef QUOTH_STORE_STATEMENT_H
#define QUOTH_STORE_STATEMENT_H

#include "store/database.h"

#define STATEMENT_VALUES_MAX 6

struct statement_value { /* a view: lives until the statement has been stepped */
    enum { VALUE_TEXT, VALUE_INT, VALUE_BLOB } type;
    int64_t number;
    struct bytes bytes;
};

struct statement {
    struct database *db;
    const char *sql;
    struct statement_value values[STATEMENT_VALUES_MAX];
    size_t count;
    void *rows; /* the backend's; NULL until the first step */
    int row;
    struct quoth_error *err;
};

struct statement statement_begin(struct database *db, const char *sql, struct quoth_error *err);
void statement_end(struct statement *s);
DEFINE_AUTO_VALUE(statement, struct statement, statement_end)

void statement_text(struct statement *s, const char *value);
void statement_int(struct statement *s, int64_t value);
void statement_blob(struct statement *s, struct bytes value);

/* The next row: false at the end and after a failure. */
bool statement_row(struct statement *s);

/* Runs a statement to its end; true if nothing has failed. */
bool statement_run(struct statement *s);

/* Columns of the current row, from 0: NULL is 0 and no bytes. Views live until the next row. */
int64_t statement_column_int(const struct statement *s, int column);
struct bytes statement_column_bytes(const struct statement *s, int column);

#endif
