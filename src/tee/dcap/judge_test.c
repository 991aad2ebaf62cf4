#include "tee/dcap/judge.h"

#include "base/time.h"
#include "codec/pem.h"
#include "collateral/bundle.h"
#include "collateral/part.h"
#include "tee/dcap/quote.h"
#include "tests/unit.h"

#include <stdio.h>

/* A file made for this project: tests/vectors/sim. */
static struct bytes sim(const char *name, struct buffer *hold)
{
    struct quoth_error err = {0};
    char path[512];
    buffer_clear(hold);
    snprintf(path, sizeof path, "%s/tests/vectors/sim/%s", getenv("QUOTH_SOURCE"), name);
    if (!file_read(path, 1u << 20, hold, &err))
        fail_msg("%s", err.message);
    return buffer_bytes(hold);
}

static void trust_pem(struct bytes pem, enum trust_class class, struct trust *ret)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer der = {0};
    struct reader r = {.in = pem, .err = &err};
    assert_true(pem_next_lenient(&r, "CERTIFICATE", &der));
    *ret = (struct trust){0};
    assert_true(trust_add(ret, class, TRUST_FOR_ALL, buffer_bytes(&der), &err));
}

/* The Platform CA and the root stand behind the leaf in a quote of the same PKI. */
static void add_ca_chain(struct collateral_builder *b)
{
    struct quoth_error err = {0};
    struct dcap_quote quote;
    AUTO(buffer) struct buffer raw = {0}, skipped = {0};
    assert_true(quote_read(sim("quote-00.bin", &raw), &quote, &err));
    struct reader r = {.in = quote.certification.data, .err = &err};
    assert_true(pem_next(&r, "CERTIFICATE", &skipped));
    assert_true(
        collateral_add(b, COLLATERAL_PCK_CRL_CHAIN, bytes_slice(r.in, r.pos, r.in.len), &err));
}

struct files { /* NULL: the usual one; "": none */
    const char *tcb_info, *qe_identity, *tcb_chain, *qe_chain, *root_crl, *pck_crl, *root;
    bool no_ca_chain;
};

static void add(struct collateral_builder *b, enum collateral_part part, const char *name,
                const char *usual)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer data = {0};
    const char *file = name ? name : usual;
    if (file[0])
        assert_true(collateral_add(b, part, sim(file, &data), &err));
}

static void gather(const struct files *f, struct collateral *ret, struct trust *ret_trust)
{
    struct quoth_error err = {0};
    AUTO(collateral_builder) struct collateral_builder b = {0};
    AUTO(buffer) struct buffer root = {0};
    add(&b, COLLATERAL_TCB_INFO, f->tcb_info, "tcbinfo-00.json");
    add(&b, COLLATERAL_QE_IDENTITY, f->qe_identity, "qeid-00.json");
    add(&b, COLLATERAL_TCB_INFO_CHAIN, f->tcb_chain, "signer-00.pem");
    add(&b, COLLATERAL_QE_IDENTITY_CHAIN, f->qe_chain, "signer-00.pem");
    add(&b, COLLATERAL_ROOT_CRL, f->root_crl, "rootcrl-00.der");
    add(&b, COLLATERAL_PCK_CRL, f->pck_crl, "pckcrl-00.der");
    if (!f->no_ca_chain)
        add_ca_chain(&b);
    assert_true(collateral_finish(&b, ret, &err));
    trust_pem(sim(f->root ? f->root : "root-00.pem", &root), TRUST_SIMULATED, ret_trust);
}

