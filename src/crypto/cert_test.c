#include "crypto/cert.h"

#include "codec/der.h"
#include "tests/unit.h"

#include <stdio.h>

/* A certificate in parts, so that a row can put another in the place of one. */
enum part {
    VERSION,
    SERIAL,
    ALGORITHM,
    ISSUER,
    VALIDITY,
    SUBJECT,
    KEY,
    EXTENSIONS,
    AFTER_EXTENSIONS,
    OUTER_ALGORITHM,
    SIGNATURE,
    AFTER_SIGNATURE,
    AFTER_ALL,
    PART_COUNT,
};

#define ECDSA "300a06082a8648ce3d040302"
#define POINT                                                                                      \
    "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"                             \
    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
#define KEY_HEAD "3059301306072a8648ce3d020106082a8648ce3d030107034200"
#define KEY_ID "ebdf90e3b759616fd53bfc3312c2b2a853a6a72d"
#define AKI "301f0603551d23041830168014" KEY_ID
#define CRL_URI                                                                                    \
    "302f0603551d1f042830263024a022a020861e68747470733a2f2f71756f74682e6578616d706c652f726f6f742e" \
    "63726c"
#define SKI "301d0603551d0e04160414" KEY_ID
#define KEY_USAGE "300e0603551d0f0101ff040403020106"
#define BASIC "30120603551d130101ff040830060101ff020101"
#define SGX "3012060a2a864886f84d010d0102040430020500" /* of another OID of Intel's: not known */
#define FROM "170d3236313130313030303030305a"          /* 2026-11-01T00:00:00Z */
#define UNTIL "180f32303531303632333030303030305a"     /* 2051-06-23T00:00:00Z */

static const char *const parts[PART_COUNT] = {
    [VERSION] = "a003020102",
    [SERIAL] = "020900d5efc871dbacb0b7",
    [ALGORITHM] = ECDSA,
    [ISSUER] = "3019310a300806035504030c0151310b3009060355040613025553", /* CN=Q, C=US */
    [VALIDITY] = "3020" FROM UNTIL,
    [SUBJECT] = "300c310a300806035504030c0152", /* CN=R */
    [KEY] = KEY_HEAD "04" POINT,
    [EXTENSIONS] = AKI CRL_URI SKI KEY_USAGE BASIC,
    [AFTER_EXTENSIONS] = "",
    [OUTER_ALGORITHM] = ECDSA,
    [SIGNATURE] = "030a003007020200d1020102",
    [AFTER_SIGNATURE] = "",
    [AFTER_ALL] = "",
};

static void add(struct buffer *to, enum part part, enum part other, const char *replacement)
{
    AUTO(buffer) struct buffer hold = {0};
    buffer_add(to, unit_hex(part == other ? replacement : parts[part], &hold));
}

/* The certificate with one part replaced; PART_COUNT replaces none. */
static struct bytes build(enum part other, const char *replacement, struct buffer *ret)
{
    AUTO(buffer) struct buffer extensions = {0}, list = {0}, tbs = {0}, whole = {0};
    for (enum part p = VERSION; p < EXTENSIONS; p++)
        add(&tbs, p, other, replacement);
    add(&list, EXTENSIONS, other, replacement);
    der_write_tlv(&extensions, DER_SEQUENCE, buffer_bytes(&list));
    der_write_tlv(&tbs, DER_CONTEXT(3), buffer_bytes(&extensions));
    add(&tbs, AFTER_EXTENSIONS, other, replacement);
    der_write_tlv(&whole, DER_SEQUENCE, buffer_bytes(&tbs));
    for (enum part p = OUTER_ALGORITHM; p <= AFTER_SIGNATURE; p++)
        add(&whole, p, other, replacement);
    buffer_clear(ret);
    der_write_tlv(ret, DER_SEQUENCE, buffer_bytes(&whole));
    add(ret, AFTER_ALL, other, replacement);
    return buffer_bytes(ret);
}

static void expect(struct bytes found, const char *hex)
{
    AUTO(buffer) struct buffer hold = {0};
    assert_true(bytes_equal(found, unit_hex(hex, &hold)));
}

