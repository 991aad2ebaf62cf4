/* Counters for operators, in Prometheus' text form (version 0.0.4). Labels come from fixed tables:
 * nothing that a client sends becomes one (THREATS 24). Counting is lock-free. */
#ifndef QUOTH_SERVICE_METRICS_H
#define QUOTH_SERVICE_METRICS_H

#include "collateral/source.h"
#include "http/server.h"
#include "tee/tee.h"

#include <stdatomic.h>

#define METRICS_ROUTES_MAX 64
#define METRICS_STATUSES 20
#define METRICS_BUCKETS 12
#define METRICS_TEES_MAX 4
#define METRICS_VERDICTS 4
#define METRICS_SOURCE_EVENTS 4

struct metrics { /* zeroed and then metrics_init; shared by all threads */
    const struct http_route *routes[METRICS_ROUTES_MAX];
    size_t route_count; /* one more counts requests without a route */
    atomic_uint_fast64_t requests[METRICS_ROUTES_MAX + 1][METRICS_STATUSES];
    atomic_uint_fast64_t durations[METRICS_ROUTES_MAX + 1][METRICS_BUCKETS + 1];
    atomic_uint_fast64_t duration_sum_us[METRICS_ROUTES_MAX + 1];
    atomic_uint_fast64_t refusals[QUOTH_CODE_COUNT];
    atomic_uint_fast64_t attestations[METRICS_TEES_MAX + 1][METRICS_VERDICTS];
    atomic_uint_fast64_t statuses[TCB_STATUS_COUNT];
    atomic_uint_fast64_t source_events[METRICS_SOURCE_EVENTS];
};

/* tables: those of the server. */
void metrics_init(struct metrics *m, const struct http_route *const *tables);

void metrics_request(struct metrics *m, const struct http_record *record);
void metrics_attestation(struct metrics *m, const struct appraisal *a);
void metrics_source(struct metrics *m, enum source_event event);

/* A few facts that are known at the moment of asking. */
struct metrics_now {
    struct http_counts http;
    size_t log_dropped;
    bool ready;
    int64_t started;
};

void metrics_write(const struct metrics *m, const struct metrics_now *now, struct buffer *to);

#endif
