/* init and what it makes; trust that cannot be turned. */
#include "service/state/state.h"

#include "codec/pem.h"
#include "crypto/x509_make.h"
#include "keys/local_ca.h"
#include "keys/master_file.h"
#include "keys/signing_key.h"
#include "service/access/admin_token.h"
#include "service/state/clock.h"
#include "service/state/trusted.h"
#include "tests/unit.h"

#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW 1750000000
#define ISSUER "https://attest.example.org:8443"

static char folder[] = "/tmp/quoth-state-XXXXXX";
static char state_path[64], store_path[80], key_path[64], root_path[64], second_path[64];
static char *sources[] = {key_path};
static struct config config;
static char issuer[] = ISSUER;

/* Two roots of the vendors' profile, made for the test. */
static char root_hex[2][72];

static void make_root(int n, const char *path)
{
    struct quoth_error err = {0};
    AUTO(private_key) struct private_key *key = NULL;
    AUTO(public_key) struct public_key *public = NULL;
    AUTO(buffer) struct buffer name = {0}, der = {0}, pem = {0};
    struct sha1 id;
    uint8_t serial[16];
    const struct x509_name_part cn = {"CN", n ? "Second Root" : "First Root"};
    assert_true(private_key_generate(KEY_TYPE_P256, &key, &err) &&
                private_key_public(key, &public, &err) && x509_key_id(public, &id, &err) &&
                x509_name_write(&cn, 1, &name, &err) &&
                x509_random_serial(serial, sizeof serial, &err));
    const struct x509_extension extensions[] = {
        {.kind = X509_SUBJECT_KEY_ID,                 .id = BYTES_OF(id.bytes)},
        {                              .kind = X509_KEY_USAGE,                         .critical = true,                         .bits = CERT_KEY_CERT_SIGN | CERT_CRL_SIGN},
        { .kind = X509_BASIC_CONSTRAINTS, .critical = true,                                                      .is_ca = true, .path_len = 1},
    };
    const struct x509_spec spec = {.serial = BYTES_OF(serial),
                                   .subject = buffer_bytes(&name),
                                   .not_before = NOW,
                                   .not_after = NOW + 86400,
                                   .extensions = extensions,
                                   .extension_count = COUNT(extensions)};
    assert_true(x509_make(&spec, public, key, &der, &err));
    const struct sha256 fingerprint = sha256_of(buffer_bytes(&der));
    hex_text(BYTES_OF(fingerprint.bytes), root_hex[n], sizeof root_hex[n]);
    pem_encode("CERTIFICATE", buffer_bytes(&der), &pem);
    assert_true(file_write(path, buffer_bytes(&pem), 0600, &err));
}

static int begin(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(state_path, sizeof state_path, "%s/a/state", folder);
    snprintf(key_path, sizeof key_path, "%s/keys/master", folder);
    snprintf(root_path, sizeof root_path, "%s/root.pem", folder);
    snprintf(second_path, sizeof second_path, "%s/second.pem", folder);
    make_root(0, root_path);
    make_root(1, second_path);
    snprintf(store_path, sizeof store_path, "%s/quoth.db", state_path);
    config = (struct config){
        .issuer = issuer, .state = state_path, .store = store_path, .master_key = {sources, 1}
    };
    return 0;
}

static void empty(const char *path)
{
    DIR *d = opendir(path);
    for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d)) {
        char name[400];
        snprintf(name, sizeof name, "%s/%s", path, e->d_name);
        if (e->d_type != DT_DIR)
            unlink(name);
        else if (e->d_name[0] != '.')
            empty(name);
    }
    if (d)
        closedir(d);
    rmdir(path);
}

static int end(void **state)
{
    (void)state;
    empty(folder);
    snprintf(folder, sizeof folder, "/tmp/quoth-state-XXXXXX");
    return 0;
}

