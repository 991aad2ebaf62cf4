/* The server's end of a bound channel (<quoth/channel.h>): GET /channel?nonce= proves this server
 * on the connection that asks, and quoth_request_client judges the proof of the client on it. */
#include "relying/channel.h"

#include "serve/challenge.h"

static bool bind_to(const struct http_exchange *x, struct bytes nonce, struct held_channel *to,
                    struct quoth_error *err)
{
    struct tls_binding binding;
    struct bufferevent *stream = http_exchange_stream(x);
    if (nonce.len != HELD_CHANNEL_SIZE)
        return quoth_fail(err, QUOTH_URL, "nonce", QUOTH_NO_OFFSET, "has %zu bytes, not %u",
                          nonce.len, HELD_CHANNEL_SIZE);
    if (!stream)
        return quoth_fail(err, QUOTH_UNAVAILABLE, "channel", QUOTH_NO_OFFSET, "the client is gone");
    if (!tls_server_binding(stream, CHANNEL_LABEL, nonce, &binding, err))
        return false;
    bytes_copy(to->nonce, nonce);
    bytes_copy(to->spki, BYTES_OF(binding.spki));
    bytes_copy(to->exporter, BYTES_OF(binding.exporter));
    return true;
}

enum http_outcome serve_channel(struct http_exchange *x, struct quoth_error *err)
{
    struct held_channel server = {.from_client = false};
    AUTO(buffer) struct buffer nonce = {0}, held = {0};
    bool given; /* without one the nonce is empty, which is too short */
    return challenge_nonce(x, &given, &nonce, err) &&
                   bind_to(x, buffer_bytes(&nonce), &server, err) &&
                   held_channel_write(&server, &held, err)
               ? challenge_attest(x, &held, err)
               : HTTP_REFUSED;
}

bool quoth_request_client(const struct quoth_request *request, struct quoth_relying *r,
                          const char *token, size_t len, int64_t now,
                          struct quoth_verified *ret_verified, struct quoth_error *err)
{
    const struct http_exchange *x = request->internal;
    struct held_channel client = {.from_client = true};
    struct tls_binding nonce;
    struct bufferevent *stream = http_exchange_stream(x);
    if (!stream)
        return quoth_fail(err, QUOTH_UNAVAILABLE, "channel", QUOTH_NO_OFFSET, "the client is gone");
    return tls_server_binding(stream, CHANNEL_CLIENT_NONCE_LABEL, (struct bytes){0}, &nonce, err) &&
           bind_to(x, BYTES_OF(nonce.exporter), &client, err) &&
           channel_judge(r, token, len, now, &client, ret_verified, err);
}
