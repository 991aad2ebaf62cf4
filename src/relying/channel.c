#include "relying/channel.h"

#include <quoth/channel.h>

#include "codec/base64.h"
#include "crypto/random.h"
#include "net/https_client.h"
#include "relying/judge.h"

struct quoth_channel {
    struct tls_client *tls;
    struct https_connection *connection;
    unsigned timeout_ms;
    bool verified;
};

DEFINE_AUTO(channel, struct quoth_channel *, quoth_channel_close)

bool channel_judge(struct quoth_relying *r, const char *token, size_t len, int64_t now,
                   const struct held_channel *channel, struct quoth_verified *ret_verified,
                   struct quoth_error *err)
{
    AUTO(verified) struct quoth_verified v = {0};
    if (!quoth_relying_verify(r, token, len, now, &v, err))
        return false;
    if (!v.held_json)
        return quoth_fail(err, QUOTH_TOKEN_CLAIM, "x-ms-runtime", QUOTH_NO_OFFSET,
                          "the token holds no JSON, so it is not about a channel");
    if (!held_channel_check((struct bytes){v.held_data, v.held_data_len}, channel, err))
        return false;
    *ret_verified = take_value(v);
    return true;
}

bool quoth_channel_open(const char *url, const uint8_t *certificate, size_t certificate_len,
                        unsigned timeout_ms, struct quoth_channel **ret_channel,
                        struct quoth_error *err)
{
    const struct tls_client_options options = {
        .trust = certificate ? TLS_TRUST_CERTIFICATE : TLS_TRUST_NONE,
        .certificate = {certificate, certificate_len}
    };
    AUTO(channel) struct quoth_channel *c = calloc(1, sizeof *c);
    if (!c)
        return quoth_fail(err, QUOTH_MEMORY, "channel", QUOTH_NO_OFFSET, "out of memory");
    c->timeout_ms = timeout_ms;
    if (!tls_client_open(&options, &c->tls, err) ||
        !https_connect(c->tls, url, timeout_ms, &c->connection, err))
        return false;
    *ret_channel = take(c);
    return true;
}

void quoth_channel_close(struct quoth_channel *c)
{
    if (!c)
        return;
    https_close(c->connection);
    tls_client_close(c->tls);
    free(c);
}

/* The nonce is exported with, as the context: each challenge has an exporter of its own. */
static bool bind_to(struct quoth_channel *c, struct bytes nonce, struct held_channel *to,
                    struct quoth_error *err)
{
    struct tls_binding binding;
    if (!tls_stream_binding(https_stream(c->connection), CHANNEL_LABEL, nonce, &binding, err))
        return false;
    bytes_copy(to->nonce, nonce);
    bytes_copy(to->spki, BYTES_OF(binding.spki));
    bytes_copy(to->exporter, BYTES_OF(binding.exporter));
    return true;
}

static bool fetch_proof(struct quoth_channel *c, struct bytes nonce,
                        struct https_response *ret_response, struct quoth_error *err)
{
    AUTO(buffer) struct buffer target = {0};
    AUTO(https_response) struct https_response response = {0};
    buffer_text(&target, CHANNEL_ROUTE "?nonce=");
    base64url_encode(nonce, &target);
    const struct https_request request = {.method = "GET",
                                          .target = buffer_bytes(&target),
                                          .timeout_ms = c->timeout_ms,
                                          .max_body = TOKEN_MAX};
    if (!buffer_ok(&target, err) || !https_exchange(c->connection, &request, &response, err))
        return false;
    if (response.status != 200)
        return quoth_fail(err, QUOTH_UNAVAILABLE, "channel", QUOTH_NO_OFFSET,
                          "the server answers with status %d when asked for its proof",
                          response.status);
    *ret_response = take_value(response);
    return true;
}

bool quoth_channel_verify(struct quoth_channel *c, struct quoth_relying *r,
                          const struct quoth_expected *expected, int64_t now,
                          struct quoth_verified *ret_verified, struct quoth_error *err)
{
    uint8_t nonce[HELD_CHANNEL_SIZE];
    struct held_channel server = {.from_client = false};
    AUTO(https_response) struct https_response proof = {0};
    AUTO(verified) struct quoth_verified v = {0};
    c->verified = false;
    if (!random_fill(nonce, sizeof nonce, err) || !fetch_proof(c, BYTES_OF(nonce), &proof, err) ||
        !bind_to(c, BYTES_OF(nonce), &server, err) ||
        !channel_judge(r, (const char *)proof.body.data, proof.body.len, now, &server, &v, err) ||
        !quoth_relying_check(&v, expected, now, err))
        return false;
    c->verified = true;
    *ret_verified = take_value(v);
    return true;
}

bool quoth_channel_prove(struct quoth_channel *c, struct quoth_attester *a,
                         const struct quoth_token_request *request, char **ret_token,
                         struct quoth_error *err)
{
    struct tls_binding nonce;
    struct held_channel client = {.from_client = true};
    struct quoth_token_request about = *request;
    AUTO(buffer) struct buffer held = {0};
    if (!tls_stream_binding(https_stream(c->connection), CHANNEL_CLIENT_NONCE_LABEL,
                            (struct bytes){0}, &nonce, err) ||
        !bind_to(c, BYTES_OF(nonce.exporter), &client, err) ||
        !held_channel_write(&client, &held, err))
        return false;
    about.data_type = QUOTH_DATA_JSON;
    about.data = held.data;
    about.data_len = held.len;
    about.nonce = NULL;
    return quoth_attester_token(a, &about, ret_token, err);
}

bool quoth_channel_exchange(struct quoth_channel *c, const char *method, const char *target,
                            const uint8_t *body, size_t body_len, int *ret_status, char **ret_body,
                            struct quoth_error *err)
{
    const struct https_request request = {
        .method = method,
        .target = bytes_of_text(target),
        .content_type = body_len ? "application/octet-stream" : NULL,
        .body = {body, body_len},
        .timeout_ms = c->timeout_ms
    };
    AUTO(https_response) struct https_response response = {0};
    if (!c->verified)
        return quoth_fail(err, QUOTH_USAGE, "channel", QUOTH_NO_OFFSET,
                          "the peer has not proven itself yet: call quoth_channel_verify");
    if (strcmp(method, "GET") != 0 && strcmp(method, "POST") != 0)
        return quoth_mismatch(err, QUOTH_USAGE, "method", QUOTH_NO_OFFSET, method, "GET or POST");
    if (!https_exchange(c->connection, &request, &response, err))
        return false;
    char *text = buffer_take_text(&response.body, err);
    if (!text)
        return false;
    *ret_status = response.status;
    *ret_body = text;
    return true;
}
