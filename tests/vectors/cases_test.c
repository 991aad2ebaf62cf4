/* Genuine evidence with genuine collateral: every row of dcap/cases.tsv gives its status, and every
 * row of dcap/mutations.tsv its refusal. Needs QUOTH_VECTORS. */
#include "collateral/bundle.h"
#include "collateral/part.h"
#include "tee/dcap/dcap.h"
#include "tests/vectors/vectors.h"

#include <stdio.h>

static char folder[512]; /* QUOTH_VECTORS/dcap */

struct vector_case { /* one row, loaded */
    struct buffer quote;
    struct collateral collateral;
    struct trust trust;
    int64_t at;
    bool no_crl, debug;
};

static void case_clear(struct vector_case *c)
{
    buffer_clear(&c->quote);
    collateral_clear(&c->collateral);
}
DEFINE_AUTO_VALUE(vector_case, struct vector_case, case_clear)

static void load_parts(const struct table *t, struct collateral *ret_collateral)
{
    struct quoth_error err = {0};
    AUTO(collateral_builder) struct collateral_builder b = {0};
    vector_add_part(&b, COLLATERAL_TCB_INFO, folder, table_cell(t, "tcb_info_or_bundle"));
    vector_add_part(&b, COLLATERAL_TCB_INFO_CHAIN, folder, table_cell(t, "tcb_chain"));
    vector_add_part(&b, COLLATERAL_QE_IDENTITY, folder, table_cell(t, "qe_identity"));
    vector_add_part(&b, COLLATERAL_QE_IDENTITY_CHAIN, folder, table_cell(t, "qe_chain"));
    vector_add_part(&b, COLLATERAL_ROOT_CRL, folder, table_cell(t, "root_crl"));
    vector_add_part(&b, COLLATERAL_PCK_CRL, folder, table_cell(t, "pck_crl"));
    vector_add_part(&b, COLLATERAL_PCK_CRL_CHAIN, folder, table_cell(t, "pck_crl_chain"));
    assert_true(collateral_finish(&b, ret_collateral, &err));
}

static void load_collateral(const struct table *t, struct collateral *ret_collateral)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer bundle = {0};
    if (strcmp(table_cell(t, "format"), "parts") == 0) {
        load_parts(t, ret_collateral);
        return;
    }
    vector_read(folder, table_cell(t, "tcb_info_or_bundle"), &bundle);
    if (!bundle_read(buffer_bytes(&bundle), ret_collateral, &err))
        fail_msg("%s: %s", table_cell(t, "tcb_info_or_bundle"), err.message);
}

static void case_load(const struct table *t, struct vector_case *c)
{
    *c = (struct vector_case){0};
    vector_read(folder, table_cell(t, "quote"), &c->quote);
    load_collateral(t, &c->collateral);
    trust_init_built_in(&c->trust);
    c->at = strtoll(table_cell(t, "time_unix"), NULL, 10);
    c->no_crl = strcmp(table_cell(t, "format"), "parts") == 0 &&
                strcmp(table_cell(t, "root_crl"), "-") == 0;
    c->debug = strcmp(table_cell(t, "debug"), "1") == 0;
}

static struct verifier_input input_of(const struct vector_case *c)
{
    return (struct verifier_input){
        .tee_input = {.evidence = buffer_bytes(&c->quote),
                      .collateral = &c->collateral,
                      .trust = &c->trust,
                      .at = c->at,
                      .accept = ACCEPT_ALL,
                      .no_crl = c->no_crl,
                      .allow_debug = true},
    };
}

static void appraise(const struct verifier_input *in, struct appraisal *ret)
{
    struct quoth_error err = {0};
    assert_true(appraisal_init(ret, in->tee_input.at, &err));
    verifier_appraise(in, ret);
}

static void expect_text(const char *what, const char *found, const char *expected)
{
    if (strcmp(found, expected) != 0)
        fail_msg("%s: found %s, expected %s", what, found, expected);
}

