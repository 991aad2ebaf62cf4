/* How sets grow old: they are refreshed in time, hold for a while without their source, and none
 * is replaced by an older one. */
#include "collateral/source.h"

#include "tests/source_world.h"

static void sets_are_refreshed_before_they_end(void **state)
{
    (void)state;
    AUTO(source) struct source *s = open_with(&usual);
    AUTO(source_view) struct source_view *v = source_view_open(s);
    const struct collateral_key key = key_number(1);
    assert_int_equal(want(s, 1), QUOTH_OK);
    run_jobs();
    const struct collateral_set *old = source_find(v, &key, clock_now());
    source_tick(s, clock_now());
    assert_int_equal(world.job_count, 0);

    atomic_fetch_add(&world.now, 4 * 3600); /* the period; jitter makes it sooner, never later */
    world.issued = 2000;
    source_tick(s, clock_now());
    source_tick(s, clock_now());
    assert_int_equal(world.job_count, 1);
    run_jobs();
    assert_int_equal(old->facts.of[COLLATERAL_TCB_INFO].issued,
                     1000); /* ours until we look again */
    assert_int_equal(source_find(v, &key, clock_now())->facts.of[COLLATERAL_TCB_INFO].issued, 2000);
    assert_int_equal(source_newest(s), 2000);
    assert_int_equal(world.events[SOURCE_REFRESHED], 2);
}

static void short_lived_sets_are_refreshed_sooner(void **state)
{
    (void)state;
    AUTO(source) struct source *s = open_with(&usual);
    world.expires = DAY + 600;
    assert_int_equal(want(s, 1), QUOTH_OK);
    run_jobs();
    source_tick(s, DAY + 269);
    assert_int_equal(world.job_count, 0);
    source_tick(s, DAY + 300);
    assert_int_equal(world.job_count, 1);
    run_jobs();
}

static void a_failing_source_leaves_the_old_set_until_its_end(void **state)
{
    (void)state;
    static const int64_t graces[] = {0, DAY};
    for (size_t i = 0; i < COUNT(graces); i++) {
        begin(state);
        struct source_options options = usual;
        options.grace = graces[i];
        AUTO(source) struct source *s = open_with(&options);
        AUTO(source_view) struct source_view *v = source_view_open(s);
        assert_int_equal(want(s, 1), QUOTH_OK);
        run_jobs();
        world.fetch_fails = QUOTH_SOURCE_UNAVAILABLE;
        atomic_store(&world.now, 30 * DAY - 1);
        source_tick(s, clock_now());
        run_jobs();
        assert_int_equal(world.events[SOURCE_FAILED], 1);
        assert_int_equal(world.events[SOURCE_GRACE], 0);
        assert_true(has(v, 1));

        atomic_store(&world.now, 30 * DAY + 3600);
        source_tick(s, clock_now());
        run_jobs();
        assert_int_equal(has(v, 1), graces[i] > 0);
        assert_int_equal(world.events[SOURCE_GRACE], graces[i] > 0);
        atomic_store(&world.now, 30 * DAY + graces[i]);
        assert_false(has(v, 1));
    }
}

static void grace_has_a_hard_maximum(void **state)
{
    (void)state;
    struct source_options options = usual;
    static const int64_t bad[] = {-1, COLLATERAL_GRACE_MAX + 1, INT64_MAX};
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct source *s = NULL;
        struct quoth_error err = {0};
        options.grace = bad[i];
        assert_false(source_open(&options, &s, &err));
        assert_int_equal(err.code, QUOTH_USAGE);
    }
}

static const struct {
    const char *name;
    uint32_t number;
    int64_t issued;
    bool older;
} generations[] = {
    {"the same again",              17, 1000, false},
    {"a smaller number",            16, 1000, true },
    {"a smaller number, but later", 16, 2000, true },
    {"an earlier date",             17, 999,  true },
    {"a greater number, earlier",   18, 999,  true },
    {"no number at all",            0,  1000, true },
    {"a later date",                17, 1001, false},
    {"a greater number",            18, 1000, false},
};

