#include "service/service.h"

#include "base/file.h"
#include "base/time.h"
#include "collateral/source.h"
#include "crypto/init.h"
#include "keys/signing_key.h"
#include "tee/dcap/judge.h"

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define POOL_THREADS 4
#define POOL_DEPTH 256
#define TICK_SECONDS 2
#define CLOCK_KEEP_SECONDS 60
#define TLS_RETRY_SECONDS 3600
#define LEAVE_SECONDS 3      /* after the drain */
#define SPARE_DESCRIPTORS 64 /* for files, upstreams and listeners */

const struct http_route *const service_routes[] = {attest_routes, metadata_routes, health_routes,
                                                   NULL};

bool service_is_ready(struct service *s, int64_t now, struct quoth_error *err)
{
    return clock_check(&s->clock, now, source_newest(s->source), err);
}

/* ---- what the server asks of us */

static bool enter_thread(void *service, size_t thread, void **ret_local, struct quoth_error *err)
{
    struct service *s = service;
    (void)thread;
    struct service_thread *t = calloc(1, sizeof *t);
    if (!t)
        return quoth_fail(err, QUOTH_MEMORY, "service", QUOTH_NO_OFFSET, "out of memory");
    *ret_local = t; /* left by leave_thread, whatever it has */
    t->view = source_view_open(s->source);
    if (!t->view)
        return quoth_fail(err, QUOTH_MEMORY, "service", QUOTH_NO_OFFSET, "out of memory");
    return private_key_dup(s->active->key, &t->key, err) &&
           proofs_open(PROOFS_BYTES_DEFAULT, &t->proofs, err);
}

static void leave_thread(void *service, void *local)
{
    struct service_thread *t = local;
    (void)service;
    private_key_free(t->key);
    proofs_close(t->proofs);
    source_view_close(t->view);
    free(t);
}

static struct bufferevent *wrap(void *service, struct event_base *base, int fd)
{
    struct service *s = service;
    return tls_server_accept(s->tls.server, base, fd);
}

static void refuse(void *service, const struct quoth_error *why, const char *id,
                   struct http_response *ret_response)
{
    (void)service, (void)id;
    envelope_fill(why, ret_response);
}

static void record(void *service, const struct http_record *r)
{
    struct service *s = service;
    metrics_request(&s->metrics, r);
    struct log_line line = log_begin(s->log, r->status >= 500 ? LOG_WARN : LOG_INFO, "request");
    log_text(&line, "id", r->id);
    log_text(&line, "peer", r->peer);
    if (r->head) {
        const struct http_field *client_id = http_head_find(r->head, "x-ms-client-request-id");
        log_text(&line, "method", http_method_name(r->head->method));
        log_bytes(&line, "path", r->head->path);
        if (client_id)
            log_bytes(&line, "client_request_id", client_id->value);
    }
    log_text(&line, "route", r->route ? r->route->path : NULL);
    log_number(&line, "status", r->status);
    log_number(&line, "duration_us", (int64_t)r->duration_us);
    log_number(&line, "received", (int64_t)r->received);
    log_number(&line, "sent", (int64_t)r->sent);
    log_failure(&line, r->error);
    log_end(&line);
}

/* ---- collateral */

static bool submit(void *pool, void (*run)(void *arg), void *arg, struct quoth_error *err)
{
    return pool_submit(pool, run, arg, err);
}

static void report(void *context, enum source_event event, const struct collateral_key *key,
                   const struct quoth_error *err)
{
    static const char *const events[] = {
        [SOURCE_REFRESHED] = "collateral.refreshed",
        [SOURCE_FAILED] = "collateral.failed",
        [SOURCE_ROLLED_BACK] = "collateral.older-accepted",
        [SOURCE_GRACE] = "collateral.grace",
    };
    struct service *s = context;
    char text[COLLATERAL_KEY_TEXT_SIZE];
    metrics_source(&s->metrics, event);
    struct log_line line =
        log_begin(s->log, event == SOURCE_REFRESHED ? LOG_INFO : LOG_WARN, events[event]);
    log_text(&line, "platform", collateral_key_text(key, text));
    log_failure(&line, err);
    log_end(&line);
}

/* Every anchor is served by what the operator names; the vendor's own by the vendor's service if
 * nothing is named. */
static size_t name_sources(struct service *s)
{
    static const char *const intel[] = {PCS_INTEL};
    const struct setting_list *named = &s->config->collateral;
    const struct trust *trust = &s->trusted.trust;
    size_t count = 0;
    for (size_t i = 0; i < trust->count; i++) {
        struct source_anchor *a = &s->anchors[count];
        *a = (struct source_anchor){.root = trust->anchors[i].fingerprint};
        if (named->count > 0) {
            a->from = (const char *const *)named->items;
            a->count = named->count;
        } else if (trust->anchors[i].class == TRUST_BUILT_IN) {
            a->from = intel;
            a->count = COUNT(intel);
        }
        count += a->count > 0;
    }
    return count;
}

