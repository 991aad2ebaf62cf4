/* Deleting, recovering, purging, and what time does alone (key-release.md 1.8, 1.9), on a file and
 * on PostgreSQL alike. */
#include "tests/vault_things.h"

#define DAYS(n) ((n)*TIME_DAY)

static const struct bytes k = BYTES_INIT("k");

static void what_is_deleted_is_gone_until_it_is_recovered(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(vault_item) struct vault_item item = {0}, back = {0};
    AUTO(buffer) struct buffer backup = {0};
    AUTO(store) struct store *s = opened();
    const struct vault v = things_vault(s);
    const struct vault_changes none = {0};
    const struct vault_rotation standard = {0};
    things_key(&v, "K", NULL);
    must(vault_delete(&v, VAULT_KEY, k, THINGS_NOW, &item, &err));
    assert_true(item.deleted_at == THINGS_NOW && item.purge_at == THINGS_NOW + DAYS(7));
    vault_item_clear(&item);
    refused(vault_find(&v, VAULT_KEY, k, &item, &err), QUOTH_VAULT_KEY_MISSING);
    refused(vault_delete(&v, VAULT_KEY, k, THINGS_NOW, &item, &err), QUOTH_VAULT_KEY_MISSING);
    refused(vault_key_create(&v, k, &things_oct, &none, THINGS_NOW, &item, &err),
            QUOTH_VAULT_DELETED);
    refused(vault_key_rotate(&v, k, THINGS_NOW, &item, &err), QUOTH_VAULT_DELETED);
    refused(vault_update(&v, VAULT_KEY, k, (struct bytes){0}, &none, THINGS_NOW, &item, &err),
            QUOTH_VAULT_KEY_MISSING);
    refused(vault_rotation_set(&v, k, &standard, THINGS_NOW, &item, &err), QUOTH_VAULT_KEY_MISSING);
    refused(vault_backup(&v, VAULT_KEY, k, &backup, &err), QUOTH_VAULT_KEY_MISSING);
    must(vault_find_deleted(&v, VAULT_KEY, k, &item, &err));
    vault_item_clear(&item);
    must(vault_recover(&v, VAULT_KEY, k, THINGS_NOW + 1, &item, &err));
    assert_true(item.deleted_at == 0 && item.purge_at == 0 && item.version_count == 1);
    refused(vault_recover(&v, VAULT_KEY, k, THINGS_NOW + 1, &back, &err), QUOTH_VAULT_KEY_MISSING);
    refused(vault_purge(&v, VAULT_KEY, k, &err), QUOTH_VAULT_KEY_MISSING);
    AUTO(material) struct material *m = NULL;
    must(vault_key_material(&v, &item, &item.versions[0], &m, &err));
}

static void what_is_purged_is_gone_for_good(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(vault_item) struct vault_item old = {0}, item = {0};
    AUTO(material) struct material *m = NULL;
    AUTO(store) struct store *s = opened();
    const struct vault v = things_vault(s);
    things_exportable(&v, "K", POLICY_A, true);
    things_key(&v, "K", NULL);
    must(vault_delete(&v, VAULT_KEY, k, THINGS_NOW, &old, &err));
    must(vault_purge(&v, VAULT_KEY, k, &err));
    assert_int_equal(place_sql("SELECT count(*) FROM record WHERE kind LIKE 'vault.%'"), 1);
    assert_int_equal(place_sql("SELECT count(*) FROM record WHERE kind = 'vault.key'"), 1);
    refused(vault_find_deleted(&v, VAULT_KEY, k, &item, &err), QUOTH_VAULT_KEY_MISSING);
    refused(vault_recover(&v, VAULT_KEY, k, THINGS_NOW, &item, &err), QUOTH_VAULT_KEY_MISSING);
    refused(vault_purge(&v, VAULT_KEY, k, &err), QUOTH_VAULT_KEY_MISSING);
    /* somebody still holds the item as it was */
    refused(vault_key_material(&v, &old, &old.versions[0], &m, &err), QUOTH_VAULT_KEY_MISSING);
    things_key(&v, "k", NULL); /* a new one: nothing of the old, but the count of its policies */
    things_find(&v, VAULT_KEY, "k", &item);
    assert_string_equal(item.name, "k");
    assert_true(item.version_count == 1 && !item.exportable && item.policy.len == 0);
    assert_false(item.policy_immutable);
    assert_true(item.policy_number == 1);
}

