/* What the modules of this room share of a server. */
#ifndef QUOTH_SERVE_SERVER_H
#define QUOTH_SERVE_SERVER_H

#include <quoth/server.h>

#include "http/pool.h"
#include "http/server.h"
#include "net/tls_server.h"
#include "serve/identity.h"

#include <pthread.h>

#define SERVE_ROUTES_MAX 16u /* of the program */
#define SERVE_OWN_ROUTES 2u  /* ours, in front of them */
#define SERVE_TOKEN_TYPE "application/jwt"

struct quoth_server {
    struct quoth_server_options options; /* its texts are those below */
    char *texts[4];
    struct private_key *given;           /* the key of all its certificates; NULL: one for each */
    struct quoth_token_request verifier; /* where tokens come from */
    pthread_mutex_t lock;                /* over identity */
    struct identity identity;
    struct tls_server *tls;
    struct http_server *http;
    struct pool *pool; /* one worker: asks the verifier for what challenges want */
    struct limit *challenges;
    struct limit_row *challenger; /* one for all sources: evidence costs the same whoever asks */
    struct http_route routes[SERVE_OWN_ROUTES + SERVE_ROUTES_MAX + 1];
    const struct http_route *tables[2];
    quoth_handler *handlers[SERVE_ROUTES_MAX];
    size_t handler_count;
    int wake[2]; /* a pipe: a byte in it ends quoth_server_run */
};

/* GET /token, with and without a challenge; GET /channel. */
enum http_outcome serve_token(struct http_exchange *x, struct quoth_error *err);
enum http_outcome serve_channel(struct http_exchange *x, struct quoth_error *err);

#endif
