/* quoth policy: looks at a policy, tries it, and tells why it decides as it does. */
#include "policy/policy.h"

#include "base/file.h"
#include "base/suggest.h"
#include "base/time.h"
#include "cli/evidence_file.h"
#include "cli/nouns.h"
#include "cli/output.h"
#include "cli/policy_admin.h"
#include "cli/policy_file.h"
#include "cli/policy_verbs.h"
#include "codec/json_write.h"
#include "policy/check.h"
#include "policy/claims_json.h"
#include "policy/explain.h"

#include <stdio.h>

#define CLAIMS_FILE_MAX (1u << 20)

/* --- check --- */

#define KIND_HELP "of attestation (the default), or of the release of keys"

struct check_args {
    const char *file, *kind, *type;
    bool strict;
};

static const struct option_row check_options[] = {
    {0,   "kind=attest|release",                                       OPT_CHOICE,              offsetof(struct check_args, kind),   KIND_HELP                            },
    {0,   "FILE",                                                      OPT_FILE | OPT_REQUIRED, offsetof(struct check_args, file),   "the policy"                         },
    {0,   "strict",                                                    OPT_FLAG,                offsetof(struct check_args, strict), "exit 1 if there is a warning"       },
    {'t', "type=SgxEnclave|OpenEnclave|TdxVm|SevSnpVm|Tpm|AzureGuest", OPT_CHOICE,
     offsetof(struct check_args,                                                                                            type),   "the attestation type that it is for"},
};

/* "; did you mean ...?" for a claim that nobody gives. */
static const char *suggest(const struct policy_finding *f, char text[SUGGESTION_TEXT_SIZE])
{
    struct suggestion s = suggestion_for(f->name);
    text[0] = '\0';
    if (strcmp(f->code, "unknown-claim") != 0)
        return text;
    for (size_t i = 0; policy_known_claim(i).len; i++)
        suggestion_offer(&s, policy_known_claim(i));
    return suggestion_text(&s, "", text);
}

static void write_finding(const struct cli *cli, const struct policy_finding *f, struct buffer *to)
{
    char more[SUGGESTION_TEXT_SIZE];
    if (f->line)
        buffer_printf(to, "%u:%u: ", f->line, f->column);
    buffer_printf(to, "%s%s%s: %s%s [%s]\n",
                  output_color(cli, f->level == POLICY_WARNING ? COLOR_BAD : COLOR_DIM),
                  policy_level_name(f->level), output_color(cli, COLOR_PLAIN), f->text,
                  suggest(f, more), f->code);
}

/* Two types judge the same quotes, each by its own policy (THREATS 16). */
static size_t add_sibling(const char *type, struct policy_finding *findings, size_t count)
{
    static const char *const siblings[][2] = {
        {"SgxEnclave",  "OpenEnclave"},
        {"OpenEnclave", "SgxEnclave" },
    };
    for (size_t i = 0; type && i < COUNT(siblings) && count < POLICY_FINDINGS_MAX; i++) {
        if (strcmp(type, siblings[i][0]) != 0)
            continue;
        struct policy_finding *f = &findings[count++];
        *f = (struct policy_finding){.level = POLICY_NOTE, .code = "sibling"};
        snprintf(f->text, sizeof f->text,
                 "%s judges the same quotes by a policy of its own: set it there too, or close "
                 "that type",
                 siblings[i][1]);
    }
    return count;
}

/* Findings view the policy, which the caller holds. */
static bool find_mistakes(const struct check_args *a, struct policy **ret_policy,
                          struct policy_finding findings[POLICY_FINDINGS_MAX], size_t *ret_count,
                          struct quoth_error *err)
{
    if (policy_is_release(a->kind))
        return policy_release_check(a->file, findings, ret_count, err);
    if (!policy_file_open(a->file, ret_policy, err))
        return false;
    *ret_count = add_sibling(a->type, findings, policy_check(*ret_policy, findings));
    return true;
}

