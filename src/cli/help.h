/* Help texts, printed from the tables of nouns, verbs and options. */
#ifndef QUOTH_CLI_HELP_H
#define QUOTH_CLI_HELP_H

#include "cli/cli.h"

#include <stdio.h>

/* Options that every command has: --output and --help. */
struct cli_common {
    const char *output;
    bool help;
};

extern const struct cli_option_table cli_common_options;

void help_program(FILE *to, const struct cli_noun *const *nouns);
void help_noun(FILE *to, const struct cli_noun *noun);
void help_verb(FILE *to, const struct cli_noun *noun, const struct cli_verb *verb);

#endif