static bool open_source(struct service *s, struct quoth_error *err)
{
    const struct config *config = s->config;
    const struct source_options options = {
        .anchors = s->anchors,
        .anchor_count = name_sources(s),
        .judge = dcap_collateral_judge,
        .judge_context = &s->trusted.trust,
        .fetch = pcs_collateral_fetch,
        .fetch_context = &s->pcs,
        .marks = store_marks(s->state.store),
        .allow_older = config->collateral_allow_older,
        .submit = submit,
        .pool = s->pool,
        .clock = time_now,
        .grace = (int64_t)config->collateral_grace,
        .refresh = (int64_t)config->collateral_refresh,
        .report = report,
        .report_context = s,
    };
    return source_open(&options, &s->source, err);
}

/* ---- opening */

static bool load_keys(struct service *s, const struct master_key *master, struct quoth_error *err)
{
    if (!keys_load(s->state.store, master, s->state.issuer, KEY_FOR_TOKENS, &s->keys, err))
        return false;
    for (size_t i = 0; i < s->keys.count && !s->active; i++)
        if (s->keys.keys[i].active)
            s->active = &s->keys.keys[i];
    if (!s->active)
        return quoth_fail(err, QUOTH_STORE_BROKEN, "store", QUOTH_NO_OFFSET,
                          "has no key that signs");
    snprintf(s->jku, sizeof s->jku, "%s/certs", s->state.issuer);
    return documents_keys(&s->keys, &s->keys_document, err) &&
           documents_metadata(s->state.issuer, &s->metadata_document, err);
}

/* All that the master key opens; it is wiped before anybody is served. */
static bool open_sealed(struct service *s, struct quoth_error *err)
{
    AUTO(master_key) struct master_key master = {0};
    const struct config *config = s->config;
    return state_is_made(config, err) &&
           master_key_read(config->master_key, config->state, &master, err) &&
           state_open(config, &master, &s->state, err) &&
           trusted_choose(config, buffer_bytes(&s->state.trust), &s->trusted, err) &&
           load_keys(s, &master, err) &&
           serving_tls_open(config, &s->state, &master, s->started, &s->tls, err);
}

/* As many descriptors as the system allows, and no more connections than they can carry. */
static size_t connections_max(uint64_t wanted)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return (size_t)wanted;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
    const uint64_t most =
        limit.rlim_cur > 2 * (rlim_t)SPARE_DESCRIPTORS ? limit.rlim_cur - SPARE_DESCRIPTORS : 1;
    return (size_t)(wanted < most ? wanted : most);
}

static size_t thread_count(uint64_t wanted)
{
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return wanted ? (size_t)wanted : cores > 0 ? (size_t)cores : 1;
}

static bool open_server(struct service *s, struct quoth_error *err)
{
    const struct config *config = s->config;
    const struct http_config http = {
        .listen = config->listen,
        .threads = thread_count(config->workers),
        .times = {.header = (unsigned)config->header_timeout,
                  .body = (unsigned)config->body_timeout,
                  .idle = (unsigned)config->idle_timeout,
                  .write = http_times_default.write,
                  .linger = http_times_default.linger        },
        .limit = { .connections = connections_max(config->connections),
                  .connections_per_source = (size_t)config->connections_per_source,
                  .rate = (unsigned)config->rate,
                  .burst = (unsigned)config->rate_burst,
                  .prefix4 = (unsigned)config->source_prefix4,
                  .prefix6 = (unsigned)config->source_prefix6},
        .routes = service_routes,
        .service = s,
        .wrap = wrap,
        .goodbye = tls_server_goodbye,
        .enter = enter_thread,
        .leave = leave_thread,
        .refuse = refuse,
        .record = record,
    };
    metrics_init(&s->metrics, service_routes);
    return http_server_open(&http, &s->http, err) && http_server_start(s->http, err);
}

/* Signals are taken by service_run alone; threads inherit the mask. */
static void block_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

static bool announce(struct service *s, struct quoth_error *err)
{
    AUTO(buffer) struct buffer url = {0};
    buffer_printf(&url, "https://%s\n", http_server_address(s->http));
    if (!buffer_ok(&url, err))
        return false;
    struct log_line line = log_begin(s->log, LOG_INFO, "listening");
    log_bytes(&line, "on", bytes_slice(buffer_bytes(&url), 0, url.len - 1));
    log_text(&line, "issuer", s->state.issuer);
    log_text(&line, "trust", s->trusted.simulated ? "simulated" : "hardware");
    log_text(&line, "version", QUOTH_VERSION);
    log_end(&line);
    return !s->config->ready_file ||
           file_write(s->config->ready_file, buffer_bytes(&url), 0644, err);
}

