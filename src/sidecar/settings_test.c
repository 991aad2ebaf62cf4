#include "sidecar/settings.h"

#include "tests/unit.h"

#include <stdio.h>

#define WORDS_MAX 48

static const char *const variables[] = {"QUOTH_SIDECAR_LISTEN",      "QUOTH_SIDECAR_VERIFIERS",
                                        "QUOTH_SIDECAR_VERIFIER_CA", "QUOTH_SIDECAR_VAULTS",
                                        "QUOTH_SIDECAR_VAULT_CA",    "QUOTH_SIDECAR_OPEN_LOOPBACK"};

static int clear_environment(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(variables); i++)
        unsetenv(variables[i]);
    return 0;
}

/* Words between single blanks. line is changed and must outlive the settings. */
static bool read(char *line, struct sidecar_settings *s, struct quoth_error *err)
{
    char *words[WORDS_MAX], *rest = NULL;
    int count = 0;
    for (char *w = strtok_r(line, " ", &rest); w; w = strtok_r(NULL, " ", &rest))
        words[count++] = w;
    return sidecar_settings_read(count, words, s, err);
}

static void options_and_variables_say_the_same(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(sidecar_settings) struct sidecar_settings a = {0}, b = {0}, c = {0};
    char line[] = "--verifier https://v.example/ --verifier=https://w.example:1 --vault "
                  "https://x.example --vault-ca ca.pem --open-loopback --listen [::1]:0";
    assert_true(read(line, &a, &err));
    setenv("QUOTH_SIDECAR_VERIFIERS", " https://v.example,https://w.example:1/\n", 1);
    setenv("QUOTH_SIDECAR_VAULTS", "https://x.example", 1);
    setenv("QUOTH_SIDECAR_VAULT_CA", "ca.pem", 1);
    setenv("QUOTH_SIDECAR_OPEN_LOOPBACK", "1", 1);
    setenv("QUOTH_SIDECAR_LISTEN", "[::1]:0", 1);
    assert_true(sidecar_settings_read(0, NULL, &b, &err));
    const struct sidecar_settings *const both[] = {&a, &b};
    for (size_t i = 0; i < COUNT(both); i++) {
        assert_int_equal(both[i]->verifiers.count, 2);
        assert_string_equal(both[i]->verifiers.urls[0], "https://v.example");
        assert_string_equal(both[i]->verifiers.urls[1], "https://w.example:1");
        assert_string_equal(both[i]->vaults.urls[0], "https://x.example");
        assert_string_equal(both[i]->listen, "[::1]:0");
        assert_true(both[i]->open_loopback);
    }
    char over[] = "--verifier https://only.example"; /* options replace variables */
    assert_true(read(over, &c, &err));
    assert_int_equal(c.verifiers.count, 1);
    assert_string_equal(c.verifiers.urls[0], "https://only.example");
}

static void refusals_name_the_setting(void **state)
{
    (void)state;
    static const struct {
        const char *line, *where;
        enum quoth_code code;
    } rows[] = {
        {"",                                                                       "verifier",      QUOTH_USAGE},
        {"--verifier http://v.example",                                            "verifier",      QUOTH_URL  },
        {"--verifier https://v.example/path",                                      "verifier",      QUOTH_USAGE},
        {"--verifier https://me@v.example",                                        "verifier",      QUOTH_URL  },
        {"--verifier",                                                             "verifier",      QUOTH_USAGE},
        {"--verifier https://v.example --vault https://x.example",                 "vault-ca",      QUOTH_USAGE},
        {"--verifier https://v.example --listen 0.0.0.0:8080",                     "listen",        QUOTH_USAGE},
        {"--verifier https://v.example --listen 10.0.0.1:8080",                    "listen",        QUOTH_USAGE},
        {"--verifier https://v.example --listen [::]:8080",                        "listen",        QUOTH_USAGE},
        {"--verifier https://v.example --listen localhost:8080",                   "listen",        QUOTH_USAGE},
        {"--verifier https://v.example --listen 127.0.0.1",                        "listen",        QUOTH_URL  },
        {"--verifier https://v.example --listen 127.0.0.1:1 --listen 127.0.0.1:2", "listen",
         QUOTH_USAGE                                                                                           },
        {"--verifier https://v.example --open-loopback=1",                         "open-loopback", QUOTH_USAGE},
        {"--verifier https://v.example --vaults https://x.example",                "",              QUOTH_USAGE},
        {"--verifier https://v.example more",                                      "",              QUOTH_USAGE},
        {"--verifier https://v.example --",                                        "",              QUOTH_USAGE},
        {"-v https://v.example",                                                   "",              QUOTH_USAGE},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct quoth_error err = {0};
        AUTO(sidecar_settings) struct sidecar_settings s = {0};
        char line[256];
        print_message("  %s\n", rows[i].line);
        snprintf(line, sizeof line, "%s", rows[i].line);
        assert_false(read(line, &s, &err));
        assert_int_equal(err.code, rows[i].code);
        assert_non_null(strstr(err.where, rows[i].where));
        assert_null(s.listen);
    }
}

static void there_is_an_end_to_peers(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(sidecar_settings) struct sidecar_settings s = {0};
    AUTO(buffer) struct buffer many = {0};
    for (unsigned i = 0; i <= SIDECAR_PEERS_MAX; i++)
        buffer_printf(&many, "https://v%u.example ", i);
    buffer_u8(&many, 0);
    setenv("QUOTH_SIDECAR_VERIFIERS", (const char *)many.data, 1);
    assert_false(sidecar_settings_read(0, NULL, &s, &err));
    assert_int_equal(err.code, QUOTH_USAGE);
}

static void help_needs_nothing_else(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(sidecar_settings) struct sidecar_settings s = {0};
    AUTO(buffer) struct buffer text = {0};
    char line[] = "--help";
    assert_true(read(line, &s, &err));
    assert_true(s.help);
    sidecar_settings_help("quothd sidecar", &text);
    buffer_u8(&text, 0);
    for (size_t i = 0; i < COUNT(variables); i++)
        assert_non_null(strstr((const char *)text.data, variables[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(options_and_variables_say_the_same, clear_environment),
        cmocka_unit_test_setup(refusals_name_the_setting, clear_environment),
        cmocka_unit_test_setup(there_is_an_end_to_peers, clear_environment),
        cmocka_unit_test_setup(help_needs_nothing_else, clear_environment),
    };
    return cmocka_run_group_tests(tests, clear_environment, clear_environment);
}
