#include "vault/item_record.h"

#include "tests/unit.h"
#include "vault/item_parts.h"

#include <stdio.h>

static void fill(struct buffer *b, const char *text)
{
    buffer_text(b, text);
}

static void full_item(enum vault_kind kind, struct vault_item *item)
{
    struct quoth_error err = {0};
    *item = (struct vault_item){
        .kind = kind,
        .name = "My-Name",
        .deleted_at = 5,
        .purge_at = INT64_MAX,
        .exportable = kind == VAULT_KEY,
        .policy_immutable = true,
        .policy_number = 7,
        .policy_since = 6,
        .rotation = {.expiry = "P90D", .created = 1, .updated = 2}
    };
    item->rotation.actions[VAULT_ROTATE].is_set = true;
    snprintf(item->rotation.actions[VAULT_ROTATE].time, VAULT_DURATION_SIZE, "P30D");
    fill(&item->policy, "{\"a\":1}");
    fill(&item->policy_type, "text/plain");
    for (int i = 0; i < 3; i++) {
        struct vault_version *v = vault_item_extend(item, &err);
        assert_non_null(v);
        snprintf(v->id, sizeof v->id, "0123456789abcdef0123456789abcde%d", i);
        v->enabled = i == 1;
        v->has_exp = i == 2;
        v->exp = -1;
        v->notified = i == 0;
        fill(&v->tags, "{\"b\":\"c\"}");
        v->secret.bytes[31] = 9;
        if (kind == VAULT_SECRET) {
            fill(&v->content_type, "text/html");
            continue;
        }
        v->type = (enum material_type)i;
        v->curve = i == MATERIAL_EC ? "P-256K" : NULL;
        v->hsm = true;
        v->key_ops = 0x81;
        v->bits = 4096;
        fill(&v->a, "modulus");
        fill(&v->b, "exponent");
    }
}

static void an_item_comes_back_as_it_was(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind <= VAULT_SECRET; kind++) {
        struct quoth_error err = {0};
        AUTO(vault_item) struct vault_item item = {0}, back = {0};
        AUTO(buffer) struct buffer record = {0}, again = {0};
        full_item((enum vault_kind)kind, &item);
        assert_true(item_write(&item, &record, &err));
        struct reader r = {.in = buffer_bytes(&record), .err = &err};
        assert_true(item_read(&r, &back) && reader_end(&r, "item"));
        assert_true(item_write(&back, &again, &err));
        assert_true(bytes_equal(buffer_bytes(&record), buffer_bytes(&again)));
        assert_string_equal(back.name, "My-Name");
        assert_true(back.purge_at == INT64_MAX && back.policy_number == 7);
        assert_true(back.versions[2].exp == -1 && back.versions[0].notified);
        assert_string_equal(back.versions[1].id, "0123456789abcdef0123456789abcde1");
        assert_string_equal(back.rotation.actions[VAULT_ROTATE].time, "P30D");
        if (kind == VAULT_KEY)
            assert_string_equal(back.versions[MATERIAL_EC].curve, "P-256K");
    }
}

static void what_is_cut_off_is_refused_at_every_length(void **state)
{
    (void)state;
    struct quoth_error good = {0};
    AUTO(vault_item) struct vault_item item = {0};
    AUTO(buffer) struct buffer record = {0};
    full_item(VAULT_KEY, &item);
    assert_true(item_write(&item, &record, &good));
    for (size_t len = 0; len < record.len; len++) {
        struct quoth_error err = {0};
        AUTO(vault_item) struct vault_item back = {0};
        struct reader r = {.in = bytes_slice(buffer_bytes(&record), 0, len), .err = &err};
        assert_false(item_read(&r, &back));
        assert_int_equal(err.code, QUOTH_MALFORMED);
        assert_null(back.versions);
    }
}

/* Places in the record of an item without policy, rotation and versions, named "n". */
/* clang-format off */
static const struct {
    const char *name;
    size_t at;
    uint8_t value;
    enum quoth_code code;
} spoilt[] = {
    {"another form",           0,  2,    QUOTH_STORE_VERSION},
    {"another kind",           1,  2,    QUOTH_MALFORMED},
    {"no name",                2,  0,    QUOTH_VAULT_NAME},
    {"a long name",            2,  128,  QUOTH_MALFORMED},
    {"a name with a blank",    3,  ' ',  QUOTH_VAULT_NAME},
    {"a name with a NUL",      3,  0,    QUOTH_MALFORMED},
    {"an unknown flag",        20, 4,    QUOTH_MALFORMED},
    {"a policy without end",   24, 0xFF, QUOTH_MALFORMED},
    {"a long duration",        45, 32,   QUOTH_MALFORMED},
    {"an unknown action",      46, 4,    QUOTH_MALFORMED},
    {"more versions than are", 66, 1,    QUOTH_MALFORMED},
    {"more than there may be", 67, 2,    QUOTH_MALFORMED},
};
/* clang-format on */

static void other_values_are_refused(void **state)
{
    (void)state;
    struct quoth_error good = {0};
    const struct vault_item item = {.name = "n"};
    AUTO(buffer) struct buffer record = {0};
    assert_true(item_write(&item, &record, &good));
    assert_int_equal(record.len, 68);
    for (size_t i = 0; i < COUNT(spoilt); i++) {
        struct quoth_error err = {0};
        AUTO(vault_item) struct vault_item back = {0};
        AUTO(buffer) struct buffer copy = {0};
        print_message("  %s\n", spoilt[i].name);
        buffer_add(&copy, buffer_bytes(&record));
        copy.data[spoilt[i].at] = spoilt[i].value;
        struct reader r = {.in = buffer_bytes(&copy), .err = &err};
        assert_false(item_read(&r, &back));
        assert_int_equal(err.code, spoilt[i].code);
    }
}

static void what_would_fit_into_no_record_is_not_written(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(vault_item) struct vault_item item = {.name = "n"};
    AUTO(buffer) struct buffer record = {0};
    buffer_fill(&item.policy, ITEM_RECORD_MAX - 68, 'x');
    assert_true(item_write(&item, &record, &err));
    buffer_u8(&item.policy, 'x');
    assert_false(item_write(&item, &record, &err));
    assert_int_equal(err.code, QUOTH_VAULT_VERSIONS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_item_comes_back_as_it_was),
        cmocka_unit_test(what_is_cut_off_is_refused_at_every_length),
        cmocka_unit_test(other_values_are_refused),
        cmocka_unit_test(what_would_fit_into_no_record_is_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
