#include "sidecar/routes.h"

#include <quoth/fetch.h>

#include "attester/attester.h"
#include "codec/json_write.h"
#include "sidecar/request.h"

#define JSON_TYPE "application/json"
#define PATIENCE_MS 30000u

void sidecar_refuse(void *service, const struct http_exchange *x, const struct quoth_error *why,
                    struct http_response *ret_response)
{
    struct buffer *to = &ret_response->body;
    (void)service;
    (void)x;
    json_object_begin(to);
    json_name(to, "error");
    AUTO(buffer) struct buffer text = {0};
    buffer_printf(&text, "%s%s%s", why->where, why->where[0] ? ": " : "", why->message);
    json_string(to, buffer_bytes(&text));
    json_named_cstring(to, "code", quoth_code_dotted(why->code));
    json_named_cstring(to, "hint", quoth_code_hint(why->code));
    json_object_end(to);
    to->failed |= text.failed;
    ret_response->content_type = JSON_TYPE;
}

/* ---- what waits */

/* A request on its way to a worker and back. */
struct errand {
    struct sidecar *sidecar;
    struct http_exchange *x;
    bool (*run)(struct errand *e); /* fills answer, or err */
    struct sidecar_attest attest;
    struct sidecar_release release;
    struct buffer answer;
    struct quoth_error err;
};

static void errand_close(struct errand *e)
{
    if (!e)
        return;
    sidecar_attest_clear(&e->attest);
    sidecar_release_clear(&e->release);
    buffer_clear(&e->answer);
    free(e);
}
DEFINE_AUTO(errand, struct errand *, errand_close)

static struct errand *errand_new(struct http_exchange *x, bool (*run)(struct errand *),
                                 struct quoth_error *err)
{
    struct errand *e = calloc(1, sizeof *e);
    if (!e) {
        quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
        return NULL;
    }
    e->sidecar = x->service;
    e->x = x;
    e->run = run;
    return e;
}

static enum http_outcome answer(struct http_exchange *x, struct quoth_error *err)
{
    AUTO(errand) struct errand *e = x->note;
    if (e->err.code != QUOTH_OK) {
        *err = e->err;
        return HTTP_REFUSED;
    }
    x->response.body = take_value(e->answer);
    x->response.content_type = JSON_TYPE;
    return HTTP_DONE;
}

static void work(void *arg)
{
    struct errand *e = arg;
    if (e->run(e))
        (void)buffer_ok(&e->answer, &e->err);
    http_exchange_resume(e->x, answer);
}

/* Takes the errand. */
static enum http_outcome send_off(struct errand *errand, struct quoth_error *err)
{
    AUTO(errand) struct errand *e = errand;
    e->x->note = e;
    if (!pool_submit(e->sidecar->pool, work, e, err))
        return HTTP_REFUSED;
    e = NULL; /* the worker has it */
    return HTTP_LATER;
}

/* {"name":"text"} */
static void write_answer(struct errand *e, const char *name, const char *text)
{
    json_object_begin(&e->answer);
    json_named_cstring(&e->answer, name, text);
    json_object_end(&e->answer);
}

/* ---- tokens and evidence */

static bool run_token(struct errand *e)
{
    AUTO(text) char *token = NULL;
    const struct quoth_token_request request = {.verifier = e->attest.verifier,
                                                .ca_file = e->sidecar->settings->verifier_ca,
                                                .data_type = QUOTH_DATA_JSON,
                                                .data = e->attest.runtime_data.data,
                                                .data_len = e->attest.runtime_data.len};
    if (!quoth_attester_token(e->sidecar->attester, &request, &token, &e->err))
        return false;
    write_answer(e, "token", token);
    return true;
}

static bool run_raw(struct errand *e)
{
    AUTO(buffer) struct buffer evidence = {0};
    if (!attester_evidence(e->sidecar->attester, buffer_bytes(&e->attest.runtime_data), &evidence,
                           &e->err))
        return false;
    json_object_begin(&e->answer);
    json_named_hex(&e->answer, "report", buffer_bytes(&evidence));
    json_object_end(&e->answer);
    return true;
}

