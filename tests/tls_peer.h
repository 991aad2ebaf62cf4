/* The other end of a TLS connection, for tests: a thread that listens on a free port of 127.0.0.1
 * and answers each connection's request with whatever a test wants said, however wrong, and ends
 * the connection however a test wants it ended. */
#ifndef QUOTH_TESTS_TLS_PEER_H
#define QUOTH_TESTS_TLS_PEER_H

#include "base/bytes.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum peer_end {
    PEER_GOODBYE, /* close_notify, then close */
    PEER_CUT,     /* close without it */
    PEER_SILENT,  /* says nothing more, until the client goes */
    PEER_DRIBBLE, /* one more byte every 20 ms, until the client goes */
    PEER_AGAIN,   /* another exchange on the same connection */
};

struct tls_peer;

/* Sees a whole request and fills the answer, byte for byte. Runs on the peer's thread. */
typedef enum peer_end peer_answer(void *arg, struct tls_peer *peer, struct bytes request,
                                  struct buffer *ret_answer);

struct tls_peer {
    peer_answer *answer;
    void *arg;
    int listener;
    uint16_t port;
    SSL_CTX *context;
    SSL *ssl; /* of the connection being served */
    pthread_t thread;
    struct buffer certificate; /* DER */
    char ca_file[64];          /* the same as PEM, for CA-verified clients */
    char url[64];              /* "https://localhost:PORT", without a path */
    unsigned connections;
    bool stop;
};

struct peer_options {
    const char *dns;            /* SAN; NULL: localhost */
    long not_before, not_after; /* seconds from now; both 0: an hour each way */
    int max_version;            /* 0: whatever there is */
    EVP_PKEY *stolen_key;       /* somebody else's, with their certificate (DER) */
    struct bytes stolen_certificate;
};

#define peer_must(condition)                                                                       \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* The key of another server has leaked: the peer can do all that its owner could. */
static inline void peer_impersonate(struct tls_peer *p, const struct peer_options *o)
{
    const uint8_t *der = o->stolen_certificate.data;
    X509 *cert = d2i_X509(NULL, &der, (long)o->stolen_certificate.len);
    peer_must(cert && SSL_CTX_use_certificate(p->context, cert) == 1 &&
              SSL_CTX_use_PrivateKey(p->context, o->stolen_key) == 1);
    X509_free(cert);
    buffer_add(&p->certificate, o->stolen_certificate);
}

static inline void peer_certify(struct tls_peer *p, const struct peer_options *o)
{
    char san[128];
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    const bool dated = o->not_before || o->not_after;
    snprintf(san, sizeof san, "DNS:%s,IP:127.0.0.1", o->dns ? o->dns : "localhost");
    peer_must(key && cert && X509_set_version(cert, 2));
    peer_must(ASN1_INTEGER_set(X509_get_serialNumber(cert), 7));
    peer_must(X509_gmtime_adj(X509_getm_notBefore(cert), dated ? o->not_before : -3600));
    peer_must(X509_gmtime_adj(X509_getm_notAfter(cert), dated ? o->not_after : 3600));
    X509_NAME *name = X509_get_subject_name(cert);
    peer_must(
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const uint8_t *)"peer", -1, -1, 0));
    X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, san);
    peer_must(names && X509_add_ext(cert, names, -1) && X509_set_issuer_name(cert, name));
    X509_EXTENSION_free(names);
    peer_must(X509_set_pubkey(cert, key) && X509_sign(cert, key, EVP_sha256()) > 0);
    peer_must(SSL_CTX_use_certificate(p->context, cert) == 1 &&
              SSL_CTX_use_PrivateKey(p->context, key) == 1);

    uint8_t *der = NULL;
    const int len = i2d_X509(cert, &der);
    buffer_add(&p->certificate, (struct bytes){der, (size_t)len});
    OPENSSL_free(der);
    snprintf(p->ca_file, sizeof p->ca_file, "/tmp/quoth-peer-XXXXXX");
    const int fd = mkstemp(p->ca_file);
    FILE *pem = fd >= 0 ? fdopen(fd, "w") : NULL;
    peer_must(pem && PEM_write_X509(pem, cert) == 1 && fclose(pem) == 0);
    X509_free(cert);
    EVP_PKEY_free(key);
}

