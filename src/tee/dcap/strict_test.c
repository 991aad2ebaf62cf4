/* Whole judgements again: what a shortcut somewhere between a part that is checked and the verdict
 * would let through. */
#include "tee/dcap/judge.h"

#include "tee/dcap/chain.h"
#include "tests/dcap_scene.h"

/* A profile that is not kept, in the chain of the evidence and in that of the signer. */
static const struct {
    const char *name;
    int which;
    struct forge_cert wrong; /* what is not zero replaces what is right */
    enum quoth_code code;
    const char *where;
} profiles[] = {
    {"a leaf's name",
     FORGE_LEAF,   {.cn = "Intel SGX PCK"},
     QUOTH_CHAIN_INVALID,        "quote.certification.leaf"        },
    {"a leaf's usage",
     FORGE_LEAF,   {.omit = 1u << X509_KEY_USAGE},
     QUOTH_CHAIN_INVALID,        "quote.certification.leaf"        },
    {"a CA's usage",
     FORGE_CA,     {.usage = CERT_CRL_SIGN},
     QUOTH_CHAIN_INVALID,        "quote.certification.intermediate"},
    {"a root's name",
     FORGE_ROOT,   {.cn = "Intel SGX Root"},
     QUOTH_CHAIN_INVALID,        "quote.certification.root"        },
    {"a signer's name",
     FORGE_SIGNER, {.cn = "Intel SGX PCK Certificate"},
     QUOTH_COLLATERAL_UNTRUSTED, "tcb_info_issuer_chain.signer"    },
    {"a signer's usage",
     FORGE_SIGNER, {.usage = CERT_NON_REPUDIATION},
     QUOTH_COLLATERAL_UNTRUSTED, "tcb_info_issuer_chain.signer"    },
    {"a signer's limits",
     FORGE_SIGNER, {.not_critical = 1u << X509_BASIC_CONSTRAINTS},
     QUOTH_COLLATERAL_UNTRUSTED, "tcb_info_issuer_chain.signer"    },
};

static void a_profile_counts_in_the_verdict(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(profiles); i++) {
        AUTO(scene) struct scene s;
        print_message("  %s\n", profiles[i].name);
        scene_init(&s);
        struct forge_cert *c = &s.forge.certs[profiles[i].which];
        const struct forge_cert *wrong = &profiles[i].wrong;
        c->cn = wrong->cn ? wrong->cn : c->cn;
        c->usage = wrong->usage ? wrong->usage : c->usage;
        c->omit = wrong->omit;
        c->not_critical = wrong->not_critical;
        scene_ready(&s);
        scene_make(&s);
        scene_expect(&s, profiles[i].code, profiles[i].where);
    }
}

/* THREATS 39, of the other chain: the anchor's key in a certificate that it did not sign. */
static void a_signers_root_must_vouch_for_itself(void **state)
{
    (void)state;
    AUTO(scene) struct scene s;
    scene_init(&s);
    scene_ready(&s);
    scene_make(&s);
    struct forge_cert *root = &s.forge.certs[FORGE_ROOT];
    root->issuer = FORGE_CA;
    root->named = root->aki_of = FORGE_ROOT;
    forge_make_cert(&s.forge, FORGE_ROOT, &s.forge.der[FORGE_ROOT]);
    forge_pem(&s.forge, scene_signer_order, &s.signers);
    scene_gather(&s);
    scene_expect(&s, QUOTH_COLLATERAL_UNTRUSTED, "tcb_info_issuer_chain.root");
}

/* Revocation lists that x509_make_crl would not write. */
struct bare_list {
    int issuer, aki_of; /* -1: no identifier */
    bool number;
};

static void add_extension(struct buffer *to, const char *oid, struct bytes value)
{
    AUTO(buffer) struct buffer e = {0};
    der_write_oid(&e, oid);
    der_write_tlv(&e, DER_OCTET_STRING, value);
    der_write_tlv(to, DER_SEQUENCE, buffer_bytes(&e));
}

