#include "crypto/cmac.h"

#include "tests/unit.h"

#define KEY "2b7e151628aed2a6abf7158809cf4f3c"
#define BLOCK_1 "6bc1bee22e409f96e93d7e117393172a"
#define BLOCKS_2_3 "ae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411"
#define BLOCKS_3_4 "e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"

/* RFC 4493 section 4. */
static const struct {
    const char *name, *data, *mac;
} macs[] = {
    {"nothing",  "",                            "bb1d6929e95937287fa37d129b756746"},
    {"16 bytes", BLOCK_1,                       "070a16b46b4d4144f79bdd9dd04a287c"},
    {"40 bytes", BLOCK_1 BLOCKS_2_3,            "dfa66747de9ae63030ca32611497c827"},
    {"64 bytes", BLOCK_1 BLOCKS_2_3 BLOCKS_3_4, "51f0bebf7e3b9d92fc49741779363cfe"},
};

static void macs_are_those_of_rfc_4493(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(macs); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer key = {0}, data = {0}, expected = {0};
        uint8_t mac[CMAC_SIZE];
        print_message("  %s\n", macs[i].name);
        assert_true(cmac_aes128(unit_hex(KEY, &key), unit_hex(macs[i].data, &data), mac, &err));
        assert_true(bytes_equal(BYTES_OF(mac), unit_hex(macs[i].mac, &expected)));
    }
}

static void other_key_lengths_are_refused(void **state)
{
    (void)state;
    static const uint8_t key[32];
    static const size_t lengths[] = {0, 15, 17, 24, 32};
    for (size_t i = 0; i < COUNT(lengths); i++) {
        struct quoth_error err = {0};
        uint8_t mac[CMAC_SIZE];
        assert_false(cmac_aes128((struct bytes){key, lengths[i]}, BYTES_LITERAL("x"), mac, &err));
        assert_int_equal(err.code, QUOTH_INTERNAL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(macs_are_those_of_rfc_4493),
        cmocka_unit_test(other_key_lengths_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
