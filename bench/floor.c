/* The floor: the least a server can be. One epoll loop per core, connections dealt out to them in
 * turn, TLS, and a handler that does the arithmetic of an attestation and nothing else. It reads as
 * much HTTP as the load sends. One request is served each time a connection is ready, so that none
 * starves. */
#include "bench/bench.h"
#include "bench/crypto.h"
#include "bench/stats.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

#define REQUEST_MAX (16u << 10)
#define ANSWER_SIZE 3072

struct peer { /* one connection */
    int fd;
    SSL *ssl;
    size_t len;
    char request[REQUEST_MAX + 1];
};

struct loop {
    int epoll;
    struct crypto *crypto;
};

static const char answer_head[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                                  "Content-Length: 3072\r\n\r\n";

static void drop(struct peer *p)
{
    SSL_free(p->ssl);
    close(p->fd);
    free(p);
}

static bool is_complete(const struct peer *p)
{
    const char *end = strstr(p->request, "\r\n\r\n");
    const char *length = end ? strcasestr(p->request, "\r\nContent-Length: ") : NULL;
    const size_t body = length && length < end ? strtoul(length + 18, NULL, 10) : 0;
    return end && p->len >= (size_t)(end + 4 - p->request) + body;
}

static bool answer(struct loop *l, struct peer *p)
{
    char text[sizeof answer_head - 1 + ANSWER_SIZE];
    memcpy(text, answer_head, sizeof answer_head - 1);
    memset(text + sizeof answer_head - 1, 'a', ANSWER_SIZE);
    crypto_attest(l->crypto);
    p->len = 0;
    return SSL_write(p->ssl, text, sizeof text) == sizeof text;
}

/* False when the connection is over. */
static bool serve(struct loop *l, struct peer *p)
{
    for (;;) {
        const int got = SSL_read(p->ssl, p->request + p->len, (int)(REQUEST_MAX - p->len));
        if (got <= 0) {
            const int why = SSL_get_error(p->ssl, got);
            ERR_clear_error();
            return why == SSL_ERROR_WANT_READ;
        }
        p->len += (size_t)got;
        p->request[p->len] = '\0';
        if (is_complete(p))
            return answer(l, p);
        if (p->len == REQUEST_MAX)
            return false;
    }
}

static void *run(void *arg)
{
    struct loop *l = arg;
    struct epoll_event ready[64];
    for (;;) {
        const int count = epoll_wait(l->epoll, ready, COUNT(ready), -1);
        for (int i = 0; i < count; i++)
            if (!serve(l, ready[i].data.ptr))
                drop(ready[i].data.ptr);
    }
    return NULL;
}

/* A certificate that nobody is asked to believe. */
static void use_throwaway_certificate(SSL_CTX *tls)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -60);
    X509_gmtime_adj(X509_getm_notAfter(cert), 24L * 3600);
    X509_set_pubkey(cert, key);
    if (!X509_sign(cert, key, EVP_sha256()) || SSL_CTX_use_certificate(tls, cert) != 1 ||
        SSL_CTX_use_PrivateKey(tls, key) != 1)
        give_up("no certificate can be made");
    X509_free(cert);
    EVP_PKEY_free(key);
}

static SSL_CTX *make_tls(void)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    if (!tls)
        give_up("no TLS context can be made");
    SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(tls, 1);
    use_throwaway_certificate(tls);
    return tls;
}

/* Listens on a free port of loopback and says where in the file. */
static int listen_on_loopback(const char *ready_file)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 1024) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) != 0)
        give_up("cannot listen on loopback");
    FILE *out = fopen(ready_file, "w");
    if (!out)
        give_up("%s cannot be written", ready_file);
    fprintf(out, "https://127.0.0.1:%u\n", ntohs(at.sin_port));
    fclose(out);
    return fd;
}

static struct loop *start_loop(void)
{
    pthread_t thread;
    struct loop *l = calloc(1, sizeof *l);
    *l = (struct loop){.epoll = epoll_create1(EPOLL_CLOEXEC), .crypto = crypto_open()};
    if (l->epoll < 0 || pthread_create(&thread, NULL, run, l) != 0)
        give_up("a thread cannot start");
    pthread_detach(thread);
    return l;
}

static void welcome(const struct loop *l, SSL_CTX *tls, int fd)
{
    const int one = 1;
    struct peer *p = calloc(1, sizeof *p);
    struct epoll_event in = {.events = EPOLLIN, .data.ptr = p};
    *p = (struct peer){.fd = fd, .ssl = SSL_new(tls)};
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    SSL_set_fd(p->ssl, fd);
    SSL_set_accept_state(p->ssl);
    epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &in);
}

int verb_floor(const struct arguments *a)
{
    SSL_CTX *tls = make_tls();
    struct loop *loops[64];
    const size_t count = cores_usable() < COUNT(loops) ? cores_usable() : COUNT(loops);
    for (size_t i = 0; i < count; i++)
        loops[i] = start_loop();
    const int listener = listen_on_loopback(argument_need(a, "ready-file"));
    for (size_t next = 0;; next++) {
        const int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0)
            welcome(loops[next % count], tls, fd);
    }
}
