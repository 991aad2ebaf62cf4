/* quoth policy test: a policy, and named cases of what it is to decide.
 *
 *     {"policy": "policy.txt",
 *      "cases": [
 *        {"name": "our signer", "claims": {"x-ms-sgx-mrsigner": "ab.."}, "expect": "permitted",
 *         "issued": {"signer": "ab.."}},
 *        {"name": "recorded", "evidence": "quote.bin", "collateral": "bundle.json",
 *         "trustRoot": "root.pem", "at": "2026-01-01T00:00:00Z", "runtimeData": "held.bin",
 *         "expect": "denied"}]}
 *
 * Paths are relative to the file. "expect" is one of the outcomes of policy_outcome_name; without
 * "issued" any claims will do. */
#include "base/file.h"
#include "base/time.h"
#include "cli/output.h"
#include "cli/policy_file.h"
#include "cli/policy_verbs.h"
#include "codec/json_write.h"
#include "policy/claims_json.h"
#include "policy/explain.h"

#include <stdio.h>

#define CASES_FILE_MAX (4u << 20)

const struct option_row policy_test_options[] = {
    {0,   "FILE",   OPT_FILE | OPT_REQUIRED, offsetof(struct policy_test_args, cases),
     "the cases, in JSON"                                 },
    {'p', "policy", OPT_FILE,                offsetof(struct policy_test_args, policy),
     "the policy; without it, the one that the cases name"},
};

struct testing {
    const struct cli *cli;
    const char *file;
    const struct policy *policy;
    size_t *fired; /* by the number of the rule: in how many cases */
    size_t passed, failed;
    struct buffer out;
};

/* A path that a case names, beside the file of the cases. NULL if it names none. */
static bool path_of(const char *file, struct json c, const char *name, char **ret_path,
                    struct quoth_error *err)
{
    struct json member;
    AUTO(buffer) struct buffer path = {0};
    const char *slash = strrchr(file, '/');
    *ret_path = NULL;
    if (!json_member(c, name, &member))
        return true;
    AUTO(buffer) struct buffer text = {0};
    if (!json_get_text(member, &text, err))
        return false;
    if (slash && (text.len == 0 || text.data[0] != '/'))
        buffer_add(&path, (struct bytes){(const uint8_t *)file, (size_t)(slash - file) + 1});
    buffer_add(&path, buffer_bytes(&text));
    *ret_path = buffer_take_text(&path, err);
    return *ret_path != NULL;
}

static bool take_evidence(const char *file, struct json c, struct appraisal *hold,
                          struct policy_evaluation *e, struct quoth_error *err)
{
    AUTO(text) char *evidence = NULL, *collateral = NULL, *root = NULL, *runtime = NULL;
    struct verifying_args args = {0};
    struct json member;
    int64_t at = time_now();
    if (!path_of(file, c, "evidence", &evidence, err) ||
        !path_of(file, c, "collateral", &collateral, err) ||
        !path_of(file, c, "trustRoot", &root, err) ||
        !path_of(file, c, "runtimeData", &runtime, err) ||
        (json_member(c, "at", &member) && !json_get_time(member, &at, err)))
        return false;
    if (!evidence)
        return quoth_fail(err, QUOTH_JSON_VALUE, "case", json_offset(c),
                          "has neither claims nor evidence");
    args.collateral = collateral;
    args.runtime_data = runtime;
    args.trust.root = root;
    return policy_take_evidence(&args, evidence, at, hold, e, err);
}

bool policy_case_read(const char *file, struct json c, struct appraisal *hold,
                      struct policy_evaluation *e, struct quoth_error *err)
{
    struct json claims;
    return json_member(c, "claims", &claims) ? policy_read_claims(claims, e, err)
                                             : take_evidence(file, c, hold, e, err);
}

/* What the policy issued is what the case has, whatever the order of members. */
static bool issued_as_wanted(struct json c, const struct policy_evaluation *e,
                             struct buffer *ret_why, struct quoth_error *err)
{
    struct json wanted;
    AUTO(claims) struct claims *issued = claims_open();
    AUTO(buffer) struct buffer ours = {0}, theirs = {0};
    if (e->error.code != QUOTH_OK || !json_member(c, "issued", &wanted))
        return true;
    if (!issued || !policy_issued(e, issued, err))
        return false;
    claims_write(&ours, issued);
    json_write_canonical(wanted, &theirs);
    if (bytes_equal(buffer_bytes(&ours), buffer_bytes(&theirs)))
        return true;
    char shown[300];
    buffer_printf(ret_why, "issued %s", text_escape(shown, sizeof shown, buffer_bytes(&ours)));
    return false;
}

/* Judges one case. An empty why: it is as wanted. */
static bool try_case(struct testing *t, struct json c, struct buffer *why, struct quoth_error *err)
{
    AUTO(policy_evaluation) struct policy_evaluation e = POLICY_EVALUATION_INIT;
    AUTO(appraisal) struct appraisal hold = {0};
    struct quoth_error unfit = {0};
    struct json expect;
    if (!json_need(c, "expect", &expect, err))
        return false;
    if (!policy_case_read(t->file, c, &hold, &e, &unfit)) {
        buffer_printf(why, "%s: %s", unfit.where, unfit.message);
        return true;
    }
    e.traced = true;
    policy_evaluate(t->policy, &e);
    for (size_t i = 0; e.trace && i < t->policy->rule_count; i++)
        t->fired[i] += e.trace[i].fired;
    if (!json_text_is(expect, policy_outcome_name(e.error.code)))
        buffer_printf(why, "%s%s%s", policy_outcome_name(e.error.code), e.error.code ? ": " : "",
                      e.error.message);
    else if (!issued_as_wanted(c, &e, why, err) && err->code != QUOTH_OK)
        return false;
    return true;
}

