/* What the vault keeps while the terms of the keyring go by, on a file and on PostgreSQL alike. */
#include "keys/reseal.h"
#include "keys/slots.h"
#include "tests/vault_things.h"

#include <sys/stat.h>

/* A keyring whose only slot is a file beside the store. */
static void make_keyring(struct store *s, struct master_key *ret_master)
{
    struct quoth_error err = {0};
    char state_folder[64], path[64];
    char *items[] = {path};
    const struct slots_sources sources = {items, 1, state_folder, true};
    snprintf(state_folder, sizeof state_folder, "%s/state", place.folder);
    snprintf(path, sizeof path, "%s/master.key", place.folder);
    unlink(path);
    mkdir(state_folder, 0700);
    must(slots_make(s, &sources, THINGS_NOW, ret_master, &err));
}

static void turn_keyring(struct store *s, const struct master_key *master)
{
    struct quoth_error err = {0};
    struct slots_rotation done;
    struct reseal r = {.version = 0};
    must(slots_rotate(s, master, THINGS_NOW, NULL, &done, &err));
    for (bool end = false; !end;)
        must(reseal_step(s, master, &r, &end, &err));
    assert_int_equal(r.broken, 0);
    assert_true(r.resealed > 0 && !reseal_is_due(master));
}

static void terms_go_by_and_everything_stays(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(vault_item) struct vault_item item = {0}, gone = {0}, back = {0};
    AUTO(buffer) struct buffer backup = {0};
    AUTO(master_key) struct master_key master = {NULL};
    AUTO(store) struct store *s = opened();
    make_keyring(s, &master);
    struct vault v = things_vault(s);
    v.master = &master;
    things_key(&v, "k", NULL);
    things_key(&v, "k", NULL);
    things_secret(&v, "s", "one");
    things_secret(&v, "b", "backed up");
    must(vault_backup(&v, VAULT_SECRET, BYTES_LITERAL("b"), &backup, &err));
    must(vault_delete(&v, VAULT_SECRET, BYTES_LITERAL("b"), THINGS_NOW, &gone, &err));
    for (int i = 0; i < 2; i++)
        turn_keyring(s, &master);
    things_secret_is(&v, "s", "one");
    things_find(&v, VAULT_KEY, "k", &item);
    for (size_t i = 0; i < 2; i++) {
        AUTO(material) struct material *m = NULL;
        must(vault_key_material(&v, &item, &item.versions[i], &m, &err));
    }
    must(vault_purge(&v, VAULT_SECRET, BYTES_LITERAL("b"), &err));
    must(vault_restore(&v, VAULT_SECRET, buffer_bytes(&backup), &back, &err));
    things_secret_is(&v, "b", "backed up");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_vault(terms_go_by_and_everything_stays),
    };
    return place_run(tests);
}