static void a_certificate_is_read(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct cert c;
    AUTO(buffer) struct buffer der = {0};
    assert_true(cert_read(build(PART_COUNT, NULL, &der), &c, &err));
    assert_true(bytes_equal(c.der, buffer_bytes(&der)));
    expect(c.serial, "d5efc871dbacb0b7");
    expect(c.issuer, parts[ISSUER]);
    expect(c.subject, parts[SUBJECT]);
    assert_true(bytes_equal(c.issuer_cn, BYTES_LITERAL("Q")));
    assert_true(bytes_equal(c.subject_cn, BYTES_LITERAL("R")));
    assert_int_equal(c.not_before, 1793491200);
    assert_int_equal(c.not_after, 2571091200);
    expect(c.spki, parts[KEY]);
    expect(c.point, "04" POINT);
    assert_int_equal(c.extension_count, 5);
    expect(c.aki, KEY_ID);
    expect(c.ski, KEY_ID);
    assert_true(c.has_key_usage && c.key_usage_critical);
    assert_int_equal(c.key_usage, CERT_KEY_CERT_SIGN | CERT_CRL_SIGN);
    assert_true(c.has_basic_constraints && c.basic_constraints_critical && c.is_ca);
    assert_int_equal(c.path_len, 1);
    assert_true(c.has_crl_distribution_points);
    assert_true(bytes_equal(c.crl_uri, BYTES_LITERAL("https://quoth.example/root.crl")));
    assert_int_equal(c.sgx.len, 0);
    assert_int_equal(c.signature[31], 0xD1);
    assert_int_equal(c.signature[63], 2);
    assert_true(bytes_all_zero((struct bytes){c.signature, 31}));
}

/* clang-format off */
static const struct {
    const char *name;
    enum part part;
    const char *replacement;
} fine[] = {
    {"an extension that is not known",  EXTENSIONS, AKI SGX},
    {"no extension that is known",      EXTENSIONS, SGX},
    {"an empty basicConstraints",       EXTENSIONS, "300c0603551d130101ff04023000"},
    {"a serial of 20 bytes, top bit",   SERIAL, "021500ebdf90e3b759616fd53bfc3312c2b2a853a6a72d"},
    {"a single second of validity",     VALIDITY, "301e" FROM FROM},
    {"a name without commonName",       SUBJECT, "300d310b3009060355040613025553"},
    {"keyUsage with decipherOnly",      EXTENSIONS, "300f0603551d0f0101ff04050303070880"},
};

