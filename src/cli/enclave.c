/* quoth enclave: signs programs for the software TEE, tells who they are, and runs them. */
#include "cli/nouns.h"

#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/time.h"
#include "cli/output.h"
#include "codec/hex.h"
#include "codec/json_write.h"
#include "platform/enclave.h"
#include "platform/enclave_key.h"
#include "platform/enclave_run.h"

#define DEFAULT_CONFIG "enclave.json"
#define STATUS_REFUSED 125     /* the launch was refused */
#define STATUS_NOT_STARTED 126 /* the kernel did not start the program */
#define STATUS_SIGNAL 128      /* plus the number of the signal that ended it */

/* --- sign --- */

struct sign_args {
    const char *file, *date, *records;
};

static const struct option_row sign_options[] = {
    {0, "FILE",            OPT_FILE, offsetof(struct sign_args, file),
     "the program, or a configuration (*.json); default: ./enclave.json"},
    {0, "date=YYYY-MM-DD", OPT_TEXT, offsetof(struct sign_args, date),
     "date in the signature; without it equal input gives equal output" },
    {0, "records",         OPT_FILE, offsetof(struct sign_args, records),
     "write the measured records here; their SHA-256 is the unique id"  },
};

/* What `sign` says on the way; with --output json only the result goes to standard output. */
static void say(const struct cli *cli, const char *what, const char *which)
{
    fprintf(cli->json ? stderr : stdout, "%s%s\n", what, which);
}

static bool has_suffix(const char *text, const char *suffix)
{
    const size_t len = strlen(text), end = strlen(suffix);
    return len >= end && strcmp(text + len - end, suffix) == 0;
}

/* name, as seen from folder ("" is the working directory). Free it. */
static char *path_from(const char *folder, const char *name, struct quoth_error *err)
{
    if (folder[0] != '\0' && name[0] != '/')
        return path_join(folder, name, err);
    char *copy = strdup(name);
    if (!copy)
        quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
    return copy;
}

static bool config_read_file(const struct cli *cli, const char *path, const char *folder,
                             struct enclave_config *ret_config, struct quoth_error *err)
{
    AUTO(buffer) struct buffer json = {0}, warnings = {0};
    char line[256];

    if (!file_read(path, ENCLAVE_CONFIG_LIMIT, &json, err) ||
        !enclave_config_read(buffer_bytes(&json), ret_config, &warnings, err) ||
        !enclave_config_load_files(ret_config, folder, err) || !buffer_ok(&warnings, err))
        return false;
    for (size_t at = 0; at < warnings.len;) {
        const struct bytes rest = bytes_slice(buffer_bytes(&warnings), at, warnings.len);
        const uint8_t *end = memchr(rest.data, '\n', rest.len);
        const size_t len = end ? (size_t)(end - rest.data) : rest.len;
        say(cli, "Warning: ", text_escape(line, sizeof line, bytes_slice(rest, 0, len)));
        at += len + 1;
    }
    return true;
}

/* enclave.json of the working directory for a program that was named: it must be about it. */
static bool config_for_program(const struct cli *cli, const char *exe,
                               struct enclave_config *ret_config, struct quoth_error *err)
{
    AUTO(enclave_config) struct enclave_config config = {0};

    if (!file_exists(DEFAULT_CONFIG)) {
        AUTO(buffer) struct buffer json = {0};
        say(cli, "Generating new ", DEFAULT_CONFIG);
        if (!enclave_config_write_default(exe, &json, err) ||
            !file_write(DEFAULT_CONFIG, buffer_bytes(&json), 0644, err))
            return false;
    }
    if (!config_read_file(cli, DEFAULT_CONFIG, "", &config, err))
        return false;
    if (strcmp(config.exe, exe) != 0)
        return quoth_fail(err, QUOTH_USAGE, exe, QUOTH_NO_OFFSET,
                          "the program named is not the one in " DEFAULT_CONFIG);
    *ret_config = take_value(config);
    return true;
}

