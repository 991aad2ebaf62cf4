/* What may lie where a store should: files that are no store, or not any more. */
#include "store/statement.h"
#include "store/store.h"

#include "tests/store_place.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static int begin(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    assert_true(place_begin(false));
    if (!store_create(place.at, &err))
        fail_msg("%s: %s", err.where, err.message);
    return 0;
}

static int end(void **state)
{
    (void)state;
    place_end();
    return 0;
}

static bool put(struct store *s, int64_t version, struct bytes value, struct quoth_error *err)
{
    const struct store_put one = {
        .record = {.kind = "thing", .tenant = "", .id = "a", .version = version, .value = value},
        .keep = STORE_KEEP_ALL,
    };
    return store_put(s, &one, 1, err);
}

static bool look(void *context, const struct store_record *r, struct quoth_error *err)
{
    (void)context, (void)r, (void)err;
    return true;
}

/* Opens it and reads all there is. */
static bool is_readable(struct quoth_error *err)
{
    AUTO(store) struct store *s = NULL;
    return store_open(place.at, &s, err) &&
           store_history(s, "thing", "", "a", SIZE_MAX, look, NULL, err);
}

static void a_store_is_private(void **state)
{
    (void)state;
    struct stat st;
    assert_int_equal(stat(place.at, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

/* clang-format off */
static const struct {
    const char *name;
    struct bytes content;
} files[] = {
    {"nothing",            BYTES_INIT("")},
    {"text",               BYTES_INIT("this is no database, however long it may be")},
    {"a header and a cut", BYTES_INIT("SQLite format 3\0\x10\0\x02\x02")},
};

static const struct {
    const char *name, *sql;
    enum quoth_code code;
} others[] = {
    {"another application", "PRAGMA application_id = 7",    QUOTH_STORE_BROKEN},
    {"no application",      "PRAGMA application_id = 0",    QUOTH_STORE_BROKEN},
    {"before the first release", "PRAGMA user_version = 1", QUOTH_STORE_VERSION},
};
/* clang-format on */

static void other_files_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(files); i++) {
        struct quoth_error err = {0}, io = {0};
        print_message("  %s\n", files[i].name);
        place_reset();
        assert_true(file_write(place.at, files[i].content, 0600, &io));
        assert_false(is_readable(&err));
        assert_int_equal(err.code, QUOTH_STORE_BROKEN);
    }
}

static void other_databases_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(others); i++) {
        struct quoth_error err = {0};
        print_message("  %s\n", others[i].name);
        end(state);
        begin(state);
        place_sql(others[i].sql);
        assert_false(is_readable(&err));
        assert_int_equal(err.code, others[i].code);
    }
}

static void fill(void)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer value = {0};
    AUTO(store) struct store *s = NULL;
    buffer_fill(&value, 20000, 0x5A);
    assert_true(store_open(place.at, &s, &err));
    for (int64_t version = 1; version <= 12; version++)
        assert_true(put(s, version, buffer_bytes(&value), &err));
}

/* A file that was cut anywhere is refused, or it is whole: it never gives a part for the whole. */
static void a_torn_file_is_refused(void **state)
{
    (void)state;
    struct stat st;
    fill(); /* closing writes everything into the file */
    assert_int_equal(stat(place.at, &st), 0);
    assert_true(st.st_size > 12 * 20000);
    for (off_t len = st.st_size - 4096; len > 0; len -= st.st_size / 7) {
        struct quoth_error err = {0};
        assert_int_equal(truncate(place.at, len), 0);
        assert_false(is_readable(&err));
        assert_int_equal(err.code, QUOTH_STORE_BROKEN);
    }
}

