/* The verifier's judgement of what the platform makes: accepted as it is, refused for every reason
 * that can be rehearsed. */
#include "base/time.h"
#include "crypto/x509_make.h"
#include "platform/pki.h"
#include "platform/platform.h"
#include "platform/quoting.h"
#include "platform/test_bed.h"
#include "verifier/verifier.h"

#include <stdlib.h>

static const uint8_t report_data[SGX_REPORT_DATA_SIZE] = {1};

/* Everything one verification needs, of one platform. */
struct scene {
    struct bed bed;
    struct platform *machine;
    struct trust trust; /* in this platform's root, as a simulated one */
    struct buffer parts[COLLATERAL_PARTS];
    struct collateral collateral;
};

static void scene_clear(struct scene *s)
{
    platform_close(s->machine);
    bed_remove(&s->bed);
    for (size_t i = 0; i < COLLATERAL_PARTS; i++)
        buffer_clear(&s->parts[i]);
}
DEFINE_AUTO_VALUE(scene, struct scene, scene_clear)

static void load(struct scene *s, enum collateral_part part, const char *file, const char *second)
{
    buffer_clear(&s->parts[part]);
    bed_read(&s->bed, file, &s->parts[part]);
    if (second)
        bed_read(&s->bed, second, &s->parts[part]);
    s->collateral.part[part] = buffer_bytes(&s->parts[part]);
}

/* The collateral as it is in the folder now. */
static void load_collateral(struct scene *s, bool tdx)
{
    load(s, COLLATERAL_TCB_INFO, tdx ? FILE_TDX_TCB_INFO : FILE_TCB_INFO, NULL);
    load(s, COLLATERAL_QE_IDENTITY, tdx ? FILE_TD_QE_IDENTITY : FILE_QE_IDENTITY, NULL);
    load(s, COLLATERAL_TCB_INFO_CHAIN, FILE_TCB_SIGNING_CERT, FILE_ROOT_CA_CERT);
    load(s, COLLATERAL_QE_IDENTITY_CHAIN, FILE_TCB_SIGNING_CERT, FILE_ROOT_CA_CERT);
    load(s, COLLATERAL_PCK_CRL_CHAIN, FILE_PLATFORM_CA_CERT, FILE_ROOT_CA_CERT);
    load(s, COLLATERAL_PCK_CRL, FILE_PLATFORM_CRL, NULL);
    load(s, COLLATERAL_ROOT_CRL, FILE_ROOT_CRL, NULL);
}

static struct scene scene_make(void)
{
    struct scene s = {.bed = bed_make()};
    AUTO(buffer) struct buffer memory = {0};
    struct quoth_error err = {0};
    const struct cert root = bed_cert(&s.bed, FILE_ROOT_CA_CERT, &memory);

    assert_true(platform_open(s.bed.folder, &s.machine, &err));
    assert_true(trust_add(&s.trust, TRUST_SIMULATED, TRUST_FOR_ALL, root.der, &err));
    load_collateral(&s, false);
    return s;
}

static void quote_enclave(const struct scene *s, const struct enclave_identity *of,
                          unsigned version, struct buffer *ret_quote)
{
    uint8_t target_info[SGX_TARGET_INFO_SIZE], report[SGX_REPORT_SIZE];
    struct quoth_error err = {0};

    platform_quoting_target_info(target_info);
    assert_true(processor_report(platform_processor(s->machine), of, BYTES_OF(target_info),
                                 BYTES_OF(report_data), report, &err));
    assert_true(platform_quote(s->machine, BYTES_OF(report), version, ret_quote, &err));
}

static void quote_of(const struct scene *s, bool tdx, unsigned version, struct buffer *ret_quote)
{
    const struct enclave_identity e = bed_enclave();
    const struct td_identity td = {.attributes = TD_ATTRIBUTE_SEPT_VE_DISABLE, .xfam = 0xE7};
    struct quoth_error err = {0};

    if (tdx)
        assert_true(
            platform_td_quote(s->machine, &td, BYTES_OF(report_data), version, ret_quote, &err));
    else
        quote_enclave(s, &e, version, ret_quote);
}

