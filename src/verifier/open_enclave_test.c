#include "verifier/open_enclave.h"

#include "tests/unit.h"

static void report(struct buffer *to, uint32_t version, uint32_t type, uint64_t size,
                   struct bytes inside)
{
    buffer_clear(to);
    buffer_u32le(to, version);
    buffer_u32le(to, type);
    buffer_u64le(to, size);
    buffer_add(to, inside);
}

static const struct {
    const char *name;
    uint32_t version, type;
    uint64_t size;
    const char *where;
} reports[] = {
    {"version 0",            0, 2, 4,          "report_header.version"},
    {"version 2",            2, 2, 4,          "report_header.version"},
    {"a local report",       1, 1, 4,          "report_header.type"   },
    {"an unknown type",      1, 3, 4,          "report_header.type"   },
    {"a size one too small", 1, 2, 3,          "report_header.size"   },
    {"a size one too large", 1, 2, 5,          "report_header.size"   },
    {"a size that wraps",    1, 2, UINT64_MAX, "report_header.size"   },
};

static void reports_are_refused_with_the_reason(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer data = {0};
    struct bytes quote;
    for (size_t i = 0; i < COUNT(reports); i++) {
        struct quoth_error err = {0};
        print_message("  %s\n", reports[i].name);
        report(&data, reports[i].version, reports[i].type, reports[i].size, BYTES_LITERAL("abcd"));
        assert_false(open_enclave_read_report(buffer_bytes(&data), &quote, &err));
        assert_int_equal(err.code, QUOTH_EVIDENCE_FORM);
        assert_string_equal(err.where, reports[i].where);
    }
    report(&data, 1, 2, 4, BYTES_LITERAL("abcd"));
    assert_true(open_enclave_is_report(buffer_bytes(&data)));
    for (size_t len = 0; len < data.len; len++) {
        struct quoth_error err = {0};
        assert_false(
            open_enclave_read_report(bytes_slice(buffer_bytes(&data), 0, len), &quote, &err));
    }
    struct quoth_error err = {0};
    assert_true(open_enclave_read_report(buffer_bytes(&data), &quote, &err));
    assert_true(bytes_equal(quote, BYTES_LITERAL("abcd")));
}

#define SGX_ECDSA "a3a21e871b4d4014b70aa125d2fbcd8c"
#define LEGACY "c8303454d9234c2ca691df7def460a76"
#define RAW "1923d91e12d24c72b22025cd8dace871"
#define LOCAL "09268c336e0b45e58a2715644d0ef89a"
#define TDX "8ba70286c1cf11edafa10242ac120002"

static void evidence(struct buffer *to, uint32_t version, const char *format, uint32_t padding,
                     int extra, struct bytes inside)
{
    AUTO(buffer) struct buffer hold = {0};
    buffer_clear(to);
    buffer_u32le(to, version);
    buffer_add(to, unit_hex(format, &hold));
    buffer_u32le(to, padding);
    buffer_u64le(to, inside.len + (uint64_t)(int64_t)extra);
    buffer_add(to, inside);
}

static const struct {
    const char *name;
    uint32_t version;
    const char *format;
    uint32_t padding;
    int extra;
    const char *where;
} headers[] = {
    {"version 2",                            2, RAW,       0, 0,  "attestation_header.version"},
    {"local attestation",                    3, LOCAL,     0, 0,  "attestation_header.format" },
    {"a TDX quote as Open Enclave names it", 3, TDX,       0, 0,  "attestation_header.format" },
    {"padding that is not",                  3, RAW,       1, 0,  "attestation_header.padding"},
    {"a size too small",                     3, RAW,       0, -1, "attestation_header.size"   },
    {"a size too large",                     3, RAW,       0, 1,  "attestation_header.size"   },
    {"a report that is none",                3, LEGACY,    0, 0,  "report_header.version"     },
    {"a quote that is none",                 3, SGX_ECDSA, 0, 0,  "quote.header.version"      },
};

static void evidence_is_refused_with_the_reason(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer data = {0};
    for (size_t i = 0; i < COUNT(headers); i++) {
        struct quoth_error err = {0};
        struct open_enclave_evidence e;
        print_message("  %s\n", headers[i].name);
        evidence(&data, headers[i].version, headers[i].format, headers[i].padding, headers[i].extra,
                 BYTES_LITERAL("not a quote at all"));
        assert_false(open_enclave_read_evidence(buffer_bytes(&data), &e, &err));
        assert_string_equal(err.where, headers[i].where);
    }
}

static void the_quote_is_found_in_every_format(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct open_enclave_evidence e;
    AUTO(buffer) struct buffer data = {0}, inside = {0};
    evidence(&data, 3, RAW, 0, 0, BYTES_LITERAL("abcd"));
    assert_true(open_enclave_is_evidence(buffer_bytes(&data)));
    assert_true(open_enclave_read_evidence(buffer_bytes(&data), &e, &err));
    assert_true(bytes_equal(e.quote, BYTES_LITERAL("abcd")));
    assert_false(e.has_custom_claims);

    report(&inside, 1, 2, 4, BYTES_LITERAL("abcd"));
    evidence(&data, 3, LEGACY, 0, 0, buffer_bytes(&inside));
    assert_true(open_enclave_read_evidence(buffer_bytes(&data), &e, &err));
    assert_true(bytes_equal(e.quote, BYTES_LITERAL("abcd")));
}

/* The wrapper and the quote in it speak of one TEE. */
static void a_tdx_quote_is_not_what_the_wrapper_says(void **state)
{
    (void)state;
    static const char *const formats[] = {SGX_ECDSA, LEGACY, RAW};
    static const uint8_t version_4[8] = {4, 0, 2, 0, 0x81};
    AUTO(buffer) struct buffer quote = {0}, inside = {0}, data = {0};
    struct open_enclave_evidence e;
    struct bytes found;
    buffer_add(&quote, BYTES_OF(version_4));
    buffer_add(&quote, bytes_slice(BYTES_LITERAL("1234\x93\x9a\x72\x33\xf7\x9c\x4c\xa9"
                                                 "\x94\x0a\x0d\xb3\x95\x7f\x06\x07"),
                                   0, 20));
    buffer_fill(&quote, 20 + 584 + 4, 0); /* user data, body, no signature data */
    report(&inside, 1, 2, quote.len, buffer_bytes(&quote));
    for (size_t i = 0; i < COUNT(formats); i++) {
        struct quoth_error err = {0};
        evidence(&data, 3, formats[i], 0, 0, buffer_bytes(i == 1 ? &inside : &quote));
        assert_false(open_enclave_read_evidence(buffer_bytes(&data), &e, &err));
        assert_int_equal(err.code, QUOTH_EVIDENCE_FORM);
        assert_string_equal(err.where, "quote.header.tee_type");
    }
    struct quoth_error err = {0};
    assert_false(open_enclave_read_report(buffer_bytes(&inside), &found, &err));
    assert_int_equal(err.code, QUOTH_EVIDENCE_FORM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reports_are_refused_with_the_reason),
        cmocka_unit_test(evidence_is_refused_with_the_reason),
        cmocka_unit_test(the_quote_is_found_in_every_format),
        cmocka_unit_test(a_tdx_quote_is_not_what_the_wrapper_says),
    };
    return cmocka_run_group_tests_name("verifier/open_enclave", tests, NULL, NULL);
}
