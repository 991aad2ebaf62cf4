/* What a store does, on a file and on PostgreSQL alike. */
#include "tests/store_things.h"

static void is_refused(enum quoth_code code)
{
    struct quoth_error err = {0};
    struct store *s = NULL;
    assert_false(store_open(place.at, &s, &err));
    assert_int_equal(err.code, code);
}

static bool gather(void *context, const struct store_record *r, struct quoth_error *err)
{
    (void)err;
    buffer_printf(context, "%s/%s/%s/%lld/%.*s;", r->kind, r->tenant, r->id, (long long)r->version,
                  (int)r->value.len, (const char *)r->value.data);
    return true;
}

static bool gather_one(void *context, const struct store_record *r, struct quoth_error *err)
{
    gather(context, r, err);
    return false;
}

static bool refuse(void *context, const struct store_record *r, struct quoth_error *err)
{
    (void)context;
    return quoth_fail(err, QUOTH_MALFORMED, r->id, 0, "is not liked");
}

/* ---- opening */

static void a_store_is_made_once(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    assert_false(store_create(place.at, &err));
    assert_int_equal(err.code, QUOTH_STORE_EXISTS);
    assert_int_equal(store_is_shared(place.at), place.shared);
}

static void a_store_that_is_not_there_is_not_made(void **state)
{
    (void)state;
    place_reset();
    is_refused(QUOTH_STORE_MISSING);
    is_refused(QUOTH_STORE_MISSING);
}

static void a_store_of_a_newer_build_is_refused(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    int64_t revision;
    AUTO(store) struct store *running = opened();
    place_sql("UPDATE store SET version = version + 1");
    is_refused(QUOTH_STORE_VERSION);
    /* and one that has it open sees it, before it writes or believes anything */
    assert_false(put(running, "a", 1, "one", 0, &err));
    assert_int_equal(err.code, QUOTH_STORE_VERSION);
    err = (struct quoth_error){0};
    assert_false(store_revision(running, &revision, &err));
    assert_int_equal(err.code, QUOTH_STORE_VERSION);
}

static void a_store_that_was_made_by_half_is_finished(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    place_sql("DROP TABLE record");
    place_sql("UPDATE store SET version = 0");
    AUTO(store) struct store *s = opened();
    assert_true(put(s, "a", 1, "one", 0, &err));
}

/* clang-format off */
static const struct {
    const char *name, *sql;
} spoilt[] = {
    {"no table of ours",   "DROP TABLE store"},
    {"no row in it",       "DELETE FROM store"},
    {"no such column",     "ALTER TABLE store RENAME COLUMN version TO age"},
    {"a negative version", "UPDATE store SET version = -1"},
};
/* clang-format on */

static void a_store_that_was_spoilt_is_refused(void **state)
{
    for (size_t i = 0; i < COUNT(spoilt); i++) {
        struct quoth_error err = {0};
        struct store *s = NULL;
        print_message("  %s\n", spoilt[i].name);
        new_store(state);
        place_sql(spoilt[i].sql);
        assert_false(store_open(place.at, &s, &err));
        assert_true(err.code == QUOTH_STORE_BROKEN || err.code == QUOTH_STORE_VERSION);
    }
}

/* ---- records */

static void records_keep_their_value_and_version(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer value = {0}, old = {0}, none = {0};
    int64_t version = -1;
    AUTO(store) struct store *s = opened();
    assert_true(put(s, "a", 1, "one", STORE_KEEP_ALL, &err) &&
                put(s, "a", 2, "two", STORE_KEEP_ALL, &err) && put(s, "empty", 1, "", 0, &err));
    store_close(s);
    s = opened();
    assert_true(store_get(s, "thing", "https://a", "a", 0, &version, &value, &err));
    assert_int_equal(version, 2);
    is_text(&value, "two");
    assert_true(store_get(s, "thing", "https://a", "a", 1, &version, &old, &err));
    assert_int_equal(version, 1);
    is_text(&old, "one");
    assert_true(store_get(s, "thing", "https://a", "empty", 0, &version, &none, &err));
    assert_int_equal(version, 1);
    assert_true(store_get(s, "thing", "https://a", "a", 3, &version, &none, &err));
    assert_int_equal(version, 0);
    assert_true(store_get(s, "thing", "https://b", "a", 0, &version, &none, &err));
    assert_int_equal(version, 0);
    assert_int_equal(none.len, 0);
}

