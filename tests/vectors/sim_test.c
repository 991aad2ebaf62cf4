/* Every case of sim/cases.tsv: the status or the refusal that it must give. */
#include "codec/pem.h"
#include "collateral/part.h"
#include "tee/dcap/judge.h"
#include "tests/vectors/vectors.h"

static const char *folder; /* tests/vectors */

/* Intel's numbers for statuses (QVL); any other number is a refusal. */
static const struct {
    const char *qvl;
    enum tcb_status status;
} statuses[] = {
    {"0",  TCB_UP_TO_DATE                              },
    {"45", TCB_OUT_OF_DATE                             },
    {"46", TCB_REVOKED                                 },
    {"47", TCB_CONFIGURATION_NEEDED                    },
    {"48", TCB_OUT_OF_DATE_CONFIGURATION_NEEDED        },
    {"82", TCB_SW_HARDENING_NEEDED                     },
    {"83", TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED   },
    {"87", TCB_TD_RELAUNCH_ADVISED                     },
    {"88", TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED},
};

/* Cases that are refused for another reason than their TCB status. */
static const struct {
    const char *name;
    enum quoth_code code;
    const char *where;
} refusals[] = {
    {"leaf revoked",                                           QUOTH_CHAIN_REVOKED,            "quote.certification.leaf"               },
    {"intermediate revoked",                                   QUOTH_CHAIN_REVOKED,            "quote.certification.intermediate"       },
    {"tcb signer revoked",                                     QUOTH_COLLATERAL_REVOKED,       "tcb_info_issuer_chain.signer"           },
    {"module id missing",                                      QUOTH_TDX_MODULE,               "td_report.tee_tcb_svn"                  },
    {"module svn below",                                       QUOTH_TCB_UNSUPPORTED,          "tdx_module"                             },
    {"tdx with QE identity",                                   QUOTH_COLLATERAL_MISMATCH,      "qe_identity.id"                         },
    {"tdx with SGX tcbinfo",                                   QUOTH_COLLATERAL_MISMATCH,      "tcb_info.id"                            },
    {"TD debug",                                               QUOTH_TEE_DEBUG,                "quote.td_report.td_attributes"          },
    {"fmspc mismatch",                                         QUOTH_COLLATERAL_MISMATCH,      "tcb_info.fmspc"                         },
    {"pceid mismatch",                                         QUOTH_COLLATERAL_MISMATCH,      "tcb_info.pceId"                         },
    {"qe mrsigner",                                            QUOTH_QE_IDENTITY,              "quote.qe_report.mrsigner"               },
    {"qe isvprodid",                                           QUOTH_QE_IDENTITY,              "quote.qe_report.isvprodid"              },
    {"qe debug attribute",                                     QUOTH_QE_IDENTITY,              "quote.qe_report.attributes"             },
    {"qe miscselect",                                          QUOTH_QE_IDENTITY,              "quote.qe_report.miscselect"             },
    {"qe isvsvn below all levels",                             QUOTH_TCB_UNSUPPORTED,          "qe_identity"                            },
    {"qe report data tail non-zero",                           QUOTH_QE_REPORT_DATA,           "quote.qe_report.reportdata"             },
    {"qve identity as qe",                                     QUOTH_COLLATERAL_MISMATCH,      "qe_identity.id"                         },
    {"no matching level: one component lower, earlier higher", QUOTH_TCB_UNSUPPORTED,          "platform"                               },
    {"levels duplicate",                                       QUOTH_COLLATERAL_MALFORMED,     "tcb_info.tcbInfo.tcbLevels"             },
    {"levels empty",                                           QUOTH_COLLATERAL_MALFORMED,     "tcb_info.tcbInfo.tcbLevels"             },
    {"component svn 256",                                      QUOTH_COLLATERAL_MALFORMED,     NULL                                     },
    {"component svn negative",                                 QUOTH_COLLATERAL_MALFORMED,     NULL                                     },
    {"15 components",                                          QUOTH_COLLATERAL_MALFORMED,
     "tcb_info.tcbInfo.tcbLevels[0].tcb.sgxtcbcomponents"                                                                               },
    {"17 components",                                          QUOTH_COLLATERAL_MALFORMED,
     "tcb_info.tcbInfo.tcbLevels[0].tcb.sgxtcbcomponents"                                                                               },
    {"unknown status",                                         QUOTH_COLLATERAL_MALFORMED,     "tcb_info.tcbInfo.tcbLevels[0].tcbStatus"},
    {"tcbType 1",                                              QUOTH_COLLATERAL_MALFORMED,     "tcb_info.tcbInfo.tcbType"               },
    {"tcbinfo version 4",                                      QUOTH_COLLATERAL_MALFORMED,     "tcb_info.tcbInfo.version"               },
    {"tcbinfo bad date",                                       QUOTH_COLLATERAL_MALFORMED,     "tcb_info.tcbInfo.nextUpdate"            },
    {"tcbinfo issueDate in the future",                        QUOTH_COLLATERAL_NOT_YET_VALID, "tcb_info"                               },
    {"tcbinfo expired",                                        QUOTH_COLLATERAL_EXPIRED,       "tcb_info"                               },
    {"identity expired",                                       QUOTH_COLLATERAL_EXPIRED,       "qe_identity"                            },
    {"tcbinfo signed by other key",                            QUOTH_COLLATERAL_SIGNATURE,     "tcb_info.signature"                     },
    {"identity signed by other key",                           QUOTH_COLLATERAL_SIGNATURE,     "qe_identity.signature"                  },
    {"tcb signer is a CA certificate",                         QUOTH_COLLATERAL_UNTRUSTED,     "tcb_info_issuer_chain.signer"           },
    {"pck crl of the other CA",                                QUOTH_COLLATERAL_MISMATCH,      "pck_crl.issuer"                         },
    {"pck crl right name wrong key",                           QUOTH_COLLATERAL_SIGNATURE,     "pck_crl.signature"                      },
    {"root crl signed by intermediate",                        QUOTH_COLLATERAL_SIGNATURE,     "root_ca_crl.signature"                  },
    {"look-alike root not trusted",                            QUOTH_CHAIN_UNTRUSTED,          "quote.certification.root"               },
    {"trust in the real Intel root only",                      QUOTH_CHAIN_UNTRUSTED,          "quote.certification.root"               },
    {"expired crl",                                            QUOTH_COLLATERAL_EXPIRED,       "root_ca_crl"                            },
    {"before everything",                                      QUOTH_CHAIN_NOT_YET_VALID,      NULL                                     },
    {"qe report signed by a key other than the PCK",           QUOTH_QE_SIGNATURE,
     "quote.qe_report.signature"                                                                                                        },
    {"mrsignerseam non-zero",                                  QUOTH_TDX_MODULE,               "td_report.mrsignerseam"                 },
    {"seam attributes non-zero",                               QUOTH_TDX_MODULE,               "td_report.seam_attributes"              },
    {"module identities absent",                               QUOTH_TDX_MODULE,               "td_report.tee_tcb_svn"                  },
    {"tdx components absent",                                  QUOTH_COLLATERAL_MALFORMED,     NULL                                     },
    {"sgx quote with tdx tcbinfo",                             QUOTH_COLLATERAL_MISMATCH,      "tcb_info.id"                            },
    {"sgx quote with td_qe identity",                          QUOTH_COLLATERAL_MISMATCH,      "qe_identity.id"                         },
    {"current module unknown",                                 QUOTH_TCB_UNSUPPORTED,          "current.tdx_module"                     },
    {"sgx debug enclave",                                      QUOTH_TEE_DEBUG,                "quote.report.attributes"                },
};

