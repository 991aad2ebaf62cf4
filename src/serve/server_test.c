#include <quoth/relying.h>
#include <quoth/server.h>

#include "crypto/x509.h"
#include "net/https_client.h"
#include "tests/unit.h"
#include "tests/verifier.h"
#include "token/held.h"

/* --- the program
 * ----------------------------------------------------------------------------------- */

struct program {
    struct verifier verifier;
    struct quoth_attester *attester;
    struct quoth_server *server;
    pthread_t thread;
    struct buffer heard; /* secrets */
    atomic_uint renewals, failures;
    char url[96];
};

static struct program program;
static struct bytes given; /* the private key of the server that is opened next */

static void hear_body(void *user, const struct quoth_request *request, struct quoth_answer *answer)
{
    struct program *p = user;
    buffer_add(&p->heard, (struct bytes){request->body, request->body_len});
    answer->status = 201;
    answer->content_type = "text/plain";
    answer->body = strdup("thanks");
    answer->body_len = 6;
}

static void hear_query(void *user, const struct quoth_request *request, struct quoth_answer *answer)
{
    struct program *p = user;
    struct quoth_error err = {0};
    AUTO(text) char *secret = NULL;
    if (!quoth_request_query(request, "s", &secret, &err) || !secret)
        answer->status = 400;
    else
        buffer_text(&p->heard, secret);
}

static void renewed(void *user, const struct quoth_error *err)
{
    struct program *p = user;
    if (err->code == QUOTH_OK)
        p->renewals++;
    else
        p->failures++;
}

static void *run(void *arg)
{
    struct program *p = arg;
    struct quoth_error err = {0};
    if (!quoth_server_run(p->server, &err))
        fprintf(stderr, "run: %s\n", err.message);
    return NULL;
}

static bool open_server(struct program *p, const char *listen, unsigned seconds,
                        enum quoth_key_kind kind, struct quoth_error *err)
{
    const struct quoth_server_options options = {.attester = p->attester,
                                                 .verifier = p->verifier.peer.url,
                                                 .ca_file = p->verifier.peer.ca_file,
                                                 .listen = listen,
                                                 .key = kind,
                                                 .private_key = given.data,
                                                 .private_key_len = given.len,
                                                 .certificate_seconds = seconds,
                                                 .renewed = renewed,
                                                 .user = p};
    return quoth_server_open(&options, &p->server, err);
}

static void start_with(unsigned seconds, enum quoth_key_kind kind)
{
    struct quoth_error err = {0};
    assert_true(open_server(&program, "127.0.0.1:0", seconds, kind, &err));
    assert_true(quoth_server_attest(program.server, &err));
    assert_true(quoth_server_route(program.server, "POST", "/secret", 16, hear_body, &err));
    assert_true(quoth_server_route(program.server, "GET", "/secret", 0, hear_query, &err));
    snprintf(program.url, sizeof program.url, "https://%s", quoth_server_address(program.server));
    assert_int_equal(pthread_create(&program.thread, NULL, run, &program), 0);
}

static void finish(void)
{
    quoth_server_stop(program.server);
    pthread_join(program.thread, NULL);
    quoth_server_close(program.server);
    program.server = NULL;
    buffer_clear(&program.heard);
    program.renewals = program.failures = 0;
}

static int set_up(void **state)
{
    struct quoth_error err = {0};
    (void)state;
    memset(&program, 0, sizeof program);
    verifier_open(&program.verifier);
    return attester_open_with(&verifier_machine, "", &program.attester, &err) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    verifier_close(&program.verifier);
    quoth_attester_close(program.attester);
    return 0;
}

/* --- a client
 * -------------------------------------------------------------------------------------- */