/* Head, and as many bytes of body as Content-Length says. False when the client has gone. */
static inline bool peer_read_request(SSL *ssl, struct buffer *to)
{
    static const char length[] = "Content-Length: ";
    for (;;) {
        uint8_t part[4096];
        size_t got = 0;
        char *text = (char *)to->data;
        char *end = text ? memmem(text, to->len, "\r\n\r\n", 4) : NULL;
        if (end) {
            const char *field = memmem(text, to->len, length, sizeof length - 1);
            const size_t body = field ? strtoul(field + sizeof length - 1, NULL, 10) : 0;
            if (to->len - (size_t)(end + 4 - text) >= body)
                return true;
        }
        if (SSL_read_ex(ssl, part, sizeof part, &got) != 1)
            return false;
        buffer_add(to, (struct bytes){part, got});
    }
}

static inline void peer_wait_for_end(SSL *ssl)
{
    uint8_t byte;
    size_t got;
    while (SSL_read_ex(ssl, &byte, 1, &got) == 1)
        continue;
}

static inline enum peer_end peer_serve_one(struct tls_peer *p, SSL *ssl)
{
    struct buffer request = {0}, answer = {0};
    enum peer_end end = PEER_CUT;
    size_t done = 0;
    if (peer_read_request(ssl, &request)) {
        p->ssl = ssl;
        end = p->answer(p->arg, p, buffer_bytes(&request), &answer);
        if (answer.len > 0)
            (void)SSL_write_ex(ssl, answer.data, answer.len, &done);
    }
    buffer_clear(&request);
    buffer_clear(&answer);
    return end;
}

static inline void peer_serve(struct tls_peer *p, int fd)
{
    SSL *ssl = SSL_new(p->context);
    enum peer_end end = PEER_CUT;
    size_t done = 0;
    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1)
        do
            end = peer_serve_one(p, ssl);
        while (end == PEER_AGAIN);
    if (end == PEER_GOODBYE)
        (void)SSL_shutdown(ssl);
    if (end == PEER_SILENT)
        peer_wait_for_end(ssl);
    while (end == PEER_DRIBBLE && SSL_write_ex(ssl, "x", 1, &done) == 1)
        usleep(20000);
    SSL_free(ssl);
    close(fd);
}

static inline void *peer_main(void *arg)
{
    struct tls_peer *p = arg;
    for (;;) {
        const int fd = accept(p->listener, NULL, NULL);
        if (fd < 0 || p->stop)
            break;
        p->connections++;
        peer_serve(p, fd);
    }
    return NULL;
}

static inline void tls_peer_open(struct tls_peer *p, peer_answer *answer, void *arg,
                                 const struct peer_options *options)
{
    const struct peer_options usual = {0};
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof name;
    signal(SIGPIPE, SIG_IGN); /* the peer writes with OpenSSL's own BIO */
    *p = (struct tls_peer){.answer = answer, .arg = arg};
    p->context = SSL_CTX_new(TLS_server_method());
    peer_must(p->context);
    if (options && options->max_version)
        SSL_CTX_set_max_proto_version(p->context, options->max_version);
    if (options && options->stolen_key)
        peer_impersonate(p, options);
    else
        peer_certify(p, options ? options : &usual);
    p->listener = socket(AF_INET, SOCK_STREAM, 0);
    peer_must(bind(p->listener, (struct sockaddr *)&name, sizeof name) == 0);
    peer_must(listen(p->listener, 8) == 0);
    peer_must(getsockname(p->listener, (struct sockaddr *)&name, &size) == 0);
    p->port = ntohs(name.sin_port);
    snprintf(p->url, sizeof p->url, "https://localhost:%u", p->port);
    peer_must(pthread_create(&p->thread, NULL, peer_main, p) == 0);
}

static inline void tls_peer_close(struct tls_peer *p)
{
    p->stop = true;
    shutdown(p->listener, SHUT_RDWR);
    pthread_join(p->thread, NULL);
    close(p->listener);
    unlink(p->ca_file);
    SSL_CTX_free(p->context);
    buffer_clear(&p->certificate);
}

/* A whole answer with a length, as most tests want it. */
static inline void peer_say(struct buffer *answer, int status, const char *body)
{
    buffer_printf(answer,
                  "HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %zu"
                  "\r\n\r\n%s",
                  status, strlen(body), body);
}

#endif
