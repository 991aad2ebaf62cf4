/* A verifier and a machine for tests of whole exchanges. The machine's evidence is its report data
 * and nothing else; the verifier believes it, compares the hash of the held data as a real one
 * does, and signs properly. It also publishes its metadata and keys. */
#ifndef QUOTH_TESTS_VERIFIER_H
#define QUOTH_TESTS_VERIFIER_H

#include "attester/driver.h"
#include "codec/json.h"
#include "relying/discovery.h"
#include "tests/attestation.h"
#include "tests/tls_peer.h"

#include <stdatomic.h>

static inline bool verifier_machine_evidence(const char *root,
                                             const uint8_t report_data[REPORT_DATA_SIZE],
                                             struct buffer *ret_evidence, struct quoth_error *err)
{
    (void)root;
    (void)err;
    buffer_add(ret_evidence, (struct bytes){report_data, REPORT_DATA_SIZE});
    return true;
}

static const struct attester_driver verifier_machine = {.name = "fake",
                                                        .evidence = verifier_machine_evidence};

struct verifier {
    struct tls_peer peer;
    struct private_key *key;
    struct buffer jwks;
    atomic_int status;     /* of its answers to evidence; 0: what it deserves */
    atomic_llong life;     /* of tokens, in seconds */
    const char *simulated; /* "true" or "false" */
    atomic_uint asked;     /* for tokens */
};

static inline bool verifier_starts(struct bytes request, const char *line)
{
    return bytes_equal(bytes_slice(request, 0, strlen(line)), bytes_of_text(line));
}

/* The decoded member of an object; fails the test run if it is not there. */
static inline void verifier_member(struct json object, const char *name, struct buffer *to)
{
    struct quoth_error err = {0};
    struct bytes text;
    forge_must(json_need_plain(object, name, &text, &err) && base64url_decode(text, to, &err));
}

static inline void verifier_sign(struct verifier *v, const char *held_name, const char *held,
                                 struct bytes report_data, struct buffer *ret_token)
{
    char iss[80], now[24], end[24];
    AUTO(buffer) struct buffer hex = {0};
    const long long at = (long long)time_now();
    snprintf(iss, sizeof iss, "\"%s\"", v->peer.url);
    snprintf(now, sizeof now, "%lld", at);
    snprintf(end, sizeof end, "%lld", at + v->life);
    buffer_u8(&hex, '"');
    for (size_t i = 0; i < report_data.len; i++)
        buffer_printf(&hex, "%02x", report_data.data[i]);
    buffer_text(&hex, "\"");
    buffer_u8(&hex, 0);
    const struct edit edits[] = {
        {"iss",               iss},
        {"iat",                   now},
        {"nbf",now},
        {"exp",               end},
        {"x-quoth-simulated",                   v->simulated},
        {"x-ms-sgx-report-data",  (const char *)hex.data},
        {held_name, held},
        {0                  }
    };
    attestation_token(NULL, edits, v->key, ret_token);
}

/* The answer to POST /attest/OpenEnclave. */
static inline void verifier_attest(struct verifier *v, struct bytes body, struct buffer *ret_answer)
{
    struct quoth_error err = {0};
    struct json runtime = {0}, type = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    AUTO(buffer) struct buffer report = {0}, data = {0}, held = {0}, token = {0}, reply = {0};
    v->asked++;
    forge_must(json_parse(body, NULL, &doc, &err));
    forge_must(json_need_object(json_root(&doc), "runtimeData", &runtime, &err));
    verifier_member(json_root(&doc), "report", &report);
    verifier_member(runtime, "data", &data);
    const struct bytes report_data = bytes_slice(buffer_bytes(&report), 16, REPORT_DATA_SIZE);
    const struct sha256 digest = sha256_of(buffer_bytes(&data));
    const bool bound = bytes_equal(bytes_slice(report_data, 0, 32), BYTES_OF(digest.bytes));
    if (v->status || !bound) {
        peer_say(ret_answer, v->status ? v->status : 400,
                 "{\"error\":{\"code\":\"InvalidParameter\",\"message\":\"no\"}}");
        return;
    }
    const bool json = json_member(runtime, "dataType", &type) && json_text_is(type, "JSON");
    if (json)
        buffer_add(&held, buffer_bytes(&data));
    else
        json_base64url(&held, buffer_bytes(&data));
    buffer_u8(&held, 0);
    verifier_sign(v, json ? "x-ms-runtime" : "x-ms-sgx-ehd", (const char *)held.data, report_data,
                  &token);
    buffer_text(&reply, "{\"token\":\"");
    buffer_add(&reply, buffer_bytes(&token));
    buffer_text(&reply, "\"}");
    buffer_u8(&reply, 0);
    peer_say(ret_answer, 200, (const char *)reply.data);
}

static inline enum peer_end verifier_serve(void *arg, struct tls_peer *peer, struct bytes request,
                                           struct buffer *ret_answer)
{
    struct verifier *v = arg;
    AUTO(buffer) struct buffer body = {0};
    const uint8_t *end = memmem(request.data, request.len, "\r\n\r\n", 4);
    if (verifier_starts(request, "POST /attest/OpenEnclave?")) {
        verifier_attest(v, bytes_slice(request, (size_t)(end - request.data) + 4, request.len),
                        ret_answer);
        return PEER_GOODBYE;
    }
    if (verifier_starts(request, "GET " DISCOVERY_PATH " "))
        buffer_printf(&body, "{\"issuer\":\"%s\",\"jwks_uri\":\"%s/certs\"}", peer->url, peer->url);
    else
        buffer_add(&body, buffer_bytes(&v->jwks));
    buffer_u8(&body, 0);
    peer_say(ret_answer, 200, (const char *)body.data);
    return PEER_GOODBYE;
}

static inline void verifier_open(struct verifier *v)
{
    *v =
        (struct verifier){.key = forge_key(KEY_TYPE_RSA_2048), .life = 28800, .simulated = "false"};
    forge_jwks(&v->jwks, "k", v->key);
    tls_peer_open(&v->peer, verifier_serve, v, NULL);
}

static inline void verifier_close(struct verifier *v)
{
    tls_peer_close(&v->peer);
    private_key_free(v->key);
    buffer_clear(&v->jwks);
}

#endif
