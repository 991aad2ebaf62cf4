#include "tee/dcap/quote.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka wants the three above first */
#include <cmocka.h>

/* A quote of version 3 with nothing in it: type 1 certification data of zeros. */
static void minimal_v3(struct buffer *b)
{
    static const uint8_t vendor[16] = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
                                       0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};
    buffer_u16le(b, 3);
    buffer_u16le(b, 2);
    buffer_fill(b, 8, 0);
    buffer_add(b, BYTES_OF(vendor));
    buffer_fill(b, 20, 0);
    buffer_fill(b, SGX_REPORT_BODY_SIZE, 0);
    buffer_u32le(b, 584 + 36);
    buffer_fill(b, 576, 0);
    buffer_u16le(b, 0);
    buffer_u16le(b, CERTIFICATION_PPID);
    buffer_u32le(b, 36);
    buffer_fill(b, 36, 0);
}

static const struct {
    const char *name;
    size_t at;
    uint32_t value;
    unsigned width;
    size_t cut; /* length to cut the quote to; 0: none */
    enum quoth_code code;
    size_t offset;
    const char *where;
} refusals[] = {
    {"nothing at all",                     0,         0,          0, 1,   QUOTH_MALFORMED,   0,         "quote.header.version"     },
    {"version 2",                          0,         2,          2, 0,   QUOTH_UNSUPPORTED, 0,         "quote.header.version"     },
    {"version 6",                          0,         6,          2, 0,   QUOTH_UNSUPPORTED, 0,         "quote.header.version"     },
    {"EPID key type",                      2,         0,          2, 0,   QUOTH_UNSUPPORTED, 2,         "quote.header.att_key_type"},
    {"P-384 key type",                     2,         3,          2, 0,   QUOTH_UNSUPPORTED, 2,         "quote.header.att_key_type"},
    {"TDX in version 3",                   4,         0x81,       4, 0,   QUOTH_MALFORMED,   4,         "quote.header.reserved"    },
    {"another vendor",                     12,        0,          1, 0,   QUOTH_UNSUPPORTED, 12,        "quote.header.qe_vendor_id"},
    {"a reserved byte of the report",      48 + 21,   1,          1, 0,   QUOTH_MALFORMED,   48 + 21,
     "quote.report.reserved"                                                                                                       },
    {"another one",                        48 + 303,  1,          1, 0,   QUOTH_MALFORMED,   48 + 303,  "quote.report.reserved"    },
    {"a reserved byte of the QE's report", 564 + 127, 1,          1, 0,   QUOTH_MALFORMED,   564 + 127,
     "quote.report.reserved"                                                                                                       },
    {"cut in the header",                  0,         0,          0, 47,  QUOTH_MALFORMED,   28,        "quote.header.user_data"   },
    {"cut in the report",                  0,         0,          0, 431, QUOTH_MALFORMED,   368,       "quote.report.reportdata"  },
    {"cut at the length",                  0,         0,          0, 434, QUOTH_MALFORMED,   432,       "quote.signature.size"     },
    {"signature data one too long",        432,       621,        4, 0,   QUOTH_MALFORMED,   436,       "quote.signature"          },
    {"signature data one too short",       432,       619,        4, 0,   QUOTH_MALFORMED,   1020,
     "quote.certification.data"                                                                                                    },
    {"no signature data",                  432,       0,          4, 0,   QUOTH_MALFORMED,   436,       "quote.signature.quote"    },
    {"a length that wraps",                432,       0xFFFFFFFF, 4, 0,   QUOTH_MALFORMED,   436,       "quote.signature"          },
    {"authentication data too long",       1012,      0xFFFF,     2, 0,   QUOTH_MALFORMED,   1014,
     "quote.qe_auth_data"                                                                                                          },
    {"certification type 0",               1014,      0,          2, 0,   QUOTH_UNSUPPORTED, 1014,      "quote.certification.type" },
    {"certification type 4",               1014,      4,          2, 0,   QUOTH_UNSUPPORTED, 1014,      "quote.certification.type" },
    {"certification type 6 inside",        1014,      6,          2, 0,   QUOTH_UNSUPPORTED, 1014,
     "quote.certification.type"                                                                                                    },
    {"certification type 7",               1014,      7,          2, 0,   QUOTH_UNSUPPORTED, 1014,      "quote.certification.type" },
    {"type 2 of 36 bytes",                 1014,      2,          2, 0,   QUOTH_MALFORMED,   1020,      "quote.certification.ppid" },
    {"certification data that wraps",      1016,      0xFFFFFFFF, 4, 0,   QUOTH_MALFORMED,   1020,
     "quote.certification.data"                                                                                                    },
};