static void a_value_is_any_bytes_up_to_the_limit(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer value = {0}, found = {0};
    int64_t version;
    for (size_t i = 0; i < STORE_VALUE_MAX; i++)
        buffer_u8(&value, (uint8_t)(i * 7 + i / 256));
    struct store_put one = {
        .record = {.kind = "thing",
                   .tenant = "",
                   .id = "large",
                   .version = 1,
                   .value = buffer_bytes(&value)}
    };
    AUTO(store) struct store *s = opened();
    assert_true(store_put(s, &one, 1, &err));
    assert_true(store_get(s, "thing", "", "large", 0, &version, &found, &err));
    assert_true(bytes_equal(buffer_bytes(&value), buffer_bytes(&found)));
    buffer_u8(&value, 0);
    one.record.version = 2;
    one.record.value = buffer_bytes(&value);
    assert_false(store_put(s, &one, 1, &err));
    assert_int_equal(err.code, QUOTH_TOO_LARGE);
}

#define TEXT_32 "0123456789abcdef0123456789abcdef"
#define TEXT_256 TEXT_32 TEXT_32 TEXT_32 TEXT_32 TEXT_32 TEXT_32 TEXT_32 TEXT_32
#define TEXT_320 TEXT_256 TEXT_32 TEXT_32

/* clang-format off */
static const struct {
    const char *name, *kind, *tenant, *id;
    int64_t version;
} misnamed[] = {
    {"no kind",          "",       "",       "id",     1},
    {"a long kind",      TEXT_32,  "",       "id",     1},
    {"a long tenant",    "kind",   TEXT_320, "id",     1},
    {"no id",            "kind",   "",       "",       1},
    {"a long id",        "kind",   "",       TEXT_256, 1},
    {"a line feed",      "kind",   "",       "a\nb",   1},
    {"not ASCII",        "kind",   "a\xC3\xA4", "id",  1},
    {"no UTF-8",         "kind",   "",       "\xFF",   1},
    {"version 0",        "kind",   "",       "id",     0},
    {"a version before", "kind",   "",       "id",     -1},
};
/* clang-format on */

static void what_has_no_proper_place_is_refused(void **state)
{
    (void)state;
    AUTO(store) struct store *s = opened();
    for (size_t i = 0; i < COUNT(misnamed); i++) {
        struct quoth_error err = {0};
        const struct store_put one = {
            .record = {.kind = misnamed[i].kind,
                       .tenant = misnamed[i].tenant,
                       .id = misnamed[i].id,
                       .version = misnamed[i].version}
        };
        print_message("  %s\n", misnamed[i].name);
        assert_false(store_put(s, &one, 1, &err));
        assert_int_equal(err.code, QUOTH_USAGE);
    }
    assert_int_equal(place_sql("SELECT count(*) FROM record"), 0);
}

static void names_are_data(void **state)
{
    (void)state;
    static const char *const names[] = {
        "'; DROP TABLE record; --", "%", "_", "$1", "\\x00", "a'b\""};
    struct quoth_error err = {0};
    AUTO(store) struct store *s = opened();
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_true(put(s, names[i], 1, names[i], 0, &err));
        assert_int_equal(newest(s, names[i]), 1);
    }
    assert_int_equal(place_sql("SELECT count(*) FROM record"), COUNT(names));
}

