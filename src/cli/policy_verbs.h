/* The verbs of quoth policy that have files of their own. */
#ifndef QUOTH_CLI_POLICY_VERBS_H
#define QUOTH_CLI_POLICY_VERBS_H

#include "cli/cli.h"
#include "cli/verifying.h"
#include "policy/check.h"
#include "policy/evaluate.h"
#include "release/evaluate.h"

struct policy_test_args {
    const char *cases, *policy;
};

struct policy_sign_args {
    const char *file, *kind, *name, *key, *cert, *operation, *aud, *type, *iat;
    bool is_unsigned;
};

extern const struct option_row policy_sign_options[10];
bool policy_sign_run(struct cli *cli, const void *args, struct quoth_error *err);

extern const struct option_row policy_test_options[2];
bool policy_test_run(struct cli *cli, const void *args, struct quoth_error *err);

struct policy_diff_args {
    const char *a, *b, *cases;
};

extern const struct option_row policy_diff_options[3];
bool policy_diff_run(struct cli *cli, const void *args, struct quoth_error *err);

/* Reads a file of cases; ret_cases is their array in ret_doc, which views ret_text. */
bool policy_cases_read(const char *path, struct buffer *ret_text, struct json_doc *ret_doc,
                       struct json *ret_cases, struct quoth_error *err);

/* What comes in by a case of that file: its claims, or its evidence once it is verified. */
bool policy_case_read(const char *file, struct json c, struct appraisal *hold,
                      struct policy_evaluation *e, struct quoth_error *err);

/* Judges evidence as the options say, debug TEEs let through, and adds its claims to what comes in.
 * False when it is refused: why is in err. */
bool policy_take_evidence(const struct verifying_args *args, const char *file, int64_t at,
                          struct appraisal *hold, struct policy_evaluation *e,
                          struct quoth_error *err);

/* --kind release: what quoth policy does with the policies of keys (release/policy.h). */
bool policy_is_release(const char *kind);
bool policy_release_check(const char *path, struct policy_finding to[POLICY_FINDINGS_MAX],
                          size_t *ret_count, struct quoth_error *err);
bool policy_release_hash(const struct cli *cli, const char *path, struct quoth_error *err);

/* Appends what is signed for the policy in a file: release/policy_signed.h. */
bool policy_release_payload(const char *path, const char *name, const char *issuer, int64_t iat,
                            struct buffer *to, struct quoth_error *err);

/* Judges the claims in a file, as if its token were verified, and tells why. */
bool policy_release_explain(struct cli *cli, const char *path, const char *claims,
                            const struct release_facts *facts, struct quoth_error *err);

#endif
