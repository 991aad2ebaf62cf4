/* Evidence in every wrapper, held data of every kind, and the verdict as JSON, over one forged
 * vendor. */
#include "codec/json.h"
#include "tests/dcap_forge.h"
#include "verifier/verifier.h"

struct scene {
    struct forge forge;
    struct buffer chain, signers, root_crl, pck_crl, tcb_body, qe_body, quote, wrapped;
    struct collateral collateral;
    uint8_t report_data[64], config_id[64];
    struct verifier_input in;
};

/* Everything but the quote, which depends on what a test wants in it. */
static void scene_init(struct scene *s)
{
    static const int pck[] = {FORGE_LEAF, FORGE_CA, FORGE_ROOT, -1};
    static const int signer[] = {FORGE_SIGNER, FORGE_ROOT, -1};
    const struct forge_list root_list = {FORGE_ROOT, FORGE_ROOT, -1, FORGE_NOW - 1, FORGE_NOW + 1},
                            pck_list = {FORGE_CA, FORGE_CA, -1, FORGE_NOW - 1, FORGE_NOW + 1};
    *s = (struct scene){0};
    forge_init(&s->forge);
    forge_make_certs(&s->forge);
    forge_trust(&s->forge);
    forge_pem(&s->forge, pck, &s->chain);
    forge_pem(&s->forge, signer, &s->signers);
    forge_crl(&s->forge, &root_list, &s->root_crl);
    forge_crl(&s->forge, &pck_list, &s->pck_crl);
    forge_document(s->forge.keys[FORGE_SIGNER], "tcbInfo", FORGE_TCB_INFO, &s->tcb_body);
    forge_document(s->forge.keys[FORGE_SIGNER], "enclaveIdentity", FORGE_QE_IDENTITY, &s->qe_body);
    s->collateral = (struct collateral){
        .part = {
                 [COLLATERAL_ROOT_CRL] = buffer_bytes(&s->root_crl),
                 [COLLATERAL_PCK_CRL] = buffer_bytes(&s->pck_crl),
                 [COLLATERAL_TCB_INFO_CHAIN] = buffer_bytes(&s->signers),
                 [COLLATERAL_TCB_INFO] = buffer_bytes(&s->tcb_body),
                 [COLLATERAL_QE_IDENTITY_CHAIN] = buffer_bytes(&s->signers),
                 [COLLATERAL_QE_IDENTITY] = buffer_bytes(&s->qe_body),
                 }
    };
    s->in.tee_input = (struct tee_input){.collateral = &s->collateral,
                                         .trust = &s->forge.trust,
                                         .at = FORGE_NOW,
                                         .accept = TCB_ACCEPT_DEFAULT};
}

static void scene_clear(struct scene *s)
{
    struct buffer *buffers[] = {&s->chain,    &s->signers, &s->root_crl, &s->pck_crl,
                                &s->tcb_body, &s->qe_body, &s->quote,    &s->wrapped};
    for (size_t i = 0; i < COUNT(buffers); i++)
        buffer_clear(buffers[i]);
    forge_clear(&s->forge);
}
DEFINE_AUTO_VALUE(scene, struct scene, scene_clear)

static void hash_into(uint8_t field[64], struct bytes data)
{
    const struct sha256 digest = sha256_of(data);
    memset(field, 0, 64);
    bytes_copy(field, BYTES_OF(digest.bytes));
}

static void make_quote(struct scene *s, uint64_t flags)
{
    const struct forge_quote q = {.flags = flags,
                                  .report_data = BYTES_OF(s->report_data),
                                  .config_id = BYTES_OF(s->config_id),
                                  .type = CERTIFICATION_PCK_CHAIN,
                                  .certification = buffer_bytes(&s->chain)};
    forge_make_quote(&s->forge, &q, &s->quote);
    s->in.tee_input.evidence = buffer_bytes(&s->quote);
}

static void judge(const struct scene *s, struct appraisal *ret)
{
    struct quoth_error err = {0};
    assert_true(appraisal_init(ret, FORGE_NOW, &err));
    const bool accepted = verifier_appraise(&s->in, ret);
    assert_int_equal(accepted, ret->error.code == QUOTH_OK);
}

