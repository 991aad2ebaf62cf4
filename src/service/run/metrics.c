#include "service/run/metrics.h"

#include "policy/explain.h"
#include "tee/list/list.h"
#include "verifier/verifier.h"

const int metrics_statuses[METRICS_STATUSES - 1] = {200, 400, 401, 404, 405, 408, 413,
                                                    415, 417, 429, 431, 500, 501, 502,
                                                    503, 504, 505, 421, 409, 403};
const unsigned metrics_buckets_us[METRICS_BUCKETS] = {
    100, 250, 500, 1000, 2500, 5000, 10000, 25000, 100000, 500000, 2500000, 10000000};
const char *const metrics_verdicts[METRICS_VERDICTS] = {"accepted", "refused", "unavailable",
                                                        "malformed"};
const char *const metrics_outcomes[METRICS_OUTCOMES] = {"permitted", "denied", "not-permitted",
                                                        "refused", "error"};

enum { ADMIN_DONE, ADMIN_UNAUTHORIZED, ADMIN_REFUSED, ADMIN_FAILED };
const char *const metrics_admin_outcomes[METRICS_ADMIN_OUTCOMES] = {
    [ADMIN_DONE] = "done",
    [ADMIN_UNAUTHORIZED] = "unauthorized",
    [ADMIN_REFUSED] = "refused",
    [ADMIN_FAILED] = "failed",
};

static void add(atomic_uint_fast64_t *counter, uint64_t more)
{
    atomic_fetch_add_explicit(counter, more, memory_order_relaxed);
}

bool metrics_open(struct metrics *m, const struct http_route *const *tables, size_t tenants,
                  struct quoth_error *err)
{
    for (; *tables; tables++)
        for (const struct http_route *r = *tables; r->path; r++) {
            if (m->route_count == METRICS_ROUTES_MAX)
                return quoth_fail(err, QUOTH_INTERNAL, "metrics", QUOTH_NO_OFFSET,
                                  "there are more than %d routes", METRICS_ROUTES_MAX);
            m->routes[m->route_count++] = r;
        }
    m->tenants = calloc(tenants, sizeof *m->tenants);
    m->tenant_count = m->tenants ? tenants : 0;
    return m->tenants || quoth_fail(err, QUOTH_MEMORY, "metrics", QUOTH_NO_OFFSET, "out of memory");
}

void metrics_close(struct metrics *m)
{
    free(m->tenants);
    m->tenants = NULL;
    m->tenant_count = 0;
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
    while (i < COUNT(metrics_statuses) && metrics_statuses[i] != status)
        i++;
    return i;
}

static size_t bucket_index(uint64_t duration_us)
{
    size_t i = 0;
    while (i < METRICS_BUCKETS && duration_us > metrics_buckets_us[i])
        i++;
    return i;
}

static size_t admin_outcome(int status)
{
    return status < 400    ? ADMIN_DONE
           : status == 401 ? ADMIN_UNAUTHORIZED
           : status < 500  ? ADMIN_REFUSED
                           : ADMIN_FAILED;
}

void metrics_request(struct metrics *m, size_t tenant, const struct http_record *record)
{
    const size_t route = route_index(m, record->route);
    add(&m->requests[route][status_index(record->status)], 1);
    add(&m->durations[route][bucket_index(record->duration_us)], 1);
    add(&m->duration_sum_us[route], record->duration_us);
    if (record->error)
        add(&m->refusals[record->error->code], 1);
    if (tenant < m->tenant_count && record->route && record->route->role != HTTP_ROLE_ANYONE)
        add(&m->tenants[tenant].admin[admin_outcome(record->status)], 1);
}

static size_t tee_index(const char *name)
{
    size_t i = 0;
    while (i < METRICS_TEES_MAX && tee_list[i] && (!name || strcmp(tee_list[i]->name, name) != 0))
        i++;
    return tee_list[i] ? i : METRICS_TEES_MAX;
}

static size_t index_of(const char *const *names, size_t count, const char *name)
{
    size_t i = 0;
    while (i + 1 < count && strcmp(names[i], name) != 0)
        i++;
    return i;
}

void metrics_attestation(struct metrics *m, size_t tenant, const struct appraisal *a)
{
    const size_t tee = tee_index(a->tee);
    const size_t verdict = index_of(metrics_verdicts, METRICS_VERDICTS, verifier_verdict_name(a));
    if (a->tcb.computed)
        add(&m->statuses[a->tcb.status], 1);
    if (tenant >= m->tenant_count)
        return;
    add(&m->tenants[tenant].attestations[tee][verdict], 1);
    if (a->error.code != QUOTH_OK)
        add(&m->tenants[tenant].reasons[tee][a->error.code], 1);
}

static size_t outcome_index(enum quoth_code code)
{
    return index_of(metrics_outcomes, METRICS_OUTCOMES, policy_outcome_name(code));
}

void metrics_policy(struct metrics *m, size_t tenant, enum attest_type type, enum quoth_code code)
{
    if (tenant < m->tenant_count)
        add(&m->tenants[tenant].policies[type][outcome_index(code)], 1);
}

void metrics_draft(struct metrics *m, size_t tenant, enum quoth_code code)
{
    if (tenant < m->tenant_count)
        add(&m->tenants[tenant].drafts[outcome_index(code)], 1);
}

void metrics_source(struct metrics *m, enum source_event event)
{
    add(&m->source_events[event], 1);
}
