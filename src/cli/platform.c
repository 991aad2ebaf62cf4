/* quoth platform: the simulated machine and its vendor. */
#include "platform/platform.h"
#include "base/file.h"
#include "base/time.h"
#include "cli/nouns.h"
#include "cli/output.h"
#include "codec/hex.h"
#include "codec/json_write.h"
#include "platform/pcs_server.h"
#include "platform/vendor.h"

#include <signal.h>
#include <stddef.h>

#define LISTEN_DEFAULT "127.0.0.1:8081"

/* All verbs share one struct; each has the rows of what it reads. */
struct args {
    const char *folder, *url, *word, *listen, *ready_file;
    struct option_uint number;
};

static const struct option_row folder_rows[] = {
    {'p', "platform=DIR", OPT_FOLDER, offsetof(struct args, folder),
     "the platform's folder (default $XDG_DATA_HOME/quoth/platform)"},
};
static const struct option_row init_rows[] = {
    {0, "url", OPT_URL, offsetof(struct args, url),
     "where certificates say that CRLs are (default " VENDOR_SERVICE_DEFAULT ")"},
};
static const struct option_row refresh_rows[] = {
    {0, "evaluation-number=N", OPT_UINT, offsetof(struct args, number),
     "raise the TCB evaluation data number (default: keep it)"},
};
static const struct option_row status_rows[] = {
    {0, "STATUS", OPT_TEXT | OPT_REQUIRED, offsetof(struct args, word),
     "UpToDate, SWHardeningNeeded, ConfigurationNeeded, OutOfDate, Revoked, ..."},
};
static const struct option_row revoke_rows[] = {
    {0, "CERTIFICATE", OPT_TEXT | OPT_REQUIRED, offsetof(struct args, word),
     "pck, platform-ca or tcb-signing"},
};
static const struct option_row serve_rows[] = {
    {'l', "listen=ADDRESS",  OPT_TEXT, offsetof(struct args, listen),
     "loopback address and port, 0 for a free one (default " LISTEN_DEFAULT ")"},
    {0,   "ready-file=FILE", OPT_FILE, offsetof(struct args, ready_file),
     "write the service's URL there once it can be reached"                    },
};

static void facts_json(struct buffer *to, const char *folder, const struct vendor_facts *f)
{
    const struct settings *s = &f->settings;

    json_object_begin(to);
    json_named_cstring(to, "id", f->id);
    json_named_bool(to, "simulated", true);
    json_named_cstring(to, "folder", folder);
    json_named_hex(to, "rootSha256", BYTES_OF(f->root.bytes));
    json_named_hex(to, "fmspc", BYTES_OF(s->fmspc));
    json_named_hex(to, "ppid", BYTES_OF(s->ppid));
    json_named_cstring(to, "tcbStatus", tcb_status_name(s->status));
    json_named_uint(to, "tcbEvaluationDataNumber", s->evaluation_data_number);
    json_name(to, "revoked");
    json_array_begin(to);
    for (size_t i = 0; i < REVOCABLE_COUNT; i++)
        if (s->revoked[i])
            json_cstring(to, revocable_names[i]);
    json_array_end(to);
    json_named_time(to, "created", s->created);
    json_named_time(to, "issueDate", s->issued);
    json_named_time(to, "nextUpdate", f->next_update);
    json_named_time(to, "pckNotAfter", f->pck_not_after);
    json_named_cstring(to, "url", s->service);
    json_object_end(to);
}

static void line(struct buffer *to, const char *name, const char *value)
{
    buffer_printf(to, "%-14s %s\n", name, value);
}

static void line_hex(struct buffer *to, const char *name, struct bytes value)
{
    char text[65];

    line(to, name, hex_text(value, text, sizeof text));
}

static void facts_text(struct buffer *to, const char *folder, const struct vendor_facts *f)
{
    const struct settings *s = &f->settings;
    char issued[TIME_TEXT_SIZE], until[TIME_TEXT_SIZE];

    buffer_printf(to, "%-14s %s, SIMULATED: no hardware protects it\n", "platform", f->id);
    line(to, "folder", folder);
    line_hex(to, "root SHA-256", BYTES_OF(f->root.bytes));
    line_hex(to, "FMSPC", BYTES_OF(s->fmspc));
    line(to, "TCB status", tcb_status_name(s->status));
    buffer_printf(to, "%-14s number %u, from %s to %s\n", "collateral", s->evaluation_data_number,
                  time_format(s->issued, issued), time_format(f->next_update, until));
    buffer_printf(to, "%-14s", "revoked");
    size_t count = 0;
    for (size_t i = 0; i < REVOCABLE_COUNT; i++)
        if (s->revoked[i])
            buffer_printf(to, "%s%s", count++ ? ", " : " ", revocable_names[i]);
    buffer_text(to, count ? "\n" : " nothing\n");
    buffer_text(to, "to trust it    --trust simulated:");
    hex_encode(BYTES_OF(f->root.bytes), to);
    buffer_printf(to, " --trust-root %s/root-ca.crt\n", folder);
}

/* What every verb but serve ends with. */
static bool print_facts(const struct cli *cli, const char *folder, struct quoth_error *err)
{
    struct vendor_facts facts;
    AUTO(buffer) struct buffer out = {0};

    if (!vendor_facts(folder, &facts, err))
        return false;
    if (cli->json) {
        facts_json(&out, folder, &facts);
        return output_json(&out, err);
    }
    facts_text(&out, folder, &facts);
    return output_write(&out, err);
}

