#include "codec/pem.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants the two above first */
#include <cmocka.h>

#define BEGIN "-----BEGIN X-----\n"
#define END "-----END X-----\n"
#define ROW "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2" /* 64 columns */

enum { STRICT = 1, LENIENT = 2 };

static bool next(int kind, struct reader *r, struct buffer *ret)
{
    return kind == STRICT ? pem_next(r, "X", ret) : pem_next_lenient(r, "X", ret);
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    uint8_t data[200];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7);
    for (size_t len = 1; len <= sizeof data; len++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer text = {0}, back = {0};
        pem_encode("X", (struct bytes){data, len}, &text);
        pem_encode("X", (struct bytes){data, 1}, &text);
        assert_int_equal(pem_count(buffer_bytes(&text)), 2);
        for (int kind = STRICT; kind <= LENIENT; kind++) {
            struct reader r = {.in = buffer_bytes(&text), .err = &err};
            back.len = 0;
            assert_true(next(kind, &r, &back));
            assert_true(bytes_equal(buffer_bytes(&back), (struct bytes){data, len}));
            assert_true(next(kind, &r, &back));
            assert_int_equal(back.len, len + 1);
            assert_true(reader_end(&r, "pem"));
        }
    }
}

static const struct {
    const char *name;
    int refused_by;
    size_t offset;
    const char *text;
} refusals[] = {
    {"nothing",                 STRICT | LENIENT, 0,       ""                                  },
    {"an empty line",           STRICT | LENIENT, 0,       "\n"                                },
    {"text before",             STRICT | LENIENT, 0,       "subject=x\n" BEGIN "QQ==\n" END    },
    {"space before",            STRICT | LENIENT, 0,       " " BEGIN "QQ==\n" END              },
    {"empty line before",       STRICT,           0,       "\n" BEGIN "QQ==\n" END             },
    {"another label",           STRICT | LENIENT, 0,       "-----BEGIN Y-----\nQQ==\n" END     },
    {"longer label",            STRICT | LENIENT, 0,       "-----BEGIN XX-----\nQQ==\n" END    },
    {"label in lower case",     STRICT | LENIENT, 0,       "-----BEGIN x-----\nQQ==\n" END     },
    {"four dashes",             STRICT | LENIENT, 0,       "-----BEGIN X----\nQQ==\n" END      },
    {"six dashes",              STRICT | LENIENT, 0,       "-----BEGIN X------\nQQ==\n" END    },
    {"space after BEGIN",       STRICT | LENIENT, 0,       "-----BEGIN X----- \nQQ==\n" END    },
    {"begin line alone",        STRICT | LENIENT, 18,      BEGIN                               },
    {"begin line cut",          STRICT | LENIENT, 16,      "-----BEGIN X----"                  },
    {"empty block",             STRICT | LENIENT, 18,      BEGIN END                           },
    {"empty line inside",       STRICT | LENIENT, 18,      BEGIN "\nQQ==\n" END                },
    {"empty line at the end",   STRICT | LENIENT, 23,      BEGIN "QQ==\n\n" END                },
    {"no end line",             STRICT | LENIENT, 23,      BEGIN "QQ==\n"                      },
    {"end of another label",    STRICT | LENIENT, 23,      BEGIN "QQ==\n-----END Y-----\n"     },
    {"end without dashes",      STRICT | LENIENT, 23,      BEGIN "QQ==\n-----END X\n"          },
    {"begin inside",            STRICT | LENIENT, 23,      BEGIN "QQ==\n" BEGIN END            },
    {"text behind END",         STRICT | LENIENT, 23,      BEGIN "QQ==\n-----END X----- \n"    },
    {"headers",                 STRICT | LENIENT, 22,      BEGIN "Proc-Type: 4,ENCRYPTED\n" END},
    {"no padding",              STRICT | LENIENT, 21,      BEGIN "QQ\n" END                    },
    {"unused bits",             STRICT | LENIENT, 19,      BEGIN "QR==\n" END                  },
    {"URL alphabet",            STRICT | LENIENT, 19,      BEGIN "A_==\n" END                  },
    {"space in a line",         STRICT | LENIENT, 20,      BEGIN "QU JD\n" END                 },
    {"space after a line",      STRICT | LENIENT, 22,      BEGIN "QUJD \n" END                 },
    {"tab before a line",       STRICT | LENIENT, 18,      BEGIN "\tQUJD\n" END                },
    {"padding, then more",      STRICT | LENIENT, 18 + 62,
     BEGIN "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdA==\nQUJD\n" END      },
    {"CR LF",                   STRICT,           0,       "-----BEGIN X-----\r\nQUJD\r\n" END },
    {"CR LF in a line",         STRICT,           22,      BEGIN "QUJD\r\n" END                },
    {"CR alone",                STRICT | LENIENT, 22,      BEGIN "QUJD\rQUJD\n" END            },
    {"two CR",                  STRICT | LENIENT, 22,      BEGIN "QUJD\r\r\n" END              },
    {"CR LF behind END",        STRICT,           23,      BEGIN "QQ==\n-----END X-----\r\n"   },
    {"no line feed at the end", STRICT,           38,      BEGIN "QQ==\n-----END X-----"       },
    {"65 columns",              STRICT,           82,      BEGIN ROW "Q\nUI=\n" END            },
    {"76 columns",              STRICT,           82,      BEGIN ROW "QUJDQUJDQUJD\n" END      },
    {"short line in between",   STRICT,           23,      BEGIN "QUJD\nQUJD\n" END            },
    {"short line, then full",   STRICT,           82,
     BEGIN "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV\n" ROW "\nQ\n" END },
};

