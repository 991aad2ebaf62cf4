/* A place for a store, for tests that run on both kinds: a file, or a PostgreSQL in a folder of its
 * own (scripts/postgres.sh). One at a time. */
#ifndef QUOTH_TESTS_STORE_PLACE_H
#define QUOTH_TESTS_STORE_PLACE_H

#include "tests/store_file.h"
#include "tests/unit.h"

#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

struct place {
    bool shared; /* PostgreSQL */
    char folder[32];
    char at[160]; /* for store_open */
};

static struct place place;

/* "start", "stop" or "kill" the server; the exit status of the script. */
static inline int place_server(const char *what)
{
    char command[160];
    snprintf(command, sizeof command, "\"$QUOTH_SOURCE\"/scripts/postgres.sh %s %s", what,
             place.folder);
    FILE *said = popen(command, "r");
    assert_non_null(said);
    if (fgets(place.at, sizeof place.at, said))
        place.at[strcspn(place.at, "\n")] = '\0';
    const int status = pclose(said);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static inline void place_remove(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", place.folder);
    assert_int_equal(system(command), 0);
}

/* Without PostgreSQL on this machine: false. */
static inline bool place_begin(bool shared)
{
    place = (struct place){.shared = shared, .folder = "/tmp/quoth-store-XXXXXX"};
    assert_non_null(mkdtemp(place.folder));
    snprintf(place.at, sizeof place.at, "%s/quoth.db", place.folder);
    const int status = shared ? place_server("start") : 0;
    if (status == 3)
        place_remove();
    assert_true(status == 0 || status == 3);
    return status == 0;
}

static inline void place_end(void)
{
    if (place.shared)
        place_server("stop");
    place_remove();
}

/* What somebody does who has the database, but not us; a number if it gives one. */
static inline long long place_sql_in_server(const char *sql)
{
    PGconn *connection = PQconnectdb(place.at);
    assert_int_equal(PQstatus(connection), CONNECTION_OK);
    PQclear(PQexec(connection, "SET client_min_messages = error; SET search_path = quoth;"
                               "SET default_transaction_read_only = off"));
    PGresult *result = PQexec(connection, sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
        fail_msg("%s: %s", sql, PQerrorMessage(connection));
    const long long number =
        PQntuples(result) > 0 ? strtoll(PQgetvalue(result, 0, 0), NULL, 10) : 0;
    PQclear(result);
    PQfinish(connection);
    return number;
}

static inline int place_first_number(void *number, int columns, char **values, char **names)
{
    (void)columns, (void)names;
    *(long long *)number = values[0] ? strtoll(values[0], NULL, 10) : 0;
    return 0;
}

static inline long long place_sql(const char *sql)
{
    if (place.shared)
        return place_sql_in_server(sql);
    long long number = 0;
    sqlite3 *db;
    assert_int_equal(sqlite3_open(place.at, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, place_first_number, &number, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
    return number;
}

/* Waits for what a server is still at, for clients that were killed meanwhile: a minute at the most.
 * Who calls has no store open. */
static inline void place_settle(void)
{
    for (int i = 0; place.shared && i < 6000 &&
                    place_sql("SELECT count(*) FROM pg_stat_activity WHERE application_name ="
                              " 'quothd'") > 0;
         i++)
        usleep(10000);
}

/* No store is there any more. */
static inline void place_reset(void)
{
    if (place.shared)
        place_sql("DROP SCHEMA IF EXISTS quoth CASCADE");
    else
        store_file_remove(place.at);
}

static inline void place_no_postgresql(void **state)
{
    (void)state;
    print_message("skipped: there is no PostgreSQL on this machine (Debian: postgresql)\n");
    skip();
}

/* The same tests on both kinds of place. */
#define place_run(tests)                                                                           \
    (place_run_on(false, "SQLite", (tests), COUNT(tests)) +                                        \
     place_run_on(true, "PostgreSQL", (tests), COUNT(tests)))

static inline int place_run_on(bool shared, const char *name, const struct CMUnitTest *tests,
                               size_t count)
{
    const struct CMUnitTest absent = cmocka_unit_test(place_no_postgresql);
    if (!place_begin(shared))
        return _cmocka_run_group_tests(name, &absent, 1, NULL, NULL);
    const int failed = _cmocka_run_group_tests(name, tests, count, NULL, NULL);
    place_end();
    return failed;
}

#endif
