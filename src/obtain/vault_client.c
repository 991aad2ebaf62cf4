#include "obtain/vault_client.h"

#include "attester/attester.h"
#include "base/file.h"
#include "base/time.h"
#include "codec/base64.h"
#include "codec/json_write.h"
#include "codec/pem.h"
#include "crypto/random.h"
#include "crypto/x509.h"

#define API_VERSION "?api-version=7.4"
#define NONCE_SIZE 32u          /* of ours, which the answer repeats */
#define CHALLENGE_MAX 4096u     /* bytes of the answer to it */
#define ANSWER_MAX (256u << 10) /* a JWS with chain, policy and a secret of 25 KiB */
#define NAME_MAX_LEN 127u       /* key-release.md 1.1 */
#define VERSION_LEN 32u
#define ACCESS_TOKEN_MAX (16u << 10)
#define HTTPS_PORT 443

/* ---- what is asked for */

static bool is_name(const char *name)
{
    const size_t len =
        strspn(name, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-");
    return len >= 1 && len <= NAME_MAX_LEN && name[len] == '\0';
}

static bool is_version(const char *version)
{
    return strspn(version, "0123456789abcdefABCDEF") == VERSION_LEN && version[VERSION_LEN] == '\0';
}

static bool check_names(const struct quoth_fetch_request *r, struct quoth_error *err)
{
    if (!r->name || !is_name(r->name))
        return quoth_fail(err, QUOTH_USAGE, "name", QUOTH_NO_OFFSET,
                          "is missing, or not 1 to 127 letters, digits and hyphens");
    return !r->version || is_version(r->version) ||
           quoth_fail(err, QUOTH_USAGE, "version", QUOTH_NO_OFFSET,
                      "is not of 32 hexadecimal digits");
}

static bool read_url(const struct quoth_fetch_request *r, struct url *ret_url,
                     struct quoth_error *err)
{
    if (!r->vault)
        return quoth_fail(err, QUOTH_USAGE, "vault", QUOTH_NO_OFFSET, "is missing");
    if (!url_read(bytes_of_text(r->vault), ret_url, err))
        return quoth_within(err, "vault");
    const size_t origin = strlen("https://") + ret_url->authority.len;
    return r->vault[origin] == '\0' || quoth_fail(err, QUOTH_URL, "vault", origin,
                                                  "has a path: the vault's host alone is wanted");
}

/* As the vault itself names it: the host in lower case, no port that goes without saying. */
static void write_kid(const struct quoth_fetch_request *r, const struct url *url, struct buffer *to)
{
    const bool bracket = strchr(url->host, ':') != NULL;
    buffer_printf(to, "https://%s%s%s", bracket ? "[" : "", url->host, bracket ? "]" : "");
    if (url->port != HTTPS_PORT)
        buffer_printf(to, ":%u", url->port);
    buffer_printf(to, "/%s/%s", r->kind == QUOTH_FETCH_SECRET ? "secrets" : "keys", r->name);
    if (r->version)
        buffer_printf(to, "/%s", r->version);
    buffer_u8(to, 0);
    to->len -= !to->failed;
}

/* A bearer token is one word, so that no line can be smuggled into the request. */
static bool write_authorization(const struct quoth_fetch_request *r, struct buffer *to,
                                struct quoth_error *err)
{
    if (!r->access_token)
        return true;
    const size_t len = strlen(r->access_token);
    for (size_t i = 0; i < len; i++)
        if (r->access_token[i] <= ' ' || r->access_token[i] > '~')
            return quoth_fail(err, QUOTH_MALFORMED, "access token", i, "is not one word");
    if (len == 0 || len > ACCESS_TOKEN_MAX)
        return quoth_fail(err, QUOTH_MALFORMED, "access token", QUOTH_NO_OFFSET,
                          "has %zu bytes, 1 to %u are taken", len, ACCESS_TOKEN_MAX);
    buffer_printf(to, "Bearer %s", r->access_token);
    buffer_u8(to, 0);
    return buffer_ok(to, err);
}

/* ---- whom to believe */

static bool read_trusted(const char *path, struct vault_client *c, struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0};
    if (!path)
        return quoth_fail(err, QUOTH_USAGE, "vault CA", QUOTH_NO_OFFSET,
                          "is missing: who may speak for the vault must be named");
    if (!file_read(path, X509_SIZE_MAX, &text, err))
        return false;
    struct reader r = {.in = buffer_bytes(&text), .err = err};
    do {
        if (c->trusted_count == JWS_TRUSTED_MAX)
            return quoth_fail(err, QUOTH_TOO_LARGE, path, QUOTH_NO_OFFSET,
                              "has more than %u certificates", JWS_TRUSTED_MAX);
        if (!pem_next_lenient(&r, "CERTIFICATE", &c->trusted[c->trusted_count]))
            return quoth_within(err, path);
        c->trusted_count++;
    } while (reader_left(&r) > 0);
    return true;
}

void vault_client_close(struct vault_client *c)
{
    tls_client_close(c->tls);
    buffer_clear(&c->kid);
    buffer_clear(&c->authorization);
    for (size_t i = 0; i < COUNT(c->trusted); i++)
        buffer_clear(&c->trusted[i]);
    *c = (struct vault_client){0};
}

