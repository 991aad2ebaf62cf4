#include "service/config/config_check.h"

#include "tests/unit.h"

#include <stdio.h>
#include <unistd.h>

#define ARGS_MAX 12

struct line { /* a command line */
    char hold[ARGS_MAX + 1][128];
    char *argv[ARGS_MAX + 2];
    int argc;
};

static void make_line(const char *const *args, struct line *ret_line)
{
    *ret_line = (struct line){.hold = {"quothd"}, .argc = 1};
    ret_line->argv[0] = ret_line->hold[0];
    for (int n; args[(n = ret_line->argc) - 1]; ret_line->argc++) {
        snprintf(ret_line->hold[n], sizeof ret_line->hold[n], "%s", args[n - 1]);
        ret_line->argv[n] = ret_line->hold[n];
    }
}

static bool read_args(const char *const *args, enum config_command *ret_command,
                      struct config *ret_config, struct quoth_error *err)
{
    struct line line;
    make_line(args, &line);
    return config_read(line.argc, line.argv, ret_command, ret_config, err);
}

static int clean(void **state)
{
    (void)state;
    static const char *const names[] = {"QUOTH_ISSUER", "QUOTH_RATE",        "QUOTH_TRUST_ROOT",
                                        "QUOTH_CONFIG", "QUOTH_CLOCK_RESET", "QUOTH_LISTEN"};
    for (size_t i = 0; i < COUNT(names); i++)
        unsetenv(names[i]);
    return 0;
}

static const struct {
    const char *name;
    const char *args[ARGS_MAX];
    const char *where;
} refusals[] = {
    {"unknown option",          {"--isuer", "https://a"},              "--isuer"           },
    {"unknown short option",    {"-x"},                                "-x"                },
    {"operand",                 {"serve"},                             "serve"             },
    {"init in the wrong place", {"--listen", "a:1", "init"},           "init"              },
    {"no value",                {"--issuer"},                          "--issuer"          },
    {"empty value",             {"--issuer="},                         "--issuer="         },
    {"an option of init",       {"--trust-model", "shared"},           "trust-model"       },
    {"twice",                   {"--issuer", "a", "--issuer", "b"},    "--issuer"          },
    {"not a number",            {"--rate", "many"},                    "--rate"            },
    {"number with a sign",      {"--rate", "+1"},                      "--rate"            },
    {"number with a unit",      {"--rate=1k"},                         "--rate=1k"         },
    {"number too small",        {"--connections", "0"},                "--connections"     },
    {"number too large",        {"--source-prefix4", "33"},            "--source-prefix4"  },
    {"number beyond 64 bits",   {"--rate", "99999999999999999999999"}, "--rate"            },
    {"grace beyond a week",     {"--collateral-grace", "604801"},      "--collateral-grace"},
    {"a flag with a number",    {"--clock-reset=1"},                   "--clock-reset=1"   },
    {"unknown log format",      {"--log-format", "xml"},               "--log-format"      },
    {"certificate without key", {"--tls-cert", "a"},                   "tls-cert"          },
    {"key without certificate", {"--tls-key", "a"},                    "tls-cert"          },
    {"no such file",            {"--config", "/nowhere/at/all"},       "config"            },
};

static void refusals_name_the_option(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct quoth_error err = {0};
        struct config c = {0};
        enum config_command command;
        print_message("  %s\n", refusals[i].name);
        assert_false(read_args(refusals[i].args, &command, &c, &err));
        assert_int_equal(strncmp(err.where, refusals[i].where, strlen(refusals[i].where)), 0);
        assert_null(c.listen);
    }
}

static void everything_has_a_default(void **state)
{
    (void)state;
    static const char *const none[] = {NULL};
    struct quoth_error err = {0};
    AUTO(config) struct config c = {0};
    enum config_command command;
    assert_true(read_args(none, &command, &c, &err));
    assert_int_equal(command, CONFIG_SERVE);
    assert_string_equal(c.listen, "127.0.0.1:8443");
    assert_string_equal(c.accept_status, "UpToDate,SWHardeningNeeded");
    assert_null(c.issuer);
    assert_null(c.tenants[TENANT_FIRST].trust);
    assert_string_equal(c.tenants[TENANT_OTHERS].siblings, "warn");
    assert_true(c.tenants[TENANT_FIRST].draft_policies);
    assert_int_equal(c.tenant_count, TENANT_NAMED);
    assert_non_null(strstr(c.store, "quoth.db"));
    assert_non_null(c.state);
    assert_int_equal(c.master_key.count, 1);
    assert_null(strstr(c.master_key.items[0], c.state)); /* never beside what it protects */
    assert_int_equal(c.rate, 1000);
    assert_int_equal(c.workers, 0);
}

