#include "service/run/intact.h"

#include "base/time.h"
#include "keys/watermark.h"
#include "service/run/service.h"

#define PERIOD 60 /* seconds */

static void complain(struct service *s, const char *event, const struct quoth_error *why)
{
    struct log_line line = log_begin(s->log, LOG_ERROR, event);
    log_failure(&line, why);
    log_end(&line);
}

/* First it is stopped, then told. */
static void stop_deciding(struct service *s, const struct quoth_error *why)
{
    struct quoth_error err = {0};
    atomic_store(&s->intact.broken, true);
    complain(s, "store.not-intact", why);
    if (!service_record(s, "store.not-intact", &err))
        complain(s, "audit.not-written", &err);
}

static void run(void *arg)
{
    struct service *s = arg;
    struct quoth_error err = {0};
    int64_t version;
    if (!watermark_check(s->state.store, s->master, &version, &err)) {
        if (err.code == QUOTH_STORE_ROLLED_BACK || err.code == QUOTH_SEAL_BROKEN)
            stop_deciding(s, &err);
        else
            complain(s, "store.not-checked", &err);
    }
    atomic_store(&s->intact.runs, false);
}

void intact_tick(struct service *s)
{
    const int64_t now = time_monotonic();
    struct intact *i = &s->intact;
    struct quoth_error full = {0}; /* then it is tried again at the next tick */
    if (now < i->next || atomic_load(&i->broken) || atomic_exchange(&i->runs, true))
        return;
    if (pool_submit(s->pool, run, s, &full))
        i->next = now + PERIOD;
    else
        atomic_store(&i->runs, false);
}

bool intact_is(const struct intact *i, struct quoth_error *err)
{
    return !atomic_load_explicit(&i->broken, memory_order_relaxed) ||
           quoth_fail(
               err, QUOTH_TENANT_UNREADABLE, "store", QUOTH_NO_OFFSET,
               "does not hold what was put into it: nothing is decided or given out before a "
               "start that finds it whole");
}
