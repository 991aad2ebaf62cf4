/* A policy in a file. */
#ifndef QUOTH_CLI_POLICY_FILE_H
#define QUOTH_CLI_POLICY_FILE_H

#include "policy/policy.h"

/* Reads and parses a file ("-": standard input): QUOTH_IO and what policy_open says. */
bool policy_file_open(const char *path, struct policy **ret_policy, struct quoth_error *err);

#endif
