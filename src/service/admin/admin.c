#include "service/admin/admin.h"

#include "base/time.h"
#include "service/access/vault_challenge.h"
#include "service/run/service.h"
#include "service/run/shown.h"
#include "service/vault/vault_path.h"

#include <stdio.h>

/* One administrative request, from the serving thread to the pool and back. */
struct job {
    struct http_exchange *x;
    admin_work *work;
    struct tenant_snapshot *snapshot;
    struct shown shown;
    struct admin who;
    char event[48]; /* of the change that was intended; empty: none */
    bool intended, done;
    struct quoth_error why; /* it is not done */
};

static void job_close(struct job *j)
{
    if (!j)
        return;
    tenant_release(j->snapshot);
    shown_clear(&j->shown);
    free(j);
}
DEFINE_AUTO(job, struct job *, job_close)

/* ---- on the serving thread */

/* Clients of the vault leave out bearer and body of their first request, to be told where tokens are
 * (key-release.md 1.6): whatever certificate they show, it is no request yet. */
static bool asks_where_tokens_are(const struct http_exchange *x, const struct shown *s)
{
    return s->views.bearer.len == 0 && x->route->body_limit > 0 && !x->head.chunked &&
           x->head.length == 0 && vault_path_is(x->head.path);
}

static bool find_credentials(struct http_exchange *x, const struct tenant_snapshot *snapshot,
                             struct shown *ret_shown, struct quoth_error *err)
{
    if (!shown_find(x, snapshot, ret_shown, err))
        return false;
    if (!shown_anything(ret_shown))
        return quoth_fail(err, QUOTH_ADMIN_UNAUTHENTICATED, "Authorization", QUOTH_NO_OFFSET,
                          "is missing, and there is no client certificate");
    return !asks_where_tokens_are(x, ret_shown) ||
           quoth_fail(err, QUOTH_ADMIN_UNAUTHENTICATED, "Authorization", QUOTH_NO_OFFSET,
                      "is missing, and so is the body");
}

/* Who is not known is told where to become so. */
static void challenge(struct http_exchange *x, const struct tenant_snapshot *snapshot,
                      enum quoth_code code)
{
    const struct tenant *t = x->scope;
    if (!snapshot || quoth_code_http(code) != 401)
        return;
    if (vault_path_is(x->head.path))
        vault_challenge_add(t->issuer, snapshot->settings, &x->response);
    else
        access_challenge(snapshot->access, &x->response);
}

/* Clients of the vault that are told 401 ask for another token of the same kind; 403 they take for an
 * answer. Returns false. */
static bool turn_away(const struct http_exchange *x, const struct quoth_error *why,
                      struct quoth_error *err)
{
    if (why->code == QUOTH_ADMIN_FORBIDDEN && vault_path_is(x->head.path))
        return quoth_mismatch(err, QUOTH_VAULT_FORBIDDEN, why->where, why->offset, why->found,
                              why->expected);
    *err = *why;
    return false;
}

/* Not known, or without the role: nothing was begun, and the trail has their number. */
static bool is_about_who(enum quoth_code code)
{
    return code == QUOTH_ADMIN_UNAUTHENTICATED || code == QUOTH_ADMIN_FORBIDDEN ||
           code == QUOTH_VAULT_FORBIDDEN;
}

/* Who shows what is wrong is counted, and told where to get better. */
static void count_refusal(struct http_exchange *x, const struct tenant_snapshot *snapshot,
                          enum quoth_code code)
{
    const struct service *s = x->service;
    const struct tenant *t = x->scope;
    if (code == QUOTH_ADMIN_UNAUTHENTICATED)
        attempts_failed(s->attempts, x->peer, time_now());
    if (is_about_who(code))
        decisions_count(t->decisions, code, time_now());
    challenge(x, snapshot, code);
}

static bool may_pass(struct http_exchange *x, const struct tenant_snapshot *snapshot,
                     const struct credentials *shown, struct quoth_error *err)
{
    struct quoth_error why = {0};
    if (access_may_pass(snapshot->access, &snapshot->admin_token, shown, (unsigned)x->route->role,
                        time_now(), &why))
        return true;
    turn_away(x, &why, err);
    count_refusal(x, snapshot, err->code);
    return false;
}

