/* What a request shows of who asks, on the serving thread. */
#ifndef QUOTH_SERVICE_SHOWN_H
#define QUOTH_SERVICE_SHOWN_H

#include "service/access/access.h"
#include "service/run/service.h"

struct shown {                /* owned: shown_clear; it stays where it is */
    struct credentials views; /* of the head, and of certificate */
    struct buffer certificate;
};

void shown_clear(struct shown *s);
DEFINE_AUTO_VALUE(shown, struct shown, shown_clear)

/* The bearer token and, where the tenant knows any, the certificate of the connection, unless a page in a
 * browser asks; s is zeroed. It is no failure if there is neither. What bearer_find refuses. */
bool shown_find(struct http_exchange *x, const struct tenant_snapshot *snapshot, struct shown *s,
                struct quoth_error *err);
bool shown_anything(const struct shown *s);

/* Where wrong credentials came from lately, no further ones are looked at: QUOTH_HTTP_RATE, and how
 * long to wait is in the response. */
bool shown_may_try(struct http_exchange *x, struct quoth_error *err);

#endif