static void expect(const struct scene *s, enum quoth_code code, const char *where)
{
    AUTO(appraisal) struct appraisal a;
    judge(s, &a);
    if (a.error.code != code || (where && strcmp(a.error.where, where) != 0))
        fail_msg("found %s at %s (%s), expected %s at %s", quoth_code_dotted(a.error.code),
                 a.error.where, a.error.message, quoth_code_dotted(code), where ? where : "-");
}

static void expect_text(const struct appraisal *a, const char *name, const char *text)
{
    const struct claim *c = claims_find(a->claims, name);
    if (!c || !bytes_equal(c->text, bytes_of_text(text)))
        fail_msg("claim %s is not %s", name, text);
}

/* Wrappers. */

#define EVIDENCE_HEADER(uuid) "03000000" uuid "00000000"

static void wrap(struct scene *s, const char *header_hex, struct bytes inside)
{
    AUTO(buffer) struct buffer hold = {0};
    buffer_clear(&s->wrapped);
    buffer_add(&s->wrapped, unit_hex(header_hex, &hold));
    buffer_u64le(&s->wrapped, inside.len);
    buffer_add(&s->wrapped, inside);
    s->in.tee_input.evidence = buffer_bytes(&s->wrapped);
}

static void evidence_comes_in_the_form_that_was_asked_for(void **state)
{
    (void)state;
    AUTO(scene) struct scene s;
    scene_init(&s);
    make_quote(&s, SGX_FLAG_INIT);
    expect(&s, QUOTH_OK, NULL);
    s.in.form = EVIDENCE_BARE;
    expect(&s, QUOTH_OK, NULL);
    s.in.form = EVIDENCE_OPEN_ENCLAVE_REPORT;
    expect(&s, QUOTH_EVIDENCE_FORM, "report_header.version");

    wrap(&s, "0100000002000000", buffer_bytes(&s.quote));
    expect(&s, QUOTH_OK, NULL);
    s.in.form = EVIDENCE_ANY;
    expect(&s, QUOTH_OK, NULL);
    s.in.form = EVIDENCE_BARE;
    expect(&s, QUOTH_EVIDENCE_FORM, "evidence");
    s.in.form = EVIDENCE_ANY;
    wrap(&s, "0100000001000000", buffer_bytes(&s.quote));
    expect(&s, QUOTH_EVIDENCE_FORM, "report_header.type");
    wrap(&s, EVIDENCE_HEADER("1923d91e12d24c72b22025cd8dace871"), buffer_bytes(&s.quote));
    expect(&s, QUOTH_OK, NULL);
}

static void custom_claims_are_bound_by_report_data(void **state)
{
    (void)state;
    static const struct bytes claims = BYTES_INIT("custom claims");
    AUTO(scene) struct scene s;
    AUTO(buffer) struct buffer inside = {0};
    scene_init(&s);
    hash_into(s.report_data, claims);
    make_quote(&s, SGX_FLAG_INIT);
    buffer_add(&inside, buffer_bytes(&s.quote));
    buffer_add(&inside, claims);
    wrap(&s, EVIDENCE_HEADER("a3a21e871b4d4014b70aa125d2fbcd8c"), buffer_bytes(&inside));
    expect(&s, QUOTH_OK, NULL);
    s.wrapped.data[s.wrapped.len - 1] ^= 1;
    expect(&s, QUOTH_HELD_DATA_MISMATCH, "custom_claims");
    /* behind a quote of any other form they are bytes that do not belong there */
    wrap(&s, EVIDENCE_HEADER("1923d91e12d24c72b22025cd8dace871"), buffer_bytes(&inside));
    expect(&s, QUOTH_MALFORMED, "quote.padding");
}

