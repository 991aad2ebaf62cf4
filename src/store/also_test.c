/* What a put may be bound to, a value that is replaced in its place, and going through everything: on
 * a file and on PostgreSQL alike. */
#include "tests/store_things.h"

static const struct store_also guard_one = {
    .guard_kind = "ring", .guard_id = "ring", .guard_version = 1};

static enum quoth_code put_with(struct store *s, const char *id, int64_t version, const char *value,
                                const struct store_also *also)
{
    struct quoth_error err = {0};
    const struct store_put one = {
        .record = {"thing", "https://a", id, version, bytes_of_text(value)},
        .keep = STORE_KEEP_ALL
    };
    return store_put_also(s, &one, 1, also, &err) ? QUOTH_OK : err.code;
}

static void put_ring(struct store *s, int64_t version)
{
    struct quoth_error err = {0};
    const struct store_put ring = {
        .record = {"ring", "", "ring", version, BYTES_LITERAL("ring")}
    };
    assert_true(store_put(s, &ring, 1, &err));
}

/* ---- the guard */

/* clang-format off */
static const struct {
    const char *name;
    int64_t there; /* versions of what is guarded */
    struct store_also also;
    enum quoth_code code;
} guards[] = {
    {"it is that one",           1, {.guard_kind = "ring", .guard_id = "ring", .guard_version = 1}, QUOTH_OK},
    {"none, and none is there",  0, {.guard_kind = "ring", .guard_id = "ring", .guard_version = 0}, QUOTH_OK},
    {"it is newer",              2, {.guard_kind = "ring", .guard_id = "ring", .guard_version = 1}, QUOTH_STORE_STALE},
    {"it is older",              1, {.guard_kind = "ring", .guard_id = "ring", .guard_version = 2}, QUOTH_STORE_STALE},
    {"it is gone",               0, {.guard_kind = "ring", .guard_id = "ring", .guard_version = 1}, QUOTH_STORE_STALE},
    {"none, but one is there",   1, {.guard_kind = "ring", .guard_id = "ring", .guard_version = 0}, QUOTH_STORE_STALE},
    {"another id",               1, {.guard_kind = "ring", .guard_id = "Ring", .guard_version = 1}, QUOTH_STORE_STALE},
    {"another kind",             1, {.guard_kind = "slot", .guard_id = "ring", .guard_version = 1}, QUOTH_STORE_STALE},
    {"part of the id",           1, {.guard_kind = "ring", .guard_id = "rin%", .guard_version = 1}, QUOTH_STORE_STALE},
};
/* clang-format on */

static void a_guard_lets_through_what_it_names_alone(void **state)
{
    for (size_t i = 0; i < COUNT(guards); i++) {
        print_message("  %s\n", guards[i].name);
        new_store(state);
        AUTO(store) struct store *s = opened();
        for (int64_t v = 1; v <= guards[i].there; v++)
            put_ring(s, v);
        const int64_t before = revision_of(s);
        assert_int_equal(put_with(s, "a", 1, "one", &guards[i].also), guards[i].code);
        assert_int_equal(newest(s, "a"), guards[i].code == QUOTH_OK);
        assert_int_equal(revision_of(s) > before, guards[i].code == QUOTH_OK);
    }
}

/* Of a tenant, it is not the record of nobody's. */
static void a_tenant_s_record_is_no_guard(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(store) struct store *s = opened();
    const struct store_put ring = {
        .record = {"ring", "https://a", "ring", 1, BYTES_LITERAL("ring")}
    };
    assert_true(store_put(s, &ring, 1, &err));
    assert_int_equal(put_with(s, "a", 1, "one", &guard_one), QUOTH_STORE_STALE);
}

/* ---- what must be nowhere */