/* Finds the configuration that the argument means; paths in it start at *ret_folder. */
static bool config_find(const struct cli *cli, const char *file, struct enclave_config *ret_config,
                        char **ret_folder, struct quoth_error *err)
{
    const bool program = file && !has_suffix(file, ".json");
    AUTO(text) char *copy = strdup(file ? file : DEFAULT_CONFIG);
    if (!copy)
        return quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
    AUTO(text) char *folder = strdup(program || !strchr(copy, '/') ? "" : dirname(copy));
    if (!folder)
        return quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
    if (program ? !config_for_program(cli, file, ret_config, err)
                : !config_read_file(cli, file ? file : DEFAULT_CONFIG, folder, ret_config, err))
        return false;
    *ret_folder = take(folder);
    return true;
}

/* "2025-07-04" is 0x20250704. */
static bool date_parse(const char *text, uint32_t *ret_date, struct quoth_error *err)
{
    uint32_t date = 0;
    int64_t ignored;
    int y, m, d;
    char rest;

    if (strlen(text) != 10 || sscanf(text, "%4d-%2d-%2d%c", &y, &m, &d, &rest) != 3 ||
        !time_from_parts(y, m, d, 0, 0, 0, &ignored))
        return quoth_fail(err, QUOTH_USAGE, "--date", QUOTH_NO_OFFSET, "is no date as 2025-07-04");
    for (const char *c = text; *c; c++)
        if (*c != '-')
            date = date << 4 | (uint32_t)(*c - '0');
    *ret_date = date;
    return true;
}

static void id_row(struct buffer *out, const struct cli *cli, const char *name, const char *label,
                   const uint8_t id[32])
{
    char hex[65];
    hex_text((struct bytes){id, 32}, hex, sizeof hex);
    if (cli->json) {
        json_name(out, name);
        json_cstring(out, hex);
    } else {
        buffer_printf(out, "%s%s\n", label, hex);
    }
}

static bool sign_print(const struct cli *cli, const struct sigstruct *s, struct quoth_error *err)
{
    AUTO(buffer) struct buffer out = {0};
    if (cli->json)
        json_object_begin(&out);
    id_row(&out, cli, "uniqueId", "unique id  ", s->body.mr_enclave);
    id_row(&out, cli, "signerId", "signer id  ", s->mr_signer);
    if (!cli->json)
        return output_write(&out, err);
    json_object_end(&out);
    return output_json(&out, err);
}

static bool sign_with(const struct cli *cli, const struct sign_args *args,
                      struct enclave_signing *signing, struct quoth_error *err)
{
    struct sigstruct sigstruct;
    FILE *records = args->records ? fopen(args->records, "we") : NULL;

    if (args->records && !records)
        return quoth_fail(err, QUOTH_IO, args->records, QUOTH_NO_OFFSET, "cannot be written");
    signing->records = records;
    const bool ok = enclave_sign(signing, &sigstruct, err);
    if (records && fclose(records) != 0 && ok)
        return quoth_fail(err, QUOTH_IO, args->records, QUOTH_NO_OFFSET, "cannot be written");
    return ok && sign_print(cli, &sigstruct, err);
}

static bool sign(struct cli *cli, const void *raw, struct quoth_error *err)
{
    const struct sign_args *args = raw;
    AUTO(enclave_config) struct enclave_config config = {0};
    AUTO(private_key) struct private_key *key = NULL;
    AUTO(text) char *folder = NULL;
    struct enclave_signing signing = {.config = &config};
    bool made = false;

    if ((args->date && !date_parse(args->date, &signing.date, err)) ||
        !config_find(cli, args->file, &config, &folder, err))
        return false;
    AUTO(text) char *exe = path_from(folder, config.exe, err);
    AUTO(text) char *key_path = path_from(folder, config.key, err);
    if (!exe || !key_path)
        return false;
    if (!file_exists(key_path))
        say(cli, "Generating new ", key_path);
    if (!enclave_key_open(key_path, &key, &made, err))
        return false;
    signing.exe = exe;
    signing.key = key;
    return sign_with(cli, args, &signing, err);
}

/* --- signerid, uniqueid, show --- */

struct file_args {
    const char *file;
};

static const struct option_row signerid_options[] = {
    {0, "FILE", OPT_FILE | OPT_REQUIRED, offsetof(struct file_args, file),
     "a signed program, its .sig, or a public or private key as PEM"},
};

