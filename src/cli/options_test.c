#include "cli/options.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants the two above first */
#include <cmocka.h>
#include <stdio.h>

struct args {
    const char *file, *key, *text, *choice, *url, *platform;
    struct option_time at;
    struct option_uint count;
    struct option_list names, rest;
    bool debug, help;
};

static const struct option_row rows[] = {
    {0,   "FILE",             OPT_FILE | OPT_REQUIRED, offsetof(struct args, file),     "a file"  },
    {0,   "KEY",              OPT_FILE,                offsetof(struct args, key),      "a key"   },
    {'x', "text=WORD",        OPT_TEXT,                offsetof(struct args, text),     "a text"  },
    {0,   "output=text|json", OPT_CHOICE,              offsetof(struct args, choice),   "a choice"},
    {0,   "url",              OPT_URL,                 offsetof(struct args, url),      "a URL"   },
    {0,   "platform",         OPT_FOLDER,              offsetof(struct args, platform), "a folder"},
    {'t', "at",               OPT_TIME,                offsetof(struct args, at),       "a time"  },
    {'n', "count",            OPT_UINT,                offsetof(struct args, count),    "a number"},
    {0,   "name",             OPT_LIST,                offsetof(struct args, names),    "names"   },
    {'d', "allow-debug",      OPT_FLAG,                offsetof(struct args, debug),    "a flag"  },
    {'h', "help",             OPT_FLAG,                offsetof(struct args, help),     "help"    },
};

static const struct option_row run_rows[] = {
    {0, "text",     OPT_TEXT,                offsetof(struct args, text), "a text"       },
    {0, "PROGRAM",  OPT_FILE | OPT_REQUIRED, offsetof(struct args, file), "a program"    },
    {0, "ARGUMENT", OPT_REST,                offsetof(struct args, rest), "its arguments"},
};

static const struct option_row command_rows[] = {
    {0, "text",    OPT_TEXT,                offsetof(struct args, text), "a text"   },
    {0, "NAME",    OPT_TEXT | OPT_REQUIRED, offsetof(struct args, file), "a name"   },
    {0, "COMMAND", OPT_COMMAND,             offsetof(struct args, rest), "a command"},
};

#define WORDS_MAX 16

struct words {
    int count;
    char *at[WORDS_MAX];
    char text[256];
};

/* Cuts at single spaces, so that two in a row make an empty argument. */
static void cut(struct words *w, const char *line)
{
    *w = (struct words){0};
    snprintf(w->text, sizeof w->text, "%s", line);
    for (char *at = w->text; at[0] || w->count == 0;) {
        assert_true(w->count < WORDS_MAX);
        w->at[w->count++] = at;
        char *space = strchr(at, ' ');
        if (!space)
            break;
        *space = '\0';
        at = space + 1;
    }
    if (line[0] == '\0')
        w->count = 0;
}

static bool parse(const struct option_row *table, size_t count, const char *line, struct words *w,
                  struct args *ret_args, struct quoth_error *err)
{
    cut(w, line);
    *ret_args = (struct args){0};
    const struct option_set set = {table, count, ret_args};
    return options_parse(&set, 1, &ret_args->help, w->count, w->at, err);
}

static void values_arrive(void **state)
{
    (void)state;
    struct args a;
    struct words w;
    struct quoth_error err = {0};
    assert_true(parse(rows, COUNT(rows),
                      "-d ev.bin --at=2025-07-04T10:28:44Z --name a --output json --name=b - "
                      "-n 42 -x -1",
                      &w, &a, &err));
    assert_string_equal(a.file, "ev.bin");
    assert_string_equal(a.key, "-");
    assert_true(a.debug);
    assert_true(a.at.given);
    assert_int_equal(a.at.value, 1751624924);
    assert_int_equal(a.names.count, 2);
    assert_string_equal(a.names.items[1], "b");
    assert_null(a.names.items[2]);
    assert_string_equal(a.choice, "json");
    assert_int_equal(a.count.value, 42);
    assert_string_equal(a.text, "-1");
    assert_null(a.url);
}

static void two_dashes_end_the_options(void **state)
{
    (void)state;
    struct args a;
    struct words w;
    struct quoth_error err = {0};
    assert_true(parse(rows, COUNT(rows), "-- --at -d", &w, &a, &err));
    assert_string_equal(a.file, "--at");
    assert_string_equal(a.key, "-d");
    assert_false(a.debug);
}

static void the_arguments_of_a_program_pass_as_they_are(void **state)
{
    (void)state;
    struct args a;
    struct words w;
    struct quoth_error err = {0};
    assert_true(
        parse(run_rows, COUNT(run_rows), "--text a prog --text --help -- x ", &w, &a, &err));
    assert_string_equal(a.text, "a");
    assert_string_equal(a.file, "prog");
    assert_int_equal(a.rest.count, 4);
    assert_string_equal(a.rest.items[0], "--text");
    assert_string_equal(a.rest.items[2], "--");
    assert_null(a.rest.items[4]);
}

