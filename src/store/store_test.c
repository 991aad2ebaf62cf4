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
    sql("PRAGMA user_version = 1000");
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

static void settings_keep_their_value_and_version(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer value = {0}, none = {0};
    int64_t version = -1;
    AUTO(store) struct store *s = opened();
    assert_true(store_setting_put(s, "a", 1, BYTES_LITERAL("one"), &err));
    assert_true(store_setting_put(s, "a", 2, BYTES_LITERAL("two\0more"), &err));
    assert_true(store_setting_put(s, "empty", 1, (struct bytes){0}, &err));
    store_close(s);
    s = opened();
    assert_true(store_setting_get(s, "a", &version, &value, &err));
    assert_int_equal(version, 2);
    assert_true(bytes_equal(buffer_bytes(&value), BYTES_LITERAL("two\0more")));
    assert_true(store_setting_get(s, "empty", &version, &none, &err));
    assert_int_equal(version, 1);
    assert_true(store_setting_get(s, "b", &version, &none, &err));
    assert_int_equal(version, 0);
    assert_int_equal(none.len, 0);
}

static bool gather(void *context, const struct store_key *key, struct quoth_error *err)
{
    (void)err;
    struct buffer *all = context;
    buffer_printf(all, "%s/%s/%lld/%s/%.*s;", key->issuer, key->id, (long long)key->version,
                  key->state, (int)key->sealed.len, (const char *)key->sealed.data);
    return true;
}

static bool gather_one(void *context, const struct store_key *key, struct quoth_error *err)
{
    gather(context, key, err);
    return false;
}

static void keys_are_listed_by_issuer_youngest_first(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer all = {0}, one = {0};
    struct store_key a = {.issuer = "https://a",
                          .purpose = "token",
                          .id = "old",
                          .version = 1,
                          .created = 10,
                          .state = "active",
                          .certificate = BYTES_INIT("c"),
                          .sealed = BYTES_INIT("x")};
    struct store_key b = a, elsewhere = a;
    snprintf(b.id, sizeof b.id, "new");
    b.created = 20;
    snprintf(elsewhere.issuer, sizeof elsewhere.issuer, "https://b");
    AUTO(store) struct store *s = opened();
    assert_true(store_key_put(s, &a, &err) && store_key_put(s, &b, &err) &&
                store_key_put(s, &elsewhere, &err));
    a.version = 2;
    snprintf(a.state, sizeof a.state, "retired");
    assert_true(store_key_put(s, &a, &err));
    assert_true(store_key_list(s, "https://a", "token", gather, &all, &err));
    assert_true(store_key_list(s, "https://a", "token", gather_one, &one, &err));
    assert_true(store_key_list(s, "https://a", "tls", gather, &one, &err));
    assert_true(bytes_equal(buffer_bytes(&all),
                            BYTES_LITERAL("https://a/new/1/active/x;https://a/old/2/retired/x;")));
    assert_true(bytes_equal(buffer_bytes(&one), BYTES_LITERAL("https://a/new/1/active/x;")));
}

static void a_change_that_does_not_follow_is_refused(void **state)
{
    (void)state;
    static const int64_t versions[] = {0, 1, 3};
    struct store_key key = {
        .issuer = "i", .purpose = "token", .id = "k", .version = 1, .state = "active"};
    AUTO(store) struct store *s = opened();
    struct quoth_error first = {0};
    assert_true(store_key_put(s, &key, &first));
    for (size_t i = 0; i < COUNT(versions); i++) {
        struct quoth_error err = {0};
        key.version = versions[i];
        assert_false(store_key_put(s, &key, &err));
        assert_int_equal(err.code, QUOTH_STORE_CONFLICT);
    }
}

static void marks_are_kept_by_root_and_document(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    const struct sha256 one = {{1}}, two = {{2}};
    const struct collateral_mark mark = {.evaluation_number = 0xFFFFFFFF, .issued = 1750000000};
    struct collateral_mark found = {0};
    AUTO(store) struct store *s = opened();
    const struct collateral_marks m = store_marks(s);
    assert_true(m.store(m.context, &one, "tcb_info.sgx.00906ed50000", &mark, &err));
    assert_true(m.load(m.context, &one, "tcb_info.sgx.00906ed50000", &found, &err));
    assert_int_equal(found.evaluation_number, 0xFFFFFFFF);
    assert_int_equal(found.issued, 1750000000);
    assert_true(m.load(m.context, &two, "tcb_info.sgx.00906ed50000", &found, &err));
    assert_int_equal(found.issued, 0);
    found.issued = 1;
    assert_true(m.load(m.context, &one, "qe_identity.sgx", &found, &err));
    assert_int_equal(found.issued, 0);
}

static void the_clock_is_kept(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    int64_t time = -1;
    AUTO(store) struct store *s = opened();
    assert_true(store_clock_get(s, &time, &err));
    assert_int_equal(time, 0);
    assert_true(store_clock_put(s, 1750000000, &err) && store_clock_put(s, 1750000060, &err));
    assert_true(store_clock_get(s, &time, &err));
    assert_int_equal(time, 1750000060);
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
            const bool put = store_open(path, &s, &err) && store_clock_put(s, round, &err);
            if (write(ready[1], put ? "y" : "n", 1) == 1)
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
        int64_t time = 0;
        AUTO(store) struct store *s = opened();
        assert_true(store_clock_get(s, &time, &err));
        assert_int_equal(time, round);
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
        with_store(settings_keep_their_value_and_version),
        with_store(keys_are_listed_by_issuer_youngest_first),
        with_store(a_change_that_does_not_follow_is_refused),
        with_store(marks_are_kept_by_root_and_document),
        with_store(the_clock_is_kept),
        with_store(what_was_acknowledged_survives_a_kill),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