static void sets_say_whose_they_are(void **state)
{
    (void)state;
    static const struct {
        struct files files;
        const char *key;
    } rows[] = {
        {{0},                                                            "sgx-f0f0f0f00000-platform"},
        {{.tcb_info = "tcbinfo-01.json", .qe_identity = "qeid-01.json"},
         "tdx-f0f0f0f00000-platform"                                                                },
        {{.tcb_info = "tcbinfo-12.json"},                                "sgx-f0f0f0f00000-platform"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(collateral) struct collateral c = {0};
        struct trust trust;
        struct collateral_key key;
        struct collateral_facts facts;
        struct quoth_error err = {0};
        char text[COLLATERAL_KEY_TEXT_SIZE], time[TIME_TEXT_SIZE];
        gather(&rows[i].files, &c, &trust);
        assert_true(dcap_collateral_identify(&trust, &c, &key, &facts, &err));
        assert_string_equal(collateral_key_text(&key, text), rows[i].key);
        assert_true(sha256_equal(&key.root, &trust.anchors[0].fingerprint));
        facts = (struct collateral_facts){0};
        assert_true(dcap_collateral_judge(&trust, &c, &key, &facts, &err));
        assert_string_equal(time_format(facts.expires, time), "2026-12-01T00:00:00Z");
        assert_int_equal(facts.of[COLLATERAL_ROOT_CRL].evaluation_number, 0);
        assert_true(facts.of[COLLATERAL_TCB_INFO].evaluation_number > 0);
        static const enum collateral_part dated[] = {COLLATERAL_ROOT_CRL, COLLATERAL_PCK_CRL,
                                                     COLLATERAL_TCB_INFO, COLLATERAL_QE_IDENTITY};
        for (size_t d = 0; d < COUNT(dated); d++)
            assert_string_equal(time_format(facts.of[dated[d]].issued, time),
                                "2026-11-01T00:00:00Z");
    }
}

static void without_its_issuer_a_crl_has_an_unproven_date(void **state)
{
    (void)state;
    AUTO(collateral) struct collateral c = {0};
    const struct files files = {.no_ca_chain = true};
    struct trust trust;
    struct collateral_key key;
    struct collateral_facts facts;
    struct quoth_error err = {0};
    char time[TIME_TEXT_SIZE];
    gather(&files, &c, &trust);
    assert_true(dcap_collateral_identify(&trust, &c, &key, &facts, &err));
    assert_string_equal(key.ca, "platform");
    assert_string_equal(time_format(facts.of[COLLATERAL_PCK_CRL].issued, time),
                        "2026-11-01T00:00:00Z");
    assert_true(facts.of[COLLATERAL_PCK_CRL].unproven);
    assert_false(facts.of[COLLATERAL_ROOT_CRL].unproven);
}

static const struct {
    const char *name;
    struct files files;
    enum quoth_code code;
    const char *where;
} refusals[] = {
    {"no TCB info",                    {.tcb_info = ""},                QUOTH_COLLATERAL_MISSING,   "tcb_info"                },
    {"no identity",                    {.qe_identity = ""},             QUOTH_COLLATERAL_MISSING,   "qe_identity"             },
    {"no chain",                       {.tcb_chain = ""},               QUOTH_COLLATERAL_MISSING,   "tcb_info_issuer_chain"   },
    {"no second chain",                {.qe_chain = ""},                QUOTH_COLLATERAL_MISSING,   "qe_identity_issuer_chain"},
    {"no root CRL",                    {.root_crl = ""},                QUOTH_COLLATERAL_MISSING,   "root_ca_crl"             },
    {"no PCK CRL",                     {.pck_crl = ""},                 QUOTH_COLLATERAL_MISSING,   "pck_crl"                 },
    {"look-alike root",
     {.root = "root-01.pem"},
     QUOTH_COLLATERAL_UNTRUSTED,                                                                    "tcb_info_issuer_chain"   },
    {"the vendor's root",
     {.root = "root-02.pem"},
     QUOTH_COLLATERAL_UNTRUSTED,                                                                    "tcb_info_issuer_chain"   },
    {"CA as signer",
     {.tcb_chain = "signer-01.pem"},
     QUOTH_COLLATERAL_UNTRUSTED,                                                                    "tcb_info_issuer_chain"   },
    {"a root for a chain",
     {.qe_chain = "root-00.pem"},
     QUOTH_COLLATERAL_MALFORMED,                                                                    "qe_identity_issuer_chain"},
    {"forged TCB info",                {.tcb_info = "tcbinfo-30.json"}, QUOTH_COLLATERAL_SIGNATURE, "tcb_info"                },
    {"forged identity",                {.qe_identity = "qeid-09.json"}, QUOTH_COLLATERAL_SIGNATURE, "qe_identity"             },
    {"TD identity",                    {.qe_identity = "qeid-01.json"}, QUOTH_COLLATERAL_MISMATCH,  "qe_identity.id"          },
    {"QVE identity",                   {.qe_identity = "qeid-06.json"}, QUOTH_COLLATERAL_MISMATCH,  "qe_identity.id"          },
    {"TDX TCB info",                   {.tcb_info = "tcbinfo-01.json"}, QUOTH_COLLATERAL_MISMATCH,  "qe_identity.id"          },
    {"revoked signer",
     {.root_crl = "rootcrl-02.der"},
     QUOTH_COLLATERAL_REVOKED,                                                                      "tcb_info_issuer_chain"   },
    {"revoked CA",
     {.root_crl = "rootcrl-01.der"},
     QUOTH_COLLATERAL_REVOKED,                                                                      "pck_crl_issuer_chain"    },
    {"forged root CRL",                {.root_crl = "rootcrl-03.der"},  QUOTH_COLLATERAL_SIGNATURE, "root_ca_crl"             },
    {"PCK CRL as root CRL",
     {.root_crl = "pckcrl-00.der"},
     QUOTH_COLLATERAL_MISMATCH,                                                                     "root_ca_crl"             },
    {"root CRL as PCK CRL",            {.pck_crl = "rootcrl-00.der"},   QUOTH_COLLATERAL_MISMATCH,  "pck_crl"                 },
    {"root CRL as PCK CRL, and no CA",
     {.pck_crl = "rootcrl-00.der", .no_ca_chain = true},
     QUOTH_COLLATERAL_MISMATCH,                                                                     "pck_crl"                 },
    {"CRL of the other CA",            {.pck_crl = "pckcrl-02.der"},    QUOTH_COLLATERAL_MISMATCH,  "pck_crl"                 },
    {"forged PCK CRL",                 {.pck_crl = "pckcrl-03.der"},    QUOTH_COLLATERAL_SIGNATURE, "pck_crl"                 },
};

static void refusals_name_the_part(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        AUTO(collateral) struct collateral c = {0};
        struct trust trust;
        struct collateral_key key;
        struct collateral_facts facts;
        struct quoth_error err = {0};
        print_message("  %s\n", refusals[i].name);
        gather(&refusals[i].files, &c, &trust);
        assert_false(dcap_collateral_identify(&trust, &c, &key, &facts, &err));
        assert_int_equal(err.code, refusals[i].code);
        assert_int_equal(strncmp(err.where, refusals[i].where, strlen(refusals[i].where)), 0);
    }
}

