/* Recorded requests to Azure Attestation: what Azure said about a quote is what we say about it,
 * claim for claim. Needs QUOTH_VECTORS. Collateral of those days is not public; the quotes are
 * judged with that of 2025, by which their platform is out of date. */
#include "collateral/bundle.h"
#include "collateral/part.h"
#include "policy/policy.h"
#include "tests/vectors/vectors.h"

#include <stdio.h>

static char dcap[512], maa[512]; /* folders */

#define AT_2025_06_20 1750377600
#define AT_2025_07_04 1751624191

static void load_collateral(struct collateral *ret_collateral)
{
    static const struct {
        enum collateral_part part;
        const char *file;
    } rows[] = {
        {COLLATERAL_TCB_INFO,          "pcs-responses/sgx_tcb_info_00906ED50000.json#tcb_info_json"},
        {COLLATERAL_TCB_INFO_CHAIN,    "pcs-responses/sgx_tcb_info_00906ED50000.json#issuer_chain" },
        {COLLATERAL_QE_IDENTITY,       "pcs-responses/sgx_qe_identity.json#enclave_identity_json"  },
        {COLLATERAL_QE_IDENTITY_CHAIN, "pcs-responses/sgx_qe_identity.json#issuer_chain"           },
        {COLLATERAL_ROOT_CRL,          "collateral/phala-sgx-00a067-2025-06.json#root_ca_crl"      },
        {COLLATERAL_PCK_CRL,           "collateral/phala-sgx-00a067-2025-06.json#pck_crl"          },
    };
    struct quoth_error err = {0};
    AUTO(collateral_builder) struct collateral_builder b = {0};
    for (size_t i = 0; i < COUNT(rows); i++)
        vector_add_part(&b, rows[i].part, dcap, rows[i].file);
    assert_true(collateral_finish(&b, ret_collateral, &err));
}

struct recorded {
    const char *token;   /* sgx/tokens/NAME.claims.json, or NULL */
    const char *quote;   /* below sgx/ */
    const char *runtime; /* below sgx/, or NULL */
    enum held_kind kind;
    enum evidence_form form;
    bool debug;
};

#define BARE EVIDENCE_BARE
#define REPORT EVIDENCE_OPEN_ENCLAVE_REPORT

static const struct recorded recorded[] = {
    {"sgx-simple",         "sdk-debug.sgx-quote.bin",                   NULL,                                      HELD_NONE,   BARE,   true },
    {"oe-simple",          "sdk-debug.oe-report.bin",                   NULL,                                      HELD_NONE,   REPORT, true },
    {"sgx-runtime-binary", "sdk-debug.sgx-quote.bin",                   "sdk.runtime.bin",                         HELD_BINARY, BARE,   true },
    {"oe-runtime-binary",  "sdk-debug.oe-report.bin",                   "sdk.runtime.bin",                         HELD_BINARY, REPORT, true },
    {"sgx-runtime-json",   "sdk-debug.sgx-quote.bin",                   "sdk.runtime.bin",                         HELD_JSON,   BARE,   true },
    {"sgx-draft-policy",   "sdk-debug.sgx-quote.bin",                   NULL,                                      HELD_NONE,   BARE,   true },
    {NULL,                 "sdk-nondebug.oe-report.bin",                "sdk.runtime.bin",                         HELD_BINARY, REPORT, false},
    {NULL,                 "samples2020.quote.bin",                     "samples2020.runtime.bin",                 HELD_BINARY, REPORT, false},
    {NULL,                 "intelsample-debug.quote.bin",               "intelsample-debug.runtime.bin",           HELD_BINARY, BARE,   true },
    {NULL,                 "intelsample-prodid.quote.bin",              "intelsample-prodid.runtime.bin",          HELD_BINARY, BARE,
     false                                                                                                                                   },
    {NULL,                 "intelsample-release.quote.bin",             "intelsample-release.runtime.bin",         HELD_BINARY, BARE,
     false                                                                                                                                   },
    {NULL,                 "intelsample-securityversion.quote.bin",     "intelsample-securityversion.runtime.bin",
     HELD_BINARY,                                                                                                               BARE,   false},
    {NULL,                 "oesample-debug.quote.bin",                  "oesample-debug.runtime.bin",              HELD_BINARY, REPORT, true },
    {NULL,                 "oesample-prodid.quote.bin",                 "oesample-prodid.runtime.bin",             HELD_BINARY, REPORT, false},
    {NULL,                 "oesample-release.quote.bin",                "oesample-release.runtime.bin",            HELD_BINARY, REPORT,
     false                                                                                                                                   },
    {NULL,                 "oesample-securityversion.quote.bin",        "oesample-securityversion.runtime.bin",
     HELD_BINARY,                                                                                                               REPORT, false},
    {NULL,                 "perf-debug.quote.bin",                      "perf-debug.runtime.bin",                  HELD_BINARY, REPORT, true },
    {NULL,                 "perf-prodid.quote.bin",                     "perf-prodid.runtime.bin",                 HELD_BINARY, REPORT, false},
    {NULL,                 "perf-release.quote.bin",                    "perf-release.runtime.bin",                HELD_BINARY, REPORT, false},
    {NULL,                 "perf-securityversion.quote.bin",            "perf-securityversion.runtime.bin",        HELD_BINARY,
     REPORT,                                                                                                                            false},
    {NULL,                 "gkostal.oe.maa.scus.test.quote.bin",        NULL,                                      HELD_NONE,   REPORT, false},
    {NULL,                 "gkostal.sgx.failed.quote.bin",              NULL,                                      HELD_NONE,   BARE,   true },
    {NULL,                 "gkostal.sgx.quote.2022.07.12.11.46.35.bin", NULL,                                      HELD_NONE,   REPORT, true },
    {NULL,                 "gkostal.sgx.successful.quote.bin",          NULL,                                      HELD_NONE,   BARE,   true },
};