/* After a power cut the end of the log may be anything: what was acknowledged before is there. */
static void a_torn_log_keeps_what_was_whole(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer value = {0}, wal = {0}, found = {0};
    char log[200], beside[200];
    int64_t version;
    struct store *s = NULL;
    snprintf(log, sizeof log, "%s-wal", place.at);
    snprintf(beside, sizeof beside, "%s.copy", log);
    assert_true(store_open(place.at, &s, &err));
    assert_true(put(s, 1, BYTES_LITERAL("one"), &err));
    assert_true(file_read(log, 1 << 20, &wal, &err));
    const size_t whole = wal.len;
    assert_true(put(s, 2, BYTES_LITERAL("two"), &err));
    buffer_clear(&wal);
    assert_true(file_read(log, 1 << 20, &wal, &err));
    assert_true(wal.len > whole);
    for (size_t i = whole + 30; i < wal.len; i++) /* the second put, as it never reached the disk */
        wal.data[i] ^= 0x55;
    buffer_clear(&value);
    assert_true(file_read(place.at, 1 << 20, &value, &err));
    store_close(s);
    place_reset();
    assert_true(file_write(place.at, buffer_bytes(&value), 0600, &err) &&
                file_write(log, buffer_bytes(&wal), 0600, &err));
    assert_true(store_open(place.at, &s, &err));
    assert_true(store_get(s, "thing", "", "a", 0, &version, &found, &err));
    assert_int_equal(version, 1);
    assert_true(bytes_equal(buffer_bytes(&found), BYTES_LITERAL("one")));
    store_close(s);
}

static void a_folder_or_a_dangling_link_is_no_store(void **state)
{
    (void)state;
    struct quoth_error err = {0}, second = {0};
    place_reset();
    assert_int_equal(symlink("/nonexistent/quoth.db", place.at), 0);
    assert_false(store_create(place.at, &err));
    unlink(place.at);
    assert_int_equal(mkdir(place.at, 0700), 0);
    assert_false(is_readable(&second));
    assert_true(second.code != QUOTH_OK);
}

