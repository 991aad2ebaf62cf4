#include <quoth/fetch.h>

#include "attester/attester.h"
#include "base/time.h"
#include "crypto/random.h"
#include "obtain/vault_client.h"
#include "release/recipient.h"
#include "serve/renewal.h"

#include <time.h>

#define TIMEOUT_MS 10000u
#define PATIENCE_MS 60000u

/* The key that others wrap for; it lives as long as one quoth_fetch. */
struct recipient {
    struct private_key *key;
    struct public_key *public;
    struct buffer kid;
};

static void recipient_clear(struct recipient *r)
{
    private_key_free(r->key);
    public_key_free(r->public);
    buffer_clear(&r->kid);
}
DEFINE_AUTO_VALUE(recipient, struct recipient, recipient_clear)

static bool recipient_make(unsigned bits, struct recipient *r, struct quoth_error *err)
{
    const enum key_type type = bits == 4096   ? KEY_TYPE_RSA_4096
                               : bits == 3072 ? KEY_TYPE_RSA_3072
                                              : KEY_TYPE_RSA_2048;
    if (bits != 0 && bits != 2048 && bits != 3072 && bits != 4096)
        return quoth_fail(err, QUOTH_USAGE, "recipient bits", QUOTH_NO_OFFSET,
                          "found %u, expected 2048, 3072 or 4096", bits);
    return private_key_generate(type, &r->key, err) &&
           private_key_public(r->key, &r->public, err) &&
           release_thumbprint(r->public, &r->kid, err);
}

/* ---- one attempt */

struct attempt {
    struct quoth_attester *attester;
    struct vault_client *vault;
    const struct recipient *recipient;
    uint64_t deadline_us; /* of all attempts */
    unsigned wait_s;      /* what a busy peer asks for */
};

/* Of the next exchange: what the request allows, and no longer than what is left. */
static bool time_left(const struct attempt *a, unsigned *ret_timeout_ms, struct quoth_error *err)
{
    const unsigned wanted = a->vault->request->timeout_ms;
    const uint64_t now = time_monotonic_us();
    const uint64_t left_ms = now < a->deadline_us ? (a->deadline_us - now) / 1000 : 0;
    const unsigned most = wanted ? wanted : TIMEOUT_MS;
    *ret_timeout_ms = left_ms < most ? (unsigned)left_ms : most;
    return left_ms > 0 || quoth_fail(err, QUOTH_NET_TIMEOUT, "fetch", QUOTH_NO_OFFSET,
                                     "did not end before the time was over");
}

static bool ask_verifier(struct attempt *a, struct bytes runtime_data, char **ret_token,
                         struct quoth_error *err)
{
    const struct quoth_fetch_request *r = a->vault->request;
    AUTO(buffer) struct buffer evidence = {0};
    struct quoth_token_request request = {.verifier = r->verifier ? r->verifier : r->vault,
                                          .ca_file = r->verifier_ca || r->verifier ? r->verifier_ca
                                                                                   : r->vault_ca,
                                          .data_type = QUOTH_DATA_JSON,
                                          .data = runtime_data.data,
                                          .data_len = runtime_data.len};
    return attester_evidence(a->attester, runtime_data, &evidence, err) &&
           time_left(a, &request.timeout_ms, err) &&
           attester_post(buffer_bytes(&evidence), &request, &a->wait_s, ret_token, err);
}

/* The challenge of the vault stands in what the evidence hashes, beside the recipient's key. */
static bool attest(struct attempt *a, char **ret_token, struct quoth_error *err)
{
    unsigned timeout_ms = 0;
    AUTO(buffer) struct buffer nonce = {0}, runtime_data = {0};
    return time_left(a, &timeout_ms, err) &&
           vault_client_challenge(a->vault, timeout_ms, &nonce, &a->wait_s, err) &&
           release_recipient_write(a->recipient->public, buffer_bytes(&nonce), &runtime_data,
                                   err) &&
           buffer_ok(&runtime_data, err) &&
           ask_verifier(a, buffer_bytes(&runtime_data), ret_token, err);
}

