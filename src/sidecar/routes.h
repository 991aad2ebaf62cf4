/* The routes of a sidecar. Handlers read the request on the connection's thread and leave what
 * waits for others to the pool. */
#ifndef QUOTH_SIDECAR_ROUTES_H
#define QUOTH_SIDECAR_ROUTES_H

#include <quoth/attester.h>

#include "http/pool.h"
#include "http/server.h"
#include "sidecar/settings.h"

struct sidecar { /* what handlers see as http_exchange.service */
    const struct sidecar_settings *settings;
    struct quoth_attester *attester;
    struct pool *pool;
};

extern const struct http_route sidecar_routes[];

/* {"error":"message","code","hint"}: the first as Azure's sidecar has it, the others ours. */
void sidecar_refuse(void *service, const struct http_exchange *x, const struct quoth_error *why,
                    struct http_response *ret_response);

#endif