static void add_extensions(const struct forge *f, const struct bare_list *l, struct buffer *to)
{
    AUTO(buffer) struct buffer list = {0}, value = {0}, id = {0}, all = {0};
    if (l->number) {
        der_write_integer_u64(&value, 1);
        add_extension(&list, "2.5.29.20", buffer_bytes(&value));
    }
    if (l->aki_of >= 0) {
        const struct sha1 aki = forge_key_id(f->keys[l->aki_of]);
        buffer_clear(&value);
        der_write_tlv(&id, DER_CONTEXT_PRIMITIVE(0), BYTES_OF(aki.bytes));
        der_write_tlv(&value, DER_SEQUENCE, buffer_bytes(&id));
        add_extension(&list, "2.5.29.35", buffer_bytes(&value));
    }
    der_write_tlv(&all, DER_SEQUENCE, buffer_bytes(&list));
    der_write_tlv(to, DER_CONTEXT(0), buffer_bytes(&all));
}

static void bare_crl(const struct forge *f, const struct bare_list *l, struct buffer *to)
{
    static const uint8_t algorithm[] = {0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86,
                                        0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02};
    AUTO(buffer) struct buffer fields = {0}, tbs = {0}, raw = {0}, rs = {0}, signature = {0};
    der_write_integer_u64(&fields, 1);
    buffer_add(&fields, BYTES_OF(algorithm));
    forge_name(f->certs[l->issuer].cn, &fields);
    der_write_time(&fields, FORGE_NOW - FORGE_DAY);
    der_write_time(&fields, FORGE_NOW + FORGE_DAY);
    add_extensions(f, l, &fields);
    der_write_tlv(&tbs, DER_SEQUENCE, buffer_bytes(&fields));
    forge_sign(f->keys[l->issuer], buffer_bytes(&tbs), &raw);
    der_write_integer(&rs, bytes_slice(buffer_bytes(&raw), 0, 32));
    der_write_integer(&rs, bytes_slice(buffer_bytes(&raw), 32, 32));
    der_write_tlv(&signature, DER_SEQUENCE, buffer_bytes(&rs));
    buffer_add(&tbs, BYTES_OF(algorithm));
    der_write_bit_string(&tbs, buffer_bytes(&signature));
    buffer_clear(to);
    der_write_tlv(to, DER_SEQUENCE, buffer_bytes(&tbs));
}

static void a_list_has_the_extensions_of_its_profile(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct bare_list root, pck;
        enum quoth_code code;
        const char *where;
    } rows[] = {
        {"as they should be",
         {FORGE_ROOT, FORGE_ROOT, true},
         {FORGE_CA, FORGE_CA, true},
         QUOTH_OK,                   NULL                                },
        {"a root list of another",
         {FORGE_ROOT, FORGE_CA, true},
         {FORGE_CA, FORGE_CA, true},
         QUOTH_COLLATERAL_MISMATCH,  "root_ca_crl.authorityKeyIdentifier"},
        {"a root list of nobody",
         {FORGE_ROOT, -1, true},
         {FORGE_CA, FORGE_CA, true},
         QUOTH_COLLATERAL_MISMATCH,  "root_ca_crl.authorityKeyIdentifier"},
        {"a root list not numbered",
         {FORGE_ROOT, FORGE_ROOT, false},
         {FORGE_CA, FORGE_CA, true},
         QUOTH_COLLATERAL_MALFORMED, "root_ca_crl.cRLNumber"             },
        {"a PCK list of another",
         {FORGE_ROOT, FORGE_ROOT, true},
         {FORGE_CA, FORGE_ROOT, true},
         QUOTH_COLLATERAL_MISMATCH,  "pck_crl.authorityKeyIdentifier"    },
        {"a PCK list of nobody",
         {FORGE_ROOT, FORGE_ROOT, true},
         {FORGE_CA, -1, true},
         QUOTH_COLLATERAL_MISMATCH,  "pck_crl.authorityKeyIdentifier"    },
        {"a PCK list not numbered",
         {FORGE_ROOT, FORGE_ROOT, true},
         {FORGE_CA, FORGE_CA, false},
         QUOTH_COLLATERAL_MALFORMED, "pck_crl.cRLNumber"                 },
    };
    AUTO(scene) struct scene s;
    scene_init(&s);
    scene_ready(&s);
    scene_make(&s);
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("  %s\n", rows[i].name);
        bare_crl(&s.forge, &rows[i].root, &s.root_crl);
        bare_crl(&s.forge, &rows[i].pck, &s.pck_crl);
        scene_gather(&s);
        scene_expect(&s, rows[i].code, rows[i].where);
    }
}

