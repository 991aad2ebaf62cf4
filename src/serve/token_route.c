/* GET /token: the token that stands ready, or a fresh one over the caller's challenge. */
#include "base/time.h"
#include "codec/base64.h"
#include "net/url.h"
#include "serve/server.h"
#include "token/held.h"

#include <stdlib.h>

static const char token_type[] = "application/jwt";

static enum http_outcome stored_token(struct quoth_server *s, struct http_exchange *x,
                                      struct quoth_error *err)
{
    const int64_t now = time_now();
    pthread_mutex_lock(&s->lock);
    const bool valid = s->identity.expires > now;
    if (valid)
        buffer_add(&x->response.body, buffer_bytes(&s->identity.token));
    pthread_mutex_unlock(&s->lock);
    if (!valid) {
        quoth_fail(err, QUOTH_UNAVAILABLE, "token", QUOTH_NO_OFFSET,
                   "the token has run out and the verifier did not give a new one");
        return HTTP_REFUSED;
    }
    x->response.content_type = token_type;
    return HTTP_DONE;
}

/* A challenge on its way: to the worker and back. */
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

static enum http_outcome challenge_answer(struct http_exchange *x, struct quoth_error *err)
{
    AUTO(challenge) struct challenge *c = x->note;
    if (!c->token) { /* whatever the verifier says of us, the client's request was in order */
        quoth_fail(err, QUOTH_UNAVAILABLE, c->err.where, c->err.offset, "%s", c->err.message);
        return HTTP_REFUSED;
    }
    buffer_text(&x->response.body, c->token);
    x->response.content_type = token_type;
    return HTTP_DONE;
}

static void challenge_work(void *arg)
{
    struct challenge *c = arg;
    struct quoth_token_request request = c->server->verifier;
    request.data_type = QUOTH_DATA_JSON;
    request.data = c->held.data;
    request.data_len = c->held.len;
    if (!quoth_attester_token(c->server->options.attester, &request, &c->token, &c->err))
        c->token = NULL;
    http_exchange_resume(c->x, challenge_answer);
}

static bool read_nonce(struct bytes text, struct buffer *ret_nonce, struct quoth_error *err)
{
    struct quoth_error inner = {0};
    return base64url_decode(text, ret_nonce, &inner) ||
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

static bool hold(struct quoth_server *s, struct bytes nonce, struct buffer *ret_held,
                 struct quoth_error *err)
{
    pthread_mutex_lock(&s->lock);
    const bool ok =
        held_envelope_write(buffer_bytes(&s->identity.certificate), nonce, ret_held, err);
    pthread_mutex_unlock(&s->lock);
    return ok;
}

static enum http_outcome fresh_token(struct quoth_server *s, struct http_exchange *x,
                                     struct bytes text, struct quoth_error *err)
{
    AUTO(buffer) struct buffer nonce = {0};
    AUTO(challenge) struct challenge *c = calloc(1, sizeof *c);
    if (!c) {
        quoth_fail(err, QUOTH_MEMORY, "nonce", QUOTH_NO_OFFSET, "out of memory");
        return HTTP_REFUSED;
    }
    c->server = s;
    c->x = x;
    if (!read_nonce(text, &nonce, err) || !hold(s, buffer_bytes(&nonce), &c->held, err) ||
        !admit(s, x, err))
        return HTTP_REFUSED;
    x->note = c;
    if (!pool_submit(s->pool, challenge_work, c, err))
        return HTTP_REFUSED;
    c = NULL; /* the worker has it */
    return HTTP_LATER;
}

enum http_outcome serve_token(struct http_exchange *x, struct quoth_error *err)
{
    struct quoth_server *s = x->service;
    AUTO(buffer) struct buffer nonce = {0};
    if (url_query(x->head.target, "nonce", &nonce, err))
        return fresh_token(s, x, buffer_bytes(&nonce), err);
    return err->code == QUOTH_OK ? stored_token(s, x, err) : HTTP_REFUSED;
}
