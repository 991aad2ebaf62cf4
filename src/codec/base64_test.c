#include "codec/base64.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants the two above first */
#include <cmocka.h>

enum { STANDARD = 1, URL = 2, ANY = 4 };

static bool decode(int form, struct bytes text, struct buffer *ret, struct quoth_error *err)
{
    return form == STANDARD ? base64_decode(text, ret, err)
           : form == URL    ? base64url_decode(text, ret, err)
                            : base64_decode_any(text, ret, err);
}

/* RFC 4648 section 10, and bytes that use the last two characters */
static const struct {
    struct bytes data;
    const char *standard, *url;
} pairs[] = {
    {BYTES_INIT(""),             "",         ""        },
    {BYTES_INIT("f"),            "Zg==",     "Zg"      },
    {BYTES_INIT("fo"),           "Zm8=",     "Zm8"     },
    {BYTES_INIT("foo"),          "Zm9v",     "Zm9v"    },
    {BYTES_INIT("foob"),         "Zm9vYg==", "Zm9vYg"  },
    {BYTES_INIT("fooba"),        "Zm9vYmE=", "Zm9vYmE" },
    {BYTES_INIT("foobar"),       "Zm9vYmFy", "Zm9vYmFy"},
    {BYTES_INIT("\xfb\xff\xfe"), "+//+",     "-__-"    },
    {BYTES_INIT("\xff\xff"),     "//8=",     "__8"     },
    {BYTES_INIT("\xf8"),         "+A==",     "-A"      },
};

static void every_form_goes_there_and_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer standard = {0}, url = {0}, back = {0};
        base64_encode(pairs[i].data, &standard);
        base64url_encode(pairs[i].data, &url);
        assert_true(bytes_equal(buffer_bytes(&standard), bytes_of_text(pairs[i].standard)));
        assert_true(bytes_equal(buffer_bytes(&url), bytes_of_text(pairs[i].url)));
        assert_true(base64_decode(buffer_bytes(&standard), &back, &err));
        assert_true(base64url_decode(buffer_bytes(&url), &back, &err));
        assert_true(base64_decode_any(buffer_bytes(&standard), &back, &err));
        assert_true(base64_decode_any(buffer_bytes(&url), &back, &err));
        assert_int_equal(back.len, 4 * pairs[i].data.len);
        for (size_t n = 0; n < 4; n++)
            assert_true(bytes_equal(
                bytes_slice(buffer_bytes(&back), n * pairs[i].data.len, pairs[i].data.len),
                pairs[i].data));
    }
}

static void any_takes_the_mixed_forms_of_clients(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer b = {0};
    assert_true(base64_decode_any(BYTES_LITERAL("__8="), &b, &err)); /* URL alphabet, padded */
    assert_true(base64_decode_any(BYTES_LITERAL("//8"), &b, &err));  /* standard, unpadded */
    assert_memory_equal(b.data, "\xff\xff\xff\xff", 4);
}

static const struct {
    const char *text;
    int forms; /* that refuse it */
    size_t offset;
} refusals[] = {
    {"Z",            STANDARD | URL | ANY, 1},
    {"Zm9vZ",        STANDARD | URL | ANY, 5},
    {"Zh==",         STANDARD | ANY,       1}, /* unused bits: Zg== */
    {"Zh",           URL | ANY,            1},
    {"Zm9",          URL | ANY,            2},
    {"Zm9=",         STANDARD | ANY,       2},
    {"Zg==",         URL,                  2},
    {"Zg",           STANDARD,             2},
    {"Zg=",          STANDARD | ANY,       3},
    {"Zm8",          STANDARD,             3},
    {"Zm8==",        STANDARD | ANY,       4},
    {"Zm9v=",        STANDARD | ANY,       4},
    {"Zm9v====",     STANDARD | ANY,       4},
    {"=",            STANDARD | ANY,       0},
    {"====",         STANDARD | ANY,       0},
    {"Z===",         STANDARD | ANY,       1},
    {"Zg==Zg==",     STANDARD | URL | ANY, 2},
    {"Z=g=",         STANDARD | URL | ANY, 1},
    {" Zg==",        STANDARD | ANY,       0},
    {"Zg== ",        STANDARD | URL | ANY, 2},
    {"Zm9v\n",       STANDARD | URL | ANY, 4},
    {"Zm9v\r\n",     STANDARD | URL | ANY, 4},
    {"Zm\n9v",       STANDARD | URL | ANY, 2},
    {"Zm9v,m9v",     STANDARD | URL | ANY, 4},
    {"Zm9v\x80",     STANDARD | URL | ANY, 4},
    {"Zm9\xc3\xa9",  STANDARD | URL | ANY, 3},
    {"-__-",         STANDARD,             0},
    {"+//+",         URL,                  0},
    {"AAA/AAA_",     ANY,                  7},
    {"AAA-AAAA+AAA", ANY,                  8},
    {"AAA_AAA/",     URL,                  7},
    {"AAAA.AAA",     STANDARD | URL | ANY, 4},
    {"AAA+AAA.A_A",  ANY,                  7},
};

static void refusals_say_where_and_change_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        for (int form = STANDARD; form <= ANY; form <<= 1) {
            struct quoth_error err = {0};
            AUTO(buffer) struct buffer b = {0};
            if (!(refusals[i].forms & form))
                continue;
            buffer_u8(&b, 0xEE);
            assert_false(decode(form, bytes_of_text(refusals[i].text), &b, &err));
            assert_int_equal(err.code, QUOTH_BASE64);
            assert_int_equal(err.offset, refusals[i].offset);
            assert_true(err.found[0] && err.expected[0]);
            assert_int_equal(b.len, 1);
        }
    }
}

static void a_nul_is_no_end(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer b = {0};
    assert_false(base64_decode_any(BYTES_LITERAL("Zm9v\0"), &b, &err));
    assert_int_equal(err.offset, 4);
}

/* One text per value and form: of all texts of one group, as many decode as there are values. */
static size_t accepted_groups(int form, size_t len)
{
    static const char letters[] = "AQgwEBC08-_+/=.\n";
    size_t accepted = 0;
    for (size_t n = 0; n < 65536; n++) {
        uint8_t text[4];
        for (size_t i = 0, rest = n; i < 4; i++, rest /= 16)
            text[i] = (uint8_t)letters[rest % 16];
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer b = {0}, again = {0};
        if (!decode(form, (struct bytes){text, 4}, &b, &err) || b.len != len)
            continue;
        accepted++;
        if (form == STANDARD)
            base64_encode(buffer_bytes(&b), &again);
        else
            base64url_encode(buffer_bytes(&b), &again);
        assert_memory_equal(again.data, text, 4);
    }
    return accepted;
}

static void what_decodes_encodes_to_the_same_text(void **state)
{
    (void)state;
    /* 11 of the letters stand in each alphabet; A Q g w end a group of one byte, and with these
     * E 0 8 one of two */
    assert_int_equal(accepted_groups(STANDARD, 3), 11 * 11 * 11 * 11);
    assert_int_equal(accepted_groups(STANDARD, 2), 11 * 11 * 7);
    assert_int_equal(accepted_groups(STANDARD, 1), 11 * 4);
    assert_int_equal(accepted_groups(URL, 3), 11 * 11 * 11 * 11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_goes_there_and_back),
        cmocka_unit_test(any_takes_the_mixed_forms_of_clients),
        cmocka_unit_test(refusals_say_where_and_change_nothing),
        cmocka_unit_test(a_nul_is_no_end),
        cmocka_unit_test(what_decodes_encodes_to_the_same_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
