#include "platform/platform.h"

#include "platform/model.h"
#include "platform/quoting.h"
#include "platform/test_bed.h"
#include "tee/dcap/quote.h"

#include <stdlib.h>

static const uint8_t report_data[SGX_REPORT_DATA_SIZE] = {0xDA, 0x7A};

static struct bed bed;
static struct platform *machine;

static int start(void **state)
{
    struct quoth_error err = {0};

    (void)state;
    bed = bed_make();
    return platform_open(bed.folder, &machine, &err) ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    platform_close(machine);
    bed_remove(&bed);
    return 0;
}

struct report {
    uint8_t bytes[SGX_REPORT_SIZE];
};

static struct report report_for_quoting(const struct platform *p)
{
    const struct enclave_identity e = bed_enclave();
    uint8_t target_info[SGX_TARGET_INFO_SIZE];
    struct report report;
    struct quoth_error err = {0};

    platform_quoting_target_info(target_info);
    assert_true(processor_report(platform_processor(p), &e, BYTES_OF(target_info),
                                 BYTES_OF(report_data), report.bytes, &err));
    return report;
}

static struct td_identity a_domain(void)
{
    struct td_identity td = {.attributes = TD_ATTRIBUTE_SEPT_VE_DISABLE, .xfam = 0xE7};

    memset(td.mr_td, 0x7D, sizeof td.mr_td);
    memset(td.rtmr[3], 0x33, sizeof td.rtmr[3]);
    return td;
}

/* A quote of the kind and version; ret_quote views memory. */
static void make_quote(bool tdx, unsigned version, struct buffer *memory,
                       struct dcap_quote *ret_quote)
{
    const struct report report = report_for_quoting(machine);
    const struct td_identity td = a_domain();
    struct quoth_error err = {0};
    const bool made =
        tdx ? platform_td_quote(machine, &td, BYTES_OF(report_data), version, memory, &err)
            : platform_quote(machine, BYTES_OF(report.bytes), version, memory, &err);

    if (!made || !quote_read(buffer_bytes(memory), ret_quote, &err))
        fail_msg("%s, byte %zu: %s", err.where, err.offset, err.message);
}

static const struct {
    bool tdx;
    unsigned version;
    size_t front; /* bytes before the length of the signature data */
} kinds[] = {
    {false, 3, 48 + 384    },
    {false, 4, 48 + 384    },
    {false, 5, 48 + 6 + 384},
    {true,  4, 48 + 584    },
    {true,  5, 48 + 6 + 648},
};

static void quotes_are_whole_and_say_what_they_should(void **state)
{
    (void)state;
    static const uint8_t vendor[] = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
                                     0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};
    const struct enclave_identity e = bed_enclave();

    for (size_t i = 0; i < COUNT(kinds); i++) {
        AUTO(buffer) struct buffer memory = {0};
        struct dcap_quote q;

        print_message("  %s quote, version %u\n", kinds[i].tdx ? "TDX" : "SGX", kinds[i].version);
        make_quote(kinds[i].tdx, kinds[i].version, &memory, &q);
        assert_int_equal(q.version, kinds[i].version);
        assert_int_equal(q.signed_part.len, kinds[i].front);
        assert_int_equal(q.padding, 0);
        assert_true(bytes_equal(bytes_slice(q.raw, 12, 16), BYTES_OF(vendor)));
        assert_true(bytes_equal(quote_report_data(&q), BYTES_OF(report_data)));
        assert_int_equal(q.auth_data.len, 32);
        if (!kinds[i].tdx) {
            assert_true(bytes_equal(q.sgx.mrenclave, BYTES_OF(e.mr_enclave)));
            assert_true(bytes_equal(q.sgx.mrsigner, BYTES_OF(e.mr_signer)));
            assert_int_equal(q.sgx.isv_prod_id, 1234);
        } else {
            assert_true(bytes_all_zero(q.td.mrsignerseam));
            assert_int_equal(q.td.tee_tcb_svn.data[1], 1);
            assert_int_equal(q.td.is_15, kinds[i].version == 5);
        }
    }
}

static void every_signature_down_to_the_root_holds(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer pck_memory = {0};
    const struct cert pck = bed_cert(&bed, FILE_PCK_CERT, &pck_memory);

    for (size_t i = 0; i < COUNT(kinds); i++) {
        AUTO(buffer) struct buffer memory = {0};
        struct dcap_quote q;

        make_quote(kinds[i].tdx, kinds[i].version, &memory, &q);
        assert_true(bed_verify(q.attestation_key, q.signed_part, q.signature));
        assert_true(bed_verify(pck.point, q.qe_report.raw, q.qe_signature));
        const struct bytes named[] = {q.attestation_key, q.auth_data};
        const struct sha256 digest = sha256_of_parts(named, COUNT(named));
        assert_true(
            bytes_equal(bytes_slice(q.qe_report.report_data, 0, 32), BYTES_OF(digest.bytes)));
        assert_true(bytes_all_zero(bytes_slice(q.qe_report.report_data, 32, 32)));
        assert_int_equal(q.qe_report.isv_prod_id, kinds[i].tdx ? 2 : 1);
    }
}