/* Without a list nobody says that nothing is revoked. */
static void a_missing_list_leaves_revocation_open(void **state)
{
    (void)state;
    static const enum collateral_part lists[] = {COLLATERAL_ROOT_CRL, COLLATERAL_PCK_CRL};
    AUTO(scene) struct scene s;
    scene_init(&s);
    scene_ready(&s);
    scene_make(&s);
    for (size_t i = 0; i < COUNT(lists); i++) {
        AUTO(appraisal) struct appraisal a;
        s.leave_out = 1u << lists[i];
        scene_gather(&s);
        scene_judge(&s, &a);
        assert_int_equal(a.error.code, QUOTH_COLLATERAL_MISSING);
        assert_int_equal(appraisal_find(&a, "pck.revocation")->result, CHECK_SKIP);
    }
}

/* THREATS 39: text that an operator may supply is no evidence, also once it was proven. */
static void what_was_supplied_is_not_canonical(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(scene) struct scene s;
    AUTO(buffer) struct buffer named = {0}, lenient = {0};
    AUTO(proofs) struct proofs *proofs = NULL;
    assert_true(proofs_open(PROOFS_BYTES_DEFAULT, &proofs, &err));
    scene_init(&s);
    scene_ready(&s);
    scene_make(&s);
    for (size_t i = 0; i < s.chain.len; i++) {
        if (s.chain.data[i] == '\n')
            buffer_u8(&lenient, '\r');
        buffer_u8(&lenient, s.chain.data[i]);
    }
    buffer_fill(&named, 16 + 16, 0);
    buffer_u16le(&named, 11);
    s.quote.type = CERTIFICATION_PPID;
    s.quote.certification = buffer_bytes(&named);
    s.in.proofs = proofs;
    scene_make(&s);
    s.collateral.part[COLLATERAL_PCK_CHAIN] = buffer_bytes(&lenient);
    scene_expect(&s, QUOTH_OK, NULL);

    s.quote.type = CERTIFICATION_PCK_CHAIN;
    s.quote.certification = buffer_bytes(&lenient);
    forge_make_quote(&s.forge, &s.quote, &s.evidence);
    s.in.evidence = buffer_bytes(&s.evidence);
    scene_expect(&s, QUOTH_PEM, "quote.certification");
}

/* THREATS 7. */

static size_t proofs_kept_at(struct scene *s, int64_t at)
{
    struct quoth_error err = {0};
    AUTO(proofs) struct proofs *proofs = NULL;
    AUTO(appraisal) struct appraisal a;
    assert_true(proofs_open(PROOFS_BYTES_DEFAULT, &proofs, &err));
    s->in.proofs = proofs;
    s->in.at = at;
    scene_judge(s, &a);
    s->in.proofs = NULL;
    return proofs_count(proofs);
}

/* The farther from now, the less holds: lists, signer, chain with its attestation key,
 * intermediate; the two documents last. */
