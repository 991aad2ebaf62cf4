#include "cli/cli.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants the two above first */
#include <cmocka.h>

struct args {
    const char *file;
    bool fail, refuse;
};

static const struct option_row rows[] = {
    {0, "FILE", OPT_FILE | OPT_REQUIRED, offsetof(struct args, file), "a file"},
    {0, "fail", OPT_FLAG,                offsetof(struct args, fail), "fail"  },
};

static const struct option_row more_rows[] = {
    {0, "refuse", OPT_FLAG, 0, "refuse"},
};

static struct args seen;
static bool seen_json;
static int runs;

static bool judge(struct cli *cli, const void *args, struct quoth_error *err)
{
    seen = *(const struct args *)args;
    seen_json = cli->json;
    runs++;
    if (seen.fail)
        return quoth_fail(err, QUOTH_MALFORMED, "file", 3, "found 9, expected 3");
    cli->status = seen.refuse ? 1 : 0;
    return true;
}

static const struct cli_verb verbs[] = {
    {"judge",
     "judge a file", sizeof(struct args),
     judge, {CLI_OPTIONS(rows, 0), CLI_OPTIONS(more_rows, offsetof(struct args, refuse))}},
};
static const struct cli_noun thing = {"thing", "a thing", verbs, COUNT(verbs)};
static const struct cli_noun *const nouns[] = {&thing, NULL};

static const struct {
    const char *line[6];
    int status, runs;
} commands[] = {
    {{NULL},                                             2, 0},
    {{"--help"},                                         0, 0},
    {{"-h"},                                             0, 0},
    {{"--version"},                                      0, 0},
    {{"--verson"},                                       2, 0},
    {{"thng"},                                           2, 0},
    {{"thing"},                                          2, 0},
    {{"thing", "--help"},                                0, 0},
    {{"thing", "jugde"},                                 2, 0},
    {{"thing", "judge"},                                 2, 0},
    {{"thing", "judge", "--help"},                       0, 0},
    {{"thing", "judge", "f", "--help"},                  0, 0},
    {{"thing", "judge", "f", "--hlep"},                  2, 0},
    {{"thing", "judge", "f", "g"},                       2, 0},
    {{"thing", "judge", "f", "--output", "xml"},         2, 0},
    {{"thing", "judge", "f"},                            0, 1},
    {{"thing", "judge", "f", "--output", "json"},        0, 1},
    {{"thing", "judge", "f", "--output=text"},           0, 1},
    {{"thing", "judge", "f", "--refuse"},                1, 1},
    {{"thing", "judge", "f", "--fail"},                  4, 1},
    {{"thing", "judge", "f", "--fail", "--output=json"}, 4, 1},
};

static void commands_end_as_they_should(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(commands); i++) {
        char *argv[8] = {strdup("quoth")};
        int argc = 1;
        for (size_t w = 0; w < COUNT(commands[i].line) && commands[i].line[w]; w++)
            argv[argc++] = strdup(commands[i].line[w]);
        runs = 0;
        assert_int_equal(cli_main(nouns, argc, argv), commands[i].status);
        assert_int_equal(runs, commands[i].runs);
        for (int w = 0; w < argc; w++)
            free(argv[w]);
    }
}

static void tables_fill_their_own_part_of_the_arguments(void **state)
{
    (void)state;
    char quoth[] = "quoth", noun[] = "thing", verb[] = "judge", file[] = "f", flag[] = "--refuse",
         json[] = "--output=json";
    char *argv[] = {quoth, noun, verb, file, flag, json};
    assert_int_equal(cli_main(nouns, COUNT(argv), argv), 1);
    assert_string_equal(seen.file, "f");
    assert_true(seen.refuse);
    assert_false(seen.fail);
    assert_true(seen_json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_end_as_they_should),
        cmocka_unit_test(tables_fill_their_own_part_of_the_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
