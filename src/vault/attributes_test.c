/* Who may get a key or a secret without credentials, and what becomes of that (key-release.md 1.4,
 * 3.3), on a file and on PostgreSQL alike. */
#include "tests/vault_things.h"

#define POLICY(text) .has_policy = true, .policy = BYTES_INIT(text)
#define EXPORTABLE .has_exportable = true, .exportable = true

enum act { CREATE, UPDATE, UPDATE_VERSION };

/* What is done to a key that is not there (plain NULL), is not exportable, has policy A, or has it
 * for ever. */
enum state { NOTHING, PLAIN, GUARDED, FOREVER };

/* clang-format off */
static const struct {
    const char *name;
    enum state state;
    enum act act;
    enum quoth_code code;
    const char *number; /* Azure's, in the message */
    struct vault_changes changes;
} changes[] = {
    {"exportable alone",             NOTHING, CREATE, QUOTH_VAULT_EXPORTABLE, "AKV.SKR.1004:", {EXPORTABLE}},
    {"a policy alone",               NOTHING, CREATE, QUOTH_VAULT_EXPORTABLE, "AKV.SKR.1005:", {POLICY(POLICY_A)}},
    {"a policy and not exportable",  NOTHING, CREATE, QUOTH_VAULT_EXPORTABLE, "AKV.SKR.1005:", {.has_exportable = true, POLICY(POLICY_A)}},
    {"both",                         NOTHING, CREATE, QUOTH_OK,               NULL,            {EXPORTABLE, POLICY(POLICY_A)}},
    {"both, for ever",               NOTHING, CREATE, QUOTH_OK,               NULL,            {EXPORTABLE, POLICY(POLICY_A), .policy_immutable = true}},
    {"not exportable, said so",      NOTHING, CREATE, QUOTH_OK,               NULL,            {.has_exportable = true}},
    {"a flag without a policy",      NOTHING, CREATE, QUOTH_RELEASE_POLICY_SYNTAX, NULL,       {EXPORTABLE, .has_policy = true, .policy_immutable = true}},
    {"an empty policy",              NOTHING, CREATE, QUOTH_RELEASE_POLICY_SYNTAX, NULL,       {EXPORTABLE, POLICY("{}")}},
    {"an empty anyOf",               NOTHING, CREATE, QUOTH_RELEASE_POLICY_SYNTAX, NULL,       {EXPORTABLE, POLICY("{\"version\":\"1.0.0\",\"anyOf\":[]}")}},
    {"no JSON",                      NOTHING, CREATE, QUOTH_RELEASE_POLICY_SYNTAX, NULL,       {EXPORTABLE, POLICY("anyOf")}},
    {"an unknown operator",          NOTHING, CREATE, QUOTH_RELEASE_POLICY_SYNTAX, NULL,       {EXPORTABLE, POLICY("{\"version\":\"1.0.0\",\"anyOf\":[{\"authority\":\"https://a\",\"allOf\":[{\"claim\":\"a\",\"matches\":\"b\"}]}]}")}},
    {"a type with a line feed",      NOTHING, CREATE, QUOTH_VAULT_CONTENT_TYPE, NULL,          {EXPORTABLE, POLICY(POLICY_A), .policy_type = BYTES_INIT("a\nb")}},

    {"a further version, plain",     PLAIN,   CREATE, QUOTH_OK,               NULL,            {0}},
    {"that is to be exportable",     PLAIN,   CREATE, QUOTH_VAULT_EXPORTABLE, "AKV.SKR.1003:", {EXPORTABLE, POLICY(POLICY_A)}},
    {"with a policy",                PLAIN,   CREATE, QUOTH_VAULT_EXPORTABLE, "AKV.SKR.1005:", {POLICY(POLICY_A)}},
    {"made exportable",              PLAIN,   UPDATE, QUOTH_VAULT_EXPORTABLE, "AKV.SKR.1003:", {EXPORTABLE, POLICY(POLICY_A)}},
    {"given a policy",               PLAIN,   UPDATE, QUOTH_VAULT_EXPORTABLE, "AKV.SKR.1005:", {POLICY(POLICY_A)}},
    {"and still not exportable",     PLAIN,   UPDATE, QUOTH_OK,               NULL,            {.has_exportable = true}},

    {"a further version inherits",   GUARDED, CREATE, QUOTH_OK,               NULL,            {0}},
    {"and may say so",               GUARDED, CREATE, QUOTH_OK,               NULL,            {EXPORTABLE}},
    {"with the same policy",         GUARDED, CREATE, QUOTH_OK,               NULL,            {EXPORTABLE, POLICY(POLICY_A)}},
    {"one that cannot be exported",  GUARDED, CREATE, QUOTH_VAULT_EXPORTABLE, "AKV.SKR.1003:", {.has_exportable = true}},
    {"made not exportable",          GUARDED, UPDATE, QUOTH_VAULT_EXPORTABLE, "AKV.SKR.1003:", {.has_exportable = true}},
    {"another policy",               GUARDED, UPDATE, QUOTH_OK,               NULL,            {POLICY(POLICY_B)}},
    {"another policy of a version",  GUARDED, UPDATE_VERSION, QUOTH_VAULT_POLICY_VERSIONED, "AKV.SKR.1016:", {POLICY(POLICY_B)}},
    {"the same, sent back",          GUARDED, UPDATE_VERSION, QUOTH_OK,               NULL,             {POLICY(POLICY_A)}},
    {"the same, if it is that",      GUARDED, UPDATE, QUOTH_OK,               NULL,             {POLICY(POLICY_A), .policy_repeats = true}},
    {"and it is another",            GUARDED, UPDATE, QUOTH_VAULT_BUSY,       NULL,             {POLICY(POLICY_B), .policy_repeats = true}},
    {"or another flag",              GUARDED, UPDATE, QUOTH_VAULT_BUSY,       NULL,             {.has_policy = true, .policy_immutable = true, .policy_repeats = true}},
    {"the same and for ever",        GUARDED, UPDATE_VERSION, QUOTH_VAULT_POLICY_VERSIONED, "AKV.SKR.1016:", {POLICY(POLICY_A), .policy_immutable = true}},
    {"the same with another type",   GUARDED, UPDATE_VERSION, QUOTH_VAULT_POLICY_VERSIONED, "AKV.SKR.1016:", {POLICY(POLICY_A), .policy_type = BYTES_INIT("text/plain")}},
    {"another policy, wrong",        GUARDED, UPDATE, QUOTH_RELEASE_POLICY_SYNTAX, NULL,       {POLICY("{\"version\":\"2.0.0\"}")}},
    {"for ever from now on",         GUARDED, UPDATE, QUOTH_OK,               NULL,            {.has_policy = true, .policy_immutable = true}},

    {"further versions for ever",    FOREVER, CREATE, QUOTH_OK,               NULL,            {0}},
    {"the same, said again",         FOREVER, UPDATE, QUOTH_OK,               NULL,            {POLICY(POLICY_A), .policy_immutable = true}},
    {"other attributes",             FOREVER, UPDATE, QUOTH_OK,               NULL,            {.has_enabled = true}},
    {"another policy",               FOREVER, UPDATE, QUOTH_VAULT_IMMUTABLE,  "AKV.SKR.1020:", {POLICY(POLICY_B), .policy_immutable = true}},
    {"another policy by a version",  FOREVER, CREATE, QUOTH_VAULT_IMMUTABLE,  "AKV.SKR.1020:", {POLICY(POLICY_B), .policy_immutable = true}},
    {"the same, not for ever",       FOREVER, UPDATE, QUOTH_VAULT_IMMUTABLE,  "AKV.SKR.1020:", {POLICY(POLICY_A)}},
    {"the flag taken away",          FOREVER, UPDATE, QUOTH_VAULT_IMMUTABLE,  "AKV.SKR.1020:", {.has_policy = true}},
    {"a blank more",                 FOREVER, UPDATE, QUOTH_VAULT_IMMUTABLE,  "AKV.SKR.1020:", {POLICY(POLICY_A " "), .policy_immutable = true}},
    {"another type",                 FOREVER, UPDATE, QUOTH_VAULT_IMMUTABLE,  "AKV.SKR.1020:", {POLICY(POLICY_A), .policy_type = BYTES_INIT("text/plain"), .policy_immutable = true}},
};
/* clang-format on */

