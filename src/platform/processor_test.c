#include "platform/processor.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants the two above first */
#include <cmocka.h>

static const uint8_t cpu_svn[16] = {8, 8, 3};
static const uint8_t owner_epoch[16] = {1};
static const uint8_t report_data[SGX_REPORT_DATA_SIZE] = {0xAA, 0xBB};

static struct processor processor_with(uint8_t fuse_byte)
{
    uint8_t fuse[PROCESSOR_FUSE_SIZE];
    struct processor cpu;
    struct quoth_error err = {0};

    memset(fuse, fuse_byte, sizeof fuse);
    assert_true(
        processor_init(&cpu, BYTES_OF(fuse), BYTES_OF(cpu_svn), BYTES_OF(owner_epoch), &err));
    return cpu;
}

static struct enclave_identity an_enclave(void)
{
    struct enclave_identity e = {
        .flags = SGX_FLAG_INIT | SGX_FLAG_MODE64BIT,
        .xfrm = 0xE7,
        .isv_prod_id = 1234,
        .isv_svn = 2,
    };

    memset(e.mr_enclave, 0xE1, sizeof e.mr_enclave);
    memset(e.mr_signer, 0x51, sizeof e.mr_signer);
    return e;
}

/* A KEYREQUEST that can be changed byte by byte. */
struct request {
    uint8_t bytes[SGX_KEY_REQUEST_SIZE];
};

static struct request seal_request(uint16_t policy)
{
    struct request q = {{0}};

    q.bytes[0] = SGX_KEY_SEAL;
    q.bytes[2] = (uint8_t)policy;
    q.bytes[4] = 2; /* ISVSVN */
    bytes_copy(q.bytes + 8, BYTES_OF(cpu_svn));
    memset(q.bytes + 24, 0xFF, 16); /* ATTRIBUTEMASK */
    memset(q.bytes + 72, 0xFF, 4);  /* MISCMASK */
    return q;
}

struct key {
    uint8_t bytes[SGX_KEY_SIZE];
};

static struct key key_of(const struct processor *cpu, const struct enclave_identity *e,
                         const struct request *q)
{
    struct key key;
    struct quoth_error err = {0};

    assert_true(processor_key(cpu, e, BYTES_OF(q->bytes), key.bytes, &err));
    return key;
}

static bool same(struct key a, struct key b)
{
    return memcmp(a.bytes, b.bytes, sizeof a.bytes) == 0;
}

static void set_debug(struct enclave_identity *e)
{
    e->flags |= SGX_FLAG_DEBUG;
}
static void set_code(struct enclave_identity *e)
{
    e->mr_enclave[31] ^= 1;
}
static void set_signer(struct enclave_identity *e)
{
    e->mr_signer[0] ^= 1;
}
static void set_product(struct enclave_identity *e)
{
    e->isv_prod_id++;
}
static void set_newer(struct enclave_identity *e)
{
    e->isv_svn++;
}
static void set_xfrm(struct enclave_identity *e)
{
    e->xfrm |= 0x200;
}
static void set_misc(struct enclave_identity *e)
{
    e->misc_select |= 1;
}

static const struct {
    const char *name;
    void (*change)(struct enclave_identity *e);
    bool same_by_enclave, same_by_signer;
} variations[] = {
    {"another program of the same signer",  set_code,    false, true },
    {"the same program of another signer",  set_signer,  true,  false},
    {"a newer version",                     set_newer,   true,  true },
    {"another product",                     set_product, false, false},
    {"a debug enclave",                     set_debug,   false, false},
    {"an attribute under the mask differs", set_xfrm,    false, false},
    {"MISCSELECT under the mask differs",   set_misc,    false, false},
};

static void sealing_keys_follow_their_policy(void **state)
{
    (void)state;
    const struct processor cpu = processor_with(7);
    const struct request by_enclave = seal_request(SGX_POLICY_MRENCLAVE);
    const struct request by_signer = seal_request(SGX_POLICY_MRSIGNER);
    const struct enclave_identity one = an_enclave();

    assert_true(same(key_of(&cpu, &one, &by_enclave), key_of(&cpu, &one, &by_enclave)));
    assert_false(same(key_of(&cpu, &one, &by_enclave), key_of(&cpu, &one, &by_signer)));
    for (size_t i = 0; i < COUNT(variations); i++) {
        struct enclave_identity other = an_enclave();

        print_message("  %s\n", variations[i].name);
        variations[i].change(&other);
        assert_int_equal(same(key_of(&cpu, &one, &by_enclave), key_of(&cpu, &other, &by_enclave)),
                         variations[i].same_by_enclave);
        assert_int_equal(same(key_of(&cpu, &one, &by_signer), key_of(&cpu, &other, &by_signer)),
                         variations[i].same_by_signer);
    }
}