bool vault_client_open(const struct quoth_fetch_request *request, struct vault_client *ret_client,
                       struct quoth_error *err)
{
    AUTO(vault_client) struct vault_client c = {.request = request};
    const struct tls_client_options options = {.trust = TLS_TRUST_CA, .ca_file = request->vault_ca};
    if (!check_names(request, err) || !read_url(request, &c.url, err))
        return false;
    write_kid(request, &c.url, &c.kid);
    if (!buffer_ok(&c.kid, err) || !write_authorization(request, &c.authorization, err) ||
        !read_trusted(request->vault_ca, &c, err) || !tls_client_open(&options, &c.tls, err))
        return false;
    *ret_client = take_value(c);
    return true;
}

/* ---- exchanges */

static bool post(struct vault_client *c, const char *base, const char *path, struct bytes body,
                 unsigned timeout_ms, size_t max_body, struct https_response *ret_response,
                 struct quoth_error *err)
{
    const struct https_request exchange = {
        .method = "POST",
        .content_type = body.len > 0 ? "application/json" : NULL,
        .accept = "application/json",
        .authorization = (const char *)c->authorization.data,
        .body = body,
        .timeout_ms = timeout_ms,
        .max_body = max_body,
    };
    AUTO(buffer) struct buffer text = {0};
    buffer_printf(&text, "%s%s", base, path);
    AUTO(text) char *url = buffer_take_text(&text, err);
    return url && https_fetch(c->tls, url, &exchange, ret_response, err);
}

static bool read_challenge(struct bytes body, struct buffer *ret_nonce, struct quoth_error *err)
{
    AUTO(json_doc) struct json_doc doc = {0};
    AUTO(buffer) struct buffer nonce = {0};
    struct quoth_error inner = {0};
    struct bytes text;
    if (!json_parse(body, NULL, &doc, &inner) ||
        !json_need_plain(json_root(&doc), "nonce", &text, &inner) ||
        !base64url_decode(text, &nonce, &inner))
        return quoth_fail(err, QUOTH_RELEASE_ANSWER, "challenge", inner.offset, "%s",
                          inner.message);
    if (nonce.len < QUOTH_NONCE_MIN || nonce.len > QUOTH_NONCE_MAX)
        return quoth_fail(err, QUOTH_RELEASE_ANSWER, "challenge.nonce", QUOTH_NO_OFFSET,
                          "has %zu bytes, %u to %u are expected", nonce.len, QUOTH_NONCE_MIN,
                          QUOTH_NONCE_MAX);
    *ret_nonce = take_value(nonce);
    return true;
}

bool vault_client_challenge(struct vault_client *c, unsigned timeout_ms, struct buffer *ret_nonce,
                            unsigned *ret_wait_s, struct quoth_error *err)
{
    AUTO(https_response) struct https_response response = {0};
    if (!post(c, c->request->vault, "/challenge", (struct bytes){0}, timeout_ms, CHALLENGE_MAX,
              &response, err))
        return false;
    *ret_wait_s = response.retry_after;
    if (response.status == 404)
        return true;
    return response.status == 200
               ? read_challenge(buffer_bytes(&response.body), ret_nonce, err)
               : attester_refused(&response, "vault", QUOTH_RELEASE_REFUSED, err);
}

static const enum rsa_wrap algorithms[] = {[QUOTH_WRAP_SHA384] = RSA_WRAP_SHA384,
                                           [QUOTH_WRAP_SHA256] = RSA_WRAP_SHA256,
                                           [QUOTH_WRAP_SHA1] = RSA_WRAP_SHA1};

static void write_release(const char *token, struct bytes nonce, enum rsa_wrap algorithm,
                          struct buffer *to)
{
    json_object_begin(to);
    json_named_cstring(to, "target", token);
    json_named_string(to, "nonce", nonce);
    json_named_cstring(to, "enc", rsa_wrap_name(algorithm));
    json_object_end(to);
}

bool vault_client_release(struct vault_client *c, const char *token, struct bytes recipient_kid,
                          unsigned timeout_ms, struct release_reply *ret_reply,
                          unsigned *ret_wait_s, struct quoth_error *err)
{
    const enum rsa_wrap algorithm = algorithms[c->request->wrap];
    uint8_t random[NONCE_SIZE];
    AUTO(buffer) struct buffer nonce = {0}, body = {0};
    AUTO(https_response) struct https_response response = {0};
    if (!random_fill(random, sizeof random, err))
        return false;
    base64url_encode(BYTES_OF(random), &nonce);
    write_release(token, buffer_bytes(&nonce), algorithm, &body);
    if (!buffer_ok(&nonce, err) || !buffer_ok(&body, err) ||
        !post(c, (const char *)c->kid.data, "/release" API_VERSION, buffer_bytes(&body), timeout_ms,
              ANSWER_MAX, &response, err))
        return false;
    *ret_wait_s = response.retry_after;
    if (response.status != 200)
        return attester_refused(&response, "vault", QUOTH_RELEASE_REFUSED, err);
    const struct release_expected expected = {.now = time_now(),
                                              .host = c->url.host,
                                              .trusted = c->trusted,
                                              .trusted_count = c->trusted_count,
                                              .kid = (const char *)c->kid.data,
                                              .is_secret = c->request->kind == QUOTH_FETCH_SECRET,
                                              .algorithm = algorithm,
                                              .has_nonce = true,
                                              .nonce = buffer_bytes(&nonce),
                                              .recipient_kid = recipient_kid};
    return release_reply_read(buffer_bytes(&response.body), &expected, ret_reply, err);
}
