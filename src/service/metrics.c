#include "service/metrics.h"

#include "tee/list/list.h"
#include "verifier/verifier.h"

static const int statuses[METRICS_STATUSES - 1] = {200, 400, 401, 404, 405, 408, 413, 415, 417, 429,
                                                   431, 500, 501, 502, 503, 504, 505, 421, 409};
static const unsigned buckets_us[METRICS_BUCKETS] = {
    100, 250, 500, 1000, 2500, 5000, 10000, 25000, 100000, 500000, 2500000, 10000000};
static const char *const verdicts[METRICS_VERDICTS] = {"accepted", "refused", "unavailable",
                                                       "malformed"};
static const char *const source_events[METRICS_SOURCE_EVENTS] = {
    [SOURCE_REFRESHED] = "refreshed",
    [SOURCE_FAILED] = "failed",
    [SOURCE_ROLLED_BACK] = "rolled-back",
    [SOURCE_GRACE] = "grace",
};

static void add(atomic_uint_fast64_t *counter, uint64_t more)
{
    atomic_fetch_add_explicit(counter, more, memory_order_relaxed);
}

static unsigned long long get(const atomic_uint_fast64_t *counter)
{
    return (unsigned long long)atomic_load_explicit(counter, memory_order_relaxed);
}

void metrics_init(struct metrics *m, const struct http_route *const *tables)
{
    for (; *tables; tables++)
        for (const struct http_route *r = *tables; r->path; r++)
            if (m->route_count < METRICS_ROUTES_MAX)
                m->routes[m->route_count++] = r;
}

static size_t route_index(const struct metrics *m, const struct http_route *route)
{
    size_t i = 0;
    while (i < m->route_count && m->routes[i] != route)
        i++;
    return i;
}

static size_t status_index(int status)
{
    size_t i = 0;
    while (i < COUNT(statuses) && statuses[i] != status)
        i++;
    return i;
}

static size_t bucket_index(uint64_t duration_us)
{
    size_t i = 0;
    while (i < COUNT(buckets_us) && duration_us > buckets_us[i])
        i++;
    return i;
}

void metrics_request(struct metrics *m, const struct http_record *record)
{
    const size_t route = route_index(m, record->route);
    add(&m->requests[route][status_index(record->status)], 1);
    add(&m->durations[route][bucket_index(record->duration_us)], 1);
    add(&m->duration_sum_us[route], record->duration_us);
    if (record->error)
        add(&m->refusals[record->error->code], 1);
}

static size_t tee_index(const char *name)
{
    size_t i = 0;
    while (i < METRICS_TEES_MAX && tee_list[i] && (!name || strcmp(tee_list[i]->name, name) != 0))
        i++;
    return tee_list[i] ? i : METRICS_TEES_MAX;
}

void metrics_attestation(struct metrics *m, const struct appraisal *a)
{
    const char *verdict = verifier_verdict_name(a);
    size_t v = 0;
    while (v + 1 < METRICS_VERDICTS && strcmp(verdicts[v], verdict) != 0)
        v++;
    add(&m->attestations[tee_index(a->tee)][v], 1);
    if (a->tcb.computed)
        add(&m->statuses[a->tcb.status], 1);
}

void metrics_source(struct metrics *m, enum source_event event)
{
    add(&m->source_events[event], 1);
}

static void head(struct buffer *to, const char *name, const char *type, const char *help)
{
    buffer_printf(to, "# HELP quoth_%s %s\n# TYPE quoth_%s %s\n", name, help, name, type);
}

static void gauge(struct buffer *to, const char *name, const char *help, unsigned long long value)
{
    head(to, name, "gauge", help);
    buffer_printf(to, "quoth_%s %llu\n", name, value);
}

static void counter(struct buffer *to, const char *name, const char *help, unsigned long long value)
{
    head(to, name, "counter", help);
    buffer_printf(to, "quoth_%s %llu\n", name, value);
}

static const char *route_name(const struct metrics *m, size_t i)
{
    return i < m->route_count ? m->routes[i]->path : "none";
}