/* Judges a quote at an instant; gives the code of the error. */
static enum quoth_code judge_at(const struct scene *s, struct bytes quote, int64_t at,
                                struct appraisal *ret)
{
    const struct verifier_input in = {
        .form = EVIDENCE_BARE,
        .tee_input =
            {
                        .evidence = quote,
                        .collateral = &s->collateral,
                        .trust = &s->trust,
                        .at = at,
                        .accept = TCB_ACCEPT_DEFAULT,
                        },
    };
    struct quoth_error err = {0};

    assert_true(appraisal_init(ret, at, &err));
    const bool accepted = verifier_appraise(&in, ret);
    assert_int_equal(accepted, ret->error.code == QUOTH_OK);
    return ret->error.code;
}

static enum quoth_code judge(const struct scene *s, struct bytes quote)
{
    AUTO(appraisal) struct appraisal a = {0};
    const enum quoth_code code = judge_at(s, quote, BED_NOW + 60, &a);

    if (code != QUOTH_OK)
        print_message("    %s: %s\n", a.error.where, a.error.message);
    return code;
}

static const struct {
    bool tdx;
    unsigned version;
} kinds[] = {
    {false, 3},
    {false, 4},
    {false, 5},
    {true,  4},
    {true,  5},
};

static void what_the_platform_makes_is_accepted(void **state)
{
    (void)state;
    AUTO(scene) struct scene s = scene_make();

    for (size_t i = 0; i < COUNT(kinds); i++) {
        AUTO(buffer) struct buffer quote = {0};
        AUTO(appraisal) struct appraisal a = {0};

        print_message("  %s quote, version %u\n", kinds[i].tdx ? "TDX" : "SGX", kinds[i].version);
        load_collateral(&s, kinds[i].tdx);
        quote_of(&s, kinds[i].tdx, kinds[i].version, &quote);
        if (judge_at(&s, buffer_bytes(&quote), BED_NOW, &a) != QUOTH_OK)
            fail_msg("%s: %s", a.error.where, a.error.message);
        assert_true(a.simulated);
        assert_int_equal(a.tcb.status, TCB_UP_TO_DATE);
        assert_int_equal(a.tcb.evaluation_data_number, 1);
        assert_string_equal(a.tee, kinds[i].tdx ? "tdx" : "sgx");
    }
}

static void the_claim_names_the_platform_as_the_log_does(void **state)
{
    (void)state;
    AUTO(scene) struct scene s = scene_make();
    AUTO(buffer) struct buffer quote = {0};
    AUTO(appraisal) struct appraisal a = {0};

    quote_of(&s, false, 3, &quote);
    assert_int_equal(judge_at(&s, buffer_bytes(&quote), BED_NOW, &a), QUOTH_OK);
    const struct claim *id = claims_find(a.claims, "x-quoth-platform-id");
    assert_non_null(id);
    assert_memory_equal(id->text.data, platform_id(s.machine), strlen(platform_id(s.machine)));
}

static const struct {
    enum tcb_status status;
    enum quoth_code code;
} statuses[] = {
    {TCB_SW_HARDENING_NEEDED,                   QUOTH_OK        },
    {TCB_CONFIGURATION_NEEDED,                  QUOTH_TCB_STATUS},
    {TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED, QUOTH_TCB_STATUS},
    {TCB_OUT_OF_DATE,                           QUOTH_TCB_STATUS},
    {TCB_OUT_OF_DATE_CONFIGURATION_NEEDED,      QUOTH_TCB_STATUS},
    {TCB_REVOKED,                               QUOTH_TCB_STATUS},
    {TCB_UP_TO_DATE,                            QUOTH_OK        },
};

static void a_rehearsed_status_is_what_the_verifier_finds(void **state)
{
    (void)state;
    AUTO(scene) struct scene s = scene_make();
    struct quoth_error err = {0};

    for (size_t i = 0; i < COUNT(statuses); i++) {
        print_message("  %s\n", tcb_status_name(statuses[i].status));
        assert_true(vendor_set_tcb(s.bed.folder, statuses[i].status, BED_NOW, &err));
        for (unsigned tdx = 0; tdx < 2; tdx++) {
            AUTO(buffer) struct buffer quote = {0};
            AUTO(appraisal) struct appraisal a = {0};

            load_collateral(&s, tdx);
            quote_of(&s, tdx, tdx ? 5 : 3, &quote);
            assert_int_equal(judge_at(&s, buffer_bytes(&quote), BED_NOW, &a), statuses[i].code);
            assert_int_equal(a.tcb.status, statuses[i].status);
            assert_int_equal(a.tcb.advisory_count, statuses[i].status == TCB_UP_TO_DATE ? 0 : 1);
        }
    }
}

