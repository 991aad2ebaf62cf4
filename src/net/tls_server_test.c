/* The listener's TLS, spoken to by OpenSSL's own client. */
#include "net/tls_server.h"

#include "codec/pem.h"
#include "crypto/openssl.h"
#include "crypto/x509_make.h"
#include "http/server.h"

#include "tests/unit.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/socket.h>

#define GET "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n"

static struct tls_server *tls;
static struct http_server *http;

struct identity {
    struct private_key *key;
    struct buffer pem, der;
};
static struct identity first, second;

static void make_identity(struct identity *id, const char *name)
{
    struct quoth_error err = {0};
    AUTO(public_key) struct public_key *public = NULL;
    AUTO(buffer) struct buffer subject = {0};
    const struct x509_name_part cn = {"CN", name};
    assert_true(private_key_generate(KEY_TYPE_P256, &id->key, &err) &&
                private_key_public(id->key, &public, &err) &&
                x509_name_write(&cn, 1, &subject, &err));
    const struct x509_spec spec = {.serial = BYTES_LITERAL("\x07"),
                                   .subject = buffer_bytes(&subject),
                                   .not_before = 1000000000,
                                   .not_after = 4000000000};
    assert_true(x509_make(&spec, public, id->key, &id->der, &err));
    pem_encode("CERTIFICATE", buffer_bytes(&id->der), &id->pem);
}

static enum http_outcome hello(struct http_exchange *x, struct quoth_error *err)
{
    (void)err;
    struct bufferevent *stream = http_exchange_stream(x);
    const char *name = tls_server_name(stream);
    AUTO(buffer) struct buffer peer = {0};
    const bool known = tls_server_peer_certificate(stream, &peer);
    x->response.content_type = "text/plain";
    buffer_printf(&x->response.body, "name=%s peer=%s ", name ? name : "none",
                  !known                                                       ? "none"
                  : bytes_equal(buffer_bytes(&peer), buffer_bytes(&first.der)) ? "first"
                                                                               : "other");
    buffer_text(&x->response.body, "hello");
    return HTTP_DONE;
}

static const struct http_route rows[] = {
    {HTTP_GET,          "/hello", HTTP_ROLE_ANYONE, 0, hello, "say hello", NULL},
    {0},
};
static const struct http_route *const tables[] = {rows, NULL};

static struct bufferevent *wrap(void *service, struct event_base *base, int fd)
{
    (void)service;
    return tls_server_accept(tls, base, fd);
}

static void refuse(void *service, const struct http_exchange *x, const struct quoth_error *why,
                   struct http_response *ret_response)
{
    (void)service, (void)x;
    buffer_text(&ret_response->body, quoth_code_dotted(why->code));
}

static int begin(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    const struct http_config config = {
        .listen = "127.0.0.1:0",
        .threads = 1,
        .times = {.header = 60000, .body = 60000, .idle = 60000, .write = 60000, .linger = 300},
        .limit = limit_config_default,
        .routes = tables,
        .wrap = wrap,
        .goodbye = tls_server_goodbye,
        .refuse = refuse,
    };
    signal(SIGPIPE, SIG_IGN);
    make_identity(&first, "first");
    make_identity(&second, "second");
    assert_true(tls_server_open(buffer_bytes(&first.pem), first.key, &tls, &err));
    assert_true(http_server_open(&config, &http, &err) && http_server_start(http, &err));
    return 0;
}

static void identity_clear(struct identity *id)
{
    private_key_free(id->key);
    buffer_clear(&id->pem);
    buffer_clear(&id->der);
    *id = (struct identity){0};
}

static int end(void **state)
{
    (void)state;
    http_server_close(http);
    tls_server_close(tls);
    identity_clear(&first);
    identity_clear(&second);
    return 0;
}

/* ---- OpenSSL's client */

struct client {
    SSL_CTX *context;
    SSL *ssl;
    int fd;
};

static void client_close(struct client *c)
{
    SSL_free(c->ssl);
    SSL_CTX_free(c->context);
    fd_close(c->fd);
}
DEFINE_AUTO_VALUE(client, struct client, client_close)

