#include "platform/vendor.h"

#include "base/time.h"
#include "codec/json.h"
#include "crypto/crl.h"
#include "platform/pki.h"
#include "platform/test_bed.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct bed *shared; /* for tests that change nothing */

static int make_shared(void **state)
{
    static struct bed bed;

    (void)state;
    bed = bed_make();
    shared = &bed;
    return 0;
}

static int remove_shared(void **state)
{
    (void)state;
    bed_remove(shared);
    return 0;
}

static const char *const files[] = {
    FILE_SETTINGS,        FILE_FUSE,
    FILE_CPU_SVN,         FILE_OWNER_EPOCH,
    FILE_ATTESTATION_KEY, FILE_QE_REPORT,
    FILE_ROOT_CA_KEY,     FILE_ROOT_CA_CERT,
    FILE_PLATFORM_CA_KEY, FILE_PLATFORM_CA_CERT,
    FILE_PCK_KEY,         FILE_PCK_CERT,
    FILE_TCB_SIGNING_KEY, FILE_TCB_SIGNING_CERT,
    FILE_ROOT_CRL,        FILE_PLATFORM_CRL,
    FILE_TCB_INFO,        FILE_TDX_TCB_INFO,
    FILE_QE_IDENTITY,     FILE_TD_QE_IDENTITY,
    FILE_TCB_NUMBERS,     FILE_TDX_TCB_NUMBERS,
    FILE_TD_QE_REPORT,    FILE_TD_ATTESTATION_KEY,
};

static void nobody_else_may_read_the_folder(void **state)
{
    (void)state;
    struct stat st;

    assert_int_equal(stat(shared->folder, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    for (size_t i = 0; i < COUNT(files); i++) {
        char path[128];

        snprintf(path, sizeof path, "%s/%s", shared->folder, files[i]);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
    }
}

static const struct {
    const char *file, *issuer_file, *cn;
    bool is_ca, serial_is_ski;
    int path_len;
    unsigned usage, extensions;
} certificates[] = {
    {FILE_ROOT_CA_CERT,     FILE_ROOT_CA_CERT,     "Intel SGX Root CA",         true,  true,  1,
     CERT_KEY_CERT_SIGN | CERT_CRL_SIGN,                                                                                                        5},
    {FILE_PLATFORM_CA_CERT, FILE_ROOT_CA_CERT,     "Intel SGX PCK Platform CA", true,  true,  0,
     CERT_KEY_CERT_SIGN | CERT_CRL_SIGN,                                                                                                        5},
    {FILE_TCB_SIGNING_CERT, FILE_ROOT_CA_CERT,     "Intel SGX TCB Signing",     false, true,
     CERT_NO_PATH_LEN,                                                                           CERT_DIGITAL_SIGNATURE | CERT_NON_REPUDIATION, 5},
    {FILE_PCK_CERT,         FILE_PLATFORM_CA_CERT, "Intel SGX PCK Certificate", false, false,
     CERT_NO_PATH_LEN,                                                                           CERT_DIGITAL_SIGNATURE | CERT_NON_REPUDIATION, 6},
};

static void certificates_have_intels_profile_and_our_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(certificates); i++) {
        AUTO(buffer) struct buffer memory = {0};
        AUTO(buffer) struct buffer issuer_memory = {0};
        const struct cert c = bed_cert(shared, certificates[i].file, &memory);
        const struct cert issuer = bed_cert(shared, certificates[i].issuer_file, &issuer_memory);
        const struct sha1 key_id = sha1_of(c.spki);

        print_message("  %s\n", certificates[i].cn);
        assert_true(bytes_equal(c.subject_cn, bytes_of_text(certificates[i].cn)));
        assert_non_null(
            memmem(c.subject.data, c.subject.len, PKI_ORGANISATION, strlen(PKI_ORGANISATION)));
        assert_null(memmem(c.subject.data, c.subject.len, "Intel Corporation", 17));
        assert_true(bytes_equal(c.issuer, issuer.subject));
        assert_true(bed_verify(issuer.point, c.tbs, BYTES_OF(c.signature)));
        assert_true(bytes_equal(c.ski, BYTES_OF(key_id.bytes)));
        assert_true(bytes_equal(c.aki, issuer.ski));
        assert_int_equal(bytes_equal(c.serial, c.ski), certificates[i].serial_is_ski);
        assert_true(c.serial.len == 20 && c.serial.data[0] < 0x80);
        assert_int_equal(c.is_ca, certificates[i].is_ca);
        assert_int_equal(c.path_len, certificates[i].path_len);
        assert_int_equal(c.key_usage, certificates[i].usage);
        assert_true(c.key_usage_critical && c.basic_constraints_critical);
        assert_int_equal(c.extension_count, certificates[i].extensions);
        assert_true(c.has_crl_distribution_points && c.crl_uri.len > 0);
        assert_true(c.not_before <= BED_NOW && c.not_before > BED_NOW - TIME_DAY);
        assert_true(c.not_after > BED_NOW + 6 * 365 * TIME_DAY && c.not_after <= issuer.not_after);
    }
}