static void a_proof_is_kept_inside_its_own_window(void **state)
{
    (void)state;
    static const struct {
        int64_t distance;
        size_t kept;
    } rows[] = {
        {0,  8},
        {10, 8},
        {11, 7},
        {20, 7},
        {21, 6},
        {30, 6},
        {31, 5},
        {40, 5},
        {41, 3},
        {50, 3},
        {51, 2},
    };
    static const struct {
        int which;
        int64_t distance;
    } certs[] = {
        {FORGE_SIGNER, 30},
        {FORGE_LEAF,   40},
        {FORGE_CA,     50},
        {FORGE_ROOT,   60},
    };
    AUTO(scene) struct scene s;
    scene_init(&s);
    for (size_t i = 0; i < COUNT(certs); i++) {
        s.forge.certs[certs[i].which].not_before = FORGE_NOW - certs[i].distance;
        s.forge.certs[certs[i].which].not_after = FORGE_NOW + certs[i].distance;
    }
    s.root_list.this_update = FORGE_NOW - 10;
    s.root_list.next_update = FORGE_NOW + 10;
    s.pck_list.this_update = FORGE_NOW - 20;
    s.pck_list.next_update = FORGE_NOW + 20;
    scene_ready(&s);
    scene_make(&s);
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(proofs_kept_at(&s, FORGE_NOW + rows[i].distance), rows[i].kept);
        assert_int_equal(proofs_kept_at(&s, FORGE_NOW - rows[i].distance), rows[i].kept);
    }
}

static void proofs_of_documents_end_with_them(void **state)
{
    (void)state;
    const int64_t issued = 1793491200, next = 1796083200; /* 2026-11-01, 2026-12-01 */
    AUTO(scene) struct scene s;
    scene_init(&s);
    s.root_list.this_update = s.pck_list.this_update = issued - FORGE_DAY;
    s.root_list.next_update = s.pck_list.next_update = next + FORGE_DAY;
    scene_ready(&s);
    scene_make(&s);
    assert_int_equal(proofs_kept_at(&s, issued - 301), 6);
    assert_int_equal(proofs_kept_at(&s, issued - 300), 8);
    assert_int_equal(proofs_kept_at(&s, next), 8);
    assert_int_equal(proofs_kept_at(&s, next + 1), 6);
}

/* Genuine platforms without number do not fill the memory: a request begins by making room. */
static void the_cache_is_bounded(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(scene) struct scene s;
    AUTO(proofs) struct proofs *proofs = NULL;
    assert_true(proofs_open(1, &proofs, &err));
    scene_init(&s);
    scene_ready(&s);
    scene_make(&s);
    s.in.proofs = proofs;
    scene_expect(&s, QUOTH_OK, NULL);
    assert_int_equal(proofs_count(proofs), 8);
    s.in.trust = &(struct trust){0}; /* of which nothing is kept */
    scene_expect(&s, QUOTH_CHAIN_UNTRUSTED, NULL);
    assert_int_equal(proofs_count(proofs), 0);
}

/* Where collateral is looked for follows from the chain: above all, from its anchor. */
static void a_platform_is_named_whole(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct tee_platform p[2];
    AUTO(scene) struct scene s;
    scene_init(&s);
    scene_ready(&s);
    scene_make(&s);
    assert_true(dcap_platform(&s.in, DCAP_SGX, &p[0], &err));
    assert_true(dcap_locate(&s.in, DCAP_SGX, &p[1], &err));
    for (size_t i = 0; i < COUNT(p); i++) {
        assert_string_equal(p[i].tee, "sgx");
        assert_true(sha256_equal(&p[i].root, &s.forge.trust.anchors[0].fingerprint));
        assert_string_equal(p[i].fmspc, "000000000000");
        assert_string_equal(p[i].ca, "processor");
    }
}

