/* Rotation by hand and by time (key-release.md 1.9), on a file and on PostgreSQL alike. */
#include "tests/vault_things.h"

#include <pthread.h>

#define DAYS(n) ((n)*TIME_DAY)

static const struct bytes k = BYTES_INIT("k");

#define ROTATE_AFTER(t) .actions[VAULT_ROTATE] = {.is_set = true, .time = t}
#define ROTATE_BEFORE(t) .actions[VAULT_ROTATE] = {.is_set = true, .before_expiry = true, .time = t}
#define NOTIFY_BEFORE(t) .actions[VAULT_NOTIFY] = {.is_set = true, .before_expiry = true, .time = t}

/* clang-format off */
static const struct {
    const char *name;
    enum quoth_code code;
    struct vault_rotation rotation;
} rotations[] = {
    {"the standard",             QUOTH_OK,             {.created = 0}},
    {"an end",                   QUOTH_OK,             {.expiry = "P28D"}},
    {"an end too soon",          QUOTH_VAULT_ROTATION, {.expiry = "P27D"}},
    {"an end, almost 28 days",   QUOTH_VAULT_ROTATION, {.expiry = "PT671H"}},
    {"an end that is none",      QUOTH_VAULT_DURATION, {.expiry = "28D"}},
    {"after a week",             QUOTH_OK,             {ROTATE_AFTER("P7D")}},
    {"after less",               QUOTH_VAULT_ROTATION, {ROTATE_AFTER("P6D")}},
    {"after some seconds",       QUOTH_VAULT_ROTATION, {ROTATE_AFTER("PT1S")}},
    {"after nothing",            QUOTH_VAULT_DURATION, {ROTATE_AFTER("")}},
    {"before an end",            QUOTH_OK,             {.expiry = "P90D", ROTATE_BEFORE("P30D")}},
    {"before no end",            QUOTH_VAULT_ROTATION, {ROTATE_BEFORE("P30D")}},
    {"6 days before the end",    QUOTH_VAULT_ROTATION, {.expiry = "P90D", ROTATE_BEFORE("P6D")}},
    {"6 days after the making",  QUOTH_VAULT_ROTATION, {.expiry = "P90D", ROTATE_BEFORE("P84D")}},
    {"7 days after the making",  QUOTH_OK,             {.expiry = "P90D", ROTATE_BEFORE("P83D")}},
    {"after, 6 before the end",  QUOTH_VAULT_ROTATION, {.expiry = "P90D", ROTATE_AFTER("P84D")}},
    {"after the end",            QUOTH_VAULT_ROTATION, {.expiry = "P28D", ROTATE_AFTER("P2Y")}},
    {"told a day before",        QUOTH_OK,             {NOTIFY_BEFORE("P1D")}},
    {"told after the making",    QUOTH_VAULT_ROTATION, {.actions[VAULT_NOTIFY] = {.is_set = true, .time = "P30D"}}},
    {"told at no time",          QUOTH_VAULT_DURATION, {NOTIFY_BEFORE("soon")}},
};
/* clang-format on */

static void a_rotation_policy_leaves_a_week_at_both_ends(void **state)
{
    (void)state;
    AUTO(store) struct store *s = opened();
    const struct vault v = things_vault(s);
    things_key(&v, "k", NULL);
    for (size_t i = 0; i < COUNT(rotations); i++) {
        struct quoth_error err = {0};
        AUTO(vault_item) struct vault_item item = {0};
        print_message("  %s\n", rotations[i].name);
        vault_rotation_set(&v, k, &rotations[i].rotation, THINGS_NOW, &item, &err);
        assert_int_equal(err.code, rotations[i].code);
    }
}

