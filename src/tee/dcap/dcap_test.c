/* Whole judgements of forged evidence: one thing wrong, everything else right and signed. */
#include "tee/dcap/dcap.h"

#include "tests/dcap_scene.h"

static void what_is_right_is_accepted(void **state)
{
    (void)state;
    AUTO(scene) struct scene s;
    AUTO(appraisal) struct appraisal a;
    scene_init(&s);
    scene_ready(&s);
    scene_make(&s);
    scene_judge(&s, &a);
    assert_int_equal(a.error.code, QUOTH_OK);
    assert_int_equal(a.tcb.status, TCB_UP_TO_DATE);
    assert_true(a.simulated);
    for (size_t i = 0; i < a.check_count; i++)
        assert_int_equal(a.checks[i].result, CHECK_PASS);
}

/* A certificate with a mistake in who issued it. */
static const struct {
    const char *name;
    int which, issuer, named, aki_of;
    enum quoth_code code;
    const char *where;
} issuers[] = {
    {"a leaf signed by another",                            FORGE_LEAF,   FORGE_SIGNER, FORGE_CA,   FORGE_CA,   QUOTH_CHAIN_INVALID,
     "quote.certification.leaf"                                                                                                                                               },
    {"a leaf signed by the root in the CA's name",          FORGE_LEAF,   FORGE_ROOT,   FORGE_CA,   FORGE_CA,
     QUOTH_CHAIN_INVALID,                                                                                                                   "quote.certification.leaf"        },
    {"a leaf below the root",                               FORGE_LEAF,   FORGE_ROOT,   -1,         -1,         QUOTH_CHAIN_INVALID,
     "quote.certification.intermediate"                                                                                                                                       },
    {"an intermediate signed by itself in the root's name", FORGE_CA,     FORGE_CA,     FORGE_ROOT,
     FORGE_ROOT,                                                                                                QUOTH_CHAIN_INVALID,        "quote.certification.intermediate"},
    {"an intermediate signed by the leaf",                  FORGE_CA,     FORGE_LEAF,   FORGE_ROOT, FORGE_ROOT,
     QUOTH_CHAIN_INVALID,                                                                                                                   "quote.certification.intermediate"},
    {"a signer below the CA",                               FORGE_SIGNER, FORGE_CA,     -1,         -1,         QUOTH_COLLATERAL_UNTRUSTED,
     "tcb_info_issuer_chain.signer"                                                                                                                                           },
    {"a signer signed by the leaf in the root's name",      FORGE_SIGNER, FORGE_LEAF,   FORGE_ROOT,
     FORGE_ROOT,                                                                                                QUOTH_COLLATERAL_UNTRUSTED, "tcb_info_issuer_chain.signer"    },
};

static void every_certificate_is_signed_by_its_issuer(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(issuers); i++) {
        AUTO(scene) struct scene s;
        print_message("  %s\n", issuers[i].name);
        scene_init(&s);
        struct forge_cert *c = &s.forge.certs[issuers[i].which];
        c->issuer = issuers[i].issuer;
        c->named = issuers[i].named;
        c->aki_of = issuers[i].aki_of;
        scene_ready(&s);
        scene_make(&s);
        scene_expect(&s, issuers[i].code, issuers[i].where);
    }
}

/* THREATS 39: the anchor's key in a certificate that it did not sign. */
static void a_root_must_vouch_for_itself(void **state)
{
    (void)state;
    AUTO(scene) struct scene s;
    scene_init(&s);
    scene_ready(&s);
    s.forge.certs[FORGE_ROOT].issuer = FORGE_CA;
    s.forge.certs[FORGE_ROOT].named = s.forge.certs[FORGE_ROOT].aki_of = FORGE_ROOT;
    forge_make_cert(&s.forge, FORGE_ROOT, &s.forge.der[FORGE_ROOT]);
    scene_make(&s);
    scene_expect(&s, QUOTH_CHAIN_INVALID, "quote.certification.root");
}