static void begin(const struct vault *v, enum state state, const char *name)
{
    if (state == PLAIN)
        things_key(v, name, NULL);
    else if (state != NOTHING)
        things_exportable(v, name, POLICY_A, state == FOREVER);
}

static bool change(const struct vault *v, const char *name, enum act act,
                   const struct vault_changes *c, struct vault_item *ret_item,
                   struct quoth_error *err)
{
    AUTO(vault_item) struct vault_item item = {0};
    const struct bytes b = bytes_of_text(name);
    if (act == CREATE)
        return vault_key_create(v, b, &things_oct, c, THINGS_NOW, ret_item, err);
    things_find(v, VAULT_KEY, name, &item);
    struct bytes version = {0};
    if (act == UPDATE_VERSION)
        version = bytes_of_text(item.versions[0].id);
    return vault_update(v, VAULT_KEY, b, version, c, THINGS_NOW, ret_item, err);
}

static void a_key_is_exportable_with_a_policy_or_neither(void **state)
{
    (void)state;
    AUTO(store) struct store *s = opened();
    const struct vault v = things_vault(s);
    for (size_t i = 0; i < COUNT(changes); i++) {
        struct quoth_error err = {0};
        AUTO(vault_item) struct vault_item item = {0}, there = {0};
        char name[16];
        snprintf(name, sizeof name, "key-%zu", i);
        print_message("  %s\n", changes[i].name);
        begin(&v, changes[i].state, name);
        change(&v, name, changes[i].act, &changes[i].changes, &item, &err);
        if (err.code != changes[i].code)
            fail_msg("%s: %s", quoth_code_dotted(err.code), err.message);
        if (changes[i].number)
            assert_memory_equal(err.message, changes[i].number, strlen(changes[i].number));
        if (changes[i].code == QUOTH_OK || changes[i].state == NOTHING)
            continue;
        things_find(&v, VAULT_KEY, name, &there); /* is as it was */
        assert_int_equal(there.version_count, 1);
        assert_int_equal(there.record, 1);
        assert_int_equal(there.exportable, changes[i].state != PLAIN);
        is_text(&there.policy, changes[i].state == PLAIN ? "" : POLICY_A);
    }
}

