#include "service/run/vault_clock.h"

#include "base/time.h"
#include "service/run/service.h"
#include "service/tenants/tenant_vault.h"

#include <stdio.h>

#define PERIOD 60 /* seconds */

struct telling {
    struct service *s;
    struct tenant *t;
};

static bool tell(void *context, const char *event, const struct vault_item *item,
                 struct quoth_error *err)
{
    const struct telling *to = context;
    char name[48]; /* as the trail calls it when somebody asks for it */
    snprintf(name, sizeof name, "vault.%s.%s", item->kind == VAULT_KEY ? "key" : "secret", event);
    struct audit_line line = audit_begin(name, time_now());
    audit_text(&line, "who", "service");
    audit_text(&line, "name", item->name);
    if (!audit_write(to->t->administration, &line, err))
        return false;
    struct log_line logged = log_begin(to->s->log, LOG_INFO, name);
    log_text(&logged, "tenant", to->t->issuer);
    log_text(&logged, "name", item->name);
    log_end(&logged);
    return true;
}

static void complain(struct service *s, const struct tenant *t, const struct quoth_error *why)
{
    struct log_line line = log_begin(s->log, LOG_ERROR, "vault.due-failed");
    log_text(&line, "tenant", t->issuer);
    log_failure(&line, why);
    log_end(&line);
}

static void run(void *arg)
{
    struct service *s = arg;
    for (size_t i = 0; i < s->tenant_count; i++) {
        struct telling to = {s, &s->tenants[i]};
        struct quoth_error err = {0};
        const struct vault v = tenant_vault(to.t, s->state.store, s->master);
        if (!vault_tick(&v, time_now(), s->vault_clock.witnessed, tell, &to, &err))
            complain(s, to.t, &err);
    }
    atomic_store(&s->vault_clock.runs, false);
}

static void tell_step(struct service *s, int64_t ahead)
{
    struct log_line line = log_begin(s->log, LOG_WARN, "vault.clock-stepped");
    log_number(&line, "ahead", ahead);
    log_number(&line, "rests", VAULT_CLOCK_REST);
    log_end(&line);
}

static void look_at_clock(struct service *s, int64_t now, int64_t counted)
{
    struct vault_clock *c = &s->vault_clock;
    const int64_t offset = now - counted;
    const int64_t ahead = offset - c->offset;
    c->offset = offset;
    if (ahead <= VAULT_CLOCK_STEP)
        return;
    c->rests_until = counted + VAULT_CLOCK_REST;
    tell_step(s, ahead);
}

/* A long pause, or a clock that is wrong: somebody has to look who knows. */
static void tell_pause(struct service *s, int64_t ahead)
{
    struct log_line line = log_begin(s->log, LOG_WARN, "vault.clock-unwitnessed");
    log_number(&line, "ahead", ahead);
    log_number(&line, "rests", ahead / CLOCK_CATCH_UP);
    log_text(
        &line, "hint",
        "if the clock is wrong, set it before that time is over: what was deleted is purged as "
        "it catches up; if it is right, nothing need be done (--clock-reset: at once)");
    log_end(&line);
}

void vault_clock_open(struct service *s)
{
    const int64_t now = time_now();
    const int64_t ahead = now - clock_witnessed(&s->clock, now);
    s->vault_clock.offset = now - time_monotonic();
    if (ahead > VAULT_CLOCK_APART)
        tell_pause(s, ahead);
}

void vault_clock_tick(struct service *s, int64_t now)
{
    struct vault_clock *c = &s->vault_clock;
    const int64_t counted = time_monotonic();
    struct quoth_error ignored = {0}; /* a full pool: then it is tried again at the next tick */
    look_at_clock(s, now, counted);
    if (counted < c->next || counted < c->rests_until || !intact_is(&s->intact, &ignored) ||
        atomic_exchange(&c->runs, true))
        return;
    c->witnessed = clock_witnessed(&s->clock, now);
    if (pool_submit(s->pool, run, s, &ignored))
        c->next = counted + PERIOD;
    else
        atomic_store(&c->runs, false);
}
