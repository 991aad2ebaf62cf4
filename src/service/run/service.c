#include "service/run/service.h"

#include "base/file.h"
#include "base/time.h"
#include "collateral/source.h"
#include "crypto/init.h"
#include "keys/keyring.h"
#include "service/run/notify.h"
#include "service/run/reload.h"
#include "service/state/rollback.h"
#include "service/state/rollback_checkpoint.h"

#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define POOL_THREADS 4
#define POOL_DEPTH 256
#define TICK_US 2000000u
#define CLOCK_KEEP_SECONDS 60
#define RESEAL_STEPS 16u /* of a tick */
#define TLS_RETRY_SECONDS 3600
#define LEAVE_SECONDS 3 /* after the drain */

bool service_may_sign(struct service *s, int64_t now, struct quoth_error *err)
{
    return clock_check(&s->clock, now, source_newest(s->source), err);
}

bool service_is_ready(struct service *s, int64_t now, struct quoth_error *err)
{
    if (!intact_is(&s->intact, err))
        return false;
    for (size_t i = 0; i < s->tenant_count; i++)
        if (!tenant_is_readable(&s->tenants[i], err))
            return quoth_within(err, s->tenants[i].issuer);
    return service_may_sign(s, now, err) && follow_is_current(&s->follow, err);
}

bool service_later(struct http_exchange *x, void (*work)(void *note), void *note,
                   struct quoth_error *err)
{
    const struct service *s = x->service;
    x->note = note; /* first, as the pool may be done with it before it is heard of here */
    if (pool_submit(s->pool, work, note, err))
        return true;
    x->note = NULL;
    x->response.retry_after = SERVICE_RETRY_SECONDS;
    return false;
}

/* ---- opening */

/* What became of each source of the master key. */
static void tell_source(void *service, const char *source, const char *what,
                        const struct quoth_error *why)
{
    struct service *s = service;
    AUTO(buffer) struct buffer event = {0};
    buffer_printf(&event, "master-key.%s", what);
    AUTO(text) char *name = buffer_take_text(&event, &(struct quoth_error){0});
    struct log_line line = log_begin(s->log, why ? LOG_ERROR : LOG_INFO, name ? name : what);
    log_text(&line, "source", source);
    log_failure(&line, why);
    log_end(&line);
}

struct slots_listener service_slots_listener(struct service *s)
{
    return (struct slots_listener){.tell = tell_source, .context = s};
}

static bool check_checkpoint(struct service *s, struct quoth_error *err)
{
    return !s->config->rollback_checkpoint ||
           rollback_checkpoint_check(s->config->rollback_checkpoint, &s->state, s->master, err);
}

static bool open_keyring(struct service *s, struct quoth_error *err)
{
    const struct config *config = s->config;
    const struct slots_listener listener = service_slots_listener(s);
    const struct slots_sources sources = {config->master_key.items, config->master_key.count,
                                          config->state, false};
    s->master = &s->keyring;
    return state_open(config, &listener, &s->keyring, &s->state, err) &&
           check_checkpoint(s, err) && /* before anything is put */
           slots_add(s->state.store, s->master, &sources, s->started, &listener, err);
}

static bool raise_counter(struct service *s, bool accept, struct quoth_error *err)
{
    if (!s->config->rollback_counter)
        return true;
    if (!rollback_check(s->config->rollback_counter, accept, s->state.store, s->master, err))
        return false;
    s->raised_at = time_monotonic();
    s->raised_watermark = keyring_watermark(s->master->keyring);
    return true;
}

static bool open_tenant(struct service *s, size_t index, struct quoth_error *err)
{
    struct tenant *t = &s->tenants[index];
    const struct state_tenant *made = &s->state.tenants[index];
    const struct bytes trust = buffer_bytes(&made->trust);
    t->index = index;
    t->config = config_share_hold(s->share);
    snprintf(t->issuer, sizeof t->issuer, "%s", made->issuer);
    snprintf(t->host, sizeof t->host, "%s", made->host);
    t->model = made->model;
    return tenant_init(t, err) &&
           trusted_choose(tenant_settings_in(t, s->share), trust, &t->trusted, err) &&
           service_open_administration(s, t, err) &&
           serving_tls_show(s->tls, t, s->state.store, s->master, s->started, err) &&
           release_signing_keep(t->issuer, t->host, s->state.store, s->master, s->started,
                                &t->signing_renewal, err) &&
           tenant_reload(t, s->state.store, s->master, s->started, err);
}

/* A token names its key by kid alone: no two tenants may show one kid (THREATS 17). */
static bool kids_are_apart(const struct tenant *a, const struct tenant *b, struct quoth_error *err)
{
    if (!a->current || !b->current)
        return quoth_fail(err, QUOTH_INTERNAL, a->issuer, QUOTH_NO_OFFSET, "was not loaded");
    const struct kept_keys *of_a = &a->current->keys, *of_b = &b->current->keys;
    for (size_t i = 0; i < of_a->count; i++)
        for (size_t k = 0; k < of_b->count; k++)
            if (strcmp(of_a->keys[i].id, of_b->keys[k].id) == 0)
                return quoth_fail(err, QUOTH_STORE_BROKEN, a->issuer, QUOTH_NO_OFFSET,
                                  "has a signing key of the same kid as %s", b->issuer);
    return true;
}

