/* A policy in a file: its text, or a JWS of it as it is uploaded and as a service gives it back. */
#ifndef QUOTH_CLI_POLICY_FILE_H
#define QUOTH_CLI_POLICY_FILE_H

#include "policy/policy.h"
#include "token/policy_jws.h"

struct policy_file {                   /* owned: policy_file_clear */
    struct buffer text;                /* of the policy */
    char token_hash[POLICY_HASH_SIZE]; /* x-ms-policy-token-hash; "" unless it is a JWS */
    struct buffer token;               /* the JWS itself; empty unless it is one */
};

void policy_file_clear(struct policy_file *f);
DEFINE_AUTO_VALUE(policy_file, struct policy_file, policy_file_clear)

/* Reads a file ("-": standard input). The signature of a JWS must hold; whom it is of is another
 * question. QUOTH_IO, QUOTH_TOO_LARGE, QUOTH_JWS_*. */
bool policy_file_read(const char *path, struct policy_file *ret_file, struct quoth_error *err);

/* x-ms-policy-token-hash: of a JWS as it is uploaded (maa.md 1.7). */
bool policy_token_hash(struct bytes jws, char ret_hash[POLICY_HASH_SIZE], struct quoth_error *err);

/* policy_file_read, parsed: also what policy_open says. */
bool policy_file_open(const char *path, struct policy **ret_policy, struct quoth_error *err);

#endif