static void the_standard_is_shown_where_none_was_set_and_notify_always_stays(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(vault_item) struct vault_item item = {0};
    AUTO(store) struct store *s = opened();
    const struct vault v = things_vault(s);
    const struct vault_rotation only_rotate = {.expiry = "P90D", ROTATE_AFTER("P30D")};
    things_key(&v, "k", NULL);
    things_find(&v, VAULT_KEY, "k", &item);
    struct vault_rotation shown = vault_rotation_shown(&item);
    assert_true(shown.created == 0 && shown.actions[VAULT_NOTIFY].is_set);
    assert_string_equal(shown.actions[VAULT_NOTIFY].time, "P30D");
    assert_false(shown.actions[VAULT_ROTATE].is_set);
    vault_item_clear(&item);
    must(vault_rotation_set(&v, k, &only_rotate, 10, &item, &err));
    vault_item_clear(&item);
    must(vault_rotation_set(&v, k, &only_rotate, 20, &item, &err));
    shown = vault_rotation_shown(&item);
    assert_true(shown.created == 10 && shown.updated == 20);
    assert_true(shown.actions[VAULT_NOTIFY].is_set && shown.actions[VAULT_ROTATE].is_set);
}

static void a_turn_makes_the_like_and_lets_the_old_be(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(vault_item) struct vault_item item = {0};
    AUTO(store) struct store *s = opened();
    const struct vault v = things_vault(s);
    const struct vault_rotation yearly = {.expiry = "P1Y"};
    const struct material_spec spec = {.type = MATERIAL_EC, .curve = BYTES_LITERAL("P-384")};
    const struct vault_changes changes = {.hsm = true,
                                          .has_enabled = true,
                                          .has_nbf = true,
                                          .nbf = 7,
                                          .has_tags = true,
                                          .tags = BYTES_LITERAL("{\"a\":\"b\"}"),
                                          .has_key_ops = true,
                                          .key_ops = 1u << VAULT_VERIFY};
    must(vault_key_create(&v, k, &spec, &changes, THINGS_NOW, &item, &err));
    vault_item_clear(&item);
    must(vault_rotation_set(&v, k, &yearly, THINGS_NOW, &item, &err));
    vault_item_clear(&item);
    must(vault_key_rotate(&v, k, THINGS_NOW + 5, &item, &err));
    assert_int_equal(item.version_count, 2);
    const struct vault_version *old = &item.versions[0], *new = &item.versions[1];
    assert_true(!old->enabled && new->enabled &&new->hsm);
    assert_true(old->has_nbf && !new->has_nbf && !old->has_exp &&new->has_exp);
    assert_true(new->exp == time_add_months(THINGS_NOW + 5, 12));
    assert_string_equal(new->curve, "P-384");
    assert_int_equal(new->key_ops, 1u << VAULT_VERIFY);
    is_text(&new->tags, "{\"a\":\"b\"}");
    assert_true(new->created == THINGS_NOW + 5);
    assert_string_not_equal(old->id, new->id);
    assert_false(bytes_equal(buffer_bytes(&old->a), buffer_bytes(&new->a)));
}

/* ---- by time */

static bool tell(void *context, const char *event, const struct vault_item *item,
                 struct quoth_error *err)
{
    (void)err;
    buffer_printf(context, "%s %s;", event, item->name);
    return true;
}

static void tick_tells(const struct vault *v, int64_t now, const char *expected)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer told = {0};
    must(vault_tick(v, now, now, tell, &told, &err));
    is_text(&told, expected);
}

static size_t versions_of(const struct vault *v, const char *name)
{
    AUTO(vault_item) struct vault_item item = {0};
    return things_find(v, VAULT_KEY, name, &item)->version_count;
}

static void a_key_turns_so_long_after_it_was_made(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(vault_item) struct vault_item item = {0};
    AUTO(store) struct store *s = opened();
    const struct vault v = things_vault(s);
    const struct vault_rotation weekly = {ROTATE_AFTER("P7D")};
    things_key(&v, "k", NULL);
    things_key(&v, "other", NULL);
    must(vault_rotation_set(&v, k, &weekly, THINGS_NOW, &item, &err));
    tick_tells(&v, THINGS_NOW + DAYS(7) - 1, "");
    tick_tells(&v, THINGS_NOW + DAYS(7), "rotate k;");
    tick_tells(&v, THINGS_NOW + DAYS(7), "");
    tick_tells(&v, THINGS_NOW + DAYS(14) - 1, "");
    tick_tells(&v, THINGS_NOW + DAYS(99), "rotate k;"); /* once, however long nobody came by */
    assert_int_equal(versions_of(&v, "k"), 3);
    assert_int_equal(versions_of(&v, "other"), 1);
}