/* The order of a PCK certificate's extensions, as the bytes of their identifiers. */
static void the_pck_certificates_extensions_are_in_intels_order(void **state)
{
    (void)state;
    static const char *const oids[] = {"\x06\x03\x55\x1d\x23", "\x06\x03\x55\x1d\x1f",
                                       "\x06\x03\x55\x1d\x0e", "\x06\x03\x55\x1d\x0f",
                                       "\x06\x03\x55\x1d\x13", "\x06\x09\x2a\x86\x48\x86\xf8\x4d"};
    AUTO(buffer) struct buffer memory = {0};
    const struct cert pck = bed_cert(shared, FILE_PCK_CERT, &memory);
    const uint8_t *at = pck.tbs.data, *end = pck.tbs.data + pck.tbs.len;

    for (size_t i = 0; i < COUNT(oids); i++) {
        at = memmem(at, (size_t)(end - at), oids[i], strlen(oids[i]));
        assert_non_null(at);
    }
}

/* openssl verify's exit status for a certificate, with the folder's CRLs and root, at an instant.
 */
static int openssl_verify(const struct bed *bed, const char *cert, int64_t at)
{
    char command[1024];

    snprintf(command, sizeof command,
             "cd %s && for l in root platform; do openssl crl -inform DER -in $l.crl; done "
             ">crls.pem && openssl verify -x509_strict -crl_check_all -CRLfile crls.pem -CAfile "
             "root-ca.crt -untrusted platform-ca.crt -attime %lld %s >/dev/null 2>&1",
             bed->folder, (long long)at, cert);
    return system(command);
}

static void openssl_accepts_the_chain_while_it_lasts(void **state)
{
    (void)state;
    if (system("openssl version >/dev/null 2>&1") != 0) {
        print_message("  skipped: there is no openssl command\n");
        skip();
    }
    assert_int_equal(openssl_verify(shared, FILE_PCK_CERT, BED_NOW), 0);
    assert_int_equal(openssl_verify(shared, FILE_PCK_CERT, BED_NOW + 30 * TIME_DAY - 1), 0);
    assert_int_not_equal(openssl_verify(shared, FILE_PCK_CERT, BED_NOW + 30 * TIME_DAY + 1), 0);
    assert_int_not_equal(openssl_verify(shared, FILE_PCK_CERT, BED_NOW - 2 * TIME_DAY), 0);
    assert_int_equal(openssl_verify(shared, FILE_TCB_SIGNING_CERT, BED_NOW), 0);
    assert_int_not_equal(openssl_verify(shared, FILE_TCB_SIGNING_CERT, BED_NOW + 366 * TIME_DAY),
                         0);
}

static void openssl_refuses_what_was_revoked(void **state)
{
    (void)state;
    static const struct {
        enum revocable what;
        bool pck, signer; /* still good? */
    } cases[] = {
        {REVOCABLE_PCK,         false, true },
        {REVOCABLE_TCB_SIGNING, true,  false},
        {REVOCABLE_PLATFORM_CA, false, true },
    };

    if (system("openssl version >/dev/null 2>&1") != 0)
        skip();
    for (size_t i = 0; i < COUNT(cases); i++) {
        AUTO(bed) struct bed bed = bed_make();
        struct quoth_error err = {0};

        print_message("  %s\n", revocable_names[cases[i].what]);
        assert_true(vendor_revoke(bed.folder, cases[i].what, BED_NOW + 1, &err));
        assert_int_equal(openssl_verify(&bed, FILE_PCK_CERT, BED_NOW + 1) == 0, cases[i].pck);
        assert_int_equal(openssl_verify(&bed, FILE_TCB_SIGNING_CERT, BED_NOW + 1) == 0,
                         cases[i].signer);
    }
}

