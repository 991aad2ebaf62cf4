/* PostgreSQL, which several processes share. Everything of ours lies in the schema "quoth" of the
 * database that is named. Nothing here waits longer than the deadline of the call: libpq is used
 * without blocking, as its own timeouts end only some of its waits. */
#include "store/postgres.h"

#include "store/schema.h"
#include "store/statement.h"

#include <poll.h>

/* Binary parameters and columns, by the numbers of pg_type.dat. */
#define OID_BYTEA 17
#define OID_INT8 20
#define OID_TEXT 25

static struct server *server_of(struct database *db)
{
    return (struct server *)db;
}

static void result_clear(PGresult *result)
{
    PQclear(result);
}
DEFINE_AUTO(result, PGresult *, result_clear)

static void close_server(struct database *db)
{
    PQfinish(server_of(db)->connection);
    free(db);
}

static bool is_lost(const struct database *db)
{
    const struct server *s = (const struct server *)db;
    return s->lost || PQstatus(s->connection) != CONNECTION_OK ||
           PQtransactionStatus(s->connection) != PQTRANS_IDLE;
}

/* ---- explaining */

/* By the class of its SQLSTATE. Our statements are fixed: if one has no meaning there, the tables
 * are not ours. */
static enum quoth_code code_of(const char *state)
{
    static const struct {
        const char *prefix;
        enum quoth_code code;
    } codes[] = {
        {"42501", QUOTH_STORE_UNAVAILABLE}, /* no right to it */
        {"42",    QUOTH_STORE_BROKEN     },
        {"XX",    QUOTH_STORE_BROKEN     }, /* corrupted */
        {"22",    QUOTH_STORE_BROKEN     }, /* a column is not of our type */
        {"23",    QUOTH_STORE_CONFLICT   },
    };
    for (size_t i = 0; i < COUNT(codes); i++)
        if (strncmp(state, codes[i].prefix, strlen(codes[i].prefix)) == 0)
            return codes[i].code;
    return QUOTH_STORE_UNAVAILABLE; /* shutting down, full, read-only, timed out ... */
}

static bool failed(struct server *s, const PGresult *result, struct quoth_error *err)
{
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    if (state)
        return postgres_explain(code_of(state), "the database refuses",
                                PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY), err);
    return postgres_explain(QUOTH_STORE_UNAVAILABLE, "the database is lost",
                            PQerrorMessage(s->connection), err);
}

/* ---- waiting for answers */

static bool send_all(struct server *s, struct quoth_error *err)
{
    for (;;) {
        const int left = PQflush(s->connection);
        if (left == 0)
            return true;
        if (left < 0)
            return failed(s, NULL, err);
        if (!postgres_wait(s, POLLIN | POLLOUT, err))
            return false;
        if (!PQconsumeInput(s->connection)) /* else both ends might wait for each other to read */
            return failed(s, NULL, err);
    }
}

static bool next_result(struct server *s, PGresult **ret_result, struct quoth_error *err)
{
    while (PQisBusy(s->connection)) {
        if (!postgres_wait(s, POLLIN, err))
            return false;
        if (!PQconsumeInput(s->connection))
            return failed(s, NULL, err);
    }
    *ret_result = PQgetResult(s->connection);
    return true;
}

/* The answer to what was sent: the last of its results, or the first that says no. */
static bool answer(struct server *s, PGresult **ret_result, struct quoth_error *err)
{
    AUTO(result) PGresult *last = NULL;
    struct quoth_error why = {0};
    if (!send_all(s, err))
        return false;
    for (;;) {
        PGresult *next = NULL;
        if (!next_result(s, &next, err))
            return false;
        if (!next)
            break;
        PQclear(last);
        last = next;
        const ExecStatusType status = PQresultStatus(next);
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
            failed(s, next, &why);
    }
    if (why.code != QUOTH_OK || !last) {
        *err = why;
        return last ? false : failed(s, NULL, err);
    }
    *ret_result = take(last);
    return true;
}

static bool execute(struct database *db, const char *sql, struct quoth_error *err)
{
    struct server *s = server_of(db);
    AUTO(result) PGresult *result = NULL;
    if (!PQsendQuery(s->connection, sql))
        return failed(s, NULL, err);
    return answer(s, &result, err);
}

static int descriptor(const struct database *db)
{
    return PQsocket(((const struct server *)db)->connection);
}

/* That there was one is all that matters. */
static void drain(struct database *db)
{
    PGconn *connection = server_of(db)->connection;
    PGnotify *told;
    PQconsumeInput(connection);
    while ((told = PQnotifies(connection)))
        PQfreemem(told);
}

/* ---- statements */

static bool send_statement(struct statement *s)
{
    struct server *server = server_of(s->db);
    static const Oid oids[] = {
        [VALUE_TEXT] = OID_TEXT, [VALUE_INT] = OID_INT8, [VALUE_BLOB] = OID_BYTEA};
    static const int binary[STATEMENT_VALUES_MAX] = {1, 1, 1, 1, 1, 1};
    uint64_t numbers[STATEMENT_VALUES_MAX];
    const char *values[STATEMENT_VALUES_MAX];
    Oid types[STATEMENT_VALUES_MAX];
    int lengths[STATEMENT_VALUES_MAX];
    for (size_t i = 0; i < s->count; i++) {
        const struct statement_value *v = &s->values[i];
        numbers[i] = htobe64((uint64_t)v->number);
        const struct bytes b = v->type == VALUE_INT ? BYTES_OF(&numbers[i]) : v->bytes;
        values[i] = b.data ? (const char *)b.data : "";
        lengths[i] = (int)b.len;
        types[i] = oids[v->type];
    }
    return PQsendQueryParams(server->connection, s->sql, (int)s->count, types, values, lengths,
                             binary, 1) ||
           failed(server, NULL, s->err);
}