/* One exchange with nobody verified; the status, and the body if it is wanted. */
static int ask(const char *method, const char *path, const char *body, struct buffer *ret_body)
{
    const struct tls_client_options anybody = {.trust = TLS_TRUST_NONE};
    const struct https_request request = {
        .method = method, .body = bytes_of_text(body ? body : ""), .timeout_ms = 30000};
    struct quoth_error err = {0};
    AUTO(tls_client) struct tls_client *tls = NULL;
    AUTO(https_response) struct https_response response = {0};
    char url[256];
    snprintf(url, sizeof url, "%s%s", program.url, path);
    assert_true(tls_client_open(&anybody, &tls, &err));
    if (!https_fetch(tls, url, &request, &response, &err))
        fail_msg("%s %s: %s", method, path, err.message);
    if (response.status == 429 || response.status == 503)
        assert_true(response.retry_after > 0);
    if (ret_body)
        buffer_add(ret_body, buffer_bytes(&response.body));
    return response.status;
}

/* The payload of a token, parsed. */
static void payload_of(const struct buffer *text, struct token *ret_token)
{
    struct quoth_error err = {0};
    assert_true(token_read(buffer_bytes(text), ret_token, &err));
}

/* The certificate that /token vouches for. */
static void token_certificate(struct buffer *ret_der)
{
    struct quoth_error err = {0};
    struct bytes ehd;
    AUTO(buffer) struct buffer text = {0};
    AUTO(token) struct token t = {0};
    assert_int_equal(ask("GET", "/token", NULL, &text), 200);
    payload_of(&text, &t);
    assert_true(json_need_plain(json_root(&t.payload), "x-ms-sgx-ehd", &ehd, &err));
    assert_true(base64url_decode(ehd, ret_der, &err));
}

static enum quoth_code tell(const struct buffer *certificate, const char *secret)
{
    struct quoth_error err = {0};
    char url[256];
    AUTO(text) char *body = NULL;
    int status = 0;
    snprintf(url, sizeof url, "%s/secret", program.url);
    if (quoth_attested_exchange(certificate->data, certificate->len, "POST", url,
                                (const uint8_t *)secret, strlen(secret), 30000, &status, &body,
                                &err)) {
        assert_int_equal(status, 201);
        assert_string_equal(body, "thanks");
    }
    return err.code;
}

static void the_token_vouches_for_the_certificate_that_is_served(void **state)
{
    (void)state;
    static const enum quoth_key_kind kinds[] = {QUOTH_KEY_P256, QUOTH_KEY_RSA_2048};
    for (size_t i = 0; i < COUNT(kinds); i++) {
        AUTO(buffer) struct buffer der = {0};
        start_with(0, kinds[i]);
        token_certificate(&der);
        assert_int_equal(tell(&der, "a secret"), QUOTH_OK);
        assert_int_equal(ask("GET", "/secret?s=b%20c", NULL, NULL), 200);
        assert_true(bytes_equal(buffer_bytes(&program.heard), BYTES_LITERAL("a secretb c")));
        finish();
    }
}

static const struct {
    const char *method, *path, *body;
    int status;
} requests[] = {
    {"GET",  "/secret",                                                          NULL,                400},
    {"GET",  "/secret?s=1&s=2",                                                  NULL,                400},
    {"POST", "/secret",                                                          "sixteen bytes ok",  201},
    {"POST", "/secret",                                                          "seventeen is more", 413},
    {"PUT",  "/secret",                                                          "x",                 405},
    {"GET",  "/",                                                                NULL,                404},
    {"GET",  "/secret/",                                                         NULL,                404},
    {"POST", "/token",                                                           "x",                 405},
    {"GET",  "/token?nonce=",                                                    NULL,                400},
    {"GET",  "/token?nonce=AAEC",                                                NULL,                400},
    {"GET",  "/token?nonce=MDEyMzQ1Njc4OWFiY2RlZg==",                            NULL,                400},
    {"GET",  "/token?nonce=!!!!!!!!!!!!!!!!!!!!!!!!",                            NULL,                400},
    {"GET",  "/token?nonce=MDEyMzQ1Njc4OWFiY2RlZg&nonce=MDEyMzQ1Njc4OWFiY2RlZg", NULL,                400},
    {"GET",  "/channel",                                                         NULL,                400},
    {"GET",  "/channel?nonce=MDEyMzQ1Njc4OWFiY2RlZg",                            NULL,                400},
    {"GET",  "/channel?nonce=!",                                                 NULL,                400},
    {"POST", "/channel",                                                         "x",                 405},
    {"GET",  "/token?other=1",                                                   NULL,                200},
};

