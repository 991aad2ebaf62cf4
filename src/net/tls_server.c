#include "net/tls_server.h"

#include "base/text.h"
#include "crypto/digest.h"
#include "crypto/init.h"
#include "crypto/openssl.h"

#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdio.h>

#define CHAIN_MAX 8
#define CHAIN_PEM_MAX (64u << 10)

DEFINE_AUTO(bio, BIO *, BIO_free)
DEFINE_AUTO(openssl_cert, X509 *, X509_free)
DEFINE_AUTO(context, SSL_CTX *, SSL_CTX_free)

struct shown {
    SSL_CTX *context; /* under lock; connections hold it by their own reference */
    char names[TLS_NAMES_MAX][TLS_NAME_SIZE];
    size_t name_count;
    bool has_realm;
    struct sha256 realm;
};

struct tls_server {
    pthread_mutex_t lock;
    struct shown shown[TLS_IDENTITIES_MAX];
    size_t count;   /* under lock; what is shown only grows */
    char nobody[1]; /* the name of whoever is not known: empty */
};

/* What OpenSSL has queued up belongs to this failure and must not be found by the next. */
static bool failed(struct quoth_error *err, enum quoth_code code, const char *where,
                   const char *what)
{
    char reason[96] = "no reason given";
    const unsigned long first = ERR_peek_error();
    if (first)
        ERR_error_string_n(first, reason, sizeof reason);
    crypto_forget_errors();
    return quoth_fail(err, code, where, QUOTH_NO_OFFSET, "%s (%s)", what, reason);
}

/* A client that offers protocols must offer HTTP/1.1 (RFC 7301 3.2). */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *in, unsigned int in_len, void *arg)
{
    static const unsigned char http[] = "\x08http/1.1";
    (void)ssl, (void)arg;
    unsigned char *chosen;
    if (SSL_select_next_proto(&chosen, out_len, http, sizeof http - 1, in, in_len) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

/* Idle connections give their record buffers back, wiped, and one ticket is sent: without any, the first
 * answer of a connection waits for a delayed acknowledgement. */
static SSL_CTX *new_context(void)
{
    AUTO(context) SSL_CTX *c = SSL_CTX_new(TLS_server_method());
    if (!c || !SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION) ||
        !SSL_CTX_set_cipher_list(c, "ECDHE+AESGCM:ECDHE+CHACHA20") ||
        !SSL_CTX_set1_groups_list(c, "X25519:P-256:P-384") || !SSL_CTX_set_num_tickets(c, 1))
        return NULL;
    SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                               SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_CLEANSE_PLAINTEXT);
    SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_alpn_select_cb(c, choose_protocol, NULL);
    return take(c);
}

/* An encrypted text is refused; without this OpenSSL would ask at the terminal. */
static int no_password(char *to, int size, int writing, void *arg)
{
    (void)to, (void)size, (void)writing, (void)arg;
    return -1;
}

static bool use_chain(SSL_CTX *context, struct bytes pem, struct quoth_error *err)
{
    if (pem.len > CHAIN_PEM_MAX)
        return quoth_fail(err, QUOTH_TOO_LARGE, "tls.certificate", CHAIN_PEM_MAX,
                          "has %zu bytes, the limit is %u", pem.len, CHAIN_PEM_MAX);
    if (pem.len == 0)
        return quoth_fail(err, QUOTH_CERTIFICATE_MALFORMED, "tls.certificate", 0, "is empty");
    AUTO(bio) BIO *in = BIO_new_mem_buf(pem.data, (int)pem.len);
    for (int count = 0; in; count++) {
        AUTO(openssl_cert) X509 *cert = PEM_read_bio_X509(in, NULL, no_password, NULL);
        if (!cert && count > 0 && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE) {
            crypto_forget_errors(); /* the end of the text */
            return true;
        }
        if (!cert || count == CHAIN_MAX)
            return failed(err, QUOTH_CERTIFICATE_MALFORMED, "tls.certificate",
                          "is not a chain of one to eight PEM certificates");
        if ((count == 0 ? SSL_CTX_use_certificate(context, cert)
                        : (int)SSL_CTX_add1_chain_cert(context, cert)) != 1)
            return failed(err, QUOTH_CERTIFICATE_UNSUPPORTED, "tls.certificate",
                          "cannot be used for TLS");
    }
    return failed(err, QUOTH_MEMORY, "tls.certificate", "out of memory");
}

