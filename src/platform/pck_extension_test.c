#include "platform/pck_extension.h"

#include "codec/hex.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* The extension of a genuine certificate under Intel's Platform CA, 554 bytes (dcap.md 2.2). */
static const char genuine[] =
    "30820226301e060a2a864886f84d010d01010410811dca2a26b952e85bb6448b097ba4fd30820163060a2a86"
    "4886f84d010d0102308201533010060b2a864886f84d010d0102010201033010060b2a864886f84d010d0102"
    "020201033010060b2a864886f84d010d0102030201023010060b2a864886f84d010d01020402010230100"
    "60b2a864886f84d010d0102050201043010060b2a864886f84d010d0102060201013010060b2a864886f84d01"
    "0d0102070201003010060b2a864886f84d010d0102080201053010060b2a864886f84d010d01020902010030"
    "10060b2a864886f84d010d01020a0201003010060b2a864886f84d010d01020b0201003010060b2a864886f8"
    "4d010d01020c0201003010060b2a864886f84d010d01020d0201003010060b2a864886f84d010d01020e0201"
    "003010060b2a864886f84d010d01020f0201003010060b2a864886f84d010d0102100201003010060b2a8648"
    "86f84d010d01021102010b301f060b2a864886f84d010d0102120410030302020401000500000000000000003"
    "010060a2a864886f84d010d0103040200003014060a2a864886f84d010d01040406b0c06f000000300f060a2a"
    "864886f84d010d01050a0101301e060a2a864886f84d010d0106041007828474603e7019dc930775ffe8cdd23"
    "044060a2a864886f84d010d010730363010060b2a864886f84d010d0107010101ff3010060b2a864886f84d01"
    "0d0107020101ff3010060b2a864886f84d010d0107030101ff";

/* clang-format off */
static const struct pck sample = {
    .ppid = {0x81, 0x1d, 0xca, 0x2a, 0x26, 0xb9, 0x52, 0xe8,
             0x5b, 0xb6, 0x44, 0x8b, 0x09, 0x7b, 0xa4, 0xfd},
    .components = {3, 3, 2, 2, 4, 1, 0, 5},
    .pcesvn = 11,
    .cpusvn = {3, 3, 2, 2, 4, 1, 0, 5},
    .fmspc = {0xb0, 0xc0, 0x6f},
    .sgx_type = SGX_SCALABLE,
    .platform_instance = {0x07, 0x82, 0x84, 0x74, 0x60, 0x3e, 0x70, 0x19,
                    0xdc, 0x93, 0x07, 0x75, 0xff, 0xe8, 0xcd, 0xd2},
    .dynamic_platform = true,
    .cached_keys = true,
    .smt_enabled = true,
    .is_platform = true,
};
/* clang-format on */

static void the_genuine_sample_comes_out_byte_for_byte(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer der = {0};
    AUTO(buffer) struct buffer text = {0};
    struct quoth_error err = {0};

    pck_extension_write(&sample, &der);
    assert_true(buffer_ok(&der, &err));
    assert_int_equal(der.len, 554);
    hex_encode(buffer_bytes(&der), &text);
    buffer_u8(&text, 0);
    assert_string_equal((const char *)text.data, genuine);
}

/* DER's INTEGER is signed: a version above 127 takes a leading zero (02 02 00 FF). */
static void high_versions_stay_positive(void **state)
{
    (void)state;
    static const uint8_t last_component[] = {0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d,
                                             0x01, 0x02, 0x10, 0x02, 0x02, 0x00, 0xff};
    struct pck high = sample, read;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer der = {0};

    high.components[15] = 255;
    pck_extension_write(&high, &der);
    assert_false(der.failed);
    assert_int_equal(der.len, 555);
    assert_non_null(memmem(der.data, der.len, last_component, sizeof last_component));
    assert_true(pck_read(buffer_bytes(&der), &read, &err));
    assert_memory_equal(read.components, high.components, 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_genuine_sample_comes_out_byte_for_byte),
        cmocka_unit_test(high_versions_stay_positive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