static void refusals_say_what_and_where(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct quoth_error err = {0};
        struct dcap_quote quote;
        AUTO(buffer) struct buffer b = {0};
        minimal_v3(&b);
        for (unsigned k = 0; k < refusals[i].width; k++)
            b.data[refusals[i].at + k] = (uint8_t)(refusals[i].value >> (8 * k));
        const struct bytes in =
            bytes_slice(buffer_bytes(&b), 0, refusals[i].cut ? refusals[i].cut : b.len);

        print_message("  %s\n", refusals[i].name);
        assert_false(quote_read(in, &quote, &err));
        assert_int_equal(err.code, refusals[i].code);
        assert_string_equal(err.where, refusals[i].where);
        assert_int_equal(err.offset, refusals[i].offset);
    }
}

static void every_prefix_is_refused(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer b = {0};
    minimal_v3(&b);
    for (size_t len = 0; len < b.len; len++) {
        struct quoth_error err = {0};
        struct dcap_quote quote;
        assert_false(quote_read(bytes_slice(buffer_bytes(&b), 0, len), &quote, &err));
        assert_true(err.offset <= len);
    }
}

static void only_zeros_may_follow_and_not_too_many(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct dcap_quote quote;
    AUTO(buffer) struct buffer b = {0};
    minimal_v3(&b);
    const size_t len = b.len;
    buffer_fill(&b, 70, 0);
    assert_true(quote_read(buffer_bytes(&b), &quote, &err));
    assert_int_equal(quote.raw.len, len);
    assert_int_equal(quote.padding, 70);

    b.data[b.len - 1] = 1;
    assert_false(quote_read(buffer_bytes(&b), &quote, &err));
    assert_int_equal(err.code, QUOTH_MALFORMED);
    assert_int_equal(err.offset, b.len - 1);
    assert_string_equal(err.where, "quote.padding");

    err = (struct quoth_error){0};
    b.data[b.len - 1] = 0;
    buffer_fill(&b, QUOTE_PADDING_MAX, 0);
    assert_false(quote_read(buffer_bytes(&b), &quote, &err));
    assert_int_equal(err.code, QUOTH_TOO_LARGE);

    err = (struct quoth_error){0};
    buffer_fill(&b, QUOTE_SIZE_MAX, 0);
    assert_false(quote_read(buffer_bytes(&b), &quote, &err));
    assert_int_equal(err.code, QUOTH_TOO_LARGE);
    assert_string_equal(err.where, "quote"); /* before anything of it was read */
}

/* Types 1 to 3: PPID, CPUSVN, PCESVN and PCE ID, which a type 1 alone may lack. */
static void certificates_are_named_in_fixed_sizes(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {
        [CERTIFICATION_PPID] = 36, [CERTIFICATION_RSA_2048] = 276, [CERTIFICATION_RSA_3072] = 404};
    for (uint32_t type = CERTIFICATION_PPID; type <= CERTIFICATION_RSA_3072; type++)
        for (uint32_t size = sizes[type] - 3; size <= sizes[type] + 2; size++) {
            struct quoth_error err = {0};
            struct dcap_quote quote;
            AUTO(buffer) struct buffer whole = {0}, b = {0};
            minimal_v3(&whole);
            buffer_add(&b, bytes_slice(buffer_bytes(&whole), 0, 432));
            buffer_u32le(&b, 584 + size);
            buffer_add(&b, bytes_slice(buffer_bytes(&whole), 436, 578));
            buffer_u16le(&b, (uint16_t)type);
            buffer_u32le(&b, size);
            buffer_fill(&b, size, 0);
            const bool good = size == sizes[type] || (size == 34 && type == CERTIFICATION_PPID);
            assert_int_equal(quote_read(buffer_bytes(&b), &quote, &err), good);
            assert_int_equal(err.code, good ? QUOTH_OK : QUOTH_MALFORMED);
        }
}