/* ---- what time does */

struct told {
    struct buffer events;
    const char *refuses;
};

static bool tell(void *context, const char *event, const struct vault_item *item,
                 struct quoth_error *err)
{
    struct told *t = context;
    buffer_printf(&t->events, "%s %s;", event, item->name);
    return !t->refuses || strcmp(item->name, t->refuses) != 0 ||
           quoth_fail(err, QUOTH_AUDIT_UNAVAILABLE, "trail", QUOTH_NO_OFFSET, "is full");
}

static void tick_tells(const struct vault *v, int64_t now, const char *expected)
{
    struct quoth_error err = {0};
    struct told told = {0};
    must(vault_tick(v, now, now, tell, &told, &err));
    is_text(&told.events, expected);
    buffer_clear(&told.events);
}

/* No request has a clock that would end the protection. */
static void a_protected_one_waits_for_its_time(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(vault_item) struct vault_item item = {0};
    AUTO(store) struct store *s = opened();
    struct vault v = things_vault(s);
    v.purge_protected = true;
    v.retention = 90;
    things_secret(&v, "k", "value");
    must(vault_delete(&v, VAULT_SECRET, k, THINGS_NOW, &item, &err));
    refused(vault_purge(&v, VAULT_SECRET, k, &err), QUOTH_VAULT_PURGE_PROTECTED);
    v.retention = 7; /* said when it was deleted, and not afterwards */
    tick_tells(&v, THINGS_NOW + DAYS(90) - 1, "");
    refused(vault_purge(&v, VAULT_SECRET, k, &err), QUOTH_VAULT_PURGE_PROTECTED);
    tick_tells(&v, THINGS_NOW + DAYS(90), "purge k;");
    refused(vault_purge(&v, VAULT_SECRET, k, &err), QUOTH_VAULT_SECRET_MISSING);
}

static void what_was_not_recovered_in_time_is_purged(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(vault_item) struct vault_item item = {0};
    AUTO(store) struct store *s = opened();
    struct vault v = things_vault(s);
    v.purge_protected = true;
    things_key(&v, "k", NULL);
    things_key(&v, "stays", NULL);
    things_secret(&v, "s", "value");
    must(vault_delete(&v, VAULT_KEY, k, THINGS_NOW, &item, &err));
    vault_item_clear(&item);
    must(vault_delete(&v, VAULT_SECRET, BYTES_LITERAL("s"), THINGS_NOW + 1, &item, &err));
    tick_tells(&v, THINGS_NOW + DAYS(7) - 1, "");
    refused(vault_recover(&v, VAULT_KEY, k, THINGS_NOW + DAYS(7), &item, &err),
            QUOTH_VAULT_KEY_MISSING); /* it is too late, whether somebody came by or not */
    tick_tells(&v, THINGS_NOW + DAYS(7), "purge k;");
    tick_tells(&v, THINGS_NOW + DAYS(7) + 1, "purge s;");
    tick_tells(&v, THINGS_NOW + DAYS(99), "");
    assert_int_equal(place_sql("SELECT count(*) FROM record WHERE kind LIKE 'vault.%.part'"), 1);
}

