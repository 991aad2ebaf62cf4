/* What a backup brings back, and what it does not (THREATS 33), on a file and on PostgreSQL alike. */
#include "tests/vault_things.h"
#include "vault/item_parts.h"
#include "vault/item_record.h"

static const struct bytes k = BYTES_INIT("k");

static void back_up(const struct vault *v, enum vault_kind kind, struct buffer *ret_backup)
{
    struct quoth_error err = {0};
    buffer_clear(ret_backup);
    must(vault_backup(v, kind, k, ret_backup, &err));
}

static void purge(const struct vault *v, enum vault_kind kind)
{
    struct quoth_error err = {0};
    AUTO(vault_item) struct vault_item item = {0};
    must(vault_delete(v, kind, k, THINGS_NOW, &item, &err));
    must(vault_purge(v, kind, k, &err));
}

static bool restore(const struct vault *v, enum vault_kind kind, struct bytes backup,
                    struct quoth_error *err)
{
    AUTO(vault_item) struct vault_item item = {0};
    return vault_restore(v, kind, backup, &item, err);
}

static void everything_comes_back(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer backup = {0}, value = {0};
    AUTO(vault_item) struct vault_item before = {0}, after = {0};
    AUTO(store) struct store *s = opened();
    const struct vault v = things_vault(s);
    const struct vault_changes changes = {.has_enabled = true,
                                          .has_tags = true,
                                          .tags = BYTES_LITERAL("{\"a\":\"b\"}"),
                                          .has_content_type = true,
                                          .content_type = BYTES_LITERAL("text/plain"),
                                          .has_policy = true,
                                          .policy = BYTES_LITERAL(POLICY_A)};
    things_secret(&v, "K", "one");
    must(vault_secret_set(&v, k, BYTES_LITERAL("two"), &changes, THINGS_NOW + 1, &before, &err));
    back_up(&v, VAULT_SECRET, &backup);
    purge(&v, VAULT_SECRET);
    must(vault_restore(&v, VAULT_SECRET, buffer_bytes(&backup), &after, &err));
    assert_string_equal(after.name, "K");
    assert_int_equal(after.version_count, 2);
    for (size_t i = 0; i < 2; i++)
        assert_string_equal(after.versions[i].id, before.versions[i].id);
    assert_true(after.versions[1].created == THINGS_NOW + 1 && !after.versions[1].enabled);
    is_text(&after.versions[1].tags, "{\"a\":\"b\"}");
    is_text(&after.versions[1].content_type, "text/plain");
    is_text(&after.policy, POLICY_A);
    assert_true(after.policy_number == 1 && after.record > before.record);
    must(vault_secret_value(&v, &after, &after.versions[0], &value, &err));
    is_text(&value, "one");
    things_secret_is(&v, "k", "two");
}

static void a_name_that_is_taken_stays(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer backup = {0};
    AUTO(vault_item) struct vault_item item = {0};
    AUTO(store) struct store *s = opened();
    const struct vault v = things_vault(s);
    things_key(&v, "k", NULL);
    back_up(&v, VAULT_KEY, &backup);
    refused(restore(&v, VAULT_KEY, buffer_bytes(&backup), &err), QUOTH_VAULT_EXISTS);
    must(vault_delete(&v, VAULT_KEY, k, THINGS_NOW, &item, &err));
    refused(restore(&v, VAULT_KEY, buffer_bytes(&backup), &err), QUOTH_VAULT_EXISTS);
    must(vault_purge(&v, VAULT_KEY, k, &err));
    must(restore(&v, VAULT_KEY, buffer_bytes(&backup), &err));
    refused(restore(&v, VAULT_KEY, buffer_bytes(&backup), &err), QUOTH_VAULT_EXISTS);
}

/* ---- policies */

static void change_policy(const struct vault *v, const char *policy, bool immutable)
{
    struct quoth_error err = {0};
    AUTO(vault_item) struct vault_item item = {0};
    const struct vault_changes c = {
        .has_policy = true, .policy = bytes_of_text(policy), .policy_immutable = immutable};
    must(vault_update(v, VAULT_KEY, k, (struct bytes){0}, &c, THINGS_NOW + 9, &item, &err));
}

