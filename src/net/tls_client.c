#include "net/tls_client.h"

#include "base/file.h"
#include "base/time.h"
#include "crypto/init.h"
#include "net/socket.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

#define DATE_LEEWAY_S 300 /* between the clocks of two machines */

/* TLS 1.2 keeps what TLS 1.3 kept: forward secrecy and authenticated encryption. */
static const char tls12_ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

struct tls_client {
    enum tls_trust trust;
    struct buffer certificate;
    BIO_METHOD *transport;
    SSL_CTX *context;
};

struct tls_stream {
    SSL *ssl;
    int fd;
};

DEFINE_AUTO(x509_store_cert, X509 *, X509_free)

/* --- bytes between TLS and the socket; the library's own BIO would raise SIGPIPE -----------------
 */

static int transport_fd(BIO *bio)
{
    return *(int *)BIO_get_data(bio);
}

static int transport_result(BIO *bio, ssize_t n, int retry_flag)
{
    BIO_clear_retry_flags(bio);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        BIO_set_flags(bio, retry_flag | BIO_FLAGS_SHOULD_RETRY);
    return (int)n;
}

static int transport_read(BIO *bio, char *to, int size)
{
    const ssize_t n = recv(transport_fd(bio), to, (size_t)size, 0);
    const int result = transport_result(bio, n, BIO_FLAGS_READ);
    if (n == 0)
        BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return result;
}

static int transport_write(BIO *bio, const char *from, int len)
{
    return transport_result(bio, send(transport_fd(bio), from, (size_t)len, MSG_NOSIGNAL),
                            BIO_FLAGS_WRITE);
}

static long transport_ctrl(BIO *bio, int command, long number, void *pointer)
{
    (void)number;
    (void)pointer;
    if (command == BIO_CTRL_EOF)
        return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
    return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *transport_make(void)
{
    BIO_METHOD *m = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "quoth socket");
    if (m && BIO_meth_set_read(m, transport_read) && BIO_meth_set_write(m, transport_write) &&
        BIO_meth_set_ctrl(m, transport_ctrl))
        return m;
    BIO_meth_free(m);
    return NULL;
}

/* --- whom to believe
 * ------------------------------------------------------------------------------ */

static bool library_error(struct quoth_error *err, enum quoth_code code, const char *where,
                          const char *what)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return quoth_fail(err, code, where, QUOTH_NO_OFFSET, "%s%s%s", what, reason ? ": " : "",
                      reason ? reason : "");
}

static int date_problem(const X509 *cert)
{
    time_t early = (time_t)time_now() + DATE_LEEWAY_S, late = (time_t)time_now() - DATE_LEEWAY_S;
    if (X509_cmp_time(X509_get0_notBefore(cert), &early) > 0)
        return X509_V_ERR_CERT_NOT_YET_VALID;
    if (X509_cmp_time(X509_get0_notAfter(cert), &late) < 0)
        return X509_V_ERR_CERT_HAS_EXPIRED;
    return X509_V_OK;
}

static bool cert_to_der(const X509 *cert, struct buffer *to)
{
    const int len = cert ? i2d_X509(cert, NULL) : -1;
    uint8_t *at = len > 0 ? buffer_extend(to, (size_t)len) : NULL;
    return at && i2d_X509(cert, &at) == len;
}

/* Instead of building a chain: the leaf is the one we know, byte for byte. That its key is the
 * peer's own is proven by the handshake, as always. */
static int verify_exact(X509_STORE_CTX *presented, void *arg)
{
    const struct tls_client *client = arg;
    AUTO(buffer) struct buffer der = {0};
    const X509 *leaf = X509_STORE_CTX_get0_cert(presented);
    int problem = X509_V_ERR_CERT_REJECTED;
    if (cert_to_der(leaf, &der) &&
        bytes_equal(buffer_bytes(&der), buffer_bytes(&client->certificate)))
        problem = date_problem(leaf);
    X509_STORE_CTX_set_error(presented, problem);
    return problem == X509_V_OK;
}

static int verify_nothing(X509_STORE_CTX *presented, void *arg)
{
    (void)arg;
    X509_STORE_CTX_set_error(presented, X509_V_OK);
    return 1;
}

/* The file and folder that OpenSSL was built with, not SSL_CERT_FILE and SSL_CERT_DIR: in an
 * enclave the environment is the host's. */
