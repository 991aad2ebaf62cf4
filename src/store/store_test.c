#include "store/store.h"

#include "tests/unit.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/quoth-store-XXXXXX";
static char path[64];

static int begin(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/quoth.db", folder);
    assert_true(store_create(path, &err));
    return 0;
}

static int end(void **state)
{
    (void)state;
    static const char *const files[] = {"quoth.db", "quoth.db-wal", "quoth.db-shm",
                                        "other.db", "other.db-wal", "other.db-shm"};
    for (size_t i = 0; i < COUNT(files); i++) {
        char name[96];
        snprintf(name, sizeof name, "%s/%s", folder, files[i]);
        unlink(name);
    }
    rmdir(folder);
    snprintf(folder, sizeof folder, "/tmp/quoth-store-XXXXXX");
    return 0;
}

static struct store *opened(void)
{
    struct quoth_error err = {0};
    struct store *s = NULL;
    if (!store_open(path, &s, &err))
        fail_msg("%s", err.message);
    return s;
}

static void sql(const char *statement)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, statement, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void a_store_is_private_and_made_once(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_false(store_create(path, &err));
    assert_int_equal(err.code, QUOTH_STORE_EXISTS);
}

static void a_store_that_is_not_there_is_not_made(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct store *s = NULL;
    unlink(path);
    assert_false(store_open(path, &s, &err));
    assert_int_equal(err.code, QUOTH_STORE_MISSING);
    assert_int_equal(access(path, F_OK), -1);
}

static void a_store_of_a_newer_build_is_refused(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct store *s = NULL;
    sql("UPDATE store SET version = 1000");
    assert_false(store_open(path, &s, &err));
    assert_int_equal(err.code, QUOTH_STORE_VERSION);
}

static void other_files_are_refused(void **state)
{
    (void)state;
    char other[96];
    struct quoth_error err = {0}, second = {0};
    struct store *s = NULL;
    snprintf(other, sizeof other, "%s/other.db", folder);
    assert_true(file_write(other, BYTES_LITERAL("this is no database, however long it may be"),
                           0600, &err));
    assert_false(store_open(other, &s, &err));
    assert_int_equal(err.code, QUOTH_STORE_BROKEN);
    sql("PRAGMA application_id = 7");
    assert_false(store_open(path, &s, &second));
    assert_int_equal(second.code, QUOTH_STORE_BROKEN);
}

static bool put(struct store *s, const char *id, int64_t version, const char *value, size_t keep,
                struct quoth_error *err)
{
    const struct store_put one = {
        .record = {.kind = "thing",
                   .tenant = "https://a",
                   .id = id,
                   .version = version,
                   .value = bytes_of_text(value)},
        .keep = keep,
    };
    return store_put(s, &one, 1, err);
}

static bool gather(void *context, const struct store_record *r, struct quoth_error *err)
{
    (void)err;
    buffer_printf(context, "%s/%s/%s/%lld/%.*s;", r->kind, r->tenant, r->id, (long long)r->version,
                  (int)r->value.len, (const char *)r->value.data);
    return true;
}

static bool gather_one(void *context, const struct store_record *r, struct quoth_error *err)
{
    gather(context, r, err);
    return false;
}

static void records_keep_their_value_and_version(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer value = {0}, old = {0}, none = {0};
    int64_t version = -1;
    AUTO(store) struct store *s = opened();
    assert_true(put(s, "a", 1, "one", STORE_KEEP_ALL, &err) &&
                put(s, "a", 2, "two", STORE_KEEP_ALL, &err) && put(s, "empty", 1, "", 0, &err));
    store_close(s);
    s = opened();
    assert_true(store_get(s, "thing", "https://a", "a", 0, &version, &value, &err));
    assert_int_equal(version, 2);
    assert_true(bytes_equal(buffer_bytes(&value), BYTES_LITERAL("two")));
    assert_true(store_get(s, "thing", "https://a", "a", 1, &version, &old, &err));
    assert_int_equal(version, 1);
    assert_true(bytes_equal(buffer_bytes(&old), BYTES_LITERAL("one")));
    assert_true(store_get(s, "thing", "https://a", "empty", 0, &version, &none, &err));
    assert_int_equal(version, 1);
    assert_true(store_get(s, "thing", "https://b", "a", 0, &version, &none, &err));
    assert_int_equal(version, 0);
    assert_int_equal(none.len, 0);
}