static void the_newest_of_each_is_listed_and_history_the_newest_first(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer all = {0}, one = {0}, past = {0}, last = {0};
    AUTO(store) struct store *s = opened();
    assert_true(put(s, "b", 1, "b1", 1, &err) && put(s, "a", 1, "a1", 1, &err) &&
                put(s, "b", 2, "b2", 1, &err) && put(s, "b", 3, "b3", 1, &err) &&
                put(s, "B", 1, "B1", 1, &err) && put(s, "a-", 1, "-1", 1, &err));
    assert_true(store_each(s, "thing", "https://a", gather, &all, &err));
    assert_true(store_each(s, "thing", NULL, gather_one, &one, &err));
    assert_true(store_each(s, "thing", "https://b", gather, &one, &err));
    assert_true(store_each(s, "thin", NULL, gather, &one, &err));
    assert_true(store_history(s, "thing", "https://a", "b", 10, gather, &past, &err));
    assert_true(store_history(s, "thing", "https://a", "b", 1, gather, &last, &err));
    is_text(&all, "thing/https://a/B/1/B1;thing/https://a/a/1/a1;thing/https://a/a-/1/-1;"
                  "thing/https://a/b/3/b3;");
    is_text(&one, "thing/https://a/B/1/B1;");
    is_text(&past, "thing/https://a/b/3/b3;thing/https://a/b/2/b2;");
    is_text(&last, "thing/https://a/b/3/b3;");
    assert_false(store_each(s, "thing", NULL, refuse, NULL, &err));
    assert_int_equal(err.code, QUOTH_MALFORMED);
}

static void a_page_begins_after_an_id_and_has_a_limit(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer first = {0}, next = {0}, none = {0}, between = {0};
    AUTO(store) struct store *s = opened();
    assert_true(put(s, "b", 1, "b1", 1, &err) && put(s, "a", 1, "a1", 1, &err) &&
                put(s, "b", 2, "b2", 1, &err) && put(s, "b-", 1, "-1", 1, &err) &&
                put(s, "c", 1, "c1", 1, &err));
    assert_true(store_page(s, "thing", "https://a", "", 2, gather, &first, &err));
    assert_true(store_page(s, "thing", "https://a", "b", 9, gather, &next, &err));
    assert_true(store_page(s, "thing", "https://a", "a0", 1, gather, &between, &err));
    assert_true(store_page(s, "thing", "https://a", "c", 9, gather, &none, &err));
    assert_true(store_page(s, "thing", "https://b", "", 9, gather, &none, &err));
    assert_true(store_page(s, "thin", "https://a", "", 9, gather, &none, &err));
    assert_true(store_page(s, "thing", "https://a", "", 0, gather, &none, &err));
    is_text(&first, "thing/https://a/a/1/a1;thing/https://a/b/2/b2;");
    is_text(&next, "thing/https://a/b-/1/-1;thing/https://a/c/1/c1;");
    is_text(&between, "thing/https://a/b/2/b2;");
    is_text(&none, "");
}

static void what_is_removed_is_gone_in_all_versions(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(store) struct store *s = opened();
    struct store_put puts[] = {
        {.record = {.kind = "thing", .tenant = "https://a", .id = "a"}, .remove = true},
        {.record = {.kind = "thing", .tenant = "https://a", .id = "never"},                                                             .remove = true},
        {.record = {.kind = "thing", .tenant = "https://a", .id = "b", .version = 3}},
    };
    assert_true(put(s, "a", 1, "one", 9, &err) && put(s, "a", 2, "two", 9, &err) &&
                put(s, "b", 1, "bee", 9, &err));
    assert_false(
        store_put(s, puts, COUNT(puts), &err)); /* b has no version 2: none of it is done */
    assert_int_equal(err.code, QUOTH_STORE_CONFLICT);
    assert_int_equal(newest(s, "a"), 2);
    err = (struct quoth_error){0};
    puts[2].record.version = 2;
    const int64_t before = revision_of(s);
    assert_true(store_put(s, puts, COUNT(puts), &err));
    assert_int_equal(newest(s, "a"), 0);
    assert_int_equal(newest(s, "b"), 2);
    assert_int_equal(revision_of(s), before + 1);
    assert_true(put(s, "a", 1, "anew", 0, &err));
    assert_int_equal(place_sql("SELECT count(*) FROM record WHERE id = 'a'"), 1);
}