static void the_chain_in_a_quote_is_the_folders(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer memory = {0};
    AUTO(buffer) struct buffer chain = {0};
    struct dcap_quote q;

    make_quote(false, 3, &memory, &q);
    bed_read(&bed, FILE_PCK_CERT, &chain);
    bed_read(&bed, FILE_PLATFORM_CA_CERT, &chain);
    bed_read(&bed, FILE_ROOT_CA_CERT, &chain);
    buffer_u8(&chain, 0);
    assert_int_equal(q.certification.type, CERTIFICATION_PCK_CHAIN);
    assert_true(bytes_equal(q.certification.data, buffer_bytes(&chain)));
}

/* The same platform, told apart neither by time nor by version; another one has another id. */
static void the_quoting_enclaves_pseudonym_is_the_platforms(void **state)
{
    (void)state;
    AUTO(bed) struct bed other = bed_make();
    AUTO(platform) struct platform *p = NULL;
    AUTO(platform) struct platform *again = NULL;
    struct quoth_error err = {0};
    struct buffer quotes[3] = {{0}};
    struct platform *of[3];

    assert_true(platform_open(other.folder, &p, &err));
    assert_true(platform_open(bed.folder, &again, &err));
    of[0] = machine, of[1] = again, of[2] = p;
    for (size_t i = 0; i < COUNT(of); i++) {
        const struct report report = report_for_quoting(of[i]);
        assert_true(platform_quote(of[i], BYTES_OF(report.bytes), 3, &quotes[i], &err));
    }
    assert_memory_equal(quotes[0].data + 28, quotes[1].data + 28, 16);
    assert_memory_not_equal(quotes[0].data + 28, quotes[2].data + 28, 16);
    assert_string_equal(platform_id(machine), platform_id(again));
    assert_string_not_equal(platform_id(machine), platform_id(p));
    for (size_t i = 0; i < COUNT(quotes); i++)
        buffer_clear(&quotes[i]);
}

static void only_reports_for_the_quoting_enclave_are_quoted(void **state)
{
    (void)state;
    AUTO(bed) struct bed other = bed_make();
    AUTO(platform) struct platform *p = NULL;
    AUTO(buffer) struct buffer quote = {0};
    const struct enclave_identity e = bed_enclave();
    const struct enclave_identity td_qe = quoting_identity(QUOTING_TDX);
    struct quoth_error err = {0};
    uint8_t target_info[SGX_TARGET_INFO_SIZE];
    struct report report;

    assert_true(platform_open(other.folder, &p, &err));
    report = report_for_quoting(p);
    assert_false(platform_quote(machine, BYTES_OF(report.bytes), 3, &quote, &err));
    assert_int_equal(err.code, QUOTH_REPORT_MAC_INVALID);

    report = report_for_quoting(machine);
    report.bytes[64] ^= 1; /* MRENCLAVE */
    err = (struct quoth_error){0};
    assert_false(platform_quote(machine, BYTES_OF(report.bytes), 3, &quote, &err));
    assert_int_equal(err.code, QUOTH_REPORT_MAC_INVALID);

    err = (struct quoth_error){0};
    processor_target_info(&td_qe, target_info);
    assert_true(processor_report(platform_processor(machine), &e, BYTES_OF(target_info),
                                 BYTES_OF(report_data), report.bytes, &err));
    assert_false(platform_quote(machine, BYTES_OF(report.bytes), 3, &quote, &err));
    assert_int_equal(err.code, QUOTH_REPORT_MAC_INVALID);
    assert_int_equal(quote.len, 0);
}

static void other_versions_are_refused(void **state)
{
    (void)state;
    const struct report report = report_for_quoting(machine);
    const struct td_identity td = a_domain();
    AUTO(buffer) struct buffer quote = {0};

    for (unsigned version = 0; version < 8; version++) {
        struct quoth_error err = {0};
        if (version < 3 || version > 5) {
            assert_false(platform_quote(machine, BYTES_OF(report.bytes), version, &quote, &err));
            assert_int_equal(err.code, QUOTH_UNSUPPORTED);
        }
        err = (struct quoth_error){0};
        if (version < 4 || version > 5) {
            assert_false(
                platform_td_quote(machine, &td, BYTES_OF(report_data), version, &quote, &err));
            assert_int_equal(err.code, QUOTH_UNSUPPORTED);
        }
    }
    assert_int_equal(quote.len, 0);
}