/* clang-format off */
static const struct {
    const char *name, *value, *absent;
    enum quoth_code code;
} absents[] = {
    {"it begins with it",      "QREC1234",  "QREC1",    QUOTH_STORE_STALE},
    {"it is that",             "QREC1",     "QREC1",    QUOTH_STORE_STALE},
    {"the end of it",          "QREC",      "QREC1",    QUOTH_OK},
    {"not at the beginning",   "-QREC1",    "QREC1",    QUOTH_OK},
    {"another letter",         "qrec1",     "QREC1",    QUOTH_OK},
    {"a sign for anything",    "QREC1",     "Q%",       QUOTH_OK},
    {"a sign for one",         "QREC1",     "QREC_",    QUOTH_OK},
};
/* clang-format on */

static void nothing_may_begin_with_what_must_be_absent(void **state)
{
    for (size_t i = 0; i < COUNT(absents); i++) {
        const struct store_also also = {.absent = bytes_of_text(absents[i].absent)};
        print_message("  %s\n", absents[i].name);
        new_store(state);
        AUTO(store) struct store *s = opened();
        assert_int_equal(put_with(s, "there", 1, absents[i].value, &(struct store_also){0}),
                         QUOTH_OK);
        assert_int_equal(put_with(s, "a", 1, "one", &also), absents[i].code);
        assert_int_equal(newest(s, "a"), absents[i].code == QUOTH_OK);
    }
}

/* An older version that is kept counts as well. */
static void an_older_version_is_not_absent(void **state)
{
    (void)state;
    const struct store_also also = {.absent = BYTES_LITERAL("old")};
    AUTO(store) struct store *s = opened();
    assert_int_equal(put_with(s, "there", 1, "old one", &(struct store_also){0}), QUOTH_OK);
    assert_int_equal(put_with(s, "there", 2, "new one", &(struct store_also){0}), QUOTH_OK);
    assert_int_equal(put_with(s, "a", 1, "one", &also), QUOTH_STORE_STALE);
}

/* ---- the tally */

struct told { /* what a tally was given the last time */
    int64_t newest[3], version;
    size_t count;
    char there[64];
    bool refuses;
};

static bool tally(void *context, const int64_t *newest_of, int64_t version, struct bytes there,
                  struct buffer *ret_value, struct quoth_error *err)
{
    struct told *t = context;
    for (size_t i = 0; i < t->count; i++)
        t->newest[i] = newest_of[i];
    t->version = version;
    snprintf(t->there, sizeof t->there, "%.*s", (int)there.len, (const char *)there.data);
    if (t->refuses)
        return quoth_fail(err, QUOTH_STORE_ROLLED_BACK, "tally", QUOTH_NO_OFFSET, "is refused");
    buffer_printf(ret_value, "tally %lld", (long long)version + 1);
    return buffer_ok(ret_value, err);
}

static struct store_also with_tally(struct told *t, size_t keep)
{
    return (struct store_also){
        .tally_kind = "sum", .tally_id = "sum", .tally_keep = keep, .tally = tally, .context = t};
}

static int64_t sum_of(struct store *s, int64_t of, struct buffer *value)
{
    struct quoth_error err = {0};
    int64_t version = -1;
    assert_true(store_get(s, "sum", "", "sum", of, &version, value, &err));
    return version;
}

static void a_tally_grows_with_each_put(void **state)
{
    (void)state;
    struct told t = {.count = 1};
    const struct store_also also = with_tally(&t, 1);
    AUTO(buffer) struct buffer value = {0}, gone = {0};
    AUTO(store) struct store *s = opened();
    assert_int_equal(put_with(s, "a", 1, "one", &also), QUOTH_OK);
    assert_true(t.newest[0] == 0 && t.version == 0 && t.there[0] == '\0');
    assert_int_equal(put_with(s, "a", 2, "two", &also), QUOTH_OK);
    assert_true(t.newest[0] == 1 && t.version == 1);
    assert_string_equal(t.there, "tally 1");
    assert_int_equal(put_with(s, "b", 1, "one", &also), QUOTH_OK);
    assert_true(t.newest[0] == 0 && t.version == 2);
    assert_int_equal(sum_of(s, 0, &value), 3);
    is_text(&value, "tally 3");
    assert_int_equal(sum_of(s, 1, &gone), 0); /* of older ones tally_keep stay */
    assert_int_equal(sum_of(s, 2, &gone), 2);
}

