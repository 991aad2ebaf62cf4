/* THREATS 3: proofs of one connection on another one, by relay, diversion, reflection and replay.
 */
#include <quoth/channel.h>

#include "crypto/openssl.h"
#include "net/https_client.h"
#include "serve/server.h"
#include "tests/unit.h"
#include "tests/verifier.h"

static struct verifier verifier;
static struct quoth_attester *attester;
static struct quoth_relying *relying;

/* An attested server of the same program; several may run. It says what it thinks of its clients.
 */
struct genuine {
    struct quoth_server *server;
    pthread_t thread;
    char url[96];
    enum quoth_code judged; /* of the last client's proof */
    struct quoth_verified client;
};

static const uint8_t signer[32] =
    "\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22"
    "\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22";
static const struct quoth_expected expected = {
    .signer_id = signer, .has_product_id = true, .product_id = 1234, .security_version = 2};

/* POST /hello: the body is the client's proof. */
static void hello(void *user, const struct quoth_request *request, struct quoth_answer *answer)
{
    struct genuine *g = user;
    struct quoth_error err = {0};
    quoth_verified_clear(&g->client);
    if (!quoth_request_client(request, relying, (const char *)request->body, request->body_len,
                              time_now(), &g->client, &err))
        print_message("    %s: %s\n", err.where, err.message);
    g->judged = err.code;
    answer->status = err.code == QUOTH_OK ? 200 : 403;
}

static void *run(void *arg)
{
    struct genuine *g = arg;
    struct quoth_error err = {0};
    (void)quoth_server_run(g->server, &err);
    return NULL;
}

static void genuine_open(struct genuine *g)
{
    struct quoth_error err = {0};
    *g = (struct genuine){0};
    const struct quoth_server_options options = {.attester = attester,
                                                 .verifier = verifier.peer.url,
                                                 .ca_file = verifier.peer.ca_file,
                                                 .listen = "127.0.0.1:0",
                                                 .user = g};
    assert_true(quoth_server_open(&options, &g->server, &err));
    assert_true(quoth_server_attest(g->server, &err));
    assert_true(quoth_server_route(g->server, "POST", "/hello", 65536, hello, &err));
    snprintf(g->url, sizeof g->url, "https://%s", quoth_server_address(g->server));
    assert_int_equal(pthread_create(&g->thread, NULL, run, g), 0);
}

static void genuine_close(struct genuine *g)
{
    quoth_server_stop(g->server);
    pthread_join(g->thread, NULL);
    quoth_server_close(g->server);
    quoth_verified_clear(&g->client);
}

static int set_up(void **state)
{
    struct quoth_error err = {0};
    (void)state;
    verifier_open(&verifier);
    const struct quoth_relying_options options = {
        .verifier = verifier.peer.url, .ca_file = verifier.peer.ca_file, .timeout_ms = 30000};
    return attester_open_with(&verifier_machine, "", &attester, &err) &&
                   quoth_relying_open(&options, &relying, &err)
               ? 0
               : -1;
}

static int tear_down(void **state)
{
    (void)state;
    quoth_relying_close(relying);
    quoth_attester_close(attester);
    verifier_close(&verifier);
    return 0;
}

DEFINE_AUTO(channel, struct quoth_channel *, quoth_channel_close)
DEFINE_AUTO_VALUE(verified, struct quoth_verified, quoth_verified_clear)

static struct quoth_channel *open_to(const char *url, struct bytes certificate)
{
    struct quoth_channel *c = NULL;
    struct quoth_error err = {0};
    if (!quoth_channel_open(url, certificate.data, certificate.len, 30000, &c, &err))
        fail_msg("%s: %s", url, err.message);
    return c;
}

static enum quoth_code verify(struct quoth_channel *c)
{
    struct quoth_error err = {0};
    AUTO(verified) struct quoth_verified v = {0};
    if (!quoth_channel_verify(c, relying, &expected, time_now(), &v, &err))
        print_message("    %s: %s\n", err.where, err.message);
    return err.code;
}