static void a_key_turns_so_long_before_its_end(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(vault_item) struct vault_item item = {0};
    AUTO(store) struct store *s = opened();
    const struct vault v = things_vault(s);
    const struct vault_rotation before = {.expiry = "P90D", ROTATE_BEFORE("P30D")};
    const struct vault_changes ends = {.has_exp = true, .exp = THINGS_NOW + DAYS(40)};
    things_key(&v, "k", NULL);
    must(vault_rotation_set(&v, k, &before, THINGS_NOW, &item, &err));
    tick_tells(&v, THINGS_NOW + DAYS(300), ""); /* it does not end */
    vault_item_clear(&item);
    must(vault_update(&v, VAULT_KEY, k, (struct bytes){0}, &ends, THINGS_NOW, &item, &err));
    tick_tells(&v, THINGS_NOW + DAYS(10) - 1, "");
    tick_tells(&v, THINGS_NOW + DAYS(10), "rotate k;");
    things_find(&v, VAULT_KEY, "k", &item);
    assert_true(item.versions[1].exp == THINGS_NOW + DAYS(100));
    tick_tells(&v, THINGS_NOW + DAYS(70) - 1, "");
    tick_tells(&v, THINGS_NOW + DAYS(70), "rotate k;");
}

static void one_that_is_disabled_or_deleted_is_left_in_peace(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(vault_item) struct vault_item item = {0};
    AUTO(store) struct store *s = opened();
    struct vault v = things_vault(s);
    v.retention = 90;
    const struct vault_rotation weekly = {ROTATE_AFTER("P7D")};
    const struct vault_changes off = {.has_enabled = true};
    things_key(&v, "k", NULL);
    things_key(&v, "d", NULL);
    must(vault_rotation_set(&v, k, &weekly, THINGS_NOW, &item, &err));
    vault_item_clear(&item);
    must(vault_rotation_set(&v, BYTES_LITERAL("d"), &weekly, THINGS_NOW, &item, &err));
    vault_item_clear(&item);
    must(vault_update(&v, VAULT_KEY, k, (struct bytes){0}, &off, THINGS_NOW, &item, &err));
    vault_item_clear(&item);
    must(vault_delete(&v, VAULT_KEY, BYTES_LITERAL("d"), THINGS_NOW, &item, &err));
    tick_tells(&v, THINGS_NOW + DAYS(20), "");
    vault_item_clear(&item);
    must(vault_recover(&v, VAULT_KEY, BYTES_LITERAL("d"), THINGS_NOW + DAYS(21), &item, &err));
    tick_tells(&v, THINGS_NOW + DAYS(21), "rotate d;");
}

static void each_version_nears_its_end_once(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(vault_item) struct vault_item item = {0};
    AUTO(store) struct store *s = opened();
    const struct vault v = things_vault(s);
    const struct vault_rotation tell_late = {NOTIFY_BEFORE("P1D")};
    const struct vault_changes ends = {.has_exp = true, .exp = THINGS_NOW + DAYS(40)};
    const struct vault_changes later = {.has_exp = true, .exp = THINGS_NOW + DAYS(90)};
    must(vault_key_create(&v, k, &things_oct, &ends, THINGS_NOW, &item, &err));
    tick_tells(&v, THINGS_NOW + DAYS(10) - 1, "");
    tick_tells(&v, THINGS_NOW + DAYS(10), "near-expiry k;"); /* the standard's 30 days */
    tick_tells(&v, THINGS_NOW + DAYS(11), "");
    vault_item_clear(&item);
    must(vault_update(&v, VAULT_KEY, k, (struct bytes){0}, &later, THINGS_NOW, &item, &err));
    vault_item_clear(&item);
    must(vault_rotation_set(&v, k, &tell_late, THINGS_NOW, &item, &err));
    tick_tells(&v, THINGS_NOW + DAYS(89) - 1, "");
    tick_tells(&v, THINGS_NOW + DAYS(89), "near-expiry k;");
    assert_int_equal(versions_of(&v, "k"), 1);
}

