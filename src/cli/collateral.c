/* quoth collateral: gets endorsements, looks at them, and carries them to where there is no
 * network. */
#include "base/file.h"
#include "base/time.h"
#include "cli/collateral_show.h"
#include "cli/evidence_file.h"
#include "cli/marks_file.h"
#include "cli/nouns.h"
#include "cli/output.h"
#include "cli/verifying.h"
#include "collateral/bundle.h"
#include "collateral/folder.h"
#include "fetch/pcs.h"
#include "tee/dcap/judge.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

/* --- which platform is meant --- */

struct platform_args {
    const char *evidence, *tee, *fmspc, *ca;
};

static const struct option_row platform_options[] = {
    {'e', "evidence",                  OPT_FILE,   offsetof(struct platform_args, evidence),
     "take the platform from this evidence, once its signatures hold"},
    {0,   "tee=sgx|tdx",               OPT_CHOICE, offsetof(struct platform_args, tee),
     "or say it: what kind of TEE"                                   },
    {0,   "fmspc=HEX",                 OPT_TEXT,   offsetof(struct platform_args, fmspc),
     "which family of platforms, 12 digits"                          },
    {0,   "pck-ca=processor|platform", OPT_CHOICE, offsetof(struct platform_args, ca),
     "which CA certifies the platform (platform)"                    },
};

static bool key_from_evidence(const char *path, const struct trust *trust, int64_t at,
                              struct collateral_key *ret_key, struct quoth_error *err)
{
    AUTO(buffer) struct buffer evidence = {0};
    struct verifier_input in = {0};
    struct tee_platform platform;
    if (!evidence_file_read(path, &evidence, err))
        return false;
    in.tee_input =
        (struct tee_input){.evidence = buffer_bytes(&evidence), .trust = trust, .at = at};
    return verifier_platform(&in, &platform, err) &&
           collateral_key_make(&platform.root, platform.tee, platform.fmspc, platform.ca, ret_key,
                               err);
}

static bool key_from_words(const struct platform_args *args, const struct trust *trust,
                           struct collateral_key *ret_key, struct quoth_error *err)
{
    char fmspc[16];
    size_t i = 0;
    for (; i < sizeof fmspc - 1 && args->fmspc[i]; i++)
        fmspc[i] =
            (char)(args->fmspc[i] >= 'A' && args->fmspc[i] <= 'F' ? args->fmspc[i] - 'A' + 'a'
                                                                  : args->fmspc[i]);
    fmspc[i] = '\0';
    return collateral_key_make(&trust->anchors[0].fingerprint, args->tee, fmspc,
                               args->ca ? args->ca : "platform", ret_key, err);
}

/* *ret_given is false if no option speaks of a platform. */
static bool key_from_args(const struct platform_args *args, const struct trust *trust, int64_t at,
                          struct collateral_key *ret_key, bool *ret_given, struct quoth_error *err)
{
    const bool said = args->tee || args->fmspc || args->ca;
    *ret_given = said || args->evidence;
    if (!*ret_given)
        return true;
    if (args->evidence && said)
        return quoth_fail(err, QUOTH_USAGE, "--evidence", QUOTH_NO_OFFSET,
                          "stands beside --tee, --fmspc or --pck-ca");
    if (args->evidence)
        return key_from_evidence(args->evidence, trust, at, ret_key, err);
    if (!args->tee || !args->fmspc)
        return quoth_fail(err, QUOTH_USAGE, args->tee ? "--fmspc" : "--tee", QUOTH_NO_OFFSET,
                          "is missing");
    return key_from_words(args, trust, ret_key, err);
}

static bool write_bundle(const char *path, const struct collateral *c, struct quoth_error *err)
{
    AUTO(buffer) struct buffer json = {0};
    if (!bundle_write(c, &json, err))
        return false;
    if (!path || strcmp(path, "-") == 0)
        return output_json(&json, err);
    buffer_text(&json, "\n");
    return buffer_ok(&json, err) && file_write(path, buffer_bytes(&json), 0644, err);
}

static int64_t instant(const struct option_time *at)
{
    return at->given ? at->value : time_now();
}

/* --- fetch --- */

struct fetch_args {
    const char *source, *out;
    struct option_time at;
    struct platform_args platform;
    struct trust_args trust;
    struct service_args service;
};

