#include "codec/der.h"

#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants the two above first */
#include <cmocka.h>

/* What each row is read as. */
enum kind { SPAN, SEQUENCE, INTEGER, SMALL, BOOL, NUL, BITS, TIME, OID };

static void read_as(enum kind kind, struct reader *r)
{
    struct reader inside;
    switch (kind) {
    case SPAN:
        (void)der_take_span(r, "x");
        break;
    case SEQUENCE:
        der_take_tag(r, DER_SEQUENCE, &inside, "x");
        break;
    case INTEGER:
        (void)der_integer(r, "x");
        break;
    case SMALL:
        (void)der_small_uint(r, 300, "x");
        break;
    case BOOL:
        (void)der_bool(r, "x");
        break;
    case NUL:
        der_null(r, "x");
        break;
    case BITS:
        (void)der_bit_string(r, "x");
        break;
    case TIME:
        (void)der_time(r, "x");
        break;
    case OID:
        (void)der_oid(r, "x");
        break;
    }
}

#define D(text) BYTES_INIT(text)

static const struct {
    const char *name;
    enum kind kind;
    size_t offset;
    struct bytes in;
} refusals[] = {
    {"nothing",                       SPAN,     0, D("")                              },
    {"a tag alone",                   SPAN,     1, D("\x30")                          },
    {"tag 31 and up",                 SPAN,     0, D("\x3f\x1f\x00")                  },
    {"tag 31, context",               SPAN,     0, D("\xbf\x1f\x00")                  },
    {"indefinite length",             SPAN,     1, D("\x30\x80\x00\x00")              },
    {"length cut",                    SPAN,     3, D("\x30\x82\x01")                  },
    {"length bytes missing",          SPAN,     2, D("\x30\x81")                      },
    {"127 in the long form",          SPAN,     1, D("\x04\x81\x01\x00")              },
    {"128 in three bytes",            SPAN,     1, D("\x04\x82\x00\x80")              },
    {"zero in the long form",         SPAN,     1, D("\x04\x81\x00")                  },
    {"five bytes of length",          SPAN,     1, D("\x04\x85\x01\x00\x00\x00\x00")  },
    {"127 bytes of length",           SPAN,     1, D("\x04\xff\x01\x00\x00\x00\x00")  },
    {"four gigabytes",                SPAN,     0, D("\x04\x84\xff\xff\xff\xff")      },
    {"contents cut",                  SPAN,     0, D("\x04\x03\x01\x02")              },
    {"one byte short",                SPAN,     0, D("\x04\x01")                      },
    {"another tag",                   SEQUENCE, 0, D("\x31\x00")                      },
    {"primitive sequence",            SEQUENCE, 0, D("\x10\x00")                      },
    {"context for universal",         SEQUENCE, 0, D("\xa0\x00")                      },
    {"empty integer",                 INTEGER,  2, D("\x02\x00")                      },
    {"minus one",                     INTEGER,  2, D("\x02\x01\xff")                  },
    {"minus 128",                     INTEGER,  2, D("\x02\x01\x80")                  },
    {"one with a leading zero",       INTEGER,  2, D("\x02\x02\x00\x01")              },
    {"127 with a leading zero",       INTEGER,  2, D("\x02\x02\x00\x7f")              },
    {"zero twice",                    INTEGER,  2, D("\x02\x02\x00\x00")              },
    {"constructed integer",           INTEGER,  0, D("\x22\x03\x02\x01\x01")          },
    {"enumerated for integer",        INTEGER,  0, D("\x0a\x01\x01")                  },
    {"301 of 300",                    SMALL,    0, D("\x02\x02\x01\x2d")              },
    {"65536 of 300",                  SMALL,    0, D("\x02\x03\x01\x00\x00")          },
    {"2^64 + 1 of 300",               SMALL,    0, D("\x02\x09\x01\0\0\0\0\0\0\0\x01")},
    {"empty boolean",                 BOOL,     2, D("\x01\x00")                      },
    {"boolean 01",                    BOOL,     2, D("\x01\x01\x01")                  },
    {"boolean of two bytes",          BOOL,     2, D("\x01\x02\xff\xff")              },
    {"null with contents",            NUL,      2, D("\x05\x01\x00")                  },
    {"empty bit string",              BITS,     2, D("\x03\x00")                      },
    {"unused bits",                   BITS,     2, D("\x03\x02\x01\xfe")              },
    {"constructed bit string",        BITS,     0, D("\x23\x04\x03\x02\x00\xff")      },
    {"no seconds",                    TIME,     2,
     D("\x17\x0b"
       "2507041028Z")                                                                 },
    {"no Z",                          TIME,     2,
     D("\x17\x0c"
       "250704102844")                                                                },
    {"an offset",                     TIME,     2,
     D("\x17\x11"
       "250704102844+0000")                                                           },
    {"z",                             TIME,     2,
     D("\x17\x0d"
       "250704102844z")                                                               },
    {"month 13",                      TIME,     2,
     D("\x17\x0d"
       "251304102844Z")                                                               },
    {"month 0",                       TIME,     2,
     D("\x17\x0d"
       "250004102844Z")                                                               },
    {"30 February",                   TIME,     2,
     D("\x17\x0d"
       "250230102844Z")                                                               },
    {"29 February 2025",              TIME,     2,
     D("\x17\x0d"
       "250229102844Z")                                                               },
    {"hour 24",                       TIME,     2,
     D("\x17\x0d"
       "250704240000Z")                                                               },
    {"leap second",                   TIME,     2,
     D("\x17\x0d"
       "161231235960Z")                                                               },
    {"a sign",                        TIME,     2,
     D("\x17\x0d"
       "25-704102844Z")                                                               },
    {"a space",                       TIME,     2,
     D("\x17\x0d"
       "2507 4102844Z")                                                               },
    {"four digits in UTCTime",        TIME,     2,
     D("\x17\x0f"
       "20250704102844Z")                                                             },
    {"empty UTCTime",                 TIME,     2, D("\x17\x00")                      },
    {"fraction",                      TIME,     2,
     D("\x18\x11"
       "20500704102844.5Z")                                                           },
    {"two digits in GeneralizedTime", TIME,     2,
     D("\x18\x0d"
       "500704102844Z")                                                               },
    {"generalized, local",            TIME,     2,
     D("\x18\x0e"
       "20500704102844")                                                              },
    {"generalized, 2049",             TIME,     2,
     D("\x18\x0f"
       "20491231235959Z")                                                             },
    {"generalized, 1950",             TIME,     2,
     D("\x18\x0f"
       "19500101000000Z")                                                             },
    {"year 0",                        TIME,     2,
     D("\x18\x0f"
       "00000101000000Z")                                                             },
    {"an integer as time",            TIME,     0, D("\x02\x01\x01")                  },
    {"empty identifier",              OID,      2, D("\x06\x00")                      },
    {"identifier cut in an arc",      OID,      2, D("\x06\x02\x2a\x86")              },
    {"arc with leading 80",           OID,      2, D("\x06\x03\x2a\x80\x01")          },
    {"first arc with leading 80",     OID,      2, D("\x06\x02\x80\x01")              },
};