static bool trust_system(SSL_CTX *context)
{
    const bool folder = SSL_CTX_load_verify_dir(context, X509_get_default_cert_dir()) == 1;
    const bool file = file_exists(X509_get_default_cert_file()) &&
                      SSL_CTX_load_verify_file(context, X509_get_default_cert_file()) == 1;
    ERR_clear_error();
    return folder || file;
}

static bool trust_file(SSL_CTX *context, const char *path, struct quoth_error *err)
{
    char what[256];
    if (SSL_CTX_load_verify_file(context, path) == 1)
        return true;
    snprintf(what, sizeof what, "%s %s", path,
             file_exists(path) ? "holds no certificate in PEM" : "is not there for this program");
    return library_error(err, QUOTH_IO, "tls.ca", what);
}

static bool trust_whom(struct tls_client *client, const struct tls_client_options *options,
                       struct quoth_error *err)
{
    SSL_CTX_set_verify(client->context, SSL_VERIFY_PEER, NULL);
    switch (options->trust) {
    case TLS_TRUST_NONE:
        SSL_CTX_set_cert_verify_callback(client->context, verify_nothing, NULL);
        return true;
    case TLS_TRUST_CERTIFICATE:
        buffer_add(&client->certificate, options->certificate);
        SSL_CTX_set_cert_verify_callback(client->context, verify_exact, client);
        return buffer_ok(&client->certificate, err);
    case TLS_TRUST_CA:
        break;
    }
    if (options->ca_file && !trust_file(client->context, options->ca_file, err))
        return false;
    if (!options->ca_file && !trust_system(client->context))
        return quoth_fail(err, QUOTH_UNAVAILABLE, "tls.ca", QUOTH_NO_OFFSET,
                          "this machine has no CA certificates; name a file with --ca");
    return true;
}