static const struct option_row signed_options[] = {
    {0, "FILE", OPT_FILE | OPT_REQUIRED, offsetof(struct file_args, file),
     "a signed program (ours, EGo's, Open Enclave's) or a .sig"},
};

static bool is_pem(const char *path)
{
    AUTO(buffer) struct buffer text = {0};
    struct quoth_error ignored = {0};
    return file_read(path, ENCLAVE_KEY_PEM_MAX, &text, &ignored) &&
           memmem(text.data, text.len, "-----BEGIN ", 11) != NULL;
}

static bool id_print(const struct cli *cli, const char *name, const uint8_t id[32],
                     struct quoth_error *err)
{
    AUTO(buffer) struct buffer out = {0};
    if (cli->json)
        json_object_begin(&out);
    id_row(&out, cli, name, "", id);
    if (!cli->json)
        return output_write(&out, err);
    json_object_end(&out);
    return output_json(&out, err);
}

/* As EGo has it, a program with room for a signature and none in it belongs to signer 0. */
static bool signerid(struct cli *cli, const void *raw, struct quoth_error *err)
{
    const struct file_args *args = raw;
    struct sigstruct s = {0};
    bool blank = false;

    if (is_pem(args->file)) {
        AUTO(buffer) struct buffer pem = {0};
        if (!file_read(args->file, ENCLAVE_KEY_PEM_MAX, &pem, err) ||
            !sigstruct_signer_of_pem(buffer_bytes(&pem), s.mr_signer, err))
            return false;
    } else if (!enclave_sigstruct(args->file, &s, &blank, err)) {
        return false;
    }
    return id_print(cli, "signerId", s.mr_signer, err);
}

/* A program of ours is measured, so that the id of one that changed since is not given out. */
static bool uniqueid(struct cli *cli, const void *raw, struct quoth_error *err)
{
    const struct file_args *args = raw;
    AUTO(enclave) struct enclave enclave = {0};
    AUTO(text) char *sig_path = enclave_path(args->file, ".sig", err);
    struct sigstruct s = {0};
    bool blank = false;

    if (!sig_path)
        return false;
    if (file_exists(sig_path))
        return enclave_load(args->file, &enclave, err) &&
               id_print(cli, "uniqueId", enclave.identity.mr_enclave, err);
    return enclave_sigstruct(args->file, &s, &blank, err) &&
           id_print(cli, "uniqueId", s.body.mr_enclave, err);
}

struct shown {
    const char *name;
    char value[72];
};

#define SHOWN_COUNT 12u

/* The rows of gramine-sgx-sigstruct-view, under its names. */
static void shown_fill(const struct sigstruct *s, struct shown rows[SHOWN_COUNT])
{
    const struct sigstruct_body *b = &s->body;
    struct shown *r = rows;
#define ROW(row_name, ...) (r->name = (row_name), snprintf(r++->value, 72, __VA_ARGS__))
    r->name = "mr_signer";
    hex_text(BYTES_OF(s->mr_signer), r++->value, 72);
    r->name = "mr_enclave";
    hex_text(BYTES_OF(b->mr_enclave), r++->value, 72);
    ROW("isv_prod_id", "%u", b->isv_prod_id);
    ROW("isv_svn", "%u", b->isv_svn);
    ROW("debug_enclave", "%s", (b->flags & SGX_FLAG_DEBUG) ? "true" : "false");
    ROW("attribute_flags", "0x%" PRIx64, b->flags);
    ROW("attribute_xfrms", "0x%" PRIx64, b->xfrm);
    ROW("misc_select", "0x%" PRIx32, b->misc_select);
    ROW("attribute_flags_mask", "0x%" PRIx64, b->flags_mask);
    ROW("attribute_xfrm_mask", "0x%" PRIx64, b->xfrm_mask);
    ROW("misc_mask", "0x%" PRIx32, b->misc_mask);
    ROW("date", "%04" PRIx32 "-%02" PRIx32 "-%02" PRIx32, b->date >> 16, b->date >> 8 & 0xFF,
        b->date & 0xFF);
#undef ROW
}

static bool is_number(const char *name)
{
    return strcmp(name, "isv_prod_id") == 0 || strcmp(name, "isv_svn") == 0 ||
           strcmp(name, "debug_enclave") == 0;
}

