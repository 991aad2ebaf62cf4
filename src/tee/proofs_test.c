#include "tee/proofs.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants the two above first */
#include <cmocka.h>

static size_t released;

static void release(void *value)
{
    released++;
    free(value);
}

static const struct sha256 trust_a = {{1}}, trust_b = {{2}};

static struct proof_key key_of(const char *role, const char *first, const char *second)
{
    return (struct proof_key){
        .role = role,
        .tee = 1,
        .trust = &trust_a,
        .parts = {bytes_of_text(first), bytes_of_text(second)},
        .count = 2
    };
}

static void keep(struct proofs *p, const struct proof_key *key, int64_t from, int64_t until, int v)
{
    struct quoth_error err = {0};
    int *value = malloc(sizeof *value);
    assert_non_null(value);
    *value = v;
    assert_true(proofs_keep(p, key, from, until, value, sizeof *value, release, &err));
}

static void only_the_very_same_thing_is_found(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(proofs) struct proofs *p = NULL;
    assert_true(proofs_open(PROOFS_BYTES_DEFAULT, &p, &err));
    const struct proof_key key = key_of("pck.chain", "ab", "cd");
    assert_null(proofs_find(p, &key, 15));
    keep(p, &key, 10, 20, 42);
    assert_int_equal(*(const int *)proofs_find(p, &key, 15), 42);

    struct proof_key other = key_of("crl", "ab", "cd");
    assert_null(proofs_find(p, &other, 15));
    other = key_of("pck.chain", "a", "bcd"); /* the same bytes, cut elsewhere */
    assert_null(proofs_find(p, &other, 15));
    other = key_of("pck.chain", "ab", "ce");
    assert_null(proofs_find(p, &other, 15));
    other = key;
    other.count = 1;
    assert_null(proofs_find(p, &other, 15));
    other = key;
    other.tee = 2;
    assert_null(proofs_find(p, &other, 15));
    other = key;
    other.trust = &trust_b;
    assert_null(proofs_find(p, &other, 15));
}

/* Keys are spread by samples of their bytes, and compared by all of them. */
static void every_byte_of_a_long_part_counts(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(proofs) struct proofs *p = NULL;
    static uint8_t text[1500];
    assert_true(proofs_open(PROOFS_BYTES_DEFAULT, &p, &err));
    struct proof_key key = key_of("pck.chain", "ab", "");
    key.parts[1] = BYTES_OF(text);
    keep(p, &key, 10, 20, 1);
    for (size_t at = 0; at < sizeof text; at++) {
        text[at] ^= 1;
        assert_null(proofs_find(p, &key, 15));
        text[at] ^= 1;
    }
    assert_non_null(proofs_find(p, &key, 15));
    key.parts[1].len--;
    assert_null(proofs_find(p, &key, 15));
    key.parts[1] = bytes_slice(BYTES_OF(text), 0, 750); /* zeros like those of the other */
    key.parts[0] = bytes_slice(BYTES_OF(text), 0, 752);
    assert_null(proofs_find(p, &key, 15));
}

static void a_proof_holds_within_its_window(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(proofs) struct proofs *p = NULL;
    assert_true(proofs_open(PROOFS_BYTES_DEFAULT, &p, &err));
    const struct proof_key key = key_of("crl", "x", "");
    keep(p, &key, 10, 20, 1);
    assert_null(proofs_find(p, &key, 9));
    assert_non_null(proofs_find(p, &key, 10));
    assert_non_null(proofs_find(p, &key, 20));
    assert_null(proofs_find(p, &key, 21));
}

static void what_was_not_used_for_longest_goes_first(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(proofs) struct proofs *p = NULL;
    assert_true(proofs_open(4096, &p, &err));
    released = 0;
    static char long_part[1500];
    memset(long_part, 'x', sizeof long_part - 1);
    const char *names[] = {"a", "b", "c", "d"};
    for (size_t i = 0; i < COUNT(names); i++) {
        const struct proof_key key = key_of("doc", names[i], long_part);
        keep(p, &key, 0, 100, (int)i);
    }
    const struct proof_key a = key_of("doc", "a", long_part), b = key_of("doc", "b", long_part),
                           d = key_of("doc", "d", long_part);
    const int *value = proofs_find(p, &a, 1);
    assert_int_equal(released, 0); /* nothing goes in the middle of a request */
    assert_int_equal(*value, 0);
    proofs_begin(p);
    assert_int_equal(released, 2);
    assert_int_equal(proofs_count(p), 2);
    assert_non_null(proofs_find(p, &a, 1));
    assert_non_null(proofs_find(p, &d, 1));
    assert_null(proofs_find(p, &b, 1));
}

/* Whatever was used, first, last or in between, is newest from then on. */
static void use_makes_new(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    for (size_t used = 0; used < COUNT(names); used++) {
        struct quoth_error err = {0};
        AUTO(proofs) struct proofs *p = NULL;
        assert_true(proofs_open(4 * 4096, &p, &err));
        for (size_t i = 0; i < COUNT(names); i++) {
            const struct proof_key key = key_of("doc", names[i], "");
            assert_true(proofs_keep(p, &key, 0, 1, malloc(1), 3000, release, &err));
        }
        const struct proof_key key = key_of("doc", names[used], ""), new = key_of("doc", "f", "");
        assert_non_null(proofs_find(p, &key, 1));
        for (size_t more = 0; more < 4; more++) { /* all of the five but the one make room */
            assert_true(proofs_keep(p, &new, 0, 1, malloc(1), 3000, release, &err));
            proofs_begin(p);
            assert_int_equal(proofs_count(p), 5);
            assert_non_null(proofs_find(p, &key, 1));
        }
        for (size_t i = 0; i < COUNT(names); i++) {
            const struct proof_key old = key_of("doc", names[i], "");
            assert_int_equal(proofs_find(p, &old, 1) != NULL, i == used);
        }
    }
}

/* A proof counts for what it keeps and for what it is found by. */
static void values_count_for_their_size(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(proofs) struct proofs *p = NULL;
    const struct proof_key key = key_of("doc", "a", "");
    assert_true(proofs_open(4096, &p, &err));
    assert_true(proofs_keep(p, &key, 0, 1, malloc(1), 5000, release, &err));
    proofs_begin(p);
    assert_int_equal(proofs_count(p), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_very_same_thing_is_found),
        cmocka_unit_test(every_byte_of_a_long_part_counts),
        cmocka_unit_test(a_proof_holds_within_its_window),
        cmocka_unit_test(what_was_not_used_for_longest_goes_first),
        cmocka_unit_test(use_makes_new),
        cmocka_unit_test(values_count_for_their_size),
    };
    return cmocka_run_group_tests_name("tee/proofs", tests, NULL, NULL);
}
