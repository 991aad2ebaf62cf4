/* POST /attest/SgxEnclave and /attest/OpenEnclave: evidence in, token out (maa.md 1.3, 1.4). On the
 * serving thread, from parsing to signing; only evidence of a platform whose collateral is not in
 * memory is put aside, once everything that can be proven without it is (THREATS 8). */
#include "service/service.h"

#include "base/time.h"
#include "codec/json_write.h"
#include "collateral/source.h"
#include "service/attest_request.h"
#include "service/issue.h"

#define BODY_MAX (1u << 17)
#define RETRY_SECONDS 5

static const struct attest_kind {
    const char *member; /* of the body */
    enum evidence_form form;
    const char *tee;
} kinds[ATTEST_TYPES] = {
    [ATTEST_SGX_ENCLAVE] = {"quote",  EVIDENCE_BARE,                "sgx"},
    [ATTEST_OPEN_ENCLAVE] = {"report", EVIDENCE_OPEN_ENCLAVE_REPORT, "sgx"},
};

/* What is kept of a request while it waits for collateral. */
struct job {
    enum attest_type type;
    struct attest_request request;
    struct http_exchange *x;
    bool waited;
    struct quoth_error why; /* the source cannot help */
};

static void job_close(struct job *j)
{
    if (!j)
        return;
    attest_request_clear(&j->request);
    free(j);
}
DEFINE_AUTO(job, struct job *, job_close)

static struct verifier_input input_of(const struct http_exchange *x, const struct job *j,
                                      int64_t now)
{
    const struct service *s = x->service;
    const struct service_thread *t = x->local;
    const struct tenant *tenant = x->scope;
    return (struct verifier_input){
        .form = kinds[j->type].form,
        .tee = kinds[j->type].tee,
        .tee_input = {.evidence = buffer_bytes(&j->request.evidence),
                      .trust = &tenant->trusted.trust,
                      .at = now,
                      .accept = s->accept,
                      .allow_debug = true, /* the policy and the relying party judge that */
                      .proofs = t->proofs},
        .runtime = {j->request.runtime_kind,                            buffer_bytes(&j->request.runtime)            },
        .init_time = {j->request.init_time_kind,                                              buffer_bytes(&j->request.init_time)      },
    };
}

static bool key_of(const struct tee_platform *p, struct collateral_key *ret_key,
                   struct quoth_error *err)
{
    return collateral_key_make(&p->root, p->tee, p->fmspc, p->ca, ret_key, err);
}

static enum http_outcome answer(struct http_exchange *x, const struct job *j, struct appraisal *a,
                                int64_t now, struct quoth_error *err)
{
    const struct tenant *t = x->scope;
    const struct tenant_view *view;
    AUTO(buffer) struct buffer token = {0};
    if (!service_view(x, &view, err))
        return HTTP_REFUSED;
    const struct tenant_snapshot *snapshot = view->snapshot;
    const struct policy *policy = snapshot->policies[j->type].policy;
    if (!policy) {
        quoth_fail(err, QUOTH_POLICY_NOT_PERMITTED, attest_type_name(j->type), QUOTH_NO_OFFSET,
                   "there is no policy for this type, and no default");
        return HTTP_REFUSED;
    }
    const struct issue how = {
        .issuer = t->issuer,
        .jku = t->jku,
        .kid = snapshot->active->id,
        .policy = policy,
        .key = view->key,
        .nonce = j->request.has_nonce ? &j->request.nonce : NULL,
        .now = now,
    };
    if (!issue_token(&how, a, &token, err))
        return HTTP_REFUSED;
    struct buffer *body = &x->response.body;
    x->response.content_type = "application/json; charset=utf-8";
    json_object_begin(body);
    json_name(body, "token");
    json_string(body, buffer_bytes(&token));
    json_object_end(body);
    return buffer_ok(body, err) &&
                   http_response_field(&x->response, "Cache-Control", "no-store", err)
               ? HTTP_DONE
               : HTTP_REFUSED;
}

static enum http_outcome judge(struct http_exchange *x, const struct job *j,
                               const struct collateral *collateral, int64_t now,
                               struct quoth_error *err)
{
    struct service *s = x->service;
    struct verifier_input in = input_of(x, j, now);
    AUTO(appraisal) struct appraisal a = {0};
    in.tee_input.collateral = collateral;
    if (!appraisal_init(&a, now, err))
        return HTTP_REFUSED;
    const bool good = verifier_appraise(&in, &a);
    metrics_attestation(&s->metrics, &a);
    if (good)
        return answer(x, j, &a, now, err);
    *err = a.error;
    return HTTP_REFUSED;
}

