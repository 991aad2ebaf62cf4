#include "serve/challenge.h"

#include "base/time.h"
#include "codec/base64.h"
#include "net/url.h"

#include <stdlib.h>

/* On its way: to the worker and back. */
struct challenge {
    struct quoth_server *server;
    struct http_exchange *x;
    struct buffer held;
    char *token;
    struct quoth_error err;
};

static void challenge_close(struct challenge *c)
{
    if (!c)
        return;
    buffer_clear(&c->held);
    free(c->token);
    free(c);
}

DEFINE_AUTO(challenge, struct challenge *, challenge_close)

static enum http_outcome answer(struct http_exchange *x, struct quoth_error *err)
{
    AUTO(challenge) struct challenge *c = x->note;
    if (!c->token) { /* whatever the verifier says of us, the client's request was in order */
        quoth_fail(err, QUOTH_UNAVAILABLE, c->err.where, c->err.offset, "%s", c->err.message);
        return HTTP_REFUSED;
    }
    buffer_text(&x->response.body, c->token);
    x->response.content_type = SERVE_TOKEN_TYPE;
    return HTTP_DONE;
}

static void work(void *arg)
{
    struct challenge *c = arg;
    struct quoth_token_request request = c->server->verifier;
    request.data_type = QUOTH_DATA_JSON;
    request.data = c->held.data;
    request.data_len = c->held.len;
    if (!quoth_attester_token(c->server->options.attester, &request, &c->token, &c->err))
        c->token = NULL;
    http_exchange_resume(c->x, answer);
}

bool challenge_nonce(const struct http_exchange *x, bool *ret_given, struct buffer *ret_nonce,
                     struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0};
    struct quoth_error inner = {0};
    *ret_given = url_query(x->head.target, "nonce", &text, err);
    if (!*ret_given)
        return err->code == QUOTH_OK;
    return base64url_decode(buffer_bytes(&text), ret_nonce, &inner) ||
           quoth_fail(err, QUOTH_URL, "nonce", inner.offset, "%s", inner.message);
}

static bool admit(struct quoth_server *s, struct http_exchange *x, struct quoth_error *err)
{
    unsigned wait = 1;
    if (limit_request(s->challenges, s->challenger, time_monotonic_us(), &wait))
        return true;
    x->response.retry_after = wait;
    return quoth_fail(err, QUOTH_HTTP_RATE, "nonce", QUOTH_NO_OFFSET,
                      "five challenges per second are answered, over all clients");
}

enum http_outcome challenge_attest(struct http_exchange *x, struct buffer *held,
                                   struct quoth_error *err)
{
    struct quoth_server *s = x->service;
    AUTO(challenge) struct challenge *c = calloc(1, sizeof *c);
    if (!c) {
        quoth_fail(err, QUOTH_MEMORY, "nonce", QUOTH_NO_OFFSET, "out of memory");
        return HTTP_REFUSED;
    }
    c->server = s;
    c->x = x;
    c->held = take_value(*held);
    x->note = c;
    if (!admit(s, x, err) || !pool_submit(s->pool, work, c, err))
        return HTTP_REFUSED;
    c = NULL; /* the worker has it */
    return HTTP_LATER;
}