/* With DEBUG left out of the mask, a debug enclave still gets another key. */
static void debug_is_part_of_every_derivation(void **state)
{
    (void)state;
    const struct processor cpu = processor_with(7);
    const struct enclave_identity production = an_enclave();
    struct enclave_identity debug = an_enclave();
    struct request q = seal_request(SGX_POLICY_MRSIGNER);

    memset(q.bytes + 24, 0, 16);
    memset(q.bytes + 72, 0, 4);
    debug.flags |= SGX_FLAG_DEBUG;
    assert_false(same(key_of(&cpu, &production, &q), key_of(&cpu, &debug, &q)));
    debug.flags = production.flags;
    debug.xfrm = 3; /* not under the mask */
    debug.misc_select = 1;
    assert_true(same(key_of(&cpu, &production, &q), key_of(&cpu, &debug, &q)));
}

static const struct {
    const char *name;
    size_t at; /* byte of the request that is changed, by value */
    uint8_t value;
} inputs[] = {
    {"another KEYID",      40, 1   },
    {"an older ISVSVN",    4,  1   },
    {"an older CPUSVN",    9,  7   },
    {"another flags mask", 24, 0x0F},
    {"another XFRM mask",  32, 0x03},
    {"another MISCMASK",   72, 0   },
    {"another policy",     2,  3   },
};

static void every_input_changes_the_key(void **state)
{
    (void)state;
    const struct processor cpu = processor_with(7), other = processor_with(8);
    const struct enclave_identity e = an_enclave();
    const struct request plain = seal_request(SGX_POLICY_MRSIGNER);
    struct processor epoch = cpu;

    for (size_t i = 0; i < COUNT(inputs); i++) {
        struct request q = plain;

        print_message("  %s\n", inputs[i].name);
        q.bytes[inputs[i].at] = inputs[i].value;
        assert_false(same(key_of(&cpu, &e, &plain), key_of(&cpu, &e, &q)));
    }
    assert_false(same(key_of(&cpu, &e, &plain), key_of(&other, &e, &plain)));
    epoch.owner_epoch[0]++;
    assert_false(same(key_of(&cpu, &e, &plain), key_of(&epoch, &e, &plain)));
}

/* Data sealed by version 1 opens in version 2, and not the other way round. */
static void a_newer_version_gets_the_older_ones_key(void **state)
{
    (void)state;
    const struct processor cpu = processor_with(7);
    struct enclave_identity older = an_enclave(), newer = an_enclave();
    struct request q = seal_request(SGX_POLICY_MRSIGNER);
    struct quoth_error err = {0};
    struct key key;

    older.isv_svn = 1;
    q.bytes[4] = 1;
    assert_true(same(key_of(&cpu, &older, &q), key_of(&cpu, &newer, &q)));
    q.bytes[4] = 2;
    assert_false(processor_key(&cpu, &older, BYTES_OF(q.bytes), key.bytes, &err));
    assert_int_equal(err.code, QUOTH_EGETKEY_ISVSVN);
}

static const struct {
    const char *name;
    size_t at;
    uint8_t value;
    enum quoth_code code;
    const char *where;
} refusals[] = {
    {"EINITTOKEN key",          0,   0,    QUOTH_EGETKEY_ATTRIBUTE, "keyrequest.keyname"  },
    {"PROVISION key",           0,   1,    QUOTH_EGETKEY_ATTRIBUTE, "keyrequest.keyname"  },
    {"PROVISION_SEAL key",      0,   2,    QUOTH_EGETKEY_ATTRIBUTE, "keyrequest.keyname"  },
    {"no such key",             0,   5,    QUOTH_EGETKEY_KEYNAME,   "keyrequest.keyname"  },
    {"high byte of the name",   1,   1,    QUOTH_EGETKEY_KEYNAME,   "keyrequest.keyname"  },
    {"newer ISVSVN",            4,   3,    QUOTH_EGETKEY_ISVSVN,    "keyrequest.isvsvn"   },
    {"much newer ISVSVN",       5,   0x80, QUOTH_EGETKEY_ISVSVN,    "keyrequest.isvsvn"   },
    {"newer CPUSVN component",  10,  4,    QUOTH_EGETKEY_CPUSVN,    "keyrequest.cpusvn"   },
    {"newer unused component",  23,  1,    QUOTH_EGETKEY_CPUSVN,    "keyrequest.cpusvn"   },
    {"CONFIGSVN without KSS",   76,  1,    QUOTH_EGETKEY_ISVSVN,    "keyrequest.configsvn"},
    {"NOISVPRODID without KSS", 2,   0x06, QUOTH_MALFORMED,         "keyrequest.keypolicy"},
    {"CONFIGID without KSS",    2,   0x0A, QUOTH_MALFORMED,         "keyrequest.keypolicy"},
    {"reserved policy bit",     3,   0x80, QUOTH_MALFORMED,         "keyrequest.keypolicy"},
    {"reserved bytes",          6,   1,    QUOTH_MALFORMED,         "keyrequest.reserved1"},
    {"reserved bytes behind",   78,  1,    QUOTH_MALFORMED,         "keyrequest.reserved2"},
    {"last reserved byte",      511, 1,    QUOTH_MALFORMED,         "keyrequest.reserved2"},
};