static void a_tally_hears_of_all_in_their_order(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct told t = {.count = 3};
    const struct store_also also = with_tally(&t, 0);
    AUTO(store) struct store *s = opened();
    assert_true(put(s, "b", 1, "one", 0, &err) && put(s, "b", 2, "two", 0, &err) &&
                put(s, "c", 1, "one", 0, &err));
    const struct store_put three[] = {
        {.record = {"thing", "https://a", "c", 2, BYTES_LITERAL("c")}},
        {                                                   .record = {"thing", "https://a", "a", 1, BYTES_LITERAL("a")}                                                           },
        { .record = {"thing", "https://a", "b", 0, {NULL, 0}},                                                            .remove = true},
    };
    assert_true(store_put_also(s, three, COUNT(three), &also, &err));
    assert_true(t.newest[0] == 1 && t.newest[1] == 0 && t.newest[2] == 2);
    assert_int_equal(newest(s, "b"), 0);
}

static void what_a_tally_refuses_is_not_put(void **state)
{
    (void)state;
    struct told t = {.count = 1, .refuses = true};
    const struct store_also also = with_tally(&t, 0);
    AUTO(buffer) struct buffer value = {0};
    AUTO(store) struct store *s = opened();
    const int64_t before = revision_of(s);
    assert_int_equal(put_with(s, "a", 1, "one", &also), QUOTH_STORE_ROLLED_BACK);
    assert_int_equal(newest(s, "a"), 0);
    assert_int_equal(sum_of(s, 0, &value), 0);
    assert_int_equal(revision_of(s), before);
}

static void what_is_refused_moves_no_tally(void **state)
{
    (void)state;
    struct told t = {.count = 1};
    struct store_also also = with_tally(&t, 0);
    AUTO(buffer) struct buffer value = {0};
    AUTO(store) struct store *s = opened();
    assert_int_equal(put_with(s, "a", 2, "two", &also), QUOTH_STORE_CONFLICT);
    also.guard_kind = "ring";
    also.guard_id = "ring";
    also.guard_version = 1;
    assert_int_equal(put_with(s, "a", 1, "one", &also), QUOTH_STORE_STALE);
    assert_int_equal(sum_of(s, 0, &value), 0);
    assert_int_equal(newest(s, "a"), 0);
}

/* ---- replacing */

/* clang-format off */
static const struct {
    const char *name, *id;
    int64_t version;
    const char *old;
    int64_t ring; /* that the guard names */
    enum quoth_code code;
    bool replaced;
} replaces[] = {
    {"it is still there",      "a", 2, "two",  1, QUOTH_OK,          true },
    {"an older one",           "a", 1, "one",  1, QUOTH_OK,          true },
    {"it is another by now",   "a", 2, "one",  1, QUOTH_OK,          false},
    {"the beginning of it",    "a", 2, "tw",   1, QUOTH_OK,          false},
    {"more than it",           "a", 2, "two2", 1, QUOTH_OK,          false},
    {"nothing",                "a", 2, "",     1, QUOTH_OK,          false},
    {"a version that is none", "a", 3, "two",  1, QUOTH_OK,          false},
    {"an id that is none",     "b", 2, "two",  1, QUOTH_OK,          false},
    {"an older guard",         "a", 2, "two",  0, QUOTH_STORE_STALE, false},
    {"a newer guard",          "a", 2, "two",  2, QUOTH_STORE_STALE, false},
};
/* clang-format on */