static void a_policy_comes_back_byte_for_byte(void **state)
{
    (void)state;
    AUTO(vault_item) struct vault_item item = {0};
    AUTO(store) struct store *s = opened();
    const struct vault v = things_vault(s);
    things_exportable(&v, "k", "\n" POLICY_A "\t ", false);
    things_find(&v, VAULT_KEY, "k", &item);
    is_text(&item.policy, "\n" POLICY_A "\t ");
    is_text(&item.policy_type, "application/json; charset=utf-8");
}

static struct vault_item *guard(const struct vault *v, const struct vault_changes *c, int64_t now,
                                struct vault_item *hold)
{
    struct quoth_error err = {0};
    vault_item_clear(hold);
    must(vault_update(v, VAULT_KEY, BYTES_LITERAL("k"), (struct bytes){0}, c, now, hold, &err));
    return hold;
}

static void each_change_of_a_policy_has_a_number(void **state)
{
    (void)state;
    AUTO(vault_item) struct vault_item item = {0};
    AUTO(store) struct store *s = opened();
    const struct vault v = things_vault(s);
    const struct vault_changes a = {POLICY(POLICY_A)}, b = {POLICY(POLICY_B)};
    const struct vault_changes enabled = {.has_enabled = true, .enabled = true};
    const struct vault_changes forever = {.has_policy = true, .policy_immutable = true};
    things_exportable(&v, "k", POLICY_A, false);
    things_find(&v, VAULT_KEY, "k", &item);
    assert_true(item.policy_number == 1 && item.policy_since == 0);
    guard(&v, &a, 10, &item); /* is what it is */
    assert_true(item.policy_number == 1 && item.policy_since == 0);
    guard(&v, &b, 20, &item);
    assert_true(item.policy_number == 2 && item.policy_since == 20);
    guard(&v, &enabled, 30, &item);
    guard(&v, &a, 40, &item);
    assert_true(item.policy_number == 3 && item.policy_since == 40);
    guard(&v, &forever, 50, &item); /* the same text: no token is worth less */
    assert_true(item.policy_number == 4 && item.policy_since == 40 && item.policy_immutable);
    is_text(&item.policy, POLICY_A);
}

