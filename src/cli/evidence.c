/* quoth evidence: looks at evidence, and judges it. */
#include "base/time.h"
#include "cli/evidence_file.h"
#include "cli/evidence_show.h"
#include "cli/nouns.h"
#include "cli/output.h"
#include "cli/verifying.h"

#include <stdio.h>

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
    {0, "FILE", OPT_FILE | OPT_REQUIRED, offsetof(struct verify_args, file),
     "a quote or an Open Enclave report: binary, hex or base 64"},
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
    {"show",
     "tell what evidence says, without judging it",                           sizeof(struct show_args),
     show,   {CLI_OPTIONS(show_options, 0)}                                                     },
    {"verify",
     "judge evidence: signatures, collateral, TCB, and data that it carries", sizeof(struct verify_args),
     verify, {CLI_OPTIONS(verify_options, 0),
      CLI_OPTIONS(verifying_options, offsetof(struct verify_args, verifying)),
      CLI_OPTIONS(trust_options, offsetof(struct verify_args, verifying.trust)),
      CLI_OPTIONS(service_options, offsetof(struct verify_args, verifying.service))}},
};

const struct cli_noun cli_evidence = {"evidence", "what a TEE says of itself, and its judgement",
                                      verbs, COUNT(verbs)};