static void bad_requests_get_no_key(void **state)
{
    (void)state;
    const struct processor cpu = processor_with(7);
    const struct enclave_identity e = an_enclave();

    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct request q = seal_request(SGX_POLICY_MRSIGNER);
        struct quoth_error err = {0};
        struct key key = {{0}}, untouched = {{0}};

        print_message("  %s\n", refusals[i].name);
        q.bytes[refusals[i].at] = refusals[i].value;
        assert_false(processor_key(&cpu, &e, BYTES_OF(q.bytes), key.bytes, &err));
        assert_int_equal(err.code, refusals[i].code);
        assert_string_equal(err.where, refusals[i].where);
        assert_true(same(key, untouched));
    }
}

static void requests_have_exactly_512_bytes(void **state)
{
    (void)state;
    const struct processor cpu = processor_with(7);
    const struct enclave_identity e = an_enclave();
    const struct request q = seal_request(SGX_POLICY_MRSIGNER);
    uint8_t longer[SGX_KEY_REQUEST_SIZE + 1] = {0};

    bytes_copy(longer, BYTES_OF(q.bytes));
    for (size_t len = 0; len <= sizeof longer; len++) {
        struct quoth_error err = {0};
        struct key key;

        assert_int_equal(processor_key(&cpu, &e, (struct bytes){longer, len}, key.bytes, &err),
                         len == SGX_KEY_REQUEST_SIZE);
        assert_int_equal(err.code, len == SGX_KEY_REQUEST_SIZE ? QUOTH_OK : QUOTH_MALFORMED);
    }
}

struct report {
    uint8_t bytes[SGX_REPORT_SIZE];
};

static struct report report_for(const struct processor *cpu, const struct enclave_identity *of,
                                const struct enclave_identity *target)
{
    uint8_t target_info[SGX_TARGET_INFO_SIZE];
    struct report report;
    struct quoth_error err = {0};

    processor_target_info(target, target_info);
    assert_true(processor_report(cpu, of, BYTES_OF(target_info), BYTES_OF(report_data),
                                 report.bytes, &err));
    return report;
}

static void a_report_says_who_made_it(void **state)
{
    (void)state;
    const struct processor cpu = processor_with(7);
    const struct enclave_identity e = an_enclave();
    const struct report report = report_for(&cpu, &e, &e);
    struct quoth_error err = {0};
    struct reader r = {.in = BYTES_OF(report.bytes), .err = &err};

    assert_true(bytes_equal(reader_take(&r, 16, "cpusvn"), BYTES_OF(cpu_svn)));
    reader_zeros(&r, 32, "miscselect to isvextprodid");
    assert_int_equal(reader_u64le(&r, "flags"), 5);
    assert_int_equal(reader_u64le(&r, "xfrm"), 0xE7);
    assert_true(bytes_equal(reader_take(&r, 32, "mrenclave"), BYTES_OF(e.mr_enclave)));
    reader_zeros(&r, 32, "reserved");
    assert_true(bytes_equal(reader_take(&r, 32, "mrsigner"), BYTES_OF(e.mr_signer)));
    reader_zeros(&r, 96, "reserved, configid");
    assert_int_equal(reader_u16le(&r, "isvprodid"), 1234);
    assert_int_equal(reader_u16le(&r, "isvsvn"), 2);
    reader_zeros(&r, 60, "configsvn, reserved, isvfamilyid");
    assert_true(bytes_equal(reader_take(&r, 64, "reportdata"), BYTES_OF(report_data)));
    assert_int_equal(r.pos, SGX_REPORT_BODY_SIZE);
    assert_int_equal(err.code, QUOTH_OK);
}

static void only_the_target_can_check_a_report(void **state)
{
    (void)state;
    const struct processor cpu = processor_with(7), other_cpu = processor_with(8);
    const struct enclave_identity e = an_enclave();
    struct enclave_identity target = an_enclave();
    struct quoth_error err = {0};

    target.mr_enclave[0] = 0;
    const struct report report = report_for(&cpu, &e, &target);
    assert_true(processor_report_check(&cpu, &target, BYTES_OF(report.bytes), &err));
    assert_false(processor_report_check(&cpu, &e, BYTES_OF(report.bytes), &err));
    assert_int_equal(err.code, QUOTH_REPORT_MAC_INVALID);
    err = (struct quoth_error){0};
    assert_false(processor_report_check(&other_cpu, &target, BYTES_OF(report.bytes), &err));
    assert_int_equal(err.code, QUOTH_REPORT_MAC_INVALID);

    /* neither its signer nor its version is part of a target, but DEBUG is */
    target.isv_svn++;
    err = (struct quoth_error){0};
    assert_true(processor_report_check(&cpu, &target, BYTES_OF(report.bytes), &err));
    target.flags |= SGX_FLAG_DEBUG;
    assert_false(processor_report_check(&cpu, &target, BYTES_OF(report.bytes), &err));
}

