#include "service/state/clock.h"

#include "base/time.h"
#include "tests/state_folder.h"

static void a_clock_that_went_back_is_not_believed(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(state) struct state s = {.lock = -1};
    AUTO(master_key) struct master_key key = {NULL};
    struct clock_guard first = {0}, second = {0}, forgetful = {0};
    init();
    open_with_key(&s, &key);
    assert_true(clock_open(&first, s.store, &key, false, NOW, 50, &err));
    assert_true(clock_check(&first, NOW, 0, &err));
    clock_saw(&first, NOW + 1000, 1050);
    clock_saw(&first, NOW + 500, 1052);
    assert_true(clock_check(&first, NOW + 700, 0, &err));
    assert_false(clock_check(&first, NOW + 699, 0, &err));
    assert_int_equal(err.code, QUOTH_CLOCK_BEHIND);
    err = (struct quoth_error){0};
    assert_false(clock_check(&first, NOW + 1000, NOW + 1301, &err)); /* newer collateral */
    err = (struct quoth_error){0};
    assert_true(clock_keep(&first, s.store, &key, &err));
    assert_true(clock_open(&second, s.store, &key, false, NOW, 50, &err)); /* a restart */
    assert_false(clock_check(&second, NOW, 0, &err));
    err = (struct quoth_error){0};
    assert_true(clock_open(&forgetful, s.store, &key, true, NOW, 50, &err));
    assert_true(clock_check(&forgetful, NOW, 0, &err));
}

/* ---- the instant that was witnessed */

#define DAY TIME_DAY

static struct clock_guard opened_at(struct state *s, const struct master_key *key, bool forget,
                                    int64_t now)
{
    struct quoth_error err = {0};
    struct clock_guard c = {0};
    assert_true(clock_open(&c, s->store, key, forget, now, 0, &err));
    return c;
}

static const struct {
    const char *name;
    int64_t clock, up; /* what the clock says after NOW, and for how long somebody runs then */
    int64_t witnessed; /* after NOW */
} ways[] = {
    {"at a start nothing is witnessed but what was",    30 * DAY,   0,            0          },
    {"a clock that is far ahead is not followed there", 3650 * DAY, 3600,         6 * 3600   },
    {"nor in a day",                                    3650 * DAY, DAY,          6 * DAY    },
    {"a pause is caught up with",                       2 * DAY,    8 * 3600,     2 * DAY    },
    {"and not before",                                  2 * DAY,    8 * 3600 - 1, 2 * DAY - 6},
    {"a short one at once",                             60,         10,           60         },
    {"never ahead of the clock",                        100,        3600,         100        },
    {"a clock that is behind is not followed either",   -30 * DAY,  3600,         -30 * DAY  },
};

static void time_is_witnessed(void **state)
{
    (void)state;
    AUTO(state) struct state s = {.lock = -1};
    AUTO(master_key) struct master_key key = {NULL};
    init();
    open_with_key(&s, &key);
    for (size_t i = 0; i < COUNT(ways); i++) {
        print_message("  %s\n", ways[i].name);
        struct quoth_error err = {0};
        struct clock_guard before = opened_at(&s, &key, true, NOW);
        assert_true(clock_keep(&before, s.store, &key, &err));
        struct clock_guard c = opened_at(&s, &key, false, NOW + ways[i].clock);
        clock_saw(&c, NOW + ways[i].clock, ways[i].up);
        assert_int_equal(clock_witnessed(&c, NOW + ways[i].clock), NOW + ways[i].witnessed);
    }
}

static void what_was_witnessed_outlives_the_process(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(state) struct state s = {.lock = -1};
    AUTO(master_key) struct master_key key = {NULL};
    init();
    open_with_key(&s, &key);
    struct clock_guard c = opened_at(&s, &key, true, NOW);
    assert_true(clock_keep(&c, s.store, &key, &err));
    for (int run = 1; run <= 3; run++) { /* of an hour each, by a clock that is a year ahead */
        c = opened_at(&s, &key, false, NOW + 365 * DAY);
        for (int64_t up = 2; up <= 3600; up += 2)
            clock_saw(&c, NOW + 365 * DAY, up);
        assert_true(clock_keep(&c, s.store, &key, &err));
        assert_int_equal(c.witnessed, NOW + run * 6 * 3600);
        assert_int_equal(atomic_load(&c.latest), NOW + 365 * DAY);
    }
    c = opened_at(&s, &key, false, NOW); /* it is set right, and what was witnessed waits for it */
    clock_saw(&c, NOW + 3600, 3600);
    assert_int_equal(clock_witnessed(&c, NOW + 3600), NOW + 3600);
    assert_int_equal(clock_latest(&c, NOW + 3600), NOW + 365 * DAY);
    c = opened_at(&s, &key, true, NOW + 365 * DAY); /* or somebody says that it was right */
    assert_int_equal(clock_witnessed(&c, NOW + 365 * DAY), NOW + 365 * DAY);
}

static void a_store_of_before_has_witnessed_what_it_saw(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(state) struct state s = {.lock = -1};
    AUTO(master_key) struct master_key key = {NULL};
    init();
    open_with_key(&s, &key);
    struct clock_guard c = opened_at(&s, &key, false, NOW);
    assert_int_equal(clock_witnessed(&c, NOW), NOW); /* nothing at all, and nothing to lose */
    assert_true(instant_keep(s.store, &key, INSTANT_LATEST, NOW, true, &err));
    c = opened_at(&s, &key, false, NOW + 30 * DAY);
    assert_int_equal(clock_witnessed(&c, NOW + 30 * DAY), NOW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_folder(a_clock_that_went_back_is_not_believed),
        with_folder(time_is_witnessed),
        with_folder(what_was_witnessed_outlives_the_process),
        with_folder(a_store_of_before_has_witnessed_what_it_saw),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
