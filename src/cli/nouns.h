/* The nouns of the quoth command, one file each: declare it here, list it in nouns.c. */
#ifndef QUOTH_CLI_NOUNS_H
#define QUOTH_CLI_NOUNS_H

#include "cli/cli.h"

extern const struct cli_noun *const cli_nouns[]; /* all of them, ended by NULL */

extern const struct cli_noun cli_audit;
extern const struct cli_noun cli_collateral;
extern const struct cli_noun cli_enclave;
extern const struct cli_noun cli_evidence;
extern const struct cli_noun cli_issuer;
extern const struct cli_noun cli_master;
extern const struct cli_noun cli_key;
extern const struct cli_noun cli_platform;
extern const struct cli_noun cli_policy;
extern const struct cli_noun cli_secret;
extern const struct cli_noun cli_td;
extern const struct cli_noun cli_token;

#endif