/* The report survives a restart of the machine, whose KEYID is then another. */
static void reports_outlive_a_restart(void **state)
{
    (void)state;
    const struct processor before = processor_with(7), after = processor_with(7);
    const struct enclave_identity e = an_enclave();
    const struct report report = report_for(&before, &e, &e);
    struct quoth_error err = {0};

    assert_memory_not_equal(before.report_key_id, after.report_key_id, 32);
    assert_true(processor_report_check(&after, &e, BYTES_OF(report.bytes), &err));
}

static void every_changed_bit_breaks_the_mac(void **state)
{
    (void)state;
    const struct processor cpu = processor_with(7);
    const struct enclave_identity e = an_enclave();
    struct report report = report_for(&cpu, &e, &e);

    for (size_t bit = 0; bit < 8 * sizeof report.bytes; bit++) {
        struct quoth_error err = {0};

        report.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(processor_report_check(&cpu, &e, BYTES_OF(report.bytes), &err));
        assert_int_equal(err.code, QUOTH_REPORT_MAC_INVALID);
        report.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t len = 0; len < sizeof report.bytes; len++) {
        struct quoth_error err = {0};

        assert_false(processor_report_check(&cpu, &e, (struct bytes){report.bytes, len}, &err));
        assert_int_equal(err.code, QUOTH_MALFORMED);
    }
}

static void the_reserved_bytes_of_a_target_are_zero(void **state)
{
    (void)state;
    static const size_t reserved[] = {49, 56, 63, 128, 511};
    const struct processor cpu = processor_with(7);
    const struct enclave_identity e = an_enclave();
    struct report report;

    for (size_t i = 0; i < COUNT(reserved); i++) {
        uint8_t target_info[SGX_TARGET_INFO_SIZE];
        struct quoth_error err = {0};

        processor_target_info(&e, target_info);
        target_info[reserved[i]] = 1;
        assert_false(processor_report(&cpu, &e, BYTES_OF(target_info), BYTES_OF(report_data),
                                      report.bytes, &err));
        assert_int_equal(err.code, QUOTH_MALFORMED);
        assert_int_equal(err.offset, reserved[i]);
    }
}

/* What an enclave does with its own report key is what processor_report_check does for it. */
static void the_report_key_is_the_enclaves_own(void **state)
{
    (void)state;
    const struct processor cpu = processor_with(7);
    const struct enclave_identity e = an_enclave();
    struct enclave_identity other = an_enclave();
    struct request q = {{SGX_KEY_REPORT}};

    bytes_copy(q.bytes + 40, BYTES_OF(cpu.report_key_id));
    other.mr_enclave[0] ^= 1;
    assert_true(same(key_of(&cpu, &e, &q), key_of(&cpu, &e, &q)));
    assert_false(same(key_of(&cpu, &e, &q), key_of(&cpu, &other, &q)));
    const struct key ours = key_of(&cpu, &e, &q);
    q.bytes[40] ^= 1;
    assert_false(same(ours, key_of(&cpu, &e, &q)));
}

static void secrets_have_their_sizes(void **state)
{
    (void)state;
    const uint8_t fuse[PROCESSOR_FUSE_SIZE] = {0};
    struct processor cpu;
    struct quoth_error err = {0};

    assert_false(processor_init(&cpu, (struct bytes){fuse, 31}, BYTES_OF(cpu_svn),
                                BYTES_OF(owner_epoch), &err));
    assert_int_equal(err.code, QUOTH_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sealing_keys_follow_their_policy),
        cmocka_unit_test(debug_is_part_of_every_derivation),
        cmocka_unit_test(every_input_changes_the_key),
        cmocka_unit_test(a_newer_version_gets_the_older_ones_key),
        cmocka_unit_test(bad_requests_get_no_key),
        cmocka_unit_test(requests_have_exactly_512_bytes),
        cmocka_unit_test(a_report_says_who_made_it),
        cmocka_unit_test(only_the_target_can_check_a_report),
        cmocka_unit_test(reports_outlive_a_restart),
        cmocka_unit_test(every_changed_bit_breaks_the_mac),
        cmocka_unit_test(the_reserved_bytes_of_a_target_are_zero),
        cmocka_unit_test(the_report_key_is_the_enclaves_own),
        cmocka_unit_test(secrets_have_their_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
