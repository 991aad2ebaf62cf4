/* What a rotation makes, distrusts and puts away. */
#include "service/tenants/rotation.h"

#include "tests/master.h"
#include "tests/store_file.h"

#include <stdio.h>
#include <unistd.h>

#define NOW 1750000000
#define DELAY 600
#define ISSUER "https://attest.example.org"
#define OTHER "https://other.example.org"

static struct master_key master;
static char path[64];
static struct store *store;

static int begin(void **state)
{
    (void)state;
    master_renew(&master);
    struct quoth_error err = {0};
    AUTO(kept_key) struct kept_key first = {0};
    snprintf(path, sizeof path, "/tmp/quoth-rotation-%d.db", (int)getpid());
    store_file_remove(path); /* of another process of this number, that came to no end */
    assert_true(store_create(path, &err) && store_open(path, &store, &err));
    assert_true(signing_key_make(ISSUER, NOW, NOW, &first, &err));
    return key_keep(store, &master, ISSUER, KEY_FOR_TOKENS, &first, &err) ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    store_close(take(store));
    store_file_remove(path);
    return 0;
}

static struct kept_keys load(void)
{
    struct quoth_error err = {0};
    struct kept_keys set = {.count = 0};
    assert_true(keys_load(store, &master, ISSUER, KEY_FOR_TOKENS, &set, &err));
    return set;
}

/* Gives the code; kid is that of the key made. */
static enum quoth_code rotate(const char *distrust, int64_t now, char kid[64])
{
    struct quoth_error err = {0};
    AUTO(rotation) struct rotation r = {.keys = {.count = 0}};
    if (rotation_plan(store, &master, ISSUER, distrust, now, DELAY, &r, &err) &&
        rotation_put(&r, store, &master, ISSUER, &err) && kid)
        snprintf(kid, 64, "%s", r.made.id);
    return err.code;
}

static void a_new_key_waits(void **state)
{
    (void)state;
    char kid[64];
    assert_int_equal(rotate(NULL, NOW + 10, kid), QUOTH_OK);
    AUTO(kept_keys) struct kept_keys set = load();
    assert_int_equal(set.count, 2);
    assert_string_equal(set.keys[0].id, kid);
    assert_int_equal(set.keys[0].signs_from, NOW + 10 + DELAY);
    assert_string_equal(signing_key_active(&set, NOW + 9 + DELAY)->id, set.keys[1].id);
    assert_string_equal(signing_key_active(&set, NOW + 10 + DELAY)->id, kid);
}

static void the_follower_of_a_distrusted_key_signs_at_once(void **state)
{
    (void)state;
    char kid[64];
    AUTO(kept_keys) struct kept_keys before = load();
    assert_int_equal(rotate(before.keys[0].id, NOW + 10, kid), QUOTH_OK);
    AUTO(kept_keys) struct kept_keys set = load();
    assert_string_equal(signing_key_active(&set, NOW + 10)->id, kid);
    assert_true(set.keys[1].distrusted && set.keys[1].version == 2);
    assert_int_equal(signing_key_shown_until(&set, &set.keys[1]), 0);
}

static void a_waiting_key_is_distrusted_and_the_old_one_signs_on(void **state)
{
    (void)state;
    char waits[64], kid[64];
    AUTO(kept_keys) struct kept_keys before = load();
    assert_int_equal(rotate(NULL, NOW + 10, waits), QUOTH_OK);
    assert_int_equal(rotate(waits, NOW + 20, kid), QUOTH_OK);
    AUTO(kept_keys) struct kept_keys set = load();
    assert_string_equal(signing_key_active(&set, NOW + 10 + DELAY)->id, before.keys[0].id);
    assert_string_equal(signing_key_active(&set, NOW + 20 + DELAY)->id, kid);
}