static const struct {
    const char *file, *issuer_file;
    int days;
} crls[] = {
    {FILE_ROOT_CRL,     FILE_ROOT_CA_CERT,     365},
    {FILE_PLATFORM_CRL, FILE_PLATFORM_CA_CERT, 30 },
};

static void crls_are_their_issuers_and_last_as_long_as_intels(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(crls); i++) {
        AUTO(buffer) struct buffer der = {0};
        AUTO(buffer) struct buffer memory = {0};
        const struct cert issuer = bed_cert(shared, crls[i].issuer_file, &memory);
        struct quoth_error err = {0};
        struct crl crl;

        bed_read(shared, crls[i].file, &der);
        assert_true(crl_read(buffer_bytes(&der), &crl, &err));
        assert_true(bytes_equal(crl.issuer, issuer.subject));
        assert_true(bytes_equal(crl.aki, issuer.ski));
        assert_true(bed_verify(issuer.point, crl.tbs, BYTES_OF(crl.signature)));
        assert_int_equal(crl.this_update, BED_NOW);
        assert_int_equal(crl.next_update, BED_NOW + crls[i].days * TIME_DAY);
        assert_int_equal(crl.revoked_count, 0);
        assert_true(crl.number.len == 1 && crl.number.data[0] == 1);
    }
}

/* Reads a document of the folder and checks the signature over the exact bytes of its inner value.
 * text and doc are the memory of what is returned. */
static struct json signed_document(const struct bed *bed, const char *file, const char *member,
                                   struct buffer *text, struct json_doc *doc)
{
    AUTO(buffer) struct buffer memory = {0};
    const struct cert signer = bed_cert(bed, FILE_TCB_SIGNING_CERT, &memory);
    struct quoth_error err = {0};
    struct json inner;
    uint8_t signature[64];

    bed_read(bed, file, text);
    assert_true(json_parse(buffer_bytes(text), NULL, doc, &err));
    assert_true(json_need_object(json_root(doc), member, &inner, &err));
    assert_true(json_need_hex(json_root(doc), "signature", signature, sizeof signature, &err));
    assert_int_equal(json_count(json_root(doc)), 2);
    assert_true(bed_verify(signer.point, json_span(inner), BYTES_OF(signature)));
    return inner;
}

static const struct {
    const char *file, *member, *id;
    unsigned version;
} documents[] = {
    {FILE_TCB_INFO,        "tcbInfo",                  "SGX",   3},
    {FILE_TDX_TCB_INFO,    "tcbInfo",                  "TDX",   3},
    {FILE_QE_IDENTITY,     "enclaveIdentity",          "QE",    2},
    {FILE_TD_QE_IDENTITY,  "enclaveIdentity",          "TD_QE", 2},
    {FILE_TCB_NUMBERS,     "tcbEvaluationDataNumbers", "SGX",   1},
    {FILE_TDX_TCB_NUMBERS, "tcbEvaluationDataNumbers", "TDX",   1},
};

static void documents_are_signed_and_last_thirty_days(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(documents); i++) {
        AUTO(buffer) struct buffer text = {0};
        AUTO(json_doc) struct json_doc doc = {0};
        const struct json inner =
            signed_document(shared, documents[i].file, documents[i].member, &text, &doc);
        struct quoth_error err = {0};
        int64_t issued, until;
        uint64_t version;
        struct json id;

        assert_true(json_member(inner, "id", &id) && json_text_is(id, documents[i].id));
        assert_true(json_need_uint(inner, "version", 9, &version, &err));
        assert_int_equal(version, documents[i].version);
        assert_true(json_need_time(inner, "issueDate", &issued, &err));
        assert_true(json_need_time(inner, "nextUpdate", &until, &err));
        assert_int_equal(issued, BED_NOW);
        assert_int_equal(until, BED_NOW + 30 * TIME_DAY);
    }
}

/* The status of the first level whose components the platform (cpusvn) meets, in the file. */
static enum tcb_status platform_status(const struct bed *bed, const char *file)
{
    AUTO(buffer) struct buffer text = {0};
    AUTO(buffer) struct buffer cpu_svn = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    const struct json inner = signed_document(bed, file, "tcbInfo", &text, &doc);
    struct quoth_error err = {0};
    struct json levels, tcb, svns;