static void refusals_say_where_and_change_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        for (int kind = STRICT; kind <= LENIENT; kind++) {
            struct quoth_error err = {0};
            AUTO(buffer) struct buffer out = {0};
            struct reader r = {.in = bytes_of_text(refusals[i].text), .err = &err};
            buffer_u8(&out, 0xEE);
            if (next(kind, &r, &out) != !(refusals[i].refused_by & kind))
                fail_msg("%s: %d %s", refusals[i].name, kind, err.message);
            if (!(refusals[i].refused_by & kind))
                continue;
            assert_int_equal(err.code, QUOTH_PEM);
            assert_int_equal(out.len, 1);
            if (kind == STRICT || !(refusals[i].refused_by & STRICT))
                if (err.offset != refusals[i].offset)
                    fail_msg("%s: byte %zu: %s", refusals[i].name, err.offset, err.message);
        }
    }
}

static void lenient_takes_what_editors_do(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "\n\r\n" BEGIN "QUJD\n" END "\n\r\n\n",
        "-----BEGIN X-----\r\nQUJD\r\n-----END X-----\r\n",
        BEGIN "QUJD\n-----END X-----",
        BEGIN "QUJD\n-----END X-----\r",
        BEGIN "QU\nJ\nD\n" END,
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer out = {0};
        struct reader r = {.in = bytes_of_text(texts[i]), .err = &err};
        assert_true(pem_next_lenient(&r, "X", &out));
        assert_true(bytes_equal(buffer_bytes(&out), BYTES_LITERAL("ABC")));
        assert_int_equal(reader_left(&r), 0);
    }
}

/* THREATS: one flipped bit of a chain's text must not give the same certificates. */
static void no_flipped_bit_is_read(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer text = {0};
    uint8_t data[100] = {0};
    pem_encode("X", BYTES_OF(data), &text);
    for (size_t bit = 0; bit < 8 * text.len; bit++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer out = {0};
        struct reader r = {.in = buffer_bytes(&text), .err = &err};
        text.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (pem_next(&r, "X", &out))
            assert_false(bytes_equal(buffer_bytes(&out), BYTES_OF(data)));
        text.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void blocks_are_counted_by_their_first_lines(void **state)
{
    (void)state;
    assert_int_equal(pem_count(BYTES_LITERAL("")), 0);
    assert_int_equal(pem_count(BYTES_LITERAL("-----BEGIN")), 0);
    assert_int_equal(pem_count(BYTES_LITERAL(" " BEGIN END)), 0);
    assert_int_equal(pem_count(BYTES_LITERAL("x\n" BEGIN END "\n" BEGIN "-----BEGIN Y-----")), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(refusals_say_where_and_change_nothing),
        cmocka_unit_test(lenient_takes_what_editors_do),
        cmocka_unit_test(no_flipped_bit_is_read),
        cmocka_unit_test(blocks_are_counted_by_their_first_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