static bool row(struct statement *s)
{
    PGresult *result = s->rows;
    if (!result) {
        if (!send_statement(s) || !answer(server_of(s->db), &result, s->err))
            return false;
        s->rows = result;
        s->row = -1;
    }
    return ++s->row < PQntuples(result);
}

static void end(struct statement *s)
{
    PQclear(s->rows);
}

static struct bytes column_bytes(const struct statement *s, int column)
{
    return (struct bytes){(const uint8_t *)PQgetvalue(s->rows, s->row, column),
                          (size_t)PQgetlength(s->rows, s->row, column)};
}

static int64_t column_int(const struct statement *s, int column)
{
    const struct bytes value = column_bytes(s, column);
    uint64_t number = 0;
    for (size_t i = 0; i < value.len; i++)
        number = number << 8 | value.data[i];
    return (int64_t)number;
}

/* ---- sessions */

/* A process of ours that stands still must not hold the others up: an open transaction ends soon. */
static const char session[] = "SET search_path = quoth;"
                              "SET synchronous_commit = on;"
                              "SET default_transaction_isolation = 'read committed';"
                              "SET statement_timeout = 3000;"
                              "SET idle_in_transaction_session_timeout = 3000";

static bool begin_session(const char *at, uint64_t deadline_us, struct database **ret_db,
                          struct quoth_error *err)
{
    struct server *s = calloc(1, sizeof *s);
    if (!s)
        return quoth_fail(err, QUOTH_MEMORY, "store", QUOTH_NO_OFFSET, "out of memory");
    s->base = (struct database){.backend = &backend_postgres, .deadline_us = deadline_us};
    AUTO(database) struct database *db = &s->base;
    if (!postgres_connect(s, at, err) || PQsetnonblocking(s->connection, 1) != 0 ||
        !execute(db, session, err))
        return err->code != QUOTH_OK ? false : failed(s, NULL, err);
    *ret_db = take(db);
    return true;
}

static bool has_tables(struct database *db, struct quoth_error *err)
{
    AUTO(statement)
    struct statement s =
        statement_begin(db,
                        "SELECT (SELECT count(*) FROM pg_namespace WHERE nspname = 'quoth'),"
                        " (SELECT count(*) FROM pg_tables"
                        " WHERE schemaname = 'quoth' AND tablename = 'store')",
                        err);
    if (!statement_row(&s))
        return false;
    if (statement_column_int(&s, 0) == 0)
        return quoth_fail(err, QUOTH_STORE_MISSING, "store", QUOTH_NO_OFFSET,
                          "there is no schema quoth in this database");
    return statement_column_int(&s, 1) == 1 ||
           quoth_fail(err, QUOTH_STORE_BROKEN, "store", QUOTH_NO_OFFSET,
                      "the schema quoth of this database is none of ours");
}

static bool open_server(const char *at, uint64_t deadline_us, struct database **ret_db,
                        struct quoth_error *err)
{
    AUTO(database) struct database *db = NULL;
    if (!begin_session(at, deadline_us, &db, err) || !has_tables(db, err))
        return false;
    *ret_db = take(db);
    return true;
}

/* QUOTH_STORE_EXISTS if there are tables of ours. */
static bool is_free(struct database *db, struct quoth_error *err)
{
    struct quoth_error why = {0};
    if (has_tables(db, &why))
        return quoth_fail(err, QUOTH_STORE_EXISTS, "store", QUOTH_NO_OFFSET,
                          "this database has tables of Quoth already");
    if (why.code != QUOTH_STORE_MISSING)
        *err = why;
    return err->code == QUOTH_OK;
}

static bool make_tables(struct database *db, struct quoth_error *err)
{
    static const char tables[] = "BEGIN;"
                                 "CREATE SCHEMA quoth;"
                                 "CREATE TABLE quoth.store ("
                                 " one bigint PRIMARY KEY CHECK (one = 1),"
                                 " version bigint NOT NULL,"
                                 " revision bigint NOT NULL);"
                                 "INSERT INTO quoth.store VALUES (1, 0, 0);"
                                 "COMMIT";
    struct quoth_error why = {0}, ignored = {0};
    if (execute(db, tables, &why))
        return true;
    execute(db, "ROLLBACK", &ignored);
    if (is_free(db, err)) /* else somebody was faster */
        *err = why;
    return false;
}

static bool create_tables(const char *at, uint64_t deadline_us, struct database **ret_db,
                          struct quoth_error *err)
{
    AUTO(database) struct database *db = NULL;
    if (!begin_session(at, deadline_us, &db, err) || !is_free(db, err) || !make_tables(db, err))
        return false;
    *ret_db = take(db);
    return true;
}

const struct backend backend_postgres = {
    .begin = "BEGIN",
    .lock_version = "SELECT version FROM store FOR UPDATE",
    .notify = "NOTIFY quoth",
    .listen = "LISTEN quoth",
    .steps = schema_postgres,
    .create = create_tables,
    .open = open_server,
    .close = close_server,
    .is_lost = is_lost,
    .descriptor = descriptor,
    .drain = drain,
    .execute = execute,
    .row = row,
    .end = end,
    .column_int = column_int,
    .column_bytes = column_bytes,
};
