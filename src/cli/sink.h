/* Where a fetched key or secret goes: to a descriptor, into the environment of a program, to
 * standard output. Never to disk, and not to a terminal unless it is asked for. */
#ifndef QUOTH_CLI_SINK_H
#define QUOTH_CLI_SINK_H

#include "cli/cli.h"

struct sink_args {
    struct option_uint fd;
    const char *env;
    bool to_stdout;
    struct option_list command;
};

/* Before anything is fetched: QUOTH_USAGE if the arguments do not fit together, if the descriptor is
 * not open for writing, is a file on a disk, or is a terminal and --stdout does not say so. */
bool sink_check(const struct sink_args *args, struct quoth_error *err);

/* Hands the bytes over. With a command it does not return but in failure: the command takes this
 * process's place, and only its environment has the bytes, which must be text without a NUL. */
bool sink_write(const struct sink_args *args, struct bytes secret, struct quoth_error *err);

#endif