/* Whatever a clock says that nobody has seen go there. */
static void what_is_purged_goes_by_what_was_witnessed(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct told told = {0};
    AUTO(vault_item) struct vault_item item = {0};
    AUTO(store) struct store *s = opened();
    struct vault v = things_vault(s);
    static const int64_t witnessed[] = {0, THINGS_NOW, THINGS_NOW + DAYS(7) - 1};
    things_secret(&v, "k", "value");
    must(vault_delete(&v, VAULT_SECRET, k, THINGS_NOW, &item, &err));
    for (size_t i = 0; i < COUNT(witnessed); i++)
        must(vault_tick(&v, THINGS_NOW + DAYS(3650), witnessed[i], tell, &told, &err));
    is_text(&told.events, "");
    vault_item_clear(&item);
    must(vault_find_deleted(&v, VAULT_SECRET, k, &item, &err));
    must(vault_tick(&v, THINGS_NOW + DAYS(3650), THINGS_NOW + DAYS(7), tell, &told, &err));
    is_text(&told.events, "purge k;");
    buffer_clear(&told.events);
}

static void what_cannot_be_recorded_is_not_done_and_keeps_nothing_else_from_it(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct told told = {.refuses = "b"};
    AUTO(vault_item) struct vault_item item = {0};
    AUTO(store) struct store *s = opened();
    struct vault v = things_vault(s);
    static const char *const names[] = {"a", "b", "c"};
    for (size_t i = 0; i < COUNT(names); i++) {
        things_key(&v, names[i], NULL);
        vault_item_clear(&item);
        must(vault_delete(&v, VAULT_KEY, bytes_of_text(names[i]), THINGS_NOW, &item, &err));
    }
    assert_false(vault_tick(&v, THINGS_NOW + DAYS(8), THINGS_NOW + DAYS(8), tell, &told, &err));
    assert_int_equal(err.code, QUOTH_AUDIT_UNAVAILABLE);
    is_text(&told.events, "purge a;purge b;purge c;");
    buffer_clear(&told.events);
    tick_tells(&v, THINGS_NOW + DAYS(8), "purge b;");
}

static void a_row_that_does_not_open_keeps_nothing_else_from_it(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct told told = {0};
    AUTO(vault_item) struct vault_item item = {0};
    AUTO(store) struct store *s = opened();
    struct vault v = things_vault(s);
    static const char *const names[] = {"a", "b"};
    for (size_t i = 0; i < COUNT(names); i++) {
        things_secret(&v, names[i], "value");
        vault_item_clear(&item);
        must(vault_delete(&v, VAULT_SECRET, bytes_of_text(names[i]), THINGS_NOW, &item, &err));
    }
    place_sql(
        "UPDATE record SET value = substr(value, 2) WHERE kind = 'vault.secret' AND id = 'a'");
    assert_false(vault_tick(&v, THINGS_NOW + DAYS(8), THINGS_NOW + DAYS(8), tell, &told, &err));
    assert_int_equal(err.code, QUOTH_SEAL_BROKEN);
    is_text(&told.events, "purge b;");
    buffer_clear(&told.events);
}

static void more_than_a_page_is_purged_at_once(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct told told = {0};
    AUTO(store) struct store *s = opened();
    struct vault v = things_vault(s);
    for (int i = 0; i < 2 * (int)VAULT_PAGE_MAX + 1; i++) {
        char name[16];
        AUTO(vault_item) struct vault_item item = {0};
        snprintf(name, sizeof name, "s%d", i);
        things_secret(&v, name, "");
        must(vault_delete(&v, VAULT_SECRET, bytes_of_text(name), THINGS_NOW, &item, &err));
    }
    must(vault_tick(&v, THINGS_NOW + DAYS(7), THINGS_NOW + DAYS(7), tell, &told, &err));
    buffer_clear(&told.events);
    assert_int_equal(place_sql("SELECT count(*) FROM record WHERE kind LIKE 'vault.secret.%'"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_vault(what_is_deleted_is_gone_until_it_is_recovered),
        with_vault(what_is_purged_is_gone_for_good),
        with_vault(a_protected_one_waits_for_its_time),
        with_vault(what_was_not_recovered_in_time_is_purged),
        with_vault(what_is_purged_goes_by_what_was_witnessed),
        with_vault(what_cannot_be_recorded_is_not_done_and_keeps_nothing_else_from_it),
        with_vault(a_row_that_does_not_open_keeps_nothing_else_from_it),
        with_vault(more_than_a_page_is_purged_at_once),
    };
    return place_run(tests);
}
