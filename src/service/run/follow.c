#include "service/run/follow.h"

#include "base/time.h"
#include "service/run/service.h"
#include "store/watch.h"

static void tell(struct service *s, enum log_level level, const char *event,
                 const struct quoth_error *why)
{
    struct log_line line = log_begin(s->log, level, event);
    log_number(&line, "revision", s->follow.revision);
    log_failure(&line, why);
    log_end(&line);
}

/* Something was put since, could not be read the last time, or changes with time alone. */
static bool is_due(struct tenant *t, int64_t revision, int64_t now)
{
    struct tenant_snapshot *s = tenant_hold(t);
    const bool due = !s || s->revision < revision || s->next_change <= now;
    tenant_release(s);
    return due || atomic_load(&t->unreadable);
}

/* What does not hold was told when it came, and is not told every second. */
static bool catch_up(struct service *s, struct tenant *t, int64_t now)
{
    struct quoth_error err = {0};
    const bool was_unreadable = atomic_load(&t->unreadable);
    if (!is_due(t, s->follow.revision, now))
        return true;
    if (tenant_reload(t, s->state.store, s->master, now, &err)) {
        tell(s, LOG_INFO, was_unreadable ? "tenant.readable-again" : "tenant.reloaded", NULL);
        return true;
    }
    if (!was_unreadable)
        tell(s, LOG_ERROR, "tenant.not-reloaded", &err);
    return err.code != QUOTH_STORE_UNAVAILABLE;
}

static void changed(void *service, int64_t revision)
{
    struct service *s = service;
    s->follow.revision = revision;
}

/* The store has answered; memory is current as of before it was asked for what is new. */
static void heard(void *service)
{
    struct service *s = service;
    const uint64_t before = time_monotonic_us();
    const int64_t now = time_now();
    bool all = true;
    if (s->follow.silent)
        tell(s, LOG_INFO, "store.answers-again", NULL);
    s->follow.silent = false;
    for (size_t i = 0; i < s->tenant_count; i++)
        all = catch_up(s, &s->tenants[i], now) && all;
    if (all)
        atomic_store_explicit(&s->follow.current_us, before, memory_order_relaxed);
}

static void failed(void *service, const struct quoth_error *why)
{
    struct service *s = service;
    if (!s->follow.silent)
        tell(s, LOG_ERROR, "store.does-not-answer", why);
    s->follow.silent = true;
}

bool follow_open(struct service *s, struct quoth_error *err)
{
    const struct store_watcher watcher = {
        .changed = changed, .heard = heard, .failed = failed, .context = s};
    s->follow.grace_us = s->config->store_grace * 1000000u;
    atomic_store(&s->follow.current_us, time_monotonic_us());
    return store_watch_open(s->config->store, &watcher, &s->follow.watch, err);
}

void follow_close(struct service *s)
{
    store_watch_close(s->follow.watch);
    s->follow.watch = NULL;
}

bool follow_is_current(const struct follow *f, struct quoth_error *err)
{
    const uint64_t current = atomic_load_explicit(&f->current_us, memory_order_relaxed);
    const uint64_t now = time_monotonic_us();
    return now < current || now - current <= f->grace_us ||
           quoth_fail(err, QUOTH_SNAPSHOT_STALE, "store", QUOTH_NO_OFFSET,
                      "has said nothing for %u s: policies and keys may have changed",
                      (unsigned)((now - current) / 1000000u));
}