static const struct {
    enum revocable what;
    enum quoth_code code;
} revocations[] = {
    {REVOCABLE_PCK,         QUOTH_CHAIN_REVOKED     },
    {REVOCABLE_PLATFORM_CA, QUOTH_CHAIN_REVOKED     },
    {REVOCABLE_TCB_SIGNING, QUOTH_COLLATERAL_REVOKED},
};

static void what_was_revoked_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(revocations); i++) {
        AUTO(scene) struct scene s = scene_make();
        AUTO(buffer) struct buffer quote = {0};
        struct quoth_error err = {0};

        print_message("  %s\n", revocable_names[revocations[i].what]);
        quote_of(&s, false, 3, &quote);
        assert_int_equal(judge(&s, buffer_bytes(&quote)), QUOTH_OK);
        assert_true(vendor_revoke(s.bed.folder, revocations[i].what, BED_NOW, &err));
        load_collateral(&s, false);
        assert_int_equal(judge(&s, buffer_bytes(&quote)), revocations[i].code);
    }
}

/* A fleet below one CA: the same collateral, other platforms. */
static void machines_of_one_family_share_their_collateral(void **state)
{
    (void)state;
    AUTO(scene) struct scene s = scene_make();
    AUTO(buffer) struct buffer first = {0};
    AUTO(buffer) struct buffer second = {0};
    struct quoth_error err = {0};
    char id[PLATFORM_ID_SIZE];

    quote_of(&s, false, 3, &first);
    snprintf(id, sizeof id, "%s", platform_id(s.machine));
    assert_true(vendor_replace_machine(s.bed.folder, BED_NOW, &err));
    platform_close(s.machine);
    s.machine = NULL;
    assert_true(platform_open(s.bed.folder, &s.machine, &err));
    quote_of(&s, false, 3, &second);
    assert_string_not_equal(platform_id(s.machine), id);
    assert_int_equal(judge(&s, buffer_bytes(&first)), QUOTH_OK);
    assert_int_equal(judge(&s, buffer_bytes(&second)), QUOTH_OK);
}

static void a_revoked_machine_is_not_replaced(void **state)
{
    (void)state;
    AUTO(scene) struct scene s = scene_make();
    AUTO(buffer) struct buffer before = {0};
    AUTO(buffer) struct buffer after = {0};
    struct quoth_error err = {0};

    assert_true(vendor_revoke(s.bed.folder, REVOCABLE_PCK, BED_NOW, &err));
    bed_read(&s.bed, FILE_PCK_CERT, &before);
    assert_false(vendor_replace_machine(s.bed.folder, BED_NOW, &err));
    assert_int_equal(err.code, QUOTH_USAGE);
    bed_read(&s.bed, FILE_PCK_CERT, &after);
    assert_true(bytes_equal(buffer_bytes(&before), buffer_bytes(&after)));
}

static void collateral_has_its_time(void **state)
{
    (void)state;
    AUTO(scene) struct scene s = scene_make();
    AUTO(buffer) struct buffer quote = {0};
    static const struct {
        int64_t at;
        enum quoth_code code;
    } cases[] = {
        {BED_NOW + 30 * TIME_DAY - 1,  QUOTH_OK                      },
        {BED_NOW + 31 * TIME_DAY,      QUOTH_COLLATERAL_EXPIRED      },
        {BED_NOW - 3600,               QUOTH_COLLATERAL_NOT_YET_VALID},
        {BED_NOW - 2 * TIME_DAY,       QUOTH_CHAIN_NOT_YET_VALID     },
        {BED_NOW + 8 * 365 * TIME_DAY, QUOTH_CHAIN_EXPIRED           },
    };

    quote_of(&s, false, 3, &quote);
    for (size_t i = 0; i < COUNT(cases); i++) {
        AUTO(appraisal) struct appraisal a = {0};
        assert_int_equal(judge_at(&s, buffer_bytes(&quote), cases[i].at, &a), cases[i].code);
    }
    struct quoth_error err = {0};
    AUTO(appraisal) struct appraisal a = {0};
    assert_true(vendor_refresh(s.bed.folder, 0, BED_NOW + 31 * TIME_DAY, &err));
    load_collateral(&s, false);
    assert_int_equal(judge_at(&s, buffer_bytes(&quote), BED_NOW + 31 * TIME_DAY, &a), QUOTH_OK);
}