/* Across a restart: the marks stay, the sets do not. */
static void older_sets_are_refused(void **state)
{
    for (size_t i = 0; i < COUNT(generations); i++)
        for (int told_otherwise = 0; told_otherwise < 2; told_otherwise++) {
            begin(state);
            print_message("  %s\n", generations[i].name);
            struct source_options options = usual;
            options.allow_older = told_otherwise;
            AUTO(source) struct source *before = open_with(&usual);
            AUTO(source) struct source *after = open_with(&options);
            AUTO(source_view) struct source_view *v = source_view_open(after);
            assert_int_equal(want(before, 1), QUOTH_OK);
            run_jobs();
            world.number = generations[i].number;
            world.issued = generations[i].issued;
            assert_int_equal(want(after, 1), QUOTH_OK);
            run_jobs();
            const bool refused = generations[i].older && !told_otherwise;
            assert_int_equal(world.last, refused ? QUOTH_SOURCE_ROLLBACK : QUOTH_OK);
            assert_int_equal(has(v, 1), !refused);
            assert_int_equal(world.events[SOURCE_ROLLED_BACK],
                             generations[i].older && told_otherwise);
            const struct sha256 root = {{1}};
            const struct collateral_mark *mark = mark_at(&root, "tcb_info.sgx.000000000001");
            assert_int_equal(mark->evaluation_number, refused ? 17 : generations[i].number);
            assert_int_equal(mark->issued, refused ? 1000 : generations[i].issued);
        }
}

/* A source that leaves out who issued a list does not get an old one past its mark, and a list that
 * anybody may have written raises none. */
static void unproven_documents_are_compared_and_not_kept(void **state)
{
    (void)state;
    static const struct {
        int64_t issued;
        bool refused;
    } rows[] = {
        {999,  true },
        {1000, false},
        {5000, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        for (int told_otherwise = 0; told_otherwise < 2; told_otherwise++) {
            begin(state);
            struct source_options options = usual;
            options.allow_older = told_otherwise;
            AUTO(source) struct source *before = open_with(&usual);
            AUTO(source) struct source *after = open_with(&options);
            assert_int_equal(want(before, 1), QUOTH_OK);
            run_jobs();
            world.crl_issued = rows[i].issued;
            assert_int_equal(want(after, 1), QUOTH_OK);
            run_jobs();
            assert_int_equal(world.last,
                             rows[i].refused && !told_otherwise ? QUOTH_SOURCE_ROLLBACK : QUOTH_OK);
            const struct sha256 root = {{1}};
            assert_int_equal(mark_at(&root, "pck_crl.platform")->issued, 1000);
            assert_true(source_newest(after) <= 1000);
        }
}

static void a_refused_refresh_leaves_the_newer_set(void **state)
{
    (void)state;
    AUTO(source) struct source *s = open_with(&usual);
    AUTO(source_view) struct source_view *v = source_view_open(s);
    const struct collateral_key key = key_number(1);
    assert_int_equal(want(s, 1), QUOTH_OK);
    run_jobs();
    world.issued = 999;
    atomic_store(&world.now, 2 * DAY);
    source_tick(s, clock_now());
    run_jobs();
    assert_int_equal(world.events[SOURCE_FAILED], 1);
    assert_int_equal(source_find(v, &key, clock_now())->facts.of[COLLATERAL_TCB_INFO].issued, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sets_are_refreshed_before_they_end),
        TEST(short_lived_sets_are_refreshed_sooner),
        TEST(a_failing_source_leaves_the_old_set_until_its_end),
        TEST(grace_has_a_hard_maximum),
        TEST(older_sets_are_refused),
        TEST(unproven_documents_are_compared_and_not_kept),
        TEST(a_refused_refresh_leaves_the_newer_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
