/* What the vendor's web service answers: see platform/pcs_server.h. */
#ifndef QUOTH_PLATFORM_PCS_ROUTES_H
#define QUOTH_PLATFORM_PCS_ROUTES_H

#include "http/server.h"

/* Ends with a row of zeros. http_exchange.service is the platform's folder, a const char *. */
extern const struct http_route pcs_routes[];

#endif
