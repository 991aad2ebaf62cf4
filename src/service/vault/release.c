/* Keys and secrets for programs that prove what they are: POST /keys/{name}[/{version}]/release and
 * the same of secrets, and POST /challenge (key-release.md 2; docs/release.md). Who shows no
 * credentials is judged on the attestation token alone. */
#include "base/time.h"
#include "codec/json_write.h"
#include "service/access/vault_challenge.h"
#include "service/policies/admission.h"
#include "service/release/release_record.h"
#include "service/run/service.h"
#include "service/run/shown.h"
#include "service/tenants/tenant_vault.h"
#include "service/vault/release_bundle.h"
#include "service/vault/vault_request.h"

#include <stdio.h>

#define BODY_MAX (256u << 10) /* a token of 128 KiB, and its request around it */
#define CHALLENGES_PER_SECOND 2000u

/* One request, from the serving thread to the pool and back. */
struct job {
    struct http_exchange *x;
    struct tenant_snapshot *snapshot;
    struct shown shown;
    struct vault_query query;
    bool is_known;
    struct admin who;
    struct release_case of;
    bool done;
    struct quoth_error why; /* it is not done: what is answered */
};

static void job_close(struct job *j)
{
    if (!j)
        return;
    release_case_clear(&j->of);
    vault_query_clear(&j->query);
    tenant_release(j->snapshot);
    shown_clear(&j->shown);
    free(j);
}
DEFINE_AUTO(job, struct job *, job_close)

/* ---- what is told to whom */

/* The sentences are Azure's, which its clients look for (key-release.md 1.5). why: what is told
 * besides; NULL: nothing. */
static bool tell(enum quoth_code code, const struct quoth_error *why, struct quoth_error *err)
{
    const char *sentence =
        code == QUOTH_RELEASE_UNVERIFIED
            ? "Target environment attestation statement cannot be verified."
            : "Target environment attestation does not meet key release policy requirements.";
    if (!why)
        return quoth_fail(err, code, NULL, QUOTH_NO_OFFSET, "%s", sentence);
    quoth_fail(err, code, why->where, why->offset, "%s (%s)", sentence,
               quoth_code_dotted(why->code));
    snprintf(err->found, sizeof err->found, "%s", why->found[0] ? why->found : why->message);
    snprintf(err->expected, sizeof err->expected, "%s", why->expected);
    return quoth_at(err, why->line, why->column);
}

/* A stranger learns whether the token is good, and not what there is, who gets it or what was
 * missing: a name that is not there and a policy that is not met are one answer. Who has a role in the
 * vault, and may look at it anyway, learns it all. What is wrong with the form of the token, or with the recipient's key in it, is about the
 * request alone, and told to anybody; the latter to those whose token meets the policy. */
static bool tell_refusal(const struct job *j, const struct quoth_error *why,
                         struct quoth_error *err)
{
    const struct release_case *c = &j->of;
    const bool may_know = j->is_known && (j->who.roles & ROLE_VAULT) != 0;
    const bool unavailable =
        quoth_code_http(why->code) >= 500 && (may_know || why->code != QUOTH_RELEASE_PROVIDER);
    const bool about_the_name = c->verified && !c->found && may_know;
    const bool about_the_request = !c->read || why->code == QUOTH_RELEASE_RECIPIENT;
    if (unavailable || about_the_name || about_the_request || c->granted) {
        *err = *why;
        return false;
    }
    return tell(c->verified ? QUOTH_RELEASE_REFUSED : QUOTH_RELEASE_UNVERIFIED,
                may_know ? why : NULL, err);
}

/* ---- in the pool */

/* Refusals of strangers are many and cheap: they go with the other decisions, and are counted where
 * there are too many (THREATS 23). What somebody known was refused, and whatever is released, is on
 * disk before it is answered. */
static bool record(struct job *j, const struct quoth_error *verdict, struct quoth_error *err)
{
    const struct tenant *t = j->x->scope;
    const struct release_case *c = &j->of;
    const struct release_record r = {
        .x = j->x,
        .who = j->is_known ? j->who.name : NULL,
        .kind = c->kind,
        .name = c->name,
        .version = c->version,
        .request = &c->request,
        .subject = c->found ? &c->subject : NULL,
        .token = c->read ? &c->token : NULL,
        .verified = c->verified,
        .verdict = c->judged ? &c->verdict : NULL,
        .why = verdict,
    };
    const int64_t now = time_now();
    if (verdict->code != QUOTH_OK && !j->is_known) {
        if (decisions_has_line(t->decisions, verdict->code, now)) {
            struct audit_line line = release_record_line(&r, now);
            decisions_post_line(t->decisions, &line);
        }
        return true;
    }
    struct audit_line line = release_record_line(&r, now);
    return audit_write(t->administration, &line, err);
}