static void an_older_policy_never_comes_back(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer first = {0}, second = {0}, third = {0};
    AUTO(vault_item) struct vault_item item = {0};
    AUTO(store) struct store *s = opened();
    const struct vault v = things_vault(s);
    things_exportable(&v, "k", POLICY_A, false);
    back_up(&v, VAULT_KEY, &first);
    change_policy(&v, POLICY_B, false);
    back_up(&v, VAULT_KEY, &second);
    change_policy(&v, POLICY_B, true); /* for ever is a change, too */
    back_up(&v, VAULT_KEY, &third);
    purge(&v, VAULT_KEY);
    refused(restore(&v, VAULT_KEY, buffer_bytes(&first), &err), QUOTH_VAULT_BACKUP);
    refused(restore(&v, VAULT_KEY, buffer_bytes(&second), &err), QUOTH_VAULT_BACKUP);
    must(restore(&v, VAULT_KEY, buffer_bytes(&third), &err));
    things_find(&v, VAULT_KEY, "k", &item);
    assert_true(item.policy_number == 3 && item.policy_immutable);
    assert_true(item.policy_since == THINGS_NOW + 9);
}

static void nor_when_another_had_the_name_meanwhile(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer first = {0};
    AUTO(store) struct store *s = opened();
    const struct vault v = things_vault(s);
    things_exportable(&v, "k", POLICY_A, true);
    back_up(&v, VAULT_KEY, &first);
    purge(&v, VAULT_KEY);
    things_exportable(&v, "k", POLICY_B, false);
    purge(&v, VAULT_KEY);
    refused(restore(&v, VAULT_KEY, buffer_bytes(&first), &err), QUOTH_VAULT_BACKUP);
}

static void nor_one_that_can_be_changed_where_none_may_be(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer backup = {0};
    AUTO(store) struct store *s = opened();
    struct vault v = things_vault(s);
    things_exportable(&v, "k", POLICY_A, false);
    back_up(&v, VAULT_KEY, &backup);
    purge(&v, VAULT_KEY);
    v.immutable_only = true;
    refused(restore(&v, VAULT_KEY, buffer_bytes(&backup), &err), QUOTH_VAULT_POLICY_MUTABLE);
}

/* ---- what is no backup, not of this, or not whole */

static void what_is_not_whole_is_refused(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer backup = {0};
    AUTO(store) struct store *s = opened();
    const struct vault v = things_vault(s);
    things_secret(&v, "k", "value");
    back_up(&v, VAULT_SECRET, &backup);
    purge(&v, VAULT_SECRET);
    for (size_t len = 0; len < backup.len; len++)
        refused(restore(&v, VAULT_SECRET, bytes_slice(buffer_bytes(&backup), 0, len), &err),
                QUOTH_VAULT_BACKUP);
    for (size_t at = 0; at < backup.len; at++) {
        backup.data[at] ^= 0x20;
        refused(restore(&v, VAULT_SECRET, buffer_bytes(&backup), &err), QUOTH_VAULT_BACKUP);
        backup.data[at] ^= 0x20;
    }
    must(restore(&v, VAULT_SECRET, buffer_bytes(&backup), &err));
    purge(&v, VAULT_SECRET);
    buffer_u8(&backup, 0);
    refused(restore(&v, VAULT_SECRET, buffer_bytes(&backup), &err), QUOTH_VAULT_BACKUP);
}

static void what_is_anothers_is_refused(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer of_key = {0}, of_secret = {0};
    AUTO(store) struct store *s = opened();
    const struct vault v = things_vault(s);
    AUTO(master_key) struct master_key other_master = master_for_test();
    struct vault other = v;
    things_key(&v, "k", NULL);
    things_secret(&v, "k", "value");
    back_up(&v, VAULT_KEY, &of_key);
    back_up(&v, VAULT_SECRET, &of_secret);
    purge(&v, VAULT_KEY);
    purge(&v, VAULT_SECRET);
    refused(restore(&v, VAULT_SECRET, buffer_bytes(&of_key), &err), QUOTH_VAULT_BACKUP);
    refused(restore(&v, VAULT_KEY, buffer_bytes(&of_secret), &err), QUOTH_VAULT_BACKUP);
    other.tenant = "https://b";
    refused(restore(&other, VAULT_KEY, buffer_bytes(&of_key), &err), QUOTH_VAULT_BACKUP);
    other = v;
    other.master = &other_master;
    refused(restore(&other, VAULT_KEY, buffer_bytes(&of_key), &err), QUOTH_VAULT_BACKUP);
    of_key.data[4] = VAULT_SECRET; /* says it is a secret's */
    refused(restore(&v, VAULT_SECRET, buffer_bytes(&of_key), &err), QUOTH_VAULT_BACKUP);
    assert_int_equal(place_sql("SELECT count(*) FROM record WHERE kind LIKE 'vault.%.part'"), 0);
}