static bool show(struct cli *cli, const void *raw, struct quoth_error *err)
{
    const struct file_args *args = raw;
    AUTO(buffer) struct buffer out = {0};
    struct shown rows[SHOWN_COUNT];
    struct sigstruct s;

    if (!enclave_sigstruct(args->file, &s, NULL, err))
        return false;
    shown_fill(&s, rows);
    if (!cli->json) {
        buffer_text(&out, "Attributes:\n");
        for (size_t i = 0; i < COUNT(rows); i++)
            buffer_printf(&out, "    %s: %s\n", rows[i].name, rows[i].value);
        return output_write(&out, err);
    }
    json_object_begin(&out);
    for (size_t i = 0; i < COUNT(rows); i++) {
        json_name(&out, rows[i].name);
        if (is_number(rows[i].name))
            json_raw(&out, bytes_of_text(rows[i].value));
        else
            json_cstring(&out, rows[i].value);
    }
    json_object_end(&out);
    return output_json(&out, err);
}

/* --- run --- */

struct run_args {
    const char *exe, *platform;
    struct option_list args;
    bool require_sandbox;
};

static const struct option_row run_options[] = {
    {0, "EXE",             OPT_FILE | OPT_REQUIRED, offsetof(struct run_args, exe),             "the signed program"},
    {0, "ARGS",            OPT_REST,                offsetof(struct run_args, args),
     "its arguments; options, too, belong to it"                                                                    },
    {0, "platform",        OPT_FOLDER,              offsetof(struct run_args, platform),
     "the simulated platform to run on"                                                                             },
    {0, "require-sandbox", OPT_FLAG,                offsetof(struct run_args, require_sandbox),
     "start only if every layer of confinement is to be had"                                                        },
};

/* Statuses of our own lie where programs seldom have theirs (as docker run and env have them), but
 * for a machine that lacks something, which is told as everywhere. */
static int status_of(const struct quoth_error *err)
{
    switch (err->code) {
    case QUOTH_ENCLAVE_EXEC:
        return STATUS_NOT_STARTED;
    case QUOTH_IO: /* a file of the enclave's that cannot be read */
        return STATUS_REFUSED;
    default:
        return quoth_code_exit(err->code) == 3 ? 3 : STATUS_REFUSED;
    }
}

static bool run(struct cli *cli, const void *raw, struct quoth_error *err)
{
    const struct run_args *args = raw;
    const struct enclave_run request = {
        .exe = args->exe,
        .args = args->args.items,
        .platform = args->platform,
        .require_sandbox = args->require_sandbox,
        .log = stderr,
    };
    int wait_status;

    if (!enclave_run(&request, &wait_status, err)) {
        output_error(cli, err);
        cli->status = status_of(err);
    } else if (WIFSIGNALED(wait_status)) {
        fprintf(stderr, "[quoth] the program was ended by signal %d (%s)\n", WTERMSIG(wait_status),
                strsignal(WTERMSIG(wait_status)));
        cli->status = STATUS_SIGNAL + WTERMSIG(wait_status);
    } else {
        cli->status = WEXITSTATUS(wait_status);
    }
    return true;
}

static const struct cli_verb verbs[] = {
    {"sign",
     "sign a program: write EXE.sig and EXE.enclave",      sizeof(struct sign_args),
     sign,     {CLI_OPTIONS(sign_options, 0)}    },
    {"signerid",
     "print the signer id (MRSIGNER)",                     sizeof(struct file_args),
     signerid, {CLI_OPTIONS(signerid_options, 0)}},
    {"uniqueid",
     "print the unique id (MRENCLAVE)",                    sizeof(struct file_args),
     uniqueid, {CLI_OPTIONS(signed_options, 0)}  },
    {"show",
     "print what a signature says",                        sizeof(struct file_args),
     show,     {CLI_OPTIONS(signed_options, 0)}  },
    {"run",
     "run a signed program in an enclave of the platform", sizeof(struct run_args),
     run,      {CLI_OPTIONS(run_options, 0)}     },
};

const struct cli_noun cli_enclave = {
    .name = "enclave",
    .help = "programs in the software TEE: sign, examine, run",
    .verbs = verbs,
    .verb_count = COUNT(verbs),
};
