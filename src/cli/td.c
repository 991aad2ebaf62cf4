/* quoth td: programs in a simulated trust domain, with the interface of Linux to Intel TDX. */
#include "cli/nouns.h"

#include "cli/output.h"
#include "cli/program_end.h"
#include "codec/hex.h"
#include "codec/json_write.h"
#include "platform/td_run.h"

struct td_args {
    const char *exe, *platform, *init_data;
    struct option_list args;
    bool debug;
};

#define AT(member) offsetof(struct td_args, member)

/* clang-format off */
static const struct option_row td_options[] = {
    {0, "EXE", OPT_FILE | OPT_REQUIRED, AT(exe), "any program: a path, or a name that PATH leads to"},
    {0, "ARGS", OPT_REST, AT(args), "its arguments; options, too, belong to it"},
    {0, "debug", OPT_FLAG, AT(debug), "a debug TD: verifiers refuse it unless told otherwise"},
    {0, "platform", OPT_FOLDER, AT(platform), "the simulated platform to run on; nothing of it is measured"},
    {0, "init-data", OPT_FILE, AT(init_data), "its SHA-256 becomes MRCONFIGID"},
};
/* clang-format on */

static struct td_plan plan_of(const struct td_args *args)
{
    return (struct td_plan){
        .exe = args->exe,
        .args = args->args.items,
        .init_data = args->init_data,
        .debug = args->debug,
    };
}

/* --- measure --- */

static bool measure(struct cli *cli, const void *raw, struct quoth_error *err)
{
    const struct td_plan plan = plan_of(raw);
    AUTO(buffer) struct buffer out = {0};
    struct td_identity td;
    uint8_t attributes[8], xfam[8];
    char hex[97];

    if (!td_measure(&plan, &td, err))
        return false;
    const struct {
        const char *claim, *label;
        struct bytes value;
    } rows[] = {
        {"tdx_mrtd",          "MRTD         ", BYTES_OF(td.mr_td)       },
        {"tdx_mrconfigid",    "MRCONFIGID   ", BYTES_OF(td.mr_config_id)},
        {"tdx_rtmr0",         "RTMR0        ", BYTES_OF(td.rtmr[0])     },
        {"tdx_rtmr1",         "RTMR1        ", BYTES_OF(td.rtmr[1])     },
        {"tdx_rtmr2",         "RTMR2        ", BYTES_OF(td.rtmr[2])     },
        {"tdx_rtmr3",         "RTMR3        ", BYTES_OF(td.rtmr[3])     },
        {"tdx_td_attributes", "TDATTRIBUTES ", BYTES_OF(attributes)     },
        {"tdx_xfam",          "XFAM         ", BYTES_OF(xfam)           },
    };
    for (size_t i = 0; i < sizeof attributes; i++) { /* as the report has them: little-endian */
        attributes[i] = (uint8_t)(td.attributes >> (8 * i));
        xfam[i] = (uint8_t)(td.xfam >> (8 * i));
    }
    if (cli->json)
        json_object_begin(&out);
    for (size_t i = 0; i < COUNT(rows); i++) {
        hex_text(rows[i].value, hex, sizeof hex);
        if (cli->json) {
            json_named_cstring(&out, rows[i].claim, hex);
        } else {
            buffer_printf(&out, "%s%s\n", rows[i].label, hex);
        }
    }
    if (!cli->json)
        return output_write(&out, err);
    json_object_end(&out);
    return output_json(&out, err);
}

/* --- run --- */

static bool run(struct cli *cli, const void *raw, struct quoth_error *err)
{
    const struct td_args *args = raw;
    const struct td_run request = {
        .plan = plan_of(args), .platform = args->platform, .log = stderr};
    int wait_status = 0;

    const bool ran = td_run(&request, &wait_status, err);
    program_end(cli, ran, wait_status, err);
    return true;
}

static const struct cli_verb verbs[] = {
    {"run",
     "run a program in a trust domain of the platform", sizeof(struct td_args),
     run,     {CLI_OPTIONS(td_options, 0)}},
    {"measure",
     "print what would be measured of it",              sizeof(struct td_args),
     measure, {CLI_OPTIONS(td_options, 0)}},
};

const struct cli_noun cli_td = {
    .name = "td",
    .help = "programs in a simulated trust domain: measure, run",
    .verbs = verbs,
    .verb_count = COUNT(verbs),
};