/* Intel has issued several certificates for its root key; they are one anchor. */
static void another_certificate_of_the_root_key_will_do(void **state)
{
    (void)state;
    AUTO(scene) struct scene s;
    AUTO(appraisal) struct appraisal a;
    scene_init(&s);
    scene_ready(&s);
    const struct sha256 pinned = sha256_of(buffer_bytes(&s.forge.der[FORGE_ROOT]));
    s.forge.certs[FORGE_ROOT].not_after -= 100 * FORGE_DAY;
    forge_make_cert(&s.forge, FORGE_ROOT, &s.forge.der[FORGE_ROOT]);
    scene_make(&s);
    scene_judge(&s, &a);
    assert_int_equal(a.error.code, QUOTH_OK);
    assert_true(sha256_equal(&a.root, &pinned));
}

static void a_look_alike_is_not_trusted(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(scene) struct scene s;
    AUTO(appraisal) struct appraisal a;
    scene_init(&s);
    scene_ready(&s);
    scene_make(&s);
    forge_trust(&s.other);
    s.in.trust = &s.other.trust;
    scene_judge(&s, &a);
    assert_int_equal(a.error.code, QUOTH_CHAIN_UNTRUSTED);
    assert_false(a.simulated);
    assert_true(a.tcb.computed); /* every independent check runs */
    struct tee_platform platform;
    assert_false(dcap_platform(&s.in, DCAP_SGX, &platform, &err));
    assert_int_equal(err.code, QUOTH_CHAIN_UNTRUSTED);
}

static const struct {
    const char *name;
    struct forge_list root, pck;
    enum quoth_code code;
    const char *where;
} lists[] = {
#define GOOD_ROOT                                                                                  \
    {                                                                                              \
        FORGE_ROOT, FORGE_ROOT, -1, FORGE_NOW - FORGE_DAY, FORGE_NOW + FORGE_DAY                   \
    }
#define GOOD_PCK                                                                                   \
    {                                                                                              \
        FORGE_CA, FORGE_CA, -1, FORGE_NOW - FORGE_DAY, FORGE_NOW + FORGE_DAY                       \
    }
    {"leaf revoked",
                     GOOD_ROOT,                                                    {FORGE_CA, FORGE_CA, FORGE_LEAF, FORGE_NOW, FORGE_NOW},
                     QUOTH_CHAIN_REVOKED,                                                                                                                                      "quote.certification.leaf"},
    {"intermediate revoked",
                     {FORGE_ROOT, FORGE_ROOT, FORGE_CA, FORGE_NOW, FORGE_NOW},
                     GOOD_PCK,                                                                                                                     QUOTH_CHAIN_REVOKED,
                     "quote.certification.intermediate"                                                                                                                                                  },
    {"root revoked",
                     {FORGE_ROOT, FORGE_ROOT, FORGE_ROOT, FORGE_NOW, FORGE_NOW},
                     GOOD_PCK,                                                                                                                     QUOTH_CHAIN_REVOKED,
                     "quote.certification.root"                                                                                                                                                          },
    {"signer revoked",
                     {FORGE_ROOT, FORGE_ROOT, FORGE_SIGNER, FORGE_NOW, FORGE_NOW},
                     GOOD_PCK,                                                                                                                     QUOTH_COLLATERAL_REVOKED,
                     "tcb_info_issuer_chain.signer"                                                                                                                                                      },
    {"lists exchanged",                               GOOD_PCK,    GOOD_ROOT,                                                      QUOTH_COLLATERAL_MISMATCH,  "root_ca_crl.issuer"      },
    {"the PCK list of another CA in this one's name",
                     GOOD_ROOT,                                                    {FORGE_ROOT, FORGE_CA, -1, FORGE_NOW, FORGE_NOW},
                     QUOTH_COLLATERAL_SIGNATURE,                                                                                                                               "pck_crl.signature"       },
    {"the root's list signed by the CA",
                     {FORGE_CA, FORGE_ROOT, -1, FORGE_NOW, FORGE_NOW},
                     GOOD_PCK,                                                                                                                     QUOTH_COLLATERAL_SIGNATURE,
                     "root_ca_crl.signature"                                                                                                                                                             },
    {"the root's list expired",
                     {FORGE_ROOT, FORGE_ROOT, -1, FORGE_NOW - 9, FORGE_NOW - 1},
                     GOOD_PCK,                                                                                                                     QUOTH_COLLATERAL_EXPIRED,
                     "root_ca_crl"                                                                                                                                                                       },
    {"the PCK list expired",
                     GOOD_ROOT,                                                    {FORGE_CA, FORGE_CA, -1, FORGE_NOW - 9, FORGE_NOW - 1},
                     QUOTH_COLLATERAL_EXPIRED,                                                                                                                                 "pck_crl"                 },
    {"the PCK list of tomorrow",
                     GOOD_ROOT,                                                    {FORGE_CA, FORGE_CA, -1, FORGE_NOW + 1, FORGE_NOW + FORGE_DAY},
                     QUOTH_COLLATERAL_NOT_YET_VALID,                                                                                                                           "pck_crl"                 },
};

