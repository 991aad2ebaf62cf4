/* The verbs that quoth key and quoth secret share: objects of a vault, administered from here. */
#ifndef QUOTH_CLI_VAULT_ADMIN_H
#define QUOTH_CLI_VAULT_ADMIN_H

#include "cli/admin_client.h"
#include "cli/cli.h"

enum vault_noun { NOUN_KEY, NOUN_SECRET };

struct vault_admin_args {
    const char *name, *version, *file;
    bool deleted, value;
    struct admin_args admin;
};

/* NAME alone; with --version; of list; of show secret; of backup and restore. */
extern const struct option_row vault_name_options[1], vault_show_options[2], vault_list_options[2],
    vault_value_options[1], vault_backup_options[2], vault_restore_options[1];

bool key_list_run(struct cli *cli, const void *args, struct quoth_error *err);
bool key_show_run(struct cli *cli, const void *args, struct quoth_error *err);
bool key_rotate_run(struct cli *cli, const void *args, struct quoth_error *err);
bool key_delete_run(struct cli *cli, const void *args, struct quoth_error *err);
bool key_recover_run(struct cli *cli, const void *args, struct quoth_error *err);
bool key_purge_run(struct cli *cli, const void *args, struct quoth_error *err);
bool key_backup_run(struct cli *cli, const void *args, struct quoth_error *err);
bool key_restore_run(struct cli *cli, const void *args, struct quoth_error *err);
bool secret_list_run(struct cli *cli, const void *args, struct quoth_error *err);
bool secret_show_run(struct cli *cli, const void *args, struct quoth_error *err);
bool secret_delete_run(struct cli *cli, const void *args, struct quoth_error *err);
bool secret_recover_run(struct cli *cli, const void *args, struct quoth_error *err);
bool secret_purge_run(struct cli *cli, const void *args, struct quoth_error *err);
bool secret_backup_run(struct cli *cli, const void *args, struct quoth_error *err);
bool secret_restore_run(struct cli *cli, const void *args, struct quoth_error *err);

/* For the verbs that each has alone. METHOD /keys/NAME + tail (as "/create"), or of secrets; name is
 * checked. Appends the answer. */
bool vault_ask(const struct admin_args *admin, enum vault_noun noun, const char *method,
               const char *name, const char *tail, const struct buffer *body,
               struct buffer *ret_answer, struct quoth_error *err);

/* What an answer says of an object, without the value of a secret. */
bool vault_print(const struct cli *cli, const struct buffer *answer, struct quoth_error *err);

#endif
