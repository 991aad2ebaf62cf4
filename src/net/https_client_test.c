#include "net/https_client.h"

#include "base/time.h"
#include "tests/tls_peer.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants the two above first */
#include <cmocka.h>

/* What the peer says next, and what it saw last. */
struct script {
    const char *say;
    size_t len; /* 0: strlen */
    enum peer_end end;
    struct buffer seen;
};

static enum peer_end play(void *arg, struct tls_peer *peer, struct bytes request,
                          struct buffer *ret_answer)
{
    struct script *s = arg;
    (void)peer;
    buffer_clear(&s->seen);
    buffer_add(&s->seen, request);
    buffer_add(ret_answer,
               (struct bytes){(const uint8_t *)s->say, s->len ? s->len : strlen(s->say)});
    return s->end;
}

static struct script script;
static struct tls_peer peer;

static void next(struct script what)
{
    buffer_clear(&script.seen);
    script = what;
}

static int start(void **state)
{
    (void)state;
    tls_peer_open(&peer, play, &script, NULL);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    tls_peer_close(&peer);
    buffer_clear(&script.seen);
    return 0;
}

static struct tls_client *client_by(enum tls_trust trust, const char *ca_file, struct bytes der)
{
    const struct tls_client_options options = {
        .trust = trust, .ca_file = ca_file, .certificate = der};
    struct tls_client *client = NULL;
    struct quoth_error err = {0};
    assert_true(tls_client_open(&options, &client, &err));
    return client;
}

static const char *url_of(const char *host, uint16_t port, const char *path)
{
    static char url[128];
    snprintf(url, sizeof url, "https://%s:%u%s", host, port, path);
    return url;
}

static enum quoth_code fetch_with(struct tls_client *client, const char *url,
                                  const struct https_request *request,
                                  struct https_response *ret_response)
{
    struct quoth_error err = {0};
    const struct https_request get = {.method = "GET", .timeout_ms = 30000};
    const bool ok = https_fetch(client, url, request ? request : &get, ret_response, &err);
    assert_int_equal(ok, err.code == QUOTH_OK);
    if (!ok) {
        print_message("    %s: %s\n", err.where, err.message);
        assert_null(ret_response->body.data);
    }
    return err.code;
}

static const char plain_answer[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                                   "Content-Length: 5\r\n\r\nhello";

static void every_kind_of_trust_reaches_its_peer(void **state)
{
    (void)state;
    const struct {
        const char *name, *host;
        enum tls_trust trust;
    } rows[] = {
        {"a CA and a name",          "localhost", TLS_TRUST_CA         },
        {"a CA and an address",      "127.0.0.1", TLS_TRUST_CA         },
        {"exactly this certificate", "127.0.0.1", TLS_TRUST_CERTIFICATE},
        {"anybody",                  "127.0.0.1", TLS_TRUST_NONE       },
    };
    next((struct script){.say = plain_answer});
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("  %s\n", rows[i].name);
        AUTO(tls_client)
        struct tls_client *client =
            client_by(rows[i].trust, peer.ca_file, buffer_bytes(&peer.certificate));
        AUTO(https_response) struct https_response r = {0};
        assert_int_equal(fetch_with(client, url_of(rows[i].host, peer.port, "/a?b"), NULL, &r),
                         QUOTH_OK);
        assert_int_equal(r.status, 200);
        assert_string_equal(r.content_type, "text/plain");
        assert_true(bytes_equal(buffer_bytes(&r.body), BYTES_LITERAL("hello")));
    }
}

static void the_request_is_what_was_asked_for(void **state)
{
    (void)state;
    const struct https_request post = {.method = "POST",
                                       .content_type = "application/json",
                                       .body = BYTES_LITERAL("{}"),
                                       .timeout_ms = 30000};
    char expected[256];
    next((struct script){.say = plain_answer});
    AUTO(tls_client) struct tls_client *client = client_by(TLS_TRUST_NONE, NULL, (struct bytes){0});
    AUTO(https_response) struct https_response r = {0};
    assert_int_equal(fetch_with(client, url_of("localhost", peer.port, "/x?y=z"), &post, &r),
                     QUOTH_OK);
    snprintf(expected, sizeof expected,
             "POST /x?y=z HTTP/1.1\r\nHost: localhost:%u\r\nUser-Agent: quoth\r\n"
             "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
             peer.port);
    assert_true(bytes_equal(buffer_bytes(&script.seen), bytes_of_text(expected)));
}