#define RACES 100

static bool is_made_or_busy(bool made, const struct quoth_error *err)
{
    return made || err->code == QUOTH_VAULT_BUSY;
}

/* Somebody else makes versions of one curve and the other, of 256 bits both. NULL if that fails. */
static void *make_versions(void *arg)
{
    struct vault *v = arg;
    static const struct material_spec curves[] = {
        {.type = MATERIAL_EC, .curve = BYTES_INIT("P-256") },
        {.type = MATERIAL_EC, .curve = BYTES_INIT("P-256K")},
    };
    const struct vault_changes none = {0};
    for (size_t i = 0; i < RACES; i++) {
        struct quoth_error err = {0};
        AUTO(vault_item) struct vault_item item = {0};
        if (!is_made_or_busy(vault_key_create(v, k, &curves[i % 2], &none, THINGS_NOW, &item, &err),
                             &err))
            return NULL;
    }
    return v;
}

/* A turn that was overtaken is made like what is the newest then. */
static void a_turn_makes_the_like_while_others_make_others(void **state)
{
    (void)state;
    pthread_t other;
    AUTO(store) struct store *s = opened();
    const struct vault v = things_vault(s);
    struct vault same = v;
    struct quoth_error err = {0};
    AUTO(vault_item) struct vault_item first = {0};
    const struct vault_changes none = {0};
    must(vault_key_create(&v, k, &things_ec, &none, THINGS_NOW, &first, &err));
    assert_int_equal(pthread_create(&other, NULL, make_versions, &same), 0);
    for (size_t i = 0; i < RACES; i++) {
        AUTO(vault_item) struct vault_item item = {0};
        err = (struct quoth_error){0};
        const bool made = vault_key_rotate(&v, k, THINGS_NOW, &item, &err);
        assert_true(is_made_or_busy(made, &err));
        if (!made)
            continue;
        const struct vault_version *newest = &item.versions[item.version_count - 1];
        assert_string_equal(newest->curve, newest[-1].curve);
    }
    void *done = NULL;
    pthread_join(other, &done);
    assert_ptr_equal(done, &same);
}

static void a_name_has_a_limit_of_versions(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(vault_item) struct vault_item item = {0};
    AUTO(store) struct store *s = opened();
    const struct vault v = things_vault(s);
    const struct vault_changes none = {0};
    if (place.shared) /* the same code, and slower */
        return;
    for (unsigned i = 0; i < VAULT_VERSIONS_MAX; i++)
        things_key(&v, "k", NULL);
    refused(vault_key_create(&v, k, &things_oct, &none, THINGS_NOW, &item, &err),
            QUOTH_VAULT_VERSIONS);
    refused(vault_key_rotate(&v, k, THINGS_NOW, &item, &err), QUOTH_VAULT_VERSIONS);
    must(vault_delete(&v, VAULT_KEY, k, THINGS_NOW, &item, &err)); /* and all of them go at once */
    must(vault_purge(&v, VAULT_KEY, k, &err));
    assert_int_equal(place_sql("SELECT count(*) FROM record WHERE kind LIKE 'vault.%'"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_vault(a_rotation_policy_leaves_a_week_at_both_ends),
        with_vault(the_standard_is_shown_where_none_was_set_and_notify_always_stays),
        with_vault(a_turn_makes_the_like_and_lets_the_old_be),
        with_vault(a_turn_makes_the_like_while_others_make_others),
        with_vault(a_key_turns_so_long_after_it_was_made),
        with_vault(a_key_turns_so_long_before_its_end),
        with_vault(one_that_is_disabled_or_deleted_is_left_in_peace),
        with_vault(each_version_nears_its_end_once),
        with_vault(a_name_has_a_limit_of_versions),
    };
    return place_run(tests);
}
