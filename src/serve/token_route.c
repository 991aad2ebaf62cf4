/* GET /token: the token that stands ready, or a fresh one over the caller's challenge. */
#include "base/time.h"
#include "serve/challenge.h"
#include "token/held.h"

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
    x->response.content_type = SERVE_TOKEN_TYPE;
    return HTTP_DONE;
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

enum http_outcome serve_token(struct http_exchange *x, struct quoth_error *err)
{
    struct quoth_server *s = x->service;
    AUTO(buffer) struct buffer nonce = {0}, held = {0};
    bool given;
    if (!challenge_nonce(x, &given, &nonce, err))
        return HTTP_REFUSED;
    if (!given)
        return stored_token(s, x, err);
    return hold(s, buffer_bytes(&nonce), &held, err) ? challenge_attest(x, &held, err)
                                                     : HTTP_REFUSED;
}