static void write_config(char path[64], const char *text)
{
    struct quoth_error err = {0};
    snprintf(path, 64, "/tmp/quoth-config-%d.json", (int)getpid());
    assert_true(file_write(path, bytes_of_text(text), 0600, &err));
}

static void the_nearer_word_wins(void **state)
{
    (void)state;
    char path[64];
    struct quoth_error err = {0};
    AUTO(config) struct config c = {0};
    enum config_command command;
    write_config(path, "{\"issuer\":\"https://file\",\"listen\":\"file:1\",\"rate\":7,"
                       "\"trust-root\":[\"a\",\"b\"],\"clock-reset\":true}");
    setenv("QUOTH_ISSUER", "https://variable", 1);
    setenv("QUOTH_LISTEN", "variable:1", 1);
    const char *const args[] = {"init", "--config", path, "--issuer=https://option", NULL};
    assert_true(read_args(args, &command, &c, &err));
    assert_int_equal(command, CONFIG_INIT);
    assert_string_equal(c.issuer, "https://option");
    assert_string_equal(c.listen, "variable:1");
    assert_int_equal(c.rate, 7);
    assert_int_equal(c.tenants[TENANT_FIRST].trust_root.count, 2);
    assert_string_equal(c.tenants[TENANT_FIRST].trust_root.items[1], "b");
    assert_true(c.clock_reset);
    unlink(path);
}

static const struct {
    const char *name, *text;
} bad_files[] = {
    {"not JSON",                   "{issuer: 1}"                                              },
    {"an array",                   "[]"                                                       },
    {"unknown member",             "{\"isuer\":\"a\"}"                                        },
    {"member in another case",     "{\"Issuer\":\"a\"}"                                       },
    {"twice",                      "{\"rate\":1,\"rate\":2}"                                  },
    {"text for a number",          "{\"rate\":\"1\"}"                                         },
    {"number for a text",          "{\"issuer\":1}"                                           },
    {"number for a flag",          "{\"clock-reset\":1}"                                      },
    {"a fraction",                 "{\"rate\":1.5}"                                           },
    {"a negative number",          "{\"rate\":-1}"                                            },
    {"a file in a file",           "{\"config\":\"b\"}"                                       },
    {"null",                       "{\"issuer\":null}"                                        },
    {"a list where one is wanted", "{\"issuer\":[\"a\"]}"                                     },
    {"a number in a list",         "{\"trust-root\":[1]}"                                     },
    {"the whole file twice",       "{} {}"                                                    },
    {"an unknown choice",          "{\"siblings\":\"no\"}"                                    },
    {"tenants in an array",        "{\"tenants\":[]}"                                         },
    {"a tenant without settings",  "{\"tenants\":{\"https://b\":true}}"                       },
    {"a tenant's listen",          "{\"tenants\":{\"https://b\":{\"listen\":\"a:1\"}}}"       },
    {"a tenant's unknown member",  "{\"tenants\":{\"https://b\":{\"sibling\":\"warn\"}}}"     },
    {"a tenant in a tenant",       "{\"tenants\":{\"https://b\":{\"tenants\":{}}}}"           },
    {"a tenant twice",             "{\"tenants\":{\"https://b\":{},\"https://b\":{}}}"        },
    {"a tenant's key alone",       "{\"tenants\":{\"https://b\":{\"tls-key\":\"a\"}}}"        },
    {"the first among the others", "{\"issuer\":\"https://b\",\"tenants\":{\"https://b\":{}}}"},
};

static void files_are_read_strictly(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bad_files); i++) {
        char path[64];
        struct quoth_error err = {0};
        struct config c = {0};
        enum config_command command;
        print_message("  %s\n", bad_files[i].name);
        write_config(path, bad_files[i].text);
        const char *const args[] = {"--config", path, NULL};
        assert_false(read_args(args, &command, &c, &err));
        if (i < COUNT(bad_files) - 2) /* the last two are judged after reading */
            assert_int_equal(strncmp(err.where, "config", 6), 0);
        unlink(path);
    }
}

static void a_problem_has_line_and_column(void **state)
{
    (void)state;
    char path[64];
    struct quoth_error err = {0};
    struct config c = {0};
    enum config_command command;
    write_config(path, "{\n  \"issuer\": \"https://a\",\n  \"acept-status\": \"UpToDate\"\n}");
    const char *const args[] = {"--config", path, NULL};
    assert_false(read_args(args, &command, &c, &err));
    assert_string_equal(err.where, "config.acept-status");
    assert_string_equal(err.message,
                        "line 3, column 19: is no setting; did you mean accept-status?");
    unlink(path);
}

