/* Administration over HTTP: who asks, work that may block, and what is written down of it (THREATS
 * 19, 23, 25). */
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

/* Authenticates for the role of the exchange's route and does the work, both in the pool. Once
 * work has told of a change, how it went is recorded too, before the answer. */
enum http_outcome admin_run(struct http_exchange *x, admin_work *work, struct quoth_error *err);

/* A change is recorded before it is made; what cannot be recorded is not done:
 *
 *     struct audit_line line = admin_line(x, who, "policy.set");
 *     audit_text(&line, "type", "SgxEnclave");
 *     if (!admin_intend(x, &line, err))
 *         return false;
 *     return make_the_change(..., err);
 *
 * admin_line begins the record: who, which request, from where. admin_intend uses the line up. What
 * became of it is written by admin_run, as "policy.set.done" or "policy.set.failed" with the error,
 * naming the same request. */
struct audit_line admin_line(const struct http_exchange *x, const struct admin *who,
                             const char *event);
bool admin_intend(struct http_exchange *x, struct audit_line *line, struct quoth_error *err);

#endif
