/* The verdict as JSON, member by member. */
#include "tests/unit.h"
#include "verifier/verifier.h"

static void fill(struct appraisal *a)
{
    static const struct tcb_advisory advisories[] = {{"INTEL-SA-00615"}, {"INTEL-SA-00289"}};
    struct quoth_error err = {0};
    assert_true(appraisal_init(a, 1751624924, &err));
    a->tee = "sgx";
    a->simulated = true;
    a->tcb = (struct tcb){.computed = true,
                          .status = TCB_SW_HARDENING_NEEDED,
                          .date = 1751624924,
                          .evaluation_data_number = 17};
    for (size_t i = 0; i < COUNT(advisories); i++)
        assert_true(tcb_add_advisory(&a->tcb, &advisories[i]));
    appraisal_pass(a, "quote.format");
    appraisal_note(a, "debug", "allowed");
    appraisal_skip(a, "crl.root", "by choice\n");
    claims_add_int(a->claims, CLAIM_FROM_EVIDENCE, "b", 2);
    claims_add_text(a->claims, CLAIM_FROM_EVIDENCE, "a", BYTES_LITERAL("\""));
}

static void expect(const struct appraisal *a, const char *text)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer json = {0};
    verifier_write_verdict(&json, a);
    AUTO(text) char *found = buffer_take_text(&json, &err);
    assert_string_equal(found, text);
}

#define TCB                                                                                        \
    "\"tcb\":{\"status\":\"SWHardeningNeeded\","                                                   \
    "\"advisories\":[\"INTEL-SA-00289\",\"INTEL-SA-00615\"],"                                      \
    "\"date\":\"2025-07-04T10:28:44Z\",\"evaluationDataNumber\":17},"
#define CHECKS                                                                                     \
    "\"checks\":[{\"name\":\"quote.format\",\"result\":\"pass\"},"                                 \
    "{\"name\":\"debug\",\"result\":\"pass\",\"found\":\"allowed\"},"                              \
    "{\"name\":\"crl.root\",\"result\":\"skip\",\"found\":\"by choice\\\\x0a\"}"

static void everything_is_written(void **state)
{
    (void)state;
    AUTO(appraisal) struct appraisal a;
    fill(&a);
    expect(&a, "{\"verdict\":\"accepted\",\"tee\":\"sgx\",\"simulated\":true,"
               "\"time\":\"2025-07-04T10:28:44Z\"," TCB CHECKS
               "],\"claims\":{\"a\":\"\\\"\",\"b\":2}}");
}

static void a_refusal_is_written(void **state)
{
    (void)state;
    AUTO(appraisal) struct appraisal a;
    struct quoth_error err = {0};
    fill(&a);
    quoth_mismatch(&err, QUOTH_TCB_STATUS, "tcb.status", 48, "OutOfDate", "UpToDate");
    appraisal_fail(&a, "tcb.status", &err);
    err = (struct quoth_error){0}; /* a second one does not take its place */
    quoth_fail(&err, QUOTH_TEE_DEBUG, "elsewhere", QUOTH_NO_OFFSET, "later");
    appraisal_fail(&a, "sgx.debug", &err);
    AUTO(buffer) struct buffer expected = {0};
    buffer_printf(&expected,
                  "{\"verdict\":\"refused\",\"tee\":\"sgx\",\"simulated\":true,"
                  "\"time\":\"2025-07-04T10:28:44Z\"," TCB CHECKS
                  ",{\"name\":\"tcb.status\",\"result\":\"fail\",\"found\":\"OutOfDate\","
                  "\"expected\":\"UpToDate\"},"
                  "{\"name\":\"sgx.debug\",\"result\":\"fail\",\"found\":\"later\"}],"
                  "\"unverified\":{\"a\":\"\\\"\",\"b\":2},"
                  "\"error\":{\"code\":\"%s\",\"where\":\"tcb.status\",\"offset\":48,"
                  "\"message\":\"found OutOfDate, expected UpToDate\",\"found\":\"OutOfDate\","
                  "\"expected\":\"UpToDate\",\"hint\":\"%s\"}}",
                  quoth_code_dotted(QUOTH_TCB_STATUS), quoth_code_hint(QUOTH_TCB_STATUS));
    err = (struct quoth_error){0};
    AUTO(text) char *text = buffer_take_text(&expected, &err);
    expect(&a, text);
}

/* A check too many is a fault of ours and accepts nothing. */
static void there_is_room_for_all_checks_or_no_verdict(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(appraisal) struct appraisal a;
    assert_true(appraisal_init(&a, 0, &err));
    for (size_t i = 0; i < CHECKS_MAX; i++)
        appraisal_pass(&a, "a.check");
    assert_int_equal(a.error.code, QUOTH_OK);
    appraisal_pass(&a, "one.more");
    assert_int_equal(a.error.code, QUOTH_INTERNAL);
    assert_int_equal(a.check_count, CHECKS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_written),
        cmocka_unit_test(a_refusal_is_written),
        cmocka_unit_test(there_is_room_for_all_checks_or_no_verdict),
    };
    return cmocka_run_group_tests_name("verifier/verdict", tests, NULL, NULL);
}