static bool wrap(const struct job *j, const struct vault *v, struct buffer *ret_wrapped,
                 struct quoth_error *err)
{
    const struct release_case *c = &j->of;
    AUTO(buffer) struct buffer plain = {0};
    return release_subject_open(v, &c->subject, &plain, err) &&
           rsa_wrap(c->request.algorithm, c->verdict.recipient.key, buffer_bytes(&plain),
                    ret_wrapped, err);
}

/* The answer is made first and given last: between the two stands the record. */
static bool hand_out(struct job *j, const struct vault *v, struct quoth_error *err)
{
    AUTO(buffer) struct buffer wrapped = {0}, body = {0};
    const struct quoth_error released = {0};
    if (!wrap(j, v, &wrapped, err) ||
        !release_bundle_answer(j->snapshot->signing, v, &j->of, j->query.api_version,
                               buffer_bytes(&wrapped), &body, err) ||
        !record(j, &released, err))
        return false;
    j->x->response.body = take_value(body);
    return vault_request_finish(j->x, err);
}

/* What is asked of the service before it is asked of the token. */
static bool may_decide(struct job *j, int64_t now, struct quoth_error *err)
{
    struct service *s = j->x->service;
    if (!intact_is(&s->intact, err) || !follow_is_current(&s->follow, err) ||
        !tenant_is_readable(j->x->scope, err) || !service_may_sign(s, now, err))
        return false;
    return j->snapshot->signing || quoth_fail(err, QUOTH_RELEASE_SIGNING, "release",
                                              QUOTH_NO_OFFSET, "nobody can sign an answer");
}

static bool authenticate(struct job *j, int64_t now, struct quoth_error *err)
{
    const struct tenant_snapshot *s = j->snapshot;
    if (!shown_anything(&j->shown))
        return true;
    j->is_known =
        access_judge(s->access, &s->admin_token, &j->shown.views, ROLE_ALL, now, &j->who, err);
    return j->is_known;
}

static bool release(struct job *j, struct quoth_error *err)
{
    struct service *s = j->x->service;
    const struct tenant *t = j->x->scope;
    const int64_t now = time_now();
    struct quoth_error why = {0}, unrecorded = {0};
    const struct vault v = tenant_vault(j->x->scope, s->state.store, s->master);
    const struct release_court court = {j->snapshot, &t->trusted.trust, atomic_load(&s->accept), &v,
                                        now};
    if (!authenticate(j, now, err) || !vault_query_read(j->x->head.target, &j->query, err) ||
        !release_request_read(j->x->body, &j->of.request, err) || !may_decide(j, now, err))
        return false;
    if (release_judge(&court, &j->of, &why) && hand_out(j, &v, &why))
        return true;
    if (record(j, &why, &unrecorded))
        return tell_refusal(j, &why, err);
    *err = unrecorded;
    return false;
}

/* Who is not known, or shows nothing at all, is told where to become so: the first request of every
 * SDK is one without credentials and without a body. */
static void challenge(struct http_exchange *x, const struct tenant_snapshot *snapshot)
{
    const struct tenant *t = x->scope;
    vault_challenge_add(t->issuer, snapshot->settings, &x->response);
}

static enum http_outcome answer(struct http_exchange *x, struct quoth_error *err)
{
    AUTO(job) struct job *j = take(x->note);
    const struct service *s = x->service;
    if (j->done)
        return HTTP_DONE;
    if (j->why.code == QUOTH_ADMIN_UNAUTHENTICATED) {
        const struct tenant *t = x->scope;
        attempts_failed(s->attempts, x->peer, time_now());
        decisions_count(t->decisions, j->why.code, time_now());
    }
    if (quoth_code_http(j->why.code) == 503)
        x->response.retry_after = SERVICE_RETRY_SECONDS;
    if (quoth_code_http(j->why.code) == 401)
        challenge(x, j->snapshot);
    *err = j->why;
    return HTTP_REFUSED;
}

static void run(void *arg)
{
    struct job *j = arg;
    j->done = release(j, &j->why);
    http_exchange_resume(j->x, answer);
}

/* ---- on the serving thread */

