/* The certificate that the service shows: the operator's, or one of the local CA, which is made
 * anew in time. */
#ifndef QUOTH_SERVICE_SERVING_TLS_H
#define QUOTH_SERVICE_SERVING_TLS_H

#include "net/tls_server.h"
#include "service/state.h"

struct serving_tls { /* owned: serving_tls_clear */
    struct tls_server *server;
    int64_t renew_at; /* 0: never, as the certificate is the operator's */
};

/* Blocks: files, store, keys. */
bool serving_tls_open(const struct config *s, const struct state *state,
                      const struct master_key *master, int64_t now, struct serving_tls *ret_tls,
                      struct quoth_error *err);
void serving_tls_clear(struct serving_tls *t);
DEFINE_AUTO_VALUE(serving_tls, struct serving_tls, serving_tls_clear)

/* Reads the operator's files again, or makes a new leaf if one is due, and shows it to new
 * connections. On failure the old one goes on. Blocks. */
bool serving_tls_refresh(struct serving_tls *t, const struct config *s, const struct state *state,
                         const struct master_key *master, int64_t now, struct quoth_error *err);

#endif
