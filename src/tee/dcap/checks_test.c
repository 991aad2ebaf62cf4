/* The list of checks is the same whatever fails: what became impossible is skipped and says so. */
#include "tests/dcap_scene.h"

static void edit_text(const char *text, const char *from, const char *to, struct buffer *ret_text)
{
    const char *at = strstr(text, from);
    assert_non_null(at);
    buffer_printf(ret_text, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    buffer_u8(ret_text, 0);
}

static void spoil_leaf(struct scene *s)
{
    s->forge.certs[FORGE_LEAF].usage = CERT_NON_REPUDIATION;
}

static void spoil_signer(struct scene *s)
{
    s->forge.certs[FORGE_SIGNER].usage = CERT_NON_REPUDIATION;
}

static void spoil_tcb_info(struct scene *s)
{
    s->tcb_key = s->forge.keys[FORGE_LEAF];
}

static void spoil_qe_identity(struct scene *s)
{
    s->qe_key = s->forge.keys[FORGE_LEAF];
}

/* clang-format off */ /* version 14 crashes on this table */
static const struct {
    const char *name;
    void (*spoil)(struct scene *s);
    const char *tcb_from, *tcb_to, *qe_from, *qe_to;
    const char *skipped[12]; /* of all checks; the rest passes or fails */
} spoilt[] = {
    {.name = "nothing"},
    {.name = "the chain",
     .spoil = spoil_leaf,
     .skipped = {"pck.root", "pck.validity", "crl.root", "crl.pck", "pck.revocation",
                 "tcb-info.signer", "tcb-info.signature", "tcb-info.validity",
                 "qe-identity.signer", "qe-identity.signature", "qe-identity.validity",
                 "tcb-info.platform"}},
    {.name = "the signer",
     .spoil = spoil_signer,
     .skipped = {"tcb-info.signature", "tcb-info.validity", "qe-identity.signature",
                 "qe-identity.validity", "tcb-info.platform", "qe.identity", "tcb.level",
                 "tcb.status"}},
    {.name = "the TCB info",
     .spoil = spoil_tcb_info,
     .skipped = {"tcb-info.validity", "tcb-info.platform", "tcb.level", "tcb.status"}},
    {.name = "the identity",
     .spoil = spoil_qe_identity,
     .skipped = {"qe-identity.validity", "qe.identity", "tcb.level", "tcb.status"}},
    {.name = "the family",
     .tcb_from = "\"fmspc\":\"00",
     .tcb_to = "\"fmspc\":\"01",
     .skipped = {"tcb.level", "tcb.status"}},
    {.name = "the kind of identity",
     .qe_from = "\"QE\"",
     .qe_to = "\"QVE\"",
     .skipped = {"tcb.level", "tcb.status"}},
    {.name = "the levels",
     .qe_from = "\"isvsvn\":2",
     .qe_to = "\"isvsvn\":3",
     .skipped = {"tcb.status"}},
};
/* clang-format on */

static bool is_skipped(size_t row, const char *name)
{
    for (size_t i = 0; i < COUNT(spoilt[row].skipped) && spoilt[row].skipped[i]; i++)
        if (strcmp(spoilt[row].skipped[i], name) == 0)
            return true;
    /* without a chain nothing below it is left */
    return spoilt[row].spoil == spoil_leaf &&
           (strncmp(name, "qe.", 3) == 0 || strncmp(name, "tcb.", 4) == 0);
}

static void every_check_is_in_every_verdict(void **state)
{
    (void)state;
    static const char *const names[] = {
        "quote.format",
        "pck.chain",
        "pck.root",
        "pck.validity",
        "crl.root",
        "crl.pck",
        "pck.revocation",
        "tcb-info.signer",
        "tcb-info.signature",
        "tcb-info.validity",
        "qe-identity.signer",
        "qe-identity.signature",
        "qe-identity.validity",
        "tcb-info.platform",
        "qe.signature",
        "qe.report-data",
        "qe.identity",
        "quote.signature",
        "tcb.level",
        "tcb.status",
    };
    for (size_t i = 0; i < COUNT(spoilt); i++) {
        AUTO(scene) struct scene s;
        AUTO(buffer) struct buffer tcb_info = {0}, qe_identity = {0};
        AUTO(appraisal) struct appraisal a;
        print_message("  %s\n", spoilt[i].name);
        scene_init(&s);
        if (spoilt[i].spoil)
            spoilt[i].spoil(&s);
        if (spoilt[i].tcb_from) {
            edit_text(s.tcb_info, spoilt[i].tcb_from, spoilt[i].tcb_to, &tcb_info);
            s.tcb_info = (const char *)tcb_info.data;
        }
        if (spoilt[i].qe_from) {
            edit_text(s.qe_identity, spoilt[i].qe_from, spoilt[i].qe_to, &qe_identity);
            s.qe_identity = (const char *)qe_identity.data;
        }
        scene_ready(&s);
        scene_make(&s);
        scene_judge(&s, &a);
        assert_int_equal(a.error.code == QUOTH_OK, i == 0);
        assert_int_equal(a.check_count, COUNT(names));
        for (size_t k = 0; k < COUNT(names); k++) {
            const struct check *check = appraisal_find(&a, names[k]);
            if (!check || (check->result == CHECK_SKIP) != is_skipped(i, names[k]))
                fail_msg("%s is %s", names[k], !check ? "missing" : "not as it should be");
            assert_int_equal(check->result != CHECK_PASS && check->found[0] == '\0', 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_check_is_in_every_verdict),
    };
    return cmocka_run_group_tests_name("tee/dcap/checks", tests, NULL, NULL);
}
