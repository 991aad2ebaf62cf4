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

/* Texts that the manual has too. */
extern const char help_what[], help_exit_status[];

/* "quoth policy sign [OPTIONS] [FILE]" */
void help_usage(struct buffer *to, const struct cli_noun *noun, const struct cli_verb *verb);

/* Calls it for every operand (operands true) or option of a verb, in order of help. */
typedef void help_each_fn(void *context, const struct option_row *row);
void help_each(const struct cli_verb *verb, bool operands, help_each_fn *each, void *context);

void help_program(FILE *to, const struct cli_noun *const *nouns);
void help_noun(FILE *to, const struct cli_noun *noun);
void help_verb(FILE *to, const struct cli_noun *noun, const struct cli_verb *verb);

#endif
