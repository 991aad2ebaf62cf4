#include "service/access/attempts.h"

#include "tests/unit.h"

#include <stdio.h>

static struct attempts *opened(void)
{
    struct quoth_error err = {0};
    struct attempts *a = NULL;
    assert_true(attempts_open(&a, &err));
    return a;
}

static bool may(struct attempts *a, const char *peer, int64_t now)
{
    unsigned wait = 0;
    return attempts_may(a, peer, now, &wait) && wait > 0;
}

static void exhaust(struct attempts *a, const char *peer, int64_t now)
{
    for (unsigned i = 0; i < 2 * ATTEMPTS_BURST; i++)
        attempts_failed(a, peer, now);
}

static void a_source_is_stopped_and_let_go_on_slowly(void **state)
{
    (void)state;
    AUTO(attempts) struct attempts *a = opened();
    for (unsigned i = 0; i < ATTEMPTS_BURST; i++) {
        assert_true(may(a, "192.0.2.1:1000", 100));
        attempts_failed(a, "192.0.2.1:1000", 100);
    }
    assert_false(may(a, "192.0.2.1:2000", 100));
    for (unsigned i = 0; i < ATTEMPTS_PER_SECOND; i++) {
        assert_true(may(a, "192.0.2.1:1000", 101));
        attempts_failed(a, "192.0.2.1:1000", 101);
    }
    assert_false(may(a, "192.0.2.1:1000", 101));
    assert_true(may(a, "192.0.2.1:1000", 10000));
    exhaust(a, "192.0.2.1:1", 10000);
    assert_false(may(a, "192.0.2.1:1", 9000)); /* a clock that is set back gives nothing */
}

static void sources_do_not_share_but_prefixes_do(void **state)
{
    (void)state;
    AUTO(attempts) struct attempts *a = opened();
    exhaust(a, "192.0.2.1:1", 100);
    exhaust(a, "[2001:db8:1:2::1]:1", 100);
    assert_false(may(a, "[2001:db8:1:2:ffff::9]:7", 100));
    unsigned others = 0; /* of which a few may share a slot by chance */
    for (int i = 0; i < 100; i++) {
        char peer[64];
        snprintf(peer, sizeof peer, i % 2 ? "198.51.100.%d:1" : "[2001:db8:1:%d::1]:1", i + 10);
        others += may(a, peer, 100);
    }
    assert_true(others > 90);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_source_is_stopped_and_let_go_on_slowly),
        cmocka_unit_test(sources_do_not_share_but_prefixes_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
