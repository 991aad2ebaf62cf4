#include <quoth/relying.h>

#include "net/https_client.h"

static bool exchange(const struct tls_client_options *options, const char *url,
                     const struct https_request *request, int *ret_status, char **ret_body,
                     struct quoth_error *err)
{
    AUTO(tls_client) struct tls_client *tls = NULL;
    AUTO(https_response) struct https_response response = {0};
    if (!tls_client_open(options, &tls, err) || !https_fetch(tls, url, request, &response, err))
        return false;
    char *body = buffer_take_text(&response.body, err);
    if (!body)
        return false;
    *ret_status = response.status;
    *ret_body = body;
    return true;
}

bool quoth_attested_exchange(const uint8_t *certificate, size_t certificate_len, const char *method,
                             const char *url, const uint8_t *body, size_t body_len,
                             unsigned timeout_ms, int *ret_status, char **ret_body,
                             struct quoth_error *err)
{
    const struct tls_client_options options = {
        .trust = TLS_TRUST_CERTIFICATE, .certificate = {certificate, certificate_len}
    };
    const struct https_request request = {
        .method = method,
        .content_type = body_len ? "application/octet-stream" : NULL,
        .body = {body, body_len},
        .timeout_ms = timeout_ms
    };
    if (strcmp(method, "GET") != 0 && strcmp(method, "POST") != 0)
        return quoth_mismatch(err, QUOTH_USAGE, "method", QUOTH_NO_OFFSET, method, "GET or POST");
    return exchange(&options, url, &request, ret_status, ret_body, err);
}

bool quoth_untrusted_get(const char *url, unsigned timeout_ms, int *ret_status, char **ret_body,
                         struct quoth_error *err)
{
    const struct tls_client_options options = {.trust = TLS_TRUST_NONE};
    const struct https_request request = {.method = "GET", .timeout_ms = timeout_ms};
    return exchange(&options, url, &request, ret_status, ret_body, err);
}
