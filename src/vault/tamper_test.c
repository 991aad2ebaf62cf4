/* What somebody can do who has the database, but not the master key: nothing that is believed. On a
 * file and on PostgreSQL alike. */
#include "tests/vault_things.h"

#define SECRET_TEXT "what-nobody-may-read-in-the-database"

static const char tenant_b[] = "https://b";

/* Two versions of each of two keys and two secrets, of two tenants. */
static struct store *filled(void)
{
    struct store *s = opened();
    struct vault v = things_vault(s);
    for (int tenant = 0; tenant < 2; tenant++) {
        for (int i = 0; i < 2; i++) {
            things_exportable(&v, i == 0 ? "k" : "l", POLICY_A, false);
            things_key(&v, i == 0 ? "k" : "l", NULL);
            things_secret(&v, i == 0 ? "s" : "t", SECRET_TEXT);
            things_secret(&v, i == 0 ? "s" : "t", "more");
        }
        v.tenant = tenant_b;
    }
    return s;
}

/* All there is of a name of the first tenant. */
static bool read_key(const struct vault *v, struct quoth_error *err)
{
    AUTO(vault_item) struct vault_item item = {0};
    bool good = vault_find(v, VAULT_KEY, BYTES_LITERAL("k"), &item, err);
    for (size_t i = 0; good && i < item.version_count; i++) {
        AUTO(material) struct material *m = NULL;
        good = vault_key_material(v, &item, &item.versions[i], &m, err);
    }
    return good;
}

static bool read_secret(const struct vault *v, struct quoth_error *err)
{
    AUTO(vault_item) struct vault_item item = {0};
    bool good = vault_find(v, VAULT_SECRET, BYTES_LITERAL("s"), &item, err);
    for (size_t i = 0; good && i < item.version_count; i++) {
        AUTO(buffer) struct buffer value = {0};
        good = vault_secret_value(v, &item, &item.versions[i], &value, err);
    }
    return good;
}

#define OF_A " WHERE tenant = 'https://a' AND kind = "
#define KEY OF_A "'vault.key' AND id = 'k'"
#define KEY_PART OF_A "'vault.key.part' AND id LIKE 'k/%'"
#define SECRET OF_A "'vault.secret' AND id = 's'"
#define SECRET_PART OF_A "'vault.secret.part' AND id LIKE 's/%'"
#define VALUE_OF(condition)                                                                        \
    "UPDATE record SET value = (SELECT o.value FROM record o WHERE " condition                     \
    " ORDER BY o.id LIMIT 1)"

/* clang-format off */
static const struct {
    const char *name;
    enum vault_kind kind;
    const char *sql;
} attacks[] = {
    {"an empty item",                   VAULT_KEY,    "UPDATE record SET value = substr(value, 1, 0)" KEY},
    {"an item cut off",                 VAULT_KEY,    "UPDATE record SET value = substr(value, 1, length(value) - 1)" KEY},
    {"an item without its begin",       VAULT_SECRET, "UPDATE record SET value = substr(value, 2)" SECRET},
    {"an item of another name",         VAULT_KEY,    VALUE_OF("o.tenant = 'https://a' AND o.kind = 'vault.key' AND o.id = 'l'") KEY},
    {"an item of another tenant",       VAULT_KEY,    VALUE_OF("o.tenant = 'https://b' AND o.kind = 'vault.key' AND o.id = 'k'") KEY},
    {"an item of another kind",         VAULT_KEY,    VALUE_OF("o.tenant = 'https://a' AND o.kind = 'vault.secret' AND o.id = 's'") KEY},
    {"a part as an item",               VAULT_KEY,    VALUE_OF("o.tenant = 'https://a' AND o.kind = 'vault.key.part' AND o.id LIKE 'k/%'") KEY},
    {"a mark as an item",               VAULT_KEY,    VALUE_OF("o.tenant = 'https://a' AND o.kind = 'vault.key.live' AND o.id = 'k'") KEY},
    {"an item with a later number",     VAULT_KEY,    "UPDATE record SET version = 77" KEY},
    {"an item with an earlier number",  VAULT_SECRET, "UPDATE record SET version = 1" SECRET},
    {"no parts",                        VAULT_KEY,    "DELETE FROM record" KEY_PART},
    {"no values",                       VAULT_SECRET, "DELETE FROM record" SECRET_PART},
    {"empty parts",                     VAULT_KEY,    "UPDATE record SET value = substr(value, 1, 0)" KEY_PART},
    {"parts cut off",                   VAULT_SECRET, "UPDATE record SET value = substr(value, 1, length(value) - 1)" SECRET_PART},
    {"parts of two versions exchanged", VAULT_KEY,    VALUE_OF("o.kind = record.kind AND o.tenant = record.tenant AND o.id LIKE 'k/%' AND o.id <> record.id") KEY_PART},
    {"values of two versions exchanged", VAULT_SECRET, VALUE_OF("o.kind = record.kind AND o.tenant = record.tenant AND o.id LIKE 's/%' AND o.id <> record.id") SECRET_PART},
    {"parts of another name",           VAULT_KEY,    VALUE_OF("o.kind = record.kind AND o.tenant = record.tenant AND o.id LIKE 'l/%'") KEY_PART},
    {"values of another name",          VAULT_SECRET, VALUE_OF("o.kind = record.kind AND o.tenant = record.tenant AND o.id LIKE 't/%'") SECRET_PART},
    {"parts of another tenant",         VAULT_KEY,    VALUE_OF("o.kind = record.kind AND o.tenant = 'https://b' AND o.id LIKE 'k/%'") KEY_PART},
    {"values of another tenant",        VAULT_SECRET, VALUE_OF("o.kind = record.kind AND o.tenant = 'https://b' AND o.id LIKE 's/%'") SECRET_PART},
    {"values of secrets as keys",       VAULT_KEY,    VALUE_OF("o.kind = 'vault.secret.part' AND o.tenant = 'https://a' AND o.id LIKE 's/%'") KEY_PART},
    {"parts with another number",       VAULT_KEY,    "UPDATE record SET version = 2" KEY_PART},
    {"values with another number",      VAULT_SECRET, "UPDATE record SET version = 2" SECRET_PART},
};
/* clang-format on */

