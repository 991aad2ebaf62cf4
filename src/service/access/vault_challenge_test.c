/* The challenge obeys every rule of every SDK (key-release.md 1.6), whatever the settings say. */
#include "service/access/vault_challenge.h"

#include "tests/unit.h"

#include <stdio.h>

#define BEGIN "WWW-Authenticate: Bearer authorization=\""

/* clang-format off */
static const struct {
    const char *name, *issuer, *oidc, *resource, *expected; /* NULL: no challenge */
} rows[] = {
    {"three labels",           "https://vault.example.org",      NULL, NULL, BEGIN "https://vault.example.org/quoth\", resource=\"https://example.org\"\r\n"},
    {"with a port",            "https://a.kms.test:9445",        NULL, NULL, BEGIN "https://a.kms.test:9445/quoth\", resource=\"https://kms.test:9445\"\r\n"},
    {"four labels",            "https://a.b.example.org",        NULL, NULL, BEGIN "https://a.b.example.org/quoth\", resource=\"https://b.example.org\"\r\n"},
    {"two labels",             "https://example.org",            NULL, NULL, BEGIN "https://example.org/quoth\", resource=\"https://example.org\"\r\n"},
    {"one label",              "https://localhost:4443",         NULL, NULL, BEGIN "https://localhost:4443/quoth\", resource=\"https://localhost:4443\"\r\n"},
    {"an address",             "https://127.0.0.1:4443",         NULL, NULL, BEGIN "https://127.0.0.1:4443/quoth\", resource=\"https://127.0.0.1:4443\"\r\n"},
    {"one of version 6",       "https://[::1]:4443",             NULL, NULL, BEGIN "https://[::1]:4443/quoth\", resource=\"https://[::1]:4443\"\r\n"},
    {"a provider with a path", "https://localhost", "https://idp.example/realms/ops", NULL, BEGIN "https://idp.example/realms/ops\", resource=\"https://localhost\"\r\n"},
    {"one without",            "https://localhost", "https://idp.example",            NULL, BEGIN "https://idp.example/quoth\", resource=\"https://localhost\"\r\n"},
    {"one with a slash",       "https://localhost", "https://idp.example/",           NULL, BEGIN "https://idp.example/quoth\", resource=\"https://localhost\"\r\n"},
    {"a slash at the end",     "https://localhost", "https://idp.example/a/",         NULL, BEGIN "https://idp.example/a\", resource=\"https://localhost\"\r\n"},
    {"a resource",             "https://v.example.org", NULL, "https://vault.azure.net", BEGIN "https://v.example.org/quoth\", resource=\"https://vault.azure.net\"\r\n"},
    {"a comma",                "https://localhost", "https://idp.example/a,b",        NULL, NULL},
    {"an equals sign",         "https://localhost", "https://idp.example/a=b",        NULL, NULL},
    {"a quote",                "https://localhost", "https://idp.example/a\"b",       NULL, NULL},
    {"a blank",                "https://localhost", "https://idp.example/a b",        NULL, NULL},
    {"a line end",             "https://localhost", "https://idp.example/a\r\nX: y",  NULL, NULL},
};

static const struct {
    const char *name, *resource;
} refused[] = {
    {"nothing",         ""},
    {"a name",          "vault"},
    {"plain HTTP",      "http://example.org"},
    {"a slash behind",  "https://example.org/"},
    {"a path",          "https://example.org/a"},
    {"a query",         "https://example.org?a"},
    {"a fragment",      "https://example.org#a"},
    {"a user",          "https://a@example.org"},
    {"a comma",         "https://example.org,a"},
    {"a quote",         "https://example.org\""},
    {"a blank",         "https://example.org "},
    {"port 0",          "https://example.org:0"},
};
/* clang-format on */

static void the_challenge_is_one_that_all_sdks_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char issuer[64], oidc[64], resource[64];
        struct tenant_settings settings = {0};
        struct http_response r = {0};
        print_message("  %s\n", rows[i].name);
        snprintf(issuer, sizeof issuer, "%s", rows[i].issuer);
        if (rows[i].oidc) {
            snprintf(oidc, sizeof oidc, "%s", rows[i].oidc);
            settings.oidc_issuer = oidc;
        }
        if (rows[i].resource) {
            snprintf(resource, sizeof resource, "%s", rows[i].resource);
            settings.vault_resource = resource;
        }
        vault_challenge_add(issuer, &settings, &r);
        const struct bytes expected = bytes_of_text(rows[i].expected ? rows[i].expected : "");
        assert_true(bytes_equal(buffer_bytes(&r.extras), expected));
        http_response_clear(&r);
    }
}

static void resources_that_would_break_it_are_refused(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    assert_true(vault_challenge_check("https://example.org", &err));
    assert_true(vault_challenge_check("https://example.org:8443", &err));
    for (size_t i = 0; i < COUNT(refused); i++) {
        print_message("  %s\n", refused[i].name);
        err = (struct quoth_error){0};
        assert_false(vault_challenge_check(refused[i].resource, &err));
        assert_int_equal(err.code, QUOTH_USAGE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_challenge_is_one_that_all_sdks_read),
        cmocka_unit_test(resources_that_would_break_it_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