static void refusals_say_where(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct quoth_error err = {0};
        struct reader r = {.in = refusals[i].in, .err = &err};
        read_as(refusals[i].kind, &r);
        if (err.code != QUOTH_DER || err.offset != refusals[i].offset)
            fail_msg("%s: %d at %zu: %s", refusals[i].name, err.code, err.offset, err.message);
        assert_string_equal(err.where, "x");
    }
}

static struct reader reader_of(struct bytes in, struct quoth_error *err)
{
    return (struct reader){.in = in, .err = err};
}

static const struct {
    struct bytes in;
    const char *text;
} times[] = {
    {D("\x17\x0d"
       "250704102844Z"),
     "2025-07-04T10:28:44Z"},
    {D("\x17\x0d"
       "491231235959Z"),
     "2049-12-31T23:59:59Z"},
    {D("\x17\x0d"
       "500101000000Z"),
     "1950-01-01T00:00:00Z"},
    {D("\x17\x0d"
       "991231235959Z"),
     "1999-12-31T23:59:59Z"},
    {D("\x17\x0d"
       "000229000000Z"),
     "2000-02-29T00:00:00Z"},
    {D("\x18\x0f"
       "20500101000000Z"),
     "2050-01-01T00:00:00Z"},
    {D("\x18\x0f"
       "19491231235959Z"),
     "1949-12-31T23:59:59Z"},
    {D("\x18\x0f"
       "99991231235959Z"),
     "9999-12-31T23:59:59Z"},
};

static void times_follow_rfc_5280_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(times); i++) {
        struct quoth_error err = {0};
        char text[TIME_TEXT_SIZE];
        AUTO(buffer) struct buffer back = {0};
        struct reader r = reader_of(times[i].in, &err);
        const int64_t time = der_time(&r, "time");
        assert_string_equal(time_format(time, text), times[i].text);
        assert_true(reader_end(&r, "time"));
        der_write_time(&back, time);
        assert_true(bytes_equal(buffer_bytes(&back), times[i].in));
    }
}

