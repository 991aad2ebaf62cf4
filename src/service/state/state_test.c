/* init and what it makes. */
#include "service/state/state.h"

#include "keys/local_ca.h"
#include "keys/master_file.h"
#include "keys/signing_key.h"
#include "service/access/admin_token.h"
#include "tests/state_folder.h"

#include <sqlite3.h>
#include <sys/stat.h>

static unsigned mode_of(const char *name)
{
    char path[128];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", state_path, name);
    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 0777;
}

static void change_database(const char *path, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void empty_database(const char *path)
{
    change_database(path, "DELETE FROM record");
}

static void init_makes_everything_and_says_so(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(state_report) struct state_report report = {.what = STATE_MADE};
    AUTO(state) struct state s = {.lock = -1};
    AUTO(kept_keys) struct kept_keys keys = {0}, cas = {0}, leaves = {0};
    AUTO(master_key) struct master_key key = {NULL};
    assert_true(state_init(&config, NOW, &report, &err));
    assert_true(report.new_master_key);
    assert_int_equal(strlen(report.ca_fingerprint), 64);
    assert_int_equal(mode_of("."), 0700);
    assert_int_equal(mode_of("quoth.db"), 0600);
    assert_int_equal(mode_of("admin.token"), 0600);
    assert_int_equal(mode_of("ca.pem"), 0644);
    open_with_key(&s, &key);
    assert_string_equal(s.tenants[0].issuer, ISSUER);
    assert_string_equal(s.tenants[0].host, "attest.example.org");
    assert_true(keys_load(s.store, &key, ISSUER, KEY_FOR_TOKENS, &keys, &err) &&
                keys_load(s.store, &key, ISSUER, KEY_FOR_CA, &cas, &err) &&
                keys_load(s.store, &key, ISSUER, KEY_FOR_TLS, &leaves, &err));
    assert_true(keys.count == 1 && cas.count == 1 && leaves.count == 1);
}

static void the_admin_token_is_kept_as_a_hash(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(state) struct state s = {.lock = -1};
    AUTO(buffer) struct buffer token = {0}, record = {0}, database = {0};
    AUTO(master_key) struct master_key key = {NULL};
    int64_t version;
    char path[128], hex[72];
    init();
    snprintf(path, sizeof path, "%s/admin.token", state_path);
    assert_true(file_read(path, 1000, &token, &err));
    assert_int_equal(token.len, 44); /* 32 bytes in base64url, and a line end */
    snprintf(path, sizeof path, "%s/quoth.db", state_path);
    assert_true(file_read(path, 1 << 20, &database, &err));
    assert_null(memmem(database.data, database.len, token.data, 43));
    open_with_key(&s, &key);
    assert_true(
        record_load(s.store, &key, KIND_ADMIN, ISSUER, ADMIN_TOKEN_ID, 0, &version, &record, &err));
    const struct sha256 hash = sha256_of(bytes_slice(buffer_bytes(&token), 0, 43));
    hex_text(BYTES_OF(hash.bytes), hex, sizeof hex);
    assert_non_null(memmem(record.data, record.len, hex, 64));
    assert_non_null(memmem(record.data, record.len, "\"expires\":1757776000", 20));
}

static void init_is_done_once(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(state_report) struct state_report report = {.what = STATE_MADE};
    init();
    assert_false(state_init(&config, NOW, &report, &err));
    assert_int_equal(err.code, QUOTH_STORE_EXISTS);
}

/* Whatever an init that was cut off has left: it can be repeated, and nothing is served before. */
static void an_init_that_was_cut_off_can_be_repeated(void **state)
{
    (void)state;
    struct quoth_error err = {0}, empty_store = {0};
    AUTO(state) struct state s = {.lock = -1};
    AUTO(master_key) struct master_key key = {NULL};
    assert_false(state_is_made(&config, &err));
    assert_int_equal(err.code, QUOTH_STORE_MISSING);
    init();
    open_with_key(&s, &key);
    state_close(&s);
    master_key_clear(&key);
    empty_database(store_path); /* tables, and nothing in them */
    assert_false(state_open(&config, NULL, &key, &s, &empty_store));
    assert_int_equal(empty_store.code, QUOTH_STORE_MISSING);
    init();
    open_with_key(&s, &key);
    assert_int_equal(s.tenant_count, 1);
}

/* Rows that somebody took away, or put back from before. */
static void a_store_that_lacks_something_serves_nobody(void **state)
{
    (void)state;
    static const struct {
        const char *name, *change;
        enum quoth_code code;
    } cases[] = {
        {"the list of tenants", "DELETE FROM record WHERE kind = 'setting'",
         QUOTH_STORE_ROLLED_BACK                                                                                },
        {"a tenant",            "DELETE FROM record WHERE kind = 'tenant'",              QUOTH_STORE_ROLLED_BACK},
        {"a changed tenant",    "UPDATE record SET value = x'00' WHERE kind = 'tenant'",
         QUOTH_SEAL_BROKEN                                                                                      },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct quoth_error err = {0};
        AUTO(state) struct state s = {.lock = -1};
        AUTO(master_key) struct master_key key = {NULL};
        print_message("  %s\n", cases[i].name);
        init();
        change_database(store_path, cases[i].change);
        assert_false(state_open(&config, NULL, &key, &s, &err));
        assert_int_equal(err.code, cases[i].code);
        state_close(&s);
        empty(state_path);
    }
}

/* ---- more than one tenant */

static bool add(const char *added, struct quoth_error *err)
{
    AUTO(state_report) struct state_report report = {.what = STATE_MADE};
    struct config more = config;
    char url[STATE_ISSUER_MAX];
    snprintf(url, sizeof url, "%s", added);
    more.add_tenant = url;
    more.tenant_count = TENANT_NAMED;
    return state_init(&more, NOW, &report, err);
}

static void tenants_are_added(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(state) struct state s = {.lock = -1};
    AUTO(buffer) struct buffer first = {0}, second = {0};
    AUTO(master_key) struct master_key key = {NULL};
    int64_t version;
    init();
    assert_true(add("https://other.example.org", &err));
    assert_true(add("https://127.0.0.1:9443", &err));
    assert_int_equal(mode_of("tenants/other.example.org/admin.token"), 0600);
    assert_int_equal(mode_of("tenants/127.0.0.1/ca.pem"), 0644);
    open_with_key(&s, &key);
    assert_int_equal(s.tenant_count, 3);
    assert_string_equal(s.tenants[0].issuer, ISSUER);
    assert_string_equal(s.tenants[1].host, "other.example.org");
    assert_true(
        record_load(s.store, &key, KIND_ADMIN, ISSUER, ADMIN_TOKEN_ID, 0, &version, &first, &err) &&
        record_load(s.store, &key, KIND_ADMIN, s.tenants[1].issuer, ADMIN_TOKEN_ID, 0, &version,
                    &second, &err));
    assert_false(bytes_equal(buffer_bytes(&first), buffer_bytes(&second)));
}

static void no_two_tenants_have_one_host(void **state)
{
    (void)state;
    static const struct {
        const char *issuer;
        enum quoth_code code;
    } cases[] = {
        {ISSUER,                            QUOTH_TENANT_EXISTS},
        {"https://attest.example.org",      QUOTH_TENANT_EXISTS},
        {"https://attest.example.org:9443", QUOTH_TENANT_EXISTS},
        {"https://127.0.0.1",               QUOTH_TENANT_EXISTS}, /* localhost is there */
        {"https://[::1]:8443",              QUOTH_TENANT_EXISTS},
        {"https://Other.example.org",       QUOTH_USAGE        },
        {"https://other.example.org/",      QUOTH_USAGE        },
    };
    struct quoth_error err = {0};
    init();
    assert_true(add("https://localhost:8443", &err));
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct quoth_error why = {0};
        print_message("  %s\n", cases[i].issuer);
        assert_false(add(cases[i].issuer, &why));
        assert_int_equal(why.code, cases[i].code);
    }
}