static void a_tee_is_detected_or_named(void **state)
{
    (void)state;
    AUTO(scene) struct scene s;
    scene_init(&s);
    make_quote(&s, SGX_FLAG_INIT);
    s.in.tee = "sgx";
    expect(&s, QUOTH_OK, NULL);
    s.in.tee = "tdx";
    expect(&s, QUOTH_UNSUPPORTED, "quote.header.tee_type");
    s.in.tee = "vax";
    expect(&s, QUOTH_USAGE, "tee");
    s.in.tee = NULL;
    s.in.tee_input.evidence = BYTES_LITERAL("neither fish nor flesh, but longer than a header is");
    expect(&s, QUOTH_EVIDENCE_FORM, "evidence");
    s.in.tee_input.evidence = (struct bytes){0};
    expect(&s, QUOTH_EVIDENCE_FORM, "evidence");
}

/* Attributes. */

static void a_debug_enclave_is_a_choice(void **state)
{
    (void)state;
    AUTO(scene) struct scene s;
    AUTO(appraisal) struct appraisal a;
    scene_init(&s);
    make_quote(&s, SGX_FLAG_INIT | SGX_FLAG_DEBUG);
    expect(&s, QUOTH_TEE_DEBUG, "quote.report.attributes");
    s.in.tee_input.allow_debug = true;
    judge(&s, &a);
    assert_int_equal(a.error.code, QUOTH_OK);
    assert_true(claims_find(a.claims, "x-ms-sgx-is-debuggable")->boolean);
    make_quote(&s, SGX_FLAG_DEBUG);
    expect(&s, QUOTH_TEE_ATTRIBUTES, "quote.report.attributes");
}

static void a_provisioning_enclave_is_noted(void **state)
{
    (void)state;
    AUTO(scene) struct scene s;
    AUTO(appraisal) struct appraisal a, b;
    scene_init(&s);
    make_quote(&s, SGX_FLAG_INIT);
    judge(&s, &a);
    assert_null(appraisal_find(&a, "sgx.provision-key"));
    make_quote(&s, SGX_FLAG_INIT | SGX_FLAG_PROVISION_KEY);
    judge(&s, &b);
    assert_int_equal(b.error.code, QUOTH_OK);
    assert_int_equal(appraisal_find(&b, "sgx.provision-key")->result, CHECK_PASS);
}

/* Held data. */

static void binary_data_becomes_three_claims(void **state)
{
    (void)state;
    AUTO(scene) struct scene s;
    AUTO(appraisal) struct appraisal a;
    scene_init(&s);
    s.in.runtime = (struct held_data){HELD_BINARY, BYTES_LITERAL("\x01\xFF")};
    hash_into(s.report_data, s.in.runtime.data);
    make_quote(&s, SGX_FLAG_INIT);
    judge(&s, &a);
    assert_int_equal(a.error.code, QUOTH_OK);
    expect_text(&a, "x-ms-sgx-ehd", "Af8");
    expect_text(&a, "maa-ehd", "Af8");
    expect_text(&a, "aas-ehd", "Af8");
    assert_null(claims_find(a.claims, "x-ms-runtime"));
    assert_int_equal(appraisal_find(&a, "init-time-data")->result, CHECK_SKIP);
}

static void held_data_must_be_what_was_hashed(void **state)
{
    (void)state;
    AUTO(scene) struct scene s;
    AUTO(buffer) struct buffer large = {0};
    scene_init(&s);
    s.in.runtime = (struct held_data){HELD_BINARY, BYTES_LITERAL("held")};
    make_quote(&s, SGX_FLAG_INIT);
    expect(&s, QUOTH_HELD_DATA_MISMATCH, "runtime_data");
    hash_into(s.report_data, s.in.runtime.data);
    s.report_data[63] = 1; /* the rest must be zero */
    make_quote(&s, SGX_FLAG_INIT);
    expect(&s, QUOTH_HELD_DATA_MISMATCH, "runtime_data");
    s.in.runtime.kind = HELD_NONE; /* without held data nobody asks */
    expect(&s, QUOTH_OK, NULL);

    buffer_fill(&large, HELD_DATA_MAX + 1, 'x');
    s.in.runtime = (struct held_data){HELD_BINARY, buffer_bytes(&large)};
    hash_into(s.report_data, s.in.runtime.data);
    make_quote(&s, SGX_FLAG_INIT);
    expect(&s, QUOTH_TOO_LARGE, "runtime_data");
    s.in.runtime.data.len--;
    hash_into(s.report_data, s.in.runtime.data);
    make_quote(&s, SGX_FLAG_INIT);
    expect(&s, QUOTH_OK, NULL);
}

