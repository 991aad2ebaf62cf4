#include "http/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <unistd.h>
/* cmocka wants setjmp.h and stdarg.h first */
#include <cmocka.h>

static atomic_int done;
static atomic_bool gate_reached, gate_open;

static void count(void *arg)
{
    (void)arg;
    atomic_fetch_add(&done, 1);
}

static void wait_for_gate(void *arg)
{
    atomic_store(&gate_reached, true);
    while (!atomic_load(&gate_open))
        usleep(1000);
    count(arg);
}

static int reset(void **state)
{
    (void)state;
    atomic_store(&done, 0);
    atomic_store(&gate_reached, false);
    atomic_store(&gate_open, false);
    return 0;
}

static void everything_queued_is_done_before_the_end(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct pool *p = pool_open(3, 100, &err);
    for (int i = 0; i < 100; i++)
        assert_true(pool_submit(p, count, NULL, &err));
    pool_close(p);
    assert_int_equal(atomic_load(&done), 100);
}

static void a_full_queue_refuses(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct pool *p = pool_open(1, 2, &err);
    assert_true(pool_submit(p, wait_for_gate, NULL, &err));
    while (!atomic_load(&gate_reached)) /* the worker has taken it */
        usleep(1000);
    assert_true(pool_submit(p, count, NULL, &err) && pool_submit(p, count, NULL, &err));
    assert_false(pool_submit(p, count, NULL, &err));
    assert_int_equal(err.code, QUOTH_HTTP_BUSY);
    assert_int_equal(quoth_code_http(err.code), 503);
    atomic_store(&gate_open, true);
    pool_close(p);
    assert_int_equal(atomic_load(&done), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(everything_queued_is_done_before_the_end, reset),
        cmocka_unit_test_setup(a_full_queue_refuses, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