static const struct {
    const char *name;
    const char *say, *body;
} answers[] = {
    {"chunks",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", "hello"},
    {"an empty body",                "HTTP/1.1 204 No Content\r\n\r\n",                       ""     },
    {"a redirect is only an answer",
     "HTTP/1.1 302 Found\r\nLocation: https://evil/\r\nContent-Length: 0\r\n\r\n",            ""     },
    {"HTTP/1.0 with a length",       "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",     "hello"},
    {"no reason",                    "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",             ""     },
};

static void proper_answers_are_understood(void **state)
{
    (void)state;
    AUTO(tls_client) struct tls_client *client = client_by(TLS_TRUST_NONE, NULL, (struct bytes){0});
    for (size_t i = 0; i < COUNT(answers); i++) {
        print_message("  %s\n", answers[i].name);
        next((struct script){.say = answers[i].say});
        AUTO(https_response) struct https_response r = {0};
        assert_int_equal(fetch_with(client, peer.url, NULL, &r), QUOTH_OK);
        assert_true(bytes_equal(buffer_bytes(&r.body), bytes_of_text(answers[i].body)));
    }
}

#define OK_LINE "HTTP/1.1 200 OK\r\n"

static const struct {
    const char *name, *say;
    size_t len;
    enum peer_end end;
    enum quoth_code code;
} refusals[] = {
    {"nothing",                  "",                                                            0,  PEER_GOODBYE, QUOTH_UNAVAILABLE},
    {"nothing, and cut",         "",                                                            0,  PEER_CUT,     QUOTH_UNAVAILABLE},
    {"half a head",              OK_LINE "Content-Le",                                          0,  PEER_GOODBYE, QUOTH_UNAVAILABLE},
    {"half a body",              OK_LINE "Content-Length: 5\r\n\r\nhel",                        0,  PEER_GOODBYE, QUOTH_UNAVAILABLE},
    {"half a body, cut",         OK_LINE "Content-Length: 5\r\n\r\nhel",                        0,  PEER_CUT,     QUOTH_UNAVAILABLE},
    {"no length",                OK_LINE "\r\nhello",                                           0,  PEER_GOODBYE, QUOTH_HTTP_ANSWER},
    {"more than its length",     OK_LINE "Content-Length: 2\r\n\r\nhello",                      0,  PEER_GOODBYE,
     QUOTH_HTTP_ANSWER                                                                                                             },
    {"two lengths",              OK_LINE "Content-Length: 2\r\nContent-Length: 5\r\n\r\nhello", 0,  PEER_GOODBYE,
     QUOTH_HTTP_ANSWER                                                                                                             },
    {"a length of +5",           OK_LINE "Content-Length: +5\r\n\r\nhello",                     0,  PEER_GOODBYE,
     QUOTH_HTTP_ANSWER                                                                                                             },
    {"length and chunks",
     OK_LINE "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",                0,  PEER_GOODBYE,
     QUOTH_HTTP_ANSWER                                                                                                             },
    {"a body too large",         OK_LINE "Content-Length: 1048577\r\n\r\n",                     0,  PEER_GOODBYE,
     QUOTH_HTTP_ANSWER                                                                                                             },
    {"a chunk too large",        OK_LINE "Transfer-Encoding: chunked\r\n\r\n100001\r\n",        0,  PEER_GOODBYE,
     QUOTH_HTTP_ANSWER                                                                                                             },
    {"a broken chunk",           OK_LINE "Transfer-Encoding: chunked\r\n\r\n2\r\nhello",        0,  PEER_GOODBYE,
     QUOTH_HTTP_ANSWER                                                                                                             },
    {"trailers",                 OK_LINE "Transfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\r\n", 0,  PEER_GOODBYE,
     QUOTH_HTTP_ANSWER                                                                                                             },
    {"gzip",                     OK_LINE "Transfer-Encoding: gzip, chunked\r\n\r\n",            0,  PEER_GOODBYE,
     QUOTH_HTTP_ANSWER                                                                                                             },
    {"a folded field",           OK_LINE "A: b\r\n c\r\nContent-Length: 0\r\n\r\n",             0,  PEER_GOODBYE,
     QUOTH_HTTP_ANSWER                                                                                                             },
    {"a blank before the colon", OK_LINE "Content-Length : 0\r\n\r\n",                          0,  PEER_GOODBYE,
     QUOTH_HTTP_ANSWER                                                                                                             },
    {"bare line feeds",          "HTTP/1.1 200 OK\nContent-Length: 0\n\n",                      0,  PEER_GOODBYE,
     QUOTH_HTTP_ANSWER                                                                                                             },
    {"a NUL in the head",        OK_LINE "A: \0\r\nContent-Length: 0\r\n\r\n",                  43, PEER_GOODBYE,
     QUOTH_HTTP_ANSWER                                                                                                             },
    {"interim answers",          "HTTP/1.1 100 Continue\r\n\r\n",                               0,  PEER_GOODBYE, QUOTH_HTTP_ANSWER},
    {"a status of 600",          "HTTP/1.1 600 OK\r\nContent-Length: 0\r\n\r\n",                0,  PEER_GOODBYE,
     QUOTH_HTTP_ANSWER                                                                                                             },
    {"a status of 20",           "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n",                 0,  PEER_GOODBYE,
     QUOTH_HTTP_ANSWER                                                                                                             },
    {"a status of 2x0",          "HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n",                0,  PEER_GOODBYE,
     QUOTH_HTTP_ANSWER                                                                                                             },
    {"a status of 2000",         "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",               0,  PEER_GOODBYE,
     QUOTH_HTTP_ANSWER                                                                                                             },
    {"HTTP/2",                   "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",                0,  PEER_GOODBYE, QUOTH_HTTP_ANSWER},
    {"another protocol",         "SSH-2.0-OpenSSH_9.2p1 Debian\r\n\r\n",                        0,  PEER_GOODBYE,
     QUOTH_HTTP_ANSWER                                                                                                             },
    {"204 with a body",          "HTTP/1.1 204 X\r\nContent-Length: 2\r\n\r\nhi",               0,  PEER_GOODBYE,
     QUOTH_HTTP_ANSWER                                                                                                             },
};

static void hostile_answers_are_refused(void **state)
{
    (void)state;
    AUTO(tls_client) struct tls_client *client = client_by(TLS_TRUST_NONE, NULL, (struct bytes){0});
    for (size_t i = 0; i < COUNT(refusals); i++) {
        print_message("  %s\n", refusals[i].name);
        next((struct script){
            .say = refusals[i].say, .len = refusals[i].len, .end = refusals[i].end});
        AUTO(https_response) struct https_response r = {0};
        assert_int_equal(fetch_with(client, peer.url, NULL, &r), refusals[i].code);
    }
}

static void a_head_without_end_is_cut_off(void **state)
{
    (void)state;
    AUTO(tls_client) struct tls_client *client = client_by(TLS_TRUST_NONE, NULL, (struct bytes){0});
    AUTO(buffer) struct buffer head = {0};
    AUTO(https_response) struct https_response r = {0};
    buffer_text(&head, OK_LINE "A: ");
    buffer_fill(&head, 100000, 'a');
    next((struct script){.say = (const char *)head.data, .len = head.len});
    assert_int_equal(fetch_with(client, peer.url, NULL, &r), QUOTH_HTTP_ANSWER);
}

static void nobody_makes_us_wait_beyond_the_deadline(void **state)
{
    (void)state;
    static const struct {
        const char *name, *say;
        enum peer_end end;
    } rows[] = {
        {"silence",                "",                                        PEER_SILENT },
        {"silence after the head", OK_LINE "Content-Length: 5\r\n\r\n",       PEER_SILENT },
        {"a head that never ends", OK_LINE "A: ",                             PEER_DRIBBLE},
        {"a body that never ends", OK_LINE "Content-Length: 1000000\r\n\r\n", PEER_DRIBBLE},
    };
    AUTO(tls_client) struct tls_client *client = client_by(TLS_TRUST_NONE, NULL, (struct bytes){0});
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct https_request get = {.method = "GET", .timeout_ms = 300};
        const uint64_t before = time_monotonic_us();
        print_message("  %s\n", rows[i].name);
        next((struct script){.say = rows[i].say, .end = rows[i].end});
        AUTO(https_response) struct https_response r = {0};
        assert_int_equal(fetch_with(client, peer.url, &get, &r), QUOTH_NET_TIMEOUT);
        assert_true(time_monotonic_us() - before < 30000000); /* the peer goes on for ever */
    }
}

