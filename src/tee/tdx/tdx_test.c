/* What the TDX driver adds to the common judgement, over quotes of tests/vectors/sim. Collateral is
 * left out, and a changed quote has a bad signature besides: what is looked at is the one check. */
#include "tee/tdx/tdx.h"

#include "tests/unit.h"

#include <stdio.h>

#define TD_ATTRIBUTES_AT (48 + 120) /* in a quote of version 4 */
#define XFAM_AT (48 + 128)

static void read_quote(const char *name, struct buffer *to)
{
    struct quoth_error err = {0};
    char path[512];
    const char *source = getenv("QUOTH_SOURCE");
    buffer_clear(to);
    snprintf(path, sizeof path, "%s/tests/vectors/sim/%s", source ? source : ".", name);
    if (!file_read(path, 1u << 20, to, &err))
        fail_msg("%s: %s", path, err.message);
}

static void judge(const struct buffer *quote, bool allow_debug, struct appraisal *ret)
{
    static struct trust trust;
    struct quoth_error err = {0};
    const struct tee_input in = {.evidence = buffer_bytes(quote),
                                 .trust = &trust,
                                 .at = 1794700800,
                                 .allow_debug = allow_debug};
    assert_true(appraisal_init(ret, in.at, &err));
    assert_false(tee_tdx.verify(&in, ret)); /* no collateral */
}

static const struct {
    const char *name;
    size_t at; /* of 8 bytes, little-endian */
    uint64_t value;
    enum check_result attributes, debug;
} rows[] = {
    {"none, as on Azure",          TD_ATTRIBUTES_AT, 0,                            CHECK_PASS, CHECK_PASS},
    {"SEPT_VE_DISABLE",            TD_ATTRIBUTES_AT, 1u << 28,                     CHECK_PASS, CHECK_PASS},
    {"PKS, KL, PERFMON",           TD_ATTRIBUTES_AT, UINT64_C(0x80000000C0000000), CHECK_PASS, CHECK_PASS},
    {"DEBUG",                      TD_ATTRIBUTES_AT, 1,                            CHECK_PASS, CHECK_FAIL},
    {"bit 1",                      TD_ATTRIBUTES_AT, 1u << 1,                      CHECK_PASS, CHECK_FAIL},
    {"bit 2",                      TD_ATTRIBUTES_AT, 1u << 2,                      CHECK_PASS, CHECK_FAIL},
    {"bit 3",                      TD_ATTRIBUTES_AT, 1u << 3,                      CHECK_PASS, CHECK_FAIL},
    {"HGS_PLUS_PROF",              TD_ATTRIBUTES_AT, 1u << 4,                      CHECK_PASS, CHECK_FAIL},
    {"PERF_PROF",                  TD_ATTRIBUTES_AT, 1u << 5,                      CHECK_PASS, CHECK_FAIL},
    {"PMT_PROF",                   TD_ATTRIBUTES_AT, 1u << 6,                      CHECK_PASS, CHECK_FAIL},
    {"bit 7",                      TD_ATTRIBUTES_AT, 1u << 7,                      CHECK_PASS, CHECK_FAIL},
    {"bit 8",                      TD_ATTRIBUTES_AT, 1u << 8,                      CHECK_FAIL, CHECK_PASS},
    {"bit 15",                     TD_ATTRIBUTES_AT, 1u << 15,                     CHECK_FAIL, CHECK_PASS},
    {"bit 18",                     TD_ATTRIBUTES_AT, 1u << 18,                     CHECK_FAIL, CHECK_PASS},
    {"bit 26",                     TD_ATTRIBUTES_AT, 1u << 26,                     CHECK_FAIL, CHECK_PASS},
    {"bit 32",                     TD_ATTRIBUTES_AT, UINT64_C(1) << 32,            CHECK_FAIL, CHECK_PASS},
    {"bit 62",                     TD_ATTRIBUTES_AT, UINT64_C(1) << 62,            CHECK_FAIL, CHECK_PASS},
    {"all features a TD can have", XFAM_AT,          0x6DBE7,                      CHECK_PASS, CHECK_PASS},
    {"no SSE",                     XFAM_AT,          0xE5,                         CHECK_FAIL, CHECK_PASS},
    {"no features",                XFAM_AT,          0,                            CHECK_FAIL, CHECK_PASS},
    {"a feature a TD can't have",  XFAM_AT,          0xEF,                         CHECK_FAIL, CHECK_PASS},
    {"a feature of tomorrow",      XFAM_AT,          UINT64_C(1) << 40 | 0xE7,     CHECK_FAIL, CHECK_PASS},
};

