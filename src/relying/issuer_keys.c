#include "relying/issuer_keys.h"

#include "base/file.h"
#include "base/time.h"
#include "net/https_client.h"
#include "relying/discovery.h"

#define DOCUMENT_MAX (1u << 20)
#define TIMEOUT_MS 5000u
#define UNKNOWN_KID_US 60000000u /* a minute between fetches for kids we do not know */
#define AGE_MAX_US 3600000000u   /* an hour: then the issuer may have dropped a key */

struct issuer_keys {
    char *issuer;
    unsigned timeout_ms;
    struct tls_client *tls; /* NULL: the set is that of a file */
    struct jwks set;
    uint64_t fetched_us, tried_us; /* of the monotonic clock */
};

static bool check_issuer(const char *issuer, struct quoth_error *err)
{
    struct url url;
    if (!url_read(bytes_of_text(issuer), &url, err))
        return false;
    return issuer[strlen(issuer) - 1] != '/' || /* iss has none, and iss decides */
           quoth_fail(err, QUOTH_URL, "verifier", strlen(issuer) - 1, "ends with a slash");
}

/* NULL with err. */
static struct issuer_keys *keys_for(const char *issuer, struct quoth_error *err)
{
    struct issuer_keys *k = check_issuer(issuer, err) ? calloc(1, sizeof *k) : NULL;
    if (k)
        k->issuer = strdup(issuer);
    if (k && k->issuer)
        return k;
    issuer_keys_close(k);
    quoth_fail(err, QUOTH_MEMORY, "verifier", QUOTH_NO_OFFSET, "out of memory");
    return NULL;
}

bool issuer_keys_open(const char *issuer, const char *ca_file, unsigned timeout_ms,
                      struct issuer_keys **ret_keys, struct quoth_error *err)
{
    const struct tls_client_options options = {.trust = TLS_TRUST_CA, .ca_file = ca_file};
    AUTO(issuer_keys) struct issuer_keys *k = keys_for(issuer, err);
    if (!k || !tls_client_open(&options, &k->tls, err))
        return false;
    k->timeout_ms = timeout_ms ? timeout_ms : TIMEOUT_MS;
    *ret_keys = take(k);
    return true;
}

bool issuer_keys_open_file(const char *issuer, const char *path, struct issuer_keys **ret_keys,
                           struct quoth_error *err)
{
    AUTO(issuer_keys) struct issuer_keys *k = keys_for(issuer, err);
    AUTO(buffer) struct buffer text = {0};
    if (!k || !file_read(path, DOCUMENT_MAX, &text, err) ||
        !jwks_read(buffer_bytes(&text), &k->set, err))
        return false;
    *ret_keys = take(k);
    return true;
}

void issuer_keys_close(struct issuer_keys *k)
{
    if (!k)
        return;
    jwks_clear(&k->set);
    tls_client_close(k->tls);
    free(k->issuer);
    free(k);
}

/* A redirect is an answer like any other that is not 200: nothing is followed. */
static bool get(struct issuer_keys *k, const char *url, struct https_response *ret_response,
                struct quoth_error *err)
{
    const struct https_request request = {.method = "GET",
                                          .accept = "application/json",
                                          .timeout_ms = k->timeout_ms,
                                          .max_body = DOCUMENT_MAX};
    AUTO(https_response) struct https_response response = {0};
    if (!https_fetch(k->tls, url, &request, &response, err))
        return false;
    if (response.status != 200)
        return quoth_fail(err, response.status >= 500 ? QUOTH_UNAVAILABLE : QUOTH_DISCOVERY, url,
                          QUOTH_NO_OFFSET, "answers with status %d", response.status);
    *ret_response = take_value(response);
    return true;
}

static bool fetch(struct issuer_keys *k, struct quoth_error *err)
{
    AUTO(https_response) struct https_response metadata = {0}, set = {0};
    AUTO(text) char *jwks_uri = NULL;
    AUTO(buffer) struct buffer url = {0};
    buffer_text(&url, k->issuer);
    buffer_text(&url, DISCOVERY_PATH);
    AUTO(text) char *metadata_url = buffer_take_text(&url, err);
    struct jwks fresh = {0};
    if (!metadata_url || !get(k, metadata_url, &metadata, err) ||
        !discovery_read(buffer_bytes(&metadata.body), k->issuer, &jwks_uri, err) ||
        !get(k, jwks_uri, &set, err) || !jwks_read(buffer_bytes(&set.body), &fresh, err))
        return false;
    jwks_clear(&k->set);
    k->set = fresh;
    k->fetched_us = time_monotonic_us();
    return true;
}

static bool is_older(uint64_t instant_us, uint64_t limit_us)
{
    return time_monotonic_us() - instant_us >= limit_us;
}

static bool must_fetch(const struct issuer_keys *k, const char *kid)
{
    if (!k->tls)
        return false;
    if (k->set.count == 0 || is_older(k->fetched_us, AGE_MAX_US))
        return true;
    return !jwks_find(&k->set, kid) && is_older(k->tried_us, UNKNOWN_KID_US);
}

bool issuer_keys_find(struct issuer_keys *k, const char *kid, const struct public_key **ret_key,
                      struct quoth_error *err)
{
    if (must_fetch(k, kid)) {
        k->tried_us = time_monotonic_us();
        if (!fetch(k, err))
            return false;
    }
    const struct public_key *key = jwks_find(&k->set, kid);
    if (!key)
        return quoth_fail(err, QUOTH_TOKEN_KEY_UNKNOWN, "token.header.kid", QUOTH_NO_OFFSET,
                          "%s has no key \"%s\"", k->issuer, kid);
    *ret_key = key;
    return true;
}
