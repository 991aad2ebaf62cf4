/* The counters as Prometheus reads them. A family that has counted nothing yet is its two comments. */
#include "codec/hex.h"
#include "service/run/metrics.h"
#include "tee/list/list.h"

static const char *const source_events[METRICS_SOURCE_EVENTS] = {
    [SOURCE_REFRESHED] = "refreshed",
    [SOURCE_FAILED] = "failed",
    [SOURCE_ROLLED_BACK] = "rolled-back",
    [SOURCE_GRACE] = "grace",
};

static unsigned long long get(const atomic_uint_fast64_t *counter)
{
    return (unsigned long long)atomic_load_explicit(counter, memory_order_relaxed);
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

static const char *route_method(const struct metrics *m, size_t i)
{
    return i < m->route_count ? http_method_name(m->routes[i]->method) : "none";
}

static const char *tee_name(size_t i)
{
    return i < METRICS_TEES_MAX ? tee_list[i]->name : "none";
}

static void write_requests(const struct metrics *m, struct buffer *to)
{
    head(to, "http_requests_total", "counter", "Requests answered, by route and status.");
    for (size_t r = 0; r <= m->route_count; r++)
        for (size_t s = 0; s < METRICS_STATUSES; s++)
            if (get(&m->requests[r][s]))
                buffer_printf(
                    to,
                    "quoth_http_requests_total{method=\"%s\",route=\"%s\",status=\"%d\"} %llu\n",
                    route_method(m, r), route_name(m, r),
                    s < COUNT(metrics_statuses) ? metrics_statuses[s] : 0, get(&m->requests[r][s]));
}

static void write_histogram(const struct metrics *m, size_t r, struct buffer *to)
{
    const char *route = route_name(m, r), *method = route_method(m, r);
    unsigned long long count = 0;
    for (size_t b = 0; b <= METRICS_BUCKETS; b++) {
        count += get(&m->durations[r][b]);
        buffer_printf(to,
                      "quoth_http_request_duration_seconds_bucket{method=\"%s\",route=\"%s\",le=\"",
                      method, route);
        if (b < METRICS_BUCKETS)
            buffer_printf(to, "%.6g", metrics_buckets_us[b] / 1e6);
        else
            buffer_text(to, "+Inf");
        buffer_printf(to, "\"} %llu\n", count);
    }
    buffer_printf(to,
                  "quoth_http_request_duration_seconds_sum{method=\"%s\",route=\"%s\"} %.6f\n"
                  "quoth_http_request_duration_seconds_count{method=\"%s\",route=\"%s\"} %llu\n",
                  method, route, (double)get(&m->duration_sum_us[r]) / 1e6, method, route, count);
}

static bool was_asked(const struct metrics *m, size_t r)
{
    unsigned long long count = 0;
    for (size_t b = 0; b <= METRICS_BUCKETS; b++)
        count += get(&m->durations[r][b]);
    return count > 0;
}

static void write_durations(const struct metrics *m, struct buffer *to)
{
    head(to, "http_request_duration_seconds", "histogram",
         "From the first byte of a request to the last of its answer.");
    for (size_t r = 0; r <= m->route_count; r++)
        if (was_asked(m, r))
            write_histogram(m, r, to);
}

/* An issuer is a URL of letters, digits, dots, colons, slashes and hyphens (state_init): it needs no
 * escapes as a label. */
static void write_attestations(const struct metrics *m, struct buffer *to)
{
    head(to, "attestations_total", "counter", "Evidence judged, by tenant, TEE and verdict.");
    for (const struct metrics_tenant *t = m->tenants; t != m->tenants + m->tenant_count; t++)
        for (size_t tee = 0; tee <= METRICS_TEES_MAX; tee++)
            for (size_t v = 0; v < METRICS_VERDICTS; v++)
                if (get(&t->attestations[tee][v]))
                    buffer_printf(
                        to,
                        "quoth_attestations_total{tenant=\"%s\",tee=\"%s\",verdict=\"%s\"} %llu\n",
                        t->issuer, tee_name(tee), metrics_verdicts[v],
                        get(&t->attestations[tee][v]));
    head(to, "attestation_refusals_total", "counter",
         "Evidence that was not accepted, by tenant, TEE and reason.");
    for (const struct metrics_tenant *t = m->tenants; t != m->tenants + m->tenant_count; t++)
        for (size_t tee = 0; tee <= METRICS_TEES_MAX; tee++)
            for (size_t c = 0; c < QUOTH_CODE_COUNT; c++)
                if (get(&t->reasons[tee][c]))
                    buffer_printf(
                        to,
                        "quoth_attestation_refusals_total{tenant=\"%s\",tee=\"%s\",reason="
                        "\"%s\"} %llu\n",
                        t->issuer, tee_name(tee), quoth_code_dotted((enum quoth_code)c),
                        get(&t->reasons[tee][c]));
}

static void write_policies(const struct metrics *m, struct buffer *to)
{
    head(to, "policy_decisions_total", "counter",
         "What policies made of good evidence, by tenant, attestation type and outcome.");
    for (const struct metrics_tenant *t = m->tenants; t != m->tenants + m->tenant_count; t++)
        for (enum attest_type type = 0; type < ATTEST_TYPES; type++)
            for (size_t o = 0; o < METRICS_OUTCOMES; o++)
                if (get(&t->policies[type][o]))
                    buffer_printf(to,
                                  "quoth_policy_decisions_total{tenant=\"%s\",type=\"%s\",outcome="
                                  "\"%s\"} %llu\n",
                                  t->issuer, attest_type_name(type), metrics_outcomes[o],
                                  get(&t->policies[type][o]));
    head(to, "draft_policies_total", "counter", "Draft policies tried, by tenant and outcome.");
    for (const struct metrics_tenant *t = m->tenants; t != m->tenants + m->tenant_count; t++)
        for (size_t o = 0; o < METRICS_OUTCOMES; o++)
            if (get(&t->drafts[o]))
                buffer_printf(to, "quoth_draft_policies_total{tenant=\"%s\",outcome=\"%s\"} %llu\n",
                              t->issuer, metrics_outcomes[o], get(&t->drafts[o]));
    head(to, "admin_requests_total", "counter",
         "Requests to routes that want a role, by tenant and outcome.");
    for (const struct metrics_tenant *t = m->tenants; t != m->tenants + m->tenant_count; t++)
        for (size_t o = 0; o < METRICS_ADMIN_OUTCOMES; o++)
            buffer_printf(to, "quoth_admin_requests_total{tenant=\"%s\",outcome=\"%s\"} %llu\n",
                          t->issuer, metrics_admin_outcomes[o], get(&t->admin[o]));
}

static void write_causes(const struct metrics *m, struct buffer *to)
{
    head(to, "tcb_status_total", "counter", "TCB statuses computed.");
    for (size_t s = 0; s < TCB_STATUS_COUNT; s++)
        if (get(&m->statuses[s]))
            buffer_printf(to, "quoth_tcb_status_total{status=\"%s\"} %llu\n",
                          tcb_status_name((enum tcb_status)s), get(&m->statuses[s]));
    head(to, "refusals_total", "counter", "Requests refused, by error code.");
    for (size_t c = 0; c < QUOTH_CODE_COUNT; c++)
        if (get(&m->refusals[c]))
            buffer_printf(to, "quoth_refusals_total{code=\"%s\"} %llu\n",
                          quoth_code_dotted((enum quoth_code)c), get(&m->refusals[c]));
}

/* By anchor, as the operator has named them. */
static void write_collateral(const struct metrics *m, const struct metrics_now *now,
                             struct buffer *to)
{
    char root[72];
    head(to, "collateral_events_total", "counter", "What happened to collateral.");
    for (size_t e = 0; e < METRICS_SOURCE_EVENTS; e++)
        buffer_printf(to, "quoth_collateral_events_total{event=\"%s\"} %llu\n", source_events[e],
                      get(&m->source_events[e]));
    head(to, "collateral_sets", "gauge", "Platforms whose collateral is held, by trust anchor.");
    for (size_t i = 0; i < now->holding_count; i++)
        buffer_printf(to, "quoth_collateral_sets{root=\"%s\"} %zu\n",
                      hex_text(BYTES_OF(now->holdings[i].root.bytes), root, sizeof root),
                      now->holdings[i].sets);
    head(to, "collateral_expiry_seconds", "gauge",
         "Until the first collateral held for a trust anchor expires; negative once it has.");
    for (size_t i = 0; i < now->holding_count; i++)
        if (now->holdings[i].sets > 0)
            buffer_printf(to, "quoth_collateral_expiry_seconds{root=\"%s\"} %lld\n",
                          hex_text(BYTES_OF(now->holdings[i].root.bytes), root, sizeof root),
                          (long long)(now->holdings[i].expires - now->time));
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
    counter(to, "audit_lines_lost_total", "Decisions that could not be written into the trail.",
            now->audit_lost);
    write_requests(m, to);
    write_durations(m, to);
    write_attestations(m, to);
    write_policies(m, to);
    write_causes(m, to);
    write_collateral(m, now, to);
}
