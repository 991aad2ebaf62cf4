/* The verbs of quoth policy that administer a verifier. */
#ifndef QUOTH_CLI_POLICY_ADMIN_H
#define QUOTH_CLI_POLICY_ADMIN_H

#include "cli/admin_client.h"
#include "cli/cli.h"

struct policy_admin_args {
    const char *type, *file;
    bool jws;
    struct option_uint version;
    struct admin_args admin;
};

extern const struct option_row policy_get_options[2], policy_set_options[2],
    policy_reset_options[2], policy_history_options[1], policy_rollback_options[2];
bool policy_get_run(struct cli *cli, const void *args, struct quoth_error *err);
bool policy_set_run(struct cli *cli, const void *args, struct quoth_error *err);
bool policy_reset_run(struct cli *cli, const void *args, struct quoth_error *err);
bool policy_history_run(struct cli *cli, const void *args, struct quoth_error *err);
bool policy_rollback_run(struct cli *cli, const void *args, struct quoth_error *err);

#endif