static const struct {
    uint64_t value;
    struct bytes der;
} integers[] = {
    {0,          D("\x02\x01\x00")                                },
    {1,          D("\x02\x01\x01")                                },
    {127,        D("\x02\x01\x7f")                                },
    {128,        D("\x02\x02\x00\x80")                            },
    {255,        D("\x02\x02\x00\xff")                            },
    {256,        D("\x02\x02\x01\x00")                            },
    {INT64_MAX,  D("\x02\x08\x7f\xff\xff\xff\xff\xff\xff\xff")    },
    {UINT64_MAX, D("\x02\x09\x00\xff\xff\xff\xff\xff\xff\xff\xff")},
};

static void integers_go_there_and_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(integers); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer b = {0};
        der_write_integer_u64(&b, integers[i].value);
        assert_true(bytes_equal(buffer_bytes(&b), integers[i].der));
        struct reader r = reader_of(integers[i].der, &err), again = r;
        assert_true(der_small_uint(&r, UINT64_MAX, "n") == integers[i].value);
        assert_true(reader_end(&r, "n"));
        const struct bytes magnitude = der_integer(&again, "n");
        assert_true(magnitude.len == 1 || magnitude.data[0] != 0);
        b.len = 0;
        der_write_integer(&b, magnitude);
        assert_true(bytes_equal(buffer_bytes(&b), integers[i].der));
    }
}

/* RFC 3279 ecPublicKey, Intel's SGX extension, and the edges of the first two arcs */
static const struct {
    const char *dotted;
    struct bytes content;
} oids[] = {
    {"1.2.840.10045.2.1",       D("\x2a\x86\x48\xce\x3d\x02\x01")            },
    {"1.2.840.113741.1.13.1",   D("\x2a\x86\x48\x86\xf8\x4d\x01\x0d\x01")    },
    {"2.5.29.15",               D("\x55\x1d\x0f")                            },
    {"0.0",                     D("\x00")                                    },
    {"0.39",                    D("\x27")                                    },
    {"1.0",                     D("\x28")                                    },
    {"1.39",                    D("\x4f")                                    },
    {"2.0",                     D("\x50")                                    },
    {"2.999.3",                 D("\x88\x37\x03")                            },
    {"2.4294967215.4294967295", D("\x8f\xff\xff\xff\x7f\x8f\xff\xff\xff\x7f")},
};

static void object_identifiers_go_there_and_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(oids); i++) {
        struct quoth_error err = {0};
        char text[64];
        AUTO(buffer) struct buffer b = {0};
        der_write_oid(&b, oids[i].dotted);
        assert_true(buffer_ok(&b, &err));
        struct reader r = reader_of(buffer_bytes(&b), &err), again = r;
        const struct bytes content = der_oid(&r, "oid");
        assert_true(bytes_equal(content, oids[i].content));
        assert_string_equal(der_oid_text(content, text, sizeof text), oids[i].dotted);
        assert_true(der_oid_is(content, oids[i].dotted));
        assert_true(der_expect_oid(&again, oids[i].dotted, "oid"));
        assert_false(der_oid_is(content, "1.2.3"));
        assert_false(der_oid_is((struct bytes){content.data, content.len - 1}, oids[i].dotted));
    }
}

static void texts_that_are_no_identifier_are_not_written(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",     "1",      "1.",     ".1",    "1..2",  "1.2.",           "3.1", "0.40",
        "1.40", "1.2.03", "1.2.-3", "1.2 3", "1.2.x", "1.2.4294967296", " 1.2"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        AUTO(buffer) struct buffer b = {0};
        der_write_oid(&b, bad[i]);
        assert_true(b.failed);
        assert_false(der_oid_is((struct bytes){0}, bad[i]));
    }
}