static void a_listener_that_never_shakes_hands_times_out(void **state)
{
    (void)state;
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof name;
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&name, sizeof name), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&name, &size), 0);
    AUTO(tls_client) struct tls_client *client = client_by(TLS_TRUST_NONE, NULL, (struct bytes){0});
    AUTO(https_response) struct https_response r = {0};
    const struct https_request get = {.method = "GET", .timeout_ms = 30000};
    const struct https_request hasty = {.method = "GET", .timeout_ms = 200};
    const char *url = url_of("127.0.0.1", ntohs(name.sin_port), "/");
    /* nobody listens there yet, and the port is taken: nobody else will */
    assert_int_equal(fetch_with(client, url, &get, &r), QUOTH_UNAVAILABLE);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(fetch_with(client, url, &hasty, &r), QUOTH_NET_TIMEOUT);
    close(listener);
}

static void names_without_addresses_are_said(void **state)
{
    (void)state;
    AUTO(tls_client) struct tls_client *client = client_by(TLS_TRUST_NONE, NULL, (struct bytes){0});
    AUTO(https_response) struct https_response r = {0};
    const struct https_request get = {.method = "GET", .timeout_ms = 500};
    const enum quoth_code code = fetch_with(client, "https://no-such-host.invalid/", &get, &r);
    assert_true(code == QUOTH_UNAVAILABLE || code == QUOTH_NET_TIMEOUT);
    assert_int_equal(fetch_with(client, "http://localhost/", &get, &r), QUOTH_URL);
}