static bool attempt_once(struct attempt *a, struct release_reply *ret_reply,
                         struct quoth_error *err)
{
    AUTO(text) char *token = NULL;
    unsigned timeout_ms = 0;
    a->wait_s = 0;
    return attest(a, &token, err) && time_left(a, &timeout_ms, err) &&
           vault_client_release(a->vault, token, buffer_bytes(&a->recipient->kid), timeout_ms,
                                ret_reply, &a->wait_s, err);
}

/* ---- patience (THREATS 27) */

/* As long as the peer asks for, and a growing time at random on top of it. False if that is longer
 * than there is time. */
static bool rest(const struct attempt *a, unsigned failures)
{
    struct quoth_error ignored = {0}; /* without randomness the pause is the least */
    uint32_t random = 0;
    (void)random_fill(&random, sizeof random, &ignored);
    const uint64_t ms =
        (uint64_t)retry_delay_ms(failures, random) + UINT64_C(1000) * (uint64_t)a->wait_s;
    if (time_monotonic_us() + ms * 1000 >= a->deadline_us)
        return false;
    struct timespec left = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
    while (nanosleep(&left, &left) != 0)
        continue; /* a signal: the rest of the pause */
    return true;
}

/* Begun anew each time, as a challenge serves once. */
static bool attempt_patiently(struct attempt *a, struct release_reply *ret_reply,
                              struct quoth_error *err)
{
    for (unsigned failures = 1;; failures++) {
        struct quoth_error inner = {0};
        if (attempt_once(a, ret_reply, &inner))
            return true;
        if (inner.code != QUOTH_PEER_BUSY || !rest(a, failures)) {
            *err = inner;
            return false;
        }
    }
}

/* ---- the result */

void quoth_wipe(void *data, size_t len)
{
    if (data)
        bytes_wipe(data, len);
}

void quoth_fetched_clear(struct quoth_fetched *f)
{
    quoth_wipe(f->data, f->len);
    free(f->data);
    free(f->id);
    free(f->content_type);
    *f = (struct quoth_fetched){0};
}
DEFINE_AUTO_VALUE(fetched, struct quoth_fetched, quoth_fetched_clear)

static enum quoth_fetched_type type_of(const struct release_reply *r)
{
    return r->is_secret                 ? QUOTH_FETCHED_SECRET
           : release_reply_is(r, "oct") ? QUOTH_FETCHED_OCT
           : release_reply_is(r, "RSA") ? QUOTH_FETCHED_RSA
                                        : QUOTH_FETCHED_EC;
}

static bool open_reply(struct release_reply *r, const struct recipient *recipient,
                       struct quoth_fetched *ret_fetched, struct quoth_error *err)
{
    AUTO(fetched) struct quoth_fetched f = {.type = type_of(r)};
    AUTO(buffer) struct buffer plain = {0};
    if (!release_reply_open(r, recipient->key, &plain, err))
        return false;
    f.len = plain.len;
    f.data = (uint8_t *)buffer_take_text(&plain, err);
    f.id = f.data ? buffer_take_text(&r->kid, err) : NULL;
    if (!f.id)
        return false;
    if (r->content_type.len > 0 && !(f.content_type = buffer_take_text(&r->content_type, err)))
        return false;
    *ret_fetched = take_value(f);
    return true;
}

bool quoth_fetch(struct quoth_attester *a, const struct quoth_fetch_request *request,
                 struct quoth_fetched *ret_fetched, struct quoth_error *err)
{
    AUTO(vault_client) struct vault_client vault = {0};
    AUTO(recipient) struct recipient recipient = {0};
    AUTO(release_reply) struct release_reply reply = {0};
    const unsigned patience_ms = request->patience_ms ? request->patience_ms : PATIENCE_MS;
    struct attempt attempt = {.attester = a,
                              .vault = &vault,
                              .recipient = &recipient,
                              .deadline_us =
                                  time_monotonic_us() + UINT64_C(1000) * (uint64_t)patience_ms};
    return vault_client_open(request, &vault, err) &&
           recipient_make(request->recipient_bits, &recipient, err) &&
           attempt_patiently(&attempt, &reply, err) &&
           open_reply(&reply, &recipient, ret_fetched, err);
}
