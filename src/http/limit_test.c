#include "http/limit.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants the two above first */
#include <cmocka.h>

#define SECOND 1000000u

static const struct limit_config config = {
    .connections = 6,
    .connections_per_source = 2,
    .rate = 2,
    .burst = 3,
    .prefix4 = 24,
    .prefix6 = 64,
};

static struct limit_row *enter4(struct limit *l, uint32_t address, uint64_t now)
{
    const struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
    return limit_enter(l, (const struct sockaddr *)&in, now);
}

static struct limit_row *enter6(struct limit *l, uint8_t subnet, uint8_t host)
{
    struct sockaddr_in6 in = {.sin6_family = AF_INET6};
    in.sin6_addr.s6_addr[0] = 0x20;
    in.sin6_addr.s6_addr[7] = subnet;
    in.sin6_addr.s6_addr[15] = host;
    return limit_enter(l, (const struct sockaddr *)&in, 1);
}

static void connections_are_counted_by_prefix_and_in_all(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(limit) struct limit *l = limit_open(&config, &err);
    struct limit_row *a = enter4(l, 0x0A000001, 1), *b = enter4(l, 0x0A0000FF, 1);
    assert_true(a && a == b); /* one /24 */
    assert_null(enter4(l, 0x0A000002, 1));
    assert_true(enter6(l, 1, 1) && enter6(l, 1, 2)); /* one /64 */
    assert_null(enter6(l, 1, 3));
    assert_true(enter6(l, 2, 1) && enter6(l, 3, 1));
    assert_null(enter6(l, 4, 1)); /* six in all */
    assert_int_equal(limit_connections(l), 6);
    limit_leave(l, a);
    assert_non_null(enter6(l, 4, 1));
    assert_null(enter4(l, 0x0A000001, 1));
}

static void requests_come_in_bursts_and_then_at_a_rate(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    unsigned wait = 0;
    AUTO(limit) struct limit *l = limit_open(&config, &err);
    uint64_t now = SECOND;
    struct limit_row *row = enter4(l, 1, now);
    for (int i = 0; i < 3; i++)
        assert_true(limit_request(l, row, now, &wait));
    assert_false(limit_request(l, row, now, &wait));
    assert_int_equal(wait, 1);
    now += SECOND; /* two more */
    assert_true(limit_request(l, row, now, &wait) && limit_request(l, row, now, &wait));
    assert_false(limit_request(l, row, now, &wait));
    assert_false(limit_request(l, row, now - SECOND, &wait)); /* no clock makes requests */
    now += 100 * SECOND;                                      /* never more than a burst */
    for (int i = 0; i < 3; i++)
        assert_true(limit_request(l, row, now, &wait));
    assert_false(limit_request(l, row, now, &wait));
}

static void a_new_connection_does_not_forgive(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    unsigned wait = 0;
    AUTO(limit) struct limit *l = limit_open(&config, &err);
    struct limit_row *row = enter4(l, 1, SECOND);
    for (int i = 0; i < 3; i++)
        limit_request(l, row, SECOND, &wait);
    limit_leave(l, row);
    row = enter4(l, 1, SECOND);
    assert_false(limit_request(l, row, SECOND, &wait));
}

/* More sources than rows: those without a row share one, and nothing grows. */
static void a_flood_of_sources_is_bounded(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    unsigned wait = 0;
    struct limit_config many = config;
    many.connections = 1u << 20;
    many.prefix4 = 32;
    AUTO(limit) struct limit *l = limit_open(&many, &err);
    size_t refused = 0;
    for (uint32_t i = 0; i < 40000; i++) {
        struct limit_row *row = enter4(l, i, SECOND);
        refused += !row || !limit_request(l, row, SECOND, &wait);
    }
    assert_true(refused > 20000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connections_are_counted_by_prefix_and_in_all),
        cmocka_unit_test(requests_come_in_bursts_and_then_at_a_rate),
        cmocka_unit_test(a_new_connection_does_not_forgive),
        cmocka_unit_test(a_flood_of_sources_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
