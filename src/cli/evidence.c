/* quoth evidence: gets evidence, looks at it, and judges it. */
#include <quoth/attester.h>

#include "base/file.h"
#include "base/time.h"
#include "cli/evidence_file.h"
#include "cli/evidence_show.h"
#include "cli/evidence_verbs.h"
#include "cli/nouns.h"
#include "cli/output.h"
#include "cli/verifying.h"
#include "codec/hex.h"
#include "codec/json_write.h"

#include <stdio.h>
#include <unistd.h>

/* --- get --- */

struct get_args {
    const char *runtime_data, *attester, *out;
};

static const struct option_row get_options[] = {
    {'r', "runtime-data",  OPT_FILE | OPT_REQUIRED, offsetof(struct get_args, runtime_data),
     "data that the evidence is to carry the SHA-256 of"                            },
    {0,   "attester=NAME", OPT_TEXT,                offsetof(struct get_args, attester),
     "gramine or tdx, and no other; without it, what is found"                      },
    {'o', "out",           OPT_FILE,                offsetof(struct get_args, out),
     "write the evidence here; without it, to standard output, in hex on a terminal"},
};

DEFINE_AUTO(attester, struct quoth_attester *, quoth_attester_close)

static bool write_evidence(const struct cli *cli, const char *path, const char *platform,
                           struct bytes evidence, struct quoth_error *err)
{
    AUTO(buffer) struct buffer out = {0};
    if (path)
        return file_write(path, evidence, 0644, err);
    if (cli->json) {
        json_object_begin(&out);
        json_named_cstring(&out, "platform", platform);
        json_named_base64url(&out, "evidence", evidence);
        json_object_end(&out);
        return output_json(&out, err);
    }
    if (isatty(STDOUT_FILENO)) {
        hex_encode(evidence, &out);
        buffer_text(&out, "\n");
    } else {
        buffer_add(&out, evidence);
    }
    return output_write(&out, err);
}

static bool get(struct cli *cli, const void *args, struct quoth_error *err)
{
    const struct get_args *a = args;
    AUTO(buffer) struct buffer data = {0};
    AUTO(attester) struct quoth_attester *attester = NULL;
    uint8_t *evidence = NULL;
    size_t len = 0;
    if (!file_read(a->runtime_data, HELD_DATA_MAX, &data, err) ||
        !quoth_attester_open(a->attester, &attester, err) ||
        !quoth_attester_evidence(attester, data.data, data.len, &evidence, &len, err))
        return false;
    const bool ok = write_evidence(cli, a->out, quoth_attester_platform(attester),
                                   (struct bytes){evidence, len}, err);
    free(evidence);
    return ok;
}

/* --- show --- */

struct show_args {
    const char *file;
};

static const struct option_row show_options[] = {
    {0, "FILE", OPT_FILE | OPT_REQUIRED, offsetof(struct show_args, file),
     "a quote or an Open Enclave report: binary, hex or base 64"},
};

static bool show(struct cli *cli, const void *args, struct quoth_error *err)
{
    const struct show_args *a = args;
    AUTO(buffer) struct buffer evidence = {0};
    AUTO(sheet) struct sheet s = sheet_for(cli);
    return evidence_file_read(a->file, &evidence, err) &&
           evidence_show(&s, buffer_bytes(&evidence), err) && sheet_print(&s, err);
}

/* --- verify --- */

struct verify_args {
    const char *file;
    struct verifying_args verifying;
};

static const struct option_row verify_options[] = {
    {0,   "FILE",   OPT_FILE | OPT_REQUIRED, offsetof(struct verify_args, file),
     "a quote or an Open Enclave report: binary, hex or base 64"},
    {'p', "policy", OPT_FILE,                offsetof(struct verify_args, verifying.policy),
     "the policy that decides; it judges debug TEEs too"        },
};

static void write_summary(const struct cli *cli, const struct appraisal *a, struct buffer *to)
{
    const bool accepted = a->error.code == QUOTH_OK;
    char time[TIME_TEXT_SIZE];
    buffer_printf(to, "%s%s%s", output_color(cli, accepted ? COLOR_GOOD : COLOR_BAD),
                  verifier_verdict_name(a), output_color(cli, COLOR_PLAIN));
    if (a->tee)
        buffer_printf(to, ": %s evidence", a->tee);
    if (!bytes_all_zero(BYTES_OF(a->root.bytes)))
        buffer_printf(to, " of a %s root%s", trust_class_name(a->root_class),
                      a->simulated ? ", which no hardware stands behind" : "");
    buffer_printf(to, ", as of %s\n", time_format(a->time, time));
}

static void write_checks(const struct cli *cli, const struct appraisal *a, struct buffer *to)
{
    static const struct {
        const char *word;
        enum output_color color;
    } results[] = {
        [CHECK_PASS] = {"pass", COLOR_GOOD},
        [CHECK_FAIL] = {"FAIL", COLOR_BAD },
        [CHECK_SKIP] = {"skip", COLOR_DIM },
    };
    for (size_t i = 0; i < a->check_count; i++) {
        const struct check *c = &a->checks[i];
        buffer_printf(to, "  %s%s%s  ", output_color(cli, results[c->result].color),
                      results[c->result].word, output_color(cli, COLOR_PLAIN));
        if (c->found[0])
            buffer_printf(to, "%-22s %s", c->name, c->found);
        else
            buffer_text(to, c->name);
        if (c->expected[0])
            buffer_printf(to, ", expected %s", c->expected);
        buffer_text(to, "\n");
    }
}

