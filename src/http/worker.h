/* What server.c, connection.c and exchange.c share, and nobody else sees. */
#ifndef QUOTH_HTTP_WORKER_H
#define QUOTH_HTTP_WORKER_H

#include "http/body.h"
#include "http/loop.h"
#include "http/server.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdatomic.h>
#include <sys/socket.h>

#define HTTP_DATE_SIZE 32

struct connection;

struct worker { /* one thread of a server; touched by that thread only, but for open_count */
    struct http_server *server;
    const struct http_config *config;
    struct limit *limit;
    struct loop *loop;
    void *local;
    struct connection *connections;
    atomic_size_t
        open_count; /* connections that are its own or on their way, for those who share out */
    size_t kept;    /* exchanges whose handler said HTTP_LATER */
    bool draining;
    struct timeval round; /* of the loop, as it names it */
    uint64_t round_us;    /* when its first request was seen */
    int64_t date_time;    /* the second that date says */
    char date[HTTP_DATE_SIZE];
};

/* The server's side of an exchange. */
struct http_life {
    struct worker *worker;
    struct connection *connection; /* NULL when the client is gone */
    bool has_head;                 /* the head could be read */
    bool refused;                  /* by error; the answer waits until the body has been dropped */
    struct quoth_error error;
    char allow[64];    /* for 405 */
    unsigned wait;     /* for 429: seconds */
    bool close;        /* the connection is good for nothing after the answer */
    bool body_pending; /* bytes of this request may still arrive after the answer */
    struct http_body framing;
    struct buffer head_bytes, body_bytes;
    uint64_t began_us;
    uint64_t waited_us; /* before that, behind others of the same round */
    size_t received, sent;
    struct loop_task task; /* for resumption */
    http_handler *resume_with;
};

/* exchange.c */
struct http_exchange *exchange_open(struct worker *w, struct connection *c);
void exchange_close(struct http_exchange *x);
/* Decides what becomes of a request whose head was read; refusals are kept in x->life. */
void exchange_admit(struct http_exchange *x, struct limit_row *row);
/* Calls a handler and does what it decides. */
void exchange_run(struct http_exchange *x, http_handler *handler);
/* Makes the response that explains x->life->error. */
void exchange_refuse(struct http_exchange *x);
void exchange_write(struct http_exchange *x, struct buffer *to);
void exchange_record(const struct http_exchange *x);

/* connection.c */
/* "192.0.2.1:54321", "[2001:db8::1]:54321". */
void address_text(const struct sockaddr_storage *of, char text[HTTP_PEER_SIZE]);
/* Takes fd, an accepted socket that open_count counts, on the worker's own thread; row is left when
 * it ends. */
void connection_open(struct worker *w, int fd, const struct sockaddr_storage *peer,
                     struct limit_row *row);
/* The answer of x is settled: the response is filled, or x->life->refused. */
void connection_answer(struct connection *c, struct http_exchange *x);
/* Closes what is idle and lets what is busy end with its answer. */
void connection_drain(struct connection *c);
struct bufferevent *connection_stream(const struct connection *c);
struct connection *connection_next(const struct connection *c);
void connection_close(struct connection *c);

/* server.c */
const char *worker_date(struct worker *w); /* value of the Date field */
/* How long what is read now has been waiting behind others. */
uint64_t worker_waited_us(struct worker *w);
void worker_ended_one(struct worker *w); /* a connection or kept exchange is gone */

#endif