static void a_secret_may_have_a_policy(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(vault_item) struct vault_item item = {0};
    AUTO(store) struct store *s = opened();
    const struct vault v = things_vault(s);
    const struct bytes name = BYTES_LITERAL("s");
    const struct vault_changes none = {0}, with = {POLICY(POLICY_A), .policy_immutable = true};
    const struct vault_changes other = {POLICY(POLICY_B), .policy_immutable = true};
    const struct vault_changes wrong = {POLICY("{}")};
    refused(vault_secret_set(&v, name, name, &wrong, THINGS_NOW, &item, &err),
            QUOTH_RELEASE_POLICY_SYNTAX);
    must(vault_secret_set(&v, name, name, &none, THINGS_NOW, &item, &err));
    assert_int_equal(item.policy.len, 0);
    vault_item_clear(&item);
    must(vault_secret_set(&v, name, name, &with, THINGS_NOW, &item, &err));
    vault_item_clear(&item);
    refused(vault_secret_set(&v, name, name, &other, THINGS_NOW, &item, &err),
            QUOTH_VAULT_IMMUTABLE);
    must(vault_secret_set(&v, name, name, &none, THINGS_NOW, &item, &err));
    is_text(&item.policy, POLICY_A);
    assert_int_equal(item.version_count, 3);
    assert_false(item.exportable);
}

static void a_tenant_may_demand_that_policies_stay(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(vault_item) struct vault_item item = {0};
    AUTO(store) struct store *s = opened();
    struct vault v = things_vault(s);
    const struct bytes k = BYTES_LITERAL("k"), s1 = BYTES_LITERAL("s");
    const struct vault_changes loose = {EXPORTABLE, POLICY(POLICY_A)};
    const struct vault_changes changed = {POLICY(POLICY_B)};
    things_exportable(&v, "k", POLICY_A, false);
    v.immutable_only = true;
    refused(vault_key_create(&v, BYTES_LITERAL("n"), &things_oct, &loose, THINGS_NOW, &item, &err),
            QUOTH_VAULT_POLICY_MUTABLE);
    refused(vault_update(&v, VAULT_KEY, k, (struct bytes){0}, &changed, THINGS_NOW, &item, &err),
            QUOTH_VAULT_POLICY_MUTABLE);
    refused(vault_secret_set(&v, s1, s1, &changed, THINGS_NOW, &item, &err),
            QUOTH_VAULT_POLICY_MUTABLE);
    things_exportable(&v, "good", POLICY_A, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_vault(a_key_is_exportable_with_a_policy_or_neither),
        with_vault(a_policy_comes_back_byte_for_byte),
        with_vault(each_change_of_a_policy_has_a_number),
        with_vault(a_secret_may_have_a_policy),
        with_vault(a_tenant_may_demand_that_policies_stay),
    };
    return place_run(tests);
}