bool admin_admit(struct http_exchange *x, struct quoth_error *err)
{
    AUTO(shown) struct shown shown = {0};
    AUTO(tenant_snapshot) struct tenant_snapshot *snapshot = NULL;
    if (x->route->role == ROLE_ANYONE)
        return true;
    const bool found = shown_may_try(x, err) && tenant_hold_loaded(x->scope, &snapshot, err) &&
                       find_credentials(x, snapshot, &shown, err);
    if (!found)
        challenge(x, snapshot, err->code);
    return found && may_pass(x, snapshot, &shown.views, err);
}

static enum http_outcome answer(struct http_exchange *x, struct quoth_error *err)
{
    AUTO(job) struct job *j = take(x->note);
    if (j->done)
        return HTTP_DONE;
    if (quoth_code_http(j->why.code) == 503)
        x->response.retry_after = SERVICE_RETRY_SECONDS;
    count_refusal(x, j->snapshot, j->why.code);
    *err = j->why;
    return HTTP_REFUSED;
}

/* ---- in the pool */

static bool authenticate(struct job *j, struct quoth_error *err)
{
    const struct tenant_snapshot *s = j->snapshot;
    struct quoth_error why = {0};
    if (access_judge(s->access, &s->admin_token, &j->shown.views, (unsigned)j->x->route->role,
                     time_now(), &j->who, &why))
        return true;
    return turn_away(j->x, &why, err);
}

/* How the change went. One that was made and cannot be told of is answered as a failure. */
static void record_outcome(struct job *j)
{
    struct tenant *t = j->x->scope;
    struct quoth_error err = {0};
    char event[sizeof j->event + 8];
    snprintf(event, sizeof event, "%s.%s", j->event, j->done ? "done" : "failed");
    struct audit_line line = audit_begin(event, time_now());
    audit_text(&line, "who", j->who.name);
    audit_text(&line, "request", j->x->id);
    audit_failure(&line, &j->why);
    if (audit_write(t->administration, &line, &err) || !j->done)
        return;
    j->done = false;
    quoth_fail(&j->why, err.code, err.where, QUOTH_NO_OFFSET,
               "the change was made, and that cannot be recorded: %s", err.message);
}

static void run(void *arg)
{
    struct job *j = arg;
    j->done = authenticate(j, &j->why) && j->work(j->x, &j->who, &j->why);
    if (j->intended)
        record_outcome(j);
    http_exchange_resume(j->x, answer);
}

struct audit_line admin_line(const struct http_exchange *x, const struct admin *who,
                             const char *event)
{
    struct job *j = x->note;
    const struct http_field *client_id = http_head_find(&x->head, "x-ms-client-request-id");
    struct audit_line line = audit_begin(event, time_now());
    snprintf(j->event, sizeof j->event, "%s", event);
    audit_text(&line, "who", who->name);
    audit_text(&line, "request", x->id);
    audit_text(&line, "peer", x->peer);
    if (client_id)
        audit_bytes(&line, "clientRequest", client_id->value);
    return line;
}

bool admin_intend(struct http_exchange *x, struct audit_line *line, struct quoth_error *err)
{
    struct job *j = x->note;
    const struct tenant *t = x->scope;
    j->intended = audit_write(t->administration, line, err);
    return j->intended;
}

/* ---- where it begins */

static bool begin(struct http_exchange *x, struct job *job, struct quoth_error *err)
{
    AUTO(job) struct job *j = job;
    if (!shown_may_try(x, err) || !tenant_hold_loaded(x->scope, &j->snapshot, err))
        return false;
    if (!find_credentials(x, j->snapshot, &j->shown, err)) {
        challenge(x, j->snapshot, err->code);
        return false;
    }
    if (!service_later(x, run, j, err))
        return false;
    (void)take(j);
    return true;
}

enum http_outcome admin_run(struct http_exchange *x, admin_work *work, struct quoth_error *err)
{
    struct job *j = calloc(1, sizeof *j);
    if (!j) {
        quoth_fail(err, QUOTH_MEMORY, "admin", QUOTH_NO_OFFSET, "out of memory");
        return HTTP_REFUSED;
    }
    j->x = x;
    j->work = work;
    return begin(x, j, err) ? HTTP_LATER : HTTP_REFUSED;
}
