#include "cli/nouns.h"

const struct cli_noun *const cli_nouns[] = {
    &cli_enclave,    &cli_td,       &cli_evidence, &cli_token, &cli_policy,
    &cli_collateral, &cli_platform, &cli_issuer,   &cli_key,   &cli_secret,
    &cli_master,     &cli_audit,    NULL,
};