static void what_somebody_else_wrote_is_not_believed(void **state)
{
    for (size_t i = 0; i < COUNT(attacks); i++) {
        struct quoth_error err = {0};
        print_message("  %s\n", attacks[i].name);
        things_begin(state);
        AUTO(store) struct store *s = filled();
        const struct vault v = things_vault(s);
        must(read_key(&v, &err) && read_secret(&v, &err));
        place_sql(attacks[i].sql);
        if (attacks[i].kind == VAULT_KEY)
            refused(read_key(&v, &err), QUOTH_SEAL_BROKEN);
        else
            refused(read_secret(&v, &err), QUOTH_SEAL_BROKEN);
        /* nor is anything built on it, or taken along */
        AUTO(buffer) struct buffer backup = {0};
        const struct bytes name =
            attacks[i].kind == VAULT_KEY ? BYTES_LITERAL("k") : BYTES_LITERAL("s");
        refused(vault_backup(&v, attacks[i].kind, name, &backup, &err), QUOTH_SEAL_BROKEN);
        assert_int_equal(backup.len, 0);
    }
}

/* By a build that has a mistake, or another form: never the fault of who asks. */
static void what_opens_and_is_no_item_is_a_broken_store(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(vault_item) struct vault_item item = {0};
    AUTO(store) struct store *s = opened();
    const struct vault v = things_vault(s);
    struct store_record r = {.kind = "vault.key", .tenant = "https://a", .id = "k", .version = 1};
    r.value = BYTES_LITERAL("\1\7");
    must(record_keep(s, v.master, &r, 0, &err));
    refused(vault_find(&v, VAULT_KEY, BYTES_LITERAL("k"), &item, &err), QUOTH_STORE_BROKEN);
    r.version = 2;
    r.value = BYTES_LITERAL("\2");
    must(record_keep(s, v.master, &r, 0, &err));
    refused(vault_find(&v, VAULT_KEY, BYTES_LITERAL("k"), &item, &err), QUOTH_STORE_VERSION);
}

static void a_broken_item_is_not_changed(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(vault_item) struct vault_item item = {0};
    AUTO(store) struct store *s = filled();
    const struct vault v = things_vault(s);
    const struct vault_changes none = {0};
    const struct bytes k = BYTES_LITERAL("k");
    place_sql("UPDATE record SET value = substr(value, 2)" KEY);
    refused(vault_key_create(&v, k, &things_oct, &none, THINGS_NOW, &item, &err),
            QUOTH_SEAL_BROKEN);
    refused(vault_key_rotate(&v, k, THINGS_NOW, &item, &err), QUOTH_SEAL_BROKEN);
    refused(vault_update(&v, VAULT_KEY, k, (struct bytes){0}, &none, THINGS_NOW, &item, &err),
            QUOTH_SEAL_BROKEN);
    refused(vault_delete(&v, VAULT_KEY, k, THINGS_NOW, &item, &err), QUOTH_SEAL_BROKEN);
    refused(vault_recover(&v, VAULT_KEY, k, THINGS_NOW, &item, &err), QUOTH_SEAL_BROKEN);
    refused(vault_purge(&v, VAULT_KEY, k, &err), QUOTH_SEAL_BROKEN);
}

static bool gather(void *context, const struct vault_item *item, struct quoth_error *err)
{
    (void)err;
    buffer_printf(context, "%s;", item->name);
    return true;
}