static bool gather(void *context, const struct store_record *r, struct quoth_error *err)
{
    (void)err;
    buffer_printf(context, "%s/%s/%s/%lld/%.*s;", r->kind, r->tenant, r->id, (long long)r->version,
                  (int)r->value.len, (const char *)r->value.data);
    return true;
}

static void only_what_was_read_is_replaced(void **state)
{
    for (size_t i = 0; i < COUNT(replaces); i++) {
        struct quoth_error err = {0};
        const struct store_also also = {
            .guard_kind = "ring", .guard_id = "ring", .guard_version = replaces[i].ring};
        const struct store_record r = {"thing", "https://a", replaces[i].id, replaces[i].version,
                                       BYTES_LITERAL("new")};
        bool replaced = false;
        AUTO(buffer) struct buffer all = {0};
        print_message("  %s\n", replaces[i].name);
        new_store(state);
        AUTO(store) struct store *s = opened();
        put_ring(s, 1);
        assert_true(put(s, "a", 1, "one", STORE_KEEP_ALL, &err) &&
                    put(s, "a", 2, "two", STORE_KEEP_ALL, &err));
        const int64_t before = revision_of(s);
        assert_int_equal(
            store_replace(s, &r, bytes_of_text(replaces[i].old), &also, &replaced, &err),
            replaces[i].code == QUOTH_OK);
        assert_int_equal(err.code, replaces[i].code);
        assert_int_equal(replaced, replaces[i].replaced);
        assert_int_equal(revision_of(s), before);
        err = (struct quoth_error){0};
        assert_true(store_history(s, "thing", "https://a", "a", 9, gather, &all, &err));
        const bool first = replaces[i].replaced && replaces[i].version == 1;
        const bool second = replaces[i].replaced && replaces[i].version == 2;
        is_text(&all, first    ? "thing/https://a/a/2/two;thing/https://a/a/1/new;"
                      : second ? "thing/https://a/a/2/new;thing/https://a/a/1/one;"
                               : "thing/https://a/a/2/two;thing/https://a/a/1/one;");
    }
}

/* ---- everything */

/* In the order that is expected: bytes, not words or numbers; kinds, tenants, ids, versions. */
static const struct store_record things[] = {
    {"B",  "https://b", "a",  1, {(const uint8_t *)"1", 1}},
    {"a",  "",          "z",  1, {(const uint8_t *)"2", 1}},
    {"a",  "https://a", "10", 1, {(const uint8_t *)"3", 1}},
    {"a",  "https://a", "9",  1, {(const uint8_t *)"4", 1}},
    {"a",  "https://a", "9",  2, {(const uint8_t *)"5", 1}},
    {"a",  "https://a", "A",  1, {(const uint8_t *)"6", 1}},
    {"a",  "https://a", "a",  1, {(const uint8_t *)"7", 1}},
    {"a",  "https://b", "0",  1, {(const uint8_t *)"8", 1}},
    {"a.", "",          "a",  1, {(const uint8_t *)"9", 1}},
    {"aa", "",          "a",  1, {(const uint8_t *)"0", 1}},
};

static void put_things(struct store *s)
{
    static const size_t order[] = {9, 3, 4, 0, 8, 1, 7, 2, 6, 5}; /* versions in theirs */
    for (size_t i = 0; i < COUNT(order); i++) {
        struct quoth_error err = {0};
        const struct store_put one = {.record = things[order[i]], .keep = STORE_KEEP_ALL};
        assert_true(store_put(s, &one, 1, &err));
    }
}

struct seen {
    size_t count, at[COUNT(things) + 1];
    bool with_values;
};

static bool see(void *context, const struct store_record *r, struct quoth_error *err)
{
    struct seen *seen = context;
    (void)err;
    assert_true(seen->count < COUNT(things));
    size_t i = 0;
    while (i < COUNT(things) &&
           (strcmp(r->kind, things[i].kind) != 0 || strcmp(r->tenant, things[i].tenant) != 0 ||
            strcmp(r->id, things[i].id) != 0 || r->version != things[i].version))
        i++;
    assert_true(i < COUNT(things));
    assert_true(bytes_equal(r->value, seen->with_values ? things[i].value : (struct bytes){0}));
    seen->at[seen->count++] = i;
    return true;
}