static char *prove(struct quoth_channel *c)
{
    struct quoth_error err = {0};
    char *token = NULL;
    const struct quoth_token_request request = {
        .verifier = verifier.peer.url, .ca_file = verifier.peer.ca_file, .timeout_ms = 30000};
    assert_true(quoth_channel_prove(c, attester, &request, &token, &err));
    return token;
}

static int say_hello(struct quoth_channel *c, const char *token)
{
    struct quoth_error err = {0};
    AUTO(text) char *body = NULL;
    int status = 0;
    if (!quoth_channel_exchange(c, "POST", "/hello", (const uint8_t *)token, strlen(token), &status,
                                &body, &err))
        fail_msg("%s", err.message);
    return status;
}

static void both_ends_prove_themselves(void **state)
{
    (void)state;
    struct genuine g;
    genuine_open(&g);
    const struct bytes certificate = buffer_bytes(&g.server->identity.certificate);
    for (int pinned = 0; pinned < 2; pinned++) {
        AUTO(channel)
        struct quoth_channel *c = open_to(g.url, pinned ? certificate : (struct bytes){0});
        assert_int_equal(verify(c), QUOTH_OK);
        AUTO(text) char *token = prove(c);
        assert_int_equal(say_hello(c, token), 200);
        assert_memory_equal(g.client.signer_id, signer, 32);
        assert_int_equal(verify(c), QUOTH_OK); /* and again, by another nonce */
    }
    genuine_close(&g);
}

static void nothing_is_said_to_a_stranger(void **state)
{
    (void)state;
    struct genuine g;
    struct quoth_error err = {0};
    int status = 0;
    char *body = NULL;
    genuine_open(&g);
    AUTO(channel) struct quoth_channel *c = open_to(g.url, (struct bytes){0});
    assert_false(quoth_channel_exchange(c, "GET", "/token", NULL, 0, &status, &body, &err));
    assert_int_equal(err.code, QUOTH_USAGE);
    assert_int_equal(verify(c), QUOTH_OK);

    /* a failed verification takes the right to speak away again */
    const struct quoth_expected other = {.unique_id = signer};
    AUTO(verified) struct quoth_verified v = {0};
    err = (struct quoth_error){0};
    assert_false(quoth_channel_verify(c, relying, &other, time_now(), &v, &err));
    assert_int_equal(err.code, QUOTH_IDENTITY_MISMATCH);
    err = (struct quoth_error){0};
    assert_false(quoth_channel_exchange(c, "GET", "/token", NULL, 0, &status, &body, &err));
    assert_int_equal(err.code, QUOTH_USAGE);
    genuine_close(&g);
}

static void simulated_and_unknown_programs_are_refused(void **state)
{
    (void)state;
    struct genuine g;
    genuine_open(&g);
    AUTO(channel) struct quoth_channel *c = open_to(g.url, (struct bytes){0});
    verifier.simulated = "true";
    assert_int_equal(verify(c), QUOTH_TOKEN_SIMULATED);
    verifier.simulated = "false";
    genuine_close(&g);
}

/* --- relay: a man in the middle asks the genuine server and passes its answer on
 * ------------------- */

static enum peer_end pass_on(void *arg, struct tls_peer *peer, struct bytes request,
                             struct buffer *ret_answer)
{
    const struct genuine *g = arg;
    const struct tls_client_options anybody = {.trust = TLS_TRUST_NONE};
    struct quoth_error err = {0};
    AUTO(tls_client) struct tls_client *tls = NULL;
    AUTO(https) struct https_connection *c = NULL;
    AUTO(https_response) struct https_response response = {0};
    size_t end = 4;
    (void)peer;
    while (request.data[end] != ' ')
        end++;
    const struct https_request same = {
        .method = "GET", .target = bytes_slice(request, 4, end - 4), .timeout_ms = 30000};
    assert_true(tls_client_open(&anybody, &tls, &err) &&
                https_connect(tls, g->url, 30000, &c, &err) &&
                https_exchange(c, &same, &response, &err));
    buffer_u8(&response.body, 0);
    peer_say(ret_answer, response.status, (const char *)response.body.data);
    return PEER_AGAIN;
}

