#include "keys/keep.h"

#include "crypto/x509.h"
#include "keys/signing_key.h"
#include "tests/master.h"
#include "tests/store_file.h"

#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#define ISSUER "https://attest.example.org"
#define NOW 1750000000

static struct master_key master;
static char path[64];
static struct store *store;
static struct kept_key key; /* RSA keys take long to make: one for all tests */

static int begin(void **state)
{
    (void)state;
    master_renew(&master);
    struct quoth_error err = {0};
    snprintf(path, sizeof path, "/tmp/quoth-keep-%d.db", (int)getpid());
    store_file_remove(path); /* of another process of this number, that came to no end */
    if (!key.key && !signing_key_make(ISSUER, NOW, NOW, &key, &err))
        fail_msg("%s: %s", err.where, err.message);
    if (!store_create(path, &err) || !store_open(path, &store, &err))
        fail_msg("%s", err.message);
    return 0;
}

static int end(void **state)
{
    (void)state;
    store_close(take(store));
    store_file_remove(path);
    return 0;
}

static int forget(void **state)
{
    (void)state;
    kept_key_clear(&key);
    return 0;
}

static void a_kept_key_comes_back(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(kept_keys) struct kept_keys set = {0};
    AUTO(buffer) struct buffer before = {0}, after = {0};
    assert_true(key_keep(store, &master, ISSUER, KEY_FOR_TOKENS, &key, &err));
    assert_true(keys_load(store, &master, ISSUER, KEY_FOR_TOKENS, &set, &err));
    assert_int_equal(set.count, 1);
    assert_false(set.keys[0].distrusted);
    assert_int_equal(set.keys[0].signs_from, NOW);
    assert_int_equal(set.keys[0].created, NOW);
    assert_string_equal(set.keys[0].id, key.id);
    assert_true(private_key_to_der(key.key, &before, &err) &&
                private_key_to_der(set.keys[0].key, &after, &err));
    assert_true(bytes_equal(buffer_bytes(&before), buffer_bytes(&after)));
}

static void nothing_of_a_key_lies_in_the_file(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer plain = {0}, file = {0};
    assert_true(key_keep(store, &master, ISSUER, KEY_FOR_TOKENS, &key, &err));
    store_close(take(store));
    assert_true(private_key_to_der(key.key, &plain, &err));
    assert_true(file_read(path, 1 << 20, &file, &err));
    /* any eight bytes out of the middle of the private numbers */
    assert_null(memmem(file.data, file.len, plain.data + 400, 8));
    assert_null(memmem(file.data, file.len, plain.data + 800, 8));
}

/* clang-format off */
static const struct {
    const char *name, *change;
} changes[] = {
    {"another issuer",    "UPDATE record SET tenant = 'https://other.example.org'"},
    {"another purpose",   "UPDATE record SET kind = 'key.tls'"},
    {"another id",        "UPDATE record SET id = 'x'"},
    {"another version",   "UPDATE record SET version = 2"},
    {"changed bytes",     "UPDATE record SET value = CAST(substr(value, 1, 99) || x'0000000000000000' || substr(value, 108) AS BLOB)"},
    {"nothing",           "UPDATE record SET value = x''"},
    {"a cut value",       "UPDATE record SET value = substr(value, 1, 100)"},
    {"exchanged records", "UPDATE record SET value = (SELECT value FROM record b WHERE b.id <> record.id)"},
};
/* clang-format on */