static const struct {
    const char *json, *runtime; /* runtime: the claim; NULL: refused */
} objects[] = {
    {"{}",                                         "{}"                                     },
    {" {\"b\" : 1.0, \"a\":[1e2, \"\\u0041\"]}\n", "{\"a\":[1e2,\"A\"],\"b\":1.0}"          },
    {"{\"n\":12345678901234567890123}",            "{\"n\":12345678901234567890123}"        },
    {"{\"a\":1,\"A\":2}",                          NULL                                     },
    {"{\"a\":{\"x\":1,\"x\":1}}",                  NULL                                     },
    {"[]",                                         NULL                                     },
    {"\"text\"",                                   NULL                                     },
    {"",                                           NULL                                     },
    {"{\"a\":1}x",                                 NULL                                     },
    {"{'a':1}",                                    NULL                                     },
    {"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]",        NULL                                     },
    {"{\"a\":[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]}",    "{\"a\":[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]}"},
    {"{\"a\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}",  NULL                                     },
};

static void json_data_becomes_one_object(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(objects); i++) {
        AUTO(scene) struct scene s;
        AUTO(appraisal) struct appraisal a;
        print_message("  %s\n", objects[i].json);
        scene_init(&s);
        s.in.runtime = (struct held_data){HELD_JSON, bytes_of_text(objects[i].json)};
        hash_into(s.report_data, s.in.runtime.data);
        make_quote(&s, SGX_FLAG_INIT);
        judge(&s, &a);
        if (!objects[i].runtime) {
            assert_int_equal(a.error.code, QUOTH_HELD_DATA_INVALID);
            assert_memory_equal(a.error.where, "runtime_data", 12);
            assert_null(claims_find(a.claims, "x-ms-runtime"));
            continue;
        }
        assert_int_equal(a.error.code, QUOTH_OK);
        expect_text(&a, "x-ms-runtime", objects[i].runtime);
        assert_null(claims_find(a.claims, "x-ms-sgx-ehd"));
    }
}

static void a_nul_may_follow_json_and_is_hashed_along(void **state)
{
    (void)state;
    AUTO(scene) struct scene s;
    scene_init(&s);
    s.in.runtime = (struct held_data){
        HELD_JSON, {(const uint8_t *)"{}", 3}
    };
    hash_into(s.report_data, s.in.runtime.data);
    make_quote(&s, SGX_FLAG_INIT);
    expect(&s, QUOTH_OK, NULL);
    s.in.runtime.data = (struct bytes){(const uint8_t *)"{}\0", 4};
    hash_into(s.report_data, s.in.runtime.data);
    make_quote(&s, SGX_FLAG_INIT);
    expect(&s, QUOTH_HELD_DATA_INVALID, "runtime_data");
}

static void init_time_data_are_bound_by_config_id(void **state)
{
    (void)state;
    AUTO(scene) struct scene s;
    AUTO(appraisal) struct appraisal a;
    scene_init(&s);
    s.in.init_time = (struct held_data){HELD_JSON, BYTES_LITERAL("{\"k\":true}")};
    make_quote(&s, SGX_FLAG_INIT | SGX_FLAG_KSS);
    expect(&s, QUOTH_HELD_DATA_MISMATCH, "init_time_data");
    hash_into(s.config_id, s.in.init_time.data);
    make_quote(&s, SGX_FLAG_INIT | SGX_FLAG_KSS);
    judge(&s, &a);
    assert_int_equal(a.error.code, QUOTH_OK);
    expect_text(&a, "x-ms-inittime", "{\"k\":true}");
    static const char *const kss[] = {"x-ms-sgx-config-id", "x-ms-sgx-config-svn",
                                      "x-ms-sgx-isv-extended-product-id", "x-ms-sgx-isv-family-id"};
    for (size_t i = 0; i < COUNT(kss); i++)
        assert_non_null(claims_find(a.claims, kss[i]));
    s.config_id[40] = 1;
    make_quote(&s, SGX_FLAG_INIT | SGX_FLAG_KSS);
    expect(&s, QUOTH_HELD_DATA_MISMATCH, "init_time_data");

    AUTO(buffer) struct buffer large = {0};
    AUTO(appraisal) struct appraisal binary;
    buffer_fill(&large, HELD_DATA_MAX + 1, 'x');
    s.in.init_time = (struct held_data){HELD_BINARY, buffer_bytes(&large)};
    hash_into(s.config_id, s.in.init_time.data);
    make_quote(&s, SGX_FLAG_INIT | SGX_FLAG_KSS);
    expect(&s, QUOTH_TOO_LARGE, "init_time_data");
    s.in.init_time.data.len = HELD_DATA_MAX; /* hashed and compared, and no claim */
    hash_into(s.config_id, s.in.init_time.data);
    make_quote(&s, SGX_FLAG_INIT | SGX_FLAG_KSS);
    judge(&s, &binary);
    assert_int_equal(binary.error.code, QUOTH_OK);
    assert_null(claims_find(binary.claims, "x-ms-inittime"));
}