static const struct {
    const char *name;
    enum part part;
    const char *replacement;
    enum quoth_code code;
} refusals[] = {
    {"no version",                  VERSION, "",                       QUOTH_DER},
    {"version 1, written out",      VERSION, "a003020100",             QUOTH_CERTIFICATE_UNSUPPORTED},
    {"version 2",                   VERSION, "a003020101",             QUOTH_CERTIFICATE_UNSUPPORTED},
    {"version 4",                   VERSION, "a003020103",             QUOTH_CERTIFICATE_UNSUPPORTED},
    {"version and more",            VERSION, "a0050201020500",         QUOTH_MALFORMED},
    {"version in two bytes",        VERSION, "a00402020002",           QUOTH_DER},
    {"serial zero",                 SERIAL, "020100",                  QUOTH_CERTIFICATE_MALFORMED},
    {"serial negative",             SERIAL, "0201ff",                  QUOTH_DER},
    {"serial with a spare zero",    SERIAL, "02020001",                QUOTH_DER},
    {"serial empty",                SERIAL, "0200",                    QUOTH_DER},
    {"serial of 21 bytes",          SERIAL, "021501ebdf90e3b759616fd53bfc3312c2b2a853a6a72d", QUOTH_CERTIFICATE_MALFORMED},
    {"inner algorithm SHA-1",       ALGORITHM, "300906072a8648ce3d0401", QUOTH_CERTIFICATE_UNSUPPORTED},
    {"inner algorithm SHA-384",     ALGORITHM, "300a06082a8648ce3d040303", QUOTH_CERTIFICATE_UNSUPPORTED},
    {"inner algorithm with NULL",   ALGORITHM, "300c06082a8648ce3d0403020500", QUOTH_CERTIFICATE_UNSUPPORTED},
    {"outer algorithm SHA-384",     OUTER_ALGORITHM, "300a06082a8648ce3d040303", QUOTH_CERTIFICATE_UNSUPPORTED},
    {"outer algorithm RSA",         OUTER_ALGORITHM, "300d06092a864886f70d01010b0500", QUOTH_CERTIFICATE_UNSUPPORTED},
    {"outer algorithm with NULL",   OUTER_ALGORITHM, "300c06082a8648ce3d0403020500", QUOTH_CERTIFICATE_UNSUPPORTED},
    {"issuer empty",                ISSUER, "3000",                    QUOTH_MALFORMED},
    {"issuer is a SET",             ISSUER, "3100",                    QUOTH_DER},
    {"an RDN of two attributes",    SUBJECT, "301631143008060355040a0c0151300806035504030c0152", QUOTH_MALFORMED},
    {"an empty RDN",                SUBJECT, "30023100",               QUOTH_DER},
    {"two commonNames",             SUBJECT, "3018310a300806035504030c0151310a300806035504030c0152", QUOTH_UNSUPPORTED},
    {"commonName empty",            SUBJECT, "300b3109300706035504030c00", QUOTH_MALFORMED},
    {"commonName with a NUL",       SUBJECT, "300e310c300a06035504030c03520051", QUOTH_MALFORMED},
    {"commonName not UTF-8",        SUBJECT, "300c310a300806035504030c01ff", QUOTH_MALFORMED},
    {"PrintableString with '*'",    SUBJECT, "300c310a3008060355040313012a", QUOTH_MALFORMED},
    {"UTF8String with DEL",         SUBJECT, "300c310a300806035504030c017f", QUOTH_MALFORMED},
    {"a BMPString",                 SUBJECT, "300d310b300906035504031e020052", QUOTH_DER},
    {"a TeletexString",             SUBJECT, "300c310a30080603550403140152", QUOTH_DER},
    {"ends before it begins",       VALIDITY, "3020" UNTIL FROM,       QUOTH_CERTIFICATE_MALFORMED},
    {"GeneralizedTime before 2050", VALIDITY, "3020180f32303236313130313030303030305a" FROM, QUOTH_DER},
    {"a time without seconds",      VALIDITY, "301e170b323631313031303030305a" UNTIL, QUOTH_DER},
    {"a time that does not exist",  VALIDITY, "3020170d3236313133313030303030305a" UNTIL, QUOTH_DER},
    {"three times",                 VALIDITY, "302f" FROM UNTIL FROM,  QUOTH_MALFORMED},
    {"P-384",                       KEY, "3059301306072a8648ce3d020106082b81040022000000034200" "04" POINT, QUOTH_CERTIFICATE_UNSUPPORTED},
    {"RSA algorithm",               KEY, "3059301306072a8648ce3d020206082a8648ce3d030107034200" "04" POINT, QUOTH_CERTIFICATE_UNSUPPORTED},
    {"a compressed key",            KEY, "3039301306072a8648ce3d020106082a8648ce3d0301070322000360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6", QUOTH_CERTIFICATE_UNSUPPORTED},
    {"a hybrid key",                KEY, KEY_HEAD "07" POINT,          QUOTH_CERTIFICATE_UNSUPPORTED},
    {"the key at infinity",         KEY, "3019301306072a8648ce3d020106082a8648ce3d03010703020000", QUOTH_CERTIFICATE_UNSUPPORTED},
    {"unused bits in the key",      KEY, "3059301306072a8648ce3d020106082a8648ce3d030107034201" "04" POINT, QUOTH_CERTIFICATE_UNSUPPORTED},
    {"issuerUniqueID",              KEY, KEY_HEAD "04" POINT "810200ff", QUOTH_DER},
    {"no extension at all",         EXTENSIONS, "",                    QUOTH_CERTIFICATE_MALFORMED},
    {"an extension twice",          EXTENSIONS, AKI SKI AKI,           QUOTH_CERTIFICATE_MALFORMED},
    {"an unknown one twice",        EXTENSIONS, SGX SGX,               QUOTH_CERTIFICATE_MALFORMED},
    {"an unknown critical one",     EXTENSIONS, "3015060a2a864886f84d010d01020101ff040430020500", QUOTH_CERTIFICATE_UNSUPPORTED},
    {"nameConstraints, critical",   EXTENSIONS, "300c0603551d1e0101ff04023000", QUOTH_CERTIFICATE_UNSUPPORTED},
    {"critical FALSE written out",  EXTENSIONS, "30200603551d0e01010004160414" KEY_ID, QUOTH_CERTIFICATE_MALFORMED},
    {"critical neither 00 nor FF",  EXTENSIONS, "30200603551d0e01010104160414" KEY_ID, QUOTH_DER},
    {"an extension without value",  EXTENSIONS, "30050603551d0e",      QUOTH_DER},
    {"an extension and more",       EXTENSIONS, "301f0603551d0e04160414" KEY_ID "0500", QUOTH_MALFORMED},
    {"AKI with serial",             EXTENSIONS, "30220603551d23041b30198014" KEY_ID "820101", QUOTH_MALFORMED},
    {"AKI empty",                   EXTENSIONS, "30090603551d2304023000", QUOTH_DER},
    {"AKI of no bytes",             EXTENSIONS, "300b0603551d23040430028000", QUOTH_MALFORMED},
    {"SKI of no bytes",             EXTENSIONS, "30090603551d0e04020400", QUOTH_CERTIFICATE_MALFORMED},
    {"SKI and more",                EXTENSIONS, "301f0603551d0e04180414" KEY_ID "0500", QUOTH_MALFORMED},
    {"two distribution points",     EXTENSIONS, "30550603551d1f044e304c" "3024a022a020861e68747470733a2f2f71756f74682e6578616d706c652f726f6f742e63726c" "3024a022a020861e68747470733a2f2f71756f74682e6578616d706c652f726f6f742e63726c", QUOTH_MALFORMED},
    {"two names of a point",        EXTENSIONS, "30150603551d1f040e300c300aa008a006860161860162", QUOTH_MALFORMED},
    {"a point's name and more",     EXTENSIONS, "30140603551d1f040d300b3009a007a0038601610500", QUOTH_MALFORMED},
    {"a point with reasons",        EXTENSIONS, "30160603551d1f040f300d300ba005a00386016181020780", QUOTH_MALFORMED},
    {"keyUsage without bits",       EXTENSIONS, "300d0603551d0f0101ff0403030100", QUOTH_CERTIFICATE_MALFORMED},
    {"keyUsage empty",              EXTENSIONS, "300d0603551d0f0101ff0403030107", QUOTH_CERTIFICATE_MALFORMED},
    {"keyUsage with zeros behind",  EXTENSIONS, "300e0603551d0f0101ff040403020006", QUOTH_CERTIFICATE_MALFORMED},
    {"keyUsage with unused ones",   EXTENSIONS, "300e0603551d0f0101ff040403020206", QUOTH_CERTIFICATE_MALFORMED},
    {"keyUsage of 8 unused bits",   EXTENSIONS, "300e0603551d0f0101ff040403020806", QUOTH_CERTIFICATE_MALFORMED},
    {"keyUsage too long",           EXTENSIONS, "30100603551d0f0101ff0406030407800080", QUOTH_CERTIFICATE_MALFORMED},
    {"cA FALSE written out",        EXTENSIONS, "300f0603551d130101ff04053003010100", QUOTH_CERTIFICATE_MALFORMED},
    {"pathLen without cA",          EXTENSIONS, "300f0603551d130101ff04053003020100", QUOTH_MALFORMED},
    {"pathLen negative",            EXTENSIONS, "30120603551d130101ff040830060101ff0201ff", QUOTH_DER},
    {"pathLen of 256",              EXTENSIONS, "30130603551d130101ff040930070101ff02020100", QUOTH_DER},
    {"basicConstraints and more",   EXTENSIONS, "30110603551d130101ff040730050101ff0500", QUOTH_MALFORMED},
    {"two CRL URIs",                EXTENSIONS, "30180603551d1f0411300f300da00ba0098603612f628602612f", QUOTH_MALFORMED},
    {"CRLDP with reasons",          EXTENSIONS, "30160603551d1f040f300d300ba005a00386016181020102", QUOTH_MALFORMED},
    {"CRLDP empty",                 EXTENSIONS, "30090603551d1f04023000", QUOTH_DER},
    {"extensions and more",         AFTER_EXTENSIONS, "0500",          QUOTH_MALFORMED},
    {"signature empty",             SIGNATURE, "030100",               QUOTH_DER},
    {"signature with unused bits",  SIGNATURE, "030a013007020200d1020102", QUOTH_DER},
    {"signature of one number",     SIGNATURE, "0306003003020101",     QUOTH_DER},
    {"signature of three numbers",  SIGNATURE, "030c003009020101020102020103", QUOTH_MALFORMED},
    {"signature and more inside",   SIGNATURE, "030b0030060201010201020500", QUOTH_MALFORMED},
    {"r negative",                  SIGNATURE, "03090030060201d1020102", QUOTH_DER},
    {"r with a spare zero",         SIGNATURE, "030a0030070202000102020102", QUOTH_DER},
    {"r of 33 bytes",               SIGNATURE, "03290030260221010000000000000000000000000000000000000000000000000000000000000000020101", QUOTH_MALFORMED},
    {"r with a long length",        SIGNATURE, "030a00300702810101020102", QUOTH_DER},
    {"more after the signature",    AFTER_SIGNATURE, "0500",           QUOTH_MALFORMED},
    {"more after the certificate",  AFTER_ALL, "00",                   QUOTH_MALFORMED},
};
/* clang-format on */

