/* The quoth command. A new noun is a file that defines a struct cli_noun, and a row here. */
#include "cli/nouns.h"

static const struct cli_noun *const nouns[] = {
    &cli_enclave,
    &cli_platform,
    NULL,
};

int main(int argc, char **argv)
{
    return cli_main(nouns, argc, argv);
}