static void somebody_who_holds_the_file_is_waited_for_and_then_refused(void **state)
{
    (void)state;
    struct quoth_error err = {0}, none = {0};
    AUTO(store) struct store *s = NULL;
    sqlite3 *other;
    assert_true(store_open(place.at, &s, &err));
    assert_int_equal(sqlite3_open(place.at, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_false(put(s, 1, BYTES_LITERAL("one"), &err));
    assert_int_equal(err.code, QUOTH_STORE_UNAVAILABLE);
    sqlite3_close(other);
    sleep(2); /* it rests for a moment */
    assert_true(put(s, 1, BYTES_LITERAL("one"), &none));
}

static bool newest(struct store *s, int64_t *ret_version, struct quoth_error *err)
{
    AUTO(buffer) struct buffer value = {0};
    return store_get(s, "thing", "", "a", 0, ret_version, &value, err);
}

/* Nothing is acknowledged that goes into a file which nobody will find. */
static void a_file_that_was_removed_is_missed_and_one_in_its_place_is_taken(void **state)
{
    (void)state;
    struct quoth_error err = {0}, gone = {0}, unread = {0};
    AUTO(buffer) struct buffer copy = {0};
    AUTO(store) struct store *s = NULL;
    int64_t version = -1;
    assert_true(store_open(place.at, &s, &err) && put(s, 1, BYTES_LITERAL("one"), &err));
    store_close(take(s));
    assert_true(file_read(place.at, 1 << 20, &copy, &err));
    assert_true(store_open(place.at, &s, &err) && put(s, 2, BYTES_LITERAL("two"), &err));
    place_reset();
    assert_false(put(s, 3, BYTES_LITERAL("three"), &gone));
    assert_int_equal(gone.code, QUOTH_STORE_UNAVAILABLE);
    assert_false(newest(s, &version, &unread));
    assert_int_equal(unread.code, QUOTH_STORE_UNAVAILABLE);
    assert_true(file_write(place.at, buffer_bytes(&copy), 0600, &err)); /* from a backup */
    assert_true(newest(s, &version, &err));
    assert_int_equal(version, 1);
    assert_true(put(s, 2, BYTES_LITERAL("again"), &err));
    assert_int_equal(place_sql("SELECT max(version) FROM record"), 2);
}

/* The same while it is open: what was in the log of the old one does not get into the new one. */
static void a_file_that_was_replaced_is_taken_as_it_is(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer copy = {0};
    AUTO(store) struct store *s = NULL;
    int64_t version = -1;
    assert_true(store_open(place.at, &s, &err) && put(s, 1, BYTES_LITERAL("one"), &err));
    store_close(take(s));
    assert_true(file_read(place.at, 1 << 20, &copy, &err));
    assert_true(store_open(place.at, &s, &err) && put(s, 2, BYTES_LITERAL("two"), &err));
    place_reset();
    assert_true(file_write(place.at, buffer_bytes(&copy), 0600, &err));
    assert_true(put(s, 2, BYTES_LITERAL("after"), &err));
    assert_true(newest(s, &version, &err));
    assert_int_equal(version, 2);
}

static bool is_in_file(const char *end, const char *text)
{
    AUTO(buffer) struct buffer content = {0};
    struct quoth_error err = {0};
    char path[sizeof place.at + 8];
    snprintf(path, sizeof path, "%s%s", place.at, end);
    return file_read(path, 1 << 24, &content, &err) && content.len > 0 &&
           memmem(content.data, content.len, text, strlen(text)) != NULL;
}

static void no_byte_of_what_was_removed_stays_on_the_disk(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(store) struct store *s = NULL;
    const struct store_put gone = {
        .record = {.kind = "thing", .tenant = "", .id = "a"},
          .remove = true
    };
    assert_true(store_open(place.at, &s, &err) &&
                put(s, 1, BYTES_LITERAL("written-and-removed"), &err));
    assert_true(is_in_file("", "written-and-removed") || is_in_file("-wal", "written-and-removed"));
    assert_true(store_put(s, &gone, 1, &err));
    assert_false(is_in_file("", "written-and-removed"));
    assert_false(is_in_file("-wal", "written-and-removed"));
}

static bool count(void *context, const struct store_record *r, struct quoth_error *err)
{
    size_t *found = context;
    (void)r, (void)err;
    ++*found;
    return true;
}

/* No byte can be added to a file, as on a full disk. What is there can be read all the same. */
static void a_disk_that_takes_no_more_loses_nothing(void **state)
{
    (void)state;
    struct quoth_error err = {0}, full = {0};
    AUTO(store) struct store *s = NULL;
    struct rlimit usual, none;
    size_t found = 0;
    signal(SIGXFSZ, SIG_IGN);
    assert_true(store_open(place.at, &s, &err) && put(s, 1, BYTES_LITERAL("first"), &err));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &usual), 0);
    none = usual;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    const bool written = put(s, 2, BYTES_LITERAL("second"), &full);
    const bool read = store_history(s, "thing", "", "a", SIZE_MAX, count, &found, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &usual), 0);
    assert_false(written);
    assert_int_equal(full.code, QUOTH_STORE_UNAVAILABLE);
    assert_true(read);
    assert_int_equal(found, 1);
    assert_true(put(s, 2, BYTES_LITERAL("second"), &err));
}

/* Statements are read once and stepped often, also when the tables are others than they were then. */
static void what_another_program_changes_is_seen(void **state)
{
    (void)state;
    static const char *const changes[] = {
        "CREATE INDEX other ON record (value)",
        "ALTER TABLE record RENAME COLUMN value TO other;"
        "ALTER TABLE record RENAME COLUMN other TO value",
        "CREATE TABLE copy AS SELECT * FROM record; DROP TABLE record;"
        "ALTER TABLE copy RENAME TO record",
    };
    struct quoth_error err = {0}, gone = {0};
    AUTO(store) struct store *s = NULL;
    int64_t version = -1;
    assert_true(store_open(place.at, &s, &err));
    for (int64_t i = 0; i < (int64_t)COUNT(changes); i++) {
        print_message("  %s\n", changes[i]);
        assert_true(put(s, i + 1, BYTES_LITERAL("one"), &err));
        place_sql(changes[i]);
        assert_true(newest(s, &version, &err));
        assert_int_equal(version, i + 1);
    }
    place_sql("DROP TABLE record");
    assert_false(newest(s, &version, &gone));
    assert_int_equal(gone.code, QUOTH_STORE_BROKEN);
    assert_false(put(s, 9, BYTES_LITERAL("one"), &gone));
}

