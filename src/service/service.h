/* quothd, running: what all threads share (and only read), what each has of its own, and the
 * clockwork beside them. */
#ifndef QUOTH_SERVICE_SERVICE_H
#define QUOTH_SERVICE_SERVICE_H

#include "fetch/pcs.h"
#include "http/pool.h"
#include "http/server.h"
#include "policy/policy.h"
#include "service/attestation_types.h"
#include "service/clock.h"
#include "service/documents.h"
#include "service/envelope.h"
#include "service/log.h"
#include "service/metrics.h"
#include "service/serving_tls.h"
#include "service/state.h"
#include "service/trusted.h"

struct service {
    const struct config *config;
    struct state state;
    struct trusted trusted;
    tcb_status_set accept;
    struct kept_keys keys;         /* the first that is active signs */
    const struct kept_key *active; /* in keys */
    char jku[STATE_ISSUER_MAX + 8];
    struct buffer keys_document, metadata_document;
    struct policy *policies[ATTEST_TYPES];
    struct clock_guard clock;
    struct log *log;
    struct metrics metrics;
    struct pool *pool;
    struct source_anchor anchors[TRUST_ANCHORS_MAX];
    struct pcs_options pcs;
    struct source *source;
    struct serving_tls tls;
    struct http_server *http;
    int64_t started;
};

/* What a serving thread has of its own (PERF.md: nothing that is signed or looked up with is
 * shared). */
struct service_thread {
    struct private_key *key;
    struct proofs *proofs;
    struct source_view *view;
};

/* Opens everything and begins to serve. config must outlive the service. */
bool service_open(const struct config *config, struct service **ret_service,
                  struct quoth_error *err);

/* Waits for SIGTERM or SIGINT, keeping the clockwork going; SIGHUP reads the TLS files again. */
void service_run(struct service *s);

/* Answers what is in flight, ends the threads and frees everything. */
void service_close(struct service *s);
DEFINE_AUTO(service, struct service *, service_close)

/* Whether tokens can be signed now: the clock. */
bool service_is_ready(struct service *s, int64_t now, struct quoth_error *err);

/* Opens the policy of every type. */
bool attest_open_policies(struct service *s, struct quoth_error *err);

/* The tables of the server. */
extern const struct http_route *const service_routes[];
extern const struct http_route attest_routes[], health_routes[], metadata_routes[];

#endif