    bed_read(bed, FILE_CPU_SVN, &cpu_svn);
    assert_true(json_need_array(inner, "tcbLevels", &levels, &err));
    for (struct json l = json_first(levels); json_exists(l); l = json_next(l)) {
        size_t at = 0;
        bool meets = true;

        assert_true(json_need_object(l, "tcb", &tcb, &err));
        assert_true(json_need_array(tcb, "sgxtcbcomponents", &svns, &err));
        for (struct json s = json_first(svns); json_exists(s); s = json_next(s)) {
            uint64_t svn;
            assert_true(json_need_uint(s, "svn", 255, &svn, &err));
            meets &= cpu_svn.data[at++] >= svn;
        }
        assert_int_equal(at, 16);
        if (meets) {
            struct bytes name;
            enum tcb_status status;
            assert_true(json_need_plain(l, "tcbStatus", &name, &err));
            assert_true(tcb_status_find(name, &status));
            return status;
        }
    }
    fail_msg("no level matches");
    return TCB_UNKNOWN;
}

static const enum tcb_status statuses[] = {
    TCB_SW_HARDENING_NEEDED,
    TCB_CONFIGURATION_NEEDED,
    TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED,
    TCB_OUT_OF_DATE,
    TCB_OUT_OF_DATE_CONFIGURATION_NEEDED,
    TCB_REVOKED,
    TCB_UP_TO_DATE,
};

static void the_platform_gets_the_status_that_is_set(void **state)
{
    (void)state;
    AUTO(bed) struct bed bed = bed_make();
    struct quoth_error err = {0};
    struct vendor_facts facts;

    assert_int_equal(platform_status(&bed, FILE_TCB_INFO), TCB_UP_TO_DATE);
    for (size_t i = 0; i < COUNT(statuses); i++) {
        print_message("  %s\n", tcb_status_name(statuses[i]));
        assert_true(vendor_set_tcb(bed.folder, statuses[i], BED_NOW + 1, &err));
        assert_int_equal(platform_status(&bed, FILE_TCB_INFO), statuses[i]);
        assert_int_equal(platform_status(&bed, FILE_TDX_TCB_INFO), statuses[i]);
        assert_true(vendor_facts(bed.folder, &facts, &err));
        assert_int_equal(facts.settings.status, statuses[i]);
        assert_int_equal(facts.settings.evaluation_data_number, 2 + i);
    }
}

static void statuses_that_no_level_has_are_refused(void **state)
{
    (void)state;
    static const enum tcb_status none[] = {TCB_UNKNOWN, TCB_TD_RELAUNCH_ADVISED,
                                           TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED};

    for (size_t i = 0; i < COUNT(none); i++) {
        struct quoth_error err = {0};
        assert_false(vendor_set_tcb(shared->folder, none[i], BED_NOW, &err));
        assert_int_equal(err.code, QUOTH_USAGE);
    }
}

static void a_refresh_moves_dates_and_raises_numbers(void **state)
{
    (void)state;
    AUTO(bed) struct bed bed = bed_make();
    struct quoth_error err = {0};
    struct vendor_facts before, after;

    assert_true(vendor_facts(bed.folder, &before, &err));
    assert_true(vendor_refresh(bed.folder, 0, BED_NOW + 40 * TIME_DAY, &err));
    assert_true(vendor_facts(bed.folder, &after, &err));
    assert_int_equal(after.settings.issued, BED_NOW + 40 * TIME_DAY);
    assert_int_equal(after.next_update, BED_NOW + 70 * TIME_DAY);
    assert_int_equal(after.settings.evaluation_data_number, 1);
    assert_int_equal(after.settings.crl_number, before.settings.crl_number + 1);
    assert_true(sha256_equal(&before.root, &after.root));
    assert_true(vendor_refresh(bed.folder, 17, BED_NOW + 41 * TIME_DAY, &err));
    assert_false(vendor_refresh(bed.folder, 16, BED_NOW + 41 * TIME_DAY, &err));
    assert_int_equal(err.code, QUOTH_USAGE);
    err = (struct quoth_error){0};
    assert_true(vendor_facts(bed.folder, &after, &err));
    assert_int_equal(after.settings.evaluation_data_number, 17);
}