static void revocation_is_looked_up_in_the_right_lists(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(lists); i++) {
        AUTO(scene) struct scene s;
        print_message("  %s\n", lists[i].name);
        scene_init(&s);
        s.root_list = lists[i].root;
        s.pck_list = lists[i].pck;
        scene_ready(&s);
        scene_make(&s);
        scene_expect(&s, lists[i].code, lists[i].where);
    }
}

/* An expired list still revokes, and both are said. */
static void what_was_once_revoked_stays_so(void **state)
{
    (void)state;
    AUTO(scene) struct scene s;
    AUTO(appraisal) struct appraisal a;
    scene_init(&s);
    s.pck_list.revoked = FORGE_LEAF;
    s.pck_list.next_update = FORGE_NOW - 1;
    scene_ready(&s);
    scene_make(&s);
    scene_judge(&s, &a);
    assert_int_equal(appraisal_find(&a, "crl.pck")->result, CHECK_FAIL);
    assert_int_equal(appraisal_find(&a, "pck.revocation")->result, CHECK_FAIL);
}

static void going_without_lists_is_a_choice_that_shows(void **state)
{
    (void)state;
    AUTO(scene) struct scene s;
    AUTO(appraisal) struct appraisal a;
    scene_init(&s);
    s.leave_out = 1u << COLLATERAL_PCK_CRL;
    scene_ready(&s);
    scene_make(&s);
    scene_expect(&s, QUOTH_COLLATERAL_MISSING, "pck_crl");
    s.leave_out = 1u << COLLATERAL_ROOT_CRL;
    scene_gather(&s);
    scene_expect(&s, QUOTH_COLLATERAL_MISSING, "root_ca_crl");
    s.in.no_crl = true;
    scene_judge(&s, &a);
    assert_int_equal(a.error.code, QUOTH_OK);
    static const char *const skipped[] = {"crl.root", "crl.pck", "pck.revocation"};
    for (size_t i = 0; i < COUNT(skipped); i++)
        assert_int_equal(appraisal_find(&a, skipped[i])->result, CHECK_SKIP);
}

static const struct {
    enum collateral_part part;
    const char *where;
} missing[] = {
    {COLLATERAL_TCB_INFO,          "tcb_info"                },
    {COLLATERAL_TCB_INFO_CHAIN,    "tcb_info_issuer_chain"   },
    {COLLATERAL_QE_IDENTITY,       "qe_identity"             },
    {COLLATERAL_QE_IDENTITY_CHAIN, "qe_identity_issuer_chain"},
};

static void every_part_is_needed(void **state)
{
    (void)state;
    AUTO(scene) struct scene s;
    scene_init(&s);
    scene_ready(&s);
    scene_make(&s);
    for (size_t i = 0; i < COUNT(missing); i++) {
        s.leave_out = 1u << missing[i].part;
        scene_gather(&s);
        scene_expect(&s, QUOTH_COLLATERAL_MISSING, missing[i].where);
    }
    s.in.collateral = NULL;
    scene_expect(&s, QUOTH_COLLATERAL_UNAVAILABLE, "root_ca_crl");
}

