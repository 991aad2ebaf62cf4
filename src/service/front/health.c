/* GET /livez, /readyz, /servicehealth and /metrics, for operators and their machines. */
#include "service/run/service.h"

#include "base/time.h"

static enum http_outcome say(struct http_exchange *x, const char *type, const char *text,
                             struct quoth_error *err)
{
    x->response.content_type = type;
    buffer_text(&x->response.body, text);
    return buffer_ok(&x->response.body, err) ? HTTP_DONE : HTTP_REFUSED;
}

static enum http_outcome livez(struct http_exchange *x, struct quoth_error *err)
{
    return say(x, "text/plain; charset=utf-8", "alive\n", err);
}

static enum http_outcome readyz(struct http_exchange *x, struct quoth_error *err)
{
    struct service *s = x->service;
    return service_is_ready(s, time_now(), err)
               ? say(x, "text/plain; charset=utf-8", "ready\n", err)
               : HTTP_REFUSED;
}

/* Azure's word for readyz: 204 and nothing more (maa.md 1.3). */
static enum http_outcome servicehealth(struct http_exchange *x, struct quoth_error *err)
{
    if (!service_is_ready(x->service, time_now(), err))
        return HTTP_REFUSED;
    x->response.status = 204;
    return HTTP_DONE;
}

static enum http_outcome metrics(struct http_exchange *x, struct quoth_error *err)
{
    struct service *s = x->service;
    struct quoth_error why = {0};
    struct metrics_now now = {
        .http = http_server_counts(s->http),
        .log_dropped = log_dropped(s->log),
        .ready = service_is_ready(s, time_now(), &why),
        .started = s->started,
        .time = time_now(),
    };
    now.holding_count = source_holdings(s->source, now.holdings, COUNT(now.holdings));
    for (size_t i = 0; i < s->tenant_count; i++)
        now.audit_lost += decisions_lost(s->tenants[i].decisions);
    metrics_write(&s->metrics, &now, &x->response.body);
    return say(x, "text/plain; version=0.0.4; charset=utf-8", "", err);
}

const struct http_route health_routes[] = {
    {HTTP_GET,          "/livez", HTTP_ROLE_ANYONE, 0, livez, "say that the process answers", NULL},
    {HTTP_GET, "/readyz", HTTP_ROLE_ANYONE, 0, readyz, "say whether tokens can be issued", NULL},
    {HTTP_GET,            "/servicehealth", HTTP_ROLE_ANYONE, 0, servicehealth,
     "say whether tokens can be issued, as Azure does: without words", NULL},
    {HTTP_GET,             "/metrics", HTTP_ROLE_ANYONE, 0, metrics, "counters for Prometheus", NULL},
    {0         },
};
