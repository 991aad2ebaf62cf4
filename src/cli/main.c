/* The quoth command. A new noun is a file that defines a struct cli_noun, and a row here. */
#include "cli/nouns.h"

#include "crypto/init.h"

#include <stdio.h>

static const struct cli_noun *const nouns[] = {
    &cli_enclave, &cli_evidence, &cli_token, &cli_policy, &cli_collateral, &cli_platform, &cli_audit, NULL,
};

int main(int argc, char **argv)
{
    struct quoth_error err = {0};
    if (!crypto_init(&err)) {
        fprintf(stderr, "quoth: %s\n", err.message);
        return quoth_code_exit(err.code);
    }
    return cli_main(nouns, argc, argv);
}