static void requests_are_answered_as_they_deserve(void **state)
{
    (void)state;
    start_with(0, QUOTH_KEY_P256);
    for (size_t i = 0; i < COUNT(requests); i++) {
        print_message("  %s %s\n", requests[i].method, requests[i].path);
        assert_int_equal(ask(requests[i].method, requests[i].path, requests[i].body, NULL),
                         requests[i].status);
    }
    finish();
}

static void a_challenge_is_in_the_hashed_data(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct json runtime = {0};
    AUTO(buffer) struct buffer text = {0}, der = {0};
    AUTO(token) struct token t = {0};
    AUTO(held_envelope) struct held_envelope e = {0};
    start_with(0, QUOTH_KEY_P256);
    token_certificate(&der);
    assert_int_equal(ask("GET", "/token?nonce=MDEyMzQ1Njc4OWFiY2RlZg", NULL, &text), 200);
    payload_of(&text, &t);
    assert_true(json_need_object(json_root(&t.payload), "x-ms-runtime", &runtime, &err));
    assert_true(held_envelope_read(json_span(runtime), &e, &err));
    assert_true(bytes_equal(buffer_bytes(&e.nonce), BYTES_LITERAL("0123456789abcdef")));
    assert_true(bytes_equal(buffer_bytes(&e.certificate), buffer_bytes(&der)));
    finish();
}

#define CROWD 12

struct asker {
    pthread_t thread;
    int status; /* 0: the exchange failed */
};

static pthread_barrier_t together;

/* Connects, waits for the others, and asks when all do: however long it takes to connect. */
static void *ask_together(void *arg)
{
    struct asker *a = arg;
    const struct tls_client_options anybody = {.trust = TLS_TRUST_NONE};
    const struct https_request request = {.method = "GET",
                                          .target =
                                              BYTES_LITERAL("/token?nonce=MDEyMzQ1Njc4OWFiY2RlZg"),
                                          .timeout_ms = 30000};
    struct quoth_error err = {0};
    AUTO(tls_client) struct tls_client *tls = NULL;
    AUTO(https) struct https_connection *c = NULL;
    AUTO(https_response) struct https_response response = {0};
    const bool connected =
        tls_client_open(&anybody, &tls, &err) && https_connect(tls, program.url, 30000, &c, &err);
    pthread_barrier_wait(&together);
    if (connected && https_exchange(c, &request, &response, &err))
        a->status = response.status;
    else
        fprintf(stderr, "%s: %s\n", err.where, err.message);
    return NULL;
}

static void challenges_are_limited(void **state)
{
    (void)state;
    struct asker askers[CROWD] = {0};
    unsigned good = 0, refused = 0;
    start_with(0, QUOTH_KEY_P256);
    const unsigned before = program.verifier.asked;
    const uint64_t began = time_monotonic_us();
    assert_int_equal(pthread_barrier_init(&together, NULL, CROWD), 0);
    for (size_t i = 0; i < CROWD; i++)
        assert_int_equal(pthread_create(&askers[i].thread, NULL, ask_together, &askers[i]), 0);
    for (size_t i = 0; i < CROWD; i++) {
        pthread_join(askers[i].thread, NULL);
        assert_true(askers[i].status == 200 || askers[i].status == 429);
        good += askers[i].status == 200;
        refused += askers[i].status == 429;
    }
    pthread_barrier_destroy(&together);
    const uint64_t seconds = (time_monotonic_us() - began) / 1000000;
    assert_true(refused > 0);
    assert_true(good >= 5 && good <= 5 + 5 * (seconds + 1));
    assert_int_equal(program.verifier.asked - before, good);
    assert_int_equal(ask("GET", "/token", NULL, NULL), 200); /* the stored one is not limited */
    finish();
}

