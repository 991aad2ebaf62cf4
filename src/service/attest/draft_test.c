#include "service/attest/draft.h"

#include "tests/unit.h"

#define PERMIT "version= 1.0;authorizationrules{=> permit();};"
#define SECOND UINT64_C(1000000)

static void a_burst_and_then_some_per_second(void **state)
{
    (void)state;
    const uint64_t start = 77 * SECOND;
    atomic_uint_fast64_t next = 0;
    unsigned taken = 0;
    for (unsigned i = 0; i < 100; i++)
        taken += draft_take_turn(&next, start);
    assert_int_equal(taken, DRAFTS_AT_ONCE);
    assert_false(draft_take_turn(&next, start + SECOND / DRAFTS_PER_SECOND - 1));
    assert_true(draft_take_turn(&next, start + SECOND / DRAFTS_PER_SECOND));
}

static void ten_seconds_are_worth_ten_seconds(void **state)
{
    (void)state;
    atomic_uint_fast64_t next = 0;
    unsigned taken = 0;
    for (uint64_t now = SECOND; now < 11 * SECOND; now += 1000)
        taken += draft_take_turn(&next, now);
    assert_in_range(taken, 10 * DRAFTS_PER_SECOND, 10 * DRAFTS_PER_SECOND + DRAFTS_AT_ONCE);
}

static void drafts_are_for_those_who_have_them(void **state)
{
    (void)state;
    static const struct {
        enum attest_type type;
        bool on;
        const char *text;
        enum quoth_code code;
    } rows[] = {
        {ATTEST_SGX_ENCLAVE,  true,  PERMIT,    QUOTH_OK           },
        {ATTEST_OPEN_ENCLAVE, true,  PERMIT,    QUOTH_OK           },
        {ATTEST_SEV_SNP_VM,   true,  PERMIT,    QUOTH_OK           },
        {ATTEST_TDX_VM,       true,  PERMIT,    QUOTH_DRAFT_POLICY },
        {ATTEST_TPM,          true,  PERMIT,    QUOTH_DRAFT_POLICY },
        {ATTEST_AZURE_GUEST,  true,  PERMIT,    QUOTH_DRAFT_POLICY },
        {ATTEST_SGX_ENCLAVE,  false, PERMIT,    QUOTH_DRAFT_POLICY },
        {ATTEST_SGX_ENCLAVE,  true,  "",        QUOTH_POLICY_SYNTAX},
        {ATTEST_SGX_ENCLAVE,  true,  "permit;", QUOTH_POLICY_SYNTAX},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct quoth_error err = {0};
        struct tenant t = {0};
        const struct tenant_settings settings = {.draft_policies = rows[i].on};
        AUTO(policy) struct policy *policy = NULL;
        const bool good = draft_open(&t, &settings, rows[i].type, bytes_of_text(rows[i].text),
                                     SECOND, &policy, &err);
        assert_int_equal(err.code, rows[i].code);
        assert_int_equal(good, rows[i].code == QUOTH_OK);
        assert_int_equal(policy != NULL, good);
    }
}

static void what_is_too_much_waits(void **state)
{
    (void)state;
    struct tenant t = {0};
    const struct tenant_settings settings = {.draft_policies = true};
    for (unsigned i = 0; i <= DRAFTS_AT_ONCE; i++) {
        struct quoth_error err = {0};
        AUTO(policy) struct policy *policy = NULL;
        assert_int_equal(draft_open(&t, &settings, ATTEST_SGX_ENCLAVE, BYTES_LITERAL(PERMIT),
                                    SECOND, &policy, &err),
                         i < DRAFTS_AT_ONCE);
        assert_int_equal(err.code, i < DRAFTS_AT_ONCE ? QUOTH_OK : QUOTH_DRAFT_RATE);
    }
    assert_int_equal(quoth_code_http(QUOTH_DRAFT_RATE), 429);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_and_then_some_per_second),
        cmocka_unit_test(ten_seconds_are_worth_ten_seconds),
        cmocka_unit_test(drafts_are_for_those_who_have_them),
        cmocka_unit_test(what_is_too_much_waits),
    };
    return cmocka_run_group_tests_name("service/draft", tests, NULL, NULL);
}