/* A statement that refers to one of its values without having it: NULL, which equals nothing. */
static bool holds(struct database *db, const char *id, size_t values, struct quoth_error *err)
{
    AUTO(statement)
    struct statement s = statement_begin(db, "SELECT 1 FROM record WHERE id = $1", err);
    if (values > 0)
        statement_text(&s, id);
    return statement_row(&s);
}

static void a_statement_keeps_nothing_of_the_one_before(void **state)
{
    (void)state;
    struct quoth_error err = {0}, second = {0};
    AUTO(store) struct store *s = NULL;
    AUTO(database) struct database *db = NULL;
    assert_true(store_open(place.at, &s, &err) && put(s, 1, BYTES_LITERAL("one"), &err));
    assert_true(backend_sqlite.open(place.at, 0, &db, &err));
    assert_true(holds(db, "a", 1, &err));
    assert_false(holds(db, "a", 0, &err));
    assert_false(holds(db, "b", 1, &err));
    assert_true(holds(db, "a", 1, &err));
    assert_int_equal(err.code, QUOTH_OK);
    for (int i = 0; i < 2; i++) { /* one that fails, fails again and leaves no other behind it */
        second = (struct quoth_error){0};
        AUTO(statement)
        struct statement fails = statement_begin(db, "INSERT INTO store VALUES (1, 1, 1)", &second);
        assert_false(statement_run(&fails));
    }
    assert_true(put(s, 2, BYTES_LITERAL("two"), &err));
}

/* The same text twice at once, and more texts than are kept. */
static void statements_do_not_disturb_each_other(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(store) struct store *s = NULL;
    AUTO(database) struct database *db = NULL;
    char texts[60][40];
    assert_true(store_open(place.at, &s, &err));
    for (int64_t version = 1; version <= 3; version++)
        assert_true(put(s, version, BYTES_LITERAL("one"), &err));
    assert_true(backend_sqlite.open(place.at, 0, &db, &err));
    static const char versions[] = "SELECT version FROM record ORDER BY version";
    AUTO(statement) struct statement slow = statement_begin(db, versions, &err);
    for (int64_t version = 1; version <= 3; version++) {
        AUTO(statement) struct statement fast = statement_begin(db, versions, &err);
        assert_true(statement_row(&slow) && statement_row(&fast));
        assert_int_equal(statement_column_int(&slow, 0), version);
        assert_int_equal(statement_column_int(&fast, 0), 1);
    }
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < COUNT(texts); i++) {
            snprintf(texts[i], sizeof texts[i], "SELECT %zu FROM store", i);
            AUTO(statement) struct statement one = statement_begin(db, texts[i], &err);
            assert_true(statement_row(&one));
            assert_int_equal(statement_column_int(&one, 0), i);
        }
    assert_false(statement_row(&slow));
    assert_int_equal(err.code, QUOTH_OK);
}

#define with_store(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_store(a_store_is_private),
        with_store(other_files_are_refused),
        with_store(other_databases_are_refused),
        with_store(a_torn_file_is_refused),
        with_store(a_torn_log_keeps_what_was_whole),
        with_store(a_folder_or_a_dangling_link_is_no_store),
        with_store(a_file_that_was_removed_is_missed_and_one_in_its_place_is_taken),
        with_store(a_file_that_was_replaced_is_taken_as_it_is),
        with_store(a_disk_that_takes_no_more_loses_nothing),
        with_store(what_another_program_changes_is_seen),
        with_store(a_statement_keeps_nothing_of_the_one_before),
        with_store(statements_do_not_disturb_each_other),
        with_store(no_byte_of_what_was_removed_stays_on_the_disk),
        with_store(somebody_who_holds_the_file_is_waited_for_and_then_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
