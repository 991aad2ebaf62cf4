/* quoth enclave: signs programs for the software TEE, tells who they are, and runs them. */
#include "cli/enclave_verbs.h"
#include "cli/nouns.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/file.h"
#include "cli/output.h"
#include "cli/program_end.h"
#include "codec/hex.h"
#include "codec/json_write.h"
#include "platform/enclave.h"
#include "platform/enclave_key.h"
#include "platform/enclave_run.h"

static const struct option_row sign_options[] = {
    {0, "FILE",            OPT_FILE, offsetof(struct enclave_sign_args, file),
     "the program, or a configuration (*.json); default: ./enclave.json"},
    {0, "date=YYYY-MM-DD", OPT_TEXT, offsetof(struct enclave_sign_args, date),
     "date in the signature; without it equal input gives equal output" },
    {0, "records",         OPT_FILE, offsetof(struct enclave_sign_args, records),
     "write the measured records here; their SHA-256 is the unique id"  },
};

void enclave_id_row(struct buffer *out, const struct cli *cli, const char *name, const char *label,
                    const uint8_t id[32])
{
    char hex[65];
    hex_text((struct bytes){id, 32}, hex, sizeof hex);
    if (cli->json) {
        json_named_cstring(out, name, hex);
    } else {
        buffer_printf(out, "%s%s\n", label, hex);
    }
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
    return file_read(path, ENCLAVE_KEY_PEM_MAX, &text, &ignored) && text.len > 0 &&
           memmem(text.data, text.len, "-----BEGIN ", 11) != NULL;
}

static bool id_print(const struct cli *cli, const char *name, const uint8_t id[32],
                     struct quoth_error *err)
{
    AUTO(buffer) struct buffer out = {0};
    if (cli->json)
        json_object_begin(&out);
    enclave_id_row(&out, cli, name, "", id);
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
    int wait_status = 0;

    const bool ran = enclave_run(&request, &wait_status, err);
    program_end(cli, ran, wait_status, err);
    return true;
}

static const struct cli_verb verbs[] = {
    {"sign",
     "sign a program: write EXE.sig and EXE.enclave",      sizeof(struct enclave_sign_args),
     enclave_sign_run, {CLI_OPTIONS(sign_options, 0)}    },
    {"signerid",
     "print the signer id (MRSIGNER)",                     sizeof(struct file_args),
     signerid,         {CLI_OPTIONS(signerid_options, 0)}},
    {"uniqueid",
     "print the unique id (MRENCLAVE)",                    sizeof(struct file_args),
     uniqueid,         {CLI_OPTIONS(signed_options, 0)}  },
    {"show",
     "print what a signature says",                        sizeof(struct file_args),
     show,             {CLI_OPTIONS(signed_options, 0)}  },
    {"run",
     "run a signed program in an enclave of the platform", sizeof(struct run_args),
     run,              {CLI_OPTIONS(run_options, 0)}     },
};

const struct cli_noun cli_enclave = {
    .name = "enclave",
    .help = "programs in the software TEE: sign, examine, run",
    .verbs = verbs,
    .verb_count = COUNT(verbs),
};
