/* quothd, running: what all threads share (and only read), what each has of its own, and the
 * clockwork beside them. */
#ifndef QUOTH_SERVICE_SERVICE_H
#define QUOTH_SERVICE_SERVICE_H

#include "fetch/pcs.h"
#include "http/pool.h"
#include "http/server.h"
#include "keys/reseal.h"
#include "service/access/attempts.h"
#include "service/run/envelope.h"
#include "service/run/follow.h"
#include "service/run/intact.h"
#include "service/run/log.h"
#include "service/run/metrics.h"
#include "service/run/vault_clock.h"
#include "service/state/clock.h"
#include "service/state/state.h"
#include "service/tenants/serving_tls.h"

#define SERVICE_ANCHORS_MAX 64u /* roots of all tenants together */

struct service {
    struct config_share *share;  /* the configuration that it began with */
    const struct config *config; /* in share */
    struct state state;
    struct master_key keyring;       /* for life, in locked memory */
    const struct master_key *master; /* is keyring */
    struct reseal reseal;            /* the clockwork's alone */
    struct tenant *tenants;          /* the first is that of requests that name none */
    size_t tenant_count;
    _Atomic tcb_status_set accept;
    struct sealed_marks marks;
    struct clock_guard clock;
    struct log *log;
    struct metrics metrics;
    struct pool *pool;
    struct attempts *attempts; /* wrong credentials, by source */
    struct source_anchor anchors[SERVICE_ANCHORS_MAX];
    struct pcs_options pcs;
    struct source *source;
    struct tls_server *tls;
    struct http_server *http;
    struct follow follow;
    struct intact intact;
    struct vault_clock vault_clock;
    int64_t started;
    int64_t raised_at;        /* of the counter, monotonic; the clockwork's alone, like the next */
    int64_t raised_watermark; /* what was in the store then */
};

/* What a serving thread has of its own (PERF.md: nothing that is signed or looked up with is
 * shared). */
struct service_thread {
    struct tenant_view *tenants; /* of each tenant, by its index */
    size_t tenant_count;
    struct proofs *proofs;
    struct source_view *view;
};

/* Opens everything and begins to serve. */
bool service_open(struct config_share *config, struct service **ret_service,
                  struct quoth_error *err);

/* Waits for SIGTERM or SIGINT, keeping the clockwork going; SIGHUP reads the configuration again. */
void service_run(struct service *s);

/* Answers what is in flight, ends the threads and frees everything. */
void service_close(struct service *s);
DEFINE_AUTO(service, struct service *, service_close)

/* Whether tokens can be signed now: the clock, the age of what is in memory, and that it is what the
 * store says, for every tenant. */
bool service_may_sign(struct service *s, int64_t now,
                      struct quoth_error *err); /* the clock alone */
bool service_is_ready(struct service *s, int64_t now, struct quoth_error *err);

#define SERVICE_RETRY_SECONDS 2 /* are told when the pool is full or a provider does not answer */

/* On a serving thread: has work(note) done in the pool, and x->note is note from then on. False when
 * the pool is full (QUOTH_HTTP_BUSY): then note is still the caller's. */
bool service_later(struct http_exchange *x, void (*work)(void *note), void *note,
                   struct quoth_error *err);

/* On a serving thread: the view of the request's tenant (x->scope, a struct tenant) as it is now.
 * It lives until the thread asks again. */
bool service_view(struct http_exchange *x, const struct tenant_view **ret_view,
                  struct quoth_error *err);

/* The same for a decision: nothing is decided under a policy that may have changed, be it that the
 * store is silent (QUOTH_SNAPSHOT_STALE), has something of this tenant that does not open or hold, or
 * does not hold all that was put (QUOTH_TENANT_UNREADABLE). */
bool service_view_to_decide(struct http_exchange *x, const struct tenant_view **ret_view,
                            struct quoth_error *err);

/* Shows the certificate of every tenant as it is in its files or the store now. On the clockwork's
 * thread. */
void service_show_certificates(struct service *s, int64_t now);

/* Says in the log what became of each source of the master key. */
struct slots_listener service_slots_listener(struct service *s);

/* Parts of service_open: sources.c, service/front/serving.c. */
bool service_open_source(struct service *s, struct quoth_error *err);
bool service_open_server(struct service *s, struct quoth_error *err);

/* administration.c: who may administer a tenant, and its audit trails below the state folder. */
bool service_open_administration(struct service *s, struct tenant *t, struct quoth_error *err);
/* Writes an event, and by what rules administrators are known, into the trail of every tenant. */
bool service_record(struct service *s, const char *event, struct quoth_error *err);
void service_tick_administration(struct service *s, int64_t now);

/* The tables of the server. */
extern const struct http_route *const service_routes[];
extern const struct http_route attest_routes[], health_routes[], metadata_routes[],
    openapi_routes[], signing_key_routes[], master_routes[], audit_routes[], policy_routes[],
    signer_routes[], baseline_routes[], explain_routes[], vault_key_routes[],
    vault_operation_routes[], vault_secret_routes[], release_routes[];

#endif
