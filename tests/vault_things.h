/* What the tests of the vault share: a vault of one tenant at the place of store_place.h, and what
 * is put into it. */
#ifndef QUOTH_TESTS_VAULT_THINGS_H
#define QUOTH_TESTS_VAULT_THINGS_H

#include "base/time.h"
#include "tests/master.h"
#include "tests/store_things.h"
#include "vault/vault.h"

#define THINGS_NOW INT64_C(1760000000) /* 2025-10-09 */

#define POLICY_A                                                                                   \
    "{ \"version\":\"1.0.0\", \"anyOf\":[{\"authority\":\"https://maa.example/\","                 \
    "\"allOf\":[{\"claim\":\"x-ms-ver\",\"equals\":\"1.0\"}]}]}"
#define POLICY_B                                                                                   \
    "{\"version\":\"1.0.0\",\"anyOf\":[{\"authority\":\"https://other.example\","                  \
    "\"anyOf\":[{\"claim\":\"x\",\"equals\":\"y\"}]}]}"

static struct master_key things_keyring; /* of the store there is */

static inline const struct master_key *things_master(void)
{
    return &things_keyring;
}

/* A new store, and a keyring of its own. */
static inline int things_begin(void **state)
{
    master_renew(&things_keyring);
    return new_store(state);
}

#define with_vault(test) cmocka_unit_test_setup(test, things_begin)

static inline struct vault things_vault(struct store *s)
{
    return (struct vault){
        .store = s, .master = things_master(), .tenant = "https://a", .retention = 7};
}

#define must(call)                                                                                 \
    do {                                                                                           \
        if (!(call))                                                                               \
            fail_msg("%s: %s: %s", quoth_code_dotted(err.code), err.where, err.message);           \
    } while (0)

/* That it is refused, and so; err is empty afterwards. */
#define refused(call, expected)                                                                    \
    do {                                                                                           \
        err = (struct quoth_error){0};                                                             \
        if (call)                                                                                  \
            fail_msg("was not refused: %s", #call);                                                \
        if (err.code != (expected))                                                                \
            fail_msg("%s: %s: %s", quoth_code_dotted(err.code), err.where, err.message);           \
        assert_true(err.message[0] != '\0');                                                       \
        err = (struct quoth_error){0};                                                             \
    } while (0)

static inline struct bytes things_text(const char *text)
{
    return bytes_of_text(text);
}

static const struct material_spec things_oct = {.type = MATERIAL_OCT, .bits = 256};
static const struct material_spec things_ec = {.type = MATERIAL_EC, .curve = BYTES_INIT("P-256")};

/* What is found of a name now; empties what it gave before. */
static inline struct vault_item *things_find(const struct vault *v, enum vault_kind kind,
                                             const char *name, struct vault_item *hold)
{
    struct quoth_error err = {0};
    vault_item_clear(hold);
    must(vault_find(v, kind, bytes_of_text(name), hold, &err));
    return hold;
}

/* Makes a version of a key, of 256 bits, and tells its id, if wanted. */
static inline void things_key(const struct vault *v, const char *name, char *ret_id)
{
    struct quoth_error err = {0};
    AUTO(vault_item) struct vault_item item = {0};
    const struct vault_changes none = {0};
    must(vault_key_create(v, bytes_of_text(name), &things_oct, &none, THINGS_NOW, &item, &err));
    if (ret_id)
        snprintf(ret_id, VAULT_VERSION_SIZE, "%s", item.versions[item.version_count - 1].id);
}

static inline void things_exportable(const struct vault *v, const char *name, const char *policy,
                                     bool immutable)
{
    struct quoth_error err = {0};
    AUTO(vault_item) struct vault_item item = {0};
    const struct vault_changes changes = {.has_exportable = true,
                                          .exportable = true,
                                          .has_policy = true,
                                          .policy = bytes_of_text(policy),
                                          .policy_immutable = immutable};
    must(vault_key_create(v, bytes_of_text(name), &things_oct, &changes, THINGS_NOW, &item, &err));
}

static inline void things_secret(const struct vault *v, const char *name, const char *value)
{
    struct quoth_error err = {0};
    AUTO(vault_item) struct vault_item item = {0};
    const struct vault_changes none = {0};
    must(vault_secret_set(v, bytes_of_text(name), bytes_of_text(value), &none, THINGS_NOW, &item,
                          &err));
}

/* The newest version's value. */
static inline void things_secret_is(const struct vault *v, const char *name, const char *expected)
{
    struct quoth_error err = {0};
    AUTO(vault_item) struct vault_item item = {0};
    AUTO(buffer) struct buffer value = {0};
    things_find(v, VAULT_SECRET, name, &item);
    must(vault_secret_value(v, &item, &item.versions[item.version_count - 1], &value, &err));
    is_text(&value, expected);
}

#endif
