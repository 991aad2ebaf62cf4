/* What the tests of a source share: the world around it. */
#ifndef QUOTH_TESTS_SOURCE_WORLD_H
#define QUOTH_TESTS_SOURCE_WORLD_H

#include "collateral/source.h"
#include "tests/unit.h"

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

static inline int64_t clock_now(void)
{
    return atomic_load(&world.now);
}

static inline bool fetch(void *context, const char *url, const struct collateral_key *key,
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

static inline bool judge(void *context, const struct collateral *c,
                         const struct collateral_key *key, struct collateral_facts *ret_facts,
                         struct quoth_error *err)
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

static inline bool submit(void *pool, void (*run)(void *), void *arg, struct quoth_error *err)
{
    (void)pool;
    if (world.pool_full || world.job_count == COUNT(world.jobs))
        return quoth_fail(err, QUOTH_SOURCE_BUSY, "pool", QUOTH_NO_OFFSET, "as told");
    world.jobs[world.job_count].run = run;
    world.jobs[world.job_count++].arg = arg;
    return true;
}

static inline void run_jobs(void)
{
    for (size_t i = 0; i < world.job_count; i++)
        world.jobs[i].run(world.jobs[i].arg);
    world.job_count = 0;
}

static inline void on_event(void *context, enum source_event event,
                            const struct collateral_key *key, const struct quoth_error *err)
{
    (void)context;
    (void)key;
    assert_true((event == SOURCE_FAILED) <= (err != NULL));
    world.events[event]++;
}

static inline void on_done(void *context, const struct quoth_error *err)
{
    (void)context;
    world.done++;
    world.failed += err != NULL;
    world.last = err ? err->code : QUOTH_OK;
}

static inline struct collateral_mark *mark_at(const struct sha256 *root, const char *document)
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

static inline bool load_mark(void *context, const struct sha256 *root, const char *document,
                             struct collateral_mark *ret_mark, struct quoth_error *err)
{
    (void)context;
    if (world.marks_fail)
        return quoth_fail(err, QUOTH_IO, document, QUOTH_NO_OFFSET, "as told");
    *ret_mark = *mark_at(root, document);
    return true;
}

static inline bool store_mark(void *context, const struct sha256 *root, const char *document,
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

static inline int begin(void **state)
{
    (void)state;
    world = (struct world){.issued = 1000, .expires = 30 * DAY, .number = 17};
    atomic_store(&world.now, DAY);
    return 0;
}

static inline struct collateral_key key_number(unsigned number)
{
    struct collateral_key key = {.root = {{1}}, .tee = "sgx", .ca = "platform"};
    snprintf(key.fmspc, sizeof key.fmspc, "%012x", number);
    return key;
}

static inline struct source *open_with(const struct source_options *options)
{
    struct source *s = NULL;
    struct quoth_error err = {0};
    assert_true(source_open(options, &s, &err));
    return s;
}

/* QUOTH_OK, or why the wish was turned down. */
static inline enum quoth_code want(struct source *s, unsigned number)
{
    const struct collateral_key key = key_number(number);
    struct quoth_error err = {0};
    const bool ok = source_want(s, &key, (struct source_waiter){on_done, NULL}, &err);
    assert_int_equal(ok, err.code == QUOTH_OK);
    return err.code;
}

static inline bool has(struct source_view *v, unsigned number)
{
    const struct collateral_key key = key_number(number);
    return source_find(v, &key, clock_now()) != NULL;
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

#endif
