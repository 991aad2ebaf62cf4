#include "service/release/release_challenge.h"

#include "tests/unit.h"

#define NOW INT64_C(1790000000)

static const struct release_challenge_key key =
                                              {
                                                  {1, 2, 3}
},
                                          other = {{1, 2, 4}};

static void one_holds_until_it_is_over(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    uint8_t challenge[RELEASE_CHALLENGE_SIZE];
    int64_t expires;
    assert_true(release_challenge_make(&key, NOW, challenge, &expires, &err));
    assert_int_equal(expires, NOW + RELEASE_CHALLENGE_LIFETIME);
    const struct {
        const char *name;
        const struct release_challenge_key *key;
        int64_t now;
        bool holds;
    } rows[] = {
        {"at once",                       &key,   NOW,         true },
        {"by a node whose clock is slow", &key,   NOW - 60,    true },
        {"in its last second",            &key,   expires,     true },
        {"when it is over",               &key,   expires + 1, false},
        {"next year",                     &key,   NOW * 2,     false},
        {"with another tenant",           &other, NOW,         false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct quoth_error why = {0};
        print_message("  %s\n", rows[i].name);
        assert_int_equal(
            release_challenge_check(rows[i].key, BYTES_OF(challenge), rows[i].now, &why),
            rows[i].holds);
        assert_int_equal(why.code, rows[i].holds ? QUOTH_OK : QUOTH_RELEASE_CHALLENGE);
    }
}

static void two_are_never_the_same(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    uint8_t one[RELEASE_CHALLENGE_SIZE], two[RELEASE_CHALLENGE_SIZE];
    int64_t expires;
    assert_true(release_challenge_make(&key, NOW, one, &expires, &err));
    assert_true(release_challenge_make(&key, NOW, two, &expires, &err));
    assert_memory_not_equal(one, two, sizeof one);
}

static void every_bit_counts(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    uint8_t challenge[RELEASE_CHALLENGE_SIZE];
    int64_t expires;
    assert_true(release_challenge_make(&key, NOW, challenge, &expires, &err));
    for (size_t bit = 0; bit < 8 * sizeof challenge; bit++) {
        struct quoth_error why = {0};
        challenge[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(release_challenge_check(&key, BYTES_OF(challenge), NOW, &why));
        assert_int_equal(why.code, QUOTH_RELEASE_CHALLENGE);
        challenge[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t len = 0; len < sizeof challenge; len++)
        assert_false(release_challenge_check(&key, (struct bytes){challenge, len}, NOW, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_holds_until_it_is_over),
        cmocka_unit_test(two_are_never_the_same),
        cmocka_unit_test(every_bit_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
