/* The frame of `quoth NOUN VERB [OPTIONS] [FILE]`: a noun is one file that defines one `struct
 * cli_noun`, declared in cli/nouns.h and listed in main.c; a verb is a row of it. */
#ifndef QUOTH_CLI_CLI_H
#define QUOTH_CLI_CLI_H

#include "cli/options.h"

/* What every verb is told, and its exit status. */
struct cli {
    bool json;  /* --output json: standard output carries one JSON value and nothing else */
    bool color; /* standard output is a terminal and NO_COLOR is not set */
    int status; /* exit status of a verb that returns true; 0 unless the verb sets it */
};

struct cli_option_table {
    const struct option_row *rows;
    size_t count;
    size_t at; /* offset in the verb's arguments of the struct that the rows fill */
};

#define CLI_OPTIONS(rows, at)                                                                      \
    {                                                                                              \
        rows, COUNT(rows), at                                                                      \
    }
#define CLI_TABLES_MAX 4u

struct cli_verb {
    const char *name;
    const char *help; /* one line, no full stop */
    size_t args_size; /* of the struct that the options fill; it starts zeroed */

    /* False: err is printed and decides the exit status (quoth_code_exit). A verb that prints its
     * own outcome, such as a refusal, sets cli->status and returns true. */
    bool (*run)(struct cli *cli, const void *args, struct quoth_error *err);
    struct cli_option_table options[CLI_TABLES_MAX]; /* operands and options, in order of help */
};

struct cli_noun {
    const char *name;
    const char *help;
    const struct cli_verb *verbs;
    size_t verb_count;
};

/* Runs the command line argv (argv[0] is the program) and gives the exit status. nouns ends with
 * NULL. */
int cli_main(const struct cli_noun *const *nouns, int argc, char *const *argv);

#endif