static void kss_claims_are_for_enclaves_with_kss(void **state)
{
    (void)state;
    AUTO(scene) struct scene s;
    AUTO(appraisal) struct appraisal a;
    scene_init(&s);
    make_quote(&s, SGX_FLAG_INIT);
    judge(&s, &a);
    static const char *const names[] = {"x-ms-sgx-config-id", "x-ms-sgx-config-svn",
                                        "x-ms-sgx-isv-extended-product-id",
                                        "x-ms-sgx-isv-family-id"};
    for (size_t i = 0; i < COUNT(names); i++)
        assert_null(claims_find(a.claims, names[i]));
}

/* Claims of our own. */

static void what_was_judged_is_said(void **state)
{
    (void)state;
    AUTO(scene) struct scene s;
    AUTO(appraisal) struct appraisal a;
    AUTO(buffer) struct buffer hex = {0};
    struct quoth_error err = {0};
    scene_init(&s);
    make_quote(&s, SGX_FLAG_INIT);
    judge(&s, &a);
    assert_true(claims_find(a.claims, "x-quoth-simulated")->boolean);
    expect_text(&a, "x-quoth-tcb-status", "UpToDate");
    expect_text(&a, "x-quoth-tcb-advisories", "[]");
    expect_text(&a, "x-quoth-tcb-date", "2026-03-01T00:00:00Z");
    expect_text(&a, "x-quoth-collateral-date", "2026-11-01T00:00:00Z");
    assert_int_equal(claims_find(a.claims, "x-quoth-platform-id")->text.len, 64);
    hex_encode(BYTES_OF(s.forge.trust.anchors[0].fingerprint.bytes), &hex);
    AUTO(text) char *root = buffer_take_text(&hex, &err);
    expect_text(&a, "x-quoth-root", root);
    assert_null(claims_find(a.claims, "iss"));
    assert_null(claims_find(a.claims, "x-ms-policy-hash"));
}

/* The platform reaches the second level only, and one list is older than all documents. */
static void what_is_old_is_said(void **state)
{
    (void)state;
    static const int pck[] = {FORGE_LEAF, FORGE_CA, FORGE_ROOT, -1};
    for (int which = FORGE_ROOT; which <= FORGE_CA; which++) {
        AUTO(scene) struct scene s;
        AUTO(appraisal) struct appraisal a;
        const struct forge_list old = {which, which, -1, 1790985600, FORGE_NOW + 1};
        scene_init(&s);
        buffer_clear(&s.forge.sgx);
        forge_pck_extension(&s.forge.sgx, 4);
        forge_make_certs(&s.forge);
        forge_pem(&s.forge, pck, &s.chain);
        struct buffer *list = which == FORGE_ROOT ? &s.root_crl : &s.pck_crl;
        forge_crl(&s.forge, &old, list);
        s.collateral.part[which == FORGE_ROOT ? COLLATERAL_ROOT_CRL : COLLATERAL_PCK_CRL] =
            buffer_bytes(list);
        make_quote(&s, SGX_FLAG_INIT);
        expect(&s, QUOTH_TCB_STATUS, "tcb.status");
        s.in.tee_input.accept |= 1u << TCB_OUT_OF_DATE;
        judge(&s, &a);
        assert_int_equal(a.error.code, QUOTH_OK);
        expect_text(&a, "x-quoth-tcb-status", "OutOfDate");
        expect_text(&a, "x-quoth-tcb-advisories", "[\"INTEL-SA-00001\"]");
        expect_text(&a, "x-quoth-tcb-date", "2025-03-01T00:00:00Z");
        expect_text(&a, "x-quoth-collateral-date", "2026-10-03T00:00:00Z");
        assert_int_equal(claims_find(a.claims, "x-quoth-tcb-evaluation-number")->integer, 17);
    }
}