static void write_tcb(const struct appraisal *a, struct buffer *to)
{
    char date[TIME_TEXT_SIZE];
    if (!a->tcb.computed)
        return;
    buffer_printf(to, "TCB: %s, as of %s, evaluation data number %u\n",
                  tcb_status_name(a->tcb.status), time_format(a->tcb.date, date),
                  a->tcb.evaluation_data_number);
    for (size_t i = 0; i < a->tcb.advisory_count; i++)
        buffer_printf(to, "%s%s%s", i ? " " : "  ", a->tcb.advisories[i].text,
                      i + 1 == a->tcb.advisory_count ? "\n" : "");
}

static void write_claims(const struct appraisal *a, struct buffer *to)
{
    if (claims_count(a->claims) == 0)
        return;
    buffer_text(to, a->error.code == QUOTH_OK ? "Claims:\n" : "Claims, unverified:\n");
    for (size_t i = 0; i < claims_count(a->claims); i++) {
        const struct claim *c = claims_at(a->claims, i);
        AUTO(buffer) struct buffer value = {0};
        char shown[512];
        claim_write(&value, c);
        buffer_printf(to, "  %-32s %s\n", c->name,
                      text_escape(shown, sizeof shown, buffer_bytes(&value)));
    }
}

static bool print_verdict(const struct cli *cli, const struct appraisal *a, struct quoth_error *err)
{
    AUTO(buffer) struct buffer out = {0};
    if (cli->json) {
        verifier_write_verdict(&out, a);
        return output_json(&out, err);
    }
    write_summary(cli, a, &out);
    write_checks(cli, a, &out);
    write_tcb(a, &out);
    write_claims(a, &out);
    if (!output_write(&out, err))
        return false;
    if (a->error.code != QUOTH_OK)
        output_error(cli, &a->error);
    return true;
}

static bool verify(struct cli *cli, const void *args, struct quoth_error *err)
{
    const struct verify_args *a = args;
    const int64_t at = a->verifying.at.given ? a->verifying.at.value : time_now();
    AUTO(appraisal) struct appraisal verdict = {0};
    AUTO(buffer) struct buffer evidence = {0};
    struct quoth_error unread = {0};
    if (!appraisal_init(&verdict, at, err))
        return false;
    if (!evidence_file_read(a->file, &evidence, &unread))
        appraisal_fail(&verdict, "evidence.file", &unread);
    else if (!verifying_judge(&a->verifying, buffer_bytes(&evidence), at, &verdict, err))
        return false;
    cli->status = quoth_code_exit(verdict.error.code);
    return print_verdict(cli, &verdict, err);
}

static const struct cli_verb verbs[] = {
    {"get",
     "get evidence about this program from the TEE it runs in",                      sizeof(struct get_args),
     get,                {CLI_OPTIONS(get_options, 0)}                                                              },
    {"show",
     "tell what evidence says, without judging it",                                  sizeof(struct show_args),
     show,               {CLI_OPTIONS(show_options, 0)}                                                             },
    {"verify",
     "judge evidence: signatures, collateral, TCB, and data that it carries",        sizeof(struct verify_args),
     verify,             {CLI_OPTIONS(verify_options, 0),
      CLI_OPTIONS(verifying_options, offsetof(struct verify_args, verifying)),
      CLI_OPTIONS(trust_options, offsetof(struct verify_args, verifying.trust)),
      CLI_OPTIONS(service_options, offsetof(struct verify_args, verifying.service))}                    },
    {"diff",
     "tell which claims two pieces of evidence do not share",                        sizeof(struct evidence_diff_args),
     evidence_diff_run,  {CLI_OPTIONS(evidence_diff_options, 0),
      CLI_OPTIONS(verifying_options, offsetof(struct evidence_diff_args, verifying)),
      CLI_OPTIONS(trust_options, offsetof(struct evidence_diff_args, verifying.trust)),
      CLI_OPTIONS(service_options, offsetof(struct evidence_diff_args, verifying.service))}  },
    {"learn",
     "write the policy that accepts exactly these programs, once they are verified", sizeof(struct evidence_learn_args),
     evidence_learn_run, {CLI_OPTIONS(evidence_learn_options, 0),
      CLI_OPTIONS(verifying_options, offsetof(struct evidence_learn_args, verifying)),
      CLI_OPTIONS(trust_options, offsetof(struct evidence_learn_args, verifying.trust)),
      CLI_OPTIONS(service_options, offsetof(struct evidence_learn_args, verifying.service))}},
};

const struct cli_noun cli_evidence = {"evidence", "what a TEE says of itself, and its judgement",
                                      verbs, COUNT(verbs)};