/* Looking for what is in memory needs the chain; asking a source needs every signature. */
static void who_is_asked_depends_on_what_holds(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct tee_platform p;
    AUTO(scene) struct scene s;
    scene_init(&s);
    scene_ready(&s);
    scene_make(&s);
    s.evidence.data[48 + 64] ^= 1; /* MRENCLAVE */
    assert_true(dcap_locate(&s.in, DCAP_SGX, &p, &err));
    assert_false(dcap_platform(&s.in, DCAP_SGX, &p, &err));
    assert_int_equal(err.code, QUOTH_QUOTE_SIGNATURE);

    err = (struct quoth_error){0};
    assert_false(dcap_locate(&s.in, DCAP_TDX, &p, &err));
    assert_int_equal(err.code, QUOTH_UNSUPPORTED);
    err = (struct quoth_error){0};
    s.in.at = s.forge.certs[FORGE_LEAF].not_after + 1;
    assert_false(dcap_locate(&s.in, DCAP_SGX, &p, &err));
    assert_int_equal(err.code, QUOTH_CHAIN_EXPIRED);
    err = (struct quoth_error){0};
    s.in.at = FORGE_NOW;
    s.in.trust = &(struct trust){0};
    assert_false(dcap_locate(&s.in, DCAP_SGX, &p, &err));
    assert_int_equal(err.code, QUOTH_CHAIN_UNTRUSTED);
}

/* What is too large is not read at all. */
static void sizes_are_bounded(void **state)
{
    (void)state;
    AUTO(scene) struct scene s;
    AUTO(buffer) struct buffer large = {0};
    scene_init(&s);
    scene_ready(&s);
    scene_make(&s);
    buffer_fill(&large, COLLATERAL_PART_MAX + 1, ' ');
    for (size_t i = COLLATERAL_ROOT_CRL; i <= COLLATERAL_QE_IDENTITY; i++) {
        scene_gather(&s);
        s.collateral.part[i] = buffer_bytes(&large);
        scene_expect(&s, QUOTH_COLLATERAL_MALFORMED, collateral_part_name((enum collateral_part)i));
    }
    scene_gather(&s);
    large.len = CHAIN_TEXT_MAX + 1;
    s.quote.certification = buffer_bytes(&large);
    forge_make_quote(&s.forge, &s.quote, &s.evidence);
    s.in.evidence = buffer_bytes(&s.evidence);
    scene_expect(&s, QUOTH_TOO_LARGE, "quote.certification");
}

/* Collateral without evidence (judge.h): what a source keeps. */

static const int ca_order[] = {FORGE_CA, FORGE_ROOT, -1};

static bool identify(struct scene *s, struct collateral_facts *ret_facts, struct quoth_error *err)
{
    struct collateral_key key;
    scene_gather(s);
    forge_pem(&s->forge, ca_order, &s->chain);
    s->collateral.part[COLLATERAL_PCK_CRL_CHAIN] = buffer_bytes(&s->chain);
    return dcap_collateral_identify(&s->forge.trust, &s->collateral, &key, ret_facts, err);
}

static void the_ca_of_kept_collateral_is_proven(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct forge_cert wrong;
    } rows[] = {
        {"signed by another", {.issuer = FORGE_LEAF, .named = FORGE_ROOT, .aki_of = FORGE_ROOT}},
        {"without its usage",
         {.issuer = FORGE_ROOT,
          .named = FORGE_ROOT,
          .aki_of = FORGE_ROOT,
          .usage = CERT_KEY_CERT_SIGN}                                                         },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct quoth_error err = {0};
        struct collateral_facts facts;
        AUTO(scene) struct scene s;
        print_message("  %s\n", rows[i].name);
        scene_init(&s);
        struct forge_cert *ca = &s.forge.certs[FORGE_CA];
        ca->issuer = rows[i].wrong.issuer;
        ca->named = rows[i].wrong.named;
        ca->aki_of = rows[i].wrong.aki_of;
        ca->usage = rows[i].wrong.usage ? rows[i].wrong.usage : ca->usage;
        scene_ready(&s);
        scene_make(&s);
        assert_false(identify(&s, &facts, &err));
        assert_int_equal(err.code, QUOTH_COLLATERAL_UNTRUSTED);
        assert_string_equal(err.where, "pck_crl_issuer_chain.intermediate");
    }
}

