#include "crypto/crl.h"

#include "codec/der.h"
#include "tests/unit.h"

/* A revocation list in parts, so that a row can put another in the place of one. */
enum part {
    VERSION,
    ALGORITHM,
    ISSUER,
    THIS_UPDATE,
    NEXT_UPDATE,
    REVOKED,
    EXTENSIONS,
    AFTER_EXTENSIONS,
    OUTER_ALGORITHM,
    SIGNATURE,
    AFTER_SIGNATURE,
    AFTER_ALL,
    PART_COUNT,
};

#define ECDSA "300a06082a8648ce3d040302"
#define KEY_ID "ebdf90e3b759616fd53bfc3312c2b2a853a6a72d"
#define AKI "301f0603551d23041830168014" KEY_ID
#define NUMBER "300a0603551d140403020101"
#define TIME "170d3236313130313030303030305a"
#define LATER "170d3236313230313030303030305a"
#define ENTRY_1 /* with the reason keyCompromise */                                                \
    "3028020900d5efc871dbacb0b7" TIME "300c300a0603551d1504030a0101"
#define ENTRY_2 "301202017f" TIME /* without extensions */

static const char *const parts[PART_COUNT] = {
    [VERSION] = "020101",
    [ALGORITHM] = ECDSA,
    [ISSUER] = "300c310a300806035504030c0151", /* CN=Q */
    [THIS_UPDATE] = TIME,
    [NEXT_UPDATE] = LATER,
    [REVOKED] = "303e" ENTRY_1 ENTRY_2,
    [EXTENSIONS] = "a02f302d" NUMBER AKI,
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

/* The list with one part replaced; PART_COUNT replaces none. */
static struct bytes build(enum part other, const char *replacement, struct buffer *ret)
{
    AUTO(buffer) struct buffer tbs = {0}, whole = {0};
    for (enum part p = VERSION; p <= AFTER_EXTENSIONS; p++)
        add(&tbs, p, other, replacement);
    der_write_tlv(&whole, DER_SEQUENCE, buffer_bytes(&tbs));
    for (enum part p = OUTER_ALGORITHM; p <= AFTER_SIGNATURE; p++)
        add(&whole, p, other, replacement);
    buffer_clear(ret);
    der_write_tlv(ret, DER_SEQUENCE, buffer_bytes(&whole));
    add(ret, AFTER_ALL, other, replacement);
    return buffer_bytes(ret);
}

static void a_list_is_read(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct crl c;
    AUTO(buffer) struct buffer der = {0}, id = {0};
    assert_true(crl_read(build(PART_COUNT, NULL, &der), &c, &err));
    assert_true(bytes_equal(c.der, buffer_bytes(&der)));
    assert_true(bytes_equal(c.issuer_cn, BYTES_LITERAL("Q")));
    assert_int_equal(c.this_update, 1793491200);
    assert_int_equal(c.next_update, 1796083200);
    assert_int_equal(c.revoked_count, 2);
    assert_true(bytes_equal(c.number, BYTES_LITERAL("\x01")));
    assert_true(bytes_equal(c.aki, unit_hex(KEY_ID, &id)));
    assert_int_equal(c.signature[31], 0xD1);
    assert_int_equal(c.signature[63], 2);
}

static const struct {
    const char *serial;
    bool listed;
} serials[] = {
    {"d5efc871dbacb0b7",     true },
    {"00d5efc871dbacb0b7",   true },
    {"0000d5efc871dbacb0b7", true },
    {"7f",                   true },
    {"007f",                 true },
    {"",                     false},
    {"00",                   false},
    {"ff",                   false},
    {"7f00",                 false},
    {"d5efc871dbacb0",       false},
    {"efc871dbacb0b7",       false},
    {"55efc871dbacb0b7",     false},
};

static void serials_are_compared_as_numbers(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct crl c;
    AUTO(buffer) struct buffer der = {0}, serial = {0};
    assert_true(crl_read(build(PART_COUNT, NULL, &der), &c, &err));
    for (size_t i = 0; i < COUNT(serials); i++) {
        print_message("  %s\n", serials[i].serial);
        assert_int_equal(crl_lists(&c, unit_hex(serials[i].serial, &serial)), serials[i].listed);
    }
    assert_true(crl_read(build(REVOKED, "", &der), &c, &err));
    assert_int_equal(c.revoked_count, 0);
    for (size_t i = 0; i < COUNT(serials); i++)
        assert_false(crl_lists(&c, unit_hex(serials[i].serial, &serial)));
}

/* clang-format off */
static const struct {
    const char *name;
    enum part part;
    const char *replacement;
} fine[] = {
    {"no extensions",           EXTENSIONS, ""},
    {"an unknown extension",    EXTENSIONS, "a00d300b300906032a030404020500"},
    {"one second of validity",  NEXT_UPDATE, TIME},
    {"an end after 2049",       NEXT_UPDATE, "180f32303531303632333030303030305a"},
    {"cRLNumber of 20 bytes",   EXTENSIONS, "a021301f301d0603551d14041602147f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f"},
};

static const struct {
    const char *name;
    enum part part;
    const char *replacement;
    enum quoth_code code;
} refusals[] = {
    {"version 1",                   VERSION, "",                        QUOTH_CRL_UNSUPPORTED},
    {"version 1, written out",      VERSION, "020100",                  QUOTH_CRL_UNSUPPORTED},
    {"version 3",                   VERSION, "020102",                  QUOTH_CRL_UNSUPPORTED},
    {"inner algorithm SHA-384",     ALGORITHM, "300a06082a8648ce3d040303", QUOTH_CRL_UNSUPPORTED},
    {"outer algorithm SHA-384",     OUTER_ALGORITHM, "300a06082a8648ce3d040303", QUOTH_CRL_UNSUPPORTED},
    {"outer algorithm with NULL",   OUTER_ALGORITHM, "300c06082a8648ce3d0403020500", QUOTH_CRL_UNSUPPORTED},
    {"issuer empty",                ISSUER, "3000",                     QUOTH_MALFORMED},
    {"no thisUpdate",               THIS_UPDATE, "",                    QUOTH_CRL_UNSUPPORTED},
    {"thisUpdate does not exist",   THIS_UPDATE, "170d3236313133313030303030305a", QUOTH_DER},
    {"no nextUpdate",               NEXT_UPDATE, "",                    QUOTH_CRL_UNSUPPORTED},
    {"nextUpdate before",           NEXT_UPDATE, "170d3236313033313030303030305a", QUOTH_CRL_MALFORMED},
    {"nextUpdate without seconds",  NEXT_UPDATE, "170b323631323031303030305a", QUOTH_DER},
    {"no entries in the list",      REVOKED, "3000",                    QUOTH_CRL_MALFORMED},
    {"an entry that is negative",   REVOKED, "301430120201ff170d3236313130313030303030305a", QUOTH_DER},
    {"an entry with a spare zero",  REVOKED, "301530130202007f170d3236313130313030303030305a", QUOTH_DER},
    {"an entry without date",       REVOKED, "3005300302017f",          QUOTH_DER},
    {"an entry and more",           REVOKED, "3016301402017f170d3236313130313030303030305a0500", QUOTH_MALFORMED},
    {"an entry's empty extensions", REVOKED, "3016301402017f170d3236313130313030303030305a3000", QUOTH_CRL_MALFORMED},
    {"an entry's critical reason",  REVOKED, "3025302302017f170d3236313130313030303030305a300f300d0603551d150101ff04030a0101", QUOTH_CRL_UNSUPPORTED},
    {"an entry's other issuer",     REVOKED, "3024302202017f170d3236313130313030303030305a300e300c0603551d1d0101ff04023000", QUOTH_CRL_UNSUPPORTED},
    {"an entry's two reasons",      REVOKED, "302e302c02017f170d3236313130313030303030305a3018300a0603551d1504030a0101300a0603551d1504030a0101", QUOTH_CRL_MALFORMED},
    {"a list within the list",      REVOKED, "30023000",                QUOTH_DER},
    {"no extensions in the list",   EXTENSIONS, "a0023000",             QUOTH_CRL_MALFORMED},
    {"an unknown critical one",     EXTENSIONS, "a010300e300c06032a03040101ff04020500", QUOTH_CRL_UNSUPPORTED},
    {"issuingDistributionPoint",    EXTENSIONS, "a0133011300f0603551d1c0101ff04053003810101", QUOTH_CRL_UNSUPPORTED},
    {"the same, not critical",      EXTENSIONS, "a010300e300c0603551d1c04053003810101", QUOTH_CRL_UNSUPPORTED},
    {"a delta list",                EXTENSIONS, "a011300f300d0603551d1b0101ff0403020101", QUOTH_CRL_UNSUPPORTED},
    {"the same, not critical",      EXTENSIONS, "a00e300c300a0603551d1b0403020101", QUOTH_CRL_UNSUPPORTED},
    {"cRLNumber and more",          EXTENSIONS, "a010300e300c0603551d1404050201010500", QUOTH_MALFORMED},
    {"AKI and more",                EXTENSIONS, "a025302330210603551d23041a30168014" KEY_ID "0500", QUOTH_MALFORMED},
    {"more beside the extensions",  EXTENSIONS, "a031302d" NUMBER AKI "0500", QUOTH_MALFORMED},
    {"cRLNumber twice",             EXTENSIONS, "a01a3018" NUMBER NUMBER, QUOTH_CRL_MALFORMED},
    {"cRLNumber negative",          EXTENSIONS, "a00e300c300a0603551d1404030201ff", QUOTH_DER},
    {"cRLNumber of 21 bytes",       EXTENSIONS, "a0223020301e0603551d14041702157f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f", QUOTH_CRL_MALFORMED},
    {"AKI without keyIdentifier",   EXTENSIONS, "a010300e300c0603551d2304053003820101", QUOTH_DER},
    {"extensions and more",         AFTER_EXTENSIONS, "0500",           QUOTH_MALFORMED},
    {"extensions twice",            AFTER_EXTENSIONS, "a00c300a" NUMBER, QUOTH_MALFORMED},
    {"signature empty",             SIGNATURE, "030100",                QUOTH_DER},
    {"signature with unused bits",  SIGNATURE, "030a013007020200d1020102", QUOTH_DER},
    {"more after the signature",    AFTER_SIGNATURE, "0500",            QUOTH_MALFORMED},
    {"more after the list",         AFTER_ALL, "00",                    QUOTH_MALFORMED},
};
/* clang-format on */

static void what_the_profile_allows_is_read(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer der = {0};
    for (size_t i = 0; i < COUNT(fine); i++) {
        struct quoth_error err = {0};
        struct crl c;
        print_message("  %s\n", fine[i].name);
        if (!crl_read(build(fine[i].part, fine[i].replacement, &der), &c, &err))
            fail_msg("%s: %s", err.where, err.message);
    }
}

static void all_else_is_refused(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer der = {0};
    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct quoth_error err = {0};
        struct crl c = {.revoked_count = 42};
        assert_false(crl_read(build(refusals[i].part, refusals[i].replacement, &der), &c, &err));
        print_message("  %s: %s at %zu: %s\n", refusals[i].name, err.where, err.offset,
                      err.message);
        assert_int_equal(err.code, refusals[i].code);
        assert_true(err.offset <= der.len);
        assert_int_equal(c.revoked_count, 42);
    }
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer der = {0};
    const struct bytes whole = build(PART_COUNT, NULL, &der);
    for (size_t len = 0; len < whole.len; len++) {
        struct quoth_error err = {0};
        struct crl c;
        assert_false(crl_read((struct bytes){whole.data, len}, &c, &err));
        assert_true(err.offset <= len);
    }
}

/* An entry that cannot be read counts as the one that is looked for. */
static void what_was_never_read_counts_as_listed(void **state)
{
    (void)state;
    const struct crl c = {.revoked = BYTES_LITERAL("\x30\x7f"), .revoked_count = 1};
    assert_true(crl_lists(&c, BYTES_LITERAL("\x01")));
}

static void what_is_too_large_is_not_read(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct crl c;
    AUTO(buffer) struct buffer der = {0};
    build(PART_COUNT, NULL, &der);
    buffer_fill(&der, CRL_SIZE_MAX, 0);
    assert_false(crl_read(buffer_bytes(&der), &c, &err));
    assert_int_equal(err.code, QUOTH_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_too_large_is_not_read),
        cmocka_unit_test(a_list_is_read),
        cmocka_unit_test(serials_are_compared_as_numbers),
        cmocka_unit_test(what_the_profile_allows_is_read),
        cmocka_unit_test(all_else_is_refused),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(what_was_never_read_counts_as_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
