/* What may be said of keys and secrets, on a file and on PostgreSQL alike. */
#include "tests/vault_things.h"

/* ---- names */

static const char long_name[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
                                "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

static void names_keep_their_case_and_are_compared_without(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(vault_item) struct vault_item item = {0};
    AUTO(store) struct store *s = opened();
    const struct vault v = things_vault(s);
    things_key(&v, "My-Key", NULL);
    things_key(&v, "mY-kEY", NULL);
    must(vault_find(&v, VAULT_KEY, BYTES_LITERAL("MY-KEY"), &item, &err));
    assert_string_equal(item.name, "My-Key");
    assert_int_equal(item.version_count, 2);
    assert_int_equal(item.record, 2);
    things_key(&v, long_name + 1, NULL); /* 127 */
}

static void other_names_are_refused(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    static const char *const names[] = {"",         long_name, "a b", "a/b", "a.b",    "a_b",
                                        "\xC3\xA4", "a\n",     "..",  "a%",  "'; DROP"};
    AUTO(vault_item) struct vault_item item = {0};
    AUTO(store) struct store *s = opened();
    const struct vault v = things_vault(s);
    const struct vault_changes none = {0};
    for (size_t i = 0; i < COUNT(names); i++) {
        const struct bytes name = bytes_of_text(names[i]);
        print_message("  \"%s\"\n", names[i]);
        refused(vault_key_create(&v, name, &things_oct, &none, THINGS_NOW, &item, &err),
                QUOTH_VAULT_NAME);
        refused(vault_secret_set(&v, name, name, &none, THINGS_NOW, &item, &err), QUOTH_VAULT_NAME);
        refused(vault_find(&v, VAULT_KEY, name, &item, &err), QUOTH_VAULT_NAME);
        refused(vault_delete(&v, VAULT_KEY, name, THINGS_NOW, &item, &err), QUOTH_VAULT_NAME);
    }
    assert_int_equal(place_sql("SELECT count(*) FROM record"), 0);
}

static void what_is_not_there_is_missing(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(vault_item) struct vault_item item = {0};
    AUTO(store) struct store *s = opened();
    struct vault v = things_vault(s);
    const struct bytes a = BYTES_LITERAL("a");
    const struct vault_changes none = {0};
    const struct vault_rotation standard = {0};
    things_secret(&v, "a", "of a secret, not of a key");
    refused(vault_find(&v, VAULT_KEY, a, &item, &err), QUOTH_VAULT_KEY_MISSING);
    refused(vault_find(&v, VAULT_SECRET, BYTES_LITERAL("b"), &item, &err),
            QUOTH_VAULT_SECRET_MISSING);
    refused(vault_find_deleted(&v, VAULT_SECRET, a, &item, &err), QUOTH_VAULT_SECRET_MISSING);
    refused(vault_update(&v, VAULT_KEY, a, (struct bytes){0}, &none, THINGS_NOW, &item, &err),
            QUOTH_VAULT_KEY_MISSING);
    refused(vault_key_rotate(&v, a, THINGS_NOW, &item, &err), QUOTH_VAULT_KEY_MISSING);
    refused(vault_rotation_set(&v, a, &standard, THINGS_NOW, &item, &err), QUOTH_VAULT_KEY_MISSING);
    refused(vault_delete(&v, VAULT_KEY, a, THINGS_NOW, &item, &err), QUOTH_VAULT_KEY_MISSING);
    refused(vault_recover(&v, VAULT_SECRET, a, THINGS_NOW, &item, &err),
            QUOTH_VAULT_SECRET_MISSING);
    refused(vault_purge(&v, VAULT_SECRET, a, &err), QUOTH_VAULT_SECRET_MISSING);
    AUTO(buffer) struct buffer backup = {0};
    refused(vault_backup(&v, VAULT_KEY, a, &backup, &err), QUOTH_VAULT_KEY_MISSING);
    must(vault_find(&v, VAULT_SECRET, a, &item, &err));
    refused(vault_version(&item, BYTES_LITERAL("0123"), &err), QUOTH_VAULT_SECRET_MISSING);
    v.tenant = "https://b";
    refused(vault_find(&v, VAULT_SECRET, a, &item, &err), QUOTH_VAULT_SECRET_MISSING);
}

/* ---- attributes */

#define TAG_256                                                                                    \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789"   \
    "abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123"   \
    "456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define TAGS_14                                                                                    \
    "\"a\":\"\",\"b\":\"\",\"c\":\"\",\"d\":\"\",\"e\":\"\",\"f\":\"\",\"g\":\"\",\"h\":\"\","     \
    "\"i\":\"\",\"j\":\"\",\"k\":\"\",\"l\":\"\",\"m\":\"\",\"n\":\"\""

/* clang-format off */
static const struct {
    const char *name;
    enum vault_kind kind;
    enum quoth_code code;
    struct vault_changes changes;
} attributes[] = {
    {"nothing",                VAULT_KEY,    QUOTH_OK,               {0}},
    {"a window",               VAULT_KEY,    QUOTH_OK,               {.has_nbf = true, .nbf = 5, .has_exp = true, .exp = 6}},
    {"an end before 1970",     VAULT_KEY,    QUOTH_VAULT_ATTRIBUTES, {.has_exp = true, .exp = -1}},
    {"an end after 9999",      VAULT_KEY,    QUOTH_VAULT_ATTRIBUTES, {.has_exp = true, .exp = INT64_C(253402300800)}},
    {"a begin far away",       VAULT_SECRET, QUOTH_VAULT_ATTRIBUTES, {.has_nbf = true, .nbf = INT64_MAX}},
    {"no time in between",     VAULT_KEY,    QUOTH_VAULT_ATTRIBUTES, {.has_nbf = true, .nbf = 6, .has_exp = true, .exp = 6}},
    {"ends before it begins",  VAULT_SECRET, QUOTH_VAULT_ATTRIBUTES, {.has_nbf = true, .nbf = 7, .has_exp = true, .exp = 6}},
    {"15 tags",                VAULT_KEY,    QUOTH_OK,               {.has_tags = true, .tags = BYTES_INIT("{" TAGS_14 ",\"o\":\"" TAG_256 "\"}")}},
    {"16 tags",                VAULT_KEY,    QUOTH_VAULT_TAGS,       {.has_tags = true, .tags = BYTES_INIT("{" TAGS_14 ",\"o\":\"\",\"p\":\"\"}")}},
    {"a long name of a tag",   VAULT_KEY,    QUOTH_VAULT_TAGS,       {.has_tags = true, .tags = BYTES_INIT("{\"" TAG_256 "x\":\"\"}")}},
    {"a long tag",             VAULT_KEY,    QUOTH_VAULT_TAGS,       {.has_tags = true, .tags = BYTES_INIT("{\"a\":\"" TAG_256 "x\"}")}},
    {"a longer one",           VAULT_SECRET, QUOTH_OK,               {.has_tags = true, .tags = BYTES_INIT("{\"a\":\"" TAG_256 TAG_256 "\"}")}},
    {"too long for a secret",  VAULT_SECRET, QUOTH_VAULT_TAGS,       {.has_tags = true, .tags = BYTES_INIT("{\"a\":\"" TAG_256 TAG_256 "x\"}")}},
    {"characters, not bytes",  VAULT_KEY,    QUOTH_OK,               {.has_tags = true, .tags = BYTES_INIT("{\"\xC3\xA4\":\"" "\xC3\xA4\xC3\xA4" "\"}")}},
    {"a number as a tag",      VAULT_KEY,    QUOTH_VAULT_TAGS,       {.has_tags = true, .tags = BYTES_INIT("{\"a\":1}")}},
    {"null as a tag",          VAULT_SECRET, QUOTH_VAULT_TAGS,       {.has_tags = true, .tags = BYTES_INIT("{\"a\":null}")}},
    {"an object as a tag",     VAULT_KEY,    QUOTH_VAULT_TAGS,       {.has_tags = true, .tags = BYTES_INIT("{\"a\":{}}")}},
    {"a control in a tag",     VAULT_KEY,    QUOTH_VAULT_TAGS,       {.has_tags = true, .tags = BYTES_INIT("{\"a\":\"\\u0007\"}")}},
    {"tags as a list",         VAULT_KEY,    QUOTH_VAULT_TAGS,       {.has_tags = true, .tags = BYTES_INIT("[\"a\"]")}},
    {"a tag twice",            VAULT_KEY,    QUOTH_JSON_DUPLICATE,   {.has_tags = true, .tags = BYTES_INIT("{\"a\":\"1\",\"a\":\"2\"}")}},
    {"tags that are no JSON",  VAULT_KEY,    QUOTH_JSON,             {.has_tags = true, .tags = BYTES_INIT("{a:1}")}},
    {"no tags text",           VAULT_KEY,    QUOTH_JSON,             {.has_tags = true}},
    {"a content type",         VAULT_SECRET, QUOTH_OK,               {.has_content_type = true, .content_type = BYTES_INIT("text/plain")}},
    {"a long content type",    VAULT_SECRET, QUOTH_VAULT_CONTENT_TYPE, {.has_content_type = true, .content_type = BYTES_INIT(TAG_256)}},
    {"one with a line feed",   VAULT_SECRET, QUOTH_VAULT_CONTENT_TYPE, {.has_content_type = true, .content_type = BYTES_INIT("a\nb")}},
    {"one that is no UTF-8",   VAULT_SECRET, QUOTH_VAULT_CONTENT_TYPE, {.has_content_type = true, .content_type = BYTES_INIT("\xFF")}},
    {"one of a key",           VAULT_KEY,    QUOTH_VAULT_ATTRIBUTES, {.has_content_type = true, .content_type = BYTES_INIT("text/plain")}},
    {"operations of a secret", VAULT_SECRET, QUOTH_VAULT_ATTRIBUTES, {.has_key_ops = true, .key_ops = 1}},
    {"an exportable secret",   VAULT_SECRET, QUOTH_VAULT_ATTRIBUTES, {.has_exportable = true}},
};
/* clang-format on */

static bool make(const struct vault *v, enum vault_kind kind, const char *name,
                 const struct vault_changes *changes, struct vault_item *ret_item,
                 struct quoth_error *err)
{
    vault_item_clear(ret_item);
    return kind == VAULT_KEY ? vault_key_create(v, bytes_of_text(name), &things_oct, changes,
                                                THINGS_NOW, ret_item, err)
                             : vault_secret_set(v, bytes_of_text(name), BYTES_LITERAL("value"),
                                                changes, THINGS_NOW, ret_item, err);
}

static void attributes_are_judged_when_made_and_when_changed(void **state)
{
    (void)state;
    AUTO(vault_item) struct vault_item item = {0};
    AUTO(store) struct store *s = opened();
    const struct vault v = things_vault(s);
    things_key(&v, "old", NULL);
    things_secret(&v, "old", "value");
    for (size_t i = 0; i < COUNT(attributes); i++) {
        struct quoth_error err = {0}, later = {0};
        const enum vault_kind kind = attributes[i].kind;
        print_message("  %s\n", attributes[i].name);
        make(&v, kind, "new", &attributes[i].changes, &item, &err);
        assert_int_equal(err.code, attributes[i].code);
        vault_item_clear(&item);
        vault_update(&v, kind, BYTES_LITERAL("old"), (struct bytes){0}, &attributes[i].changes,
                     THINGS_NOW, &item, &later);
        assert_int_equal(later.code, attributes[i].code);
    }
    things_find(&v, VAULT_KEY, "old", &item);
    assert_int_equal(item.version_count, 1);
}

static void an_update_changes_what_it_names_and_no_more(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(vault_item) struct vault_item item = {0};
    AUTO(store) struct store *s = opened();
    const struct vault v = things_vault(s);
    const struct vault_changes first = {.has_nbf = true,
                                        .nbf = 10,
                                        .has_tags = true,
                                        .tags = BYTES_INIT("{\"b\":\"2\", \"a\":\"1\"}"),
                                        .has_key_ops = true,
                                        .key_ops = 1u << VAULT_SIGN};
    const struct vault_changes end = {.has_exp = true, .exp = 20};
    const struct vault_changes before = {.has_exp = true, .exp = 9};
    const struct vault_changes off = {
        .has_enabled = true, .has_tags = true, .tags = BYTES_INIT("{}")};
    char id[VAULT_VERSION_SIZE];
    must(make(&v, VAULT_KEY, "k", &first, &item, &err));
    snprintf(id, sizeof id, "%s", item.versions[0].id);
    is_text(&item.versions[0].tags, "{\"a\":\"1\",\"b\":\"2\"}");
    assert_int_equal(item.versions[0].key_ops, 1u << VAULT_SIGN);
    things_key(&v, "k", NULL);
    vault_item_clear(&item);
    must(vault_update(&v, VAULT_KEY, BYTES_LITERAL("K"), bytes_of_text(id), &end, THINGS_NOW + 5,
                      &item, &err));
    assert_true(item.versions[0].has_exp && item.versions[0].exp == 20);
    assert_true(item.versions[0].has_nbf && item.versions[0].nbf == 10);
    assert_true(item.versions[0].updated == THINGS_NOW + 5);
    assert_true(item.versions[0].created == THINGS_NOW && item.versions[0].enabled);
    assert_false(item.versions[1].has_exp); /* the newest was not meant */
    assert_true(item.versions[1].updated == THINGS_NOW);
    vault_item_clear(&item);
    refused(vault_update(&v, VAULT_KEY, BYTES_LITERAL("k"), bytes_of_text(id), &before, THINGS_NOW,
                         &item, &err),
            QUOTH_VAULT_ATTRIBUTES); /* with the nbf that is there */
    must(vault_update(&v, VAULT_KEY, BYTES_LITERAL("k"), (struct bytes){0}, &off, THINGS_NOW, &item,
                      &err));
    assert_false(item.versions[1].enabled);
    assert_int_equal(item.versions[1].tags.len, 0);
    assert_true(item.versions[0].enabled && item.versions[0].tags.len > 0);
}

/* clang-format off */
static const struct {
    const char *name;
    const struct material_spec *spec;
    unsigned usual;
    unsigned given;
    enum quoth_code code;
} operations[] = {
    {"EC signs",            &things_ec,  1u << VAULT_SIGN | 1u << VAULT_VERIFY, 1u << VAULT_VERIFY, QUOTH_OK},
    {"EC does not encrypt", &things_ec,  1u << VAULT_SIGN | 1u << VAULT_VERIFY, 1u << VAULT_ENCRYPT, QUOTH_VAULT_KEY_OPS},
    {"EC does not unwrap",  &things_ec,  1u << VAULT_SIGN | 1u << VAULT_VERIFY, 1u << VAULT_UNWRAP | 1u << VAULT_SIGN, QUOTH_VAULT_KEY_OPS},
    {"oct hides",           &things_oct, 1u << VAULT_ENCRYPT | 1u << VAULT_DECRYPT | 1u << VAULT_WRAP | 1u << VAULT_UNWRAP, 1u << VAULT_SIGN, QUOTH_OK},
    {"nothing at all",      &things_oct, 1u << VAULT_ENCRYPT | 1u << VAULT_DECRYPT | 1u << VAULT_WRAP | 1u << VAULT_UNWRAP, 0, QUOTH_OK},
};
/* clang-format on */

static void operations_follow_the_type(void **state)
{
    (void)state;
    AUTO(store) struct store *s = opened();
    const struct vault v = things_vault(s);
    for (size_t i = 0; i < COUNT(operations); i++) {
        struct quoth_error err = {0};
        AUTO(vault_item) struct vault_item usual = {0}, given = {0};
        const struct vault_changes none = {0};
        const struct vault_changes some = {.has_key_ops = true, .key_ops = operations[i].given};
        print_message("  %s\n", operations[i].name);
        must(vault_key_create(&v, BYTES_LITERAL("k"), operations[i].spec, &none, THINGS_NOW, &usual,
                              &err));
        assert_int_equal(usual.versions[usual.version_count - 1].key_ops, operations[i].usual);
        vault_key_create(&v, BYTES_LITERAL("k"), operations[i].spec, &some, THINGS_NOW, &given,
                         &err);
        assert_int_equal(err.code, operations[i].code);
    }
}

/* ---- what may be done with a version */

#define WINDOW .has_nbf = true, .nbf = 100, .has_exp = true, .exp = 200

/* clang-format off */
static const struct {
    const char *name;
    enum vault_kind kind;
    enum vault_operation operation;
    struct vault_version version;
    int64_t now;
    enum quoth_code code;
} uses[] = {
    {"enabled",                VAULT_KEY,    VAULT_SIGN,    {.enabled = true, .key_ops = 0xFF},         150, QUOTH_OK},
    {"at the begin",           VAULT_KEY,    VAULT_SIGN,    {.enabled = true, .key_ops = 0xFF, WINDOW}, 100, QUOTH_OK},
    {"one before",             VAULT_KEY,    VAULT_SIGN,    {.enabled = true, .key_ops = 0xFF, WINDOW}, 99,  QUOTH_VAULT_WINDOW},
    {"the last second",        VAULT_KEY,    VAULT_ENCRYPT, {.enabled = true, .key_ops = 0xFF, WINDOW}, 199, QUOTH_OK},
    {"at the end",             VAULT_KEY,    VAULT_ENCRYPT, {.enabled = true, .key_ops = 0xFF, WINDOW}, 200, QUOTH_VAULT_WINDOW},
    {"wrapping at the end",    VAULT_KEY,    VAULT_WRAP,    {.enabled = true, .key_ops = 0xFF, WINDOW}, 200, QUOTH_VAULT_WINDOW},
    {"decrypting later",       VAULT_KEY,    VAULT_DECRYPT, {.enabled = true, .key_ops = 0xFF, WINDOW}, 300, QUOTH_OK},
    {"unwrapping earlier",     VAULT_KEY,    VAULT_UNWRAP,  {.enabled = true, .key_ops = 0xFF, WINDOW}, 50,  QUOTH_OK},
    {"verifying later",        VAULT_KEY,    VAULT_VERIFY,  {.enabled = true, .key_ops = 0xFF, WINDOW}, 300, QUOTH_OK},
    {"releasing later",        VAULT_KEY,    VAULT_RELEASE, {.enabled = true, WINDOW},                  300, QUOTH_OK},
    {"a secret later",         VAULT_SECRET, VAULT_GET,     {.enabled = true, WINDOW},                  300, QUOTH_OK},
    {"signing disabled",       VAULT_KEY,    VAULT_SIGN,    {.enabled = false, .key_ops = 0xFF},                          150, QUOTH_VAULT_DISABLED},
    {"decrypting disabled",    VAULT_KEY,    VAULT_DECRYPT, {.enabled = false, .key_ops = 0xFF},                          150, QUOTH_VAULT_DISABLED},
    {"releasing disabled",     VAULT_KEY,    VAULT_RELEASE, {.enabled = false, .key_ops = 0xFF},                          150, QUOTH_VAULT_DISABLED},
    {"a disabled secret",      VAULT_SECRET, VAULT_GET,     {.enabled = false},                                        150, QUOTH_VAULT_DISABLED},
    {"releasing one disabled", VAULT_SECRET, VAULT_RELEASE, {.enabled = false},                                        150, QUOTH_VAULT_DISABLED},
    {"a disabled public part", VAULT_KEY,    VAULT_GET,     {.enabled = false},                                        150, QUOTH_OK},
    {"not among its own",      VAULT_KEY,    VAULT_SIGN,    {.enabled = true, .key_ops = 1u << VAULT_VERIFY}, 150, QUOTH_VAULT_OPERATION},
    {"nor verifying",          VAULT_KEY,    VAULT_VERIFY,  {.enabled = true, .key_ops = 1u << VAULT_SIGN}, 150, QUOTH_VAULT_OPERATION},
    {"a secret signs nothing", VAULT_SECRET, VAULT_SIGN,    {.enabled = true},                          150, QUOTH_VAULT_OPERATION},
};
/* clang-format on */

static void what_may_be_done_depends_on_state_time_and_operations(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(uses); i++) {
        struct quoth_error err = {0};
        const struct vault_item item = {.kind = uses[i].kind, .name = "thing"};
        print_message("  %s\n", uses[i].name);
        assert_int_equal(vault_may(&item, &uses[i].version, uses[i].operation, uses[i].now, &err),
                         uses[i].code == QUOTH_OK);
        assert_int_equal(err.code, uses[i].code);
    }
}

