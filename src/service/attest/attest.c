/* POST /attest/{type}: evidence in, token out (maa.md 1.3, 1.4). On the serving thread, from parsing
 * to signing; only evidence of a platform whose collateral is not in memory is put aside, once
 * everything that can be proven without it is (THREATS 8). */
#include "service/attest/attest.h"

#include "base/time.h"
#include "codec/json_write.h"
#include "collateral/source.h"
#include "service/attest/draft.h"
#include "service/attest/issue.h"
#include "service/policies/admission.h"
#include "service/tenants/result_token.h"

#define BODY_MAX (1u << 20) /* at most; the setting body-limit says how much */
#define RETRY_SECONDS 5

/* What is kept of a request while it waits for collateral. */
struct job {
    enum attest_type type;
    struct attest_request request;
    struct http_exchange *x;
    struct policy *draft; /* to judge by, in place of the stored one; NULL: there is none */
    bool waited;
    struct quoth_error why; /* the source cannot help */
};

static void job_close(struct job *j)
{
    if (!j)
        return;
    attest_request_clear(&j->request);
    policy_close(j->draft);
    free(j);
}
DEFINE_AUTO(job, struct job *, job_close)

struct verifier_input attest_input(const struct service *s, const struct tenant *tenant,
                                   enum attest_type type, const struct attest_request *request,
                                   struct proofs *proofs, int64_t now)
{
    return (struct verifier_input){
        .form = attest_form_of(type)->form,
        .tee = attest_form_of(type)->tee,
        .tee_input = {.evidence = buffer_bytes(&request->evidence),
                      .trust = &tenant->trusted.trust,
                      .at = now,
                      .accept = s->accept,
                      .grace = (int64_t)s->config->collateral_grace,
                      .allow_debug = true, /* the policy and the relying party judge that */
                      .proofs = proofs},
        .runtime = {request->runtime_kind,                          buffer_bytes(&request->runtime)},
        .init_time = {request->init_time_kind,       buffer_bytes(&request->init_time)     },
    };
}

static struct verifier_input input_of(const struct http_exchange *x, const struct job *j,
                                      int64_t now)
{
    const struct service_thread *t = x->local;
    return attest_input(x->service, x->scope, j->type, &j->request, t->proofs, now);
}

bool attest_key_of(const struct tee_platform *p, struct collateral_key *ret_key,
                   struct quoth_error *err)
{
    return collateral_key_make(&p->root, p->tee, p->fmspc, p->ca, ret_key, err);
}

static enum http_outcome answer(struct http_exchange *x, const struct job *j, struct appraisal *a,
                                int64_t now, struct quoth_error *err)
{
    struct service *s = x->service;
    const struct tenant *t = x->scope;
    const struct tenant_view *view;
    AUTO(buffer) struct buffer token = {0};
    if (!service_view_to_decide(x, &view, err))
        return HTTP_REFUSED;
    const struct tenant_snapshot *snapshot = view->snapshot;
    const struct tenant_policy *stored = &snapshot->policies[j->type];
    if (!admission_platform(snapshot->settings, a->claims, err))
        return HTTP_REFUSED;
    const struct issue how = {
        .issuer = t->issuer,
        .jku = t->jku,
        .kid = snapshot->active->id,
        .policy = j->draft ? j->draft : stored->policy,
        .signer = j->draft ? NULL : &stored->signer_jwk,
        .key = j->draft ? NULL : view->key,
        .nonce = j->request.has_nonce ? &j->request.nonce : NULL,
        .now = now,
    };
    const bool issued = issue_token(&how, a, &token, err);
    if (j->draft)
        metrics_draft(&s->metrics, t->index, err->code);
    else
        metrics_policy(&s->metrics, t->index, j->type, err->code);
    if (!issued)
        return HTTP_REFUSED;
    return result_answer_token(&x->response, &token, err) ? HTTP_DONE : HTTP_REFUSED;
}

/* In the trail of decisions, as it was decided: with the version of the policy that this thread
 * has judged by. */