static void expect_hash(const struct json_doc *doc, const char *name, struct bytes of,
                        bool with_nul)
{
    const struct bytes parts[] = {
        of, {(const uint8_t *)"", with_nul}
    };
    const struct sha256 digest = sha256_of_parts(parts, COUNT(parts));
    char hex[72];
    struct json value;
    if (!json_member(json_root(doc), name, &value))
        fail_msg("%s is missing", name);
    if (!json_text_is(value, hex_text(BYTES_OF(digest.bytes), hex, sizeof hex)))
        fail_msg("%s is another hash", name);
}

/* maa.md 2.4: what was posted and the list as they are, texts with the NUL of Intel's structure. */
static void collateral_is_named_by_its_hashes(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(scene) struct scene s;
    AUTO(appraisal) struct appraisal a, no_list;
    AUTO(json_doc) struct json_doc doc = {0}, less = {0};
    scene_init(&s);
    make_quote(&s, SGX_FLAG_INIT);
    wrap(&s, "0100000002000000", buffer_bytes(&s.quote));
    judge(&s, &a);
    const struct claim *c = claims_find(a.claims, "x-ms-sgx-collateral");
    assert_non_null(c);
    assert_true(json_parse(c->text, NULL, &doc, &err));
    assert_int_equal(json_count(json_root(&doc)), 7);
    expect_hash(&doc, "quotehash", buffer_bytes(&s.wrapped), false);
    expect_hash(&doc, "qeidhash", buffer_bytes(&s.qe_body), true);
    expect_hash(&doc, "tcbinfohash", buffer_bytes(&s.tcb_body), true);
    expect_hash(&doc, "qeidcertshash", buffer_bytes(&s.signers), true);
    expect_hash(&doc, "tcbinfocertshash", buffer_bytes(&s.signers), true);
    expect_hash(&doc, "qeidcrlhash", buffer_bytes(&s.root_crl), false);
    expect_hash(&doc, "tcbinfocrlhash", buffer_bytes(&s.root_crl), false);
    const struct claim *copy = claims_find(a.claims, "maa-attestationcollateral");
    assert_true(copy && bytes_equal(copy->text, c->text));

    s.in.tee_input.no_crl = true; /* a list that was not looked at is not named */
    judge(&s, &no_list);
    c = claims_find(no_list.claims, "x-ms-sgx-collateral");
    assert_true(json_parse(c->text, NULL, &less, &err));
    assert_int_equal(json_count(json_root(&less)), 5);
}

/* The verdict. */

static void write(const struct appraisal *a, struct buffer *text, struct json_doc *doc)
{
    struct quoth_error err = {0};
    verifier_write_verdict(text, a);
    assert_true(buffer_ok(text, &err));
    assert_true(json_parse(buffer_bytes(text), NULL, doc, &err));
}

static void expect_member(const struct json_doc *doc, const char *name, const char *text)
{
    struct json value;
    if (!json_member(json_root(doc), name, &value))
        fail_msg("%s is missing", name);
    assert_true(bytes_equal(json_span(value), bytes_of_text(text)));
}

