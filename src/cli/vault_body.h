/* What keys and secrets are made with: attributes, tags, a release policy. */
#ifndef QUOTH_CLI_VAULT_BODY_H
#define QUOTH_CLI_VAULT_BODY_H

#include "cli/options.h"

struct vault_body_args {
    const char *policy;
    bool immutable, disabled;
    struct option_time not_before, expires;
    struct option_list tags;
};

extern const struct option_row vault_body_options[6];

/* Writes the members attributes, tags and release_policy of a body that has begun. exportable: a
 * key's. */
bool vault_body_write(const struct vault_body_args *a, bool exportable, struct buffer *to,
                      struct quoth_error *err);

/* The member release_policy alone; a text is read as the vault will read it, so that a mistake is
 * told with line and column before anything is sent. What is no JSON object is taken for a signed
 * policy, and is the vault's to judge. */
bool vault_policy_write(const char *file, bool immutable, struct buffer *to,
                        struct quoth_error *err);

#endif
