/* quothd: the verifier (docs/quothd.md). `quothd init` makes what `quothd` serves with; `quothd
 * sidecar` is no verifier, but serves the programs beside it (docs/sidecar.md). */
#include "base/text.h"
#include "base/time.h"
#include "crypto/init.h"
#include "http/memory.h"
#include "keys/device.h"
#include "service/config/config_check.h"
#include "service/run/service.h"
#include "sidecar/sidecar.h"

#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>

static int say_error(const struct quoth_error *err)
{
    fprintf(stderr, "quothd: %s%s%s\n", err->where, err->where[0] ? ": " : "", err->message);
    fprintf(stderr, "hint: %s\ncode: %s\n", quoth_code_hint(err->code),
            quoth_code_dotted(err->code));
    return quoth_code_exit(err->code);
}

static int init(const struct config *s)
{
    struct quoth_error err = {0};
    AUTO(state_report) struct state_report report = {.what = STATE_MADE};
    umask(077);
    if (!crypto_init(&err) || !state_init(s, time_now(), &report, &err))
        return say_error(&err);
    static const char *const done[] = {[STATE_MADE] = "initialised",
                                       [STATE_ADDED] = "added a tenant to",
                                       [STATE_JOINED] = "joined to the store:",
                                       [STATE_RENEWED] = "renewed the admin token in"};
    const int len = (int)report.folder.len;
    const char *folder = (const char *)report.folder.data;
    printf("%s %s for %s\n", done[report.what], s->state, report.issuer);
    if (report.what == STATE_MADE)
        for (size_t i = 0; i < s->master_key.count; i++)
            printf("  master key    %s%s\n", s->master_key.items[i],
                   report.new_master_key && device_is_file(s->master_key.items[i])
                       ? " (new: keep a copy where the state folder is not)"
                       : "");
    if (report.what != STATE_RENEWED)
        printf("  local CA      %.*s/ca.pem, for clients\n", len, folder);
    if (report.what == STATE_MADE || report.what == STATE_ADDED)
        printf("  fingerprint   %s (SHA-256)\n", report.ca_fingerprint);
    if (report.what != STATE_JOINED)
        printf("  admin token   %.*s/admin.token\n", len, folder);
    return 0;
}

static int serve(struct config_share *s)
{
    struct quoth_error err = {0};
    AUTO(service) struct service *service = NULL;
    if (!service_open(s, &service, &err))
        return say_error(&err);
    service_run(service);
    return 0;
}

static int help(void)
{
    AUTO(buffer) struct buffer text = {0};
    config_help(&text);
    return fwrite(text.data, 1, text.len, stdout) == text.len ? 0 : 3;
}

static bool is_to_check(int argc, char *const *argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--check-config") == 0)
            return true;
    return false;
}

/* Says everything that is wrong, not the first thing alone. */
static int check_config(int argc, char *const *argv)
{
    struct quoth_error err = {0};
    AUTO(config) struct config s = {0};
    AUTO(config_report) struct config_report report = {0};
    enum config_command command;
    if (!crypto_init(&err))
        return say_error(&err);
    if (config_examine(argc, argv, &command, &s, &report)) {
        puts("OK");
        return 0;
    }
    fwrite(report.problems.data, 1, report.problems.len, stderr);
    return quoth_code_exit(QUOTH_USAGE);
}

/* Keys and what they open are in our memory: no core file, no debugger of the same user, and nothing
 * left behind in what is given back. */
static void hide_memory(void)
{
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    http_memory_wiped();
}

int main(int argc, char **argv)
{
    struct quoth_error err = {0};
    AUTO(config_share) struct config_share *s = NULL;
    enum config_command command;
    setenv("TSS2_LOG", "all+none", 0); /* what a TPM refuses we say ourselves */
    hide_memory();
    if (argc > 1 && strcmp(argv[1], "sidecar") == 0)
        return sidecar_main("quothd sidecar", argc - 2, argv + 2);
    if (is_to_check(argc, argv))
        return check_config(argc, argv);
    if (!config_share_read(argc, argv, &command, &s, &err))
        return say_error(&err);
    switch (command) {
    case CONFIG_HELP:
        return help();
    case CONFIG_VERSION:
        puts("quothd " QUOTH_VERSION);
        return 0;
    case CONFIG_INIT:
        return init(&s->config);
    case CONFIG_CHECK:
    case CONFIG_SERVE:
        break;
    }
    return serve(s);
}