static void read_collateral(const struct table *t, struct collateral *ret_collateral)
{
    struct quoth_error err = {0};
    AUTO(collateral_builder) struct collateral_builder b = {0};
    vector_add_part(&b, COLLATERAL_TCB_INFO, folder, table_cell(t, "tcb_info"));
    vector_add_part(&b, COLLATERAL_QE_IDENTITY, folder, table_cell(t, "qe_identity"));
    vector_add_part(&b, COLLATERAL_TCB_INFO_CHAIN, folder, table_cell(t, "signer_chain"));
    vector_add_part(&b, COLLATERAL_QE_IDENTITY_CHAIN, folder, table_cell(t, "signer_chain"));
    vector_add_part(&b, COLLATERAL_ROOT_CRL, folder, table_cell(t, "root_crl"));
    vector_add_part(&b, COLLATERAL_PCK_CRL, folder, table_cell(t, "pck_crl"));
    assert_true(collateral_finish(&b, ret_collateral, &err));
}

/* What a row is judged with besides its own cells. */
struct choice {
    int64_t at, grace;
    tcb_status_set accept;
    const struct trust *trust; /* NULL: the row's root, for everything */
    struct proofs *proofs;
};

static void judge_with(const struct table *t, const struct choice *c, struct appraisal *ret)
{
    struct quoth_error err = {0};
    struct trust trust;
    AUTO(buffer) struct buffer quote = {0};
    AUTO(collateral) struct collateral collateral = {0};
    vector_read(folder, table_cell(t, "quote"), &quote);
    vector_trust(folder, table_cell(t, "trusted_root"), TRUST_HARDWARE, &trust);
    read_collateral(t, &collateral);
    const struct verifier_input in = {
        .tee_input = {.evidence = buffer_bytes(&quote),
                      .collateral = &collateral,
                      .trust = c->trust ? c->trust : &trust,
                      .at = c->at,
                      .grace = c->grace,
                      .accept = c->accept,
                      .proofs = c->proofs},
    };
    assert_true(appraisal_init(ret, c->at, &err));
    const bool accepted = verifier_appraise(&in, ret);
    assert_int_equal(accepted, ret->error.code == QUOTH_OK);
}