static int dial(void)
{
    const struct timeval limit = {.tv_sec = 60};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    to.sin_port = htons((uint16_t)strtoul(strchr(http_server_address(http), ':') + 1, NULL, 10));
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

struct wish {
    int version;      /* the only one; 0: any */
    const char *alpn; /* in wire form; NULL: none */
    SSL_SESSION *session;
    const char *host;          /* in SNI; NULL: none */
    const struct identity *as; /* the client's own; NULL: none */
};

static void show_own(SSL *ssl, const struct identity *id)
{
    const uint8_t *der = id->der.data;
    X509 *cert = d2i_X509(NULL, &der, (long)id->der.len);
    assert_int_equal(SSL_use_certificate(ssl, cert), 1);
    assert_int_equal(SSL_use_PrivateKey(ssl, private_key_evp(id->key)), 1);
    X509_free(cert);
}

static bool shake(const struct wish *wish, struct client *ret)
{
    ret->context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_security_level(ret->context, 0); /* so that old versions can be asked for */
    if (wish->version) {
        SSL_CTX_set_min_proto_version(ret->context, wish->version);
        SSL_CTX_set_max_proto_version(ret->context, wish->version);
    }
    ret->fd = dial();
    ret->ssl = SSL_new(ret->context);
    SSL_set_fd(ret->ssl, ret->fd);
    if (wish->alpn)
        SSL_set_alpn_protos(ret->ssl, (const uint8_t *)wish->alpn, (unsigned)strlen(wish->alpn));
    if (wish->host)
        SSL_ctrl(ret->ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                 (void *)(uintptr_t)wish->host);
    if (wish->as)
        show_own(ret->ssl, wish->as);
    if (wish->session)
        SSL_set_session(ret->ssl, wish->session);
    return SSL_connect(ret->ssl) == 1;
}

static bool answers(struct client *c, char *text, size_t size)
{
    size_t len = 0;
    if (SSL_write(c->ssl, GET, sizeof GET - 1) <= 0)
        return false;
    for (text[0] = '\0'; !strstr(text, "hello");) {
        const int got = SSL_read(c->ssl, text + len, (int)(size - 1 - len));
        if (got <= 0)
            return false;
        len += (size_t)got;
        text[len] = '\0';
    }
    return strncmp(text, "HTTP/1.1 200 ", 13) == 0;
}

static bool answered(struct client *c)
{
    char text[2048];
    return answers(c, text, sizeof text);
}

static const struct {
    const char *name;
    struct wish wish;
    bool good;
} handshakes[] = {
    {"whatever there is",  {0},                            true },
    {"TLS 1.3",            {.version = TLS1_3_VERSION},    true },
    {"TLS 1.2",            {.version = TLS1_2_VERSION},    true },
    {"TLS 1.1",            {.version = TLS1_1_VERSION},    false},
    {"TLS 1.0",            {.version = TLS1_VERSION},      false},
    {"HTTP/1.1 by name",   {.alpn = "\x08http/1.1"},       true },
    {"HTTP/2 or HTTP/1.1", {.alpn = "\x02h2\x08http/1.1"}, true },
    {"HTTP/2 alone",       {.alpn = "\x02h2"},             false},
};

static void clients_of_today_are_served(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(handshakes); i++) {
        AUTO(client) struct client c = {.fd = -1};
        print_message("  %s\n", handshakes[i].name);
        /* with TLS 1.3 the client may finish before it hears the alert */
        assert_int_equal(shake(&handshakes[i].wish, &c) && answered(&c), handshakes[i].good);
        if (handshakes[i].wish.alpn && handshakes[i].good) {
            const uint8_t *chosen;
            unsigned len;
            SSL_get0_alpn_selected(c.ssl, &chosen, &len);
            assert_true(len == 8 && memcmp(chosen, "http/1.1", 8) == 0);
        }
    }
}

static void the_end_is_said(void **state)
{
    (void)state;
    static const char last[] = "GET /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    AUTO(client) struct client c = {.fd = -1};
    char text[2048];
    int got;
    assert_true(shake(&(struct wish){0}, &c));
    assert_true(SSL_write(c.ssl, last, sizeof last - 1) > 0);
    while ((got = SSL_read(c.ssl, text, sizeof text)) > 0)
        continue;
    assert_int_equal(SSL_get_error(c.ssl, got), SSL_ERROR_ZERO_RETURN);
}

static void a_client_may_say_its_end_first(void **state)
{
    (void)state;
    AUTO(client) struct client c = {.fd = -1};
    char text[2048] = "";
    assert_true(shake(&(struct wish){0}, &c));
    assert_true(SSL_write(c.ssl, GET, sizeof GET - 1) > 0);
    SSL_shutdown(c.ssl);
    assert_true(SSL_read(c.ssl, text, sizeof text - 1) > 0);
    assert_non_null(strstr(text, "200 OK"));
}

