/* Who waits for what, and what becomes of it when a source fails. */
#include "collateral/source.h"

#include "tests/source_world.h"

#include <pthread.h>

static void one_flight_serves_all_who_wait(void **state)
{
    (void)state;
    AUTO(source) struct source *s = open_with(&usual);
    AUTO(source_view) struct source_view *v = source_view_open(s);
    assert_false(has(v, 1));
    for (int i = 0; i < 10; i++)
        assert_int_equal(want(s, 1), QUOTH_OK);
    assert_int_equal(world.job_count, 1);
    assert_int_equal(world.done, 0);
    run_jobs();
    assert_int_equal(world.fetches, 1);
    assert_int_equal(world.done, 10);
    assert_int_equal(world.failed, 0);
    assert_true(has(v, 1));
    assert_false(has(v, 2));

    assert_int_equal(want(s, 1), QUOTH_OK); /* who comes late need not wait */
    assert_int_equal(world.done, 11);
    assert_int_equal(world.job_count, 0);
    assert_int_equal(source_newest(s), 1000);
}

static void waiters_are_bounded(void **state)
{
    (void)state;
    struct source_options few = usual;
    few.waiters = 3;
    AUTO(source) struct source *s = open_with(&few);
    assert_int_equal(want(s, 1), QUOTH_OK);
    assert_int_equal(want(s, 1), QUOTH_OK);
    assert_int_equal(want(s, 2), QUOTH_OK);
    assert_int_equal(want(s, 1), QUOTH_SOURCE_BUSY);
    assert_int_equal(want(s, 3), QUOTH_SOURCE_BUSY);
    run_jobs();
    assert_int_equal(world.done, 3);
    assert_int_equal(want(s, 3), QUOTH_OK);
    run_jobs();
}

static void an_anchor_without_a_source_is_unavailable(void **state)
{
    (void)state;
    const struct source_anchor two[] = {
        {.root = {{1}},                .from = urls, .count = 2},
        {.root = {{1, 0, 0, 0, 0, 1}}, .from = NULL, .count = 0}, /* known, and nothing listed */
    };
    struct source_options options = usual;
    options.anchors = two;
    AUTO(source) struct source *s = open_with(&options);
    struct collateral_key key = key_number(1);
    struct quoth_error err = {0}, second = {0};
    key.root.bytes[5] = 1;
    options.anchor_count = 2;
    AUTO(source) struct source *bare = open_with(&options);
    assert_false(source_want(bare, &key, (struct source_waiter){on_done, NULL}, &second));
    assert_int_equal(second.code, QUOTH_SOURCE_UNAVAILABLE);
    assert_false(source_want(s, &key, (struct source_waiter){on_done, NULL}, &err));
    assert_int_equal(err.code, QUOTH_SOURCE_UNAVAILABLE);
    assert_int_equal(world.done + (int)world.job_count, 0);
}

static const struct {
    const char *name;
    enum quoth_code fetch_fails;
    bool judge_fails, marks_fail;
    int64_t expires;
    enum quoth_code code;
    int64_t silent_for; /* seconds in which nothing is asked again */
} failures[] = {
    {"no answer",           QUOTH_SOURCE_UNAVAILABLE, false, false, 30 * DAY, QUOTH_SOURCE_UNAVAILABLE, 15 },
    {"no such platform",    QUOTH_SOURCE_UNKNOWN,     false, false, 30 * DAY, QUOTH_SOURCE_UNKNOWN,     300},
    {"a broken answer",     QUOTH_SOURCE_ANSWER,      false, false, 30 * DAY, QUOTH_SOURCE_ANSWER,      15 },
    {"a forged answer",     QUOTH_OK,                 true,  false, 30 * DAY, QUOTH_MALFORMED,          15 },
    {"an expired answer",   QUOTH_OK,                 false, false, DAY,      QUOTH_SOURCE_UNAVAILABLE, 15 },
    {"marks that are gone", QUOTH_OK,                 false, true,  30 * DAY, QUOTH_IO,                 15 },
};

static void failures_are_told_and_remembered(void **state)
{
    for (size_t i = 0; i < COUNT(failures); i++) {
        begin(state);
        AUTO(source) struct source *s = open_with(&usual);
        AUTO(source_view) struct source_view *v = source_view_open(s);
        print_message("  %s\n", failures[i].name);
        world.fetch_fails = failures[i].fetch_fails;
        world.judge_fails = failures[i].judge_fails;
        world.marks_fail = failures[i].marks_fail;
        world.expires = failures[i].expires;
        assert_int_equal(want(s, 1), QUOTH_OK);
        run_jobs();
        assert_int_equal(world.done, 1);
        assert_int_equal(world.last, failures[i].code);
        assert_int_equal(world.events[SOURCE_FAILED], 1);
        assert_false(has(v, 1));

        atomic_fetch_add(&world.now, failures[i].silent_for - 1);
        assert_int_equal(want(s, 1), failures[i].code);
        assert_int_equal(world.job_count, 0);
        atomic_fetch_add(&world.now, 1);
        begin(state);
        atomic_store(&world.now, DAY + failures[i].silent_for);
        assert_int_equal(want(s, 1), QUOTH_OK);
        run_jobs();
        assert_true(has(v, 1));
    }
}