static int64_t time_of(const struct table *t)
{
    return strtoll(table_cell(t, "time_unix"), NULL, 10);
}

static void judge(const struct table *t, tcb_status_set accept, struct proofs *proofs,
                  struct appraisal *ret)
{
    judge_with(t, &(struct choice){.at = time_of(t), .accept = accept, .proofs = proofs}, ret);
}

static void expect_refusal(const struct appraisal *a, enum quoth_code code, const char *where)
{
    if (a->error.code != code || (where && strcmp(a->error.where, where) != 0))
        fail_msg("found %s at %s (%s), expected %s at %s", quoth_code_dotted(a->error.code),
                 a->error.where, a->error.message, quoth_code_dotted(code), where);
}

static enum tcb_status status_of(const struct table *t)
{
    const char *qvl = table_cell(t, "qvl_quote");
    for (size_t i = 0; i < COUNT(statuses); i++)
        if (strcmp(statuses[i].qvl, qvl) == 0)
            return statuses[i].status;
    fail_msg("no status for QVL's %s", qvl);
    return TCB_UNKNOWN;
}

/* A case in no table of refusals: refused exactly if its status is not accepted. */
static void expect_status(const struct table *t, const struct appraisal *a, tcb_status_set accept)
{
    const enum tcb_status status = status_of(t);
    assert_true(a->tcb.computed);
    assert_string_equal(tcb_status_name(a->tcb.status), tcb_status_name(status));
    if (tcb_status_accepted(accept, status))
        expect_refusal(a, QUOTH_OK, NULL);
    else
        expect_refusal(a, QUOTH_TCB_STATUS, "tcb.status");
}

static void expect_outcome(const struct table *t, const struct appraisal *a, tcb_status_set accept)
{
    for (size_t i = 0; i < COUNT(refusals); i++) {
        if (strcmp(refusals[i].name, table_cell(t, "case")) == 0) {
            expect_refusal(a, refusals[i].code, refusals[i].where);
            return;
        }
    }
    expect_status(t, a, accept);
}

/* Twice with one cache, which holds whatever the rows before left in it: proofs never change a
 * verdict. */
static void every_case_gives_its_verdict(void **state)
{
    (void)state;
    static const tcb_status_set accepts[] = {ACCEPT_ALL, TCB_ACCEPT_DEFAULT};
    struct quoth_error err = {0};
    AUTO(table) struct table t;
    AUTO(proofs) struct proofs *proofs = NULL;
    assert_true(proofs_open(PROOFS_BYTES_DEFAULT, &proofs, &err));
    table_open(&t, folder, "sim/cases.tsv");
    while (table_next(&t)) {
        print_message("  %s\n", table_cell(&t, "case"));
        for (size_t i = 0; i < 2 * COUNT(accepts); i++) {
            AUTO(appraisal) struct appraisal a;
            judge(&t, accepts[i / 2], i % 2 ? proofs : NULL, &a);
            expect_outcome(&t, &a, accepts[i / 2]);
        }
    }
    print_message("%zu cases, %zu of them refused whatever status is accepted\n", t.row,
                  COUNT(refusals));
    assert_int_equal(t.row, 96);
}

