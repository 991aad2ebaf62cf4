/* Administration over HTTP: who asks, work that may block, and what is written down of it (THREATS
 * 19, 23, 25). */
#ifndef QUOTH_SERVICE_ADMIN_H
#define QUOTH_SERVICE_ADMIN_H

#include "http/server.h"
#include "service/access/administrator.h"
#include "service/tenants/tenant.h"

/* Fills x->response or says why not. Runs in the pool; may block. */
typedef bool admin_work(struct http_exchange *x, const struct admin *who, struct quoth_error *err);

/* Authenticates for the role of the exchange's route, by bearer token or client certificate on the
 * request's tenant, and does the work, both in the pool. Once work has told of a change, how it went
 * is recorded too, before the answer. What refuses: QUOTH_ADMIN_UNAUTHENTICATED or
 * QUOTH_ADMIN_FORBIDDEN, both 401, as Azure has it (maa.md 1.2); QUOTH_HTTP_RATE for a source that
 * has shown wrong credentials too often; QUOTH_HTTP_BUSY when the pool is full. */
enum http_outcome admin_run(struct http_exchange *x, admin_work *work, struct quoth_error *err);

/* What can be said before the body is read: refuses who shows nothing, or what is not enough for
 * certain (access_may_pass). For admit; blocks nobody. */
bool admin_admit(struct http_exchange *x, struct quoth_error *err);

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