static void nothing_is_added_to_nothing(void **state)
{
    (void)state;
    struct quoth_error err = {0}, other = {0};
    AUTO(state_report) struct state_report report = {.what = STATE_MADE};
    assert_false(add("https://other.example.org", &err));
    assert_int_equal(err.code, QUOTH_STORE_MISSING);
    config.renew_admin_token = true;
    assert_false(state_init(&config, NOW, &report, &other));
    assert_int_equal(other.code, QUOTH_STORE_MISSING);
}

static void an_admin_token_is_renewed(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(state_report) struct state_report report = {.what = STATE_MADE};
    AUTO(buffer) struct buffer before = {0}, after = {0}, record = {0};
    AUTO(state) struct state s = {.lock = -1};
    AUTO(master_key) struct master_key key = {NULL};
    char path[128], hex[72];
    int64_t version;
    init();
    snprintf(path, sizeof path, "%s/admin.token", state_path);
    assert_true(file_read(path, 1000, &before, &err));
    config.renew_admin_token = true;
    assert_true(state_init(&config, NOW + 5, &report, &err));
    assert_int_equal(report.what, STATE_RENEWED);
    assert_true(file_read(path, 1000, &after, &err));
    assert_false(bytes_equal(buffer_bytes(&before), buffer_bytes(&after)));
    open_with_key(&s, &key);
    assert_true(
        record_load(s.store, &key, KIND_ADMIN, ISSUER, ADMIN_TOKEN_ID, 0, &version, &record, &err));
    assert_int_equal(version, 2);
    const struct sha256 hash = sha256_of(bytes_slice(buffer_bytes(&after), 0, 43));
    hex_text(BYTES_OF(hash.bytes), hex, sizeof hex);
    assert_non_null(memmem(record.data, record.len, hex, 64));
}

/* Somebody who holds the database and none of the keys. */
static void another_master_key_is_named(void **state)
{
    (void)state;
    struct quoth_error err = {0}, missing = {0};
    init();
    unlink(key_path);
    assert_false(add("https://other.example.org", &missing));
    assert_int_equal(missing.code, QUOTH_MASTER_KEY);
    assert_true(master_file_create(key_path, state_path, &err));
    assert_false(add("https://other.example.org", &err));
    assert_int_equal(err.code, QUOTH_MASTER_KEY);
}