static void operations_have_the_names_of_key_ops(void **state)
{
    (void)state;
    static const char *const others[] = {"", "Sign", "wrapkey", "release", "get", "signx"};
    for (unsigned i = 0; i < VAULT_KEY_OPS; i++)
        assert_int_equal(
            vault_operation_find(bytes_of_text(vault_operation_name((enum vault_operation)i))), i);
    for (size_t i = 0; i < COUNT(others); i++)
        assert_int_equal(vault_operation_find(bytes_of_text(others[i])), VAULT_KEY_OPS);
}

/* ---- secrets */

static void a_secret_is_text_of_a_limited_size(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(vault_item) struct vault_item item = {0};
    AUTO(buffer) struct buffer large = {0};
    AUTO(store) struct store *s = opened();
    const struct vault v = things_vault(s);
    const struct vault_changes none = {0};
    const struct bytes name = BYTES_LITERAL("s");
    static const char *const wrong[] = {"\xFF", "a\xC3", "\xED\xA0\x80", "\xC0\x80"};
    things_secret(&v, "empty", "");
    things_secret_is(&v, "empty", "");
    things_secret(&v, "lines", "a\n\tb\xC3\xA4");
    things_secret_is(&v, "lines", "a\n\tb\xC3\xA4");
    buffer_fill(&large, VAULT_SECRET_MAX, 'x');
    must(vault_secret_set(&v, name, buffer_bytes(&large), &none, THINGS_NOW, &item, &err));
    buffer_u8(&large, 'x');
    refused(vault_secret_set(&v, name, buffer_bytes(&large), &none, THINGS_NOW, &item, &err),
            QUOTH_VAULT_VALUE);
    for (size_t i = 0; i < COUNT(wrong); i++)
        refused(vault_secret_set(&v, name, bytes_of_text(wrong[i]), &none, THINGS_NOW, &item, &err),
                QUOTH_VAULT_VALUE);
}