static const struct option_row fetch_options[] = {
    {0,   "SOURCE", OPT_SOURCE, offsetof(struct fetch_args, source),
     "URL of a PCS or PCCS; without it, Intel's"            },
    {'o', "out",    OPT_FILE,   offsetof(struct fetch_args, out),
     "write the bundle here; without it, to standard output"},
    {'t', "at",     OPT_TIME,   offsetof(struct fetch_args, at),
     "judge the evidence as of this moment; without it, now"},
};

static bool fetch(struct cli *cli, const void *args, struct quoth_error *err)
{
    const struct fetch_args *a = args;
    struct trust trust;
    struct collateral_key key;
    struct collateral_facts facts;
    bool given;
    AUTO(collateral) struct collateral c = {0};
    AUTO(sheet) struct sheet s = sheet_for(cli);
    const int64_t at = instant(&a->at);
    if (!trust_from_args(&a->trust, &trust, err) ||
        !key_from_args(&a->platform, &trust, at, &key, &given, err))
        return false;
    if (!given)
        return quoth_fail(err, QUOTH_USAGE, "--evidence", QUOTH_NO_OFFSET,
                          "is missing, and so are --tee and --fmspc");
    if (!collateral_from_args(&a->service, a->source ? a->source : PCS_INTEL, &key, &c, err) ||
        !dcap_collateral_judge(&trust, &c, &key, &facts, err) || !write_bundle(a->out, &c, err))
        return false;
    if (!a->out || strcmp(a->out, "-") == 0)
        return true;
    collateral_show_summary(&s, &key, &facts, at);
    return sheet_print(&s, err);
}

/* --- show --- */

struct show_args {
    const char *source;
    struct option_time at;
    struct trust_args trust;
};

static const struct option_row show_options[] = {
    {0,   "PATH", OPT_FILE | OPT_REQUIRED, offsetof(struct show_args, source),
     "a bundle, or a folder of files"                            },
    {'t', "at",   OPT_TIME,                offsetof(struct show_args, at),
     "say whether it has expired at this moment; without it, now"},
};

static bool show(struct cli *cli, const void *args, struct quoth_error *err)
{
    const struct show_args *a = args;
    struct trust trust;
    AUTO(collateral) struct collateral c = {0};
    AUTO(sheet) struct sheet s = sheet_for(cli);
    if (!trust_from_args(&a->trust, &trust, err) || !collateral_load(a->source, NULL, &c, err))
        return false;
    collateral_show(&s, &c, &trust, instant(&a->at));
    return sheet_print(&s, err);
}

/* --- export --- */

struct export_args {
    const char *source, *out;
    struct option_time at;
    struct platform_args platform;
    struct trust_args trust;
};

static const struct option_row export_options[] = {
    {0,   "PATH", OPT_FILE | OPT_REQUIRED, offsetof(struct export_args, source),
     "a bundle, a folder of files, or a folder that import filled"},
    {'o', "out",  OPT_FILE,                offsetof(struct export_args, out),
     "write the bundle here; without it, to standard output"      },
    {'t', "at",   OPT_TIME,                offsetof(struct export_args, at),
     "judge the evidence as of this moment; without it, now"      },
};

static bool export(struct cli *cli, const void *args, struct quoth_error *err)
{
    const struct export_args *a = args;
    struct trust trust;
    struct collateral_key key;
    bool given;
    AUTO(collateral) struct collateral c = {0};
    (void)cli;
    return trust_from_args(&a->trust, &trust, err) &&
           key_from_args(&a->platform, &trust, instant(&a->at), &key, &given, err) &&
           collateral_load(a->source, given ? &key : NULL, &c, err) &&
           write_bundle(a->out, &c, err);
}

/* --- import --- */

struct import_args {
    const char *source, *into;
    struct option_time at;
    bool allow_older;
    struct trust_args trust;
};

static const struct option_row import_options[] = {
    {0,   "PATH",        OPT_FILE | OPT_REQUIRED,   offsetof(struct import_args, source),
     "a bundle, or a folder of files"                                             },
    {'i', "into",        OPT_FOLDER | OPT_REQUIRED, offsetof(struct import_args, into),
     "folder of many platforms, as --collateral takes it; made if it is not there"},
    {'t', "at",          OPT_TIME,                  offsetof(struct import_args, at),
     "refuse what has expired at this moment; without it, now"                    },
    {0,   "allow-older", OPT_FLAG,                  offsetof(struct import_args, allow_older),
     "accept documents that are older than those imported before, and say so"     },
};