/* "-" is a status that is not there. */
static void expect_status(const struct table *t, const char *column, enum tcb_status found)
{
    expect_text(column, found == TCB_UNKNOWN ? "-" : tcb_status_name(found), table_cell(t, column));
}

static void expect_tcb(const struct table *t, const struct appraisal *a)
{
    char advisories[1024] = "", number[16];
    size_t len = 0;
    if (strcmp(table_cell(t, "tcb_status"), "TCB_NOT_SUPPORTED") == 0) {
        assert_false(a->tcb.computed);
        assert_int_equal(appraisal_find(a, "tcb.level")->result, CHECK_FAIL);
        return;
    }
    assert_true(a->tcb.computed);
    expect_text("tcb_status", tcb_status_name(a->tcb.status), table_cell(t, "tcb_status"));
    for (size_t i = 0; i < a->tcb.advisory_count; i++)
        len += (size_t)snprintf(advisories + len, sizeof advisories - len, "%s%s", i ? "," : "",
                                a->tcb.advisories[i].text);
    expect_text("advisories", len ? advisories : "-", table_cell(t, "advisories"));
    snprintf(number, sizeof number, "%u", a->tcb.evaluation_data_number);
    expect_text("tcb_eval_num_min", number, table_cell(t, "tcb_eval_num_min"));
}

/* The signers' chain of those years is the one that Azure's tokens name (maa.md 2.4). */
static void expect_chain_hash(const struct sha256 *hash)
{
    char text[72];
    expect_text("tcbinfocertshash", hex_text(BYTES_OF(hash->bytes), text, sizeof text),
                "a64d649198507d8b57e33f63ab266838f43f327bd4aacc78510b6976ed046e10");
}

/* The statuses of the parts, which a verdict does not show one by one. */
static void expect_parts(const struct table *t, const struct vector_case *c)
{
    struct quoth_error err = {0};
    struct dcap_facts facts;
    AUTO(appraisal) struct appraisal a = {0};
    const struct verifier_input in = input_of(c);
    struct dcap_quote quote;
    if (strcmp(table_cell(t, "tcb_status"), "TCB_NOT_SUPPORTED") == 0)
        return;
    assert_true(quote_read(in.tee_input.evidence, &quote, &err));
    assert_true(appraisal_init(&a, c->at, &err));
    assert_true(dcap_verify(&in.tee_input, quote.tee, &a, &facts));
    expect_status(t, "platform_status", facts.evaluation.platform);
    expect_status(t, "qe_status", facts.evaluation.qe);
    expect_status(t, "module_status", facts.evaluation.module);
    expect_status(t, "td15_current_status", facts.evaluation.current);
    if (strcmp(table_cell(t, "case"), "tdx4-gcp-ood") == 0)
        expect_chain_hash(&facts.tcb_info_chain);
}

static bool is_expired(enum quoth_code code)
{
    return code == QUOTH_CHAIN_EXPIRED || code == QUOTH_COLLATERAL_EXPIRED;
}

static bool is_early(enum quoth_code code)
{
    return code == QUOTH_CHAIN_NOT_YET_VALID || code == QUOTH_COLLATERAL_NOT_YET_VALID;
}

static void expect_verdict(const struct table *t, const struct appraisal *a)
{
    const char *expired = table_cell(t, "expired");
    bool fits = a->error.code == QUOTH_OK;
    if (strcmp(expired, "yes") == 0)
        fits = is_expired(a->error.code);
    else if (strcmp(expired, "not-yet-valid") == 0)
        fits = is_early(a->error.code);
    else if (strcmp(table_cell(t, "tcb_status"), "TCB_NOT_SUPPORTED") == 0)
        fits = a->error.code == QUOTH_TCB_UNSUPPORTED;
    if (!fits)
        fail_msg("%s at %s: %s", quoth_code_dotted(a->error.code), a->error.where,
                 a->error.message);
}

static void expect_platform(const struct table *t, const struct verifier_input *in)
{
    struct quoth_error err = {0};
    struct tee_platform platform;
    if (!verifier_platform(in, &platform, &err))
        fail_msg("%s: %s", err.where, err.message);
    expect_text("fmspc", platform.fmspc, table_cell(t, "fmspc"));
}