static void the_newest_of_each_is_listed_and_history_the_newest_first(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer all = {0}, one = {0}, past = {0};
    AUTO(store) struct store *s = opened();
    assert_true(put(s, "b", 1, "b1", 1, &err) && put(s, "a", 1, "a1", 1, &err) &&
                put(s, "b", 2, "b2", 1, &err) && put(s, "b", 3, "b3", 1, &err));
    assert_true(store_each(s, "thing", "https://a", gather, &all, &err));
    assert_true(store_each(s, "thing", NULL, gather_one, &one, &err));
    assert_true(store_each(s, "thing", "https://b", gather, &one, &err));
    assert_true(store_history(s, "thing", "https://a", "b", 10, gather, &past, &err));
    assert_true(bytes_equal(buffer_bytes(&all),
                            BYTES_LITERAL("thing/https://a/a/1/a1;thing/https://a/b/3/b3;")));
    assert_true(bytes_equal(buffer_bytes(&one), BYTES_LITERAL("thing/https://a/a/1/a1;")));
    assert_true(bytes_equal(buffer_bytes(&past),
                            BYTES_LITERAL("thing/https://a/b/3/b3;thing/https://a/b/2/b2;")));
}

static void a_change_that_does_not_follow_is_refused(void **state)
{
    (void)state;
    static const int64_t versions[] = {1, 3, INT64_MAX};
    struct quoth_error first = {0};
    int64_t before, after;
    AUTO(store) struct store *s = opened();
    assert_true(put(s, "a", 1, "one", 0, &first) && store_revision(s, &before, &first));
    for (size_t i = 0; i < COUNT(versions); i++) {
        struct quoth_error err = {0};
        assert_false(put(s, "a", versions[i], "two", 0, &err));
        assert_int_equal(err.code, QUOTH_STORE_CONFLICT);
    }
    assert_true(store_revision(s, &after, &first));
    assert_int_equal(before, after);
}

/* A child writes, says so, and is killed without a chance to close anything. */
static void what_was_acknowledged_survives_a_kill(void **state)
{
    (void)state;
    for (int64_t round = 1; round <= 5; round++) {
        int ready[2];
        assert_int_equal(pipe(ready), 0);
        const pid_t child = fork();
        if (child == 0) {
            struct quoth_error err = {0};
            struct store *s = NULL;
            const bool done = store_open(path, &s, &err) && put(s, "a", round, "value", 0, &err);
            if (write(ready[1], done ? "y" : "n", 1) == 1)
                pause();
            _exit(1);
        }
        char said = 0;
        assert_int_equal(read(ready[0], &said, 1), 1);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        close(ready[0]);
        close(ready[1]);
        assert_int_equal(said, 'y');
        struct quoth_error err = {0};
        int64_t version = 0;
        AUTO(buffer) struct buffer value = {0};
        AUTO(store) struct store *s = opened();
        assert_true(store_get(s, "thing", "https://a", "a", 0, &version, &value, &err));
        assert_int_equal(version, round);
    }
}

#define with_store(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_store(a_store_is_private_and_made_once),
        with_store(a_store_that_is_not_there_is_not_made),
        with_store(a_store_of_a_newer_build_is_refused),
        with_store(other_files_are_refused),
        with_store(records_keep_their_value_and_version),
        with_store(the_newest_of_each_is_listed_and_history_the_newest_first),
        with_store(a_change_that_does_not_follow_is_refused),
        with_store(what_was_acknowledged_survives_a_kill),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