/* Collateral of the first row is valid until 2026-12-01T00:00:00Z. */
static void grace_is_bounded_and_shows(void **state)
{
    (void)state;
    enum { NEXT_UPDATE = 1796083200, DAY = 86400 };
    static const struct {
        int64_t late, grace;
        bool passes;
    } rows[] = {
        {0,           0,         true },
        {1,           0,         false},
        {1,           DAY,       true },
        {DAY,         DAY,       true },
        {DAY + 1,     DAY,       false},
        {1,           -DAY,      false},
        {7 * DAY,     365 * DAY, true },
        {7 * DAY + 1, 365 * DAY, false},
    };
    AUTO(table) struct table t;
    table_open(&t, folder, "sim/cases.tsv");
    assert_true(table_next(&t));
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(appraisal) struct appraisal a;
        judge_with(&t,
                   &(struct choice){.at = NEXT_UPDATE + rows[i].late,
                                    .grace = rows[i].grace,
                                    .accept = TCB_ACCEPT_DEFAULT},
                   &a);
        expect_refusal(&a, rows[i].passes ? QUOTH_OK : QUOTH_COLLATERAL_EXPIRED, NULL);
        const struct check *check = appraisal_find(&a, "tcb-info.validity");
        assert_int_equal(rows[i].passes && rows[i].late > 0,
                         strstr(check->found, "within the grace") != NULL);
    }
}

static void find_row(struct table *t, const char *name)
{
    table_open(t, folder, "sim/cases.tsv");
    while (table_next(t))
        if (strcmp(table_cell(t, "case"), name) == 0)
            return;
    fail_msg("no case %s", name);
}

static void trust_root(struct trust *trust, enum trust_class class, unsigned tees)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer pem = {0}, der = {0};
    vector_read(folder, "sim/root-00.pem", &pem);
    struct reader r = {.in = buffer_bytes(&pem), .err = &err};
    assert_true(pem_next_lenient(&r, "CERTIFICATE", &der));
    assert_true(trust_add(trust, class, tees, buffer_bytes(&der), &err));
}

/* SGX and TDX quotes of one platform: one chain, one root, and a cache that has seen the other. */
static void a_proof_for_one_tee_serves_no_other(void **state)
{
    (void)state;
    static const char *const names[] = {"sgx v3", "tdx v4"};
    static const unsigned tees[] = {TRUST_FOR_SGX, TRUST_FOR_TDX};
    for (size_t own = 0; own < COUNT(names); own++) {
        struct quoth_error err = {0};
        struct trust trust = {0};
        AUTO(table) struct table t, other;
        AUTO(proofs) struct proofs *proofs = NULL;
        AUTO(appraisal) struct appraisal a, b;
        assert_true(proofs_open(PROOFS_BYTES_DEFAULT, &proofs, &err));
        trust_root(&trust, TRUST_HARDWARE, tees[own]);
        find_row(&t, names[own]);
        find_row(&other, names[1 - own]);
        const struct choice c = {
            .at = time_of(&t), .accept = ACCEPT_ALL, .trust = &trust, .proofs = proofs};
        judge_with(&t, &c, &a);
        expect_refusal(&a, QUOTH_OK, NULL);
        const size_t count = proofs_count(proofs);
        judge_with(&other, &c, &b);
        expect_refusal(&b, QUOTH_CHAIN_UNTRUSTED, "quote.certification.root");
        assert_int_equal(proofs_count(proofs), count);
    }
}

/* The same root, called hardware by one tenant and simulated by another. */
static void a_proof_for_one_set_of_anchors_serves_no_other(void **state)
{
    (void)state;
    static const enum trust_class classes[] = {TRUST_HARDWARE, TRUST_SIMULATED};
    struct quoth_error err = {0};
    size_t count = 0;
    AUTO(table) struct table t;
    AUTO(proofs) struct proofs *proofs = NULL;
    assert_true(proofs_open(PROOFS_BYTES_DEFAULT, &proofs, &err));
    find_row(&t, "sgx v3");
    for (size_t i = 0; i < 4; i++) {
        struct trust trust = {0};
        AUTO(appraisal) struct appraisal a;
        trust_root(&trust, classes[i % 2], TRUST_FOR_ALL);
        const struct choice c = {
            .at = time_of(&t), .accept = ACCEPT_ALL, .trust = &trust, .proofs = proofs};
        judge_with(&t, &c, &a);
        expect_refusal(&a, QUOTH_OK, NULL);
        assert_int_equal(a.simulated, classes[i % 2] == TRUST_SIMULATED);
        count = i == 0 ? proofs_count(proofs) : count;
        assert_int_equal(proofs_count(proofs), i == 0 ? count : 2 * count);
    }
}

