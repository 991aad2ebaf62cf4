#include "sidecar/request.h"

#include "codec/base64.h"
#include "tests/unit.h"

static const struct sidecar_settings settings = {
    .verifiers = {2, {"https://verifier.example", "https://localhost:8443"}},
    .vaults = {1, {"https://vault.example:8443"}                        },
};

/* ---- runtime data */

#define RUNTIME QUOTH_SIDECAR_RUNTIME_DATA
#define JWK "{\"kty\":\"RSA\",\"kid\":\"k\",\"n\":\"_w\",\"e\":\"AQAB\",\"key_ops\":[\"encrypt\"]}"

static const struct {
    const char *name, *data;
    enum quoth_code code;
} datas[] = {
    {"a key set",                 "{\"keys\":[" JWK "]}",                                   QUOTH_OK},
    {"a key set and a challenge", "{\"keys\":[" JWK "],\"nonce\":\"AAAA\"}",                QUOTH_OK},
    {"a virtual machine's",
     "{\"keys\":[{\"kid\":\"TpmEphemeralEncryptionKey\",\"key_ops\":[\"encrypt\"],\"kty\":"
     "\"RSA\",\"e\":\"AQAB\",\"n\":\"_w\"}],\"user-data\":\"00\",\"vm-configuration\":{}}", QUOTH_OK},
    {"anything of the caller's",  "{\"x\":[1,{\"v\":2}]}",                                  QUOTH_OK},
    {"nothing",                   "",                                                       RUNTIME },
    {"a hash",                    "0123456789abcdef0123456789abcdef",                       RUNTIME },
    {"no object",                 "[" JWK "]",                                              RUNTIME },
    {"a text",                    "\"keys\"",                                               RUNTIME },
    {"an empty object",           "{}",                                                     RUNTIME },
    {"our envelope",              "{\"v\":\"quoth-1\",\"cert\":\"AA\",\"nonce\":\"AA\"}",   RUNTIME },
    {"our channel",               "{\"role\":\"server\",\"v\":\"quoth-channel-1\"}",        RUNTIME },
    {"in capitals",               "{\"V\":\"quoth-1\"}",                                    RUNTIME },
    {"with an escape",            "{\"\\u0076\":\"quoth-1\"}",                              RUNTIME },
    {"beside a key set",          "{\"keys\":[" JWK "],\"v\":null}",                        RUNTIME },
    {"a member twice",            "{\"keys\":[],\"keys\":[" JWK "]}",                       RUNTIME },
    {"twice, but for the case",   "{\"keys\":[],\"Keys\":[" JWK "]}",                       RUNTIME },
    {"more behind it",            "{\"keys\":[]} {\"v\":1}",                                RUNTIME },
    {"a mark before it",          "\xEF\xBB\xBF{\"keys\":[]}",                              RUNTIME },
    {"deeper than readers go",    "{\"a\":[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}",            RUNTIME },
};

static void write_body(const char *endpoint, struct bytes data, struct buffer *to)
{
    buffer_text(to, "{");
    if (endpoint)
        buffer_printf(to, "\"maa_endpoint\":\"%s\",", endpoint);
    buffer_text(to, "\"runtime_data\":\"");
    base64_encode(data, to);
    buffer_text(to, "\"}");
}

static void only_the_callers_own_json_is_attested(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(datas); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer body = {0};
        AUTO(sidecar_attest) struct sidecar_attest a = {0};
        print_message("  %s\n", datas[i].name);
        write_body("verifier.example", bytes_of_text(datas[i].data), &body);
        const bool ok = sidecar_attest_read(buffer_bytes(&body), &settings.verifiers, &a, &err);
        if (err.code != datas[i].code)
            fail_msg("%s: %s: %s", quoth_code_dotted(err.code), err.where, err.message);
        assert_int_equal(ok, err.code == QUOTH_OK);
        if (ok)
            assert_true(bytes_equal(buffer_bytes(&a.runtime_data), bytes_of_text(datas[i].data)));
    }
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer large = {0}, body = {0};
    AUTO(sidecar_attest) struct sidecar_attest a = {0};
    buffer_text(&large, "{\"a\":\"");
    buffer_fill(&large, SIDECAR_RUNTIME_DATA_MAX, 'a');
    buffer_text(&large, "\"}");
    write_body(NULL, buffer_bytes(&large), &body);
    assert_false(sidecar_attest_read(buffer_bytes(&body), NULL, &a, &err));
    assert_int_equal(err.code, RUNTIME);
}

/* ---- endpoints */

static const struct {
    const char *text;
    int peer; /* its number, or -1 */
} endpoints[] = {
    {"verifier.example",                   0 },
    {"VERIFIER.example:443",               0 },
    {"https://verifier.example",           0 },
    {"https://verifier.example/",          0 },
    {"localhost:8443",                     1 },
    {"localhost",                          -1},
    {"localhost:8444",                     -1},
    {"127.0.0.1:8443",                     -1},
    {"http://verifier.example",            -1},
    {"https://verifier.example/attest",    -1},
    {"https://verifier.example?x",         -1},
    {"https://verifier.example@evil.test", -1},
    {"evil.test/verifier.example",         -1},
    {"evil.test#verifier.example",         -1},
    {"verifier.example.evil.test",         -1},
    {"a.verifier.example",                 -1},
    {"vault.example:8443",                 -1}, /* it is a vault */
    {"169.254.169.254",                    -1},
    {"verifier.example\\r\\nX: y",         -1},
    {"file:///etc/passwd",                 -1},
    {"",                                   -1},
};