static void hardware_trust_does_not_take_simulated_evidence(void **state)
{
    (void)state;
    AUTO(scene) struct scene s = scene_make();
    AUTO(scene) struct scene other = scene_make();
    AUTO(buffer) struct buffer quote = {0};
    AUTO(buffer) struct buffer memory = {0};
    struct quoth_error err = {0};

    quote_of(&s, false, 3, &quote);
    trust_init_built_in(&s.trust);
    assert_int_equal(judge(&s, buffer_bytes(&quote)), QUOTH_CHAIN_SIMULATED);

    const struct cert root = bed_cert(&s.bed, FILE_ROOT_CA_CERT, &memory);
    assert_false(trust_add(&s.trust, TRUST_SIMULATED, TRUST_FOR_ALL, root.der, &err));
    assert_int_equal(err.code, QUOTH_TRUST_MIXED);

    s.trust = other.trust; /* another simulated platform's root */
    assert_int_equal(judge(&s, buffer_bytes(&quote)), QUOTH_CHAIN_SIMULATED);
}

static void simulated_trust_does_not_take_genuine_evidence(void **state)
{
    struct quoth_error err = {0};
    const char *vectors = getenv("QUOTH_VECTORS");

    (void)state;
    if (!vectors) { /* first of all: skip() leaves by longjmp and cleans nothing up */
        print_message("  skipped: QUOTH_VECTORS names no folder with genuine quotes\n");
        skip();
    }
    AUTO(scene) struct scene s = scene_make();
    AUTO(buffer) struct buffer quote = {0};
    AUTO(buffer) struct buffer path = {0};
    buffer_printf(&path, "%s/dcap/quotes/sgx3-processor-00a067110000.bin", vectors);
    AUTO(text) char *name = buffer_take_text(&path, &err);
    assert_true(file_read(name, 65536, &quote, &err));
    assert_int_equal(judge(&s, buffer_bytes(&quote)), QUOTH_CHAIN_UNTRUSTED);
}

static const struct {
    enum collateral_part parts[3];
    size_t count;
    enum quoth_code code;
} exchanges[] = {
    {{COLLATERAL_TCB_INFO},                                  1, QUOTH_COLLATERAL_SIGNATURE},
    {{COLLATERAL_QE_IDENTITY},                               1, QUOTH_COLLATERAL_SIGNATURE},
    {{COLLATERAL_TCB_INFO, COLLATERAL_TCB_INFO_CHAIN},       2, QUOTH_COLLATERAL_UNTRUSTED},
    {{COLLATERAL_QE_IDENTITY, COLLATERAL_QE_IDENTITY_CHAIN}, 2, QUOTH_COLLATERAL_UNTRUSTED},
    {{COLLATERAL_ROOT_CRL},                                  1, QUOTH_COLLATERAL_SIGNATURE},
    {{COLLATERAL_PCK_CRL},                                   1, QUOTH_COLLATERAL_SIGNATURE},
    {{COLLATERAL_PCK_CRL, COLLATERAL_PCK_CRL_CHAIN},         2, QUOTH_COLLATERAL_SIGNATURE},
};

static void parts_of_two_platforms_do_not_go_together(void **state)
{
    (void)state;
    AUTO(scene) struct scene s = scene_make();
    AUTO(scene) struct scene other = scene_make();
    AUTO(buffer) struct buffer quote = {0};

    quote_of(&s, false, 3, &quote);
    for (size_t i = 0; i < COUNT(exchanges); i++) {
        const struct collateral own = s.collateral;

        for (size_t p = 0; p < exchanges[i].count; p++) {
            const enum collateral_part part = exchanges[i].parts[p];
            print_message("  %s\n", collateral_part_name(part));
            s.collateral.part[part] = other.collateral.part[part];
        }
        assert_int_equal(judge(&s, buffer_bytes(&quote)), exchanges[i].code);
        s.collateral = own;
    }
}

