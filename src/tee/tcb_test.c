#include "tee/tcb.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants the two above first */
#include <cmocka.h>

static void revoked_and_unknown_never_pass(void **state)
{
    (void)state;
    const tcb_status_set all = ~(tcb_status_set)0;
    assert_false(tcb_status_accepted(all, TCB_UNKNOWN));
    assert_false(tcb_status_accepted(all, TCB_REVOKED));
    assert_false(tcb_status_accepted(all, TCB_STATUS_COUNT));
    assert_true(tcb_status_accepted(all, TCB_OUT_OF_DATE));
    assert_false(tcb_status_accepted(TCB_ACCEPT_DEFAULT, TCB_OUT_OF_DATE));
    assert_true(tcb_status_accepted(TCB_ACCEPT_DEFAULT, TCB_SW_HARDENING_NEEDED));
}

static void every_status_has_its_own_name(void **state)
{
    (void)state;
    for (int s = TCB_UP_TO_DATE; s < TCB_STATUS_COUNT; s++) {
        enum tcb_status found;
        assert_true(tcb_status_find(bytes_of_text(tcb_status_name((enum tcb_status)s)), &found));
        assert_int_equal(found, s);
    }
    enum tcb_status found;
    assert_false(tcb_status_find(BYTES_LITERAL("Unknown"), &found));
    assert_false(tcb_status_find(BYTES_LITERAL("uptodate"), &found));
}

static const struct {
    const char *list;
    size_t offset;
} bad_lists[] = {
    {"",                    0},
    {"Up",                  0},
    {"UpToDate,",           9},
    {"UpToDate, OutOfDate", 9},
    {"Revoked",             0},
    {"UpToDate,Revoked",    9},
    {",",                   0},
};

static void lists_are_read_strictly(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    tcb_status_set set = 0;
    char text[64];
    assert_true(tcb_status_set_parse(BYTES_LITERAL("OutOfDate,UpToDate"), &set, &err));
    assert_int_equal(set, 1u << TCB_OUT_OF_DATE | 1u << TCB_UP_TO_DATE);
    assert_string_equal(tcb_status_set_text(set, text, sizeof text), "UpToDate,OutOfDate");
    assert_string_equal(tcb_status_set_text(set, text, 4), "UpT");
    for (size_t i = 0; i < COUNT(bad_lists); i++) {
        err = (struct quoth_error){0};
        print_message("  \"%s\"\n", bad_lists[i].list);
        if (tcb_status_set_parse(bytes_of_text(bad_lists[i].list), &set, &err))
            fail();
        assert_int_equal(err.code, QUOTH_USAGE);
        assert_int_equal(err.offset, bad_lists[i].offset);
    }
}

static void advisories_are_a_sorted_set(void **state)
{
    (void)state;
    struct tcb tcb = {0};
    assert_true(tcb_add_advisory(&tcb, &(struct tcb_advisory){"INTEL-SA-00615"}));
    assert_true(tcb_add_advisory(&tcb, &(struct tcb_advisory){"INTEL-SA-00289"}));
    assert_true(tcb_add_advisory(&tcb, &(struct tcb_advisory){"INTEL-SA-00615"}));
    assert_true(tcb_add_advisory(&tcb, &(struct tcb_advisory){"INTEL-SA-00960"}));
    assert_int_equal(tcb.advisory_count, 3);
    assert_string_equal(tcb.advisories[0].text, "INTEL-SA-00289");
    assert_string_equal(tcb.advisories[2].text, "INTEL-SA-00960");
    for (size_t i = tcb.advisory_count; i < TCB_ADVISORIES_MAX; i++) {
        struct tcb_advisory more = {"X-00"};
        more.text[2] = (char)('0' + i / 10);
        more.text[3] = (char)('0' + i % 10);
        assert_true(tcb_add_advisory(&tcb, &more));
    }
    assert_false(tcb_add_advisory(&tcb, &(struct tcb_advisory){"one too many"}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(revoked_and_unknown_never_pass),
        cmocka_unit_test(every_status_has_its_own_name),
        cmocka_unit_test(lists_are_read_strictly),
        cmocka_unit_test(advisories_are_a_sorted_set),
    };
    return cmocka_run_group_tests_name("tee/tcb", tests, NULL, NULL);
}