static void a_changed_row_does_not_open(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(changes); i++) {
        struct quoth_error err = {0}, why = {0};
        AUTO(kept_keys) struct kept_keys set = {0};
        struct kept_key second = key;
        sqlite3 *db;
        print_message("  %s\n", changes[i].name);
        snprintf(second.id, sizeof second.id, "second");
        assert_true(key_keep(store, &master, ISSUER, KEY_FOR_TOKENS, &key, &err));
        if (i + 1 == COUNT(changes))
            assert_true(key_keep(store, &master, ISSUER, KEY_FOR_TOKENS, &second, &err));
        assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, changes[i].change, NULL, NULL, NULL), SQLITE_OK);
        sqlite3_close(db);
        assert_false(keys_load(store, &master, i == 0 ? "https://other.example.org" : ISSUER,
                               i == 1 ? "tls" : KEY_FOR_TOKENS, &set, &why));
        assert_int_equal(why.code, QUOTH_SEAL_BROKEN);
        assert_int_equal(set.count, 0);
        end(NULL);
        begin(NULL);
    }
}

static void another_master_key_opens_nothing(void **state)
{
    (void)state;
    AUTO(master_key) struct master_key other = master_for_test();
    struct quoth_error err = {0};
    AUTO(kept_keys) struct kept_keys set = {0};
    assert_true(key_keep(store, &master, ISSUER, KEY_FOR_TOKENS, &key, &err));
    assert_false(keys_load(store, &other, ISSUER, KEY_FOR_TOKENS, &set, &err));
    assert_int_equal(err.code, QUOTH_SEAL_BROKEN);
}

static void a_retired_key_is_kept_but_not_active(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(kept_keys) struct kept_keys set = {0};
    struct kept_key retired = key;
    retired.version = 2;
    retired.distrusted = true;
    assert_true(key_keep(store, &master, ISSUER, KEY_FOR_TOKENS, &key, &err) &&
                key_keep(store, &master, ISSUER, KEY_FOR_TOKENS, &retired, &err));
    assert_true(keys_load(store, &master, ISSUER, KEY_FOR_TOKENS, &set, &err));
    assert_int_equal(set.count, 1);
    assert_true(set.keys[0].distrusted);
}

static void settings_are_bound_to_name_and_version(void **state)
{
    (void)state;
    struct quoth_error err = {0}, moved = {0};
    AUTO(buffer) struct buffer value = {0};
    int64_t version;
    sqlite3 *db;
    assert_true(setting_load(store, &master, "trust", &version, &value, &err));
    assert_int_equal(version, 0);
    assert_true(setting_keep(store, &master, "trust", 1, BYTES_LITERAL("simulated"), &err));
    assert_true(setting_load(store, &master, "trust", &version, &value, &err));
    assert_int_equal(version, 1);
    assert_true(bytes_equal(buffer_bytes(&value), BYTES_LITERAL("simulated")));
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "UPDATE record SET id = 'other'", NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    assert_false(setting_load(store, &master, "other", &version, &value, &moved));
    assert_int_equal(moved.code, QUOTH_SEAL_BROKEN);
}

static void the_certificate_has_the_form_that_clients_expect(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(x509_cert) struct x509_cert *cert = NULL;
    AUTO(buffer) struct buffer subject = {0};
    assert_true(x509_cert_from_der(buffer_bytes(&key.certificate), &cert, &err));
    assert_true(x509_cert_signed_by(cert, cert));
    assert_true(x509_cert_matches(cert, key.key));
    assert_true(x509_cert_subject_text(cert, &subject, &err));
    assert_true(bytes_equal(buffer_bytes(&subject), BYTES_LITERAL("CN=" ISSUER)));
    assert_true(x509_cert_not_before(cert) < NOW && x509_cert_not_after(cert) > NOW);
    assert_int_equal(strlen(key.id), 44); /* base 64 with its padding */
    assert_int_equal(key.id[43], '=');
    assert_int_equal(private_key_bits(key.key), 2048);
}

#define with_store(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_store(a_kept_key_comes_back),
        with_store(nothing_of_a_key_lies_in_the_file),
        with_store(a_changed_row_does_not_open),
        with_store(another_master_key_opens_nothing),
        with_store(a_retired_key_is_kept_but_not_active),
        with_store(settings_are_bound_to_name_and_version),
        with_store(the_certificate_has_the_form_that_clients_expect),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, forget);
    master_key_clear(&master);
    return failed;
}