static void a_verifier_that_fails_is_not_the_clients_fault(void **state)
{
    (void)state;
    static const int statuses[] = {400, 429, 500, 503};
    start_with(0, QUOTH_KEY_P256);
    for (size_t i = 0; i < COUNT(statuses); i++) {
        program.verifier.status = statuses[i];
        assert_int_equal(ask("GET", "/token?nonce=MDEyMzQ1Njc4OWFiY2RlZg", NULL, NULL), 503);
    }
    assert_int_equal(ask("GET", "/token", NULL, NULL), 200);
    program.verifier.status = 0;
    finish();
}

/* Seconds of a certificate that is renewed while the test looks on: the renewal comes between half
 * and four fifths of it, and what is left is the time that a busy machine may take. */
#define SHORT_LIFE 8

static bool soon(const atomic_uint *counter, unsigned value)
{
    for (int i = 0; i < 3000 && *counter < value; i++)
        usleep(20000);
    return *counter >= value;
}

/* Key, certificate and token together; a client that knew the old certificate is not served by
 * accident, and starts again from /token. */
static void everything_is_renewed_together(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer before = {0}, after = {0};
    start_with(SHORT_LIFE, QUOTH_KEY_P256);
    token_certificate(&before);
    assert_true(soon(&program.renewals, 1));
    token_certificate(&after);
    assert_false(bytes_equal(buffer_bytes(&before), buffer_bytes(&after)));
    assert_int_equal(tell(&before, "old"), QUOTH_TLS_CERTIFICATE_CHANGED);
    assert_int_equal(tell(&after, "new"), QUOTH_OK);
    assert_true(bytes_equal(buffer_bytes(&program.heard), BYTES_LITERAL("new")));
    finish();
}

static void spki_of_token(struct buffer *ret_spki)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer der = {0};
    AUTO(x509_cert) struct x509_cert *cert = NULL;
    AUTO(public_key) struct public_key *key = NULL;
    token_certificate(&der);
    assert_true(x509_cert_from_der(buffer_bytes(&der), &cert, &err) &&
                x509_cert_public_key(cert, &key, &err) && public_key_to_spki(key, ret_spki, &err));
}

static void a_key_that_was_given_outlives_certificates_and_servers(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(private_key) struct private_key *key = forge_key(KEY_TYPE_P256);
    AUTO(public_key) struct public_key *public = forge_public(key);
    AUTO(buffer) struct buffer der = {0}, spki = {0}, before = {0}, after = {0}, again = {0};
    assert_true(private_key_to_der(key, &der, &err) && public_key_to_spki(public, &spki, &err));
    given = buffer_bytes(&der);
    start_with(SHORT_LIFE, QUOTH_KEY_RSA_2048); /* of what kind it makes does not matter then */
    buffer_clear(&der);                         /* it has a copy */
    spki_of_token(&before);
    assert_true(soon(&program.renewals, 1));
    spki_of_token(&after);
    finish();
    assert_true(private_key_to_der(key, &der, &err));
    given = buffer_bytes(&der);
    start_with(0, QUOTH_KEY_P256);
    spki_of_token(&again);
    finish();
    given = (struct bytes){0};
    assert_true(bytes_equal(buffer_bytes(&before), buffer_bytes(&spki)));
    assert_true(bytes_equal(buffer_bytes(&after), buffer_bytes(&spki)));
    assert_true(bytes_equal(buffer_bytes(&again), buffer_bytes(&spki)));
}