static bool make_context(struct bytes chain_pem, const struct private_key *key,
                         SSL_CTX **ret_context, struct quoth_error *err)
{
    if (!crypto_init(err))
        return false;
    crypto_forget_errors(); /* what others have left behind would be taken for ours */
    AUTO(context) SSL_CTX *context = new_context();
    if (!context)
        return failed(err, QUOTH_UNAVAILABLE, "tls", "no TLS context can be made");
    if (!use_chain(context, chain_pem, err))
        return false;
    if (SSL_CTX_use_PrivateKey(context, private_key_evp(key)) != 1 ||
        SSL_CTX_check_private_key(context) != 1)
        return failed(err, QUOTH_TLS_KEY_MISMATCH, "tls.key",
                      "is not the key of the first certificate");
    *ret_context = take(context);
    return true;
}

/* ---- which identity */

/* The one name of type host_name (RFC 6066 3): a list of one, as all clients send it. */
static struct bytes read_name(struct bytes extension)
{
    struct quoth_error ignored = {0};
    struct reader r = {.in = extension, .err = &ignored};
    (void)reader_u16be(&r, "list");
    const uint8_t type = reader_u8(&r, "type");
    const struct bytes name = reader_take(&r, reader_u16be(&r, "length"), "name");
    return ignored.code == QUOTH_OK && type == TLSEXT_NAMETYPE_host_name ? name : (struct bytes){0};
}

/* The first, unless another has the name. Under lock. */
static const struct shown *find_name(struct tls_server *s, struct bytes name, char **ret_known)
{
    for (size_t i = 0; i < s->count; i++)
        for (size_t n = 0; n < s->shown[i].name_count; n++)
            if (text_equal_fold(bytes_of_text(s->shown[i].names[n]), name)) {
                *ret_known = s->shown[i].names[n];
                return &s->shown[i];
            }
    *ret_known = s->nobody;
    return &s->shown[0];
}

/* Comes before anything of the greeting is acted upon, so that a session of another realm is not
 * resumed: the context brings its realm along. */
static int choose_identity(SSL *ssl, int *alert, void *server)
{
    struct tls_server *s = server;
    const unsigned char *data;
    size_t len;
    char *known;
    (void)alert;
    if (!SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &data, &len))
        return SSL_CLIENT_HELLO_SUCCESS;
    const struct bytes name = read_name((struct bytes){data, len});
    pthread_mutex_lock(&s->lock);
    SSL_CTX *context = find_name(s, name, &known)->context;
    if (context != SSL_get_SSL_CTX(ssl)) {
        SSL_set_SSL_CTX(ssl, context);
        SSL_set_verify(ssl, SSL_CTX_get_verify_mode(context), SSL_CTX_get_verify_callback(context));
    }
    pthread_mutex_unlock(&s->lock);
    SSL_set_app_data(ssl, known);
    return SSL_CLIENT_HELLO_SUCCESS;
}

static int take_any(int good, X509_STORE_CTX *chain)
{
    (void)good, (void)chain;
    return 1;
}

static bool set_names(struct shown *shown, const struct tls_identity *identity,
                      struct quoth_error *err)
{
    for (size_t i = 0; i < TLS_NAMES_MAX && identity->names[i]; i++) {
        const size_t len = strlen(identity->names[i]);
        if (len == 0 || len >= TLS_NAME_SIZE)
            return quoth_fail(err, QUOTH_USAGE, "tls.name", QUOTH_NO_OFFSET,
                              "has %zu bytes, expected 1 to %u", len, TLS_NAME_SIZE - 1);
        snprintf(shown->names[i], TLS_NAME_SIZE, "%s", identity->names[i]);
        shown->name_count = i + 1;
    }
    shown->has_realm = identity->realm != NULL;
    if (identity->realm)
        shown->realm = sha256_of(bytes_of_text(identity->realm));
    return true;
}

/* A session is taken up again only where it was made: certificate requests and what followed from
 * them belong to one realm. */
static bool finish_context(struct tls_server *s, SSL_CTX *context, const struct shown *shown,
                           bool asks, struct quoth_error *err)
{
    SSL_CTX_set_client_hello_cb(context, choose_identity, s);
    if (asks)
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, take_any);
    return !shown->has_realm ||
           SSL_CTX_set_session_id_context(context, shown->realm.bytes, sizeof shown->realm.bytes) ==
               1 ||
           failed(err, QUOTH_UNAVAILABLE, "tls", "the sessions cannot be bound");
}