static void a_scan_gives_everything_once_in_order(void **state)
{
    (void)state;
    AUTO(store) struct store *s = opened();
    put_things(s);
    for (size_t limit = 1; limit <= COUNT(things) + 1; limit++)
        for (size_t from = 0; from <= COUNT(things); from++) {
            struct quoth_error err = {0};
            struct seen seen = {.with_values = true};
            const struct store_record none = {"", "", "", 0, {0}};
            assert_true(
                store_scan(s, from > 0 ? &things[from - 1] : &none, limit, see, &seen, &err));
            const size_t left = COUNT(things) - from;
            assert_int_equal(seen.count, left < limit ? left : limit);
            for (size_t i = 0; i < seen.count; i++)
                assert_int_equal(seen.at[i], from + i);
        }
}

/* A place where nothing is, or is no more, is one to go on from all the same. */
static void a_scan_goes_on_from_where_nothing_is(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct seen seen = {.with_values = true};
    const struct store_record gone = {"a", "https://a", "9", 7, {0}};
    AUTO(store) struct store *s = opened();
    put_things(s);
    assert_true(store_scan(s, &gone, 2, see, &seen, &err));
    assert_true(seen.count == 2 && seen.at[0] == 5 && seen.at[1] == 6);
}

static void the_newest_of_everything_comes_in_order(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct seen seen = {.with_values = false};
    AUTO(store) struct store *s = opened();
    put_things(s);
    assert_true(store_newest(s, see, &seen, &err));
    assert_int_equal(seen.count, COUNT(things) - 1); /* all but version 1 of "9" */
    for (size_t i = 0; i < seen.count; i++)
        assert_int_equal(seen.at[i], i < 3 ? i : i + 1);
}

static bool stop(void *context, const struct store_record *r, struct quoth_error *err)
{
    see(context, r, err);
    return false;
}

static bool refuse(void *context, const struct store_record *r, struct quoth_error *err)
{
    (void)context;
    return quoth_fail(err, QUOTH_MALFORMED, r->id, 0, "is not liked");
}

static void whoever_is_told_may_end_it(void **state)
{
    (void)state;
    struct quoth_error err = {0}, why = {0}, reason = {0};
    struct seen one = {.with_values = true}, first = {.with_values = false};
    const struct store_record none = {"", "", "", 0, {0}};
    AUTO(store) struct store *s = opened();
    put_things(s);
    assert_true(store_scan(s, &none, 5, stop, &one, &err) && one.count == 1);
    assert_true(store_newest(s, stop, &first, &err) && first.count == 1);
    assert_false(store_scan(s, &none, 5, refuse, NULL, &why));
    assert_false(store_newest(s, refuse, NULL, &reason));
    assert_true(why.code == QUOTH_MALFORMED && reason.code == QUOTH_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_store(a_guard_lets_through_what_it_names_alone),
        with_store(a_tenant_s_record_is_no_guard),
        with_store(nothing_may_begin_with_what_must_be_absent),
        with_store(an_older_version_is_not_absent),
        with_store(a_tally_grows_with_each_put),
        with_store(a_tally_hears_of_all_in_their_order),
        with_store(what_a_tally_refuses_is_not_put),
        with_store(what_is_refused_moves_no_tally),
        with_store(only_what_was_read_is_replaced),
        with_store(a_scan_gives_everything_once_in_order),
        with_store(a_scan_goes_on_from_where_nothing_is),
        with_store(the_newest_of_everything_comes_in_order),
        with_store(whoever_is_told_may_end_it),
    };
    return place_run(tests);
}
