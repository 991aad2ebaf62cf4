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

static const struct held_channel channel = {
    .from_client = false, .nonce = {1}, .spki = {2}, .exporter = {3}};

static void a_channels_data_is_recognised(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct held_channel client = channel;
    AUTO(buffer) struct buffer text = {0}, other = {0};
    client.from_client = true;
    assert_true(held_channel_write(&channel, &text, &err));
    assert_true(held_channel_check(buffer_bytes(&text), &channel, &err));
    assert_true(held_channel_write(&client, &other, &err));
    assert_true(held_channel_check(buffer_bytes(&other), &client, &err));
}

static void any_difference_breaks_a_channel(void **state)
{
    (void)state;
    static const char *const members[] = {"channel.role", "channel.nonce", "channel.spki",
                                          "channel.exporter"};
    AUTO(buffer) struct buffer text = {0};
    struct quoth_error err = {0};
    assert_true(held_channel_write(&channel, &text, &err));
    for (size_t i = 0; i < COUNT(members); i++) {
        struct held_channel other = channel;
        err = (struct quoth_error){0};
        other.from_client = i == 0;
        other.nonce[31] ^= i == 1;
        other.spki[31] ^= i == 2;
        other.exporter[31] ^= i == 3;
        assert_false(held_channel_check(buffer_bytes(&text), &other, &err));
        assert_int_equal(err.code, QUOTH_CHANNEL_MISMATCH);
        assert_string_equal(err.where, members[i]);
    }
}

#define E32 "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static const char *const no_channels[] = {
    "",
    "[]",
    "{}",
    "{\"v\":\"quoth-1\",\"cert\":\"YQ\",\"nonce\":\"MDEyMzQ1Njc4OWFiY2RlZg\"}",
    "{\"v\":\"quoth-channel-2\",\"role\":\"server\",\"nonce\":\"" E32 "\",\"spki\":\"" E32
    "\",\"exporter\":\"" E32 "\"}",
    "{\"v\":\"quoth-channel-1\",\"role\":\"server\",\"nonce\":\"" E32 "\",\"spki\":\"" E32 "\"}",
    "{\"v\":\"quoth-channel-1\",\"role\":\"server\",\"nonce\":\"" E32 "\",\"spki\":\"" E32
    "\",\"exporter\":\"" E32 "\",\"x\":1}",
    "{\"v\":\"quoth-channel-1\",\"role\":\"server\",\"nonce\":1,\"spki\":\"" E32
    "\",\"exporter\":\"" E32 "\"}",
    "{\"v\":\"quoth-channel-1\",\"role\":\"server\",\"nonce\":\"" E32 "=\",\"spki\":\"" E32
    "\",\"exporter\":\"" E32 "\"}",
};

static void other_forms_are_no_channels(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(no_channels); i++) {
        struct quoth_error err = {0};
        assert_false(held_channel_check(bytes_of_text(no_channels[i]), &channel, &err));
        assert_int_equal(err.code, QUOTH_TOKEN_CLAIM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_envelope_reads_back),
        cmocka_unit_test(the_order_of_members_does_not_matter),
        cmocka_unit_test(challenges_have_16_to_64_bytes),
        cmocka_unit_test(other_forms_are_refused),
        cmocka_unit_test(a_channels_data_is_recognised),
        cmocka_unit_test(any_difference_breaks_a_channel),
        cmocka_unit_test(other_forms_are_no_channels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