static bool open_all(struct service *s, struct quoth_error *err)
{
    const struct config *config = s->config;
    if (!crypto_init(err) ||
        !tcb_status_set_parse(bytes_of_text(config->accept_status), &s->accept, err) ||
        !open_sealed(s, err) ||
        !log_open(STDERR_FILENO, strcmp(config->log_format, "json") == 0, &s->log, err) ||
        !clock_open(&s->clock, s->state.store, config->clock_reset, s->started, err) ||
        !attest_open_policies(s, err))
        return false;
    s->pool = pool_open(POOL_THREADS, POOL_DEPTH, err);
    return s->pool && open_source(s, err) && open_server(s, err) && announce(s, err);
}

bool service_open(const struct config *config, struct service **ret_service,
                  struct quoth_error *err)
{
    sigset_t set;
    AUTO(service) struct service *s = calloc(1, sizeof *s);
    if (!s)
        return quoth_fail(err, QUOTH_MEMORY, "service", QUOTH_NO_OFFSET, "out of memory");
    s->config = config;
    s->state.lock = -1;
    s->started = time_now();
    umask(077);
    block_signals(&set);
    if (!open_all(s, err))
        return false;
    *ret_service = take(s);
    return true;
}

/* ---- running */

static void complain(struct service *s, const char *event, const struct quoth_error *why)
{
    struct log_line line = log_begin(s->log, LOG_ERROR, event);
    log_failure(&line, why);
    log_end(&line);
}

static void refresh_tls(struct service *s, int64_t now)
{
    struct quoth_error err = {0};
    if (serving_tls_refresh(&s->tls, s->config, &s->state, now, &err))
        return;
    complain(s, "tls.refresh-failed", &err);
    if (s->tls.renew_at > 0)
        s->tls.renew_at = now + TLS_RETRY_SECONDS;
}

static void keep_clock(struct service *s)
{
    struct quoth_error err = {0};
    if (!clock_keep(&s->clock, s->state.store, &err))
        complain(s, "clock.not-kept", &err);
}

/* The clockwork: refreshes, the clock, the leaf of the local CA. May block: it serves nobody. */
static void tick(struct service *s, int64_t *kept_at)
{
    const int64_t now = time_now();
    source_tick(s->source, now);
    clock_saw(&s->clock, now);
    if (now - *kept_at >= CLOCK_KEEP_SECONDS || now < *kept_at) {
        keep_clock(s);
        *kept_at = now;
    }
    if (s->tls.renew_at > 0 && now >= s->tls.renew_at)
        refresh_tls(s, now);
}

/* What is left to wait for is an upstream that does not answer; nobody waits for its answer any
 * more. What is on disk is whole at any moment. */
static void leave(int signal)
{
    (void)signal;
    _exit(0);
}

static void leave_soon(void)
{
    signal(SIGALRM, leave);
    alarm(LEAVE_SECONDS);
}

void service_run(struct service *s)
{
    const struct timespec pause = {.tv_sec = TICK_SECONDS};
    int64_t kept_at = 0;
    sigset_t set;
    block_signals(&set);
    for (;;) {
        const int signal = sigtimedwait(&set, NULL, &pause);
        if (signal == SIGTERM || signal == SIGINT)
            break;
        if (signal == SIGHUP)
            refresh_tls(s, time_now());
        tick(s, &kept_at);
    }
    struct log_line line = log_begin(s->log, LOG_INFO, "draining");
    log_number(&line, "connections", (int64_t)http_server_counts(s->http).connections);
    log_end(&line);
    http_server_drain(s->http, (unsigned)s->config->drain_timeout);
    keep_clock(s);
    leave_soon();
}

void service_close(struct service *s)
{
    if (!s)
        return;
    pool_close(s->pool); /* first: what it keeps is resumed on the server's threads */
    http_server_close(s->http);
    source_close(s->source);
    if (s->log) {
        struct log_line line = log_begin(s->log, LOG_INFO, "stopped");
        log_end(&line);
    }
    log_close(s->log);
    serving_tls_clear(&s->tls);
    kept_keys_clear(&s->keys);
    buffer_clear(&s->keys_document);
    buffer_clear(&s->metadata_document);
    for (size_t i = 0; i < ATTEST_TYPES; i++)
        policy_close(s->policies[i]);
    trusted_clear(&s->trusted);
    state_close(&s->state);
    free(s);
}