static void two_exchanges_share_a_connection(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    const struct https_request get = {.method = "GET", .timeout_ms = 30000};
    AUTO(tls_client) struct tls_client *client = client_by(TLS_TRUST_NONE, NULL, (struct bytes){0});
    AUTO(https) struct https_connection *c = NULL;
    const unsigned before = peer.connections;
    next((struct script){.say = plain_answer, .end = PEER_AGAIN});
    assert_true(https_connect(client, peer.url, 30000, &c, &err));
    for (int i = 0; i < 2; i++) {
        AUTO(https_response) struct https_response r = {0};
        assert_true(https_exchange(c, &get, &r, &err));
        assert_int_equal(r.status, 200);
    }
    assert_int_equal(peer.connections, before + 1);
    const struct https_request smuggled = {.method = "GET",
                                           .target = BYTES_LITERAL("/ HTTP/1.1\r\nX: y")};
    AUTO(https_response) struct https_response r = {0};
    assert_false(https_exchange(c, &smuggled, &r, &err));
    assert_int_equal(err.code, QUOTH_URL);
}

static void a_peer_that_is_gone_raises_no_signal(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    const struct https_request get = {.method = "GET", .timeout_ms = 30000};
    AUTO(tls_client) struct tls_client *client = client_by(TLS_TRUST_NONE, NULL, (struct bytes){0});
    AUTO(https) struct https_connection *c = NULL;
    next((struct script){.say = plain_answer, .end = PEER_CUT});
    assert_true(https_connect(client, peer.url, 30000, &c, &err));
    AUTO(https_response) struct https_response r = {0};
    assert_true(https_exchange(c, &get, &r, &err));
    signal(SIGPIPE, SIG_DFL);
    for (int i = 0; i < 3; i++) { /* the first write may still reach the socket */
        struct quoth_error broken = {0};
        AUTO(https_response) struct https_response none = {0};
        assert_false(https_exchange(c, &get, &none, &broken));
    }
    signal(SIGPIPE, SIG_IGN);
}