static void documents_are_signed_below_the_same_root(void **state)
{
    (void)state;
    AUTO(scene) struct scene s;
    scene_init(&s);
    scene_ready(&s);
    s.tcb_key = s.forge.keys[FORGE_LEAF];
    scene_make(&s);
    scene_expect(&s, QUOTH_COLLATERAL_SIGNATURE, "tcb_info.signature");
    s.tcb_key = s.forge.keys[FORGE_SIGNER];
    s.qe_key = s.forge.keys[FORGE_ROOT];
    scene_make(&s);
    scene_expect(&s, QUOTH_COLLATERAL_SIGNATURE, "qe_identity.signature");
    s.tcb_key = s.qe_key = s.other.keys[FORGE_SIGNER];
    s.foreign_signer = true; /* everything fits together, and ends in another root */
    scene_make(&s);
    scene_expect(&s, QUOTH_COLLATERAL_UNTRUSTED, "tcb_info_issuer_chain.root");
}

/* issueDate may be five minutes ahead of our clock, and nextUpdate is the last good second. */
static void documents_have_their_time(void **state)
{
    (void)state;
    AUTO(scene) struct scene s;
    const int64_t issued = 1793491200, next = 1796083200; /* 2026-11-01, 2026-12-01 */
    scene_init(&s);
    s.root_list.this_update = s.pck_list.this_update = issued - FORGE_DAY;
    s.root_list.next_update = s.pck_list.next_update = next + FORGE_DAY;
    scene_ready(&s);
    scene_make(&s);
    const struct {
        int64_t at;
        enum quoth_code code;
    } rows[] = {
        {issued - 301, QUOTH_COLLATERAL_NOT_YET_VALID},
        {issued - 300, QUOTH_OK                      },
        {next,         QUOTH_OK                      },
        {next + 1,     QUOTH_COLLATERAL_EXPIRED      },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        s.in.at = rows[i].at;
        scene_expect(&s, rows[i].code, rows[i].code == QUOTH_OK ? NULL : "tcb_info");
    }
}

static void a_signer_has_its_time(void **state)
{
    (void)state;
    AUTO(scene) struct scene s;
    scene_init(&s);
    s.forge.certs[FORGE_SIGNER].not_after = FORGE_NOW - 1;
    scene_ready(&s);
    scene_make(&s);
    scene_expect(&s, QUOTH_COLLATERAL_EXPIRED, "tcb_info_issuer_chain.signer");
    s.in.at = FORGE_NOW - 1;
    scene_expect(&s, QUOTH_OK, NULL);
}

/* Intel renewed its TCB signer with the same key and the same serial: a proof is of a certificate,
 * and never of a serial. */
static void two_signers_of_one_serial_are_two(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(scene) struct scene s;
    AUTO(proofs) struct proofs *proofs = NULL;
    assert_true(proofs_open(PROOFS_BYTES_DEFAULT, &proofs, &err));
    scene_init(&s);
    s.in.proofs = proofs;
    scene_ready(&s);
    for (int round = 0; round < 3; round++) {
        const bool expired = round % 2;
        s.forge.certs[FORGE_SIGNER].not_after = FORGE_NOW + (expired ? -1 : FORGE_DAY);
        forge_make_cert(&s.forge, FORGE_SIGNER, &s.forge.der[FORGE_SIGNER]);
        scene_make(&s);
        scene_expect(&s, expired ? QUOTH_COLLATERAL_EXPIRED : QUOTH_OK, NULL);
    }
}

static void the_attestation_key_is_the_qes(void **state)
{
    (void)state;
    AUTO(scene) struct scene s;
    scene_init(&s);
    scene_ready(&s);
    s.quote.bound_key = s.other.attestation;
    scene_make(&s);
    scene_expect(&s, QUOTH_QE_REPORT_DATA, "quote.qe_report.reportdata");
}

