/* Counters for operators, in Prometheus' text form (version 0.0.4). Labels come from fixed tables and
 * from what the operator has configured: nothing that a client sends becomes one (THREATS 24).
 * Counting is lock-free. */
#ifndef QUOTH_SERVICE_METRICS_H
#define QUOTH_SERVICE_METRICS_H

#include "collateral/source.h"
#include "http/server.h"
#include "service/policies/attestation_types.h"
#include "tee/tee.h"

#include <stdatomic.h>

#define METRICS_ROUTES_MAX 128
#define METRICS_STATUSES 21
#define METRICS_BUCKETS 12
#define METRICS_TEES_MAX 4
#define METRICS_VERDICTS 4
#define METRICS_OUTCOMES 5
#define METRICS_ADMIN_OUTCOMES 4
#define METRICS_SOURCE_EVENTS 4

struct metrics_tenant {
    const char *issuer; /* borrowed */
    atomic_uint_fast64_t attestations[METRICS_TEES_MAX + 1][METRICS_VERDICTS];
    atomic_uint_fast64_t reasons[METRICS_TEES_MAX + 1][QUOTH_CODE_COUNT];
    atomic_uint_fast64_t policies[ATTEST_TYPES][METRICS_OUTCOMES];
    atomic_uint_fast64_t drafts[METRICS_OUTCOMES];
    atomic_uint_fast64_t admin[METRICS_ADMIN_OUTCOMES];
};

struct metrics { /* zeroed and then metrics_open; shared by all threads */
    const struct http_route *routes[METRICS_ROUTES_MAX];
    size_t route_count; /* one more counts requests without a route */
    atomic_uint_fast64_t requests[METRICS_ROUTES_MAX + 1][METRICS_STATUSES];
    atomic_uint_fast64_t durations[METRICS_ROUTES_MAX + 1][METRICS_BUCKETS + 1];
    atomic_uint_fast64_t duration_sum_us[METRICS_ROUTES_MAX + 1];
    atomic_uint_fast64_t refusals[QUOTH_CODE_COUNT];
    atomic_uint_fast64_t statuses[TCB_STATUS_COUNT];
    atomic_uint_fast64_t source_events[METRICS_SOURCE_EVENTS];
    struct metrics_tenant *tenants;
    size_t tenant_count;
};

/* tables: those of the server, at most METRICS_ROUTES_MAX routes (QUOTH_INTERNAL). The issuers of the
 * tenants are the caller's to fill in. */
bool metrics_open(struct metrics *m, const struct http_route *const *tables, size_t tenants,
                  struct quoth_error *err);
void metrics_close(struct metrics *m);

/* tenant is an index; one that is not there counts for none. */
void metrics_request(struct metrics *m, size_t tenant, const struct http_record *record);
void metrics_attestation(struct metrics *m, size_t tenant, const struct appraisal *a);
/* What a policy made of evidence that was good: QUOTH_OK, or why there is no token. */
void metrics_policy(struct metrics *m, size_t tenant, enum attest_type type, enum quoth_code code);
void metrics_draft(struct metrics *m, size_t tenant, enum quoth_code code);
void metrics_source(struct metrics *m, enum source_event event);

#define METRICS_HOLDINGS_MAX 64

/* A few facts that are known at the moment of asking. */
struct metrics_now {
    struct http_counts http;
    size_t log_dropped;
    uint64_t audit_lost;
    bool ready;
    int64_t started, time;
    struct source_holding holdings[METRICS_HOLDINGS_MAX];
    size_t holding_count;
};

void metrics_write(const struct metrics *m, const struct metrics_now *now, struct buffer *to);

/* ---- for the two modules of this header */

extern const int metrics_statuses[METRICS_STATUSES - 1]; /* the last place counts all others */
extern const unsigned metrics_buckets_us[METRICS_BUCKETS];
extern const char *const metrics_verdicts[METRICS_VERDICTS];
extern const char *const metrics_outcomes[METRICS_OUTCOMES];
extern const char *const metrics_admin_outcomes[METRICS_ADMIN_OUTCOMES];

#endif