static void what_the_profile_allows_is_read(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer der = {0};
    for (size_t i = 0; i < COUNT(fine); i++) {
        struct quoth_error err = {0};
        struct cert c;
        print_message("  %s\n", fine[i].name);
        if (!cert_read(build(fine[i].part, fine[i].replacement, &der), &c, &err))
            fail_msg("%s: %s", err.where, err.message);
    }
}

static void all_else_is_refused(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer der = {0};
    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct quoth_error err = {0};
        struct cert c = {.extension_count = 42};
        assert_false(cert_read(build(refusals[i].part, refusals[i].replacement, &der), &c, &err));
        print_message("  %s: %s at %zu: %s\n", refusals[i].name, err.where, err.offset,
                      err.message);
        assert_int_equal(err.code, refusals[i].code);
        assert_true(err.offset <= der.len);
        assert_int_equal(c.extension_count, 42);
    }
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer der = {0};
    const struct bytes whole = build(PART_COUNT, NULL, &der);
    for (size_t len = 0; len < whole.len; len++) {
        struct quoth_error err = {0};
        struct cert c;
        assert_false(cert_read((struct bytes){whole.data, len}, &c, &err));
        assert_true(err.offset <= len);
    }
}

static void what_is_too_large_is_not_looked_at(void **state)
{
    (void)state;
    static const uint8_t large[CERT_SIZE_MAX + 1] = {0x30};
    struct quoth_error err = {0};
    struct cert c;
    assert_false(cert_read(BYTES_OF(large), &c, &err));
    assert_int_equal(err.code, QUOTH_TOO_LARGE);
}