static void keys_that_cannot_serve_are_refused(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer der = {0};
    struct quoth_error none = {0};
    AUTO(private_key) struct private_key *key = forge_key(KEY_TYPE_P256);
    assert_true(private_key_to_der(key, &der, &none));
    buffer_u8(&der, 0);
    const struct bytes keys[] = {BYTES_LITERAL("0123456789abcdef"), BYTES_LITERAL(""),
                                 buffer_bytes(&der)};
    for (size_t i = 0; i < COUNT(keys); i++) {
        struct quoth_error err = {0};
        given = keys[i];
        assert_false(open_server(&program, "127.0.0.1:0", 0, QUOTH_KEY_P256, &err));
        assert_int_equal(err.code, QUOTH_KEY_MALFORMED);
        assert_non_null(strstr(err.where, "private key"));
    }
    given = (struct bytes){0};
}

static void a_token_of_short_life_sets_the_pace(void **state)
{
    (void)state;
    program.verifier.life = 2;
    start_with(3600, QUOTH_KEY_P256);
    assert_true(soon(&program.renewals, 1));
    program.verifier.life = 28800;
    finish();
}

static void the_old_identity_stays_while_it_is_good(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer before = {0}, after = {0};
    start_with(SHORT_LIFE, QUOTH_KEY_P256);
    token_certificate(&before);
    program.verifier.status = 503;
    assert_true(soon(&program.failures, 1));
    token_certificate(&after);
    assert_true(bytes_equal(buffer_bytes(&before), buffer_bytes(&after)));
    int status = 200; /* and no longer */
    for (int i = 0; i < 3000 && status == 200; i++) {
        usleep(20000);
        status = ask("GET", "/token", NULL, NULL);
    }
    assert_int_equal(status, 503);
    program.verifier.status = 0; /* the verifier is back */
    assert_true(soon(&program.renewals, 1));
    assert_int_equal(ask("GET", "/token", NULL, NULL), 200);
    finish();
}

static void what_cannot_be_served_is_said_at_once(void **state)
{
    (void)state;
    static const char *const refused[] = {"", "127.0.0.1", "127.0.0.1:99999",
                                          "no-such-host.invalid:1", "256.0.0.1:0"};
    struct quoth_error err = {0};
    for (size_t i = 0; i < COUNT(refused); i++) {
        err = (struct quoth_error){0};
        assert_false(open_server(&program, refused[i], 0, QUOTH_KEY_P256, &err));
        print_message("  %s: %s\n", refused[i], err.message);
        assert_null(program.server);
    }
    err = (struct quoth_error){0};
    assert_true(open_server(&program, "127.0.0.1:0", 0, QUOTH_KEY_P256, &err));
    assert_false(quoth_server_run(program.server, &err)); /* nothing to show yet */
    assert_int_equal(err.code, QUOTH_USAGE);

    program.verifier.status = 400;
    err = (struct quoth_error){0};
    assert_false(quoth_server_attest(program.server, &err));
    assert_int_equal(err.code, QUOTH_ATTESTATION_REFUSED);
    program.verifier.status = 0;

    struct program second = {.attester = program.attester};
    err = (struct quoth_error){0};
    assert_false(
        open_server(&second, quoth_server_address(program.server), 0, QUOTH_KEY_P256, &err));
    for (int i = 0; i < 17; i++) {
        err = (struct quoth_error){0};
        assert_int_equal(quoth_server_route(program.server, "GET", "/x", 0, hear_query, &err),
                         i < 16);
    }
    quoth_server_close(program.server);
    program.server = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_token_vouches_for_the_certificate_that_is_served),
        cmocka_unit_test(requests_are_answered_as_they_deserve),
        cmocka_unit_test(a_challenge_is_in_the_hashed_data),
        cmocka_unit_test(challenges_are_limited),
        cmocka_unit_test(a_verifier_that_fails_is_not_the_clients_fault),
        cmocka_unit_test(everything_is_renewed_together),
        cmocka_unit_test(a_key_that_was_given_outlives_certificates_and_servers),
        cmocka_unit_test(keys_that_cannot_serve_are_refused),
        cmocka_unit_test(a_token_of_short_life_sets_the_pace),
        cmocka_unit_test(the_old_identity_stays_while_it_is_good),
        cmocka_unit_test(what_cannot_be_served_is_said_at_once),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
