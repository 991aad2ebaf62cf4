/* quoth key and quoth secret as a static PIE: what an enclave fetches, and hands over. */
#include "cli/nouns.h"

#include "crypto/init.h"

int main(int argc, char **argv)
{
    static const struct cli_noun *const nouns[] = {&cli_key, &cli_secret, NULL};
    struct quoth_error err = {0};
    return crypto_init(&err) ? cli_main(nouns, argc, argv) : quoth_code_exit(err.code);
}