static void report(struct testing *t, struct bytes name, const struct buffer *why)
{
    char shown[200], reason[400];
    const bool ok = why->len == 0;
    text_escape(shown, sizeof shown, name);
    text_escape(reason, sizeof reason, buffer_bytes(why));
    if (ok)
        t->passed++;
    else
        t->failed++;
    if (t->cli->json) {
        json_object_begin(&t->out);
        json_named_string(&t->out, "name", name);
        json_named_bool(&t->out, "passed", ok);
        if (!ok) {
            json_named_cstring(&t->out, "found", reason);
        }
        json_object_end(&t->out);
        return;
    }
    buffer_printf(&t->out, "%s%s%s  %s%s%s\n", output_color(t->cli, ok ? COLOR_GOOD : COLOR_BAD),
                  ok ? "ok    " : "FAILED", output_color(t->cli, COLOR_PLAIN), shown,
                  ok ? "" : ": ", reason);
}

static bool try_cases(struct testing *t, struct json cases, struct quoth_error *err)
{
    for (struct json c = json_first(cases); json_exists(c); c = json_next(c)) {
        AUTO(buffer) struct buffer name = {0}, why = {0};
        if (!json_need_text(c, "name", &name, err) || !try_case(t, c, &why, err))
            return false;
        report(t, buffer_bytes(&name), &why);
    }
    return true;
}

static void write_coverage(struct testing *t)
{
    size_t covered = 0;
    const struct policy *p = t->policy;
    for (size_t i = 0; i < p->rule_count; i++)
        covered += t->fired[i] > 0;
    if (t->cli->json) {
        json_array_end(&t->out);
        json_name(&t->out, "coverage");
        json_array_begin(&t->out);
    } else {
        buffer_printf(&t->out, "%zu passed, %zu failed; %zu of %zu rules fired\n", t->passed,
                      t->failed, covered, p->rule_count);
    }
    for (size_t s = 0; s < SECTION_COUNT; s++)
        for (const struct policy_rule *r = p->rules[s]; r; r = r->next) {
            if (!t->cli->json) {
                buffer_printf(&t->out, "  %4zu  rule %zu at %u:%u, %s\n", t->fired[r->number],
                              r->number + 1, r->line, r->column, policy_action_name(r->action));
                continue;
            }
            json_object_begin(&t->out);
            json_named_uint(&t->out, "rule", r->number + 1);
            json_named_uint(&t->out, "line", r->line);
            json_named_uint(&t->out, "column", r->column);
            json_named_uint(&t->out, "fired", t->fired[r->number]);
            json_object_end(&t->out);
        }
}

static bool open_policy(const struct testing *t, const char *given, struct json root,
                        struct policy **ret_policy, struct quoth_error *err)
{
    AUTO(text) char *named = NULL;
    if (!given && !path_of(t->file, root, "policy", &named, err))
        return false;
    if (!given && !named)
        return quoth_fail(err, QUOTH_USAGE, "--policy", QUOTH_NO_OFFSET,
                          "the cases name no policy, and the option is missing");
    return policy_file_open(given ? given : named, ret_policy, err);
}

bool policy_cases_read(const char *path, struct buffer *ret_text, struct json_doc *ret_doc,
                       struct json *ret_cases, struct quoth_error *err)
{
    const struct json_limits limits = {.max_len = CASES_FILE_MAX};
    return file_read(path, CASES_FILE_MAX, ret_text, err) &&
           json_parse(buffer_bytes(ret_text), &limits, ret_doc, err) &&
           json_need_array(json_root(ret_doc), "cases", ret_cases, err);
}

bool policy_test_run(struct cli *cli, const void *args, struct quoth_error *err)
{
    const struct policy_test_args *a = args;
    AUTO(buffer) struct buffer text = {0}, out = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    AUTO(policy) struct policy *policy = NULL;
    struct testing t = {.cli = cli, .file = a->cases};
    struct json cases;
    if (!policy_cases_read(a->cases, &text, &doc, &cases, err) ||
        !open_policy(&t, a->policy, json_root(&doc), &policy, err))
        return false;
    t.fired = calloc(policy->rule_count + 1, sizeof *t.fired);
    if (!t.fired)
        return quoth_fail(err, QUOTH_MEMORY, "cases", QUOTH_NO_OFFSET, "out of memory");
    t.policy = policy;
    if (cli->json) {
        json_object_begin(&t.out);
        json_name(&t.out, "cases");
        json_array_begin(&t.out);
    }
    const bool ok = try_cases(&t, cases, err);
    write_coverage(&t);
    free(t.fired);
    if (cli->json) {
        json_array_end(&t.out);
        json_object_end(&t.out);
    }
    out = take_value(t.out);
    cli->status = t.failed > 0;
    return ok && (cli->json ? output_json(&out, err) : output_write(&out, err));
}
