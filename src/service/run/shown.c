#include "service/run/shown.h"

#include "base/time.h"
#include "net/tls_server.h"
#include "service/access/bearer.h"

void shown_clear(struct shown *s)
{
    buffer_clear(&s->certificate);
    s->views = (struct credentials){0};
}

/* A browser shows its certificate for whatever page asks, and says whose page that is whenever it posts
 * (Fetch standard, 3.2): of such a request the certificate says nothing. */
static bool is_of_a_page(const struct http_exchange *x)
{
    return http_head_find(&x->head, "Origin") != NULL;
}

bool shown_find(struct http_exchange *x, const struct tenant_snapshot *snapshot, struct shown *s,
                struct quoth_error *err)
{
    struct bufferevent *stream = http_exchange_stream(x);
    if (!bearer_find(&x->head, &s->views.bearer, err))
        return false;
    if (stream && snapshot->settings->client_certificate.count > 0 && !is_of_a_page(x) &&
        tls_server_peer_certificate(stream, &s->certificate))
        s->views.certificate = buffer_bytes(&s->certificate);
    return buffer_ok(&s->certificate, err);
}

bool shown_anything(const struct shown *s)
{
    return s->views.bearer.len > 0 || s->views.certificate.len > 0;
}

bool shown_may_try(struct http_exchange *x, struct quoth_error *err)
{
    const struct service *s = x->service;
    unsigned wait = 0;
    if (attempts_may(s->attempts, x->peer, time_now(), &wait))
        return true;
    x->response.retry_after = wait;
    return quoth_fail(err, QUOTH_HTTP_RATE, "Authorization", QUOTH_NO_OFFSET,
                      "this address has shown wrong credentials too often, wait %u s", wait);
}
