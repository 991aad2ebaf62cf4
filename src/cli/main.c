/* The quoth command. */
#include "cli/nouns.h"

#include "crypto/init.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    struct quoth_error err = {0};
    setenv("TSS2_LOG", "all+none", 0); /* what a TPM refuses we say ourselves */
    if (!crypto_init(&err)) {
        fprintf(stderr, "quoth: %s\n", err.message);
        return quoth_code_exit(err.code);
    }
    return cli_main(cli_nouns, argc, argv);
}