/* Trusting both roots does not help: all parts of a verdict end in one. */
static void two_trusted_roots_are_still_two(void **state)
{
    (void)state;
    AUTO(scene) struct scene s = scene_make();
    AUTO(scene) struct scene other = scene_make();
    AUTO(buffer) struct buffer quote = {0};
    AUTO(buffer) struct buffer memory = {0};
    const struct cert root = bed_cert(&other.bed, FILE_ROOT_CA_CERT, &memory);
    struct quoth_error err = {0};

    quote_of(&s, false, 3, &quote);
    assert_true(trust_add(&s.trust, TRUST_SIMULATED, TRUST_FOR_ALL, root.der, &err));
    assert_int_equal(judge(&s, buffer_bytes(&quote)), QUOTH_OK);
    const struct collateral own = s.collateral;
    s.collateral = other.collateral;
    assert_int_equal(judge(&s, buffer_bytes(&quote)), QUOTH_COLLATERAL_SIGNATURE);
    s.collateral.part[COLLATERAL_ROOT_CRL] = own.part[COLLATERAL_ROOT_CRL];
    s.collateral.part[COLLATERAL_PCK_CRL] = own.part[COLLATERAL_PCK_CRL];
    assert_int_equal(judge(&s, buffer_bytes(&quote)), QUOTH_COLLATERAL_UNTRUSTED);
}

/* A root certificate that somebody else wrote: other subject, or other key. */
struct forgery {
    const char *organisation; /* NULL: none */
    bool own_key;             /* of the forger; else the platform's root key */
    bool keep_id;             /* the identifier of the platform's key, whatever the key */
};

static void forge_root(const struct scene *s, const struct forgery *f, struct buffer *ret_pem)
{
    const struct x509_name_part parts[] = {
        {"CN", "Intel SGX Root CA"},
        {"O",  f->organisation    },
    };
    AUTO(buffer) struct buffer memory = {0};
    AUTO(buffer) struct buffer name = {0};
    AUTO(buffer) struct buffer der = {0};
    AUTO(buffer) struct buffer pem = {0};
    AUTO(private_key) struct private_key *key = NULL;
    AUTO(public_key) struct public_key *public = NULL;
    const struct cert root = bed_cert(&s->bed, FILE_ROOT_CA_CERT, &memory);
    struct quoth_error err = {0};

    bed_read(&s->bed, FILE_ROOT_CA_KEY, &pem);
    assert_true(f->own_key ? private_key_generate(KEY_TYPE_P256, &key, &err)
                           : private_key_from_pem(buffer_bytes(&pem), &key, &err));
    assert_true(private_key_public(key, &public, &err));
    struct sha1 id;
    assert_true(x509_key_id_intel(public, &id, &err));
    if (f->keep_id)
        bytes_copy(id.bytes, root.ski);
    assert_true(x509_name_write(parts, f->organisation ? 2 : 1, &name, &err));
    /* clang-format off */
    const struct x509_extension extensions[] = {
        {.kind = X509_AUTHORITY_KEY_ID, .id = BYTES_OF(id.bytes)},
        {.kind = X509_CRL_DISTRIBUTION_POINT, .uri = "http://127.0.0.1/root.crl"},
        {.kind = X509_SUBJECT_KEY_ID, .id = BYTES_OF(id.bytes)},
        {.kind = X509_KEY_USAGE, .critical = true, .bits = root.key_usage},
        {.kind = X509_BASIC_CONSTRAINTS, .critical = true, .is_ca = true, .path_len = 1},
    };
    /* clang-format on */
    const struct x509_spec spec = {
        .serial = root.serial,
        .subject = buffer_bytes(&name),
        .not_before = root.not_before,
        .not_after = root.not_after,
        .extensions = extensions,
        .extension_count = COUNT(extensions),
    };
    assert_true(x509_make(&spec, public, key, &der, &err));
    pem_encode("CERTIFICATE", buffer_bytes(&der), ret_pem);
}

/* A quote of version 3 whose chain ends in another certificate. */
static void quote_with_root(const struct scene *s, struct bytes root_pem, struct buffer *ret_quote)
{
    const struct enclave_identity e = bed_enclave();
    AUTO(quoting_enclave) struct quoting_enclave qe = {0};
    AUTO(buffer) struct buffer body = {0};
    AUTO(buffer) struct buffer chain = {0};
    struct quoth_error err = {0};

    bed_read(&s->bed, FILE_PCK_CERT, &chain);
    bed_read(&s->bed, FILE_PLATFORM_CA_CERT, &chain);
    buffer_add(&chain, root_pem);
    buffer_u8(&chain, 0);
    processor_report_body(platform_processor(s->machine), &e, BYTES_OF(report_data), &body);
    assert_true(
        quoting_open(s->bed.folder, QUOTING_SGX, platform_processor(s->machine), &qe, &err));
    assert_true(quoting_sign(&qe, 3, QUOTING_SGX_REPORT, buffer_bytes(&body), buffer_bytes(&chain),
                             ret_quote, &err));
}