/* ---- trust models */

static void models_and_signers_belong_together(void **state)
{
    (void)state;
    static char isolated[] = "isolated", aad[] = "aad", shared[] = "shared", odd[] = "mine";
    char *file = root_path, *nothing = key_path;
    const struct {
        const char *name;
        char *model, **signer;
        enum quoth_code code;
    } cases[] = {
        {"isolated without a signer",  isolated, NULL,     QUOTH_USAGE},
        {"aad with a signer",          aad,      &file,    QUOTH_USAGE},
        {"shared with a signer",       shared,   &file,    QUOTH_USAGE},
        {"a signer and no model",      NULL,     &file,    QUOTH_USAGE},
        {"an unknown model",           odd,      NULL,     QUOTH_USAGE},
        {"a signer that is not there", isolated, &nothing, QUOTH_IO   },
        {"isolated with a signer",     isolated, &file,    QUOTH_OK   },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct quoth_error err = {0};
        AUTO(state_report) struct state_report report = {.what = STATE_MADE};
        struct tenant_settings *t = &config.tenants[TENANT_FIRST];
        print_message("  %s\n", cases[i].name);
        t->trust_model = cases[i].model;
        t->policy_signer = (struct setting_list){cases[i].signer, cases[i].signer ? 1 : 0};
        assert_int_equal(state_init(&config, NOW, &report, &err), cases[i].code == QUOTH_OK);
        assert_int_equal(err.code, cases[i].code);
        assert_int_equal(state_is_made(&config, &err), cases[i].code == QUOTH_OK);
    }
    AUTO(state) struct state s = {.lock = -1};
    AUTO(master_key) struct master_key key = {NULL};
    open_with_key(&s, &key);
    assert_int_equal(s.tenants[0].model, MODEL_ISOLATED);
}

static const struct {
    const char *name, *issuer;
} bad_issuers[] = {
    {"nothing",                       ""                                },
    {"no scheme",                     "attest.example.org"              },
    {"http",                          "http://attest.example.org"       },
    {"a slash at the end",            "https://attest.example.org/"     },
    {"a path",                        "https://attest.example.org/a"    },
    {"a query",                       "https://attest.example.org?a"    },
    {"a user",                        "https://me@attest.example.org"   },
    {"capitals",                      "https://Attest.example.org"      },
    {"the port that is meant anyway", "https://attest.example.org:443"  },
    {"a port with zeros",             "https://attest.example.org:08443"},
    {"a blank",                       "https://attest.example.org "     },
};

static void issuers_have_one_form(void **state)
{
    (void)state;
    char host[STATE_HOST_MAX];
    for (size_t i = 0; i < COUNT(bad_issuers); i++) {
        struct quoth_error err = {0};
        print_message("  %s\n", bad_issuers[i].name);
        assert_false(state_check_issuer(bad_issuers[i].issuer, host, &err));
        assert_int_equal(quoth_code_exit(err.code), 2);
    }
    struct quoth_error err = {0};
    assert_true(state_check_issuer("https://[::1]:8443", host, &err));
    assert_string_equal(host, "::1");
    assert_true(state_check_issuer("https://localhost", host, &err));
}

static void a_state_folder_serves_one_process_and_one_issuer(void **state)
{
    (void)state;
    struct quoth_error err = {0}, other = {0};
    AUTO(state) struct state s = {.lock = -1}, second = {.lock = -1};
    AUTO(master_key) struct master_key key = {NULL};
    static char another[] = "https://other.example.org";
    init();
    open_with_key(&s, &key);
    assert_false(state_open(&config, NULL, &key, &second, &err));
    assert_int_equal(err.code, QUOTH_STATE_IN_USE);
    state_close(&s);
    config.issuer = another;
    assert_false(state_open(&config, NULL, &key, &second, &other));
    assert_int_equal(other.code, QUOTH_USAGE);
}

static void another_master_key_opens_nothing(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(state) struct state s = {.lock = -1};
    AUTO(master_key) struct master_key key = {NULL};
    init();
    unlink(key_path);
    assert_true(master_file_create(key_path, state_path, &err));
    assert_false(state_open(&config, NULL, &key, &s, &err));
    assert_int_equal(err.code, QUOTH_MASTER_KEY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_folder(init_makes_everything_and_says_so),
        with_folder(the_admin_token_is_kept_as_a_hash),
        with_folder(init_is_done_once),
        with_folder(an_init_that_was_cut_off_can_be_repeated),
        with_folder(a_store_that_lacks_something_serves_nobody),
        with_folder(tenants_are_added),
        with_folder(no_two_tenants_have_one_host),
        with_folder(nothing_is_added_to_nothing),
        with_folder(an_admin_token_is_renewed),
        with_folder(another_master_key_is_named),
        with_folder(models_and_signers_belong_together),
        with_folder(issuers_have_one_form),
        with_folder(a_state_folder_serves_one_process_and_one_issuer),
        with_folder(another_master_key_opens_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