static void an_accepted_verdict_has_claims_and_no_error(void **state)
{
    (void)state;
    AUTO(scene) struct scene s;
    AUTO(appraisal) struct appraisal a;
    AUTO(buffer) struct buffer text = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    struct json value;
    scene_init(&s);
    make_quote(&s, SGX_FLAG_INIT);
    judge(&s, &a);
    write(&a, &text, &doc);
    expect_member(&doc, "verdict", "\"accepted\"");
    expect_member(&doc, "tee", "\"sgx\"");
    expect_member(&doc, "simulated", "true");
    expect_member(&doc, "time", "\"2026-11-21T12:00:00Z\"");
    expect_member(&doc, "tcb",
                  "{\"status\":\"UpToDate\",\"advisories\":[],\"date\":\"2026-03-01T00:00:00Z\","
                  "\"evaluationDataNumber\":17}");
    assert_true(json_member(json_root(&doc), "claims", &value));
    assert_false(json_member(json_root(&doc), "unverified", &value));
    assert_false(json_member(json_root(&doc), "error", &value));
    assert_true(json_member(json_root(&doc), "checks", &value));
    assert_int_equal(json_count(value), a.check_count);
}

static void a_refused_verdict_says_why(void **state)
{
    (void)state;
    AUTO(scene) struct scene s;
    AUTO(appraisal) struct appraisal a;
    AUTO(buffer) struct buffer text = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    struct json value, member;
    scene_init(&s);
    make_quote(&s, SGX_FLAG_INIT | SGX_FLAG_DEBUG);
    judge(&s, &a);
    write(&a, &text, &doc);
    expect_member(&doc, "verdict", "\"refused\"");
    assert_true(json_member(json_root(&doc), "unverified", &value));
    assert_false(json_member(json_root(&doc), "claims", &value));
    assert_true(json_member(json_root(&doc), "error", &value));
    static const char *const members[] = {"code", "where", "message", "found", "expected", "hint"};
    for (size_t i = 0; i < COUNT(members); i++)
        assert_true(json_member(value, members[i], &member));
    assert_true(json_member(value, "code", &member));
    assert_true(json_text_is(member, "tee.debug.refused"));
}

static void the_verdict_follows_from_the_error(void **state)
{
    (void)state;
    static const struct {
        enum quoth_code code;
        const char *name;
    } rows[] = {
        {QUOTH_OK,                     "accepted"   },
        {QUOTH_QUOTE_SIGNATURE,        "refused"    },
        {QUOTH_COLLATERAL_EXPIRED,     "refused"    },
        {QUOTH_COLLATERAL_UNAVAILABLE, "unavailable"},
        {QUOTH_MEMORY,                 "unavailable"},
        {QUOTH_MALFORMED,              "malformed"  },
        {QUOTH_UNSUPPORTED,            "malformed"  },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(buffer) struct buffer text = {0};
        AUTO(json_doc) struct json_doc doc = {0};
        AUTO(appraisal) struct appraisal a;
        struct quoth_error err = {0};
        assert_true(appraisal_init(&a, FORGE_NOW, &err));
        a.error.code = rows[i].code;
        assert_string_equal(verifier_verdict_name(&a), rows[i].name);
        write(&a, &text, &doc);
        expect_member(&doc, "tee", "null");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(evidence_comes_in_the_form_that_was_asked_for),
        cmocka_unit_test(custom_claims_are_bound_by_report_data),
        cmocka_unit_test(a_tee_is_detected_or_named),
        cmocka_unit_test(a_debug_enclave_is_a_choice),
        cmocka_unit_test(a_provisioning_enclave_is_noted),
        cmocka_unit_test(binary_data_becomes_three_claims),
        cmocka_unit_test(held_data_must_be_what_was_hashed),
        cmocka_unit_test(json_data_becomes_one_object),
        cmocka_unit_test(a_nul_may_follow_json_and_is_hashed_along),
        cmocka_unit_test(init_time_data_are_bound_by_config_id),
        cmocka_unit_test(kss_claims_are_for_enclaves_with_kss),
        cmocka_unit_test(what_was_judged_is_said),
        cmocka_unit_test(what_is_old_is_said),
        cmocka_unit_test(collateral_is_named_by_its_hashes),
        cmocka_unit_test(an_accepted_verdict_has_claims_and_no_error),
        cmocka_unit_test(a_refused_verdict_says_why),
        cmocka_unit_test(the_verdict_follows_from_the_error),
    };
    return cmocka_run_group_tests_name("verifier", tests, NULL, NULL);
}