static enum http_outcome attest(struct http_exchange *x, bool (*run)(struct errand *),
                                const struct sidecar_peers *verifiers, struct quoth_error *err)
{
    AUTO(errand) struct errand *e = errand_new(x, run, err);
    if (!e || !sidecar_attest_read(x->body, verifiers, &e->attest, err))
        return HTTP_REFUSED;
    return send_off(take(e), err);
}

static enum http_outcome post_maa(struct http_exchange *x, struct quoth_error *err)
{
    const struct sidecar *s = x->service;
    return attest(x, run_token, &s->settings->verifiers, err);
}

static enum http_outcome post_raw(struct http_exchange *x, struct quoth_error *err)
{
    return attest(x, run_raw, NULL, err);
}

/* ---- keys */

DEFINE_AUTO_VALUE(fetched, struct quoth_fetched, quoth_fetched_clear)

/* What was not fit to be asked for is the caller's kid: this is no command line. */
static bool tell_fetch(const struct quoth_error *why, struct quoth_error *err)
{
    if (why->code == QUOTH_USAGE)
        return quoth_fail(err, QUOTH_JSON_VALUE, "kid", QUOTH_NO_OFFSET, "its %s %s", why->where,
                          why->message);
    *err = *why;
    return false;
}

static bool run_release(struct errand *e)
{
    const struct sidecar_release *r = &e->release;
    const struct sidecar_settings *settings = e->sidecar->settings;
    const struct quoth_fetch_request request = {
        .kind = QUOTH_FETCH_KEY,
        .vault = r->vault,
        .vault_ca = settings->vault_ca,
        .verifier = r->verifier,
        .verifier_ca = settings->verifier_ca,
        .name = (const char *)r->name.data,
        .version = (const char *)r->version.data,
        .access_token = (const char *)r->access_token.data,
        .patience_ms = PATIENCE_MS,
    };
    AUTO(fetched) struct quoth_fetched key = {0};
    struct quoth_error why = {0};
    char *jwk = NULL;
    if (!quoth_fetch(e->sidecar->attester, &request, &key, &why))
        return tell_fetch(&why, &e->err);
    if (!quoth_fetched_jwk(&key, &jwk, &e->err))
        return false;
    write_answer(e, "key", jwk);
    quoth_wipe(jwk, strlen(jwk));
    free(jwk);
    return true;
}

static enum http_outcome post_release(struct http_exchange *x, struct quoth_error *err)
{
    const struct sidecar *s = x->service;
    AUTO(errand) struct errand *e = errand_new(x, run_release, err);
    if (!e || !sidecar_release_read(x->body, s->settings, &e->release, err))
        return HTTP_REFUSED;
    return send_off(take(e), err);
}

static enum http_outcome get_status(struct http_exchange *x, struct quoth_error *err)
{
    (void)err;
    buffer_text(&x->response.body, "{\"message\":\"STATUS OK\"}");
    x->response.content_type = JSON_TYPE;
    return HTTP_DONE;
}

/* clang-format off */
const struct http_route sidecar_routes[] = {
    {.method = HTTP_GET,  .path = "/status",      .handler = get_status,   .summary = "is it there"},
    {.method = HTTP_POST, .path = "/attest/maa",  .handler = post_maa,     .summary = "a token over runtime data", .body_limit = SIDECAR_BODY_MAX, .accepts = JSON_TYPE},
    {.method = HTTP_POST, .path = "/attest/raw",  .handler = post_raw,     .summary = "evidence over runtime data", .body_limit = SIDECAR_BODY_MAX, .accepts = JSON_TYPE},
    {.method = HTTP_POST, .path = "/key/release", .handler = post_release, .summary = "a key from a vault", .body_limit = SIDECAR_BODY_MAX, .accepts = JSON_TYPE},
    {0},
};
/* clang-format on */