/* What is no quote of ours is left to others. */
static void only_quotes_look_like_one(void **state)
{
    (void)state;
    static const struct {
        uint16_t version;
        uint32_t tee;
        size_t len;
        bool looks;
    } rows[] = {
        {3, 0,     48, true },
        {5, 0x81,  48, true },
        {2, 0,     48, false},
        {6, 0,     48, false},
        {4, 0x80,  48, false},
        {4, 0x181, 48, false},
        {3, 0,     47, false},
        {3, 0,     0,  false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        enum dcap_tee tee = DCAP_SGX;
        AUTO(buffer) struct buffer b = {0};
        buffer_u16le(&b, rows[i].version);
        buffer_u16le(&b, 2);
        buffer_u32le(&b, rows[i].tee);
        buffer_fill(&b, 40, 0);
        assert_int_equal(quote_peek_tee(bytes_slice(buffer_bytes(&b), 0, rows[i].len), &tee),
                         rows[i].looks);
        assert_int_equal(tee, rows[i].looks ? rows[i].tee : 0);
    }
}

static void fields_are_found(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct dcap_quote quote;
    size_t len;
    enum dcap_tee tee;
    AUTO(buffer) struct buffer b = {0};
    minimal_v3(&b);
    b.data[48 + 256] = 7;
    b.data[b.len - 1] = 9;
    assert_true(quote_read(buffer_bytes(&b), &quote, &err));
    assert_int_equal(quote.sgx.isv_prod_id, 7);
    assert_int_equal(quote.signed_part.len, 432);
    assert_int_equal(quote.certification.pceid.len, 2);
    assert_int_equal(quote.certification.pceid.data[1], 9);
    assert_ptr_equal(quote_report_data(&quote).data, b.data + 48 + 320);
    assert_true(quote_length(buffer_bytes(&b), &len, &err));
    assert_int_equal(len, b.len);
    assert_true(quote_peek_tee(buffer_bytes(&b), &tee));
    assert_int_equal(tee, DCAP_SGX);
}

/* Quotes of versions 4 and 5, made for this project: tests/vectors/sim. */
#define SGX_4 "quote-01.bin"
#define SGX_5 "quote-02.bin"
#define TDX_4 "quote-03.bin"
#define TDX_5 "quote-05.bin" /* TD report 1.5 */

static const struct {
    const char *name, *file;
    size_t at;
    uint32_t value;
    unsigned width;
    enum quoth_code code;
    const char *where;
} nested[] = {
    {"version 3 of TDX",              TDX_4, 0,    3,          2, QUOTH_MALFORMED,   "quote.header.reserved"         },
    {"TEE type 80",                   TDX_4, 4,    0x80,       4, QUOTH_UNSUPPORTED, "quote.header.tee_type"         },
    {"TEE type 181",                  TDX_4, 4,    0x181,      4, QUOTH_UNSUPPORTED, "quote.header.tee_type"         },
    {"TEE type 1 in version 5",       TDX_5, 4,    1,          4, QUOTH_UNSUPPORTED, "quote.header.tee_type"         },
    {"an SGX body of a TD",           TDX_5, 48,   1,          2, QUOTH_UNSUPPORTED, "quote.body.type"               },
    {"a TD body of an enclave",       SGX_5, 48,   2,          2, QUOTH_UNSUPPORTED, "quote.body.type"               },
    {"a body of type 0",              TDX_5, 48,   0,          2, QUOTH_UNSUPPORTED, "quote.body.type"               },
    {"a body of type 4",              TDX_5, 48,   4,          2, QUOTH_UNSUPPORTED, "quote.body.type"               },
    {"a 1.0 body of 648 bytes",       TDX_5, 48,   2,          2, QUOTH_MALFORMED,   "quote.body.size"               },
    {"a 1.5 body of 584 bytes",       TDX_5, 50,   584,        4, QUOTH_MALFORMED,   "quote.body.size"               },
    {"a body that wraps",             TDX_5, 50,   0xFFFFFFFF, 4, QUOTH_MALFORMED,   "quote.body.size"               },
    {"an SGX body of 385 bytes",      SGX_5, 50,   385,        4, QUOTH_MALFORMED,   "quote.body.size"               },
    {"a chain outside",               TDX_4, 764,  5,          2, QUOTH_UNSUPPORTED, "quote.certification.outer_type"},
    {"type 7 outside",                TDX_5, 834,  7,          2, QUOTH_UNSUPPORTED, "quote.certification.outer_type"},
    {"type 5 outside, of an enclave", SGX_4, 564,  5,          2, QUOTH_UNSUPPORTED,
     "quote.certification.outer_type"                                                                                },
    {"outer data that wrap",          TDX_4, 766,  0xFFFFFFFF, 4, QUOTH_MALFORMED,
     "quote.certification.outer_data"                                                                                },
    {"no outer data",                 SGX_4, 566,  0,          4, QUOTH_MALFORMED,   NULL                            },
    {"type 6 inside",                 TDX_4, 1252, 6,          2, QUOTH_UNSUPPORTED, "quote.certification.type"      },
    {"type 0 inside",                 TDX_5, 1322, 0,          2, QUOTH_UNSUPPORTED, "quote.certification.type"      },
    {"a chain of no bytes",           TDX_4, 1254, 0,          4, QUOTH_MALFORMED,   "quote.certification.data"      },
    {"inner data that wrap",          TDX_5, 1324, 0xFFFFFFFF, 4, QUOTH_MALFORMED,
     "quote.certification.data"                                                                                      },
    {"authentication data too long",  TDX_4, 1218, 0xFFFF,     2, QUOTH_MALFORMED,   "quote.qe_auth_data"            },
    {"signature data that wrap",      TDX_5, 702,  0xFFFFFFFF, 4, QUOTH_MALFORMED,   "quote.signature"               },
};

static void read_sim(const char *name, struct buffer *ret_quote)
{
    struct quoth_error err = {0};
    char path[512];
    snprintf(path, sizeof path, "%s/tests/vectors/sim/%s", getenv("QUOTH_SOURCE"), name);
    assert_true(file_read(path, QUOTE_SIZE_MAX, ret_quote, &err));
}

static void nested_quotes_are_refused_where_they_break(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(nested); i++) {
        struct quoth_error err = {0};
        struct dcap_quote quote;
        AUTO(buffer) struct buffer b = {0};
        print_message("  %s\n", nested[i].name);
        read_sim(nested[i].file, &b);
        assert_true(quote_read(buffer_bytes(&b), &quote, &err));
        for (unsigned k = 0; k < nested[i].width; k++)
            b.data[nested[i].at + k] = (uint8_t)(nested[i].value >> (8 * k));
        assert_false(quote_read(buffer_bytes(&b), &quote, &err));
        assert_int_equal(err.code, nested[i].code);
        if (nested[i].where)
            assert_string_equal(err.where, nested[i].where);
    }
}

