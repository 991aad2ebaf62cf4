/* quoth key fetch and quoth secret fetch. */
#ifndef QUOTH_CLI_FETCH_H
#define QUOTH_CLI_FETCH_H

#include "cli/sink.h"

struct fetch_args {
    const char *what, *vault, *verifier, *ca, *verifier_ca, *version, *attester, *wrap, *format,
        *token_file;
    struct option_uint recipient_bits, patience;
    struct sink_args sink;
};

extern const struct option_row fetch_options[12], sink_options[4];
bool key_fetch_run(struct cli *cli, const void *args, struct quoth_error *err);
bool secret_fetch_run(struct cli *cli, const void *args, struct quoth_error *err);

#endif