static void tenants_have_settings_of_their_own(void **state)
{
    (void)state;
    char path[64];
    struct quoth_error err = {0};
    AUTO(config) struct config c = {0};
    enum config_command command;
    write_config(path, "{\"siblings\":\"strict\",\"tenants\":{\"https://b\":{"
                       "\"oidc-issuer\":\"https://idp\",\"draft-policies\":false}}}");
    setenv("QUOTH_OIDC_ISSUER", "https://mine", 1);
    const char *const args[] = {"--config", path, "--signing", "strict", NULL};
    assert_true(read_args(args, &command, &c, &err));
    const struct tenant_settings *first = &c.tenants[TENANT_FIRST],
                                 *b = config_tenant(&c, "https://b"),
                                 *unnamed = config_tenant(&c, "https://c");
    assert_string_equal(first->oidc_issuer, "https://mine");
    assert_string_equal(first->siblings, "strict");
    assert_string_equal(first->signing, "strict");
    assert_true(first->draft_policies);
    assert_string_equal(b->issuer, "https://b");
    assert_string_equal(b->oidc_issuer, "https://idp");
    assert_string_equal(b->siblings, "warn"); /* what is said above it is said of the first alone */
    assert_string_equal(b->signing, "plain");
    assert_false(b->draft_policies);
    assert_null(unnamed->oidc_issuer);
    assert_string_equal(unnamed->oidc_role_claim, "roles");
    unsetenv("QUOTH_OIDC_ISSUER");
    unlink(path);
}

static void options_speak_of_the_tenant_that_is_added(void **state)
{
    (void)state;
    char path[64];
    struct quoth_error err = {0};
    AUTO(config) struct config c = {0};
    enum config_command command;
    write_config(path, "{\"trust\":\"hardware\",\"tenants\":{\"https://b\":{"
                       "\"trust-model\":\"shared\",\"siblings\":\"strict\"}}}");
    const char *const args[] = {"init",      "--config", path,           "--add-tenant",
                                "https://b", "--trust",  "simulated:00", "--trust-model",
                                "isolated",  NULL};
    assert_true(read_args(args, &command, &c, &err));
    const struct tenant_settings *b = config_tenant(&c, "https://b");
    assert_int_equal(command, CONFIG_INIT);
    assert_string_equal(b->trust, "simulated:00");
    assert_string_equal(b->trust_model, "isolated");
    assert_string_equal(b->siblings, "strict");
    assert_string_equal(c.tenants[TENANT_FIRST].trust, "hardware");
    assert_string_equal(c.tenants[TENANT_FIRST].trust_model, "aad");
    unlink(path);
}

/* What --check-config says of a file; the state folder and the rest are those of the options. */
static void examine(const char *text, const char *const *args, struct config_report *ret_report)
{
    char path[64];
    struct config c = {0};
    enum config_command command;
    struct line line;
    const char *with_file[ARGS_MAX] = {"--config", path};
    for (size_t i = 0; args[i]; i++)
        with_file[i + 2] = args[i];
    write_config(path, text);
    make_line(with_file, &line);
    assert_false(config_examine(line.argc, line.argv, &command, &c, ret_report));
    buffer_u8(&ret_report->problems, 0);
    assert_null(c.state);
    unlink(path);
}

static const struct {
    const char *member, *problem; /* told about {"MEMBER} and what it says of column 2 */
} problems[] = {
    {"listen\":\"nowhere\"",                           ":1:11: listen nowhere: is not ADDRESS:PORT"          },
    {"listen\":\"host.example:1\"",                    ": listen host.example:1: is not ADDRESS:PORT"        },
    {"issuer\":\"http://a\"",                          ":1:11: issuer http://a: "                            },
    {"issuer\":\"https://a/\"",                        ": found https://a/, expected https://a"              },
    {"state\":\"/no/where\"",                          ": state /no/where: is not there"                     },
    {"state\":\"/etc/passwd\"",                        ": state /etc/passwd: is no folder"                   },
    {"master-key\":\"/no/where\"",                     ": master-key /no/where: "                            },
    {"store\":\"/no/where\"",                          ": store /no/where: is not there"                     },
    {"ready-file\":\"/no/where/at\"",                  ": ready-file /no/where/at: names a folder"           },
    {"trust\":\"any\"",                                ": trust any: is neither hardware"                    },
    {"trust-root\":\"/no/where\"",                     ": trust-root /no/where: wants the class"             },
    {"accept-status\":\"Good\"",                       ": accept-status Good: "                              },
    {"collateral\":[\"https://a b\"]",                 ":1:15: collateral https://a b: "                     },
    {"collateral\":\"/no/where\"",                     ": collateral /no/where: "                            },
    {"platform-deny\":\"ab\"",                         ": platform-deny ab: "                                },
    {"closed-type\":[\"Sgx\"]",                        ": closed-type Sgx: "                                 },
    {"policy-signer\":\"/no/where\"",                  ": policy-signer /no/where: "                         },
    {"oidc-issuer\":\"http://a\"",                     ": oidc-issuer http://a: only https"                  },
    {"oidc-ca\":\"/etc/passwd\"",                      ": oidc-ca /etc/passwd: "                             },
    {"client-certificate\":\"root:00\"",               ": client-certificate root:00: found root:00"         },
    {"client-certificate\":\"reader:0g\"",             ": client-certificate reader:0g: "                    },
    {"tls-cert\":\"a\",\"tls-key\":\"b\"",             ": tls-cert a: "                                      },
    {"release-authority\":\"http://a\"",               ": release-authority http://a: "                      },
    {"release-authority\":[\"https://a /no/where\"]",  ": release-authority https://a /no/where: "           },
    {"release-cert\":\"a\",\"release-key\":\"b\"",     ": release-cert a: "                                  },
    {"release-key\":\"b\"",                            ":1:16: release-cert: and release-key belong together"},
    {"release-challenge\":\"never\"",                  ": release-challenge: is none of"                     },
    {"release-policies\":\"all\"",                     ": release-policies: is none of"                      },
    {"tls-key\":\"b\"",                                ":1:12: tls-cert: and tls-key belong together"        },
    {"tenants\":{\"b\":{}}",                           ":1:17: tenants.issuer"                               },
    {"tenants\":{\"https://b\":{\"siblings\":\"x\"}}", ": tenants.https://b.siblings: is none of"            },
    {"rates\":1",                                      ":1:10: rates: is no setting; did you mean rate?"     },
};

