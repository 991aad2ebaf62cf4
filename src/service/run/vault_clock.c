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
        if (!vault_tick(&v, time_now(), tell, &to, &err))
            complain(s, to.t, &err);
    }
    atomic_store(&s->vault_clock.runs, false);
}

void vault_clock_tick(struct service *s, int64_t now)
{
    struct vault_clock *c = &s->vault_clock;
    struct quoth_error full = {0}; /* then it is tried again at the next tick */
    if (now < c->next || atomic_exchange(&c->runs, true))
        return;
    if (pool_submit(s->pool, run, s, &full))
        c->next = now + PERIOD;
    else
        atomic_store(&c->runs, false);
}
