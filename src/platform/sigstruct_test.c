#include "platform/sigstruct.h"

#include "tests/unit.h"

static struct private_key *key;

static int make_key(void **state)
{
    struct quoth_error err = {0};
    (void)state;
    return private_key_generate(KEY_TYPE_RSA_3072_E3, &key, &err) ? 0 : -1;
}

static int free_key(void **state)
{
    (void)state;
    private_key_free(key);
    return 0;
}

static struct sigstruct_body a_body(void)
{
    struct sigstruct_body body;
    sigstruct_defaults(true, &body);
    body.date = 0x20250704;
    body.isv_prod_id = 1234;
    body.isv_svn = 2;
    memset(body.mr_enclave, 0xE1, sizeof body.mr_enclave);
    return body;
}

static struct bytes signed_bytes(struct buffer *hold)
{
    struct quoth_error err = {0};
    const struct sigstruct_body body = a_body();
    buffer_clear(hold);
    assert_true(sigstruct_write(&body, key, hold, &err));
    return buffer_bytes(hold);
}

static void what_is_written_is_read(void **state)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer hold = {0}, pem = {0};
    const struct sigstruct_body body = a_body();
    struct sigstruct s;
    uint8_t signer[32];

    (void)state;
    assert_int_equal(signed_bytes(&hold).len, SIGSTRUCT_SIZE);
    assert_true(sigstruct_read(buffer_bytes(&hold), &s, &err));
    assert_memory_equal(s.body.mr_enclave, body.mr_enclave, 32);
    assert_int_equal(s.body.date, 0x20250704);
    assert_int_equal(s.body.flags, 6);
    assert_int_equal(s.body.xfrm, 3);
    assert_int_equal(s.body.flags_mask, UINT64_MAX);
    assert_int_equal(s.body.isv_prod_id, 1234);
    assert_int_equal(s.body.isv_svn, 2);
    assert_false(s.kss_ids);
    assert_true(private_key_to_pem(key, &pem, &err));
    assert_true(sigstruct_signer_of_pem(buffer_bytes(&pem), signer, &err));
    assert_memory_equal(signer, s.mr_signer, 32);
}

static void equal_input_gives_equal_output(void **state)
{
    AUTO(buffer) struct buffer one = {0}, two = {0};
    (void)state;
    assert_true(bytes_equal(signed_bytes(&one), signed_bytes(&two)));
}

static void every_changed_bit_is_refused(void **state)
{
    AUTO(buffer) struct buffer hold = {0};

    (void)state;
    signed_bytes(&hold);
    for (size_t at = 0; at < SIGSTRUCT_SIZE; at++) {
        struct quoth_error err = {0};
        struct sigstruct s;
        const uint8_t bit = (uint8_t)(1u << (at % 8));
        hold.data[at] ^= bit;
        if (sigstruct_read(buffer_bytes(&hold), &s, &err))
            fail_msg("accepted with a changed bit in byte %zu", at);
        assert_true(err.code == QUOTH_SIGSTRUCT_MALFORMED || err.code == QUOTH_SIGSTRUCT_SIGNATURE);
        hold.data[at] ^= bit;
    }
}

static const struct {
    const char *name, *where;
    size_t at;
    uint8_t value;
    enum quoth_code code;
} refusals[] = {
    {"header",         "sigstruct.header",         0,    7, QUOTH_SIGSTRUCT_MALFORMED},
    {"type",           "sigstruct.type",           12,   1, QUOTH_SIGSTRUCT_MALFORMED},
    {"vendor",         "sigstruct.vendor",         16,   1, QUOTH_SIGSTRUCT_MALFORMED},
    {"date",           "sigstruct.signature",      20,   5, QUOTH_SIGSTRUCT_SIGNATURE},
    {"second header",  "sigstruct.header2",        24,   0, QUOTH_SIGSTRUCT_MALFORMED},
    {"first reserved", "sigstruct.reserved1",      127,  1, QUOTH_SIGSTRUCT_MALFORMED},
    {"even modulus",   "sigstruct.modulus",        128,  0, QUOTH_SIGSTRUCT_MALFORMED},
    {"short modulus",  "sigstruct.modulus",        511,  0, QUOTH_SIGSTRUCT_MALFORMED},
    {"exponent",       "sigstruct.exponent",       512,  5, QUOTH_SIGSTRUCT_MALFORMED},
    {"CET",            "sigstruct.cet_attributes", 908,  1, QUOTH_SIGSTRUCT_MALFORMED},
    {"attributes",     "sigstruct.signature",      928,  4, QUOTH_SIGSTRUCT_SIGNATURE},
    {"enclave hash",   "sigstruct.signature",      960,  0, QUOTH_SIGSTRUCT_SIGNATURE},
    {"third reserved", "sigstruct.reserved3",      1007, 1, QUOTH_SIGSTRUCT_MALFORMED},
    {"version",        "sigstruct.signature",      1026, 9, QUOTH_SIGSTRUCT_SIGNATURE},
    {"last reserved",  "sigstruct.reserved4",      1039, 1, QUOTH_SIGSTRUCT_MALFORMED},
};

