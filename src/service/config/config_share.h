/* A configuration that many read while another takes its place: freed with its last holder. */
#ifndef QUOTH_SERVICE_CONFIG_SHARE_H
#define QUOTH_SERVICE_CONFIG_SHARE_H

#include "service/config/config_report.h"

#include <stdatomic.h>

struct config_share {
    atomic_size_t holders;
    int argc; /* the command line that it was read from, which outlives it */
    char *const *argv;
    struct config config; /* never changes */
};

/* As config_read; the caller is the first holder. */
bool config_share_read(int argc, char *const *argv, enum config_command *ret_command,
                       struct config_share **ret_share, struct quoth_error *err);

/* Reads and checks everything anew, from the same command line. False: the report says why. */
bool config_share_again(const struct config_share *s, struct config_share **ret_share,
                        struct config_report *report);

struct config_share *config_share_hold(struct config_share *s); /* returns s */
void config_share_release(struct config_share *s);              /* accepts NULL */
DEFINE_AUTO(config_share, struct config_share *, config_share_release)

/* Appends the names of the settings that differ but count at the next start alone: "workers, rate". */
void config_share_differences(const struct config *running, const struct config *read,
                              struct buffer *to);

#endif
