/* What the server asks of the service: threads, connections, whose request it is, refusals, and a
 * record of each request. */
#include "service/service.h"

#include "base/time.h"
#include "collateral/source.h"

#include <sys/resource.h>
#include <unistd.h>

#define SPARE_DESCRIPTORS 64 /* for files, upstreams and listeners */

const struct http_route *const service_routes[] = {attest_routes, metadata_routes, health_routes,
                                                   openapi_routes, NULL};

bool service_view(struct http_exchange *x, const struct tenant_view **ret_view,
                  struct quoth_error *err)
{
    struct tenant *t = x->scope;
    const struct service_thread *thread = x->local;
    struct tenant_view *view = &thread->tenants[t->index];
    if (!tenant_look(t, view, err))
        return false;
    *ret_view = view;
    return true;
}

static bool enter_thread(void *service, size_t thread, void **ret_local, struct quoth_error *err)
{
    struct service *s = service;
    (void)thread;
    struct service_thread *t = calloc(1, sizeof *t);
    if (!t)
        return quoth_fail(err, QUOTH_MEMORY, "service", QUOTH_NO_OFFSET, "out of memory");
    *ret_local = t; /* left by leave_thread, whatever it has */
    t->view = source_view_open(s->source);
    t->tenants = calloc(s->tenant_count, sizeof *t->tenants);
    t->tenant_count = s->tenant_count;
    if (!t->view || !t->tenants)
        return quoth_fail(err, QUOTH_MEMORY, "service", QUOTH_NO_OFFSET, "out of memory");
    return proofs_open(PROOFS_BYTES_DEFAULT, &t->proofs, err);
}

static void leave_thread(void *service, void *local)
{
    struct service_thread *t = local;
    (void)service;
    for (size_t i = 0; t->tenants && i < t->tenant_count; i++)
        tenant_view_clear(&t->tenants[i]);
    free(t->tenants);
    proofs_close(t->proofs);
    source_view_close(t->view);
    free(t);
}

static struct bufferevent *wrap(void *service, struct event_base *base, int fd)
{
    struct service *s = service;
    return tls_server_accept(s->tenants[0].tls.server, base, fd);
}

static void refuse(void *service, const struct quoth_error *why, const char *id,
                   struct http_response *ret_response)
{
    (void)service;
    envelope_fill(why, id, ret_response);
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

/* There is one tenant, whatever the Host. */
static bool admit(void *service, struct http_exchange *x, struct quoth_error *err)
{
    struct service *s = service;
    (void)err;
    x->scope = &s->tenants[0];
    return true;
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

bool service_open_server(struct service *s, struct quoth_error *err)
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
        .admit = admit,
        .refuse = refuse,
        .record = record,
    };
    metrics_init(&s->metrics, service_routes);
    return http_server_open(&http, &s->http, err) && http_server_start(s->http, err);
}