static void refusals_say_what_and_where(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer hold = {0};
        struct sigstruct s;
        print_message("  %s\n", refusals[i].name);
        signed_bytes(&hold);
        hold.data[refusals[i].at] = refusals[i].value;
        assert_false(sigstruct_read(buffer_bytes(&hold), &s, &err));
        assert_int_equal(err.code, refusals[i].code);
        assert_string_equal(err.where, refusals[i].where);
    }
}

/* Of a number that each key has another of, no value is sure to be another one. */
static void other_quotients_are_refused(void **state)
{
    static const size_t ends[] = {1040, 1423, 1424, 1807};

    (void)state;
    for (size_t i = 0; i < COUNT(ends); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer hold = {0};
        struct sigstruct s;
        signed_bytes(&hold);
        hold.data[ends[i]] ^= 0xFF;
        assert_false(sigstruct_read(buffer_bytes(&hold), &s, &err));
        assert_int_equal(err.code, QUOTH_SIGSTRUCT_SIGNATURE);
        assert_string_equal(err.where, "sigstruct.q1");
    }
}

static void other_lengths_are_refused(void **state)
{
    static const size_t lengths[] = {0, 1, 1807, 1809};
    AUTO(buffer) struct buffer hold = {0};

    (void)state;
    signed_bytes(&hold);
    buffer_u8(&hold, 0);
    for (size_t i = 0; i < COUNT(lengths); i++) {
        struct quoth_error err = {0};
        struct sigstruct s;
        assert_false(sigstruct_read(bytes_slice(buffer_bytes(&hold), 0, lengths[i]), &s, &err));
        assert_int_equal(err.code, QUOTH_SIGSTRUCT_MALFORMED);
    }
}

static void other_keys_cannot_sign(void **state)
{
    static const enum key_type types[] = {KEY_TYPE_P256, KEY_TYPE_RSA_2048, KEY_TYPE_RSA_3072};
    const struct sigstruct_body body = a_body();

    (void)state;
    for (size_t i = 0; i < COUNT(types); i++) {
        struct quoth_error err = {0};
        AUTO(private_key) struct private_key *other = NULL;
        AUTO(buffer) struct buffer out = {0}, pem = {0};
        uint8_t signer[32];
        assert_true(private_key_generate(types[i], &other, &err));
        assert_false(sigstruct_write(&body, other, &out, &err));
        assert_int_equal(err.code, QUOTH_KEY_UNSUPPORTED);
        assert_int_equal(out.len, 0);
        err = (struct quoth_error){0};
        assert_true(private_key_to_pem(other, &pem, &err));
        assert_false(sigstruct_signer_of_pem(buffer_bytes(&pem), signer, &err));
    }
}

static void genuine_signatures_hold(void **state)
{
    static const struct {
        const char *file, *mr_enclave, *mr_signer;
        uint32_t vendor, date;
        uint64_t flags;
        uint16_t prod_id, svn;
    } genuine[] = {
        {"sgx-identity/le_prod_css.bin",
         "7881af9f9def547da9908c008f29cde9bd78064e36ac7e14c83c294ca4806150", "acb77012053e05a63d413b8bbae8fb6c5d73b3f2996d91c43bbbf90959c0f8d4", SIGSTRUCT_VENDOR_INTEL,
         0x20240811,                                                                                                                                                        0x24, 32,    7},
        {"sgx-identity/test_enclave.sig",
         "784acfd7d5096a8f0fbd3265760bff21b120f62407a9a9e5ba31aa3c8ed198fc", "fb4bab3d6036ac1d730fa83d7366df1dd2dfeac194ef335d6854d8a6c6475542", 0,                      0, 4,    65535, 0},
        {"sgx-identity/sig1.sigstruct.bin", NULL,                            NULL,                                                               0,                      0, 0,    0,     0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(genuine); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer hold = {0};
        struct sigstruct s;
        char hex[72];
        const struct bytes in = unit_vector(genuine[i].file, &hold);
        print_message("  %s\n", genuine[i].file);
        if (!sigstruct_read(in, &s, &err))
            fail_msg("%s: %s", err.where, err.message);
        if (!genuine[i].mr_enclave)
            continue;
        assert_string_equal(hex_text(BYTES_OF(s.body.mr_enclave), hex, sizeof hex),
                            genuine[i].mr_enclave);
        assert_string_equal(hex_text(BYTES_OF(s.mr_signer), hex, sizeof hex), genuine[i].mr_signer);
        assert_int_equal(s.body.vendor, genuine[i].vendor);
        if (genuine[i].date)
            assert_int_equal(s.body.date, genuine[i].date);
        assert_int_equal(s.body.flags, genuine[i].flags);
        assert_int_equal(s.body.isv_prod_id, genuine[i].prod_id);
        assert_int_equal(s.body.isv_svn, genuine[i].svn);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(equal_input_gives_equal_output),
        cmocka_unit_test(every_changed_bit_is_refused),
        cmocka_unit_test(refusals_say_what_and_where),
        cmocka_unit_test(other_quotients_are_refused),
        cmocka_unit_test(other_lengths_are_refused),
        cmocka_unit_test(other_keys_cannot_sign),
        cmocka_unit_test(genuine_signatures_hold),
    };
    return cmocka_run_group_tests(tests, make_key, free_key);
}