static void a_set_for_another_platform_is_refused(void **state)
{
    (void)state;
    AUTO(collateral) struct collateral c = {0};
    const struct files files = {0};
    struct trust trust;
    struct collateral_key key, other;
    struct collateral_facts facts;
    struct quoth_error err = {0};
    gather(&files, &c, &trust);
    assert_true(dcap_collateral_identify(&trust, &c, &key, &facts, &err));
    static const char *const changed[][3] = {
        {"tdx", "f0f0f0f00000", "platform" },
        {"sgx", "00906ed50000", "platform" },
        {"sgx", "f0f0f0f00000", "processor"},
    };
    for (size_t i = 0; i < COUNT(changed); i++) {
        struct quoth_error why = {0};
        assert_true(collateral_key_make(&key.root, changed[i][0], changed[i][1], changed[i][2],
                                        &other, &err));
        assert_false(dcap_collateral_judge(&trust, &c, &other, &facts, &why));
        assert_int_equal(why.code, QUOTH_COLLATERAL_MISMATCH);
    }
    other = key;
    other.root.bytes[0] ^= 1;
    assert_false(dcap_collateral_judge(&trust, &c, &other, &facts, &err));
    assert_int_equal(err.code, QUOTH_COLLATERAL_UNTRUSTED);
}

static void expect_same(const struct collateral_facts *a, const struct collateral_facts *b)
{
    assert_int_equal(a->expires, b->expires);
    for (size_t i = 0; i < COLLATERAL_PARTS; i++) {
        assert_int_equal(a->of[i].evaluation_number, b->of[i].evaluation_number);
        assert_int_equal(a->of[i].issued, b->of[i].issued);
        assert_int_equal(a->of[i].unproven, b->of[i].unproven);
    }
}

/* Every byte of every part is under a signature, or part of one, or changes nothing. */
static void no_flipped_byte_goes_unnoticed(void **state)
{
    (void)state;
    AUTO(collateral) struct collateral c = {0};
    const struct files files = {0};
    struct trust trust;
    struct collateral_key key, again;
    struct collateral_facts facts, found;
    struct quoth_error err = {0};
    gather(&files, &c, &trust);
    assert_true(dcap_collateral_identify(&trust, &c, &key, &facts, &err));
    for (size_t i = 0; i < c.memory.len; i += 7) {
        struct quoth_error why = {0};
        c.memory.data[i] ^= 1;
        if (dcap_collateral_identify(&trust, &c, &again, &found, &why)) {
            assert_true(collateral_key_equal(&again, &key));
            expect_same(&found, &facts);
        }
        c.memory.data[i] ^= 1;
    }
}

static void genuine_bundles_are_judged(void **state)
{
    (void)state;
    static const struct {
        const char *file, *key, *expires;
    } rows[] = {
        {"phala-sgx-00a067-2025-06.json",   "sgx-00a067110000-processor", "2025-07-19T10:01:18Z"},
        {"phala-tdx-90c06f-2026-02.json",   "tdx-90c06f000000-platform",  NULL                  },
        {"phala-tdx-b0c06f-2025-06.json",   "tdx-b0c06f000000-platform",  NULL                  },
        {"oe-tdx-endorsements-2025-02.bin", NULL,                         NULL                  },
    };
    struct trust trust;
    trust_init_built_in(&trust);
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(buffer) struct buffer data = {0};
        AUTO(collateral) struct collateral c = {0};
        struct collateral_key key;
        struct collateral_facts facts;
        struct quoth_error err = {0};
        char name[128], text[COLLATERAL_KEY_TEXT_SIZE], time[TIME_TEXT_SIZE];
        snprintf(name, sizeof name, "dcap/collateral/%s", rows[i].file);
        assert_true(bundle_read(unit_vector(name, &data), &c, &err));
        assert_true(dcap_collateral_identify(&trust, &c, &key, &facts, &err));
        if (rows[i].key)
            assert_string_equal(collateral_key_text(&key, text), rows[i].key);
        if (rows[i].expires)
            assert_string_equal(time_format(facts.expires, time), rows[i].expires);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_say_whose_they_are),
        cmocka_unit_test(without_its_issuer_a_crl_has_an_unproven_date),
        cmocka_unit_test(refusals_name_the_part),
        cmocka_unit_test(a_set_for_another_platform_is_refused),
        cmocka_unit_test(no_flipped_byte_goes_unnoticed),
        cmocka_unit_test(genuine_bundles_are_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
