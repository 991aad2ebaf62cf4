#include "store/statement.h"

struct statement statement_begin(struct database *db, const char *sql, struct quoth_error *err)
{
    return (struct statement){.db = db, .sql = sql, .err = err};
}

void statement_end(struct statement *s)
{
    if (s->rows)
        s->db->backend->end(s);
    s->rows = NULL;
}

static void add(struct statement *s, struct statement_value value)
{
    if (s->count == STATEMENT_VALUES_MAX)
        quoth_fail(s->err, QUOTH_USAGE, "store", QUOTH_NO_OFFSET,
                   "a statement has too many values");
    else
        s->values[s->count++] = value;
}

void statement_text(struct statement *s, const char *value)
{
    add(s, (struct statement_value){.type = VALUE_TEXT, .bytes = bytes_of_text(value)});
}

void statement_int(struct statement *s, int64_t value)
{
    add(s, (struct statement_value){.type = VALUE_INT, .number = value});
}

void statement_blob(struct statement *s, struct bytes value)
{
    add(s, (struct statement_value){.type = VALUE_BLOB, .bytes = value});
}

bool statement_row(struct statement *s)
{
    return s->err->code == QUOTH_OK && s->db->backend->row(s);
}

bool statement_run(struct statement *s)
{
    while (statement_row(s))
        continue;
    return s->err->code == QUOTH_OK;
}

int64_t statement_column_int(const struct statement *s, int column)
{
    return s->db->backend->column_int(s, column);
}

struct bytes statement_column_bytes(const struct statement *s, int column)
{
    return s->db->backend->column_bytes(s, column);
}