static void a_change_that_does_not_follow_is_refused(void **state)
{
    (void)state;
    static const int64_t versions[] = {1, 3, INT64_MAX};
    struct quoth_error first = {0};
    AUTO(store) struct store *s = opened();
    assert_true(put(s, "a", 1, "one", 0, &first));
    const int64_t before = revision_of(s);
    for (size_t i = 0; i < COUNT(versions); i++) {
        struct quoth_error err = {0};
        assert_false(put(s, "a", versions[i], "two", 0, &err));
        assert_int_equal(err.code, QUOTH_STORE_CONFLICT);
        assert_string_equal(err.where, "a");
    }
    assert_int_equal(revision_of(s), before);
}

static void many_are_put_whole_or_not_at_all(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct store_put puts[40];
    char ids[40][8];
    AUTO(store) struct store *s = opened();
    for (size_t i = 0; i < COUNT(puts); i++) {
        snprintf(ids[i], sizeof ids[i], "id%zu", i);
        puts[i] = (struct store_put){
            .record = {.kind = "thing", .tenant = "https://a", .id = ids[i], .version = 1}
        };
    }
    puts[39].record.version = 2; /* there is no 1 */
    assert_false(store_put(s, puts, COUNT(puts), &err));
    assert_int_equal(err.code, QUOTH_STORE_CONFLICT);
    assert_int_equal(place_sql("SELECT count(*) FROM record"), 0);
    assert_int_equal(revision_of(s), 0);
    puts[39].record.version = 1;
    err = (struct quoth_error){0};
    assert_true(store_put(s, puts, COUNT(puts), &err));
    assert_int_equal(place_sql("SELECT count(*) FROM record"), COUNT(puts));
    assert_int_equal(revision_of(s), 1);
    puts[0].record.version = 2; /* two versions of one id, one after the other */
    puts[1] = puts[0];
    puts[1].record.version = 3;
    assert_true(store_put(s, puts, 2, &err));
    assert_int_equal(newest(s, "id0"), 3);
}

static void a_quiet_put_does_not_move_the_revision(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct store_put puts[] = {
        {.record = {.kind = "thing", .tenant = "", .id = "a", .version = 1}, .quiet = true},
        {.record = {.kind = "thing", .tenant = "", .id = "b", .version = 1}                                                                 },
    };
    AUTO(store) struct store *s = opened();
    assert_true(store_put(s, puts, 1, &err));
    assert_int_equal(revision_of(s), 0);
    puts[0].record.version = 2;
    assert_true(store_put(s, puts, 2, &err)); /* one of them is not */
    assert_int_equal(revision_of(s), 1);
}

static void an_error_from_before_stops_everything(void **state)
{
    (void)state;
    struct quoth_error err = {.code = QUOTH_MALFORMED};
    int64_t revision = -1;
    AUTO(store) struct store *s = opened();
    assert_false(put(s, "a", 1, "one", 0, &err));
    assert_false(store_revision(s, &revision, &err));
    assert_int_equal(err.code, QUOTH_MALFORMED);
    assert_int_equal(newest(s, "a"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_store(a_store_is_made_once),
        with_store(a_store_that_is_not_there_is_not_made),
        with_store(a_store_of_a_newer_build_is_refused),
        with_store(a_store_that_was_made_by_half_is_finished),
        with_store(a_store_that_was_spoilt_is_refused),
        with_store(records_keep_their_value_and_version),
        with_store(a_value_is_any_bytes_up_to_the_limit),
        with_store(what_has_no_proper_place_is_refused),
        with_store(names_are_data),
        with_store(the_newest_of_each_is_listed_and_history_the_newest_first),
        with_store(a_page_begins_after_an_id_and_has_a_limit),
        with_store(what_is_removed_is_gone_in_all_versions),
        with_store(a_change_that_does_not_follow_is_refused),
        with_store(many_are_put_whole_or_not_at_all),
        with_store(a_quiet_put_does_not_move_the_revision),
        with_store(an_error_from_before_stops_everything),
    };
    return place_run(tests);
}
