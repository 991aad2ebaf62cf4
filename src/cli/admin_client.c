#include "cli/admin_client.h"

#include "base/file.h"
#include "base/text.h"
#include "codec/base64.h"
#include "net/https_client.h"

#include <stdio.h>

#define TOKEN_FILE_MAX (16u << 10)
#define VERSION "?api-version=2025-06-01"
#define ANSWER_MAX (8u << 20) /* bytes: a backup has up to 4 MiB (docs/vault.md) */

const struct option_row admin_options[] = {
    {0, "verifier",   OPT_URL | OPT_REQUIRED,  offsetof(struct admin_args, verifier),
     "whom to administer"                                               },
    {0, "ca",         OPT_FILE,                offsetof(struct admin_args, ca),
     "PEM of the CA of its TLS certificate (the system's)"              },
    {0, "token-file", OPT_FILE | OPT_REQUIRED, offsetof(struct admin_args, token_file),
     "holds the admin token, or a bearer token of the identity provider"},
};

bool admin_token_read(const char *path, struct buffer *to, struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0};
    if (!file_read(path, TOKEN_FILE_MAX, &text, err))
        return false;
    while (text.len > 0 && (text.data[text.len - 1] == '\n' || text.data[text.len - 1] == '\r'))
        text.len--;
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] <= ' ' || text.data[i] >= 0x7F)
            return quoth_fail(err, QUOTH_MALFORMED, path, i, "is no token: one word is expected");
    if (text.len == 0)
        return quoth_fail(err, QUOTH_MALFORMED, path, 0, "is empty");
    buffer_add(to, buffer_bytes(&text));
    buffer_u8(to, 0);
    return buffer_ok(to, err);
}

static enum quoth_code code_of(struct json detail)
{
    struct json code;
    if (json_member(detail, "code", &code))
        for (unsigned i = QUOTH_OK + 1; i < QUOTH_CODE_COUNT; i++)
            if (json_text_is(code, quoth_code_dotted((enum quoth_code)i)))
                return (enum quoth_code)i;
    return QUOTH_ADMIN_REFUSED;
}

static void text_of(struct json object, const char *name, char *to, size_t size)
{
    struct json member;
    AUTO(buffer) struct buffer text = {0};
    to[0] = '\0';
    if (!json_member(object, name, &member))
        return;
    json_text(member, &text);
    if (!text.failed)
        text_escape(to, size, buffer_bytes(&text));
}

/* The first detail of the envelope, or, of services that have none, its code and message. */
static bool refused(const struct https_response *response, struct quoth_error *err)
{
    AUTO(json_doc) struct json_doc doc = {0};
    struct quoth_error ignored = {0};
    struct json error = {0}, details = {0};
    char where[96], message[160];
    if (!json_parse(buffer_bytes(&response->body), NULL, &doc, &ignored) ||
        !json_member(json_root(&doc), "error", &error))
        return quoth_fail(err, response->status >= 500 ? QUOTH_UNAVAILABLE : QUOTH_ADMIN_REFUSED,
                          "verifier", QUOTH_NO_OFFSET, "status %d", response->status);
    const struct json detail =
        json_member(error, "details", &details) ? json_first(details) : (struct json){0};
    const struct json told = json_exists(detail) ? detail : error;
    text_of(told, "target", where, sizeof where);
    text_of(told, "message", message, sizeof message);
    return quoth_fail(err, code_of(detail), where[0] ? where : "verifier", QUOTH_NO_OFFSET, "%s",
                      message[0] ? message : "is refused without a reason");
}

bool admin_ask(const struct admin_args *args, const struct admin_request *request,
               struct buffer *ret_body, struct quoth_error *err)
{
    const struct tls_client_options options = {.trust = TLS_TRUST_CA, .ca_file = args->ca};
    AUTO(tls_client) struct tls_client *tls = NULL;
    AUTO(buffer) struct buffer bearer = {0}, target = {0};
    AUTO(https_response) struct https_response response = {0};
    buffer_printf(&target, "%s%s%s", args->verifier, request->path,
                  strchr(request->path, '?') ? "" : VERSION);
    AUTO(text) char *url = buffer_take_text(&target, err);
    buffer_text(&bearer, "Bearer ");
    if (!url || !admin_token_read(args->token_file, &bearer, err))
        return false;
    const struct https_request exchange = {.method = request->method,
                                           .content_type = request->content_type,
                                           .accept = "application/json",
                                           .authorization = (const char *)bearer.data,
                                           .body = request->body,
                                           .max_body = ANSWER_MAX};
    if (!tls_client_open(&options, &tls, err) || !https_fetch(tls, url, &exchange, &response, err))
        return false;
    if (response.status != 200 && response.status != 204)
        return refused(&response, err);
    buffer_add(ret_body, buffer_bytes(&response.body));
    return buffer_ok(ret_body, err);
}

bool admin_result(struct bytes body, struct buffer *ret_claims, struct quoth_error *err)
{
    AUTO(json_doc) struct json_doc doc = {0};
    struct bytes token;
    if (!json_parse(body, NULL, &doc, err) ||
        !json_need_plain(json_root(&doc), "token", &token, err))
        return quoth_within(err, "verifier");
    const uint8_t *first = memchr(token.data, '.', token.len);
    const size_t from = first ? (size_t)(first - token.data) + 1 : token.len;
    const uint8_t *second = first ? memchr(token.data + from, '.', token.len - from) : NULL;
    if (!second)
        return quoth_fail(err, QUOTH_HTTP_ANSWER, "verifier.token", QUOTH_NO_OFFSET, "is no token");
    return base64url_decode(bytes_slice(token, from, (size_t)(second - token.data) - from),
                            ret_claims, err) ||
           quoth_within(err, "verifier.token");
}
