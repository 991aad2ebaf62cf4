/* The verbs of quoth policy that have files of their own. */
#ifndef QUOTH_CLI_POLICY_VERBS_H
#define QUOTH_CLI_POLICY_VERBS_H

#include "cli/verifying.h"
#include "policy/evaluate.h"

struct policy_test_args {
    const char *cases, *policy;
};

extern const struct option_row policy_test_options[2];
bool policy_test_run(struct cli *cli, const void *args, struct quoth_error *err);

/* Judges evidence as the options say, debug TEEs let through, and adds its claims to what comes in.
 * False when it is refused: why is in err. */
bool policy_take_evidence(const struct verifying_args *args, const char *file, int64_t at,
                          struct appraisal *hold, struct policy_evaluation *e,
                          struct quoth_error *err);

#endif