static void a_root_that_was_rewritten_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct forgery forgery;
        enum quoth_code code;
    } cases[] = {
        {"the mark stripped",            {NULL, false, false},                QUOTH_CHAIN_INVALID},
        {"Intel's name instead",         {"Intel Corporation", false, false}, QUOTH_CHAIN_INVALID},
        {"the key swapped",              {PKI_ORGANISATION, true, false},     QUOTH_CHAIN_INVALID},
        {"the key swapped, its id kept", {PKI_ORGANISATION, true, true},      QUOTH_CHAIN_INVALID},
    };
    AUTO(scene) struct scene s = scene_make();

    for (size_t i = 0; i < COUNT(cases); i++) {
        AUTO(buffer) struct buffer pem = {0};
        AUTO(buffer) struct buffer quote = {0};

        print_message("  %s\n", cases[i].name);
        forge_root(&s, &cases[i].forgery, &pem);
        quote_with_root(&s, buffer_bytes(&pem), &quote);
        assert_int_equal(judge(&s, buffer_bytes(&quote)), cases[i].code);
    }
}

static void a_debug_enclave_is_refused_unless_allowed(void **state)
{
    (void)state;
    AUTO(scene) struct scene s = scene_make();
    AUTO(buffer) struct buffer quote = {0};
    struct enclave_identity e = bed_enclave();

    e.flags |= SGX_FLAG_DEBUG;
    quote_enclave(&s, &e, 3, &quote);
    assert_int_equal(judge(&s, buffer_bytes(&quote)), QUOTH_TEE_DEBUG);
}

/* Nothing in a quote can be changed unnoticed. */
static void every_changed_byte_is_noticed(void **state)
{
    (void)state;
    AUTO(scene) struct scene s = scene_make();

    for (size_t i = 0; i < COUNT(kinds); i += 3) {
        AUTO(buffer) struct buffer quote = {0};

        load_collateral(&s, kinds[i].tdx);
        quote_of(&s, kinds[i].tdx, kinds[i].version, &quote);
        for (size_t at = 0; at < quote.len; at++) {
            AUTO(appraisal) struct appraisal a = {0};

            quote.data[at] ^= (uint8_t)(1u << at % 8);
            if (judge_at(&s, buffer_bytes(&quote), BED_NOW, &a) == QUOTH_OK)
                fail_msg("version %u: byte %zu changed and nobody noticed", kinds[i].version, at);
            quote.data[at] ^= (uint8_t)(1u << at % 8);
        }
    }
}

static void every_shorter_quote_is_malformed(void **state)
{
    (void)state;
    AUTO(scene) struct scene s = scene_make();
    AUTO(buffer) struct buffer quote = {0};

    quote_of(&s, false, 3, &quote);
    for (size_t len = 0; len < quote.len; len++) {
        AUTO(appraisal) struct appraisal a = {0};
        const struct bytes cut = {quote.data, len};

        assert_int_equal(quoth_code_exit(judge_at(&s, cut, BED_NOW, &a)), 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_platform_makes_is_accepted),
        cmocka_unit_test(the_claim_names_the_platform_as_the_log_does),
        cmocka_unit_test(a_rehearsed_status_is_what_the_verifier_finds),
        cmocka_unit_test(what_was_revoked_is_refused),
        cmocka_unit_test(machines_of_one_family_share_their_collateral),
        cmocka_unit_test(a_revoked_machine_is_not_replaced),
        cmocka_unit_test(collateral_has_its_time),
        cmocka_unit_test(hardware_trust_does_not_take_simulated_evidence),
        cmocka_unit_test(simulated_trust_does_not_take_genuine_evidence),
        cmocka_unit_test(parts_of_two_platforms_do_not_go_together),
        cmocka_unit_test(two_trusted_roots_are_still_two),
        cmocka_unit_test(a_root_that_was_rewritten_is_refused),
        cmocka_unit_test(a_debug_enclave_is_refused_unless_allowed),
        cmocka_unit_test(every_changed_byte_is_noticed),
        cmocka_unit_test(every_shorter_quote_is_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