static void read_below_sgx(const char *name, struct buffer *to)
{
    char path[256];
    snprintf(path, sizeof path, "sgx/%s", name);
    vector_read(maa, path, to);
}

/* Claims that a service adds, or that hash what is not public. */
static bool is_not_compared(const char *name)
{
    static const char *const names[] = {
        "iss", "iat", "nbf", "exp", "jti", "x-ms-ver",
    };
    for (size_t i = 0; i < COUNT(names); i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return strncmp(name, "x-quoth-", 8) == 0;
}

static bool is_collateral(const char *name)
{
    return strcmp(name, "x-ms-sgx-collateral") == 0 ||
           strcmp(name, "maa-attestationcollateral") == 0;
}

/* The same seven hashes, and the one over the quote the same. */
static void expect_collateral(struct json ours, struct json theirs)
{
    assert_int_equal(json_count(ours), json_count(theirs));
    for (struct json v = json_first(theirs); json_exists(v); v = json_next(v)) {
        struct json hash;
        const struct bytes name = json_plain(json_member_name(v));
        char text[32];
        snprintf(text, sizeof text, "%.*s", (int)name.len, (const char *)name.data);
        assert_true(json_member(ours, text, &hash));
        assert_int_equal(json_plain(hash).len, 64);
        if (strcmp(text, "quotehash") == 0)
            assert_true(bytes_equal(json_span(hash), json_span(v)));
    }
}

static void expect_equal(const char *name, struct json ours, struct json theirs)
{
    AUTO(buffer) struct buffer a = {0}, b = {0};
    json_write_canonical(ours, &a);
    json_write_canonical(theirs, &b);
    if (!bytes_equal(buffer_bytes(&a), buffer_bytes(&b)))
        fail_msg("claim %s differs", name);
}

/* Every member of one is in the other, and is equal unless it is not compared. */
static void compare(struct json ours, struct json theirs)
{
    for (struct json v = json_first(theirs); json_exists(v); v = json_next(v)) {
        struct json own;
        const struct bytes name = json_plain(json_member_name(v));
        char text[64];
        snprintf(text, sizeof text, "%.*s", (int)name.len, (const char *)name.data);
        if (is_not_compared(text))
            continue;
        if (!json_member(ours, text, &own))
            fail_msg("claim %s is on one side only", text);
        if (is_collateral(text))
            expect_collateral(own, v);
        else
            expect_equal(text, own, v);
    }
}

static void compare_with_token(const struct appraisal *a, const char *token)
{
    struct quoth_error err = {0};
    char file[64];
    AUTO(buffer) struct buffer text = {0}, recorded_text = {0}, draft = {0};
    AUTO(json_doc) struct json_doc ours = {0}, theirs = {0};
    AUTO(claims) struct claims *all = claims_open();
    for (size_t i = 0; i < claims_count(a->claims); i++)
        claims_add(all, claims_at(a->claims, i));
    AUTO(policy) struct policy *policy = NULL;
    if (strcmp(token, "sgx-draft-policy") == 0)
        vector_read(maa, "policies/sdk/draft-permit.txt", &draft);
    else
        buffer_add(&draft, policy_default("SgxEnclave"));
    assert_true(policy_open(buffer_bytes(&draft), &policy, NULL, &err));
    assert_true(policy_apply(policy, all, &err));
    claims_write(&text, all);
    snprintf(file, sizeof file, "tokens/%s.claims.json", token);
    read_below_sgx(file, &recorded_text);
    assert_true(json_parse(buffer_bytes(&text), NULL, &ours, &err));
    assert_true(json_parse(buffer_bytes(&recorded_text), NULL, &theirs, &err));
    compare(json_root(&ours), json_root(&theirs));
    compare(json_root(&theirs), json_root(&ours));
}

static void judge(const struct recorded *r, const struct collateral *collateral,
                  const struct trust *trust)
{
    struct quoth_error err = {0};
    struct tee_platform platform;
    AUTO(buffer) struct buffer quote = {0}, runtime = {0};
    AUTO(appraisal) struct appraisal a, strict;
    read_below_sgx(r->quote, &quote);
    if (r->runtime)
        read_below_sgx(r->runtime, &runtime);
    struct verifier_input in = {
        .form = r->form,
        .tee_input = {.evidence = buffer_bytes(&quote),
                      .collateral = collateral,
                      .trust = trust,
                      .at = AT_2025_06_20,
                      .accept = ACCEPT_ALL,
                      .allow_debug = true},
        .runtime = {.kind = r->kind,              .data = buffer_bytes(&runtime)    },
    };
    if (!verifier_platform(&in, &platform, &err))
        fail_msg("%s: %s", err.where, err.message);
    print_message("  %s %s\n", platform.fmspc, r->quote);
    assert_true(appraisal_init(&a, AT_2025_06_20, &err));
    verifier_appraise(&in, &a);
    if (strcmp(platform.fmspc, "00906ed50000") == 0 || a.error.code == QUOTH_OK)
        assert_int_equal(a.error.code, QUOTH_OK);
    else /* collateral of another platform family: everything else holds */
        assert_int_equal(a.error.code, QUOTH_COLLATERAL_MISMATCH);
    assert_int_equal(claims_find(a.claims, "x-ms-sgx-is-debuggable")->boolean, r->debug);
    if (r->token)
        compare_with_token(&a, r->token);

    in.tee_input.allow_debug = false;
    in.tee_input.accept = TCB_ACCEPT_DEFAULT;
    assert_true(appraisal_init(&strict, AT_2025_06_20, &err));
    assert_int_equal(verifier_appraise(&in, &strict),
                     !r->debug && a.error.code == QUOTH_OK &&
                         tcb_status_accepted(TCB_ACCEPT_DEFAULT, a.tcb.status));
}

static void what_azure_said_we_say(void **state)
{
    (void)state;
    struct trust trust;
    AUTO(collateral) struct collateral collateral = {0};
    trust_init_built_in(&trust);
    load_collateral(&collateral);
    for (size_t i = 0; i < COUNT(recorded); i++)
        judge(&recorded[i], &collateral, &trust);
    print_message("%zu requests\n", COUNT(recorded));
}

/* There is no public TDX quote with its token, only a token (maa.md 2.6): a genuine quote gives claims
 * of the same names, kinds and lengths. Not among them: what Azure vouches for as the owner of the
 * machine, and runtime data, which that quote has none of. */
static bool is_azures_own(const char *name)
{
    return is_not_compared(name) || strcmp(name, "x-ms-compliance-status") == 0 ||
           strcmp(name, "x-ms-runtime") == 0;
}

static void same_kinds(struct json ours, struct json theirs)
{
    for (struct json v = json_first(theirs); json_exists(v); v = json_next(v)) {
        struct json own;
        char text[64];
        const struct bytes name = json_plain(json_member_name(v));
        snprintf(text, sizeof text, "%.*s", (int)name.len, (const char *)name.data);
        if (is_azures_own(text))
            continue;
        if (!json_member(ours, text, &own))
            fail_msg("claim %s is on one side only", text);
        const bool truths = json_type(v) == JSON_TRUE || json_type(v) == JSON_FALSE;
        if (truths ? json_type(own) != JSON_TRUE && json_type(own) != JSON_FALSE
                   : json_type(own) != json_type(v))
            fail_msg("claim %s is of another kind", text);
        if (json_type(v) == JSON_STRING && json_plain(own).len != json_plain(v).len)
            fail_msg("claim %s has another length", text);
    }
}

static void a_trust_domain_is_described_as_azure_does(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct trust trust;
    AUTO(buffer) struct buffer quote = {0}, bundle = {0}, text = {0}, sample = {0};
    AUTO(collateral) struct collateral collateral = {0};
    AUTO(appraisal) struct appraisal a = {0};
    AUTO(policy) struct policy *policy = NULL;
    AUTO(json_doc) struct json_doc ours = {0}, theirs = {0};
    trust_init_built_in(&trust);
    vector_read(dcap, "quotes/tdx4-b0c06f-uptodate.bin", &quote);
    vector_read(dcap, "collateral/phala-tdx-b0c06f-2025-06.json", &bundle);
    vector_read(maa, "tdx/docs.claims.json", &sample);
    assert_true(bundle_read(buffer_bytes(&bundle), &collateral, &err));
    const struct verifier_input in = {
        .form = EVIDENCE_BARE,
        .tee = "tdx",
        .tee_input = {.evidence = buffer_bytes(&quote),
                      .collateral = &collateral,
                      .trust = &trust,
                      .at = AT_2025_07_04,
                      .accept = TCB_ACCEPT_DEFAULT},
    };
    assert_true(appraisal_init(&a, in.tee_input.at, &err));
    assert_true(verifier_appraise(&in, &a));
    assert_true(policy_open(policy_default("TdxVm"), &policy, NULL, &err));
    assert_true(policy_apply(policy, a.claims, &err));
    claims_write(&text, a.claims);
    assert_true(json_parse(buffer_bytes(&text), NULL, &ours, &err));
    assert_true(json_parse(buffer_bytes(&sample), NULL, &theirs, &err));
    same_kinds(json_root(&ours), json_root(&theirs));
    same_kinds(json_root(&theirs), json_root(&ours));
    assert_true(
        bytes_equal(claims_find(a.claims, "x-ms-attestation-type")->text, BYTES_LITERAL("tdxvm")));
    assert_true(bytes_equal(claims_find(a.claims, "eat_profile")->text,
                            BYTES_LITERAL("https://aka.ms/maa-eat-profile-tdxvm")));
    assert_true(bytes_equal(claims_find(a.claims, "dbgstat")->text, BYTES_LITERAL("disabled")));
    assert_null(claims_find(a.claims, "x-ms-compliance-status"));
}

/* Whatever Azure's services say themselves in a token of any type, no policy says at the top level
 * (THREATS 12). Of Tpm no token is public: its names are those of maa.md 2.8. */
static const char *const samples[] = {
    "sgx/tokens/sgx-simple.claims.json",
    "sgx/tokens/oe-runtime-binary.claims.json",
    "sgx/tokens/sgx-runtime-json.claims.json",
    "sevsnp/b.claims.json",
    "tdx/docs.claims.json",
    "azureguest/sample.claims.json",
};

static void what_services_say_is_reserved(void **state)
{
    (void)state;
    static const char *const tpm[] = {"cnf", "rp_data", "nonce", "x-ms-ver", "x-ms-policy-hash"};
    struct quoth_error err = {0};
    for (size_t i = 0; i < COUNT(samples); i++) {
        AUTO(buffer) struct buffer text = {0};
        AUTO(json_doc) struct json_doc doc = {0};
        struct json issued = {0}, ignored;
        print_message("  %s\n", samples[i]);
        vector_read(maa, samples[i], &text);
        assert_true(json_parse(buffer_bytes(&text), NULL, &doc, &err));
        const bool by_policy = json_member(json_root(&doc), "x-ms-policy", &issued);
        for (struct json v = json_first(json_root(&doc)); json_exists(v); v = json_next(v)) {
            const struct bytes name = json_plain(json_member_name(v));
            char plain[64];
            snprintf(plain, sizeof plain, "%.*s", (int)name.len, (const char *)name.data);
            if (!(by_policy && json_member(issued, plain, &ignored)) &&
                !claim_name_is_reserved(name))
                fail_msg("a policy may say %s", plain);
        }
    }
    for (size_t i = 0; i < COUNT(tpm); i++)
        assert_true(claim_name_is_reserved(bytes_of_text(tpm[i])));
}

int main(void)
{
    const char *vectors = getenv("QUOTH_VECTORS");
    if (!vectors) {
        printf("skipped: maa/sgx needs QUOTH_VECTORS\n");
        return 77;
    }
    snprintf(dcap, sizeof dcap, "%s/dcap", vectors);
    snprintf(maa, sizeof maa, "%s/maa", vectors);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_azure_said_we_say),
        cmocka_unit_test(a_trust_domain_is_described_as_azure_does),
        cmocka_unit_test(what_services_say_is_reserved),
    };
    return cmocka_run_group_tests_name("vectors/maa", tests, NULL, NULL);
}
