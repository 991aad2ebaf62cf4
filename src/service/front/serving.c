/* What the server asks of the service: threads, connections, whose request it is, refusals, and a
 * record of each request. */
#include "service/run/service.h"

#include "base/time.h"
#include "collateral/source.h"
#include "service/admin/admin.h"
#include "service/policies/admission.h"
#include "service/vault/vault_envelope.h"
#include "service/vault/vault_path.h"

#include <sys/resource.h>
#include <unistd.h>

#define SPARE_DESCRIPTORS 64 /* for files, upstreams and listeners */

const struct http_route *const service_routes[] = {
    attest_routes,   release_routes,   policy_routes,          signing_key_routes,
    master_routes,   explain_routes,   signer_routes,          baseline_routes,
    audit_routes,    vault_key_routes, vault_operation_routes, vault_secret_routes,
    metadata_routes, health_routes,    openapi_routes,         NULL};

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

bool service_view_to_decide(struct http_exchange *x, const struct tenant_view **ret_view,
                            struct quoth_error *err)
{
    const struct service *s = x->service;
    return intact_is(&s->intact, err) && follow_is_current(&s->follow, err) &&
           tenant_is_readable(x->scope, err) && service_view(x, ret_view, err);
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
    return tls_server_accept(s->tls, base, fd);
}

static void refuse(void *service, const struct http_exchange *x, const struct quoth_error *why,
                   struct http_response *ret_response)
{
    (void)service;
    if (vault_path_is(x->head.path))
        vault_envelope_fill(x, why, ret_response);
    else
        envelope_fill(why, x->id, ret_response);
}

static void record(void *service, const struct http_record *r)
{
    struct service *s = service;
    const struct tenant *t = r->scope;
    metrics_request(&s->metrics, t ? t->index : SIZE_MAX, r);
    struct log_line line = log_begin(s->log, r->status >= 500 ? LOG_WARN : LOG_INFO, "request");
    log_text(&line, "id", r->id);
    log_text(&line, "peer", r->peer);
    log_text(&line, "tenant", t ? t->issuer : NULL);
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

/* ---- whose request it is (THREATS 17) */

/* Of "host", "host:port", "[v6]" and "[v6]:port"; nothing if it is none of these. */
static struct bytes host_of(struct bytes value)
{
    const bool bracket = value.len > 0 && value.data[0] == '[';
    size_t end = bracket ? 1 : 0;
    while (end < value.len && value.data[end] != (bracket ? ']' : ':'))
        end++;
    const size_t after = bracket ? end + 1 : end;
    if (after > value.len || (after < value.len && value.data[after] != ':'))
        return (struct bytes){0};
    for (size_t i = after + 1; i < value.len; i++)
        if (value.data[i] < '0' || value.data[i] > '9')
            return (struct bytes){0};
    return bytes_slice(value, bracket ? 1 : 0, end - (bracket ? 1 : 0));
}

static struct tenant *find_tenant(struct service *s, struct bytes host)
{
    for (size_t i = 0; host.len > 0 && i < s->tenant_count; i++)
        if (tenant_has_host(&s->tenants[i], host))
            return &s->tenants[i];
    return NULL;
}

/* Without SNI, or with a name that nobody has, it was the first tenant's certificate that was
 * shown. */
static bool was_shown(struct service *s, const struct http_exchange *x, const struct tenant *t)
{
    struct bufferevent *stream = http_exchange_stream(x);
    const char *name = stream ? tls_server_name(stream) : "";
    return name ? find_tenant(s, bytes_of_text(name)) == t : t->index == 0;
}

/* What machines ask of the process, by whatever address they have of it. */
static bool is_health(const struct http_route *route)
{
    for (const struct http_route *r = health_routes; r->path; r++)
        if (r == route)
            return true;
    return false;
}

/* Before the body is read. */
static bool has_turn(struct http_exchange *x, struct tenant *t, struct quoth_error *err)
{
    const struct tenant_view *view;
    bool is_attest = false;
    for (const struct http_route *r = attest_routes; r->path; r++)
        is_attest |= r == x->route;
    if (!is_attest)
        return true;
    x->response.retry_after = 1;
    if (!service_view(x, &view, err) ||
        !admission_turn(view->snapshot->settings, &t->next_turn_us, time_monotonic_us(), err))
        return false;
    x->response.retry_after = 0;
    return true;
}

static bool admit(void *service, struct http_exchange *x, struct quoth_error *err)
{
    struct service *s = service;
    const struct http_field *field = http_head_find(&x->head, "Host");
    const struct bytes host = field ? host_of(field->value) : (struct bytes){0};
    struct tenant *t = find_tenant(s, host);
    const bool shown = t && was_shown(s, x, t);
    x->scope = shown ? t : NULL;
    if (shown || is_health(x->route))
        return (!shown || has_turn(x, t, err)) && admin_admit(x, err);
    return quoth_fail(err, QUOTH_HTTP_MISDIRECTED, "Host", QUOTH_NO_OFFSET, "%s",
                      t ? "is not the one that was named in SNI" : "is nobody here");
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
        .lenient = vault_paths,
        .body_limit = (size_t)config->body_limit,
        .service = s,
        .wrap = wrap,
        .goodbye = tls_server_goodbye,
        .enter = enter_thread,
        .leave = leave_thread,
        .admit = admit,
        .refuse = refuse,
        .record = record,
    };
    if (!metrics_open(&s->metrics, service_routes, s->tenant_count, err))
        return false;
    for (size_t i = 0; i < s->tenant_count; i++)
        s->metrics.tenants[i].issuer = s->tenants[i].issuer;
    return http_server_open(&http, &s->http, err) && http_server_start(s->http, err);
}