static void revoking_twice_keeps_the_first_date(void **state)
{
    (void)state;
    AUTO(bed) struct bed bed = bed_make();
    AUTO(buffer) struct buffer memory = {0};
    AUTO(buffer) struct buffer der = {0};
    const struct cert pck = bed_cert(&bed, FILE_PCK_CERT, &memory);
    struct quoth_error err = {0};
    struct vendor_facts facts;
    struct crl crl;

    assert_true(vendor_revoke(bed.folder, REVOCABLE_PCK, BED_NOW + 1, &err));
    assert_true(vendor_revoke(bed.folder, REVOCABLE_PCK, BED_NOW + 2, &err));
    assert_true(vendor_facts(bed.folder, &facts, &err));
    assert_int_equal(facts.settings.revoked[REVOCABLE_PCK], BED_NOW + 1);
    assert_int_equal(facts.settings.revoked[REVOCABLE_TCB_SIGNING], 0);
    bed_read(&bed, FILE_PLATFORM_CRL, &der);
    assert_true(crl_read(buffer_bytes(&der), &crl, &err));
    assert_int_equal(crl.revoked_count, 1);
    assert_true(crl_lists(&crl, pck.serial));
}

static void platforms_have_nothing_in_common(void **state)
{
    (void)state;
    AUTO(bed) struct bed bed = bed_make();
    struct quoth_error err = {0};
    struct vendor_facts a, b;

    assert_true(vendor_facts(shared->folder, &a, &err));
    assert_true(vendor_facts(bed.folder, &b, &err));
    assert_string_not_equal(a.id, b.id);
    assert_memory_not_equal(a.root.bytes, b.root.bytes, 32);
    assert_memory_not_equal(a.settings.ppid, b.settings.ppid, 16);
    assert_memory_not_equal(a.settings.fmspc, b.settings.fmspc, 6);
    assert_true(a.settings.fmspc[0] == 0xF0 && b.settings.fmspc[0] == 0xF0);
}

static void a_platform_is_made_in_an_empty_folder_only(void **state)
{
    (void)state;
    AUTO(bed) struct bed bed = bed_empty();
    struct quoth_error err = {0};
    char below[80];

    snprintf(below, sizeof below, "%s/a/b", bed.folder);
    assert_true(vendor_init(below, "http://127.0.0.1:9", BED_NOW, &err)); /* makes the way there */
    assert_false(vendor_init(below, NULL, BED_NOW, &err));
    assert_int_equal(err.code, QUOTH_PLATFORM_EXISTS);
    assert_string_equal(err.message, "holds a platform already");

    err = (struct quoth_error){0};
    assert_false(vendor_init(bed.folder, NULL, BED_NOW, &err)); /* there is "a" in it */
    assert_int_equal(err.code, QUOTH_PLATFORM_EXISTS);
    assert_string_equal(err.message, "is not empty");

    err = (struct quoth_error){0};
    snprintf(below, sizeof below, "%s/a/b/fuse", bed.folder);
    assert_false(vendor_init(below, NULL, BED_NOW, &err));
    assert_int_not_equal(err.code, QUOTH_OK);
}

static void a_bad_url_or_folder_makes_nothing(void **state)
{
    (void)state;
    AUTO(bed) struct bed bed = bed_empty();
    char below[80], long_url[SETTINGS_SERVICE_MAX + 2];
    struct stat st;

    memset(long_url, 'x', sizeof long_url - 1);
    long_url[sizeof long_url - 1] = '\0';
    snprintf(below, sizeof below, "%s//x/", bed.folder);
    const struct {
        const char *folder, *url;
        enum quoth_code code;
    } cases[] = {
        {below,        "http://h/", QUOTH_USAGE},
        {below,        "",          QUOTH_USAGE},
        {below,        long_url,    QUOTH_USAGE},
        {"",           NULL,        QUOTH_IO   },
        {"/dev/null/", NULL,        QUOTH_IO   },
        {"/proc/x",    NULL,        QUOTH_IO   },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct quoth_error err = {0};

        print_message("  \"%s\", \"%.20s\"\n", cases[i].folder, cases[i].url ? cases[i].url : "");
        assert_false(vendor_init(cases[i].folder, cases[i].url, BED_NOW, &err));
        assert_int_equal(err.code, cases[i].code);
    }
    snprintf(below, sizeof below, "%s/x/%s", bed.folder, FILE_FUSE);
    assert_int_not_equal(stat(below, &st), 0);
}