static bool check(struct cli *cli, const void *args, struct quoth_error *err)
{
    const struct check_args *a = args;
    AUTO(policy) struct policy *policy = NULL;
    AUTO(buffer) struct buffer out = {0};
    struct policy_finding findings[POLICY_FINDINGS_MAX];
    size_t warnings = 0, count = 0;
    if (!find_mistakes(a, &policy, findings, &count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        warnings += findings[i].level == POLICY_WARNING;
    cli->status = a->strict && warnings > 0;
    if (cli->json) {
        policy_findings_write(&out, findings, count);
        return output_json(&out, err);
    }
    for (size_t i = 0; i < count; i++)
        write_finding(cli, &findings[i], &out);
    buffer_printf(&out, "%zu warning%s, %zu note%s\n", warnings, warnings == 1 ? "" : "s",
                  count - warnings, count - warnings == 1 ? "" : "s");
    return output_write(&out, err);
}

/* --- explain --- */

struct explain_args {
    const char *file, *kind, *claims, *evidence;
    bool challenge_met;
    struct verifying_args verifying;
};

static const struct option_row explain_options[] = {
    {0,   "kind=attest|release", OPT_CHOICE,              offsetof(struct explain_args, kind),          KIND_HELP   },
    {0,   "challenge-met",       OPT_FLAG,                offsetof(struct explain_args, challenge_met),
     "of a release: as if the runtime data answered a challenge of the vault"                                       },
    {0,   "FILE",                OPT_FILE | OPT_REQUIRED, offsetof(struct explain_args, file),          "the policy"},
    {0,   "claims",              OPT_FILE,                offsetof(struct explain_args, claims),
     "judge these claims: a JSON object of names and values"                                                        },
    {'e', "evidence",            OPT_FILE,                offsetof(struct explain_args, evidence),
     "judge this evidence, once it is verified"                                                                     },
};

bool policy_take_evidence(const struct verifying_args *args, const char *file, int64_t at,
                          struct appraisal *hold, struct policy_evaluation *e,
                          struct quoth_error *err)
{
    struct verifying_args lenient = *args;
    AUTO(buffer) struct buffer evidence = {0};
    lenient.allow_debug = true; /* the policy is to say */
    if (!appraisal_init(hold, at, err) || !evidence_file_read(file, &evidence, err) ||
        !verifying_judge(&lenient, buffer_bytes(&evidence), at, hold, err))
        return false;
    if (hold->error.code != QUOTH_OK) {
        *err = hold->error;
        return false;
    }
    policy_add_claims(e, hold->claims);
    return true;
}

static bool print_trace(const struct cli *cli, const struct policy *policy,
                        const struct policy_evaluation *e, struct quoth_error *err)
{
    AUTO(buffer) struct buffer out = {0};
    if (cli->json) {
        policy_explain_json(&out, policy, e);
        return output_json(&out, err);
    }
    policy_explain_text(&out, policy, e);
    if (!output_write(&out, err))
        return false;
    if (e->error.code != QUOTH_OK)
        output_error(cli, &e->error);
    return true;
}

static bool explain_release(struct cli *cli, const struct explain_args *a, int64_t at,
                            struct quoth_error *err)
{
    const struct release_facts facts = {.now = at, .challenge_met = a->challenge_met};
    if (!a->claims || a->evidence)
        return quoth_fail(err, QUOTH_USAGE, "--claims", QUOTH_NO_OFFSET,
                          "a release is judged by the claims of a token: give --claims");
    return policy_release_explain(cli, a->file, a->claims, &facts, err);
}

static bool explain(struct cli *cli, const void *args, struct quoth_error *err)
{
    const struct explain_args *a = args;
    const int64_t at = a->verifying.at.given ? a->verifying.at.value : time_now();
    AUTO(policy) struct policy *policy = NULL;
    AUTO(appraisal) struct appraisal appraisal = {0};
    AUTO(buffer) struct buffer text = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    AUTO(policy_evaluation) struct policy_evaluation e = POLICY_EVALUATION_INIT;
    if (policy_is_release(a->kind))
        return explain_release(cli, a, at, err);
    if (!a->claims == !a->evidence)
        return quoth_fail(err, QUOTH_USAGE, "--claims", QUOTH_NO_OFFSET,
                          "give either --claims or --evidence");
    if (!policy_file_open(a->file, &policy, err))
        return false;
    if (a->claims && (!file_read(a->claims, CLAIMS_FILE_MAX, &text, err) ||
                      !json_parse(buffer_bytes(&text), NULL, &doc, err) ||
                      !policy_read_claims(json_root(&doc), &e, err)))
        return false;
    if (a->evidence && !policy_take_evidence(&a->verifying, a->evidence, at, &appraisal, &e, err))
        return false;
    e.traced = true;
    policy_evaluate(policy, &e);
    cli->status = quoth_code_exit(e.error.code);
    return print_trace(cli, policy, &e, err);
}

/* --- hash --- */

struct hash_args {
    const char *file, *kind;
};

static const struct option_row hash_options[] = {
    {0, "kind=attest|release", OPT_CHOICE,              offsetof(struct hash_args, kind), KIND_HELP   },
    {0, "FILE",                OPT_FILE | OPT_REQUIRED, offsetof(struct hash_args, file), "the policy"},
};

static bool hash(struct cli *cli, const void *args, struct quoth_error *err)
{
    const struct hash_args *a = args;
    AUTO(policy_file) struct policy_file f = {0};
    AUTO(policy) struct policy *policy = NULL;
    AUTO(buffer) struct buffer out = {0};
    char text[POLICY_HASH_SIZE];
    if (policy_is_release(a->kind))
        return policy_release_hash(cli, a->file, err);
    if (!policy_file_read(a->file, &f, err) ||
        !policy_open(buffer_bytes(&f.text), &policy, NULL, err) ||
        !policy_hash(policy_source(policy), text, err))
        return false;
    const char *token = f.token_hash[0] ? f.token_hash : NULL;
    if (!cli->json) {
        buffer_printf(&out, "%s%s%s%s\n", token ? "x-ms-policy-hash        " : "", text,
                      token ? "\nx-ms-policy-token-hash  " : "", token ? token : "");
        return output_write(&out, err);
    }
    json_object_begin(&out);
    json_named_cstring(&out, "x-ms-policy-hash", text);
    if (token) {
        json_named_cstring(&out, "x-ms-policy-token-hash", token);
    }
    json_object_end(&out);
    return output_json(&out, err);
}

static const struct cli_verb verbs[] = {
    {"check",
     "look for mistakes: syntax, names nobody gives, rules that never fire",               sizeof(struct check_args),
     check,               {CLI_OPTIONS(check_options, 0)}                                            },
    {"test",
     "try a policy on named cases, and count which rules they reach",                      sizeof(struct policy_test_args),
     policy_test_run,     {CLI_OPTIONS(policy_test_options, 0)}                                      },
    {"explain",
     "tell rule by rule what a policy makes of claims or of evidence",                     sizeof(struct explain_args),
     explain,             {CLI_OPTIONS(explain_options, 0),
      CLI_OPTIONS(verifying_options, offsetof(struct explain_args, verifying)),
      CLI_OPTIONS(trust_options, offsetof(struct explain_args, verifying.trust)),
      CLI_OPTIONS(service_options, offsetof(struct explain_args, verifying.service))}   },
    {"diff",
     "tell which rules two policies do not share, and which cases they judge differently", sizeof(struct policy_diff_args),
     policy_diff_run,     {CLI_OPTIONS(policy_diff_options, 0)}                                      },
    {"sign",
     "make the JWS that sets or resets a policy, or adds or removes a signer",             sizeof(struct policy_sign_args),
     policy_sign_run,     {CLI_OPTIONS(policy_sign_options, 0)}                                      },
    {"hash",
     "print the x-ms-policy-hash of a policy, as tokens carry it",                         sizeof(struct hash_args),
     hash,                {CLI_OPTIONS(hash_options, 0)}                                             },
    {"get",
     "print the policy that a verifier judges by",                                         sizeof(struct policy_admin_args),
     policy_get_run,      {CLI_OPTIONS(policy_get_options, 0),
      CLI_OPTIONS(admin_options, offsetof(struct policy_admin_args, admin))}     },
    {"set",
     "give a verifier a policy",                                                           sizeof(struct policy_admin_args),
     policy_set_run,      {CLI_OPTIONS(policy_set_options, 0),
      CLI_OPTIONS(admin_options, offsetof(struct policy_admin_args, admin))}     },
    {"reset",
     "put a verifier back to its default policy",                                          sizeof(struct policy_admin_args),
     policy_reset_run,    {CLI_OPTIONS(policy_reset_options, 0),
      CLI_OPTIONS(admin_options, offsetof(struct policy_admin_args, admin))}   },
    {"history",
     "list which policies a verifier had, from whom and since when",                       sizeof(struct policy_admin_args),
     policy_history_run,  {CLI_OPTIONS(policy_history_options, 0),
      CLI_OPTIONS(admin_options, offsetof(struct policy_admin_args, admin))} },
    {"rollback",
     "set a policy of the history again",                                                  sizeof(struct policy_admin_args),
     policy_rollback_run, {CLI_OPTIONS(policy_rollback_options, 0),
      CLI_OPTIONS(admin_options, offsetof(struct policy_admin_args, admin))}},
};

const struct cli_noun cli_policy = {"policy", "what makes a verdict of claims", verbs,
                                    COUNT(verbs)};