/* A root whose key is pinned, in a certificate that somebody else wrote to live longer. */
static void the_root_of_kept_collateral_vouches_for_itself(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct collateral_facts facts;
    AUTO(scene) struct scene s;
    scene_init(&s);
    scene_ready(&s);
    scene_make(&s);
    assert_true(identify(&s, &facts, &err));
    struct forge_cert *root = &s.forge.certs[FORGE_ROOT];
    root->issuer = FORGE_CA;
    root->named = root->aki_of = FORGE_ROOT;
    forge_make_cert(&s.forge, FORGE_ROOT, &s.forge.der[FORGE_ROOT]);
    forge_pem(&s.forge, scene_signer_order, &s.signers);
    assert_false(identify(&s, &facts, &err));
    assert_int_equal(err.code, QUOTH_COLLATERAL_UNTRUSTED);
}

static void kept_collateral_is_for_the_tee_of_its_anchor(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct collateral_facts facts;
    AUTO(scene) struct scene s;
    scene_init(&s);
    scene_ready(&s);
    scene_make(&s);
    s.forge.trust = (struct trust){0};
    assert_true(trust_add(&s.forge.trust, TRUST_SIMULATED, TRUST_FOR_TDX,
                          buffer_bytes(&s.forge.der[FORGE_ROOT]), &err));
    assert_false(identify(&s, &facts, &err));
    assert_int_equal(err.code, QUOTH_COLLATERAL_UNTRUSTED);
    assert_string_equal(err.where, "tcb_info.id");
}

/* The first of all ends is that of the set. */
static void kept_collateral_ends_with_its_first_part(void **state)
{
    (void)state;
    enum { SIGNER, CA, ROOT, ROOT_LIST, PCK_LIST, BARE_PCK_LIST, NONE };
    for (int first = SIGNER; first <= NONE; first++) {
        struct quoth_error err = {0};
        struct collateral_facts facts;
        struct collateral_key key;
        AUTO(scene) struct scene s;
        scene_init(&s);
        s.root_list.next_update = s.pck_list.next_update = FORGE_NOW + 300 * FORGE_DAY;
        if (first <= ROOT)
            s.forge.certs[(int[]){FORGE_SIGNER, FORGE_CA, FORGE_ROOT}[first]].not_after =
                FORGE_NOW + 5;
        if (first == ROOT_LIST)
            s.root_list.next_update = FORGE_NOW + 5;
        if (first == PCK_LIST || first == BARE_PCK_LIST)
            s.pck_list.next_update = FORGE_NOW + 5;
        scene_ready(&s);
        scene_make(&s);
        if (first == BARE_PCK_LIST)
            assert_true(
                dcap_collateral_identify(&s.forge.trust, &s.collateral, &key, &facts, &err));
        else
            assert_true(identify(&s, &facts, &err));
        assert_int_equal(facts.expires, first == NONE ? 1796083200 : FORGE_NOW + 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_profile_counts_in_the_verdict),
        cmocka_unit_test(a_signers_root_must_vouch_for_itself),
        cmocka_unit_test(a_list_has_the_extensions_of_its_profile),
        cmocka_unit_test(a_missing_list_leaves_revocation_open),
        cmocka_unit_test(what_was_supplied_is_not_canonical),
        cmocka_unit_test(a_proof_is_kept_inside_its_own_window),
        cmocka_unit_test(proofs_of_documents_end_with_them),
        cmocka_unit_test(the_cache_is_bounded),
        cmocka_unit_test(a_platform_is_named_whole),
        cmocka_unit_test(who_is_asked_depends_on_what_holds),
        cmocka_unit_test(sizes_are_bounded),
        cmocka_unit_test(the_ca_of_kept_collateral_is_proven),
        cmocka_unit_test(the_root_of_kept_collateral_vouches_for_itself),
        cmocka_unit_test(kept_collateral_is_for_the_tee_of_its_anchor),
        cmocka_unit_test(kept_collateral_ends_with_its_first_part),
    };
    return cmocka_run_group_tests_name("tee/dcap/strict", tests, NULL, NULL);
}
