#include "platform/measure.h"

#include "tests/unit.h"

/* Steps of a small enclave and what it measures as if it ended there. */
static void step(struct measure *m, unsigned which)
{
    static const struct bytes nothing = {0};
    uint8_t page[SGX_PAGE];
    AUTO(buffer) struct buffer tcs = {0};

    switch (which) {
    case 0:
        measure_create(m, 1, 0x10000);
        break;
    case 1:
        measure_add(m, 0, SECINFO_REG | SECINFO_R | SECINFO_W);
        break;
    case 2:
        for (uint64_t at = 0; at < SGX_PAGE; at += SGX_CHUNK)
            measure_extend(m, at, nothing);
        break;
    case 3:
        for (size_t i = 0; i < sizeof page; i++)
            page[i] = (uint8_t)i;
        measure_page(m, 0x1000, SECINFO_REG | SECINFO_R | SECINFO_X, BYTES_OF(page));
        break;
    default:
        buffer_fill(&tcs, 16, 0);
        buffer_u64le(&tcs, 0x3000); /* OSSA */
        buffer_u32le(&tcs, 0);
        buffer_u32le(&tcs, 2);      /* NSSA */
        buffer_u64le(&tcs, 0x1000); /* OENTRY */
        buffer_fill(&tcs, 24, 0);
        buffer_u64le(&tcs, 0xFFFFFFFFFFFFFFFF); /* FSLIMIT, GSLIMIT */
        measure_page(m, 0x2000, SECINFO_TCS, buffer_bytes(&tcs));
        break;
    }
}

static void the_records_are_those_of_the_processor(void **state)
{
    static const char *const expected[] = {
        "03c79954895fe98c9bd1b86ebe8b7b1748b65bfc30085dd387cb4351e7de51e2",
        "6c1ce25b30ece7702c72b65ecbdbff4009e735c7c9f7b09e6a94383f934d4b42",
        "b7db6b53a591009c9fcdfb265926be6f051286dc557a07bbe8de5c1fdc7954a1",
        "5760f36c27a82756a248663267d95945cf0a5c59bba087729b7e307275f35139",
        "cd2f0de0b09744f7c74e5ce80da4a808b56a2068934129ab195e36b751a5777e",
    };

    (void)state;
    for (unsigned last = 0; last < COUNT(expected); last++) {
        struct quoth_error err = {0};
        AUTO(measure) struct measure *m = NULL;
        struct sha256 mr_enclave;
        char hex[72];
        assert_true(measure_open(NULL, &m, &err));
        for (unsigned i = 0; i <= last; i++)
            step(m, i);
        assert_true(measure_finish(m, &mr_enclave, &err));
        assert_string_equal(hex_text(BYTES_OF(mr_enclave.bytes), hex, sizeof hex), expected[last]);
    }
}

/* What is dumped, read back: the same measurement, and the hash of the bytes. */
static void the_dump_can_be_hashed_by_anyone(void **state)
{
    struct quoth_error err = {0};
    AUTO(measure) struct measure *m = NULL, *again = NULL;
    struct sha256 mr_enclave, second;
    char *data = NULL;
    size_t len = 0;
    FILE *dump = open_memstream(&data, &len);

    (void)state;
    assert_true(dump && measure_open(dump, &m, &err) && measure_open(NULL, &again, &err));
    for (unsigned i = 0; i < 5; i++)
        step(m, i);
    assert_true(measure_finish(m, &mr_enclave, &err));
    assert_int_equal(fclose(dump), 0);
    const struct bytes records = {(const uint8_t *)data, len};
    assert_true(measure_sgxs(again, records, &err));
    assert_true(measure_finish(again, &second, &err));
    assert_true(sha256_equal(&mr_enclave, &second));
    second = sha256_of(records);
    assert_true(sha256_equal(&mr_enclave, &second));
    free(data);
}