/* Types 1 to 3 name the certificate; it must be supplied, and be the one that is named. */
static void a_certificate_that_is_only_named_must_match(void **state)
{
    (void)state;
    static const size_t ppid_sizes[] = {
        [CERTIFICATION_PPID] = 16, [CERTIFICATION_RSA_2048] = 256, [CERTIFICATION_RSA_3072] = 384};
    for (int type = CERTIFICATION_PPID; type <= CERTIFICATION_RSA_3072; type++) {
        AUTO(scene) struct scene s;
        AUTO(buffer) struct buffer named = {0};
        scene_init(&s);
        scene_ready(&s);
        buffer_fill(&named, ppid_sizes[type] + 16, 0);
        buffer_u16le(&named, 11);
        buffer_fill(&named, 2, 0);
        s.quote.type = (enum certification_type)type;
        s.quote.certification = buffer_bytes(&named);
        scene_make(&s);
        scene_expect(&s, QUOTH_QUOTE_CERTIFICATION, "quote.certification");
        s.supply_chain = true;
        scene_gather(&s);
        scene_expect(&s, QUOTH_OK, NULL);

        const struct {
            size_t at;
            const char *where;
        } fields[] = {
            {ppid_sizes[type],      "pck_certificate_chain.leaf.cpusvn"                                  },
            {ppid_sizes[type] + 16, "pck_certificate_chain.leaf.pcesvn"                                  },
            {ppid_sizes[type] + 18, "pck_certificate_chain.leaf.pceid"                                   },
            {0,                     type == CERTIFICATION_PPID ? "pck_certificate_chain.leaf.ppid" : NULL},
        };
        for (size_t i = 0; i < COUNT(fields); i++) {
            named.data[fields[i].at] ^= 1;
            scene_make(&s);
            if (fields[i].where)
                scene_expect(&s, QUOTH_CHAIN_INVALID, fields[i].where);
            else /* encrypted: nobody but the vendor can compare it */
                scene_expect(&s, QUOTH_OK, NULL);
            named.data[fields[i].at] ^= 1;
        }
    }
}

/* A chain that was supplied is no help to evidence that brings its own. */
static void a_supplied_chain_replaces_nothing(void **state)
{
    (void)state;
    AUTO(scene) struct scene s;
    scene_init(&s);
    scene_ready(&s);
    scene_make(&s);
    s.supply_chain = true;
    scene_gather(&s);
    s.evidence.data[s.evidence.len - 40] ^= 1;
    AUTO(appraisal) struct appraisal a;
    scene_judge(&s, &a);
    assert_int_not_equal(a.error.code, QUOTH_OK);
}

static void the_sgx_extension_is_that_of_its_ca(void **state)
{
    (void)state;
    AUTO(scene) struct scene s;
    scene_init(&s);
    s.forge.certs[FORGE_CA].cn = "Intel SGX PCK Platform CA"; /* and five entries */
    scene_ready(&s);
    scene_make(&s);
    scene_expect(&s, QUOTH_CHAIN_INVALID, "quote.certification.leaf");
}

/* Proofs. */

static void proofs_do_not_outlive_what_they_prove(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(scene) struct scene s;
    AUTO(proofs) struct proofs *proofs = NULL;
    assert_true(proofs_open(PROOFS_BYTES_DEFAULT, &proofs, &err));
    scene_init(&s);
    scene_ready(&s);
    scene_make(&s);
    s.in.proofs = proofs;
    scene_expect(&s, QUOTH_OK, NULL);
    const size_t count = proofs_count(proofs);
    assert_true(count > 0);
    scene_expect(&s, QUOTH_OK, NULL);
    assert_int_equal(proofs_count(proofs), count); /* all of it was found again */

    s.in.at = FORGE_NOW + 2 * FORGE_DAY; /* after both lists */
    scene_expect(&s, QUOTH_COLLATERAL_EXPIRED, "root_ca_crl");
    s.in.at = FORGE_NOW + 4000 * FORGE_DAY;
    scene_expect(&s, QUOTH_CHAIN_EXPIRED, NULL);
    assert_int_equal(proofs_count(proofs), count); /* nothing of that was kept */

    s.in.at = FORGE_NOW;
    s.evidence.data[48 + 64] ^= 1; /* MRENCLAVE */
    scene_expect(&s, QUOTH_QUOTE_SIGNATURE, NULL);
    s.evidence.data[48 + 64] ^= 1;

    s.pck_list.revoked = FORGE_LEAF; /* a new list, known chain */
    forge_crl(&s.forge, &s.pck_list, &s.pck_crl);
    scene_gather(&s);
    scene_expect(&s, QUOTH_CHAIN_REVOKED, NULL);
    assert_int_equal(proofs_count(proofs), count + 1);

    s.in.trust = &(struct trust){0};
    scene_expect(&s, QUOTH_CHAIN_UNTRUSTED, NULL);
    assert_int_equal(proofs_count(proofs), count + 1);
}

