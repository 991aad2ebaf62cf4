#include "sidecar/sidecar.h"

#include "attester/attester.h"

#include "crypto/init.h"
#include "http/memory.h"
#include "sidecar/request.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>

#define WORKERS 4u
#define WAITING 32u
#define DRAIN_MS 2000u

struct sidecar_server {
    struct sidecar sidecar;
    struct http_server *http;
};

DEFINE_AUTO(attester, struct quoth_attester *, quoth_attester_close)

/* Whatever the route, nobody is served who came under another name than this machine's own, nor a page
 * in a browser, which says where it is from whenever it posts (Fetch standard, 3.2). */
static bool admit(void *service, struct http_exchange *x, struct quoth_error *err)
{
    const struct http_field *host = http_head_find(&x->head, "Host");
    (void)service;
    if (!host || !sidecar_host_is_loopback(host->value))
        return quoth_fail(err, QUOTH_HTTP_MISDIRECTED, "Host", QUOTH_NO_OFFSET,
                          "is not localhost or a loopback address");
    return !http_head_find(&x->head, "Origin") ||
           quoth_fail(err, QUOTH_SIDECAR_ORIGIN, "Origin", QUOTH_NO_OFFSET,
                      "is there: it is a page that asks");
}

/* Under Gramine, and in the software TEE, the TEE is one process and its sockets are the host's. */
static bool check_loopback(const struct sidecar_settings *s, const struct quoth_attester *attester,
                           struct quoth_error *err)
{
    return s->open_loopback || !attester_is_one_process(attester) ||
           quoth_fail(err, QUOTH_SIDECAR_LOOPBACK, "listen", QUOTH_NO_OFFSET,
                      "this TEE (%s) is one process: whoever is on its host would get the keys",
                      quoth_attester_platform(attester));
}

bool sidecar_server_open(const struct sidecar_settings *settings, struct quoth_attester *attester,
                         struct sidecar_server **ret_server, struct quoth_error *err)
{
    static const struct http_route *const tables[] = {sidecar_routes, NULL};
    if (!check_loopback(settings, attester, err))
        return false;
    AUTO(sidecar_server) struct sidecar_server *s = calloc(1, sizeof *s);
    if (!s)
        return quoth_fail(err, QUOTH_MEMORY, "sidecar", QUOTH_NO_OFFSET, "out of memory");
    s->sidecar = (struct sidecar){.settings = settings, .attester = attester};
    const struct http_config config = {.listen = settings->listen,
                                       .threads = 1,
                                       .times = http_times_default,
                                       .limit = limit_config_default,
                                       .routes = tables,
                                       .service = &s->sidecar,
                                       .admit = admit,
                                       .refuse = sidecar_refuse};
    s->sidecar.pool = pool_open(WORKERS, WAITING, err);
    if (!s->sidecar.pool || !http_server_open(&config, &s->http, err) ||
        !http_server_start(s->http, err))
        return false;
    *ret_server = take(s);
    return true;
}

const char *sidecar_server_address(const struct sidecar_server *s)
{
    return http_server_address(s->http);
}

void sidecar_server_close(struct sidecar_server *s)
{
    if (!s)
        return;
    if (s->http)
        http_server_drain(s->http, DRAIN_MS);
    pool_close(s->sidecar.pool); /* first: it resumes what the listener holds */
    http_server_close(s->http);
    free(s);
}

/* ---- the program */

static bool serve(const struct sidecar_settings *settings, struct quoth_error *err)
{
    AUTO(attester) struct quoth_attester *attester = NULL;
    AUTO(sidecar_server) struct sidecar_server *server = NULL;
    sigset_t ending;
    int number = 0;
    sigemptyset(&ending);
    sigaddset(&ending, SIGINT);
    sigaddset(&ending, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ending, NULL); /* before there are threads, which inherit it */
    signal(SIGPIPE, SIG_IGN);
    if (!crypto_init(err) || !quoth_attester_open(NULL, &attester, err) ||
        !sidecar_server_open(settings, attester, &server, err))
        return false;
    printf("sidecar: serves http://%s with evidence of %s\n", sidecar_server_address(server),
           quoth_attester_platform(attester));
    fflush(stdout);
    sigwait(&ending, &number);
    return true;
}

static int say(const char *command, const struct quoth_error *err)
{
    fprintf(stderr, "%s: %s%s%s\nhint: %s\ncode: %s\n", command, err->where,
            err->where[0] ? ": " : "", err->message, quoth_code_hint(err->code),
            quoth_code_dotted(err->code));
    return quoth_code_exit(err->code);
}

int sidecar_main(const char *command, int argc, char *const *argv)
{
    AUTO(sidecar_settings) struct sidecar_settings settings = {0};
    struct quoth_error err = {0};
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* keys pass through: no core file, no debugger */
    http_memory_wiped();
    if (!sidecar_settings_read(argc, argv, &settings, &err))
        return say(command, &err);
    if (settings.help) {
        AUTO(buffer) struct buffer text = {0};
        sidecar_settings_help(command, &text);
        return fwrite(text.data, 1, text.len, stdout) == text.len ? 0 : 3;
    }
    return serve(&settings, &err) ? 0 : say(command, &err);
}