/* Marks say where to look, and nothing else. */
static void marks_are_not_believed(void **state)
{
    (void)state;
    struct quoth_error err = {0}, broken = {0};
    AUTO(vault_item) struct vault_item item = {0};
    AUTO(buffer) struct buffer live = {0}, deleted = {0};
    bool more;
    AUTO(store) struct store *s = filled();
    const struct vault v = things_vault(s);
    must(vault_delete(&v, VAULT_KEY, BYTES_LITERAL("l"), THINGS_NOW, &item, &err));
    place_sql("UPDATE record SET kind = 'vault.key.x' WHERE kind = 'vault.key.live'");
    place_sql("UPDATE record SET kind = 'vault.key.live' WHERE kind = 'vault.key.deleted'");
    place_sql("UPDATE record SET kind = 'vault.key.deleted' WHERE kind = 'vault.key.x'");
    place_sql("INSERT INTO record SELECT kind, tenant, 'never-was', version, value FROM record"
              " WHERE kind = 'vault.key.live'");
    place_sql("INSERT INTO record SELECT kind, tenant, 'no name', version, value FROM record"
              " WHERE kind = 'vault.key.live' AND id = 'l'");
    must(vault_list(&v, VAULT_KEY, false, (struct bytes){0}, 9, gather, &live, &more, &broken,
                    &err));
    must(vault_list(&v, VAULT_KEY, true, (struct bytes){0}, 9, gather, &deleted, &more, &broken,
                    &err));
    assert_int_equal(broken.code, QUOTH_OK);
    is_text(&live, "");
    is_text(&deleted, "");
    must(read_key(&v, &err));
}

/* One that does not open keeps nobody from finding the others. */
static void a_broken_item_is_left_out_of_lists(void **state)
{
    (void)state;
    struct quoth_error err = {0}, broken = {0};
    AUTO(buffer) struct buffer live = {0};
    bool more;
    AUTO(store) struct store *s = filled();
    const struct vault v = things_vault(s);
    place_sql("UPDATE record SET value = substr(value, 2)" KEY);
    must(vault_list(&v, VAULT_KEY, false, (struct bytes){0}, 1, gather, &live, &more, &broken,
                    &err));
    is_text(&live, "l;");
    assert_false(more);
    assert_int_equal(broken.code, QUOTH_SEAL_BROKEN);
    assert_memory_equal(broken.where, "k.", 2);
}

/* ---- what lies on the disk */

static bool is_in_files(struct bytes what)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < COUNT(ends); i++) {
        AUTO(buffer) struct buffer content = {0};
        struct quoth_error err = {0};
        char path[sizeof place.at + 8];
        snprintf(path, sizeof path, "%s%s", place.at, ends[i]);
        if (file_read(path, 1 << 26, &content, &err) && content.len > 0 &&
            memmem(content.data, content.len, what.data, what.len))
            return true;
    }
    return false;
}

static void nothing_secret_is_ever_on_the_disk(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(vault_item) struct vault_item item = {0}, ec = {0};
    AUTO(buffer) struct buffer sealed = {0}, part = {0};
    AUTO(material) struct material *m = NULL;
    const struct vault_changes none = {0};
    char id[VAULT_NAME_MAX + 2 + VAULT_VERSION_SIZE];
    int64_t version;
    if (place.shared) /* the file of SQLite is what can be looked through */
        return;
    AUTO(store) struct store *s = filled();
    const struct vault v = things_vault(s);
    must(vault_key_create(&v, BYTES_LITERAL("ec"), &things_ec, &none, THINGS_NOW, &ec, &err));
    must(vault_key_material(&v, &ec, &ec.versions[0], &m, &err) && material_export(m, &part, &err));
    assert_false(is_in_files(buffer_bytes(&part)));
    assert_false(is_in_files(bytes_slice(buffer_bytes(&part), 36, 32))); /* the scalar */
    assert_false(is_in_files(BYTES_LITERAL(SECRET_TEXT)));
    assert_false(is_in_files(BYTES_LITERAL("maa.example"))); /* of the policy */
    things_find(&v, VAULT_SECRET, "s", &item);
    snprintf(id, sizeof id, "s/%s", item.versions[0].id);
    must(store_get(s, "vault.secret.part", v.tenant, id, 0, &version, &sealed, &err));
    assert_true(version == 1 && is_in_files(buffer_bytes(&sealed)));
    vault_item_clear(&item);
    must(vault_delete(&v, VAULT_SECRET, BYTES_LITERAL("s"), THINGS_NOW, &item, &err));
    assert_true(is_in_files(buffer_bytes(&sealed)));
    must(vault_purge(&v, VAULT_SECRET, BYTES_LITERAL("s"), &err));
    assert_false(is_in_files(buffer_bytes(&sealed)));
    assert_false(is_in_files(bytes_slice(buffer_bytes(&sealed), 12, 24)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_vault(what_somebody_else_wrote_is_not_believed),
        with_vault(what_opens_and_is_no_item_is_a_broken_store),
        with_vault(a_broken_item_is_not_changed),
        with_vault(marks_are_not_believed),
        with_vault(a_broken_item_is_left_out_of_lists),
        with_vault(nothing_secret_is_ever_on_the_disk),
    };
    return place_run(tests);
}