static bool run_init(struct cli *cli, const void *args, struct quoth_error *err)
{
    const struct args *a = args;
    AUTO(text) char *folder = NULL;

    return platform_folder(a->folder, &folder, err) &&
           vendor_init(folder, a->url, time_now(), err) && print_facts(cli, folder, err);
}

static bool run_show(struct cli *cli, const void *args, struct quoth_error *err)
{
    const struct args *a = args;
    AUTO(text) char *folder = NULL;

    return platform_folder(a->folder, &folder, err) && print_facts(cli, folder, err);
}

static bool run_refresh(struct cli *cli, const void *args, struct quoth_error *err)
{
    const struct args *a = args;
    AUTO(text) char *folder = NULL;

    if (a->number.given && (a->number.value == 0 || a->number.value > UINT32_MAX))
        return quoth_fail(err, QUOTH_USAGE, "--evaluation-number", QUOTH_NO_OFFSET,
                          "is not a number from 1 to %u", UINT32_MAX);
    return platform_folder(a->folder, &folder, err) &&
           vendor_refresh(folder, (uint32_t)a->number.value, time_now(), err) &&
           print_facts(cli, folder, err);
}

static bool run_set_tcb(struct cli *cli, const void *args, struct quoth_error *err)
{
    const struct args *a = args;
    enum tcb_status status;
    AUTO(text) char *folder = NULL;

    if (!tcb_status_find(bytes_of_text(a->word), &status))
        return quoth_fail(err, QUOTH_USAGE, "STATUS", QUOTH_NO_OFFSET,
                          "is not a TCB status as Intel writes them");
    return platform_folder(a->folder, &folder, err) &&
           vendor_set_tcb(folder, status, time_now(), err) && print_facts(cli, folder, err);
}

static bool find_revocable(const char *name, enum revocable *ret_what, struct quoth_error *err)
{
    for (size_t i = 0; i < REVOCABLE_COUNT; i++)
        if (strcmp(name, revocable_names[i]) == 0) {
            *ret_what = (enum revocable)i;
            return true;
        }
    return quoth_fail(err, QUOTH_USAGE, "CERTIFICATE", QUOTH_NO_OFFSET,
                      "is none of pck, platform-ca, tcb-signing");
}

static bool run_revoke(struct cli *cli, const void *args, struct quoth_error *err)
{
    const struct args *a = args;
    enum revocable what = REVOCABLE_COUNT;
    AUTO(text) char *folder = NULL;

    return find_revocable(a->word, &what, err) && platform_folder(a->folder, &folder, err) &&
           vendor_revoke(folder, what, time_now(), err) && print_facts(cli, folder, err);
}

static bool announce(const struct cli *cli, const struct args *a, const char *url,
                     struct quoth_error *err)
{
    AUTO(buffer) struct buffer file = {0};
    AUTO(buffer) struct buffer out = {0};

    buffer_printf(&file, "%s\n", url);
    if (!buffer_ok(&file, err) ||
        (a->ready_file && !file_write(a->ready_file, buffer_bytes(&file), 0644, err)))
        return false;
    if (cli->json) {
        json_object_begin(&out);
        json_named_cstring(&out, "url", url);
        json_object_end(&out);
        return output_json(&out, err);
    }
    buffer_printf(&out, "collateral of a SIMULATED platform at %s\n", url);
    return output_write(&out, err);
}

/* Serves until a signal asks to end. */
static bool run_serve(struct cli *cli, const void *args, struct quoth_error *err)
{
    const struct args *a = args;
    AUTO(text) char *folder = NULL;
    AUTO(pcs_server) struct pcs_server *server = NULL;
    sigset_t ending;
    int signal_number;

    (void)signal(SIGPIPE, SIG_IGN);
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ending, NULL); /* before there are threads, which inherit it */
    if (!platform_folder(a->folder, &folder, err) ||
        !pcs_server_open(folder, a->listen ? a->listen : LISTEN_DEFAULT, &server, err) ||
        !announce(cli, a, pcs_server_url(server), err))
        return false;
    sigwait(&ending, &signal_number);
    return true;
}

static const struct cli_verb verbs[] = {
    {"init",
     "make a platform with a vendor, a PKI and collateral of its own",      sizeof(struct args),
     run_init,    {CLI_OPTIONS(folder_rows, 0), CLI_OPTIONS(init_rows, 0)}   },
    {"show",
     "print its id, its root's fingerprint, its status and dates",          sizeof(struct args),
     run_show,    {CLI_OPTIONS(folder_rows, 0)}                              },
    {"refresh",
     "issue collateral and CRLs anew, for another 30 days",                 sizeof(struct args),
     run_refresh, {CLI_OPTIONS(folder_rows, 0), CLI_OPTIONS(refresh_rows, 0)}},
    {"set-tcb",
     "rehearse a TCB recovery: the platform gets this status",              sizeof(struct args),
     run_set_tcb, {CLI_OPTIONS(status_rows, 0), CLI_OPTIONS(folder_rows, 0)} },
    {"revoke",
     "rehearse a revocation: put a certificate on its CRL",                 sizeof(struct args),
     run_revoke,  {CLI_OPTIONS(revoke_rows, 0), CLI_OPTIONS(folder_rows, 0)} },
    {"serve",
     "answer as the vendor's collateral service (PCS and PCCS, version 4)", sizeof(struct args),
     run_serve,   {CLI_OPTIONS(folder_rows, 0), CLI_OPTIONS(serve_rows, 0)}  },
};

const struct cli_noun cli_platform = {
    "platform",
    "the simulated machine and its vendor",
    verbs,
    COUNT(verbs),
};
