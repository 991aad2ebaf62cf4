/* Who watches a store hears of what others put, on a file and on PostgreSQL alike. */
#include "store/watch.h"

#include "base/time.h"
#include "tests/store_things.h"

#include <stdatomic.h>

struct heard {
    atomic_llong revision; /* -1: none */
    atomic_int changes, answers, failures;
    atomic_int code; /* of the last failure */
};

static void changed(void *context, int64_t revision)
{
    struct heard *h = context;
    atomic_store(&h->revision, revision);
    atomic_fetch_add(&h->changes, 1);
}

static void answered(void *context)
{
    struct heard *h = context;
    atomic_fetch_add(&h->answers, 1);
}

static void failed(void *context, const struct quoth_error *why)
{
    struct heard *h = context;
    atomic_store(&h->code, (int)why->code);
    atomic_fetch_add(&h->failures, 1);
}

static struct store_watch *watching(struct heard *h)
{
    struct quoth_error err = {0};
    struct store_watch *w = NULL;
    const struct store_watcher watcher = {changed, answered, failed, h};
    *h = (struct heard){.revision = -1};
    if (!store_watch_open(place.at, &watcher, &w, &err))
        fail_msg("%s", err.message);
    return w;
}

/* Whether it comes to be so: within a second where there is time for it, and a minute where not. */
static bool comes(bool (*holds)(struct heard *h, long long than), struct heard *h, long long than)
{
    for (unsigned i = 0; i < 12000; i++) {
        if (holds(h, than))
            return true;
        usleep(5000);
    }
    return holds(h, than);
}

static bool is_told(struct heard *h, long long revision)
{
    return atomic_load(&h->revision) == revision;
}

static bool has_answers(struct heard *h, long long more_than)
{
    return atomic_load(&h->answers) > more_than;
}

static bool has_failures(struct heard *h, long long more_than)
{
    return atomic_load(&h->failures) > more_than;
}

static void put_next(struct store *s, int64_t version)
{
    struct quoth_error err = {0};
    if (!put(s, "a", version, "value", 0, &err))
        fail_msg("%s", err.message);
}

static void every_put_is_told_of(void **state)
{
    (void)state;
    struct heard h;
    AUTO(store) struct store *s = opened();
    put_next(s, 1);
    AUTO(store_watch) struct store_watch *w = watching(&h);
    assert_non_null(w);
    assert_true(comes(is_told, &h, 1)); /* the beginning */
    for (int64_t version = 2; version < 6; version++) {
        put_next(s, version);
        assert_true(comes(is_told, &h, version));
    }
    assert_int_equal(h.failures, 0);
    assert_true(h.answers >= h.changes);
}

static void a_notification_is_quicker_than_the_poll(void **state)
{
    (void)state;
    struct heard h;
    if (!place.shared)
        return;
    AUTO(store) struct store *s = opened();
    AUTO(store_watch) struct store_watch *w = watching(&h);
    assert_non_null(w);
    assert_true(comes(is_told, &h, 0));
    const uint64_t start = time_monotonic_us();
    for (int64_t version = 1; version <= 20; version++) {
        put_next(s, version);
        assert_true(comes(is_told, &h, version));
    }
    assert_true(time_monotonic_us() - start < 15000000); /* by the poll alone: a second each */
}

static void a_change_without_notification_is_seen_all_the_same(void **state)
{
    (void)state;
    struct heard h;
    AUTO(store_watch) struct store_watch *w = watching(&h);
    assert_non_null(w);
    assert_true(comes(is_told, &h, 0));
    place_sql("UPDATE store SET revision = 41");
    assert_true(comes(is_told, &h, 41));
    place_sql("UPDATE store SET revision = 7"); /* a backup was restored */
    assert_true(comes(is_told, &h, 7));
}

static void without_changes_it_is_heard_every_second(void **state)
{
    (void)state;
    struct heard h;
    AUTO(store_watch) struct store_watch *w = watching(&h);
    assert_non_null(w);
    assert_true(comes(has_answers, &h, 2));
    assert_int_equal(h.changes, 1);
}

static void a_notification_for_nothing_changes_nothing(void **state)
{
    (void)state;
    struct heard h;
    if (!place.shared)
        return;
    AUTO(store_watch) struct store_watch *w = watching(&h);
    assert_non_null(w);
    assert_true(comes(is_told, &h, 0));
    for (int i = 0; i < 20; i++)
        place_sql("NOTIFY quoth, 'not from us'");
    assert_true(comes(has_answers, &h, 2));
    assert_int_equal(h.changes, 1);
}

static void a_server_that_comes_back_is_found_again(void **state)
{
    (void)state;
    struct heard h;
    if (!place.shared)
        return;
    AUTO(store) struct store *s = opened();
    AUTO(store_watch) struct store_watch *w = watching(&h);
    assert_non_null(w);
    assert_true(comes(is_told, &h, 0));
    assert_int_equal(place_server("stop"), 0);
    assert_true(comes(has_failures, &h, 1));
    assert_int_equal(h.code, QUOTH_STORE_UNAVAILABLE);
    const int answers = h.answers;
    usleep(300000);
    assert_int_equal(h.answers, answers); /* silence is not an answer */
    assert_int_equal(place_server("start"), 0);
    assert_true(comes(has_answers, &h, answers));
    assert_int_equal(h.changes, 1); /* nothing has changed meanwhile */
    put_next(s, 1);
    assert_true(comes(is_told, &h, 1));
}

static void a_store_that_is_gone_or_newer_is_no_answer(void **state)
{
    (void)state;
    struct heard h;
    AUTO(store_watch) struct store_watch *w = watching(&h);
    assert_non_null(w);
    assert_true(comes(is_told, &h, 0));
    place_sql("UPDATE store SET version = version + 1");
    assert_true(comes(has_failures, &h, 0));
    assert_int_equal(h.code, QUOTH_STORE_VERSION);
}

/* It does not wait for the next poll: not each time, though a busy machine may be late once. */
static void it_ends_at_once(void **state)
{
    (void)state;
    struct heard h;
    uint64_t quickest = UINT64_MAX;
    for (int i = 0; i < 5; i++) {
        struct store_watch *w = watching(&h);
        assert_true(comes(is_told, &h, 0));
        const uint64_t start = time_monotonic_us();
        store_watch_close(w);
        const uint64_t took = time_monotonic_us() - start;
        quickest = took < quickest ? took : quickest;
    }
    assert_true(quickest < 500000);
    store_watch_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_store(every_put_is_told_of),
        with_store(a_notification_is_quicker_than_the_poll),
        with_store(a_change_without_notification_is_seen_all_the_same),
        with_store(without_changes_it_is_heard_every_second),
        with_store(a_notification_for_nothing_changes_nothing),
        with_store(a_server_that_comes_back_is_found_again),
        with_store(a_store_that_is_gone_or_newer_is_no_answer),
        with_store(it_ends_at_once),
    };
    return place_run(tests);
}
