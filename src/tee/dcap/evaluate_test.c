#include "tee/dcap/evaluate.h"

#include "tests/unit.h"

/* dcap.md 4.7, the whole table: rows are the platform's, columns the other part's. */
static const struct {
    enum tcb_status platform, with_up_to_date, with_out_of_date, with_revoked;
} convergence[] = {
    {TCB_UP_TO_DATE,                            TCB_UP_TO_DATE,                            TCB_OUT_OF_DATE,                      TCB_REVOKED},
    {TCB_SW_HARDENING_NEEDED,                   TCB_SW_HARDENING_NEEDED,                   TCB_OUT_OF_DATE,                      TCB_REVOKED},
    {TCB_CONFIGURATION_NEEDED,                  TCB_CONFIGURATION_NEEDED,                  TCB_OUT_OF_DATE_CONFIGURATION_NEEDED,
     TCB_REVOKED                                                                                                                            },
    {TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED, TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED,
     TCB_OUT_OF_DATE_CONFIGURATION_NEEDED,                                                                                       TCB_REVOKED},
    {TCB_OUT_OF_DATE,                           TCB_OUT_OF_DATE,                           TCB_OUT_OF_DATE,                      TCB_REVOKED},
    {TCB_OUT_OF_DATE_CONFIGURATION_NEEDED,      TCB_OUT_OF_DATE_CONFIGURATION_NEEDED,
     TCB_OUT_OF_DATE_CONFIGURATION_NEEDED,                                                                                       TCB_REVOKED},
    {TCB_REVOKED,                               TCB_REVOKED,                               TCB_REVOKED,                          TCB_REVOKED},
};

static void parts_converge_as_intel_has_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(convergence); i++) {
        const enum tcb_status p = convergence[i].platform;
        const enum tcb_status up = TCB_UP_TO_DATE, old = TCB_OUT_OF_DATE, gone = TCB_REVOKED;
        print_message("  %s\n", tcb_status_name(p));
        assert_int_equal(tcb_converge(p, up, up), convergence[i].with_up_to_date);
        assert_int_equal(tcb_converge(p, old, up), convergence[i].with_out_of_date);
        assert_int_equal(tcb_converge(p, up, old), convergence[i].with_out_of_date);
        assert_int_equal(tcb_converge(p, old, old), convergence[i].with_out_of_date);
        assert_int_equal(tcb_converge(p, gone, up), convergence[i].with_revoked);
        assert_int_equal(tcb_converge(p, up, gone), convergence[i].with_revoked);
        assert_int_equal(tcb_converge(p, old, gone), convergence[i].with_revoked);
    }
}

static const struct {
    enum tcb_status launch, current, result;
} relaunches[] = {
    {TCB_UP_TO_DATE,                       TCB_OUT_OF_DATE,                           TCB_UP_TO_DATE                              },
    {TCB_SW_HARDENING_NEEDED,              TCB_REVOKED,                               TCB_SW_HARDENING_NEEDED                     },
    {TCB_REVOKED,                          TCB_UP_TO_DATE,                            TCB_REVOKED                                 },
    {TCB_CONFIGURATION_NEEDED,             TCB_UP_TO_DATE,                            TCB_CONFIGURATION_NEEDED                    },
    {TCB_OUT_OF_DATE,                      TCB_OUT_OF_DATE,                           TCB_OUT_OF_DATE                             },
    {TCB_OUT_OF_DATE,                      TCB_REVOKED,                               TCB_OUT_OF_DATE                             },
    {TCB_OUT_OF_DATE,                      TCB_UP_TO_DATE,                            TCB_TD_RELAUNCH_ADVISED                     },
    {TCB_OUT_OF_DATE,                      TCB_SW_HARDENING_NEEDED,                   TCB_TD_RELAUNCH_ADVISED                     },
    {TCB_OUT_OF_DATE,                      TCB_CONFIGURATION_NEEDED,                  TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED},
    {TCB_OUT_OF_DATE,                      TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED,
     TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED                                                                                 },
    {TCB_OUT_OF_DATE_CONFIGURATION_NEEDED, TCB_UP_TO_DATE,
     TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED                                                                                 },
    {TCB_OUT_OF_DATE_CONFIGURATION_NEEDED, TCB_OUT_OF_DATE_CONFIGURATION_NEEDED,
     TCB_OUT_OF_DATE_CONFIGURATION_NEEDED                                                                                         },
};

static void relaunch_is_advised_when_only_the_launch_is_old(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(relaunches); i++)
        assert_int_equal(tcb_relaunch(relaunches[i].launch, relaunches[i].current),
                         relaunches[i].result);
}

/* A platform of one component value and what it reaches among levels of 7, 5 and 3. */
static struct level of(enum tcb_status status, int64_t date)
{
    return (struct level){.status = status, .date = date};
}

static struct platform_level platform_level(uint8_t svn, uint16_t pcesvn, uint8_t tdx,
                                            enum tcb_status status)
{
    struct platform_level l = {.pcesvn = pcesvn, .level = of(status, 1000 + svn)};
    memset(l.sgx, svn, sizeof l.sgx);
    memset(l.tdx, tdx, sizeof l.tdx);
    return l;
}