static void pauses_grow_between_failures(void **state)
{
    (void)state;
    AUTO(source) struct source *s = open_with(&usual);
    world.fetch_fails = QUOTH_SOURCE_UNAVAILABLE;
    static const int64_t pauses[] = {15, 30, 60, 120, 240, 480, 900, 900, 900};
    for (size_t i = 0; i < COUNT(pauses); i++) {
        assert_int_equal(want(s, 1), QUOTH_OK);
        run_jobs();
        atomic_fetch_add(&world.now, pauses[i] - 1);
        assert_int_equal(want(s, 1), QUOTH_SOURCE_UNAVAILABLE);
        atomic_fetch_add(&world.now, 1);
    }
}

static void the_next_source_is_tried(void **state)
{
    (void)state;
    AUTO(source) struct source *s = open_with(&usual);
    AUTO(source_view) struct source_view *v = source_view_open(s);
    const struct collateral_key key = key_number(1);
    world.only_url = urls[1];
    assert_int_equal(want(s, 1), QUOTH_OK);
    run_jobs();
    assert_int_equal(world.fetches, 2);
    assert_string_equal(source_find(v, &key, clock_now())->from, urls[1]);
}

static void an_upstream_has_a_budget(void **state)
{
    (void)state;
    struct source_options poor = usual;
    const struct source_anchor one = {.root = {{1}}, .from = urls, .count = 1};
    poor.anchors = &one;
    poor.budget = 2;
    AUTO(source) struct source *s = open_with(&poor);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(want(s, i), QUOTH_OK);
    run_jobs();
    assert_int_equal(world.fetches, 2);
    assert_int_equal(world.done, 3);
    assert_int_equal(world.failed, 1);
    assert_int_equal(world.last, QUOTH_SOURCE_BUSY);
    atomic_fetch_add(&world.now, 60);
    assert_int_equal(want(s, 2), QUOTH_OK);
    run_jobs();
    assert_int_equal(world.fetches, 3);
}

static void a_full_pool_is_an_answer(void **state)
{
    (void)state;
    AUTO(source) struct source *s = open_with(&usual);
    world.pool_full = true;
    assert_int_equal(want(s, 1), QUOTH_SOURCE_BUSY);
    world.pool_full = false;
    assert_int_equal(want(s, 1), QUOTH_OK);
    run_jobs();
    assert_int_equal(world.done, 1);

    world.pool_full = true;
    source_tick(s, 2 * DAY);
    world.pool_full = false;
    source_tick(s, 2 * DAY);
    assert_int_equal(world.job_count, 1);
    run_jobs();
}

static void platforms_in_memory_are_bounded(void **state)
{
    (void)state;
    struct source_options rich = usual;
    rich.budget = 1000;
    rich.waiters = 1000;
    AUTO(source) struct source *s = open_with(&rich);
    AUTO(source_view) struct source_view *v = source_view_open(s);
    for (unsigned i = 0; i < SOURCE_SETS_MAX; i++)
        assert_int_equal(want(s, i), QUOTH_OK);
    assert_int_equal(want(s, 1000), QUOTH_SOURCE_BUSY);
    run_jobs();
    assert_int_equal(want(s, 1000), QUOTH_SOURCE_BUSY);
    atomic_store(&world.now, 31 * DAY); /* what has expired makes room */
    world.expires = 60 * DAY;
    assert_int_equal(want(s, 1000), QUOTH_OK);
    run_jobs();
    assert_true(has(v, 1000));
    assert_false(has(v, 0));
}

static void *read_for_a_while(void *arg)
{
    AUTO(source_view) struct source_view *v = source_view_open(arg);
    const struct collateral_key key = key_number(1);
    int64_t last = 0;
    while (atomic_load(&world.now) < 2 * DAY) {
        const struct collateral_set *set = source_find(v, &key, clock_now());
        if (!set)
            return arg;
        if (set->facts.of[COLLATERAL_TCB_INFO].issued < last ||
            !bytes_equal(set->collateral.part[COLLATERAL_TCB_INFO], bytes_of_text(key.fmspc)))
            return arg;
        last = set->facts.of[COLLATERAL_TCB_INFO].issued;
    }
    return NULL;
}

static void readers_see_whole_sets_while_they_change(void **state)
{
    (void)state;
    struct source_options rich = usual;
    rich.budget = 1000;
    AUTO(source) struct source *s = open_with(&rich);
    pthread_t threads[4];
    assert_int_equal(want(s, 1), QUOTH_OK);
    run_jobs();
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_for_a_while, s), 0);
    for (int i = 0; i < 500; i++) {
        world.issued++;
        source_tick(s, 20 * DAY);
        run_jobs();
    }
    atomic_store(&world.now, 2 * DAY);
    for (size_t i = 0; i < COUNT(threads); i++) {
        void *failed = s;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_flight_serves_all_who_wait),
        TEST(waiters_are_bounded),
        TEST(an_anchor_without_a_source_is_unavailable),
        TEST(failures_are_told_and_remembered),
        TEST(pauses_grow_between_failures),
        TEST(the_next_source_is_tried),
        TEST(an_upstream_has_a_budget),
        TEST(a_full_pool_is_an_answer),
        TEST(platforms_in_memory_are_bounded),
        TEST(readers_see_whole_sets_while_they_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
