/* Manual pages and shell completion of the quoth command, from the tables that --help reads. */
#ifndef QUOTH_CLI_PAGES_H
#define QUOTH_CLI_PAGES_H

#include "cli/cli.h"

/* quoth(1) and quoth-NOUN(1). nouns ends with NULL. Appended. */
void pages_program(struct buffer *to, const struct cli_noun *const *nouns);
void pages_noun(struct buffer *to, const struct cli_noun *noun);

/* A script for bash that completes nouns, verbs, options and choices; files by default. */
void pages_bash(struct buffer *to, const struct cli_noun *const *nouns);

#endif