/* What is refused unless the operator asks for it. */
static void expect_strictness(const struct vector_case *c, struct verifier_input in,
                              const char *expired)
{
    AUTO(appraisal) struct appraisal no_debug, with_crl;
    in.tee_input.allow_debug = false;
    appraise(&in, &no_debug);
    assert_int_equal(appraisal_find(&no_debug, "debug")->result,
                     c->debug ? CHECK_FAIL : CHECK_PASS);
    in.tee_input.no_crl = false;
    appraise(&in, &with_crl);
    if (c->no_crl && strcmp(expired, "no") == 0)
        assert_int_equal(with_crl.error.code, QUOTH_COLLATERAL_MISSING);
}

/* The one genuine quote with other bytes behind it: refused as it stands, judged without them. */
static void drop_trailer(const char *name, struct vector_case *c)
{
    struct quoth_error err = {0};
    size_t len;
    if (strncmp(name, "tdx4-nonzero-trailer", 20) != 0)
        return;
    const struct verifier_input in = input_of(c);
    AUTO(appraisal) struct appraisal a;
    appraise(&in, &a);
    assert_int_equal(a.error.code, QUOTH_MALFORMED);
    assert_string_equal(a.error.where, "quote.padding");
    assert_true(quote_length(buffer_bytes(&c->quote), &len, &err));
    assert_int_equal(c->quote.len - len, 39);
    c->quote.len = len;
}

static void every_case_gives_its_status(void **state)
{
    (void)state;
    AUTO(table) struct table t;
    table_open(&t, folder, "cases.tsv");
    while (table_next(&t)) {
        AUTO(vector_case) struct vector_case c;
        AUTO(appraisal) struct appraisal a;
        print_message("  %s\n", table_cell(&t, "case"));
        case_load(&t, &c);
        drop_trailer(table_cell(&t, "case"), &c);
        const struct verifier_input in = input_of(&c);
        appraise(&in, &a);
        expect_verdict(&t, &a);
        expect_tcb(&t, &a);
        expect_parts(&t, &c);
        expect_strictness(&c, in, table_cell(&t, "expired"));
        if (strcmp(table_cell(&t, "expired"), "no") == 0)
            expect_platform(&t, &in);
    }
    print_message("%zu cases\n", t.row);
    assert_int_equal(t.row, 121);
}

/* Mutations. */

static const struct {
    const char *check;
    enum quoth_code codes[4];
} expected_checks[] = {
    {"FORMAT",                {QUOTH_MALFORMED, QUOTH_UNSUPPORTED, QUOTH_EVIDENCE_FORM}               },
    {"QUOTE_SIGNATURE",       {QUOTH_QUOTE_SIGNATURE}                                                 },
    {"QE_REPORT_DATA",        {QUOTH_QE_REPORT_DATA}                                                  },
    {"QE_REPORT_SIGNATURE",   {QUOTH_QE_SIGNATURE}                                                    },
    {"TDX_MODULE_MISMATCH",   {QUOTH_TDX_MODULE}                                                      },
    {"PCK_CHAIN",             {QUOTH_CHAIN_INVALID, QUOTH_PEM, QUOTH_DER, QUOTH_CERTIFICATE_MALFORMED}},
 /* A PEM chain relabelled as another type does not have that type's size. */
    {"CERT_DATA_UNSUPPORTED", {QUOTH_MALFORMED, QUOTH_QUOTE_CERTIFICATION}                            },
};

static bool is_expected(const char *check, enum quoth_code code)
{
    for (size_t i = 0; i < COUNT(expected_checks); i++)
        if (strcmp(expected_checks[i].check, check) == 0)
            for (size_t k = 0; k < COUNT(expected_checks[i].codes); k++)
                if (code != QUOTH_OK && expected_checks[i].codes[k] == code)
                    return true;
    return false;
}

