/* Administration over HTTP: who asks, and work that may block (THREATS 19, 23, 25). */
#ifndef QUOTH_SERVICE_ADMIN_H
#define QUOTH_SERVICE_ADMIN_H

#include "http/server.h"
#include "service/tenant.h"

/* Roles of routes, each with those below it. Azure's words: Attestation Reader, Attestation
 * Contributor. */
enum service_role { ROLE_ANYONE = HTTP_ROLE_ANYONE, ROLE_READER, ROLE_CONTRIBUTOR };

struct admin {
    char name[160]; /* for logs, audit and histories: "token:ID", "oidc:SUBJECT", "cert:SHA256" */
    enum service_role role;
};

/* Who sends this request, by bearer or by client certificate, on this tenant. Forwarded headers
 * say nothing. May block (the keys of an identity provider). QUOTH_ADMIN_UNAUTHENTICATED,
 * QUOTH_ADMIN_FORBIDDEN: both are 401, as Azure has it (maa.md 1.2). */
bool admin_authenticate(struct http_exchange *x, enum service_role needed, struct admin *ret_admin,
                        struct quoth_error *err);

/* Fills x->response or says why not. Runs in the pool; may block. */
typedef bool admin_work(struct http_exchange *x, const struct admin *who, struct quoth_error *err);

/* Authenticates for the role of the exchange's route and does the work, both in the pool. */
enum http_outcome admin_run(struct http_exchange *x, admin_work *work, struct quoth_error *err);

#endif