static void a_ticket_resumes(void **state)
{
    (void)state;
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    for (size_t i = 0; i < COUNT(versions); i++) {
        AUTO(client) struct client c = {.fd = -1}, again = {.fd = -1};
        struct wish wish = {.version = versions[i]};
        assert_true(shake(&wish, &c) && answered(&c));
        wish.session = SSL_get1_session(c.ssl);
        assert_true(shake(&wish, &again) && answered(&again));
        assert_true(SSL_session_reused(again.ssl));
        SSL_SESSION_free(wish.session);
    }
}

static void nobody_renegotiates(void **state)
{
    (void)state;
    AUTO(client) struct client c = {.fd = -1};
    assert_true(shake(&(struct wish){.version = TLS1_2_VERSION}, &c));
    SSL_renegotiate(c.ssl);
    assert_false(SSL_do_handshake(c.ssl) == 1 && answered(&c));
}

static void what_is_not_tls_is_closed(void **state)
{
    (void)state;
    AUTO(fd) int fd = dial();
    char text[256];
    assert_int_equal(send(fd, GET, sizeof GET - 1, MSG_NOSIGNAL), sizeof GET - 1);
    ssize_t got;
    while ((got = recv(fd, text, sizeof text, 0)) > 0)
        assert_null(memmem(text, (size_t)got, "HTTP", 4));
    AUTO(client) struct client c = {.fd = -1};
    assert_true(shake(&(struct wish){0}, &c) && answered(&c));
}

static bool shows(struct client *c, const struct identity *id)
{
    X509 *cert = SSL_get1_peer_certificate(c->ssl);
    uint8_t *der = NULL;
    const int len = i2d_X509(cert, &der);
    const bool same =
        len > 0 && bytes_equal((struct bytes){der, (size_t)len}, buffer_bytes(&id->der));
    OPENSSL_free(der);
    X509_free(cert);
    return same;
}

