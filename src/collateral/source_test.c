#include "collateral/source.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants the two above first */
#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#define DAY 86400

/* The world around a source: a clock that stands still, an upstream that does as it is told, a pool
 * whose jobs run when the test says so, and marks in memory. */
static struct world {
    atomic_long now;
    enum quoth_code fetch_fails; /* QUOTH_OK: it does not */
    bool judge_fails, pool_full;
    const char *only_url; /* others are unknown to the upstream; NULL: all are known */
    int64_t issued, expires;
    int64_t crl_issued; /* unproven; 0: as issued, and proven */
    uint32_t number;
    int fetches;
    struct {
        void (*run)(void *);
        void *arg;
    } jobs[512];
    size_t job_count;
    int events[4];
    int done, failed;
    enum quoth_code last;
    struct {
        struct sha256 root;
        char document[COLLATERAL_DOCUMENT_SIZE];
        struct collateral_mark mark;
    } marks[512];
    size_t mark_count;
    bool marks_fail;
} world;

static int64_t clock_now(void)
{
    return atomic_load(&world.now);
}

static bool fetch(void *context, const char *url, const struct collateral_key *key,
                  struct collateral *ret_collateral, struct quoth_error *err)
{
    (void)context;
    (void)key;
    world.fetches++;
    if (world.fetch_fails != QUOTH_OK)
        return quoth_fail(err, world.fetch_fails, url, QUOTH_NO_OFFSET, "as told");
    if (world.only_url && strcmp(url, world.only_url) != 0)
        return quoth_fail(err, QUOTH_SOURCE_UNKNOWN, url, QUOTH_NO_OFFSET, "as told");
    struct collateral c = {0};
    buffer_text(&c.memory, key->fmspc);
    c.part[COLLATERAL_TCB_INFO] = buffer_bytes(&c.memory);
    *ret_collateral = c;
    return true;
}

static bool judge(void *context, const struct collateral *c, const struct collateral_key *key,
                  struct collateral_facts *ret_facts, struct quoth_error *err)
{
    (void)context;
    assert_true(bytes_equal(c->part[COLLATERAL_TCB_INFO], bytes_of_text(key->fmspc)));
    if (world.judge_fails)
        return quoth_fail(err, QUOTH_MALFORMED, "tcb_info", 0, "as told");
    struct collateral_facts facts = {.expires = world.expires};
    facts.of[COLLATERAL_TCB_INFO] = (struct collateral_mark){world.number, world.issued, false};
    facts.of[COLLATERAL_PCK_CRL] = (struct collateral_mark){
        0, world.crl_issued ? world.crl_issued : world.issued, world.crl_issued != 0};
    *ret_facts = facts;
    return true;
}

static bool submit(void *pool, void (*run)(void *), void *arg, struct quoth_error *err)
{
    (void)pool;
    if (world.pool_full || world.job_count == COUNT(world.jobs))
        return quoth_fail(err, QUOTH_SOURCE_BUSY, "pool", QUOTH_NO_OFFSET, "as told");
    world.jobs[world.job_count].run = run;
    world.jobs[world.job_count++].arg = arg;
    return true;
}

static void run_jobs(void)
{
    for (size_t i = 0; i < world.job_count; i++)
        world.jobs[i].run(world.jobs[i].arg);
    world.job_count = 0;
}

static void on_event(void *context, enum source_event event, const struct collateral_key *key,
                     const struct quoth_error *err)
{
    (void)context;
    (void)key;
    assert_true((event == SOURCE_FAILED) <= (err != NULL));
    world.events[event]++;
}

static void on_done(void *context, const struct quoth_error *err)
{
    (void)context;
    world.done++;
    world.failed += err != NULL;
    world.last = err ? err->code : QUOTH_OK;
}

static struct collateral_mark *mark_at(const struct sha256 *root, const char *document)
{
    for (size_t i = 0; i < world.mark_count; i++)
        if (sha256_equal(&world.marks[i].root, root) &&
            strcmp(world.marks[i].document, document) == 0)
            return &world.marks[i].mark;
    assert_true(world.mark_count < COUNT(world.marks));
    world.marks[world.mark_count].root = *root;
    snprintf(world.marks[world.mark_count].document, COLLATERAL_DOCUMENT_SIZE, "%s", document);
    return &world.marks[world.mark_count++].mark;
}

static bool load_mark(void *context, const struct sha256 *root, const char *document,
                      struct collateral_mark *ret_mark, struct quoth_error *err)
{
    (void)context;
    if (world.marks_fail)
        return quoth_fail(err, QUOTH_IO, document, QUOTH_NO_OFFSET, "as told");
    *ret_mark = *mark_at(root, document);
    return true;
}

static bool store_mark(void *context, const struct sha256 *root, const char *document,
                       const struct collateral_mark *mark, struct quoth_error *err)
{
    (void)context;
    (void)err;
    *mark_at(root, document) = *mark;
    return true;
}

static const char *const urls[] = {"https://one.example", "https://two.example"};
static const struct source_anchor anchors[] = {
    {.root = {{1}}, .from = urls, .count = 2}
};
static const struct source_options usual = {
    .anchors = anchors,
    .anchor_count = 1,
    .judge = judge,
    .fetch = fetch,
    .marks = {.load = load_mark, .store = store_mark},
    .submit = submit,
    .clock = clock_now,
    .report = on_event,
};

static int begin(void **state)
{
    (void)state;
    world = (struct world){.issued = 1000, .expires = 30 * DAY, .number = 17};
    atomic_store(&world.now, DAY);
    return 0;
}

static struct collateral_key key_number(unsigned number)
{
    struct collateral_key key = {.root = {{1}}, .tee = "sgx", .ca = "platform"};
    snprintf(key.fmspc, sizeof key.fmspc, "%012x", number);
    return key;
}

static struct source *open_with(const struct source_options *options)
{
    struct source *s = NULL;
    struct quoth_error err = {0};
    assert_true(source_open(options, &s, &err));
    return s;
}

/* QUOTH_OK, or why the wish was turned down. */
static enum quoth_code want(struct source *s, unsigned number)
{
    const struct collateral_key key = key_number(number);
    struct quoth_error err = {0};
    const bool ok = source_want(s, &key, (struct source_waiter){on_done, NULL}, &err);
    assert_int_equal(ok, err.code == QUOTH_OK);
    return err.code;
}

static bool has(struct source_view *v, unsigned number)
{
    const struct collateral_key key = key_number(number);
    return source_find(v, &key, clock_now()) != NULL;
}

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

#define TEST(name) cmocka_unit_test_setup(name, begin)

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
        TEST(sets_are_refreshed_before_they_end),
        TEST(short_lived_sets_are_refreshed_sooner),
        TEST(a_failing_source_leaves_the_old_set_until_its_end),
        TEST(grace_has_a_hard_maximum),
        TEST(older_sets_are_refused),
        TEST(unproven_documents_are_compared_and_not_kept),
        TEST(a_refused_refresh_leaves_the_newer_set),
        TEST(a_full_pool_is_an_answer),
        TEST(platforms_in_memory_are_bounded),
        TEST(readers_see_whole_sets_while_they_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