static void a_relay_is_noticed(void **state)
{
    (void)state;
    struct genuine g;
    struct tls_peer relay;
    genuine_open(&g);
    print_message("  with a certificate of its own\n");
    tls_peer_open(&relay, pass_on, &g, NULL);
    struct quoth_channel *c = open_to(relay.url, (struct bytes){0});
    assert_int_equal(verify(c), QUOTH_CHANNEL_MISMATCH);
    quoth_channel_close(c);
    tls_peer_close(&relay);

    print_message("  with the stolen key of the server\n");
    const struct peer_options thief = {.stolen_key = private_key_evp(g.server->identity.key),
                                       .stolen_certificate =
                                           buffer_bytes(&g.server->identity.certificate)};
    tls_peer_open(&relay, pass_on, &g, &thief);
    c = open_to(relay.url, buffer_bytes(&g.server->identity.certificate));
    assert_int_equal(verify(c), QUOTH_CHANNEL_MISMATCH);
    quoth_channel_close(c);
    tls_peer_close(&relay);
    genuine_close(&g);
}

/* --- diversion: another genuine instance of the same program
 * --------------------------------------- */

static void a_diversion_is_noticed_by_the_pinned_certificate(void **state)
{
    (void)state;
    struct genuine wanted, other;
    struct quoth_channel *c = NULL;
    struct quoth_error err = {0};
    genuine_open(&wanted);
    genuine_open(&other);
    const struct bytes pin = buffer_bytes(&wanted.server->identity.certificate);
    assert_false(quoth_channel_open(other.url, pin.data, pin.len, 30000, &c, &err));
    assert_int_equal(err.code, QUOTH_TLS_CERTIFICATE_CHANGED);
    genuine_close(&wanted);
    genuine_close(&other);
}

/* The other instance proves itself, to the man in the middle who holds the wanted one's key. */
static void another_instances_proof_does_not_fit(void **state)
{
    (void)state;
    struct genuine wanted, other;
    struct tls_peer relay;
    genuine_open(&wanted);
    genuine_open(&other);
    const struct peer_options thief = {.stolen_key = private_key_evp(wanted.server->identity.key),
                                       .stolen_certificate =
                                           buffer_bytes(&wanted.server->identity.certificate)};
    tls_peer_open(&relay, pass_on, &other, &thief);
    struct quoth_channel *c =
        open_to(relay.url, buffer_bytes(&wanted.server->identity.certificate));
    assert_int_equal(verify(c), QUOTH_CHANNEL_MISMATCH);
    quoth_channel_close(c);
    tls_peer_close(&relay);
    genuine_close(&wanted);
    genuine_close(&other);
}

/* --- reflection: one's own proof comes back
 * -------------------------------------------------------- */

static enum peer_end send_back(void *arg, struct tls_peer *peer, struct bytes request,
                               struct buffer *ret_answer)
{
    (void)peer;
    (void)request;
    peer_say(ret_answer, 200, *(char *const *)arg);
    return PEER_AGAIN;
}

static void a_clients_proof_sent_back_is_noticed(void **state)
{
    (void)state;
    struct tls_peer mirror;
    char *token = NULL;
    tls_peer_open(&mirror, send_back, &token, NULL);
    struct quoth_channel *c = open_to(mirror.url, (struct bytes){0});
    token = prove(c);
    assert_int_equal(verify(c), QUOTH_CHANNEL_MISMATCH);
    quoth_channel_close(c);
    tls_peer_close(&mirror);
    free(token);
}

/* The exchanges of a client that is not in a TEE, on one connection. */
static void speak(struct https_connection *c, const char *method, struct bytes target,
                  struct bytes body, struct https_response *ret_response)
{
    struct quoth_error err = {0};
    const struct https_request request = {
        .method = method, .target = target, .body = body, .timeout_ms = 30000};
    if (!https_exchange(c, &request, ret_response, &err))
        fail_msg("%s", err.message);
}