static bool in_time(const struct collateral_facts *facts, int64_t at, struct quoth_error *err)
{
    char expires[TIME_TEXT_SIZE];
    return at <= facts->expires ||
           quoth_fail(err, QUOTH_COLLATERAL_EXPIRED, "collateral", QUOTH_NO_OFFSET, "expired at %s",
                      time_format(facts->expires, expires));
}

/* The marks are on disk before the set is: what was accepted once is never forgotten. */
static bool advance(const struct import_args *a, const struct collateral_key *key,
                    const struct collateral_facts *facts, struct quoth_error *err)
{
    AUTO(marks_file) struct marks_file *file = NULL;
    bool older;
    if (!marks_file_open(a->into, &file, err))
        return false;
    const struct collateral_marks marks = marks_file_marks(file);
    if (!marks_advance(&marks, key, facts->of, a->allow_older, &older, err) ||
        !marks_file_save(file, err))
        return false;
    if (older)
        fprintf(stderr,
                "quoth: older documents than before were accepted, as --allow-older says\n");
    return true;
}

/* A folder that holds one platform's files is read as just that, whatever stands below it. */
static bool make_folder(const char *path, struct quoth_error *err)
{
    AUTO(text) char *file = path_join(path, "tcb_info.json", err);
    if (!file)
        return false;
    if (file_exists(file))
        return quoth_fail(err, QUOTH_USAGE, "--into", QUOTH_NO_OFFSET,
                          "that folder holds the files of one platform");
    return mkdir(path, 0755) == 0 || errno == EEXIST ||
           quoth_fail(err, QUOTH_IO, path, QUOTH_NO_OFFSET, "cannot be made: %s", strerror(errno));
}

static bool import(struct cli *cli, const void *args, struct quoth_error *err)
{
    const struct import_args *a = args;
    const int64_t at = instant(&a->at);
    struct trust trust;
    struct collateral_key key;
    struct collateral_facts facts;
    char name[COLLATERAL_KEY_TEXT_SIZE];
    AUTO(collateral) struct collateral c = {0};
    AUTO(sheet) struct sheet s = sheet_for(cli);
    if (!trust_from_args(&a->trust, &trust, err) || !collateral_load(a->source, NULL, &c, err) ||
        !dcap_collateral_identify(&trust, &c, &key, &facts, err) || !in_time(&facts, at, err) ||
        !make_folder(a->into, err))
        return false;
    AUTO(text) char *entry = path_join(a->into, collateral_key_text(&key, name), err);
    if (!entry || !advance(a, &key, &facts, err) || !folder_write(entry, &c, err))
        return false;
    collateral_show_summary(&s, &key, &facts, at);
    sheet_cstring(&s, "folder", entry);
    return sheet_print(&s, err);
}

static const struct cli_verb verbs[] = {
    {"fetch",
     "ask a collateral service for one platform",                                 sizeof(struct fetch_args),
     fetch,  {CLI_OPTIONS(fetch_options, 0),
      CLI_OPTIONS(platform_options, offsetof(struct fetch_args, platform)),
      CLI_OPTIONS(trust_options, offsetof(struct fetch_args, trust)),
      CLI_OPTIONS(service_options, offsetof(struct fetch_args, service))}                      },
    {"show",
     "tell what collateral says, and whether it is signed by a trusted root",     sizeof(struct show_args),
     show,   {CLI_OPTIONS(show_options, 0), CLI_OPTIONS(trust_options, offsetof(struct show_args, trust))}},
    {"export",
     "write collateral of any form as one bundle",                                sizeof(struct export_args),
     export, {CLI_OPTIONS(export_options, 0),
      CLI_OPTIONS(platform_options, offsetof(struct export_args, platform)),
      CLI_OPTIONS(trust_options, offsetof(struct export_args, trust))}                        },
    {"import",
     "verify collateral and add it to a folder, never an older one over a newer", sizeof(struct import_args),
     import, {CLI_OPTIONS(import_options, 0),
      CLI_OPTIONS(trust_options, offsetof(struct import_args, trust))}                        },
};

const struct cli_noun cli_collateral = {"collateral", "what vendors publish about platforms", verbs,
                                        COUNT(verbs)};