static void each_version_of_a_secret_stays(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(vault_item) struct vault_item item = {0};
    AUTO(store) struct store *s = opened();
    const struct vault v = things_vault(s);
    char value[16];
    for (int i = 0; i < 5; i++) {
        snprintf(value, sizeof value, "value %d", i);
        things_secret(&v, "s", value);
    }
    things_find(&v, VAULT_SECRET, "s", &item);
    assert_int_equal(item.version_count, 5);
    for (size_t i = 0; i < 5; i++) {
        AUTO(buffer) struct buffer found = {0};
        const struct vault_version *version =
            vault_version(&item, bytes_of_text(item.versions[i].id), &err);
        assert_ptr_equal(version, &item.versions[i]);
        must(vault_secret_value(&v, &item, version, &found, &err));
        snprintf(value, sizeof value, "value %zu", i);
        is_text(&found, value);
    }
    assert_ptr_equal(vault_version(&item, (struct bytes){0}, &err), &item.versions[4]);
}

/* ---- keys */

static bool same_material(const struct material *a, const struct material *b)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer one = {0}, two = {0};
    must(material_export(a, &one, &err) && material_export(b, &two, &err));
    return bytes_equal(buffer_bytes(&one), buffer_bytes(&two));
}

static void a_key_that_is_brought_along_comes_back(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(vault_item) struct vault_item item = {0};
    AUTO(material) struct material *in = NULL, *out = NULL;
    AUTO(store) struct store *s = opened();
    const struct vault v = things_vault(s);
    const struct vault_changes changes = {.hsm = true, .has_enabled = true};
    must(material_generate(&things_ec, &in, &err));
    must(vault_key_import(&v, BYTES_LITERAL("ec"), in, &changes, THINGS_NOW, &item, &err));
    const struct vault_version *version = &item.versions[0];
    assert_true(version->hsm && !version->enabled && version->type == MATERIAL_EC);
    assert_string_equal(version->curve, "P-256");
    assert_int_equal(version->a.len, 32);
    assert_int_equal(version->b.len, 32);
    must(vault_key_material(&v, &item, version, &out, &err));
    assert_true(same_material(in, out));
}