static void every_value_is_checked(void **state)
{
    (void)state;
    static const char *const tmp[] = {"--state", "/tmp", NULL}, *const none[] = {NULL};
    for (size_t i = 0; i < COUNT(problems); i++) {
        const bool at_state = strncmp(problems[i].member, "state", 5) == 0;
        char text[160];
        AUTO(config_report) struct config_report report = {0};
        print_message("  %s\n", problems[i].member);
        snprintf(text, sizeof text, "{\"%s}", problems[i].member);
        examine(text, at_state ? none : tmp, &report);
        if (!strstr((char *)report.problems.data, problems[i].problem))
            fail_msg("wanted \"%s\" in:\n%s", problems[i].problem, (char *)report.problems.data);
    }
}

static void all_problems_are_told(void **state)
{
    (void)state;
    static const char *const args[] = {"--listen", "x", "--unknown", "--rate=no", NULL};
    AUTO(config_report) struct config_report report = {0};
    setenv("QUOTH_ISSUER", "nobody", 1);
    examine("{\n\"idle-timeout\": 1,\n\"trust\":\"x\"}", args, &report);
    static const char *const told[] = {"--unknown: is not an option",
                                       "--rate=no: is not a number",
                                       ":2:17: idle-timeout: is not a number from 10 to 3600000",
                                       "--listen x: ",
                                       "QUOTH_ISSUER nobody: ",
                                       ":3:9: trust x: "};
    for (size_t i = 0; i < COUNT(told); i++)
        assert_non_null(strstr((char *)report.problems.data, told[i]));
}

static void help_is_given_whatever_else_is_wrong(void **state)
{
    (void)state;
    static const char *const args[] = {"--help", NULL};
    struct quoth_error err = {0};
    AUTO(config) struct config c = {0};
    AUTO(buffer) struct buffer text = {0};
    enum config_command command;
    setenv("QUOTH_RATE", "nonsense", 1);
    assert_true(read_args(args, &command, &c, &err));
    assert_int_equal(command, CONFIG_HELP);
    config_help(&text);
    buffer_u8(&text, 0);
    assert_non_null(strstr((char *)text.data, "--master-key SOURCE"));
    assert_non_null(strstr((char *)text.data, "--accept-status LIST"));
}

static void variables_are_judged_like_options(void **state)
{
    (void)state;
    static const char *const none[] = {NULL};
    struct quoth_error err = {0};
    struct config c = {0};
    enum config_command command;
    setenv("QUOTH_RATE", "nonsense", 1);
    assert_false(read_args(none, &command, &c, &err));
    assert_string_equal(err.where, "QUOTH_RATE");
}

#define test_of(f) cmocka_unit_test_setup_teardown(f, clean, clean)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_of(refusals_name_the_option),
        test_of(everything_has_a_default),
        test_of(the_nearer_word_wins),
        test_of(files_are_read_strictly),
        test_of(a_problem_has_line_and_column),
        test_of(tenants_have_settings_of_their_own),
        test_of(options_speak_of_the_tenant_that_is_added),
        test_of(every_value_is_checked),
        test_of(all_problems_are_told),
        test_of(help_is_given_whatever_else_is_wrong),
        test_of(variables_are_judged_like_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