struct bench { /* views its own arrays */
    struct platform_level levels[3];
    struct isv_level qe[2], modules[2];
    struct tdx_module_identity identity;
    struct tcb_info info;
    struct qe_identity qe_identity;
    struct pck pck;
    uint8_t svn[16], svn2[16];
    struct dcap_quote quote;
};

static void bench_init(struct bench *b, bool tdx)
{
    *b = (struct bench){
        .levels = {platform_level(7,              11,                                        3, TCB_UP_TO_DATE),
                   platform_level(5, 11, 2, TCB_SW_HARDENING_NEEDED),
                   platform_level(3, 5, 1, TCB_OUT_OF_DATE)},
        .qe = {{8, of(TCB_UP_TO_DATE, 5000)},              {4, of(TCB_OUT_OF_DATE, 10)}                                                    },
        .modules = {{6, of(TCB_UP_TO_DATE, 5000)},              {2, of(TCB_OUT_OF_DATE, 20)}                                                     },
        .svn = {6,                             1,                                          3                                                    },
        .svn2 = {6, 1, 3                                                     },
    };
    memset(b->svn + 3, 3, 13);
    memset(b->svn2 + 3, 3, 13);
    memset(b->pck.components, 7, 16);
    b->pck.pcesvn = 11;
    b->identity = (struct tdx_module_identity){
        .version = 1, .levels = {b->modules, 2}
    };
    b->info = (struct tcb_info){.tee = tdx ? DCAP_TDX : DCAP_SGX,
                                .levels = b->levels,
                                .level_count = 3,
                                .evaluation_data_number = 17,
                                .identities = &b->identity,
                                .identity_count = 1};
    b->qe_identity = (struct qe_identity){
        .levels = {b->qe, 2},
          .evaluation_data_number = 15
    };
    b->quote = (struct dcap_quote){.tee = tdx ? DCAP_TDX : DCAP_SGX,
                                   .qe_report.isv_svn = 8,
                                   .td.tee_tcb_svn = BYTES_OF(b->svn)};
}

static enum tcb_status evaluate(const struct bench *b, struct evaluation *e, const char *where)
{
    struct quoth_error err = {0};
    *e = (struct evaluation){0};
    const bool reached = evaluate_tcb(&b->quote, &b->pck, &b->info, &b->qe_identity, e, &err);
    assert_int_equal(reached, where == NULL);
    if (where) {
        assert_int_equal(err.code, QUOTH_TCB_UNSUPPORTED);
        assert_string_equal(err.where, where);
        assert_false(e->tcb.computed);
    }
    return e->tcb.status;
}

static void every_component_must_be_reached(void **state)
{
    (void)state;
    struct bench b;
    struct evaluation e;
    bench_init(&b, false);
    assert_int_equal(evaluate(&b, &e, NULL), TCB_UP_TO_DATE);
    assert_int_equal(e.tcb.evaluation_data_number, 15);
    assert_int_equal(e.tcb.date, 1007);
    for (size_t i = 0; i < 16; i++) { /* one lower, all others as high as can be */
        memset(b.pck.components, 255, 16);
        b.pck.components[i] = 6;
        assert_int_equal(evaluate(&b, &e, NULL), TCB_SW_HARDENING_NEEDED);
        b.pck.components[i] = 2;
        evaluate(&b, &e, "platform");
    }
    memset(b.pck.components, 255, 16);
    b.pck.pcesvn = 10;
    assert_int_equal(evaluate(&b, &e, NULL), TCB_OUT_OF_DATE);
    b.pck.pcesvn = 4;
    evaluate(&b, &e, "platform");
}

static void the_qe_has_levels_of_its_own(void **state)
{
    (void)state;
    struct bench b;
    struct evaluation e;
    bench_init(&b, false);
    b.quote.qe_report.isv_svn = 7;
    assert_int_equal(evaluate(&b, &e, NULL), TCB_OUT_OF_DATE);
    assert_int_equal(e.platform, TCB_UP_TO_DATE);
    assert_int_equal(e.qe, TCB_OUT_OF_DATE);
    assert_int_equal(e.tcb.date, 10);
    b.quote.qe_report.isv_svn = 3;
    evaluate(&b, &e, "qe_identity");
}