static void init(void)
{
    struct quoth_error err = {0};
    AUTO(state_report) struct state_report report = {.what = STATE_MADE};
    if (!state_init(&config, NOW, &report, &err))
        fail_msg("%s: %s", err.where, err.message);
}

static void open_with_key(struct state *ret_state, struct master_key *ret_key)
{
    struct quoth_error err = {0};
    if (!state_open(&config, NULL, ret_key, ret_state, &err))
        fail_msg("%s: %s", err.where, err.message);
}

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

/* ---- trust */

static void set_trust(const char *class, int n, const char *file)
{
    static char trust[256], path[64], *paths[] = {path};
    snprintf(trust, sizeof trust, "%s%s%s", class, n < 0 ? "" : ":", n < 0 ? "" : root_hex[n]);
    snprintf(path, sizeof path, "%s", file ? file : "");
    config.tenants[TENANT_FIRST].trust = class[0] ? trust : NULL;
    config.tenants[TENANT_FIRST].trust_root = (struct setting_list){paths, file ? 1 : 0};
}

static void a_class_is_for_ever(void **state)
{
    (void)state;
    static const struct {
        const char *made;
        int made_root;
        const char *said;
        int said_root;
        enum quoth_code code;
        bool simulated;
    } cases[] = {
        {"",          -1, "",          -1, QUOTH_OK,          false},
        {"hardware",  -1, "hardware",  -1, QUOTH_OK,          false},
        {"hardware",  -1, "hardware",  0,  QUOTH_OK,          false}, /* a lab's root for this run */
        {"hardware",  0,  "",          -1, QUOTH_OK,          false},
        {"simulated", 0,  "",          -1, QUOTH_OK,          true }, /* as recorded */
        {"simulated", 0,  "simulated", 0,  QUOTH_OK,          true },
        {"simulated", 0,  "simulated", 1,  QUOTH_OK,          true }, /* another simulator */
        {"simulated", 0,  "hardware",  -1, QUOTH_TRUST_MIXED, false},
        {"simulated", 0,  "hardware",  0,  QUOTH_TRUST_MIXED, false},
        {"hardware",  -1, "simulated", 0,  QUOTH_TRUST_MIXED, false},
        {"",          -1, "simulated", 0,  QUOTH_TRUST_MIXED, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct quoth_error err = {0};
        AUTO(trusted) struct trusted made = {0}, chosen = {0};
        AUTO(buffer) struct buffer recorded = {0};
        print_message("  made for \"%s\", said \"%s\"\n", cases[i].made, cases[i].said);
        set_trust(cases[i].made, cases[i].made_root, cases[i].made_root < 0 ? NULL : root_path);
        assert_true(trusted_from_config(&config.tenants[TENANT_FIRST], &made, &err));
        assert_true(trusted_write(&made, &recorded, &err));
        set_trust(cases[i].said, cases[i].said_root,
                  cases[i].said_root < 0    ? NULL
                  : cases[i].said_root == 0 ? root_path
                                            : second_path);
        assert_int_equal(
            trusted_choose(&config.tenants[TENANT_FIRST], buffer_bytes(&recorded), &chosen, &err),
            cases[i].code == QUOTH_OK);
        assert_int_equal(err.code, cases[i].code);
        if (cases[i].code == QUOTH_OK) {
            assert_int_equal(chosen.simulated, cases[i].simulated);
            assert_int_equal(chosen.trust.count, 1);
        }
    }
}

static void roots_are_named_and_there(void **state)
{
    (void)state;
    char two[256], upper[256];
    static char name_only[] = "simulated", nothing[] = "simulated:", other[] = "lab",
                short_hex[] = "simulated:abcd", odd[] = "simulated:zz";
    struct {
        const char *name;
        char *trust, *file;
    } cases[] = {
        {"a class without a root",        name_only, root_path  },
        {"an empty list",                 nothing,   root_path  },
        {"an unknown class",              other,     root_path  },
        {"a short fingerprint",           short_hex, root_path  },
        {"no hex",                        odd,       root_path  },
        {"no certificate",                upper,     NULL       },
        {"another certificate",           upper,     second_path},
        {"one of two",                    two,       root_path  },
        {"a root that nobody named",      NULL,      root_path  },
        {"a file that is not there",      upper,     state_path },
        {"a file that is no certificate", upper,     key_path   },
    };
    struct quoth_error made = {0};
    snprintf(upper, sizeof upper, "simulated:%s", root_hex[0]);
    snprintf(two, sizeof two, "simulated:%s,%s", root_hex[0], root_hex[1]);
    char keys[64];
    snprintf(keys, sizeof keys, "%s/keys", folder);
    mkdir(keys, 0700);
    assert_true(file_write(key_path, BYTES_LITERAL("not a certificate"), 0600, &made));
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct quoth_error err = {0};
        struct trusted t = {0};
        print_message("  %s\n", cases[i].name);
        config.tenants[TENANT_FIRST].trust = cases[i].trust;
        config.tenants[TENANT_FIRST].trust_root =
            (struct setting_list){&cases[i].file, cases[i].file ? 1 : 0};
        assert_false(trusted_from_config(&config.tenants[TENANT_FIRST], &t, &err));
        assert_int_equal(t.trust.count, 0);
    }
}