static uint32_t u32_at(const struct buffer *b, size_t at)
{
    return bytes_u32le(buffer_bytes(b), at);
}

static void add_at(struct buffer *b, size_t at, int more)
{
    const uint32_t value = u32_at(b, at) + (uint32_t)more;
    for (unsigned k = 0; k < 4; k++)
        b->data[at + k] = (uint8_t)(value >> (8 * k));
}

/* Three lengths end in one place: that of the signature data, of the outer data and of the inner. A
 * byte more or less in any of them, or in all but one, is a byte that belongs to nobody. */
static void nested_lengths_agree(void **state)
{
    (void)state;
    static const size_t lengths[] = {632, 766, 1254}; /* of TDX_4 */
    for (unsigned changed = 1; changed < 7; changed++)
        for (int more = -1; more <= 1; more += 2) {
            struct quoth_error err = {0};
            struct dcap_quote quote;
            AUTO(buffer) struct buffer b = {0};
            read_sim(TDX_4, &b);
            for (size_t i = 0; i < COUNT(lengths); i++)
                if (changed >> i & 1u)
                    add_at(&b, lengths[i], more);
            buffer_u8(&b, 0); /* there for whoever takes it */
            assert_false(quote_read(buffer_bytes(&b), &quote, &err));
            assert_int_equal(err.code, QUOTH_MALFORMED);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals_say_what_and_where),
        cmocka_unit_test(every_prefix_is_refused),
        cmocka_unit_test(only_zeros_may_follow_and_not_too_many),
        cmocka_unit_test(certificates_are_named_in_fixed_sizes),
        cmocka_unit_test(only_quotes_look_like_one),
        cmocka_unit_test(fields_are_found),
        cmocka_unit_test(nested_quotes_are_refused_where_they_break),
        cmocka_unit_test(nested_lengths_agree),
    };
    return cmocka_run_group_tests_name("tee/dcap/quote", tests, NULL, NULL);
}