static http_handler attest_again;

static void collateral_came(void *context, const struct quoth_error *why)
{
    struct job *j = context;
    if (why)
        j->why = *why;
    http_exchange_resume(j->x, attest_again);
}

/* Asks a source, once every signature holds. The request waits. Under pressure the platforms whose
 * collateral is here come first (THREATS 26). */
static enum http_outcome ask(struct http_exchange *x, struct job *j, int64_t now,
                             struct quoth_error *err)
{
    struct service *s = x->service;
    const struct verifier_input in = input_of(x, j, now);
    struct tee_platform platform;
    struct collateral_key key;
    x->response.retry_after = RETRY_SECONDS;
    if (j->waited)
        return quoth_fail(err, QUOTH_SOURCE_UNAVAILABLE, "collateral", QUOTH_NO_OFFSET,
                          "what the source gave does not hold any more")
                   ? HTTP_DONE
                   : HTTP_REFUSED;
    if (http_exchange_is_pressed(x)) {
        quoth_fail(err, QUOTH_HTTP_BUSY, "collateral", QUOTH_NO_OFFSET,
                   "under load, platforms whose collateral is here come first");
        return HTTP_REFUSED;
    }
    if (!verifier_platform(&in, &platform, err) || !key_of(&platform, &key, err))
        return HTTP_REFUSED;
    j->waited = true;
    const struct source_waiter waiter = {.done = collateral_came, .context = j};
    return source_want(s->source, &key, waiter, err) ? HTTP_LATER : HTTP_REFUSED;
}

static enum http_outcome attest(struct http_exchange *x, struct job *j, struct quoth_error *err)
{
    struct service *s = x->service;
    const struct service_thread *t = x->local;
    const int64_t now = time_now();
    const struct verifier_input in = input_of(x, j, now);
    struct tee_platform platform;
    struct collateral_key key;
    struct quoth_error not_located = {0};
    if (!service_is_ready(s, now, err))
        return HTTP_REFUSED;
    if (!verifier_locate(&in, &platform, &not_located))
        return judge(x, j, NULL, now, err); /* says what is wrong, in the order of the checks */
    if (!key_of(&platform, &key, err))
        return HTTP_REFUSED;
    const struct collateral_set *set = source_find(t->view, &key, now);
    return set ? judge(x, j, &set->collateral, now, err) : ask(x, j, now, err);
}

/* Runs a job and keeps it only if it is to go on. */
static enum http_outcome run(struct http_exchange *x, struct job *job, struct quoth_error *err)
{
    AUTO(job) struct job *j = job;
    const enum http_outcome outcome = attest(x, j, err);
    if (outcome == HTTP_LATER)
        (void)take(j);
    return outcome;
}

static enum http_outcome attest_again(struct http_exchange *x, struct quoth_error *err)
{
    AUTO(job) struct job *j = take(x->note);
    if (j->why.code != QUOTH_OK) {
        *err = j->why;
        x->response.retry_after = RETRY_SECONDS;
        return HTTP_REFUSED;
    }
    x->note = j;
    return run(x, take(j), err);
}

static enum http_outcome begin(struct http_exchange *x, enum attest_type type,
                               struct quoth_error *err)
{
    AUTO(job) struct job *j = calloc(1, sizeof *j);
    if (!j) {
        quoth_fail(err, QUOTH_MEMORY, "attest", QUOTH_NO_OFFSET, "out of memory");
        return HTTP_REFUSED;
    }
    j->type = type;
    j->x = x;
    if (!attest_check_version(x->head.target, err) ||
        !attest_request_read(x->body, kinds[type].member, &j->request, err))
        return HTTP_REFUSED;
    x->note = j;
    return run(x, take(j), err);
}

static enum http_outcome attest_sgx(struct http_exchange *x, struct quoth_error *err)
{
    return begin(x, ATTEST_SGX_ENCLAVE, err);
}

static enum http_outcome attest_open_enclave(struct http_exchange *x, struct quoth_error *err)
{
    return begin(x, ATTEST_OPEN_ENCLAVE, err);
}

const struct http_route attest_routes[] = {
    {HTTP_POST,         "/attest/SgxEnclave", HTTP_ROLE_ANYONE, BODY_MAX, attest_sgx,
     "judge an SGX quote and say so in a token", "application/json"},
    {HTTP_POST, "/attest/OpenEnclave", HTTP_ROLE_ANYONE, BODY_MAX, attest_open_enclave,
     "judge an Open Enclave report and say so in a token", "application/json"},
    {0      },
};