static void a_new_certificate_is_for_new_connections(void **state)
{
    (void)state;
    struct quoth_error err = {0}, mismatch = {0};
    AUTO(client) struct client before = {.fd = -1}, after = {.fd = -1}, still = {.fd = -1};
    assert_true(shake(&(struct wish){0}, &before) && shows(&before, &first));
    assert_true(tls_server_replace(tls, buffer_bytes(&second.pem), second.key, &err));
    assert_true(shake(&(struct wish){0}, &after) && shows(&after, &second) && answered(&after));
    assert_true(answered(&before));
    assert_false(tls_server_replace(tls, buffer_bytes(&first.pem), second.key, &mismatch));
    assert_true(shake(&(struct wish){0}, &still) && shows(&still, &second));
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer with_more = {0}, encrypted = {0}, cut = {0}, many = {0};
    buffer_add(&with_more, buffer_bytes(&first.pem));
    buffer_text(&with_more, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    buffer_text(&encrypted, "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n"
                            "DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\nAAAA\n"
                            "-----END CERTIFICATE-----\n");
    buffer_add(&cut, bytes_slice(buffer_bytes(&first.pem), 0, first.pem.len / 2));
    for (int i = 0; i < 9; i++)
        buffer_add(&many, buffer_bytes(&first.pem));
    const struct {
        const char *name;
        struct bytes pem;
        const struct private_key *key;
        enum quoth_code code;
    } cases[] = {
        {"nothing",            {0},                      first.key,  QUOTH_CERTIFICATE_MALFORMED},
        {"something else",     BYTES_LITERAL("hello"),   first.key,  QUOTH_CERTIFICATE_MALFORMED},
        {"half a certificate", buffer_bytes(&cut),       first.key,  QUOTH_CERTIFICATE_MALFORMED},
        {"a bad second one",   buffer_bytes(&with_more), first.key,  QUOTH_CERTIFICATE_MALFORMED},
        {"an encrypted one",   buffer_bytes(&encrypted), first.key,  QUOTH_CERTIFICATE_MALFORMED},
        {"nine of them",       buffer_bytes(&many),      first.key,  QUOTH_CERTIFICATE_MALFORMED},
        {"another's key",      buffer_bytes(&first.pem), second.key, QUOTH_TLS_KEY_MISMATCH     },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct quoth_error err = {0};
        struct tls_server *s = NULL;
        print_message("  %s\n", cases[i].name);
        assert_false(tls_server_open(cases[i].pem, cases[i].key, &s, &err));
        assert_int_equal(err.code, cases[i].code);
        assert_null(s);
    }
}

/* ---- several hosts */

static const char *const one_names[] = {"one.example", "1.example"};

static void show_two_more(bool asks)
{
    struct quoth_error err = {0};
    const struct tls_identity one = {
        .names = {one_names[0], one_names[1]},
        .realm = "https://one.example",
        .chain_pem = buffer_bytes(&second.pem),
        .key = second.key,
        .asks = asks
    };
    const struct tls_identity two = {.names = {"two.example"},
                                     .realm = "https://two.example",
                                     .chain_pem = buffer_bytes(&first.pem),
                                     .key = first.key};
    assert_true(tls_server_show(tls, 1, &one, &err) && tls_server_show(tls, 2, &two, &err));
    assert_false(tls_server_show(tls, 4, &two, &err));
}

static void the_name_chooses_the_certificate(void **state)
{
    (void)state;
    static const struct {
        const char *host, *told;
        bool is_second;
    } cases[] = {
        {NULL,            "name=none ",        false},
        {"one.example",   "name=one.example ", true },
        {"ONE.example",   "name=one.example ", true },
        {"1.example",     "name=1.example ",   true },
        {"two.example",   "name=two.example ", false},
        {"three.example", "name= ",            false},
        {"one.example.",  "name= ",            false},
        {"one",           "name= ",            false},
    };
    show_two_more(false);
    for (size_t i = 0; i < COUNT(cases); i++) {
        AUTO(client) struct client c = {.fd = -1};
        char text[2048];
        print_message("  %s\n", cases[i].host ? cases[i].host : "nobody");
        assert_true(shake(&(struct wish){.host = cases[i].host}, &c));
        assert_true(shows(&c, cases[i].is_second ? &second : &first));
        assert_true(answers(&c, text, sizeof text));
        assert_non_null(strstr(text, cases[i].told));
    }
}

/* Whoever was somebody in one realm is nobody in the next, ticket or not. */
static void a_session_stays_in_its_realm(void **state)
{
    (void)state;
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    static const char *const others[] = {"two.example", NULL, "three.example"};
    char text[2048];
    show_two_more(true);
    for (size_t i = 0; i < COUNT(versions); i++) {
        AUTO(client) struct client c = {.fd = -1}, again = {.fd = -1};
        struct wish wish = {.version = versions[i], .host = "one.example", .as = &first};
        assert_true(shake(&wish, &c) && answers(&c, text, sizeof text));
        assert_non_null(strstr(text, "peer=first "));
        wish.session = SSL_get1_session(c.ssl);
        wish.as = NULL;
        assert_true(shake(&wish, &again) && answers(&again, text, sizeof text));
        assert_true(SSL_session_reused(again.ssl) && strstr(text, "peer=first "));
        for (size_t o = 0; o < COUNT(others); o++) {
            AUTO(client) struct client other = {.fd = -1};
            wish.host = others[o];
            assert_true(shake(&wish, &other) && answers(&other, text, sizeof text));
            assert_false(SSL_session_reused(other.ssl));
            assert_non_null(strstr(text, "peer=none "));
        }
        SSL_SESSION_free(wish.session);
    }
}

static void a_certificate_is_asked_for_where_it_is_wanted(void **state)
{
    (void)state;
    char text[2048];
    static const char *const hosts[] = {"one.example", "two.example"};
    show_two_more(true);
    for (size_t i = 0; i < COUNT(hosts); i++) {
        AUTO(client) struct client with = {.fd = -1}, without = {.fd = -1};
        assert_true(shake(&(struct wish){.host = hosts[i], .as = &first}, &with));
        assert_true(answers(&with, text, sizeof text));
        assert_int_equal(strstr(text, "peer=none ") == NULL, i == 0);
        assert_true(shake(&(struct wish){.host = hosts[i]}, &without));
        assert_true(answers(&without, text, sizeof text) && strstr(text, "peer=none "));
    }
}

#define with_server(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_server(clients_of_today_are_served),
        with_server(the_end_is_said),
        with_server(a_client_may_say_its_end_first),
        with_server(a_ticket_resumes),
        with_server(nobody_renegotiates),
        with_server(what_is_not_tls_is_closed),
        with_server(a_new_certificate_is_for_new_connections),
        with_server(what_does_not_fit_is_refused),
        with_server(the_name_chooses_the_certificate),
        with_server(a_session_stays_in_its_realm),
        with_server(a_certificate_is_asked_for_where_it_is_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