/* From module version 1 on, bytes 0 and 1 are the module's own and no components. */
static void the_module_counts_by_version(void **state)
{
    (void)state;
    struct bench b;
    struct evaluation e;
    bench_init(&b, true);
    assert_int_equal(evaluate(&b, &e, NULL), TCB_UP_TO_DATE);
    assert_int_equal(e.module, TCB_UP_TO_DATE);
    b.svn[0] = 3;
    assert_int_equal(evaluate(&b, &e, NULL), TCB_OUT_OF_DATE);
    assert_int_equal(e.module, TCB_OUT_OF_DATE);
    b.svn[0] = 1;
    evaluate(&b, &e, "tdx_module");
    b.svn[1] = 2; /* a module nobody knows */
    evaluate(&b, &e, "tdx_module");
    b.svn[1] = 0; /* version 0: components like the others, and 0 reaches none */
    evaluate(&b, &e, "platform");
    memset(b.svn, 3, 16);
    b.svn[1] = 0;
    memset(b.levels[0].tdx, 0, 2);
    assert_int_equal(evaluate(&b, &e, NULL), TCB_UP_TO_DATE);
    assert_int_equal(e.module, TCB_UNKNOWN);
    b.svn[2] = 2; /* only the TDX part of the first level fails: go on with the next */
    memset(b.levels[1].tdx, 0, 2);
    assert_int_equal(evaluate(&b, &e, NULL), TCB_SW_HARDENING_NEEDED);
}

static void a_running_td_is_judged_twice(void **state)
{
    (void)state;
    struct bench b;
    struct evaluation e;
    bench_init(&b, true);
    b.quote.td.is_15 = true;
    b.quote.td.tee_tcb_svn2 = BYTES_OF(b.svn2);
    b.svn[0] = 2;
    assert_int_equal(evaluate(&b, &e, NULL), TCB_TD_RELAUNCH_ADVISED);
    assert_int_equal(e.current, TCB_UP_TO_DATE);
    b.svn[0] = 6;
    b.svn2[0] = 2; /* worse now: reported, not counted */
    assert_int_equal(evaluate(&b, &e, NULL), TCB_UP_TO_DATE);
    assert_int_equal(e.current, TCB_OUT_OF_DATE);
    b.svn2[1] = 9;
    evaluate(&b, &e, "current.tdx_module");
}

static void advisories_of_all_parts_are_united(void **state)
{
    (void)state;
    struct bench b;
    struct evaluation e;
    struct tcb_advisory of_platform[] = {{"INTEL-SA-00003"}, {"INTEL-SA-00001"}},
                        of_qe[] = {{"INTEL-SA-00002"}, {"INTEL-SA-00001"}},
                        of_module[] = {{"INTEL-SA-00004"}};
    bench_init(&b, true);
    b.levels[0].level.advisories = of_platform;
    b.levels[0].level.advisory_count = COUNT(of_platform);
    b.qe[0].level.advisories = of_qe;
    b.qe[0].level.advisory_count = COUNT(of_qe);
    b.modules[0].level.advisories = of_module;
    b.modules[0].level.advisory_count = COUNT(of_module);
    evaluate(&b, &e, NULL);
    assert_int_equal(e.tcb.advisory_count, 4);
    assert_string_equal(e.tcb.advisories[0].text, "INTEL-SA-00001");
    assert_string_equal(e.tcb.advisories[3].text, "INTEL-SA-00004");
}

static void a_module_is_signed_and_set_up_as_the_vendor_says(void **state)
{
    (void)state;
    struct bench b;
    uint8_t signer[48] = {0}, attributes[8] = {0};
    bench_init(&b, true);
    struct td_report report = {.tee_tcb_svn = BYTES_OF(b.svn),
                               .mrsignerseam = BYTES_OF(signer),
                               .seam_attributes = BYTES_OF(attributes)};
    struct quoth_error err = {0};
    assert_true(tdx_module_check(&report, &b.info, &err));
    attributes[7] = 1; /* never, even if an identity should say so */
    b.identity.module.attributes[7] = 1;
    assert_false(tdx_module_check(&report, &b.info, &err));
    assert_string_equal(err.where, "td_report.seam_attributes");
    err = (struct quoth_error){0};
    attributes[7] = 0; /* zero, and not what the identity says */
    assert_false(tdx_module_check(&report, &b.info, &err));
    assert_string_equal(err.where, "td_report.seam_attributes");
    err = (struct quoth_error){0};
    signer[47] = 1;
    assert_false(tdx_module_check(&report, &b.info, &err));
    assert_string_equal(err.where, "td_report.mrsignerseam");
    b.svn[1] = 0; /* a module without an identity is tdxModule's */
    err = (struct quoth_error){0};
    assert_false(tdx_module_check(&report, &b.info, &err));
    b.info.tdx_module.mrsigner[47] = 1;
    err = (struct quoth_error){0};
    assert_true(tdx_module_check(&report, &b.info, &err));
    b.svn[1] = 0x1f;
    assert_false(tdx_module_check(&report, &b.info, &err));
    assert_non_null(strstr(err.message, "TDX_1F"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_converge_as_intel_has_it),
        cmocka_unit_test(relaunch_is_advised_when_only_the_launch_is_old),
        cmocka_unit_test(every_component_must_be_reached),
        cmocka_unit_test(the_qe_has_levels_of_its_own),
        cmocka_unit_test(the_module_counts_by_version),
        cmocka_unit_test(a_running_td_is_judged_twice),
        cmocka_unit_test(advisories_of_all_parts_are_united),
        cmocka_unit_test(a_module_is_signed_and_set_up_as_the_vendor_says),
    };
    return cmocka_run_group_tests_name("tee/dcap/evaluate", tests, NULL, NULL);
}