static void attributes_are_judged_bit_by_bit(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(buffer) struct buffer quote = {0};
        AUTO(appraisal) struct appraisal a, allowed;
        print_message("  %s\n", rows[i].name);
        read_quote("quote-03.bin", &quote);
        for (size_t k = 0; k < 8; k++)
            quote.data[rows[i].at + k] = (uint8_t)(rows[i].value >> 8 * k);
        judge(&quote, false, &a);
        assert_int_equal(appraisal_find(&a, "tdx.attributes")->result, rows[i].attributes);
        assert_int_equal(appraisal_find(&a, "debug")->result, rows[i].debug);
        judge(&quote, true, &allowed);
        assert_int_equal(appraisal_find(&allowed, "tdx.attributes")->result, rows[i].attributes);
        assert_int_equal(appraisal_find(&allowed, "debug")->result, CHECK_PASS);
    }
}

static void a_migratable_td_is_noted(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer quote = {0};
    AUTO(appraisal) struct appraisal a, b;
    read_quote("quote-03.bin", &quote);
    judge(&quote, false, &a);
    assert_null(appraisal_find(&a, "tdx.migratable"));
    quote.data[TD_ATTRIBUTES_AT + 3] |= 1u << 5; /* bit 29 */
    judge(&quote, false, &b);
    assert_int_equal(appraisal_find(&b, "tdx.migratable")->result, CHECK_PASS);
    assert_int_equal(appraisal_find(&b, "tdx.attributes")->result, CHECK_PASS);
}

static bool claim_is(const struct appraisal *a, const char *name, bool value)
{
    const struct claim *c = claims_find(a->claims, name);
    return c && c->kind == CLAIM_BOOL && c->boolean == value;
}

/* Left to policy, and so said: what Azure's guests lack, and what lets a guest move. */
static void what_policy_may_mind_is_a_claim(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer usual = {0}, azure = {0}, serviced = {0};
    AUTO(appraisal) struct appraisal a, b, c;
    read_quote("quote-03.bin", &usual);
    read_quote("quote-26.bin", &azure);
    read_quote("quote-25.bin", &serviced);
    judge(&usual, false, &a);
    assert_true(claim_is(&a, "tdx_td_attributes_septve_disable", true));
    assert_true(claim_is(&a, "tdx_td_attributes_debug", false));
    assert_null(claims_find(a.claims, "x-quoth-tdx-mrservicetd")); /* a body 1.0 has none */
    judge(&azure, false, &b);
    assert_true(claim_is(&b, "tdx_td_attributes_septve_disable", false));
    judge(&serviced, false, &c);
    const struct claim *service = claims_find(c.claims, "x-quoth-tdx-mrservicetd");
    assert_non_null(service);
    assert_int_equal(service->text.len, 96);
    assert_int_not_equal(strspn((const char *)service->text.data, "0"), 96);
}

static void claims_have_the_published_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t len; /* of the hex text */
    } names[] = {
        {"tdx_tee_tcb_svn",     32 },
        {"tdx_mrseam",          96 },
        {"tdx_mrsignerseam",    96 },
        {"tdx_mrtd",            96 },
        {"tdx_seam_attributes", 16 },
        {"tdx_td_attributes",   16 },
        {"tdx_xfam",            16 },
        {"tdx_mrconfigid",      96 },
        {"tdx_mrowner",         96 },
        {"tdx_rtmr0",           96 },
        {"tdx_rtmr3",           96 },
        {"tdx_mrownerconfig",   96 },
        {"tdx_rtmr1",           96 },
        {"tdx_rtmr2",           96 },
        {"tdx_report_data",     128},
    };
    AUTO(buffer) struct buffer quote = {0};
    AUTO(appraisal) struct appraisal a;
    read_quote("quote-03.bin", &quote);
    judge(&quote, false, &a);
    for (size_t i = 0; i < COUNT(names); i++) {
        const struct claim *c = claims_find(a.claims, names[i].name);
        assert_non_null(c);
        assert_int_equal(c->text.len, names[i].len);
    }
    assert_int_equal(claims_find(a.claims, "tdx_seamsvn")->integer, quote.data[48]);
    assert_true(
        bytes_equal(claims_find(a.claims, "x-ms-attestation-type")->text, BYTES_LITERAL("tdxvm")));
    assert_true(bytes_equal(claims_find(a.claims, "dbgstat")->text, BYTES_LITERAL("disabled")));
}

static void evidence_of_another_tee_is_not_ours(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer sgx = {0};
    AUTO(appraisal) struct appraisal a;
    read_quote("quote-01.bin", &sgx); /* version 4, SGX */
    assert_false(tee_tdx.detect(buffer_bytes(&sgx)));
    judge(&sgx, false, &a);
    assert_int_equal(a.error.code, QUOTH_UNSUPPORTED);
    assert_int_equal(claims_count(a.claims), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attributes_are_judged_bit_by_bit),
        cmocka_unit_test(a_migratable_td_is_noted),
        cmocka_unit_test(what_policy_may_mind_is_a_claim),
        cmocka_unit_test(claims_have_the_published_names),
        cmocka_unit_test(evidence_of_another_tee_is_not_ours),
    };
    return cmocka_run_group_tests_name("tee/tdx", tests, NULL, NULL);
}
