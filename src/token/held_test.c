#include "token/held.h"

#include "tests/unit.h"

static const struct bytes certificate = BYTES_INIT("a certificate");
static const struct bytes nonce = BYTES_INIT("0123456789abcdef");

static void an_envelope_reads_back(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer text = {0};
    AUTO(held_envelope) struct held_envelope e = {0};
    assert_true(held_envelope_write(certificate, nonce, &text, &err));
    assert_true(bytes_equal(buffer_bytes(&text),
                            BYTES_LITERAL("{\"v\":\"quoth-1\",\"cert\":\"YSBjZXJ0aWZpY2F0ZQ\","
                                          "\"nonce\":\"MDEyMzQ1Njc4OWFiY2RlZg\"}")));
    assert_true(held_envelope_read(buffer_bytes(&text), &e, &err));
    assert_true(bytes_equal(buffer_bytes(&e.certificate), certificate));
    assert_true(bytes_equal(buffer_bytes(&e.nonce), nonce));
}

static void the_order_of_members_does_not_matter(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(held_envelope) struct held_envelope e = {0};
    assert_true(held_envelope_read(BYTES_LITERAL("{\"cert\":\"YQ\",\"nonce\":"
                                                 "\"MDEyMzQ1Njc4OWFiY2RlZg\",\"v\":\"quoth-1\"}"),
                                   &e, &err));
}

static void challenges_have_16_to_64_bytes(void **state)
{
    (void)state;
    static const uint8_t bytes[65];
    for (size_t len = 0; len <= 65; len++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer text = {0};
        const bool fits = len >= 16 && len <= 64;
        assert_int_equal(held_envelope_write(certificate, (struct bytes){bytes, len}, &text, &err),
                         fits);
        assert_int_equal(err.code, fits ? QUOTH_OK : QUOTH_TOKEN_NONCE);
    }
}

#define CERT "\"cert\":\"YQ\""
#define NONCE "\"nonce\":\"MDEyMzQ1Njc4OWFiY2RlZg\""
#define V "\"v\":\"quoth-1\""

static const struct {
    const char *name, *text;
    enum quoth_code code;
} refusals[] = {
    {"nothing",                   "",                                                        QUOTH_TOKEN_CLAIM},
    {"an array",                  "[]",                                                      QUOTH_TOKEN_CLAIM},
    {"a certificate as it is",    "\"YQ\"",                                                  QUOTH_TOKEN_CLAIM},
    {"no version",                "{" CERT "," NONCE "}",                                    QUOTH_TOKEN_CLAIM},
    {"another version",           "{\"v\":\"quoth-2\"," CERT "," NONCE "}",                  QUOTH_TOKEN_CLAIM},
    {"a channel's data",          "{\"v\":\"quoth-channel-1\"," CERT "," NONCE "}",          QUOTH_TOKEN_CLAIM},
    {"version is a number",       "{\"v\":1," CERT "," NONCE "}",                            QUOTH_TOKEN_CLAIM},
    {"no certificate",            "{" V "," NONCE "}",                                       QUOTH_TOKEN_CLAIM},
    {"no nonce",                  "{" V "," CERT "}",                                        QUOTH_TOKEN_CLAIM},
    {"one member more",           "{" V "," CERT "," NONCE ",\"x\":1}",                      QUOTH_TOKEN_CLAIM},
    {"other members instead",     "{" V "," CERT ",\"Nonce\":\"MDEyMzQ1Njc4OWFiY2RlZg\"}",
     QUOTH_TOKEN_CLAIM                                                                                        },
    {"nonce twice",               "{" V "," CERT "," NONCE "," NONCE "}",                    QUOTH_TOKEN_CLAIM},
    {"nonce too short",           "{" V "," CERT ",\"nonce\":\"MDEyMzQ1Njc4OWFiY2Rl\"}",     QUOTH_TOKEN_NONCE},
    {"nonce empty",               "{" V "," CERT ",\"nonce\":\"\"}",                         QUOTH_TOKEN_NONCE},
    {"nonce padded",              "{" V "," CERT ",\"nonce\":\"MDEyMzQ1Njc4OWFiY2RlZg==\"}", QUOTH_TOKEN_CLAIM},
    {"nonce is a number",         "{" V "," CERT ",\"nonce\":1234567890123456}",             QUOTH_TOKEN_CLAIM},
    {"nonce in another alphabet", "{" V "," CERT ",\"nonce\":\"++++++++++++++++++++++\"}",
     QUOTH_TOKEN_CLAIM                                                                                        },
    {"certificate is null",       "{" V ",\"cert\":null," NONCE "}",                         QUOTH_TOKEN_CLAIM},
    {"something behind",          "{" V "," CERT "," NONCE "} ,",                            QUOTH_TOKEN_CLAIM},
};

static void other_forms_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct quoth_error err = {0};
        AUTO(held_envelope) struct held_envelope e = {0};
        print_message("  %s\n", refusals[i].name);
        assert_false(held_envelope_read(bytes_of_text(refusals[i].text), &e, &err));
        assert_int_equal(err.code, refusals[i].code);
        assert_null(e.certificate.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_envelope_reads_back),
        cmocka_unit_test(the_order_of_members_does_not_matter),
        cmocka_unit_test(challenges_have_16_to_64_bytes),
        cmocka_unit_test(other_forms_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