static void a_command_stands_behind_two_dashes(void **state)
{
    (void)state;
    struct args a;
    struct words w;
    struct quoth_error err = {0};
    assert_true(parse(command_rows, COUNT(command_rows), "name --text a -- prog --text  -- x", &w,
                      &a, &err));
    assert_string_equal(a.text, "a");
    assert_string_equal(a.file, "name");
    assert_int_equal(a.rest.count, 5);
    assert_string_equal(a.rest.items[1], "--text");
    assert_string_equal(a.rest.items[2], "");
    assert_string_equal(a.rest.items[3], "--");
    assert_false(parse(command_rows, COUNT(command_rows), "name prog", &w, &a, &err));
    assert_int_equal(err.code, QUOTH_USAGE);
}

static void the_environment_stands_in(void **state)
{
    (void)state;
    struct args a;
    struct words w;
    struct quoth_error err = {0};
    assert_int_equal(setenv("QUOTH_PLATFORM", "/p", 1), 0);
    assert_true(parse(rows, COUNT(rows), "f", &w, &a, &err));
    assert_string_equal(a.platform, "/p");
    assert_true(parse(rows, COUNT(rows), "f --platform /q", &w, &a, &err));
    assert_string_equal(a.platform, "/q");
    assert_int_equal(setenv("QUOTH_PLATFORM", "", 1), 0);
    assert_true(parse(rows, COUNT(rows), "f", &w, &a, &err));
    assert_null(a.platform);
    assert_int_equal(unsetenv("QUOTH_PLATFORM"), 0);
}

static void help_needs_nothing_else(void **state)
{
    (void)state;
    struct args a;
    struct words w;
    struct quoth_error err = {0};
    assert_true(parse(rows, COUNT(rows), "--help", &w, &a, &err));
    assert_true(a.help);
}

static const struct {
    const char *line, *where, *message;
} refusals[] = {
    {"",                                                      "FILE",          "is missing"                                                   },
    {"f k more",                                              "",              "nothing more was expected, found more"                        },
    {"f --cuont 1",                                           "",              "there is no option --cuont; did you mean --count?"            },
    {"f --allow-debgu",                                       "",              "there is no option --allow-debgu; did you mean --allow-debug?"},
    {"f --zzzzzzzzzz",                                        "",              "there is no option --zzzzzzzzzz"                              },
    {"f -q",                                                  "",              "there is no option -q"                                        },
    {"f -dd",                                                 "",              "there is no option -dd"                                       },
    {"f --FILE x",                                            "",              "there is no option --FILE"                                    },
    {"f --=x",                                                "",              "there is no option --=x"                                      },
    {"f --at",                                                "--at",          "needs a value: TIME"                                          },
    {"f --text",                                              "--text",        "needs a value: WORD"                                          },
    {"f --text=",                                             "--text",        "found nothing, expected a value"                              },
    {"f --allow-debug=yes",                                   "--allow-debug", "takes no value"                                               },
    {"f -d -d",                                               "--allow-debug", "is given twice"                                               },
    {"f --at 2025-07-04T10:28:44Z --at 2025-07-04T10:28:44Z", "--at",          "is given twice"                                               },
    {"f --at yesterday",                                      "--at",          "found yesterday, expected a time as 2025-07-04T10:28:44Z"     },
    {"f --at 2025-02-30T00:00:00Z",                           "--at",          NULL                                                           },
    {"f --count -1",                                          "--count",       "found -1, expected a decimal number"                          },
    {"f --count 0x10",                                        "--count",       NULL                                                           },
    {"f --count 18446744073709551616",                        "--count",       NULL                                                           },
    {"f --output xml",                                        "--output",      "found xml, expected text|json"                                },
    {"f --output text|json",                                  "--output",      NULL                                                           },
    {"f --output tex",                                        "--output",      NULL                                                           },
    {"f --url ftp://x",                                       "--url",         "found ftp://x, expected https:// or http://"                  },
};

static void refusals_say_what_and_where(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct args a;
        struct words w;
        struct quoth_error err = {0};
        print_message("  %s\n", refusals[i].line);
        assert_false(parse(rows, COUNT(rows), refusals[i].line, &w, &a, &err));
        assert_int_equal(err.code, QUOTH_USAGE);
        assert_int_equal(quoth_code_exit(err.code), 2);
        assert_string_equal(err.where, refusals[i].where);
        if (refusals[i].message)
            assert_string_equal(err.message, refusals[i].message);
    }
}

static void a_list_has_an_end(void **state)
{
    (void)state;
    char *line[2 * OPTION_LIST_MAX + 4];
    static char name[] = "--name", value[] = "x", file[] = "f";
    size_t count = 0;
    line[count++] = file;
    for (size_t i = 0; i < OPTION_LIST_MAX + 1; i++) {
        line[count++] = name;
        line[count++] = value;
    }
    struct args a = {0};
    struct quoth_error err = {0};
    const struct option_set set = {rows, COUNT(rows), &a};
    assert_true(options_parse(&set, 1, NULL, (int)count - 2, line, &err));
    a = (struct args){0};
    assert_false(options_parse(&set, 1, NULL, (int)count, line, &err));
    assert_string_equal(err.message, "stands more than 256 times");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_arrive),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(the_arguments_of_a_program_pass_as_they_are),
        cmocka_unit_test(a_command_stands_behind_two_dashes),
        cmocka_unit_test(the_environment_stands_in),
        cmocka_unit_test(help_needs_nothing_else),
        cmocka_unit_test(refusals_say_what_and_where),
        cmocka_unit_test(a_list_has_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