static bool open_tenants(struct service *s, struct quoth_error *err)
{
    s->tenants = calloc(s->state.tenant_count, sizeof *s->tenants);
    s->tls = tls_server_new();
    if (!s->tenants || !s->tls)
        return quoth_fail(err, QUOTH_MEMORY, "tenants", QUOTH_NO_OFFSET, "out of memory");
    while (s->tenant_count < s->state.tenant_count)
        if (!open_tenant(s, s->tenant_count++, err))
            return false;
    for (size_t i = 1; i < s->tenant_count; i++)
        for (size_t k = 0; k < i; k++)
            if (!kids_are_apart(&s->tenants[i], &s->tenants[k], err) ||
                !access_are_apart(s->tenants[i].current->access, s->tenants[k].current->access,
                                  err))
                return false;
    return true;
}

static bool open_sealed(struct service *s, struct quoth_error *err)
{
    return open_keyring(s, err) && raise_counter(s, s->config->rollback_accept, err) &&
           open_tenants(s, err);
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

static void complain(struct service *s, const char *event, const struct quoth_error *why)
{
    struct log_line line = log_begin(s->log, LOG_ERROR, event);
    log_failure(&line, why);
    log_end(&line);
}

/* What is wrong with the operator's own: all else goes on without it. */
static void complain_of_signing(struct service *s, struct tenant *t)
{
    struct tenant_snapshot *snapshot = tenant_hold(t);
    if (snapshot && !snapshot->signing)
        complain(s, "release.no-signer", &snapshot->no_signing);
    tenant_release(snapshot);
}

static bool announce(struct service *s, struct quoth_error *err)
{
    AUTO(buffer) struct buffer url = {0};
    buffer_printf(&url, "https://%s\n", http_server_address(s->http));
    if (!buffer_ok(&url, err))
        return false;
    struct log_line line = log_begin(s->log, LOG_INFO, "listening");
    log_bytes(&line, "on", bytes_slice(buffer_bytes(&url), 0, url.len - 1));
    log_text(&line, "issuer", s->tenants[0].issuer);
    log_text(&line, "trust", s->tenants[0].trusted.simulated ? "simulated" : "hardware");
    log_text(&line, "version", QUOTH_VERSION);
    log_end(&line);
    for (size_t i = 0; i < s->tenant_count; i++)
        complain_of_signing(s, &s->tenants[i]);
    notify("READY=1");
    return !s->config->ready_file ||
           file_write(s->config->ready_file, buffer_bytes(&url), 0644, err);
}

static bool open_all(struct service *s, struct quoth_error *err)
{
    const struct config *config = s->config;
    tcb_status_set accept;
    if (!crypto_init(err) ||
        !tcb_status_set_parse(bytes_of_text(config->accept_status), &accept, err) ||
        !log_open(STDERR_FILENO, strcmp(config->log_format, "json") == 0, &s->log, err) ||
        !open_sealed(s, err) ||
        !clock_open(&s->clock, s->state.store, s->master, config->clock_reset, s->started,
                    time_monotonic(), err))
        return false;
    atomic_store(&s->accept, accept);
    s->pool = pool_open(POOL_THREADS, POOL_DEPTH, err);
    return s->pool && attempts_open(&s->attempts, err) && service_open_source(s, err) &&
           follow_open(s, err) && service_record(s, "service.started", err) &&
           service_open_server(s, err) && announce(s, err);
}

bool service_open(struct config_share *config, struct service **ret_service,
                  struct quoth_error *err)
{
    sigset_t set;
    AUTO(service) struct service *s = calloc(1, sizeof *s);
    if (!s)
        return quoth_fail(err, QUOTH_MEMORY, "service", QUOTH_NO_OFFSET, "out of memory");
    s->share = config_share_hold(config);
    s->config = &config->config;
    s->state.lock = -1;
    s->started = time_now();
    umask(077);
    block_signals(&set);
    if (!open_all(s, err))
        return false;
    vault_clock_open(s);
    *ret_service = take(s);
    return true;
}

/* ---- running */

static void show_certificate(struct service *s, struct tenant *t, int64_t now)
{
    struct quoth_error err = {0};
    if (serving_tls_show(s->tls, t, s->state.store, s->master, now, &err))
        return;
    quoth_within(&err, t->issuer);
    complain(s, "tls.refresh-failed", &err);
    if (t->leaf_renewal > 0)
        t->leaf_renewal = now + TLS_RETRY_SECONDS;
}

void service_show_certificates(struct service *s, int64_t now)
{
    for (size_t i = 0; i < s->tenant_count; i++) {
        show_certificate(s, &s->tenants[i], now);
        complain_of_signing(s, &s->tenants[i]);
    }
}

static void renew_leaves(struct service *s, int64_t now)
{
    for (size_t i = 0; i < s->tenant_count; i++)
        if (s->tenants[i].leaf_renewal > 0 && now >= s->tenants[i].leaf_renewal)
            show_certificate(s, &s->tenants[i], now);
}

/* The snapshot follows what is put. */
static void renew_signing(struct service *s, int64_t now)
{
    for (size_t i = 0; i < s->tenant_count; i++) {
        struct tenant *t = &s->tenants[i];
        struct quoth_error err = {0};
        if (now >= t->signing_renewal &&
            !release_signing_keep(t->issuer, t->host, s->state.store, s->master, now,
                                  &t->signing_renewal, &err)) {
            t->signing_renewal = now + TLS_RETRY_SECONDS;
            complain(s, "release.key-not-made", &err);
        }
    }
}

static void keep_clock(struct service *s)
{
    struct quoth_error err = {0};
    if (!clock_keep(&s->clock, s->state.store, s->master, &err))
        complain(s, "clock.not-kept", &err);
}

/* A part of what older terms have sealed, under the latest (keys/reseal.h). */
static void reseal(struct service *s)
{
    struct quoth_error err = {0};
    bool end = false;
    if (!reseal_is_due(s->master))
        return;
    for (size_t i = 0; i < RESEAL_STEPS && !end; i++)
        if (!reseal_step(s->state.store, s->master, &s->reseal, &end, &err)) {
            complain(s, "master-key.not-resealed", &err);
            return;
        }
    if (!end)
        return;
    struct log_line line = log_begin(s->log, LOG_INFO, "master-key.resealed");
    log_number(&line, "records", (int64_t)s->reseal.resealed);
    log_end(&line);
    s->reseal = (struct reseal){.version = 0};
}

/* At most hourly, when something was written since. */
static void keep_counter(struct service *s)
{
    struct quoth_error err = {0};
    const int64_t now = time_monotonic();
    if (keyring_watermark(s->master->keyring) == s->raised_watermark ||
        now - s->raised_at < ROLLBACK_SECONDS)
        return;
    s->raised_at = now; /* also after a failure: not every two seconds */
    if (!raise_counter(s, false, &err))
        complain(s, "rollback-counter.not-raised", &err);
}

/* The clockwork: refreshes, the clock, the leaves of the local CAs. May block: it serves nobody. */
static void tick(struct service *s, int64_t *kept_at)
{
    const int64_t now = time_now();
    source_tick(s->source, now);
    clock_saw(&s->clock, now, time_monotonic());
    if (now - *kept_at >= CLOCK_KEEP_SECONDS || now < *kept_at) {
        keep_clock(s);
        *kept_at = now;
    }
    renew_leaves(s, now);
    reseal(s);
    renew_signing(s, now);
    keep_counter(s);
    service_tick_administration(s, now);
    vault_clock_tick(s, now);
    intact_tick(s);
    notify("WATCHDOG=1");
}

/* Between two ticks: a watchdog wants to hear at least twice as often as it bites. */
static struct timespec pause_of(void)
{
    const uint64_t watchdog = notify_watchdog_us();
    const uint64_t us = watchdog > 0 && watchdog / 2 < TICK_US ? watchdog / 2 : TICK_US;
    return (struct timespec){(time_t)(us / 1000000), (long)(us % 1000000) * 1000};
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
    const struct timespec pause = pause_of();
    int64_t kept_at = 0;
    sigset_t set;
    block_signals(&set);
    for (;;) {
        const int signal = sigtimedwait(&set, NULL, &pause);
        if (signal == SIGTERM || signal == SIGINT)
            break;
        if (signal == SIGHUP) {
            service_reload(s, time_now());
            s->intact.next = 0;
        }
        tick(s, &kept_at);
    }
    notify("STOPPING=1");
    struct log_line line = log_begin(s->log, LOG_INFO, "draining");
    log_number(&line, "connections", (int64_t)http_server_counts(s->http).connections);
    log_end(&line);
    http_server_drain(s->http, (unsigned)s->config->drain_timeout);
    keep_clock(s);
    struct quoth_error err = {0};
    if (!raise_counter(s, false, &err))
        complain(s, "rollback-counter.not-raised", &err);
    leave_soon();
}

void service_close(struct service *s)
{
    struct quoth_error ignored = {0}; /* a trail that cannot be written has been told of before */
    if (!s)
        return;
    follow_close(s);
    pool_close(s->pool); /* before the server: what it keeps is resumed on the server's threads */
    http_server_close(s->http);
    attempts_close(s->attempts);
    (void)service_record(s, "service.stopped", &ignored);
    source_close(s->source);
    if (s->log) {
        struct log_line line = log_begin(s->log, LOG_INFO, "stopped");
        log_end(&line);
    }
    log_close(s->log);
    for (size_t i = 0; i < s->tenant_count; i++)
        tenant_clear(&s->tenants[i]);
    free(s->tenants);
    metrics_close(&s->metrics);
    tls_server_close(s->tls);
    master_key_clear(&s->keyring);
    state_close(&s->state);
    config_share_release(s->share);
    free(s);
}
