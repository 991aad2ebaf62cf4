/* The listener: one thread and event base per core, connections with deadlines, limits, routing.
 * It knows no attestation; what it asks of the service stands in struct http_config. */
#ifndef QUOTH_HTTP_SERVER_H
#define QUOTH_HTTP_SERVER_H

#include "http/limit.h"
#include "http/router.h"

#define HTTP_ID_SIZE 56   /* "00-<32 hex>-<16 hex>-00" and its NUL (W3C Trace Context) */
#define HTTP_PEER_SIZE 64 /* "[2001:db8::1]:54321" and its NUL */

struct event_base;
struct bufferevent;

/* A request and its answer. A handler reads the first part and fills response. Of a response that a
 * handler (or admit) has begun and then refuses, retry_after and the extra fields stay. */
struct http_exchange {
    struct http_head head;
    struct bytes body;
    const struct http_route *route;       /* NULL until one is found */
    struct bytes params[HTTP_PARAMS_MAX]; /* of the route's path */
    void *scope;                          /* what http_config.admit found, for handlers */
    char id[HTTP_ID_SIZE];                /* ours, never the client's */
    char peer[HTTP_PEER_SIZE];
    struct http_response response;
    void *service;          /* http_config.service */
    void *local;            /* what http_config.enter made for this thread */
    void *note;             /* the handler's own, from one resumption to the next */
    struct http_life *life; /* belongs to the server */
};

/* Goes on with an exchange whose handler returned HTTP_LATER: handler runs on the exchange's own
 * thread, even when the client is gone (what it says is then dropped). Once per HTTP_LATER, from
 * any thread. */
void http_exchange_resume(struct http_exchange *x, http_handler *handler);

/* True once the exchange has waited for more than half of what http_times.queue lets it wait: a
 * handler then leaves undone what can be asked for again later (THREATS 26). */
bool http_exchange_is_pressed(const struct http_exchange *x);

/* Microseconds since the first byte of the request. */
uint64_t http_exchange_age_us(const struct http_exchange *x);

/* What http_config.wrap made for the connection that the exchange came on; NULL once the client is
 * gone. To be asked on the exchange's own thread. */
struct bufferevent *http_exchange_stream(const struct http_exchange *x);

struct http_record {                /* one answered request, for logs and metrics */
    const struct http_head *head;   /* NULL when the head could not be read */
    const struct http_route *route; /* NULL when none was found */
    const void *scope;              /* what http_config.admit found; NULL before that */
    const char *id, *peer;
    int status;
    const struct quoth_error *error; /* NULL unless refused */
    uint64_t duration_us;            /* from the first byte to the last of the answer handed on */
    size_t received, sent;           /* bytes of body */
};

struct http_times { /* milliseconds; each is the total for its phase, not for a single read */
    unsigned header, body, idle, write, linger;
    unsigned queue; /* how long a request may have waited for its thread before one that has work to
                       do is refused instead (THREATS 26); 0: any time */
};

struct http_config {
    const char *listen; /* "127.0.0.1:8443", "[::1]:0"; port 0 takes a free one */
    size_t threads;
    struct http_times times;
    struct limit_config limit;
    const struct http_route *const *routes; /* tables, ended by NULL */
    const char *const *lenient; /* as http_route_find has it, and HTTP_BODY_OVERLOOKED */
    size_t
        body_limit; /* bytes: no body is longer, whatever its route allows. 0: what routes allow */

    void *service; /* handed to every function below */
    /* The bytes of a connection become a bufferevent that owns fd: TLS, or NULL for plain TCP. NULL
     * from it closes the connection. goodbye says that nothing more will be written. */
    struct bufferevent *(*wrap)(void *service, struct event_base *base, int fd);
    void (*goodbye)(struct bufferevent *b);
    /* State of one thread, made before it serves and released after. May be NULL. */
    bool (*enter)(void *service, size_t thread, void **ret_local, struct quoth_error *err);
    void (*leave)(void *service, void *local);
    /* May this request go on to its route? Asked of every request that has one, before its body is
     * read, on its thread: must not block. x->route is set; x->scope may be. NULL: only routes of
     * HTTP_ROLE_ANYONE are served. */
    bool (*admit)(void *service, struct http_exchange *x, struct quoth_error *err);
    /* Fills body and content type (and fields) of a refusal; the status comes from the code. The head
     * of x is empty if it could not be read. */
    void (*refuse)(void *service, const struct http_exchange *x, const struct quoth_error *why,
                   struct http_response *ret_response);
    void (*record)(void *service,
                   const struct http_record *record); /* must not block. May be NULL */
};

extern const struct http_times http_times_default; /* 5 s, 10 s, 60 s, 10 s, 2 s, 0.25 s */

struct http_server; /* opaque */

/* Binds the address and listens; nobody is served yet. config is copied, what it points at is not.
 */
bool http_server_open(const struct http_config *config, struct http_server **ret_server,
                      struct quoth_error *err);

/* "127.0.0.1:43121": where it listens, with the port it got. */
const char *http_server_address(const struct http_server *s);

/* Starts the threads and returns. */
bool http_server_start(struct http_server *s, struct quoth_error *err);

/* Stops accepting, answers what is in flight with Connection: close, and returns when all is
 * answered or the time is over. */
void http_server_drain(struct http_server *s, unsigned milliseconds);

struct http_counts {    /* for metrics */
    size_t connections; /* open now */
    size_t turned_away; /* connections closed at once, as there were too many */
};

struct http_counts http_server_counts(const struct http_server *s); /* from any thread */

/* Ends the threads, if they run, and frees everything. Exchanges kept by others must have been
 * resumed: close the pool first. */
void http_server_close(struct http_server *s);
DEFINE_AUTO(http_server, struct http_server *, http_server_close)

#endif