/* ---- the server */

struct tls_server *tls_server_new(void)
{
    struct tls_server *s = calloc(1, sizeof *s);
    if (s)
        pthread_mutex_init(&s->lock, NULL);
    return s;
}

void tls_server_close(struct tls_server *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->count; i++)
        SSL_CTX_free(s->shown[i].context);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

bool tls_server_show(struct tls_server *s, size_t index, const struct tls_identity *identity,
                     struct quoth_error *err)
{
    AUTO(context) SSL_CTX *context = NULL; /* at the end: the one that was in use */
    struct shown *shown = &s->shown[index];
    const bool is_new = index == s->count;
    if (index > s->count || index >= TLS_IDENTITIES_MAX)
        return quoth_fail(err, QUOTH_USAGE, "tls", QUOTH_NO_OFFSET, "shows at most %u certificates",
                          TLS_IDENTITIES_MAX);
    if ((is_new && !set_names(shown, identity, err)) ||
        !make_context(identity->chain_pem, identity->key, &context, err) ||
        !finish_context(s, context, shown, identity->asks, err))
        return false;
    pthread_mutex_lock(&s->lock);
    SSL_CTX *before = shown->context;
    shown->context = context;
    s->count += is_new;
    pthread_mutex_unlock(&s->lock);
    context = before;
    return true;
}

bool tls_server_open(struct bytes chain_pem, const struct private_key *key,
                     struct tls_server **ret_server, struct quoth_error *err)
{
    AUTO(tls_server) struct tls_server *s = tls_server_new();
    if (!s)
        return quoth_fail(err, QUOTH_MEMORY, "tls", QUOTH_NO_OFFSET, "out of memory");
    if (!tls_server_replace(s, chain_pem, key, err))
        return false;
    *ret_server = take(s);
    return true;
}

bool tls_server_replace(struct tls_server *s, struct bytes chain_pem, const struct private_key *key,
                        struct quoth_error *err)
{
    const struct tls_identity identity = {.chain_pem = chain_pem, .key = key};
    return tls_server_show(s, 0, &identity, err);
}

struct bufferevent *tls_server_accept(struct tls_server *s, struct event_base *base, int fd)
{
    pthread_mutex_lock(&s->lock);
    SSL *ssl = s->shown[0].context ? SSL_new(s->shown[0].context) : NULL;
    pthread_mutex_unlock(&s->lock);
    if (!ssl)
        return NULL;
    struct bufferevent *b = bufferevent_openssl_socket_new(base, fd, ssl, BUFFEREVENT_SSL_ACCEPTING,
                                                           BEV_OPT_CLOSE_ON_FREE);
    if (!b)
        SSL_free(ssl);
    return b;
}

const char *tls_server_name(struct bufferevent *b)
{
    SSL *ssl = bufferevent_openssl_get_ssl(b);
    return ssl ? SSL_get_app_data(ssl) : NULL;
}

bool tls_server_peer_certificate(struct bufferevent *b, struct buffer *ret_der)
{
    SSL *ssl = bufferevent_openssl_get_ssl(b);
    X509 *cert = ssl && SSL_is_init_finished(ssl) ? SSL_get0_peer_certificate(ssl) : NULL;
    uint8_t *der = NULL;
    const int len = cert ? i2d_X509(cert, &der) : 0;
    if (len > 0)
        buffer_add(ret_der, (struct bytes){der, (size_t)len});
    OPENSSL_free(der);
    crypto_forget_errors();
    return len > 0;
}

bool tls_server_binding(struct bufferevent *b, const char *label, struct bytes context,
                        struct tls_binding *ret_binding, struct quoth_error *err)
{
    SSL *ssl = bufferevent_openssl_get_ssl(b);
    if (!ssl || !SSL_is_init_finished(ssl))
        return quoth_fail(err, QUOTH_INTERNAL, "tls.binding", QUOTH_NO_OFFSET,
                          "the connection is not a finished TLS connection");
    return tls_binding_of(ssl, SSL_get_certificate(ssl), label, context, ret_binding, err);
}

void tls_server_goodbye(struct bufferevent *b)
{
    SSL *ssl = bufferevent_openssl_get_ssl(b);
    if (ssl && SSL_is_init_finished(ssl))
        SSL_shutdown(ssl);
    crypto_forget_errors();
}