static void a_further_version_may_be_another_kind_of_key(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(vault_item) struct vault_item item = {0};
    AUTO(store) struct store *s = opened();
    const struct vault v = things_vault(s);
    const struct vault_changes none = {0};
    things_key(&v, "k", NULL);
    must(vault_key_create(&v, BYTES_LITERAL("k"), &things_ec, &none, THINGS_NOW, &item, &err));
    for (size_t i = 0; i < 2; i++) {
        AUTO(material) struct material *m = NULL;
        must(vault_key_material(&v, &item, &item.versions[i], &m, &err));
        assert_int_equal(material_type(m), i == 0 ? MATERIAL_OCT : MATERIAL_EC);
    }
}

static void what_no_key_can_be_is_refused_and_leaves_nothing(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    static const struct material_spec wrong[] = {
        {.type = MATERIAL_OCT, .bits = 100                 },
        {.type = MATERIAL_RSA, .bits = 1024                },
        {.type = MATERIAL_EC,  .curve = BYTES_INIT("P-192")},
    };
    AUTO(vault_item) struct vault_item item = {0};
    AUTO(store) struct store *s = opened();
    const struct vault v = things_vault(s);
    const struct vault_changes none = {0};
    for (size_t i = 0; i < COUNT(wrong); i++)
        refused(vault_key_create(&v, BYTES_LITERAL("k"), &wrong[i], &none, THINGS_NOW, &item, &err),
                QUOTH_KEY_UNSUPPORTED);
    assert_int_equal(place_sql("SELECT count(*) FROM record"), 0);
}