/* A client certificate is on every request, also on the first of an SDK. */
static bool shows_something(const struct job *j, struct quoth_error *err)
{
    return j->shown.views.bearer.len > 0 || j->x->body.len > 0 ||
           quoth_fail(err, QUOTH_ADMIN_UNAUTHENTICATED, "Authorization", QUOTH_NO_OFFSET,
                      "is missing, and there is no attestation token to judge by");
}

static bool may_try(const struct job *j, struct quoth_error *err)
{
    return !shown_anything(&j->shown) || shown_may_try(j->x, err);
}

static bool begin(struct http_exchange *x, struct job *job, struct quoth_error *err)
{
    AUTO(job) struct job *j = job;
    if (!shown_find(x, j->snapshot, &j->shown, err) || !shows_something(j, err) ||
        !may_try(j, err)) {
        if (quoth_code_http(err->code) == 401)
            challenge(x, j->snapshot);
        return false;
    }
    if (!service_later(x, run, j, err))
        return false;
    (void)take(j);
    return true;
}

static enum http_outcome begin_release(struct http_exchange *x, enum vault_kind kind,
                                       struct quoth_error *err)
{
    AUTO(job) struct job *j = calloc(1, sizeof *j);
    if (!j) {
        quoth_fail(err, QUOTH_MEMORY, "release", QUOTH_NO_OFFSET, "out of memory");
        return HTTP_REFUSED;
    }
    j->x = x;
    j->of.kind = kind;
    j->of.name = x->params[0];
    j->of.version = x->params[1];
    if (!tenant_hold_loaded(x->scope, &j->snapshot, err))
        return HTTP_REFUSED;
    return begin(x, take(j), err) ? HTTP_LATER : HTTP_REFUSED;
}

static enum http_outcome release_key(struct http_exchange *x, struct quoth_error *err)
{
    return begin_release(x, VAULT_KEY, err);
}

static enum http_outcome release_secret(struct http_exchange *x, struct quoth_error *err)
{
    return begin_release(x, VAULT_SECRET, err);
}

/* {"nonce":"...","expires":N}: two hashes, and no lock. */
static enum http_outcome give_challenge(struct http_exchange *x, struct quoth_error *err)
{
    struct tenant *t = x->scope;
    const struct tenant_view *view;
    uint8_t nonce[RELEASE_CHALLENGE_SIZE];
    int64_t expires;
    struct buffer *to = &x->response.body;
    if (!turn_take(&t->next_challenge_us, time_monotonic_us(), CHALLENGES_PER_SECOND,
                   CHALLENGES_PER_SECOND)) {
        x->response.retry_after = 1;
        quoth_fail(err, QUOTH_HTTP_RATE, "tenant", QUOTH_NO_OFFSET,
                   "gives %u challenges per second to all sources together", CHALLENGES_PER_SECOND);
        return HTTP_REFUSED;
    }
    if (!service_view_to_decide(x, &view, err) ||
        !release_challenge_make(&view->snapshot->challenge_key, time_now(), nonce, &expires, err))
        return HTTP_REFUSED;
    json_object_begin(to);
    json_named_base64url(to, "nonce", BYTES_OF(nonce));
    json_named_int(to, "expires", expires);
    json_object_end(to);
    x->response.content_type = "application/json; charset=utf-8";
    return buffer_ok(to, err) && http_response_field(&x->response, "Cache-Control", "no-store", err)
               ? HTTP_DONE
               : HTTP_REFUSED;
}

const struct http_route release_routes[] = {
    {HTTP_POST,           "/keys/{key-name}/release", HTTP_ROLE_ANYONE, BODY_MAX, release_key,
     "hand a key to the program that an attestation token speaks of", "application/json"},
    {HTTP_POST,   "/keys/{key-name}/{key-version}/release", HTTP_ROLE_ANYONE, BODY_MAX, release_key,
     "the same for one version of it", "application/json"},
    {HTTP_POST,        "/secrets/{secret-name}/release", HTTP_ROLE_ANYONE, BODY_MAX, release_secret,
     "hand a secret to the program that an attestation token speaks of", "application/json"},
    {HTTP_POST, "/secrets/{secret-name}/{secret-version}/release", HTTP_ROLE_ANYONE, BODY_MAX,
     release_secret, "the same for one version of it", "application/json"},
    {HTTP_POST,           "/challenge", HTTP_ROLE_ANYONE, 0, give_challenge,
     "a challenge for the runtime data of a program that asks for a key", NULL},
    {0  },
};
