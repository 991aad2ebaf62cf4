/* The verbs of quoth evidence that have files of their own. */
#ifndef QUOTH_CLI_EVIDENCE_VERBS_H
#define QUOTH_CLI_EVIDENCE_VERBS_H

#include "cli/cli.h"
#include "cli/verifying.h"

struct evidence_diff_args {
    const char *a, *b;
    struct verifying_args verifying;
};

extern const struct option_row evidence_diff_options[2];
bool evidence_diff_run(struct cli *cli, const void *args, struct quoth_error *err);

struct evidence_learn_args {
    struct option_list files;
    const char *by;
    struct verifying_args verifying;
};

extern const struct option_row evidence_learn_options[2];
bool evidence_learn_run(struct cli *cli, const void *args, struct quoth_error *err);

#endif