static bool configure(SSL_CTX *context)
{
    SSL_CTX_set_options(context,
                        SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(context, tls12_ciphers) == 1;
}

/* NULL if OpenSSL says no: its error is queued. */
static struct tls_client *client_new(enum tls_trust trust)
{
    struct tls_client *client = calloc(1, sizeof *client);
    if (!client)
        return NULL;
    client->trust = trust;
    client->transport = transport_make();
    client->context = SSL_CTX_new(TLS_client_method());
    if (client->transport && client->context && configure(client->context))
        return client;
    tls_client_close(client);
    return NULL;
}

bool tls_client_open(const struct tls_client_options *options, struct tls_client **ret_client,
                     struct quoth_error *err)
{
    if (!crypto_init(err))
        return false;
    AUTO(tls_client) struct tls_client *client = client_new(options->trust);
    if (!client)
        return library_error(err, QUOTH_UNAVAILABLE, "tls", "TLS does not start");
    if (!trust_whom(client, options, err))
        return false;
    *ret_client = take(client);
    return true;
}

void tls_client_close(struct tls_client *client)
{
    if (!client)
        return;
    SSL_CTX_free(client->context);
    BIO_meth_free(client->transport);
    buffer_clear(&client->certificate);
    free(client);
}

/* --- a connection
 * ---------------------------------------------------------------------------------- */

/* After a call into TLS that did not succeed: waits for what it wants and says "again", or says in
 * err why not. */
static bool again(struct tls_stream *s, int result, uint64_t deadline_us, const char *doing,
                  struct quoth_error *err)
{
    const int system = errno;
    switch (SSL_get_error(s->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return socket_wait(s->fd, POLLIN, deadline_us, err);
    case SSL_ERROR_WANT_WRITE:
        return socket_wait(s->fd, POLLOUT, deadline_us, err);
    case SSL_ERROR_SYSCALL:
        return quoth_fail(err, QUOTH_UNAVAILABLE, doing, QUOTH_NO_OFFSET,
                          "the connection broke: %s", system ? strerror(system) : "it was cut");
    default:
        if (ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
            ERR_clear_error();
            return quoth_fail(err, QUOTH_UNAVAILABLE, doing, QUOTH_NO_OFFSET,
                              "the peer cut the connection without saying goodbye");
        }
        return library_error(err, QUOTH_TLS_HANDSHAKE, doing, "TLS failed");
    }
}

static bool verification_error(enum tls_trust trust, long problem, struct quoth_error *err)
{
    ERR_clear_error();
    if (trust == TLS_TRUST_CERTIFICATE && problem == X509_V_ERR_CERT_REJECTED)
        return quoth_fail(err, QUOTH_TLS_CERTIFICATE_CHANGED, "tls.certificate", QUOTH_NO_OFFSET,
                          "the peer presents another certificate than the one expected");
    return quoth_fail(err, QUOTH_TLS_UNTRUSTED, "tls.certificate", QUOTH_NO_OFFSET, "%s",
                      X509_verify_cert_error_string(problem));
}

static bool shake_hands(struct tls_stream *s, enum tls_trust trust, uint64_t deadline_us,
                        struct quoth_error *err)
{
    for (;;) {
        ERR_clear_error();
        errno = 0;
        const int result = SSL_connect(s->ssl);
        if (result == 1)
            return true;
        const long problem = SSL_get_verify_result(s->ssl);
        if (problem != X509_V_OK && SSL_get_error(s->ssl, result) == SSL_ERROR_SSL)
            return verification_error(trust, problem, err);
        if (!again(s, result, deadline_us, "tls.handshake", err))
            return false;
    }
}

/* The name that is asked for (RFC 6066 section 3: names, not addresses) and, where a CA vouches,
 * the one that the certificate must carry. */
static bool name_peer(SSL *ssl, const struct url *to, enum tls_trust trust)
{
    char host[URL_HOST_MAX]; /* OpenSSL's macro wants a text that it could change */
    snprintf(host, sizeof host, "%s", to->host);
    if (!to->numeric && SSL_set_tlsext_host_name(ssl, host) != 1)
        return false;
    if (trust != TLS_TRUST_CA)
        return true;
    X509_VERIFY_PARAM *expect = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_set_hostflags(expect, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return to->numeric ? X509_VERIFY_PARAM_set1_ip_asc(expect, to->host) == 1
                       : X509_VERIFY_PARAM_set1_host(expect, to->host, 0) == 1;
}

static bool attach(struct tls_client *client, struct tls_stream *s)
{
    s->ssl = SSL_new(client->context);
    BIO *bio = s->ssl ? BIO_new(client->transport) : NULL;
    if (!bio)
        return false;
    BIO_set_data(bio, &s->fd);
    BIO_set_init(bio, 1);
    SSL_set_bio(s->ssl, bio, bio);
    return true;
}

bool tls_stream_open(struct tls_client *client, const struct url *to, uint64_t deadline_us,
                     struct tls_stream **ret_stream, struct quoth_error *err)
{
    AUTO(tls_stream) struct tls_stream *s = calloc(1, sizeof *s);
    if (!s)
        return quoth_fail(err, QUOTH_MEMORY, "tls", QUOTH_NO_OFFSET, "out of memory");
    s->fd = -1;
    if (!socket_connect(to, deadline_us, &s->fd, err))
        return false;
    if (!attach(client, s) || !name_peer(s->ssl, to, client->trust))
        return library_error(err, QUOTH_MEMORY, "tls", "the connection cannot be set up");
    if (!shake_hands(s, client->trust, deadline_us, err))
        return false;
    *ret_stream = take(s);
    return true;
}

void tls_stream_close(struct tls_stream *s)
{
    if (!s)
        return;
    if (s->ssl && SSL_is_init_finished(s->ssl))
        (void)SSL_shutdown(s->ssl); /* close_notify; the peer's is not waited for */
    ERR_clear_error();
    SSL_free(s->ssl);
    fd_close(s->fd);
    free(s);
}

bool tls_stream_write(struct tls_stream *s, struct bytes data, uint64_t deadline_us,
                      struct quoth_error *err)
{
    while (data.len > 0) {
        size_t done = 0;
        ERR_clear_error();
        errno = 0;
        const int result = SSL_write_ex(s->ssl, data.data, data.len, &done);
        if (result == 1)
            data = bytes_slice(data, done, data.len);
        else if (!again(s, result, deadline_us, "tls.write", err))
            return false;
    }
    return true;
}

bool tls_stream_read(struct tls_stream *s, uint8_t *to, size_t size, uint64_t deadline_us,
                     size_t *ret_len, struct quoth_error *err)
{
    for (;;) {
        ERR_clear_error();
        errno = 0;
        const int result = SSL_read_ex(s->ssl, to, size, ret_len);
        if (result == 1)
            return true;
        if (SSL_get_error(s->ssl, result) == SSL_ERROR_ZERO_RETURN) {
            *ret_len = 0;
            return true;
        }
        if (!again(s, result, deadline_us, "tls.read", err))
            return false;
    }
}

bool tls_stream_binding(struct tls_stream *s, const char *label, struct bytes context,
                        struct tls_binding *ret_binding, struct quoth_error *err)
{
    AUTO(x509_store_cert) X509 *server = SSL_get1_peer_certificate(s->ssl);
    return tls_binding_of(s->ssl, server, label, context, ret_binding, err);
}