static void a_name_gives_its_common_name(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer name = {0};
    struct bytes cn;
    assert_true(cert_name_cn(unit_hex(parts[ISSUER], &name), &cn, &err));
    assert_true(bytes_equal(cn, BYTES_LITERAL("Q")));
    assert_false(cert_name_cn(unit_hex("300c310a300806035504030c015100", &name), &cn, &err));
}

/* X.680 41.4: letters, digits, space and '()+,-./:=? */
static void printable_strings_have_their_characters(void **state)
{
    (void)state;
    static const char printable[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                    "0123456789 '()+,-./:=?";
    for (unsigned c = 0; c < 256; c++) {
        struct quoth_error err = {0};
        struct cert cert;
        char name[64];
        AUTO(buffer) struct buffer der = {0};
        snprintf(name, sizeof name, "300c310a300806035504031301%02x", c);
        const bool good = c != 0 && c < 0x80 && strchr(printable, (int)c);
        assert_int_equal(cert_read(build(SUBJECT, name, &der), &cert, &err), good);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(printable_strings_have_their_characters),
        cmocka_unit_test(a_certificate_is_read),
        cmocka_unit_test(what_the_profile_allows_is_read),
        cmocka_unit_test(all_else_is_refused),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(what_is_too_large_is_not_looked_at),
        cmocka_unit_test(a_name_gives_its_common_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