static void no_endpoint_but_those_of_the_settings_is_contacted(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(endpoints); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer body = {0};
        AUTO(sidecar_attest) struct sidecar_attest a = {0};
        print_message("  %s\n", endpoints[i].text);
        write_body(endpoints[i].text, BYTES_LITERAL("{\"a\":1}"), &body);
        assert_int_equal(sidecar_attest_read(buffer_bytes(&body), &settings.verifiers, &a, &err),
                         endpoints[i].peer >= 0);
        if (endpoints[i].peer >= 0)
            assert_ptr_equal(a.verifier, settings.verifiers.urls[endpoints[i].peer]);
        else
            assert_null(a.verifier);
    }
}

/* ---- key/release */

#define WHERE "\"maa_endpoint\":\"verifier.example\",\"akv_endpoint\":\"vault.example:8443\""
#define VERSION "0123456789abcdef0123456789abcdef"

static const struct {
    const char *body, *name, *version, *token;
    bool ok;
} releases[] = {
    {"{" WHERE ",\"kid\":\"k\"}",                                                                   "k",  NULL,    NULL, true },
    {"{" WHERE ",\"kid\":\"k/" VERSION "\",\"access_token\":\"\"}",                                 "k",  VERSION, NULL, true },
    {"{" WHERE ",\"kid\":\"k\",\"access_token\":\"t\"}",                                            "k",  NULL,    "t",  true },
    {"{" WHERE ",\"kid\":\"k\",\"access_token\":null}",                                             "k",  NULL,    NULL, true },
    {"{" WHERE ",\"kid\":\"k\",\"more\":1}",                                                        "k",  NULL,    NULL, true },
    {"{" WHERE "}",                                                                                 NULL, NULL,    NULL, false},
    {"{" WHERE ",\"kid\":1}",                                                                       NULL, NULL,    NULL, false},
    {"{" WHERE ",\"kid\":\"k\",\"access_token\":1}",                                                NULL, NULL,    NULL, false},
    {"{" WHERE ",\"kid\":\"k\",\"kid\":\"l\"}",                                                     NULL, NULL,    NULL, false},
    {"{" WHERE ",\"kid\":\"k\",\"KID\":\"l\"}",                                                     NULL, NULL,    NULL, false},
    {"{\"akv_endpoint\":\"vault.example:8443\",\"kid\":\"k\"}",                                     NULL, NULL,    NULL, false},
    {"{\"maa_endpoint\":\"verifier.example\",\"kid\":\"k\"}",                                       NULL, NULL,    NULL, false},
    {"{\"maa_endpoint\":\"verifier.example\",\"akv_endpoint\":\"verifier.example\",\"kid\":\"k\"}",
     NULL,                                                                                                NULL,    NULL, false},
    {"{\"maa_endpoint\":\"vault.example:8443\",\"akv_endpoint\":\"vault.example:8443\",\"kid\":"
     "\"k\"}",                                                                                 NULL, NULL,    NULL, false},
    {"[]",                                                                                          NULL, NULL,    NULL, false},
    {"",                                                                                            NULL, NULL,    NULL, false},
};

static void expect_text(const struct buffer *found, const char *expected)
{
    if (expected)
        assert_string_equal((const char *)found->data, expected);
    else
        assert_null(found->data);
}

static void requests_for_keys_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(releases); i++) {
        struct quoth_error err = {0};
        AUTO(sidecar_release) struct sidecar_release r = {0};
        print_message("  %s\n", releases[i].body);
        assert_int_equal(sidecar_release_read(bytes_of_text(releases[i].body), &settings, &r, &err),
                         releases[i].ok);
        expect_text(&r.name, releases[i].name);
        expect_text(&r.version, releases[i].version);
        expect_text(&r.access_token, releases[i].token);
    }
}

/* ---- Host */

static void only_loopback_hosts_are_ours(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        bool ours;
    } hosts[] = {
        {"localhost",           true },
        {"LOCALHOST:8080",      true },
        {"127.0.0.1",           true },
        {"127.1.2.3:8080",      true },
        {"[::1]",               true },
        {"[::1]:8080",          true },
        {"evil.test",           false},
        {"evil.test:8080",      false},
        {"localhost.evil.test", false},
        {"127.0.0.1.evil.test", false},
        {"10.0.0.1",            false},
        {"0.0.0.0:8080",        false},
        {"[::ffff:127.0.0.1]",  false},
        {"localhost/",          false},
        {"a@localhost",         false},
        {"",                    false},
    };
    for (size_t i = 0; i < COUNT(hosts); i++) {
        print_message("  %s\n", hosts[i].host);
        assert_int_equal(sidecar_host_is_loopback(bytes_of_text(hosts[i].host)), hosts[i].ours);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_callers_own_json_is_attested),
        cmocka_unit_test(no_endpoint_but_those_of_the_settings_is_contacted),
        cmocka_unit_test(requests_for_keys_are_read),
        cmocka_unit_test(only_loopback_hosts_are_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