static void a_dump_that_fails_is_told(void **state)
{
    struct quoth_error err = {0};
    AUTO(measure) struct measure *m = NULL;
    struct sha256 mr_enclave;
    FILE *full = fopen("/dev/full", "w");

    (void)state;
    assert_non_null(full);
    setvbuf(full, NULL, _IONBF, 0);
    assert_true(measure_open(full, &m, &err));
    step(m, 0);
    assert_false(measure_finish(m, &mr_enclave, &err));
    assert_int_equal(err.code, QUOTH_IO);
    fclose(full);
}

static const char create_ok[] = "4543524541544500"
                                "010000000000010000000000"
                                "0000000000000000000000000000000000000000000000000000000000000000"
                                "000000000000000000000000";
static const char add_ok[] = "4541444400000000"
                             "0010000000000000"
                             "0502000000000000"
                             "0000000000000000000000000000000000000000000000000000000000000000"
                             "0000000000000000";

static const struct {
    const char *name;
    size_t at; /* a byte of create_ok, then add_ok, to change by xor */
    uint8_t flip;
    size_t len; /* of the two together that is read; 0 for all */
    size_t offset;
} refusals[] = {
    {"nothing",                  0,   0,    1,   0  },
    {"half a record",            0,   0,    63,  20 },
    {"another first record",     0,   1,    0,   0  },
    {"size no power of two",     13,  0x30, 0,   12 },
    {"size zero",                14,  1,    0,   12 },
    {"reserved byte of ECREATE", 63,  1,    0,   63 },
    {"unknown record",           64,  1,    0,   64 },
    {"page not aligned",         72,  1,    0,   72 },
    {"page outside",             75,  1,    0,   72 },
    {"reserved byte of EADD",    127, 1,    0,   127},
    {"half a second record",     0,   0,    100, 88 },
};

static void malformed_records_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct quoth_error err = {0};
        AUTO(measure) struct measure *m = NULL;
        AUTO(buffer) struct buffer first = {0}, second = {0};
        unit_hex(create_ok, &first);
        buffer_add(&first, unit_hex(add_ok, &second));
        assert_int_equal(first.len, 128);
        first.data[refusals[i].at] ^= refusals[i].flip;
        print_message("  %s\n", refusals[i].name);
        assert_true(measure_open(NULL, &m, &err));
        const size_t len = refusals[i].len ? refusals[i].len : first.len;
        assert_false(measure_sgxs(m, bytes_slice(buffer_bytes(&first), 0, len), &err));
        assert_int_equal(err.code, QUOTH_MALFORMED);
        assert_int_equal(err.offset, refusals[i].offset);
    }
}

static void genuine_enclaves_measure_as_signed(void **state)
{
    static const struct {
        const char *file, *mr_enclave;
    } genuine[] = {
        {"sgx-identity/test_enclave.sgxs",
         "784acfd7d5096a8f0fbd3265760bff21b120f62407a9a9e5ba31aa3c8ed198fc"},
        {"sgx-identity/report.sgxs",
         "a06a560b26f5e397b2d7872fac66fe4b43bf4f507296ee048f110be6fb1a2290"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(genuine); i++) {
        struct quoth_error err = {0};
        AUTO(measure) struct measure *m = NULL;
        AUTO(buffer) struct buffer hold = {0};
        struct sha256 mr_enclave;
        char hex[72];
        const struct bytes sgxs = unit_vector(genuine[i].file, &hold);
        assert_true(measure_open(NULL, &m, &err));
        assert_true(measure_sgxs(m, sgxs, &err));
        assert_true(measure_finish(m, &mr_enclave, &err));
        assert_string_equal(hex_text(BYTES_OF(mr_enclave.bytes), hex, sizeof hex),
                            genuine[i].mr_enclave);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_records_are_those_of_the_processor),
        cmocka_unit_test(the_dump_can_be_hashed_by_anyone),
        cmocka_unit_test(a_dump_that_fails_is_told),
        cmocka_unit_test(malformed_records_are_refused),
        cmocka_unit_test(genuine_enclaves_measure_as_signed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