static void write_down(const struct http_exchange *x, const struct job *j,
                       const struct appraisal *a, int64_t now, const struct quoth_error *why)
{
    const struct tenant *t = x->scope;
    const struct service_thread *thread = x->local;
    const struct tenant_snapshot *snapshot = thread->tenants[t->index].snapshot;
    const struct decision decision = {.x = x,
                                      .type = attest_type_name(j->type),
                                      .appraisal = a,
                                      .policy_version = snapshot->policies[j->type].version,
                                      .by_draft = j->draft != NULL,
                                      .why = why};
    decisions_post(t->decisions, &decision, now);
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
    metrics_attestation(&s->metrics, ((const struct tenant *)x->scope)->index, &a);
    const enum http_outcome outcome = good ? answer(x, j, &a, now, err) : HTTP_REFUSED;
    if (!good)
        *err = a.error;
    write_down(x, j, &a, now, err);
    return outcome;
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
    if (j->draft) {
        quoth_fail(err, QUOTH_COLLATERAL_UNAVAILABLE, "collateral", QUOTH_NO_OFFSET,
                   "of this platform is not here, and a draft policy causes none to be fetched");
        return HTTP_REFUSED;
    }
    if (http_exchange_is_pressed(x)) {
        quoth_fail(err, QUOTH_HTTP_BUSY, "collateral", QUOTH_NO_OFFSET,
                   "under load, platforms whose collateral is here come first");
        return HTTP_REFUSED;
    }
    if (!verifier_platform(&in, &platform, err) || !attest_key_of(&platform, &key, err))
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
    if (!service_may_sign(s, now, err))
        return HTTP_REFUSED;
    if (!verifier_locate(&in, &platform, &not_located))
        return judge(x, j, NULL, now, err); /* says what is wrong, in the order of the checks */
    if (!attest_key_of(&platform, &key, err))
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

/* Before the body is looked at. */
static bool admit(struct http_exchange *x, enum attest_type type, struct quoth_error *err)
{
    const struct tenant_view *view;
    return attest_check_version(x->head.target, err) && service_view_to_decide(x, &view, err) &&
           admission_type(view->snapshot->settings, view->snapshot->policies, type, err);
}

static bool open_draft(struct http_exchange *x, struct job *j, struct quoth_error *err)
{
    const struct tenant_view *view;
    return !j->request.has_draft ||
           (service_view_to_decide(x, &view, err) &&
            draft_open(x->scope, view->snapshot->settings, j->type, buffer_bytes(&j->request.draft),
                       time_monotonic_us(), &j->draft, err));
}

static enum http_outcome begin(struct http_exchange *x, enum attest_type type,
                               struct quoth_error *err)
{
    if (!admit(x, type, err))
        return HTTP_REFUSED;
    AUTO(job) struct job *j = calloc(1, sizeof *j);
    if (!j) {
        quoth_fail(err, QUOTH_MEMORY, "attest", QUOTH_NO_OFFSET, "out of memory");
        return HTTP_REFUSED;
    }
    j->type = type;
    j->x = x;
    if (!attest_request_read(x->body, attest_form_of(type)->member, &j->request, err) ||
        !open_draft(x, j, err))
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

static enum http_outcome attest_tdx(struct http_exchange *x, struct quoth_error *err)
{
    return begin(x, ATTEST_TDX_VM, err);
}

static enum http_outcome attest_snp(struct http_exchange *x, struct quoth_error *err)
{
    return begin(x, ATTEST_SEV_SNP_VM, err);
}

static enum http_outcome attest_tpm(struct http_exchange *x, struct quoth_error *err)
{
    return begin(x, ATTEST_TPM, err);
}

static enum http_outcome attest_azure_guest(struct http_exchange *x, struct quoth_error *err)
{
    return begin(x, ATTEST_AZURE_GUEST, err);
}

const struct http_route attest_routes[] = {
    {HTTP_POST,            "/attest/SgxEnclave", HTTP_ROLE_ANYONE, BODY_MAX, attest_sgx,
     "judge an SGX quote and say so in a token", "application/json"},
    {HTTP_POST,    "/attest/OpenEnclave", HTTP_ROLE_ANYONE, BODY_MAX, attest_open_enclave,
     "judge an Open Enclave report and say so in a token", "application/json"},
    {HTTP_POST,          "/attest/TdxVm", HTTP_ROLE_ANYONE, BODY_MAX, attest_tdx,
     "judge a TDX quote and say so in a token", "application/json"},
    {HTTP_POST,  "/attest/SevSnpVm", HTTP_ROLE_ANYONE, BODY_MAX, attest_snp,
     "refuse: this build does not judge SEV-SNP reports", "application/json"},
    {HTTP_POST,            "/attest/Tpm", HTTP_ROLE_ANYONE, BODY_MAX, attest_tpm,
     "refuse: this build does not judge TPM attestation", "application/json"},
    {HTTP_POST,    "/attest/AzureGuest", HTTP_ROLE_ANYONE, BODY_MAX, attest_azure_guest,
     "refuse: this build does not judge Azure's guests", "application/json"},
    {0},
};