static void another_identifier_is_named(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct reader r = reader_of(BYTES_LITERAL("\x06\x03\x55\x1d\x0f"), &err);
    assert_false(der_expect_oid(&r, "2.5.29.14", "extension"));
    assert_string_equal(err.found, "2.5.29.15");
    assert_string_equal(err.expected, "2.5.29.14");
    char text[8];
    assert_string_equal(der_oid_text(BYTES_LITERAL("\x55\x1d\x0f"), text, sizeof text), "2.5...");
    /* an arc that no 64 bits hold */
    assert_string_equal(
        der_oid_text(BYTES_LITERAL("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), text, 8),
        "...");
}

static void a_sequence_is_stepped_into(void **state)
{
    (void)state;
    static const char der[] = "\x30\x0b\x02\x01\x05\x30\x03\x01\x01\xff\x04\x01\x41\x05\x00";
    struct quoth_error err = {0};
    struct reader r = reader_of((struct bytes){(const uint8_t *)der, sizeof der - 1}, &err);
    struct reader outer, inner;
    assert_int_equal(der_peek_span(&r, "outer").len, 13);
    assert_true(der_take_tag(&r, DER_SEQUENCE, &outer, "outer"));
    assert_int_equal(der_small_uint(&outer, 9, "five"), 5);
    assert_true(der_peek_tag(&outer, DER_SEQUENCE));
    assert_true(der_take_tag(&outer, DER_SEQUENCE, &inner, "inner"));
    assert_true(der_bool(&inner, "yes"));
    assert_false(der_peek_tag(&inner, DER_OCTET_STRING)); /* stands behind, not inside */
    assert_true(reader_end(&inner, "inner"));
    assert_true(bytes_equal(der_content(&outer, DER_OCTET_STRING, "A"), BYTES_LITERAL("A")));
    assert_true(reader_end(&outer, "outer"));
    der_null(&r, "null");
    assert_true(reader_end(&r, "all"));
}

static void offsets_count_from_the_outermost_view(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct reader outer, inner;
    struct reader r = reader_of(BYTES_LITERAL("\x30\x06\x30\x04\x04\x03\x41\x42\x05\x00"), &err);
    assert_true(der_take_tag(&r, DER_SEQUENCE, &outer, "outer"));
    assert_true(der_take_tag(&outer, DER_SEQUENCE, &inner, "inner"));
    /* three bytes are promised, two are inside, a third is further out */
    assert_int_equal(der_content(&inner, DER_OCTET_STRING, "text").len, 0);
    assert_int_equal(err.code, QUOTH_DER);
    assert_int_equal(err.offset, 4);
    assert_string_equal(err.where, "text");
    /* and it sticks, on every level */
    assert_false(der_peek_tag(&r, DER_NULL));
    assert_false(der_take_tag(&r, DER_NULL, &inner, "null"));
    assert_int_equal(reader_left(&inner), 0);
    assert_int_equal(der_take_span(&r, "null").len, 0);
}

static void lengths_are_written_as_short_as_possible(void **state)
{
    (void)state;
    static const size_t lens[] = {0, 1, 127, 128, 255, 256, 65535, 65536};
    for (size_t i = 0; i < COUNT(lens); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer content = {0}, b = {0};
        buffer_fill(&content, lens[i], 0x41);
        der_write_tlv(&b, DER_OCTET_STRING, buffer_bytes(&content));
        struct reader r = reader_of(buffer_bytes(&b), &err);
        assert_true(bytes_equal(der_content(&r, DER_OCTET_STRING, "text"), buffer_bytes(&content)));
        assert_true(reader_end(&r, "text"));
    }
}

static void the_small_writers_write_what_is_read(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer b = {0};
    der_write_bool(&b, true);
    der_write_bool(&b, false);
    der_write_null(&b);
    der_write_bit_string(&b, BYTES_LITERAL("\x04key"));
    der_write_text(&b, DER_UTF8_STRING, "Intel");
    assert_true(buffer_ok(&b, &err));
    struct reader r = reader_of(buffer_bytes(&b), &err);
    assert_true(der_bool(&r, "yes"));
    assert_false(der_bool(&r, "no"));
    der_null(&r, "null");
    assert_true(bytes_equal(der_bit_string(&r, "key"), BYTES_LITERAL("\x04key")));
    assert_true(bytes_equal(der_content(&r, DER_UTF8_STRING, "name"), BYTES_LITERAL("Intel")));
    assert_true(reader_end(&r, "all"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals_say_where),
        cmocka_unit_test(times_follow_rfc_5280_both_ways),
        cmocka_unit_test(integers_go_there_and_back),
        cmocka_unit_test(object_identifiers_go_there_and_back),
        cmocka_unit_test(texts_that_are_no_identifier_are_not_written),
        cmocka_unit_test(another_identifier_is_named),
        cmocka_unit_test(a_sequence_is_stepped_into),
        cmocka_unit_test(offsets_count_from_the_outermost_view),
        cmocka_unit_test(lengths_are_written_as_short_as_possible),
        cmocka_unit_test(the_small_writers_write_what_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