static enum quoth_code meet(const struct peer_options *options, enum tls_trust trust,
                            const char *host, struct bytes certificate)
{
    struct tls_peer other;
    AUTO(https_response) struct https_response r = {0};
    next((struct script){.say = plain_answer});
    tls_peer_open(&other, play, &script, options);
    AUTO(tls_client)
    struct tls_client *client = client_by(
        trust, other.ca_file, certificate.len ? certificate : buffer_bytes(&other.certificate));
    const enum quoth_code code = fetch_with(client, url_of(host, other.port, "/"), NULL, &r);
    tls_peer_close(&other);
    return code;
}

static void certificates_that_do_not_convince_are_refused(void **state)
{
    (void)state;
    const struct peer_options elsewhere = {.dns = "elsewhere.example"};
    const struct peer_options old = {.not_before = -7200, .not_after = -3600};
    const struct peer_options just_over = {.not_before = -7200, .not_after = -60};
    const struct peer_options early = {.not_before = 3600, .not_after = 7200};
    const struct peer_options almost = {.not_before = 60, .not_after = 7200};
    const struct bytes own = {0}, another = buffer_bytes(&peer.certificate);

    assert_int_equal(meet(&elsewhere, TLS_TRUST_CA, "localhost", own), QUOTH_TLS_UNTRUSTED);
    assert_int_equal(meet(&elsewhere, TLS_TRUST_CA, "127.0.0.1", own), QUOTH_OK);
    assert_int_equal(meet(&old, TLS_TRUST_CA, "localhost", own), QUOTH_TLS_UNTRUSTED);
    assert_int_equal(meet(&elsewhere, TLS_TRUST_CERTIFICATE, "localhost", own), QUOTH_OK);
    assert_int_equal(meet(&old, TLS_TRUST_CERTIFICATE, "localhost", own), QUOTH_TLS_UNTRUSTED);
    assert_int_equal(meet(&just_over, TLS_TRUST_CERTIFICATE, "localhost", own), QUOTH_OK);
    assert_int_equal(meet(&early, TLS_TRUST_CERTIFICATE, "localhost", own), QUOTH_TLS_UNTRUSTED);
    assert_int_equal(meet(&almost, TLS_TRUST_CERTIFICATE, "localhost", own), QUOTH_OK);
    assert_int_equal(meet(NULL, TLS_TRUST_CERTIFICATE, "localhost", another),
                     QUOTH_TLS_CERTIFICATE_CHANGED);
    assert_int_equal(meet(&old, TLS_TRUST_CERTIFICATE, "localhost", another),
                     QUOTH_TLS_CERTIFICATE_CHANGED);
    assert_int_equal(meet(&old, TLS_TRUST_NONE, "localhost", own), QUOTH_OK);
}

static void another_ca_and_no_ca_are_refused(void **state)
{
    (void)state;
    struct tls_peer other;
    struct quoth_error err = {0};
    struct tls_client *none = NULL;
    AUTO(https_response) struct https_response r = {0};
    tls_peer_open(&other, play, &script, NULL);
    AUTO(tls_client)
    struct tls_client *client = client_by(TLS_TRUST_CA, other.ca_file, (struct bytes){0});
    assert_int_equal(fetch_with(client, peer.url, NULL, &r), QUOTH_TLS_UNTRUSTED);
    const struct tls_client_options missing = {.ca_file = "/nowhere/ca.pem"};
    assert_false(tls_client_open(&missing, &none, &err));
    assert_int_equal(err.code, QUOTH_IO);
    tls_peer_close(&other);
}

/* THREATS 36: what the host can change does not add to whom we believe. */
static void the_environment_names_no_roots(void **state)
{
    (void)state;
    setenv("SSL_CERT_FILE", peer.ca_file, 1);
    AUTO(https_response) struct https_response r = {0};
    struct quoth_error err = {0};
    const struct tls_client_options system = {.trust = TLS_TRUST_CA};
    AUTO(tls_client) struct tls_client *client = NULL;
    if (tls_client_open(&system, &client, &err)) /* or this machine has no roots at all */
        assert_int_equal(fetch_with(client, peer.url, NULL, &r), QUOTH_TLS_UNTRUSTED);
    else
        assert_int_equal(err.code, QUOTH_UNAVAILABLE);
    unsetenv("SSL_CERT_FILE");
}