/* What the evidence asks for is what its collateral says it is for. */
static void evidence_and_collateral_name_one_platform(void **state)
{
    (void)state;
    static const char *const names[] = {"sgx v3", "sgx v4",     "sgx v5 bt1",
                                        "tdx v4", "tdx v5 bt2", "tdx v5 bt3"};
    for (size_t i = 0; i < COUNT(names); i++) {
        struct quoth_error err = {0};
        struct trust trust = {0};
        struct tee_platform platform, located;
        struct collateral_key asked, found;
        struct collateral_facts facts;
        AUTO(table) struct table t;
        AUTO(buffer) struct buffer quote = {0};
        AUTO(collateral) struct collateral collateral = {0};
        trust_root(&trust, TRUST_SIMULATED, TRUST_FOR_ALL);
        find_row(&t, names[i]);
        vector_read(folder, table_cell(&t, "quote"), &quote);
        read_collateral(&t, &collateral);
        const struct verifier_input in = {
            .tee_input = {.evidence = buffer_bytes(&quote), .trust = &trust, .at = time_of(&t)}
        };
        assert_true(verifier_platform(&in, &platform, &err));
        assert_true(verifier_locate(&in, &located, &err));
        assert_string_equal(located.tee, platform.tee);
        assert_string_equal(located.fmspc, platform.fmspc);
        assert_string_equal(located.ca, platform.ca);
        assert_true(sha256_equal(&located.root, &platform.root));
        assert_true(collateral_key_make(&platform.root, platform.tee, platform.fmspc, platform.ca,
                                        &asked, &err));
        assert_true(dcap_collateral_identify(&trust, &collateral, &found, &facts, &err));
        assert_true(collateral_key_equal(&asked, &found));
    }
}

/* Under a simulated root, with a module that is worse now than it was at launch. */
static void a_td_is_described(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value; /* of text claims; NULL: there, whatever it says */
    } claims[] = {
        {"x-ms-attestation-type",      "tdxvm"                               },
        {"eat_profile",                "https://aka.ms/maa-eat-profile-tdxvm"},
        {"intuse",                     "generic"                             },
        {"dbgstat",                    "disabled"                            },
        {"attester_tcb_status",        "UpToDate"                            },
        {"x-quoth-tcb-status",         "UpToDate"                            },
        {"x-quoth-tcb-current-status", "OutOfDate"                           },
        {"x-quoth-simulated",          NULL                                  },
        {"x-quoth-platform-id",        NULL                                  },
        {"x-quoth-root",               NULL                                  },
        {"x-quoth-tdx-tee-tcb-svn2",   NULL                                  },
        {"x-quoth-tdx-mrservicetd",    NULL                                  },
    };
    struct trust trust = {0};
    AUTO(table) struct table t;
    AUTO(appraisal) struct appraisal a;
    trust_root(&trust, TRUST_SIMULATED, TRUST_FOR_ALL);
    find_row(&t, "current worse");
    judge_with(
        &t, &(struct choice){.at = time_of(&t), .accept = TCB_ACCEPT_DEFAULT, .trust = &trust}, &a);
    expect_refusal(&a, QUOTH_OK, NULL);
    assert_string_equal(a.tee, "tdx");
    for (size_t i = 0; i < COUNT(claims); i++) {
        const struct claim *c = claims_find(a.claims, claims[i].name);
        if (!c || (claims[i].value && !bytes_equal(c->text, bytes_of_text(claims[i].value))))
            fail_msg("%s is %.*s", claims[i].name, c ? (int)c->text.len : 0,
                     c ? (const char *)c->text.data : "");
    }
    assert_true(claims_find(a.claims, "x-quoth-simulated")->boolean);
}

int main(void)
{
    struct quoth_error err = {0};
    const char *source = getenv("QUOTH_SOURCE");
    AUTO(text) char *path = path_join(source ? source : ".", "tests/vectors", &err);
    folder = path;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_gives_its_verdict),
        cmocka_unit_test(grace_is_bounded_and_shows),
        cmocka_unit_test(a_proof_for_one_tee_serves_no_other),
        cmocka_unit_test(a_proof_for_one_set_of_anchors_serves_no_other),
        cmocka_unit_test(evidence_and_collateral_name_one_platform),
        cmocka_unit_test(a_td_is_described),
    };
    return cmocka_run_group_tests_name("vectors/sim", tests, NULL, NULL);
}
