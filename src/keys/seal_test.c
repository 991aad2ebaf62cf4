/* A sealed text opens in its place, whole and unchanged, with its own keyring; and no two are alike. */
#include "keys/seal.h"
#include "tests/master.h"

static struct master_key one, two;
static const struct seal_place home = {"key", "https://a", "k", 3, BYTES_INIT("beside")};

static enum quoth_code opens(const struct master_key *master, const struct seal_place *place,
                             struct bytes sealed)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer plain = {0};
    const bool good = unseal(master, place, sealed, &plain, &err);
    assert_true(good || plain.len == 0);
    return good ? QUOTH_OK : err.code;
}

static void seals(struct buffer *to)
{
    struct quoth_error err = {0};
    assert_true(seal(&one, &home, BYTES_LITERAL("secret"), to, &err));
}

static void it_opens_in_its_place_only(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer sealed = {0};
    const struct seal_place elsewhere[] = {
        {"kez",  "https://a",  "k", 3, BYTES_INIT("beside")},
        {"key",  "https://b",  "k", 3, BYTES_INIT("beside")},
        {"key",  "https://a",  "l", 3, BYTES_INIT("beside")},
        {"key",  "https://a",  "k", 4, BYTES_INIT("beside")},
        {"key",  "https://a",  "k", 3, BYTES_INIT("besidf")},
        {"keyh", "ttps://a",   "k", 3, BYTES_INIT("beside")},
        {"key",  "https://ak", "",  3, BYTES_INIT("beside")},
    };
    seals(&sealed);
    for (size_t i = 0; i < COUNT(elsewhere); i++)
        assert_int_equal(opens(&one, &elsewhere[i], buffer_bytes(&sealed)), QUOTH_SEAL_BROKEN);
    assert_int_equal(opens(&two, &home, buffer_bytes(&sealed)), QUOTH_SEAL_BROKEN);
    assert_int_equal(opens(&one, &home, buffer_bytes(&sealed)), QUOTH_OK);
}

static void it_opens_whole_and_unchanged_only(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer sealed = {0};
    seals(&sealed);
    assert_int_equal(sealed.len, SEAL_OVERHEAD + strlen("secret"));
    for (size_t i = 0; i < sealed.len; i++) {
        const bool of_term = i >= SEAL_TERM_AT && i < SEAL_SALT_AT;
        assert_int_equal(opens(&one, &home, bytes_slice(buffer_bytes(&sealed), 0, i)),
                         QUOTH_SEAL_BROKEN);
        sealed.data[i] ^= 2;
        assert_int_equal(opens(&one, &home, buffer_bytes(&sealed)),
                         of_term ? QUOTH_SEAL_TERM : QUOTH_SEAL_BROKEN);
        sealed.data[i] ^= 2;
    }
    sealed.data[SEAL_SALT_AT - 1] = 0; /* said to be of the term that lasts, which there is */
    assert_int_equal(opens(&one, &home, buffer_bytes(&sealed)), QUOTH_SEAL_BROKEN);
}

static void what_lasts_opens_too(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer sealed = {0};
    assert_true(seal_lasting(&one, &home, BYTES_LITERAL("backup"), &sealed, &err));
    assert_int_equal(opens(&one, &home, buffer_bytes(&sealed)), QUOTH_OK);
    assert_int_equal(opens(&two, &home, buffer_bytes(&sealed)), QUOTH_SEAL_BROKEN);
}

#define MANY 5000

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, SEAL_SALT_SIZE + AEAD_NONCE_SIZE);
}

static void no_two_have_salt_and_nonce_in_common(void **state)
{
    (void)state;
    static uint8_t seen[MANY][SEAL_SALT_SIZE + AEAD_NONCE_SIZE];
    for (size_t i = 0; i < MANY; i++) {
        AUTO(buffer) struct buffer sealed = {0};
        seals(&sealed);
        bytes_copy(seen[i], bytes_slice(buffer_bytes(&sealed), SEAL_SALT_AT, sizeof seen[i]));
    }
    qsort(seen, MANY, sizeof seen[0], by_bytes);
    for (size_t i = 1; i < MANY; i++)
        assert_int_not_equal(memcmp(seen[i - 1], seen[i], SEAL_SALT_SIZE), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_opens_in_its_place_only),
        cmocka_unit_test(it_opens_whole_and_unchanged_only),
        cmocka_unit_test(what_lasts_opens_too),
        cmocka_unit_test(no_two_have_salt_and_nonce_in_common),
    };
    one = master_for_test();
    two = master_for_test();
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    master_key_clear(&one);
    master_key_clear(&two);
    return failed;
}