static void mutate(const struct table *t, struct buffer *quote)
{
    AUTO(buffer) struct buffer operand = {0};
    const size_t at = strtoul(table_cell(t, "offset"), NULL, 10);
    const char *operation = table_cell(t, "operation");
    if (strcmp(operation, "truncate") == 0) {
        assert_true(at < quote->len);
        quote->len = at;
        return;
    }
    const bool is_xor = strncmp(operation, "xor ", 4) == 0;
    const struct bytes bytes = unit_hex(operation + 4, &operand);
    assert_true(at + bytes.len <= quote->len);
    for (size_t i = 0; i < bytes.len; i++)
        quote->data[at + i] =
            (uint8_t)(is_xor ? quote->data[at + i] ^ bytes.data[i] : bytes.data[i]);
}

static void case_find(const char *name, struct vector_case *ret_case)
{
    AUTO(table) struct table t;
    table_open(&t, folder, "cases.tsv");
    while (table_next(&t)) {
        if (strcmp(table_cell(&t, "case"), name) == 0) {
            case_load(&t, ret_case);
            return;
        }
    }
    fail_msg("no case %s", name);
}

static void every_mutation_is_refused(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    size_t differ = 0;
    AUTO(table) struct table t;
    AUTO(proofs) struct proofs *proofs = NULL;
    assert_true(proofs_open(PROOFS_BYTES_DEFAULT, &proofs, &err));
    table_open(&t, folder, "mutations.tsv");
    while (table_next(&t)) {
        AUTO(vector_case) struct vector_case c;
        AUTO(appraisal) struct appraisal warm, a;
        case_find(table_cell(&t, "base_case"), &c);
        struct verifier_input in = input_of(&c);
        in.tee_input.proofs = proofs;
        appraise(&in, &warm);
        assert_int_equal(warm.error.code, QUOTH_OK);
        mutate(&t, &c.quote);
        in.tee_input.evidence = buffer_bytes(&c.quote);
        appraise(&in, &a);
        if (a.error.code == QUOTH_OK)
            fail_msg("%s accepted", table_cell(&t, "mutation"));
        if (!is_expected(table_cell(&t, "expected_check"), a.error.code)) {
            print_message("  %s %s: %s at %s, expected %s\n", table_cell(&t, "base_case"),
                          table_cell(&t, "mutation"), quoth_code_dotted(a.error.code),
                          a.error.where, table_cell(&t, "expected_check"));
            differ++;
        }
    }
    print_message("%zu mutations refused\n", t.row);
    assert_int_equal(t.row, 101);
    assert_int_equal(differ, 0);
}

/* THREATS 39: every flip of one bit in the chain's text is refused, though a permissive reader of
 * PEM would find the same certificates behind some of them. */