static void a_servers_proof_sent_back_is_noticed(void **state)
{
    (void)state;
    struct genuine g;
    struct quoth_error err = {0};
    const struct tls_client_options anybody = {.trust = TLS_TRUST_NONE};
    AUTO(tls_client) struct tls_client *tls = NULL;
    AUTO(https_response) struct https_response proof = {0}, reply = {0};
    struct https_connection *c = NULL;
    genuine_open(&g);
    assert_true(tls_client_open(&anybody, &tls, &err) &&
                https_connect(tls, g.url, 30000, &c, &err));
    speak(c, "GET", BYTES_LITERAL("/channel?nonce=AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
          (struct bytes){0}, &proof);
    assert_int_equal(proof.status, 200);
    speak(c, "POST", BYTES_LITERAL("/hello"), buffer_bytes(&proof.body), &reply);
    assert_int_equal(reply.status, 403);
    assert_int_equal(g.judged, QUOTH_CHANNEL_MISMATCH);
    https_close(c);
    genuine_close(&g);
}

/* --- replay
 * ---------------------------------------------------------------------------------------- */

static void a_clients_proof_serves_one_connection(void **state)
{
    (void)state;
    struct genuine g;
    genuine_open(&g);
    AUTO(channel) struct quoth_channel *first = open_to(g.url, (struct bytes){0});
    AUTO(channel) struct quoth_channel *second = open_to(g.url, (struct bytes){0});
    assert_int_equal(verify(first), QUOTH_OK);
    assert_int_equal(verify(second), QUOTH_OK);
    AUTO(text) char *token = prove(first);
    assert_int_equal(say_hello(second, token), 403);
    assert_int_equal(g.judged, QUOTH_CHANNEL_MISMATCH);
    assert_int_equal(say_hello(first, token), 200);
    genuine_close(&g);
}

/* A server that plays the proof it gave before on this connection, to an older nonce; and tokens
 * that are genuine but were made for something else. */
struct player {
    struct genuine *g;
    const char *path; /* whose answer is given instead; NULL: the first proof, for ever */
    struct buffer first;
};

static enum peer_end play(void *arg, struct tls_peer *peer, struct bytes request,
                          struct buffer *ret_answer)
{
    struct player *p = arg;
    AUTO(buffer) struct buffer other = {0};
    if (p->path) {
        buffer_printf(&other, "GET %s HTTP/1.1\r\n", p->path);
        return pass_on(p->g, peer, buffer_bytes(&other), ret_answer);
    }
    if (p->first.len == 0)
        pass_on(p->g, peer, request, &p->first);
    buffer_add(ret_answer, buffer_bytes(&p->first));
    return PEER_AGAIN;
}

static void proofs_of_other_moments_and_purposes_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        enum quoth_code code;
    } rows[] = {
        {NULL,                                  QUOTH_CHANNEL_MISMATCH},
        {"/token",                              QUOTH_TOKEN_CLAIM     },
        {"/token?nonce=MDEyMzQ1Njc4OWFiY2RlZg", QUOTH_TOKEN_CLAIM     },
    };
    struct genuine g;
    genuine_open(&g);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct player player = {.g = &g, .path = rows[i].path};
        struct tls_peer impostor;
        const struct peer_options thief = {.stolen_key = private_key_evp(g.server->identity.key),
                                           .stolen_certificate =
                                               buffer_bytes(&g.server->identity.certificate)};
        print_message("  %s\n", rows[i].path ? rows[i].path : "the same proof twice");
        tls_peer_open(&impostor, play, &player, &thief);
        struct quoth_channel *c = open_to(impostor.url, (struct bytes){0});
        assert_int_equal(verify(c), rows[i].code);
        assert_int_equal(verify(c), rows[i].code);
        quoth_channel_close(c);
        tls_peer_close(&impostor);
        buffer_clear(&player.first);
    }
    genuine_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ends_prove_themselves),
        cmocka_unit_test(nothing_is_said_to_a_stranger),
        cmocka_unit_test(simulated_and_unknown_programs_are_refused),
        cmocka_unit_test(a_relay_is_noticed),
        cmocka_unit_test(a_diversion_is_noticed_by_the_pinned_certificate),
        cmocka_unit_test(another_instances_proof_does_not_fit),
        cmocka_unit_test(a_clients_proof_sent_back_is_noticed),
        cmocka_unit_test(a_servers_proof_sent_back_is_noticed),
        cmocka_unit_test(a_clients_proof_serves_one_connection),
        cmocka_unit_test(proofs_of_other_moments_and_purposes_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