static void what_is_over_goes_with_its_private_part(void **state)
{
    (void)state;
    const int64_t over = NOW + 10 + DELAY + SIGNING_KEY_SHOWN_AFTER;
    AUTO(kept_keys) struct kept_keys before = load();
    AUTO(buffer) struct buffer value = {0};
    struct quoth_error err = {0};
    int64_t version;
    assert_int_equal(rotate(NULL, NOW + 10, NULL), QUOTH_OK);
    assert_int_equal(rotate(NULL, over - 1, NULL), QUOTH_OK);
    AUTO(kept_keys) struct kept_keys still = load();
    assert_int_equal(still.count, 3);
    assert_int_equal(rotate(NULL, over, NULL), QUOTH_OK);
    AUTO(kept_keys) struct kept_keys after = load();
    assert_int_equal(after.count, 3);
    for (size_t i = 0; i < after.count; i++)
        assert_string_not_equal(after.keys[i].id, before.keys[0].id);
    assert_true(record_load(store, &master, "key.token", ISSUER, before.keys[0].id, 0, &version,
                            &value, &err));
    assert_true(version == 2 && value.len == 1); /* and no version before it: */
    assert_false(record_load(store, &master, "key.token", ISSUER, before.keys[0].id, 1, &version,
                             &value, &err) &&
                 version == 1);
}

static void a_distrusted_key_can_be_seen_until_the_next_rotation(void **state)
{
    (void)state;
    AUTO(kept_keys) struct kept_keys before = load();
    assert_int_equal(rotate(before.keys[0].id, NOW + 10, NULL), QUOTH_OK);
    AUTO(kept_keys) struct kept_keys seen = load();
    assert_int_equal(seen.count, 2);
    assert_int_equal(rotate(before.keys[0].id, NOW + 20, NULL), QUOTH_OK); /* again */
    AUTO(kept_keys) struct kept_keys again = load();
    assert_int_equal(again.count, 3);
    assert_int_equal(rotate(NULL, NOW + 30, NULL), QUOTH_OK);
    AUTO(kept_keys) struct kept_keys gone = load();
    assert_int_equal(gone.count, 3);
    assert_int_equal(rotate(before.keys[0].id, NOW + 40, NULL), QUOTH_SIGNING_KEY_UNKNOWN);
}

static void who_comes_second_is_told(void **state)
{
    (void)state;
    struct quoth_error err = {0}, second = {0};
    AUTO(kept_keys) struct kept_keys before = load();
    AUTO(rotation) struct rotation one = {.keys = {.count = 0}}, two = {.keys = {.count = 0}};
    const char *kid = before.keys[0].id;
    assert_true(rotation_plan(store, &master, ISSUER, kid, NOW + 10, DELAY, &one, &err) &&
                rotation_plan(store, &master, ISSUER, kid, NOW + 10, DELAY, &two, &err));
    assert_true(rotation_put(&one, store, &master, ISSUER, &err));
    assert_false(rotation_put(&two, store, &master, ISSUER, &second));
    assert_int_equal(second.code, QUOTH_STORE_CONFLICT);
    AUTO(kept_keys) struct kept_keys after = load();
    assert_int_equal(after.count, 2); /* nothing of the second is there */
}

static void there_is_a_limit(void **state)
{
    (void)state;
    for (size_t i = 1; i < KEPT_KEYS_MAX; i++)
        assert_int_equal(rotate(NULL, NOW + 10, NULL), QUOTH_OK);
    assert_int_equal(rotate(NULL, NOW + 10, NULL), QUOTH_SIGNING_KEY_LIMIT);
    AUTO(kept_keys) struct kept_keys set = load();
    assert_int_equal(set.count, KEPT_KEYS_MAX);
    assert_int_equal(rotate(NULL, NOW + DELAY + 10 + SIGNING_KEY_SHOWN_AFTER, NULL), QUOTH_OK);
}

static void a_key_of_another_tenant_is_unknown(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(kept_key) struct kept_key foreign = {0};
    assert_true(signing_key_make(OTHER, NOW, NOW, &foreign, &err) &&
                key_keep(store, &master, OTHER, KEY_FOR_TOKENS, &foreign, &err));
    assert_int_equal(rotate(foreign.id, NOW + 10, NULL), QUOTH_SIGNING_KEY_UNKNOWN);
    assert_int_equal(rotate("", NOW + 10, NULL), QUOTH_SIGNING_KEY_UNKNOWN);
    AUTO(kept_keys) struct kept_keys set = load();
    assert_int_equal(set.count, 1);
}

#define with_store(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_store(a_new_key_waits),
        with_store(the_follower_of_a_distrusted_key_signs_at_once),
        with_store(a_waiting_key_is_distrusted_and_the_old_one_signs_on),
        with_store(what_is_over_goes_with_its_private_part),
        with_store(a_distrusted_key_can_be_seen_until_the_next_rotation),
        with_store(who_comes_second_is_told),
        with_store(there_is_a_limit),
        with_store(a_key_of_another_tenant_is_unknown),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    master_key_clear(&master);
    return failed;
}
