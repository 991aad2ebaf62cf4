/* The verbs of `quoth enclave`, between the files that hold them. */
#ifndef QUOTH_CLI_ENCLAVE_VERBS_H
#define QUOTH_CLI_ENCLAVE_VERBS_H

#include "cli/cli.h"

struct enclave_sign_args {
    const char *file, *date, *records;
};

bool enclave_sign_run(struct cli *cli, const void *args, struct quoth_error *err);

/* An id of 32 bytes as a line after label, or with --output json as the member name. */
void enclave_id_row(struct buffer *out, const struct cli *cli, const char *name, const char *label,
                    const uint8_t id[32]);

#endif