static void write_requests(const struct metrics *m, struct buffer *to)
{
    head(to, "http_requests_total", "counter", "Requests answered, by route and status.");
    for (size_t r = 0; r <= m->route_count; r++)
        for (size_t s = 0; s < METRICS_STATUSES; s++)
            if (get(&m->requests[r][s]))
                buffer_printf(to, "quoth_http_requests_total{route=\"%s\",status=\"%d\"} %llu\n",
                              route_name(m, r), s < COUNT(statuses) ? statuses[s] : 0,
                              get(&m->requests[r][s]));
}

static void write_durations(const struct metrics *m, struct buffer *to)
{
    head(to, "http_request_duration_seconds", "histogram",
         "From the first byte of a request to the last of its answer.");
    for (size_t r = 0; r <= m->route_count; r++) {
        unsigned long long count = 0;
        for (size_t b = 0; b <= METRICS_BUCKETS; b++) {
            count += get(&m->durations[r][b]);
            buffer_printf(to, "quoth_http_request_duration_seconds_bucket{route=\"%s\",le=\"",
                          route_name(m, r));
            if (b < METRICS_BUCKETS)
                buffer_printf(to, "%.6g", buckets_us[b] / 1e6);
            else
                buffer_text(to, "+Inf");
            buffer_printf(to, "\"} %llu\n", count);
        }
        buffer_printf(to,
                      "quoth_http_request_duration_seconds_sum{route=\"%s\"} %.6f\n"
                      "quoth_http_request_duration_seconds_count{route=\"%s\"} %llu\n",
                      route_name(m, r), (double)get(&m->duration_sum_us[r]) / 1e6, route_name(m, r),
                      count);
    }
}

static void write_attestations(const struct metrics *m, struct buffer *to)
{
    head(to, "attestations_total", "counter", "Evidence judged, by TEE and verdict.");
    for (size_t t = 0; t <= METRICS_TEES_MAX; t++)
        for (size_t v = 0; v < METRICS_VERDICTS; v++)
            if (get(&m->attestations[t][v]))
                buffer_printf(to, "quoth_attestations_total{tee=\"%s\",verdict=\"%s\"} %llu\n",
                              t < METRICS_TEES_MAX ? tee_list[t]->name : "none", verdicts[v],
                              get(&m->attestations[t][v]));
    head(to, "tcb_status_total", "counter", "TCB statuses computed.");
    for (size_t s = 0; s < TCB_STATUS_COUNT; s++)
        if (get(&m->statuses[s]))
            buffer_printf(to, "quoth_tcb_status_total{status=\"%s\"} %llu\n",
                          tcb_status_name((enum tcb_status)s), get(&m->statuses[s]));
}

static void write_causes(const struct metrics *m, struct buffer *to)
{
    head(to, "refusals_total", "counter", "Requests refused, by error code.");
    for (size_t c = 0; c < QUOTH_CODE_COUNT; c++)
        if (get(&m->refusals[c]))
            buffer_printf(to, "quoth_refusals_total{code=\"%s\"} %llu\n",
                          quoth_code_dotted((enum quoth_code)c), get(&m->refusals[c]));
    head(to, "collateral_events_total", "counter", "What happened to collateral.");
    for (size_t e = 0; e < METRICS_SOURCE_EVENTS; e++)
        buffer_printf(to, "quoth_collateral_events_total{event=\"%s\"} %llu\n", source_events[e],
                      get(&m->source_events[e]));
}

void metrics_write(const struct metrics *m, const struct metrics_now *now, struct buffer *to)
{
    head(to, "build_info", "gauge", "The version that runs.");
    buffer_text(to, "quoth_build_info{version=\"" QUOTH_VERSION "\"} 1\n");
    gauge(to, "start_time_seconds", "When the service started.", (unsigned long long)now->started);
    gauge(to, "ready", "Whether /readyz says so.", now->ready);
    gauge(to, "http_connections", "Connections open.", now->http.connections);
    counter(to, "http_connections_turned_away_total", "Connections closed at once.",
            now->http.turned_away);
    counter(to, "log_lines_dropped_total", "Log lines that nobody took in time.", now->log_dropped);
    write_requests(m, to);
    write_durations(m, to);
    write_attestations(m, to);
    write_causes(m, to);
}