/* What the master key sealed for this name, but we did not write so. */
static void forge(const struct vault *v, const char *clear_name, struct bytes plain,
                  struct buffer *ret_backup)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer clear = {0};
    buffer_text(&clear, "QVB1");
    buffer_u8(&clear, VAULT_SECRET);
    buffer_u8(&clear, (uint8_t)strlen(clear_name));
    buffer_text(&clear, clear_name);
    buffer_u16le(&clear, (uint16_t)strlen(v->tenant));
    buffer_text(&clear, v->tenant);
    const struct seal_place under = {.use = "vault.backup",
                                     .issuer = v->tenant,
                                     .id = clear_name,
                                     .version = 1,
                                     .beside = buffer_bytes(&clear)};
    buffer_clear(ret_backup);
    buffer_add(ret_backup, buffer_bytes(&clear));
    must(seal(v->master, &under, plain, ret_backup, &err));
}

/* A secret k with one version, whose value is "value", deleted or not. */
static void write_plain(struct buffer *to, const char *name, enum vault_kind kind,
                        const char *value, int64_t deleted_at)
{
    struct quoth_error err = {0};
    AUTO(vault_item) struct vault_item item = {.kind = kind, .deleted_at = deleted_at};
    snprintf(item.name, sizeof item.name, "%s", name);
    struct vault_version *version = vault_item_extend(&item, &err);
    snprintf(version->id, sizeof version->id, "0123456789abcdef0123456789abcdef");
    version->secret = sha256_of(BYTES_LITERAL("value"));
    buffer_clear(to);
    must(item_write(&item, to, &err));
    buffer_u32le(to, (uint32_t)strlen(value));
    buffer_text(to, value);
}

static void what_does_not_fit_together_is_refused(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer plain = {0}, backup = {0};
    AUTO(store) struct store *s = opened();
    const struct vault v = things_vault(s);
    static const struct {
        const char *what, *name;
        enum vault_kind kind;
        const char *value;
        int64_t deleted_at;
        size_t more;
    } wrong[] = {
        {"another name",       "other", VAULT_SECRET, "value", 0, 0},
        {"a key",              "k",     VAULT_KEY,    "value", 0, 0},
        {"another value",      "k",     VAULT_SECRET, "valuf", 0, 0},
        {"a deleted one",      "k",     VAULT_SECRET, "value", 5, 0},
        {"something after it", "k",     VAULT_SECRET, "value", 0, 1},
    };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        print_message("  %s\n", wrong[i].what);
        write_plain(&plain, wrong[i].name, wrong[i].kind, wrong[i].value, wrong[i].deleted_at);
        buffer_fill(&plain, wrong[i].more, 0);
        forge(&v, "k", buffer_bytes(&plain), &backup);
        refused(restore(&v, VAULT_SECRET, buffer_bytes(&backup), &err), QUOTH_VAULT_BACKUP);
    }
    write_plain(&plain, "k", VAULT_SECRET, "value", 0);
    for (size_t len = 0; len < plain.len; len++) {
        forge(&v, "k", bytes_slice(buffer_bytes(&plain), 0, len), &backup);
        refused(restore(&v, VAULT_SECRET, buffer_bytes(&backup), &err), QUOTH_VAULT_BACKUP);
    }
    forge(&v, "K", buffer_bytes(&plain), &backup); /* not the form that we write */
    refused(restore(&v, VAULT_SECRET, buffer_bytes(&backup), &err), QUOTH_VAULT_BACKUP);
    assert_int_equal(place_sql("SELECT count(*) FROM record"), 0);
    forge(&v, "k", buffer_bytes(&plain), &backup);
    must(restore(&v, VAULT_SECRET, buffer_bytes(&backup), &err));
}

static void what_is_too_large_for_a_backup_says_so(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer value = {0}, backup = {0};
    AUTO(store) struct store *s = opened();
    const struct vault v = things_vault(s);
    const struct vault_changes none = {0};
    if (place.shared) /* the same code, and slower */
        return;
    buffer_fill(&value, VAULT_SECRET_MAX, 'x');
    for (unsigned i = 0; i <= VAULT_BACKUP_MAX / VAULT_SECRET_MAX; i++) {
        AUTO(vault_item) struct vault_item item = {0};
        must(vault_secret_set(&v, k, buffer_bytes(&value), &none, THINGS_NOW, &item, &err));
    }
    refused(vault_backup(&v, VAULT_SECRET, k, &backup, &err), QUOTH_VAULT_BACKUP_SIZE);
    assert_int_equal(backup.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_vault(everything_comes_back),
        with_vault(a_name_that_is_taken_stays),
        with_vault(an_older_policy_never_comes_back),
        with_vault(nor_when_another_had_the_name_meanwhile),
        with_vault(nor_one_that_can_be_changed_where_none_may_be),
        with_vault(what_is_not_whole_is_refused),
        with_vault(what_is_anothers_is_refused),
        with_vault(what_does_not_fit_together_is_refused),
        with_vault(what_is_too_large_for_a_backup_says_so),
    };
    return place_run(tests);
}
