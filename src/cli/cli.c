#include "cli/cli.h"

#include "base/suggest.h"
#include "cli/help.h"
#include "cli/output.h"

#include <stdio.h>
#include <unistd.h>

DEFINE_AUTO(args, void *, free)

static bool wants_help(const char *argument)
{
    return strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0;
}

static bool wants_color(void)
{
    const char *no_color = getenv("NO_COLOR"); /* any value but the empty one: no-color.org */
    return isatty(STDOUT_FILENO) && !(no_color && no_color[0]);
}

/* The error goes out in the form that was asked for, even when the rest of the line is wrong. */
static bool asks_for_json(int argc, char *const *argv)
{
    for (int i = 0; i < argc; i++)
        if (strcmp(argv[i], "--output=json") == 0 ||
            (i > 0 && strcmp(argv[i - 1], "--output") == 0 && strcmp(argv[i], "json") == 0))
            return true;
    return false;
}

static const struct cli_noun *find_noun(const struct cli_noun *const *nouns, const char *name,
                                        struct quoth_error *err)
{
    struct suggestion near = suggestion_for(bytes_of_text(name));
    char text[SUGGESTION_TEXT_SIZE];
    for (; *nouns; nouns++) {
        if (strcmp((*nouns)->name, name) == 0)
            return *nouns;
        suggestion_offer(&near, bytes_of_text((*nouns)->name));
    }
    quoth_fail(err, QUOTH_USAGE, NULL, QUOTH_NO_OFFSET, "there is no noun %s%s", name,
               suggestion_text(&near, "", text));
    return NULL;
}

static const struct cli_verb *find_verb(const struct cli_noun *noun, const char *name,
                                        struct quoth_error *err)
{
    struct suggestion near = suggestion_for(bytes_of_text(name));
    char text[SUGGESTION_TEXT_SIZE];
    for (size_t i = 0; i < noun->verb_count; i++) {
        if (strcmp(noun->verbs[i].name, name) == 0)
            return &noun->verbs[i];
        suggestion_offer(&near, bytes_of_text(noun->verbs[i].name));
    }
    quoth_fail(err, QUOTH_USAGE, noun->name, QUOTH_NO_OFFSET, "there is no verb %s%s", name,
               suggestion_text(&near, "", text));
    return NULL;
}

static bool run_verb(struct cli *cli, const struct cli_noun *noun, const struct cli_verb *verb,
                     int argc, char *const *argv, struct quoth_error *err)
{
    AUTO(args) void *args = calloc(1, verb->args_size ? verb->args_size : 1);
    if (!args)
        return quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");

    struct cli_common common = {0};
    struct option_set sets[CLI_TABLES_MAX + 1] = {
        {cli_common_options.rows, cli_common_options.count, &common}
    };
    for (size_t i = 0; i < CLI_TABLES_MAX; i++)
        sets[i + 1] = (struct option_set){verb->options[i].rows, verb->options[i].count,
                                          (char *)args + verb->options[i].at};
    if (!options_parse(sets, COUNT(sets), &common.help, argc, argv, err))
        return false;
    cli->json = common.output && strcmp(common.output, "json") == 0;
    if (common.help) {
        help_verb(stdout, noun, verb);
        return true;
    }
    return verb->run(cli, args, err);
}

static bool run(struct cli *cli, const struct cli_noun *const *nouns, int argc, char *const *argv,
                struct quoth_error *err)
{
    if (argc < 2) {
        help_program(stderr, nouns);
        cli->status = quoth_code_exit(QUOTH_USAGE);
        return true;
    }
    if (wants_help(argv[1])) {
        help_program(stdout, nouns);
        return true;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("quoth %s\n", QUOTH_VERSION);
        return true;
    }
    const struct cli_noun *noun = find_noun(nouns, argv[1], err);
    if (!noun)
        return false;
    if (argc < 3) {
        help_noun(stderr, noun);
        cli->status = quoth_code_exit(QUOTH_USAGE);
        return true;
    }
    if (wants_help(argv[2])) {
        help_noun(stdout, noun);
        return true;
    }
    const struct cli_verb *verb = find_verb(noun, argv[2], err);
    return verb && run_verb(cli, noun, verb, argc - 3, argv + 3, err);
}

int cli_main(const struct cli_noun *const *nouns, int argc, char *const *argv)
{
    struct cli cli = {.color = wants_color(), .json = asks_for_json(argc, argv)};
    struct quoth_error err = {0};
    if (run(&cli, nouns, argc, argv, &err))
        return cli.status;
    output_error(&cli, &err);
    return quoth_code_exit(err.code);
}