/* ---- lists */

static bool gather(void *context, const struct vault_item *item, struct quoth_error *err)
{
    (void)err;
    buffer_printf(context, "%s;", item->name);
    return true;
}

static bool refuse_one(void *context, const struct vault_item *item, struct quoth_error *err)
{
    (void)context;
    return quoth_fail(err, QUOTH_MALFORMED, item->name, 0, "is not liked");
}

static void names_are_listed_page_by_page(void **state)
{
    (void)state;
    struct quoth_error err = {0}, broken = {0};
    AUTO(vault_item) struct vault_item item = {0};
    AUTO(store) struct store *s = opened();
    const struct vault v = things_vault(s);
    static const char *const names[] = {"b", "A", "c", "E", "d"};
    struct vault other = v;
    other.tenant = "https://b";
    for (size_t i = 0; i < COUNT(names); i++)
        things_secret(&v, names[i], "v");
    things_secret(&other, "x", "v");
    things_key(&v, "k", NULL);
    must(vault_delete(&v, VAULT_SECRET, BYTES_LITERAL("C"), THINGS_NOW, &item, &err));
    static const struct {
        const char *after;
        bool deleted, more;
        size_t limit;
        const char *names;
    } pages[] = {
        {"",  false, true,  2,  "A;b;"    },
        {"B", false, false, 2,  "d;E;"    },
        {"b", false, true,  1,  "d;"      },
        {"c", false, false, 99, "d;E;"    },
        {"",  false, false, 99, "A;b;d;E;"},
        {"",  false, false, 4,  "A;b;d;E;"},
        {"",  false, true,  3,  "A;b;d;"  },
        {"e", false, false, 9,  ""        },
        {"",  true,  false, 1,  "c;"      },
        {"c", true,  false, 1,  ""        },
    };
    for (size_t i = 0; i < COUNT(pages); i++) {
        AUTO(buffer) struct buffer found = {0};
        bool more;
        must(vault_list(&v, VAULT_SECRET, pages[i].deleted, bytes_of_text(pages[i].after),
                        pages[i].limit, gather, &found, &more, &broken, &err));
        is_text(&found, pages[i].names);
        assert_int_equal(more, pages[i].more);
    }
    bool more;
    refused(vault_list(&v, VAULT_SECRET, false, (struct bytes){0}, 9, refuse_one, NULL, &more,
                       &broken, &err),
            QUOTH_MALFORMED);
    refused(vault_list(&v, VAULT_SECRET, false, BYTES_LITERAL("a b"), 9, gather, NULL, &more,
                       &broken, &err),
            QUOTH_VAULT_NAME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_vault(names_keep_their_case_and_are_compared_without),
        with_vault(other_names_are_refused),
        with_vault(what_is_not_there_is_missing),
        with_vault(attributes_are_judged_when_made_and_when_changed),
        with_vault(an_update_changes_what_it_names_and_no_more),
        with_vault(operations_follow_the_type),
        with_vault(what_may_be_done_depends_on_state_time_and_operations),
        with_vault(operations_have_the_names_of_key_ops),
        with_vault(a_secret_is_text_of_a_limited_size),
        with_vault(each_version_of_a_secret_stays),
        with_vault(a_key_that_is_brought_along_comes_back),
        with_vault(a_further_version_may_be_another_kind_of_key),
        with_vault(what_no_key_can_be_is_refused_and_leaves_nothing),
        with_vault(names_are_listed_page_by_page),
    };
    return place_run(tests);
}