static void old_versions_are_refused(void **state)
{
    (void)state;
    const struct peer_options tls12 = {.max_version = TLS1_2_VERSION};
    const struct peer_options tls11 = {.max_version = TLS1_1_VERSION};
    assert_int_equal(meet(&tls12, TLS_TRUST_NONE, "localhost", (struct bytes){0}), QUOTH_OK);
    assert_int_equal(meet(&tls11, TLS_TRUST_NONE, "localhost", (struct bytes){0}),
                     QUOTH_TLS_HANDSHAKE);
}

/* The other end of a connection, computed by OpenSSL alone. */
static enum peer_end bind_there(void *arg, struct tls_peer *p, struct bytes request,
                                struct buffer *ret_answer)
{
    struct tls_binding *there = arg;
    uint8_t *spki = NULL;
    (void)request;
    const int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(SSL_get_certificate(p->ssl)), &spki);
    assert_true(len > 0);
    SHA256(spki, (size_t)len, there->spki);
    OPENSSL_free(spki);
    assert_int_equal(SSL_export_keying_material(p->ssl, there->exporter, 32, "EXPORTER-test", 13,
                                                (const uint8_t *)"context", 7, 1),
                     1);
    buffer_text(ret_answer, plain_answer);
    return PEER_AGAIN;
}

static struct tls_binding bound(struct https_connection *c, const char *label, const char *context)
{
    struct tls_binding b;
    struct quoth_error err = {0};
    assert_true(tls_stream_binding(https_stream(c), label, bytes_of_text(context), &b, &err));
    return b;
}

static void both_ends_have_the_same_binding(void **state)
{
    (void)state;
    static const int versions[] = {TLS1_2_VERSION, 0};
    for (size_t i = 0; i < COUNT(versions); i++) {
        struct tls_binding there = {0};
        struct tls_peer other;
        struct quoth_error err = {0};
        const struct peer_options options = {.max_version = versions[i]};
        const struct https_request get = {.method = "GET", .timeout_ms = 30000};
        tls_peer_open(&other, bind_there, &there, &options);
        AUTO(tls_client)
        struct tls_client *client = client_by(TLS_TRUST_NONE, NULL, (struct bytes){0});
        struct https_connection *c = NULL, *second = NULL;
        AUTO(https_response) struct https_response r = {0};
        assert_true(https_connect(client, other.url, 30000, &c, &err));
        assert_true(https_exchange(c, &get, &r, &err));
        const struct tls_binding here = bound(c, "EXPORTER-test", "context");
        assert_memory_equal(&here, &there, sizeof here);
        assert_memory_not_equal(bound(c, "EXPORTER-test", "contexT").exporter, here.exporter, 32);
        assert_memory_not_equal(bound(c, "EXPORTER-tesT", "context").exporter, here.exporter, 32);
        https_close(c);
        assert_true(https_connect(client, other.url, 30000, &second, &err));
        assert_memory_equal(bound(second, "EXPORTER-test", "context").spki, here.spki, 32);
        assert_memory_not_equal(bound(second, "EXPORTER-test", "context").exporter, here.exporter,
                                32);
        https_close(second);
        tls_peer_close(&other);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_trust_reaches_its_peer),
        cmocka_unit_test(the_request_is_what_was_asked_for),
        cmocka_unit_test(proper_answers_are_understood),
        cmocka_unit_test(hostile_answers_are_refused),
        cmocka_unit_test(a_head_without_end_is_cut_off),
        cmocka_unit_test(nobody_makes_us_wait_beyond_the_deadline),
        cmocka_unit_test(a_listener_that_never_shakes_hands_times_out),
        cmocka_unit_test(names_without_addresses_are_said),
        cmocka_unit_test(two_exchanges_share_a_connection),
        cmocka_unit_test(a_peer_that_is_gone_raises_no_signal),
        cmocka_unit_test(certificates_that_do_not_convince_are_refused),
        cmocka_unit_test(another_ca_and_no_ca_are_refused),
        cmocka_unit_test(the_environment_names_no_roots),
        cmocka_unit_test(old_versions_are_refused),
        cmocka_unit_test(both_ends_have_the_same_binding),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