static void a_device_quotes_and_seals_for_its_enclave(void **state)
{
    (void)state;
    const struct device device = platform_device(machine);
    const struct enclave_identity e = bed_enclave();
    struct enclave_identity debug = e;
    AUTO(buffer) struct buffer memory = {0};
    struct quoth_error err = {0};
    struct dcap_quote q;
    uint8_t by_enclave[SGX_KEY_SIZE], by_signer[SGX_KEY_SIZE], again[SGX_KEY_SIZE];

    assert_true(device.quote(device.platform, &e, BYTES_OF(report_data), &memory, &err));
    assert_true(quote_read(buffer_bytes(&memory), &q, &err));
    assert_int_equal(q.version, 3);
    assert_true(bytes_equal(q.sgx.mrenclave, BYTES_OF(e.mr_enclave)));

    assert_true(device.seal_key(device.platform, &e, SEAL_TO_ENCLAVE, by_enclave, &err));
    assert_true(device.seal_key(device.platform, &e, SEAL_TO_SIGNER, by_signer, &err));
    assert_true(device.seal_key(device.platform, &e, SEAL_TO_SIGNER, again, &err));
    assert_memory_not_equal(by_enclave, by_signer, SGX_KEY_SIZE);
    assert_memory_equal(by_signer, again, SGX_KEY_SIZE);
    debug.flags |= SGX_FLAG_DEBUG;
    assert_true(device.seal_key(device.platform, &debug, SEAL_TO_SIGNER, again, &err));
    assert_memory_not_equal(by_signer, again, SGX_KEY_SIZE);
}

static void report_data_has_64_bytes(void **state)
{
    (void)state;
    static const uint8_t longer[SGX_REPORT_DATA_SIZE + 1];
    static const size_t lengths[] = {0, 63, 65};
    const struct device device = platform_device(machine);
    const struct enclave_identity e = bed_enclave();
    const struct td_identity td = a_domain();
    AUTO(buffer) struct buffer quote = {0};

    for (size_t i = 0; i < COUNT(lengths); i++) {
        const struct bytes data = {longer, lengths[i]};
        struct quoth_error err = {0};

        assert_false(device.quote(device.platform, &e, data, &quote, &err));
        assert_int_equal(err.code, QUOTH_MALFORMED);
        err = (struct quoth_error){0};
        assert_false(platform_td_quote(machine, &td, data, 4, &quote, &err));
        assert_int_equal(err.code, QUOTH_MALFORMED);
    }
}

static const char *const vital[] = {
    FILE_FUSE,         FILE_CPU_SVN,
    FILE_OWNER_EPOCH,  FILE_ATTESTATION_KEY,
    FILE_QE_REPORT,    FILE_TD_ATTESTATION_KEY,
    FILE_TD_QE_REPORT, FILE_SETTINGS,
};

static void a_damaged_folder_is_not_opened(void **state)
{
    (void)state;
    AUTO(bed) struct bed damaged = bed_make();

    for (size_t i = 0; i < COUNT(vital); i++) {
        AUTO(buffer) struct buffer whole = {0};
        struct quoth_error err = {0};
        struct platform *p = NULL;

        print_message("  %s cut short\n", vital[i]);
        bed_read(&damaged, vital[i], &whole);
        bed_write(&damaged, vital[i], bytes_slice(buffer_bytes(&whole), 0, whole.len - 2));
        assert_false(platform_open(damaged.folder, &p, &err));
        assert_int_not_equal(err.code, QUOTH_OK);
        assert_null(p);
        bed_write(&damaged, vital[i], buffer_bytes(&whole));
    }
}

static void the_folder_is_the_given_one_or_xdgs(void **state)
{
    (void)state;
    static const struct {
        const char *given, *data_home, *home, *folder;
    } cases[] = {
        {"here", "/data",    "/home/u", "here"                               },
        {NULL,   "/data",    "/home/u", "/data/quoth/platform"               },
        {NULL,   "relative", "/home/u", "/home/u/.local/share/quoth/platform"},
        {NULL,   NULL,       "/home/u", "/home/u/.local/share/quoth/platform"},
        {NULL,   NULL,       NULL,      NULL                                 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        AUTO(text) char *folder = NULL;
        struct quoth_error err = {0};

        unsetenv("XDG_DATA_HOME");
        unsetenv("HOME");
        if (cases[i].data_home)
            setenv("XDG_DATA_HOME", cases[i].data_home, 1);
        if (cases[i].home)
            setenv("HOME", cases[i].home, 1);
        assert_int_equal(platform_folder(cases[i].given, &folder, &err), cases[i].folder != NULL);
        if (cases[i].folder)
            assert_string_equal(folder, cases[i].folder);
        else
            assert_int_equal(err.code, QUOTH_USAGE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quotes_are_whole_and_say_what_they_should),
        cmocka_unit_test(every_signature_down_to_the_root_holds),
        cmocka_unit_test(the_chain_in_a_quote_is_the_folders),
        cmocka_unit_test(the_quoting_enclaves_pseudonym_is_the_platforms),
        cmocka_unit_test(only_reports_for_the_quoting_enclave_are_quoted),
        cmocka_unit_test(other_versions_are_refused),
        cmocka_unit_test(a_device_quotes_and_seals_for_its_enclave),
        cmocka_unit_test(report_data_has_64_bytes),
        cmocka_unit_test(a_damaged_folder_is_not_opened),
        cmocka_unit_test(the_folder_is_the_given_one_or_xdgs),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