static void nothing_is_kept_below_a_root_that_nobody_trusts(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(scene) struct scene s;
    AUTO(proofs) struct proofs *proofs = NULL;
    assert_true(proofs_open(PROOFS_BYTES_DEFAULT, &proofs, &err));
    scene_init(&s);
    scene_ready(&s);
    scene_make(&s);
    trust_init_built_in(&s.forge.trust);
    s.in.proofs = proofs;
    scene_expect(&s, QUOTH_CHAIN_UNTRUSTED, NULL);
    assert_int_equal(proofs_count(proofs), 0);
}

static void an_anchor_for_one_tee_is_none_for_another(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(scene) struct scene s;
    scene_init(&s);
    scene_ready(&s);
    scene_make(&s);
    s.forge.trust = (struct trust){0};
    assert_true(trust_add(&s.forge.trust, TRUST_SIMULATED, TRUST_FOR_TDX,
                          buffer_bytes(&s.forge.der[FORGE_ROOT]), &err));
    scene_expect(&s, QUOTH_CHAIN_UNTRUSTED, NULL);
}

static void a_platform_is_named_only_once_its_signatures_hold(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct tee_platform platform;
    AUTO(scene) struct scene s;
    scene_init(&s);
    scene_ready(&s);
    scene_make(&s);
    s.in.collateral = NULL; /* none is needed for this */
    assert_true(dcap_platform(&s.in, DCAP_SGX, &platform, &err));
    assert_string_equal(platform.fmspc, "000000000000");
    assert_string_equal(platform.ca, "processor");
    assert_false(dcap_platform(&s.in, DCAP_TDX, &platform, &err));
    for (size_t at = 0; at < s.evidence.len; at += 97) {
        err = (struct quoth_error){0};
        s.evidence.data[at] ^= 0x10;
        if (dcap_platform(&s.in, DCAP_SGX, &platform, &err))
            fail_msg("byte %zu may be changed", at);
        s.evidence.data[at] ^= 0x10;
    }
    s.in.at = FORGE_NOW + 4000 * FORGE_DAY;
    err = (struct quoth_error){0};
    assert_false(dcap_platform(&s.in, DCAP_SGX, &platform, &err));
    assert_int_equal(err.code, QUOTH_CHAIN_EXPIRED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_right_is_accepted),
        cmocka_unit_test(every_certificate_is_signed_by_its_issuer),
        cmocka_unit_test(a_root_must_vouch_for_itself),
        cmocka_unit_test(another_certificate_of_the_root_key_will_do),
        cmocka_unit_test(a_look_alike_is_not_trusted),
        cmocka_unit_test(revocation_is_looked_up_in_the_right_lists),
        cmocka_unit_test(what_was_once_revoked_stays_so),
        cmocka_unit_test(going_without_lists_is_a_choice_that_shows),
        cmocka_unit_test(every_part_is_needed),
        cmocka_unit_test(documents_are_signed_below_the_same_root),
        cmocka_unit_test(documents_have_their_time),
        cmocka_unit_test(a_signer_has_its_time),
        cmocka_unit_test(two_signers_of_one_serial_are_two),
        cmocka_unit_test(the_attestation_key_is_the_qes),
        cmocka_unit_test(a_certificate_that_is_only_named_must_match),
        cmocka_unit_test(a_supplied_chain_replaces_nothing),
        cmocka_unit_test(the_sgx_extension_is_that_of_its_ca),
        cmocka_unit_test(proofs_do_not_outlive_what_they_prove),
        cmocka_unit_test(nothing_is_kept_below_a_root_that_nobody_trusts),
        cmocka_unit_test(an_anchor_for_one_tee_is_none_for_another),
        cmocka_unit_test(a_platform_is_named_only_once_its_signatures_hold),
    };
    return cmocka_run_group_tests_name("tee/dcap", tests, NULL, NULL);
}