static void without_a_platform_nothing_is_done(void **state)
{
    (void)state;
    AUTO(bed) struct bed bed = bed_empty();
    char absent[80];
    const char *const folders[] = {bed.folder, absent};

    snprintf(absent, sizeof absent, "%s/absent", bed.folder);
    for (size_t i = 0; i < COUNT(folders); i++) {
        struct quoth_error errs[4] = {{0}};
        struct vendor_facts facts;

        assert_false(vendor_refresh(folders[i], 0, BED_NOW, &errs[0]));
        assert_false(vendor_set_tcb(folders[i], TCB_OUT_OF_DATE, BED_NOW, &errs[1]));
        assert_false(vendor_revoke(folders[i], REVOCABLE_PCK, BED_NOW, &errs[2]));
        assert_false(vendor_facts(folders[i], &facts, &errs[3]));
        for (size_t e = 0; e < COUNT(errs); e++)
            assert_int_equal(errs[e].code, QUOTH_PLATFORM_ABSENT);
    }
}

static const struct {
    const char *name, *text;
} bad_settings[] = {
    {"not JSON",        "{"                                                            },
    {"nothing in it",   "{}"                                                           },
    {"another version", "{\"version\":2,\"tcbEvaluationDataNumber\":1,\"crlNumber\":1}"},
    {"a short PPID",
     "{\"version\":1,\"ppid\":\"00\",\"fmspc\":\"f00000000000\",\"service\":\"\",\"created\":"
     "\"2026-11-21T12:00:00Z\",\"tcbStatus\":\"UpToDate\",\"tcbStatusSince\":\"2026-11-21T12:00:"
     "00Z\",\"tcbEvaluationDataNumber\":1,\"crlNumber\":1,\"issued\":\"2026-11-21T12:00:00Z\","
     "\"revoked\":{}}"                                                                 },
    {"no such status",
     "{\"version\":1,\"ppid\":\"00000000000000000000000000000000\",\"fmspc\":\"f00000000000\","
     "\"service\":\"\",\"created\":\"2026-11-21T12:00:00Z\",\"tcbStatus\":\"Fine\","
     "\"tcbStatusSince\":\"2026-11-21T12:00:00Z\",\"tcbEvaluationDataNumber\":1,\"crlNumber\":1,"
     "\"issued\":\"2026-11-21T12:00:00Z\",\"revoked\":{}}"                             },
};

static void damaged_settings_are_refused(void **state)
{
    (void)state;
    AUTO(bed) struct bed bed = bed_empty();

    for (size_t i = 0; i < COUNT(bad_settings); i++) {
        struct quoth_error err = {0};
        struct settings s;

        print_message("  %s\n", bad_settings[i].name);
        bed_write(&bed, FILE_SETTINGS, bytes_of_text(bad_settings[i].text));
        assert_false(settings_read(bed.folder, &s, &err));
        assert_int_not_equal(err.code, QUOTH_OK);
        assert_non_null(strstr(err.where, FILE_SETTINGS));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_else_may_read_the_folder),
        cmocka_unit_test(certificates_have_intels_profile_and_our_name),
        cmocka_unit_test(the_pck_certificates_extensions_are_in_intels_order),
        cmocka_unit_test(openssl_accepts_the_chain_while_it_lasts),
        cmocka_unit_test(openssl_refuses_what_was_revoked),
        cmocka_unit_test(crls_are_their_issuers_and_last_as_long_as_intels),
        cmocka_unit_test(documents_are_signed_and_last_thirty_days),
        cmocka_unit_test(the_platform_gets_the_status_that_is_set),
        cmocka_unit_test(statuses_that_no_level_has_are_refused),
        cmocka_unit_test(a_refresh_moves_dates_and_raises_numbers),
        cmocka_unit_test(revoking_twice_keeps_the_first_date),
        cmocka_unit_test(platforms_have_nothing_in_common),
        cmocka_unit_test(a_platform_is_made_in_an_empty_folder_only),
        cmocka_unit_test(a_bad_url_or_folder_makes_nothing),
        cmocka_unit_test(without_a_platform_nothing_is_done),
        cmocka_unit_test(damaged_settings_are_refused),
    };
    return cmocka_run_group_tests(tests, make_shared, remove_shared);
}