static void several_roots_may_be_named(void **state)
{
    (void)state;
    char trust[256];
    struct quoth_error err = {0};
    AUTO(trusted) struct trusted t = {0}, again = {0};
    AUTO(buffer) struct buffer text = {0};
    snprintf(trust, sizeof trust, "simulated:%s,%s", root_hex[1], root_hex[0]);
    config.tenants[TENANT_FIRST].trust = trust;
    char *paths[] = {root_path, second_path};
    config.tenants[TENANT_FIRST].trust_root = (struct setting_list){paths, COUNT(paths)};
    assert_true(trusted_from_config(&config.tenants[TENANT_FIRST], &t, &err));
    assert_int_equal(t.trust.count, 2);
    assert_true(trusted_write(&t, &text, &err) && trusted_read(buffer_bytes(&text), &again, &err));
    assert_true(sha256_equal(&t.trust.id, &again.trust.id));
}

/* ---- the clock */

static void a_clock_that_went_back_is_not_believed(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(state) struct state s = {.lock = -1};
    AUTO(master_key) struct master_key key = {NULL};
    struct clock_guard first = {0}, second = {0}, forgetful = {0};
    init();
    open_with_key(&s, &key);
    assert_true(clock_open(&first, s.store, &key, false, NOW, &err));
    assert_true(clock_check(&first, NOW, 0, &err));
    clock_saw(&first, NOW + 1000);
    clock_saw(&first, NOW + 500);
    assert_true(clock_check(&first, NOW + 700, 0, &err));
    assert_false(clock_check(&first, NOW + 699, 0, &err));
    assert_int_equal(err.code, QUOTH_CLOCK_BEHIND);
    err = (struct quoth_error){0};
    assert_false(clock_check(&first, NOW + 1000, NOW + 1301, &err)); /* newer collateral */
    err = (struct quoth_error){0};
    assert_true(clock_keep(&first, s.store, &key, &err));
    assert_true(clock_open(&second, s.store, &key, false, NOW, &err)); /* a restart */
    assert_false(clock_check(&second, NOW, 0, &err));
    err = (struct quoth_error){0};
    assert_true(clock_open(&forgetful, s.store, &key, true, NOW, &err));
    assert_true(clock_check(&forgetful, NOW, 0, &err));
}

#define with_folder(test) cmocka_unit_test_setup_teardown(test, begin, end)

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
        with_folder(a_class_is_for_ever),
        with_folder(roots_are_named_and_there),
        with_folder(several_roots_may_be_named),
        with_folder(a_clock_that_went_back_is_not_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