static void no_bit_of_the_chain_can_be_flipped(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(vector_case) struct vector_case c;
    AUTO(proofs) struct proofs *proofs = NULL;
    struct dcap_quote quote;
    case_find("sgx-confswhard", &c);
    assert_true(proofs_open(PROOFS_BYTES_DEFAULT, &proofs, &err));
    assert_true(quote_read(buffer_bytes(&c.quote), &quote, &err));
    struct verifier_input in = input_of(&c);
    in.tee_input.proofs = proofs;
    struct tee_platform platform;
    assert_true(verifier_platform(&in, &platform, &err));
    const size_t start = quote.certification.offset;
    for (size_t bit = 0; bit < 8 * quote.certification.data.len; bit++) {
        c.quote.data[start + bit / 8] ^= (uint8_t)(1u << bit % 8);
        err = (struct quoth_error){0};
        if (verifier_platform(&in, &platform, &err))
            fail_msg("bit %zu of the chain may be flipped", bit);
        c.quote.data[start + bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    print_message("%zu flips refused\n", 8 * quote.certification.data.len);
}

/* Quotes without collateral of their own (SOURCES.md, notes on single cases). */
static const struct {
    const char *file;
    enum quoth_code code;
    const char *where;
    enum check_result signature; /* of the quote */
} others[] = {
    {"quotes/sgx3-certtype3-eppid.bin",           QUOTH_QUOTE_CERTIFICATION, "quote.certification",
     CHECK_PASS                                                                                               },
    {"quotes/sgx3-chain-order-leaf-root-int.bin", QUOTH_PEM,                 "quote.certification", CHECK_PASS},
    {"quotes/sgx3-bad-quote-signature.bin",       QUOTH_PEM,                 "quote.certification", CHECK_FAIL},
};

static void quotes_without_collateral_are_judged_as_far_as_they_go(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(others); i++) {
        AUTO(vector_case) struct vector_case c = {.at = 1700000000};
        AUTO(appraisal) struct appraisal a;
        vector_read(folder, others[i].file, &c.quote);
        trust_init_built_in(&c.trust);
        const struct verifier_input in = input_of(&c);
        appraise(&in, &a);
        assert_int_equal(a.error.code, others[i].code);
        assert_string_equal(a.error.where, others[i].where);
        assert_int_equal(appraisal_find(&a, "quote.signature")->result, others[i].signature);
    }
}

/* QVL's own sample: a PKI of its own, and certification data of type 1, so that the PCK certificate
 * comes with the collateral. Its enclave was never initialised, which QVL does not look at. */
static void qvls_sample_verifies_with_its_chain_supplied(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer chain = {0}, signers = {0};
    AUTO(collateral_builder) struct collateral_builder b = {0};
    AUTO(vector_case) struct vector_case c = {.at = 1600000000};
    AUTO(appraisal) struct appraisal without, a;
    vector_read(folder, "quotes/qvl-sample-sgx3-certtype1.bin", &c.quote);
    vector_trust(folder, "qvl-sample/trustedRootCaCert.pem", TRUST_HARDWARE, &c.trust);
    vector_add_part(&b, COLLATERAL_TCB_INFO, folder, "qvl-sample/tcbInfo.json");
    vector_add_part(&b, COLLATERAL_QE_IDENTITY, folder, "qvl-sample/qeIdentity.json");
    vector_add_part(&b, COLLATERAL_TCB_INFO_CHAIN, folder, "qvl-sample/tcbSignChain.pem");
    vector_add_part(&b, COLLATERAL_QE_IDENTITY_CHAIN, folder, "qvl-sample/tcbSignChain.pem");
    vector_add_part(&b, COLLATERAL_ROOT_CRL, folder, "qvl-sample/rootCaCrl.der");
    vector_add_part(&b, COLLATERAL_PCK_CRL, folder, "qvl-sample/intermediateCaCrl.der");
    assert_true(collateral_finish(&b, &c.collateral, &err));
    const struct verifier_input in = input_of(&c);
    appraise(&in, &without);
    assert_int_equal(without.error.code, QUOTH_QUOTE_CERTIFICATION);

    vector_read(folder, "qvl-sample/pckSignChain.pem", &signers);
    vector_read(folder, "qvl-sample/pckCert.pem", &chain);
    buffer_add(&chain, buffer_bytes(&signers));
    c.collateral.part[COLLATERAL_PCK_CHAIN] = buffer_bytes(&chain);
    appraise(&in, &a);
    assert_int_equal(a.error.code, QUOTH_TEE_ATTRIBUTES);
    assert_string_equal(tcb_status_name(a.tcb.status), "UpToDate");
}

int main(void)
{
    const char *vectors = getenv("QUOTH_VECTORS");
    if (!vectors) {
        printf("skipped: dcap/cases.tsv and dcap/mutations.tsv need QUOTH_VECTORS\n");
        return 77;
    }
    snprintf(folder, sizeof folder, "%s/dcap", vectors);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_gives_its_status),
        cmocka_unit_test(every_mutation_is_refused),
        cmocka_unit_test(no_bit_of_the_chain_can_be_flipped),
        cmocka_unit_test(quotes_without_collateral_are_judged_as_far_as_they_go),
        cmocka_unit_test(qvls_sample_verifies_with_its_chain_supplied),
    };
    return cmocka_run_group_tests_name("vectors/cases", tests, NULL, NULL);
}
