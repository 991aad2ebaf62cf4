/* The certificates that the service shows, one for each tenant: the operator's, or one of the
 * tenant's local CA, which is made anew in time. */
#ifndef QUOTH_SERVICE_SERVING_TLS_H
#define QUOTH_SERVICE_SERVING_TLS_H

#include "net/tls_server.h"
#include "service/tenants/tenant.h"

/* Shows the tenant's certificate to new connections, from the operator's files as they are now, or
 * with a new leaf if one is due. On failure the old one goes on. Blocks: files, store, keys. */
bool serving_tls_show(struct tls_server *server, struct tenant *t, struct store *store,
                      const struct master_key *master, int64_t now, struct quoth_error *err);

#endif
