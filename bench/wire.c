#include "bench/wire.h"

#include "bench/bench.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

static void resolve(struct wire_target *t)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_family = AF_INET};
    struct addrinfo *found = NULL;
    if (getaddrinfo(t->host, t->port, &hints, &found) != 0)
        give_up("%s has no address", t->host);
    memcpy(&t->address, found->ai_addr, found->ai_addrlen);
    t->address_len = found->ai_addrlen;
    freeaddrinfo(found);
}

void wire_target_open(const char *url, const char *ca, struct wire_target *ret_target)
{
    struct wire_target t = {.tls = SSL_CTX_new(TLS_client_method()),
                            .epoll = epoll_create1(EPOLL_CLOEXEC)};
    if (sscanf(url, "https://%127[^:/]:%7[0-9]", t.host, t.port) != 2)
        give_up("%s is not https://HOST:PORT", url);
    if (!t.tls || t.epoll < 0)
        give_up("no connection can be made");
    resolve(&t);
    SSL_CTX_set_mode(t.tls, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(t.tls, SSL_SESS_CACHE_OFF);
    if (ca) {
        SSL_CTX_set_verify(t.tls, SSL_VERIFY_PEER, NULL);
        if (SSL_CTX_load_verify_file(t.tls, ca) != 1)
            give_up("%s holds no certificates", ca);
    }
    *ret_target = t;
}

void wire_target_close(struct wire_target *t)
{
    SSL_CTX_free(t->tls);
    close(t->epoll);
}

void wire_open(struct wire *w, const struct wire_target *t)
{
    const int one = 1;
    struct epoll_event all = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = w};
    *w = (struct wire){.state = WIRE_CONNECTING};
    w->fd = socket(t->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    w->ssl = SSL_new(t->tls);
    if (w->fd < 0 || !w->ssl)
        give_up("no connection can be made: %s", strerror(errno));
    setsockopt(w->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    SSL_set_fd(w->ssl, w->fd);
    SSL_set_tlsext_host_name(w->ssl, t->host);
    SSL_set1_host(w->ssl, t->host);
    SSL_set_connect_state(w->ssl);
    if (connect(w->fd, (const struct sockaddr *)&t->address, t->address_len) != 0 &&
        errno != EINPROGRESS)
        w->state = WIRE_BROKEN;
    epoll_ctl(t->epoll, EPOLL_CTL_ADD, w->fd, &all);
}

void wire_close(struct wire *w)
{
    if (w->state == WIRE_CLOSED)
        return;
    SSL_free(w->ssl);
    close(w->fd);
    *w = (struct wire){.state = WIRE_CLOSED};
}

/* Whether OpenSSL only waits for the socket; else the connection is lost. */
static bool waits(struct wire *w, int result)
{
    const int why = SSL_get_error(w->ssl, result);
    ERR_clear_error();
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
        return true;
    w->state = WIRE_BROKEN;
    return false;
}

static void shake_hands(struct wire *w)
{
    const int result = SSL_do_handshake(w->ssl);
    if (result == 1)
        w->state = WIRE_IDLE;
    else
        waits(w, result);
}

static void send_more(struct wire *w)
{
    while (w->sent < w->request.len) {
        const int sent =
            SSL_write(w->ssl, w->request.data + w->sent, (int)(w->request.len - w->sent));
        if (sent <= 0) {
            waits(w, sent);
            return;
        }
        w->sent += (size_t)sent;
    }
    w->state = WIRE_RECEIVING;
}

/* Looks for the end of the head; what lies behind it belongs to the body. */
static void read_head(struct wire *w, size_t got)
{
    w->head_len += got;
    w->head[w->head_len] = '\0';
    const char *end = strstr(w->head, "\r\n\r\n");
    const char *length = strcasestr(w->head, "\r\nContent-Length: ");
    if (!end) {
        if (w->head_len + 1 == sizeof w->head)
            w->state = WIRE_BROKEN;
        return;
    }
    if (!length || sscanf(w->head, "HTTP/1.1 %d", &w->status) != 1) {
        w->state = WIRE_BROKEN;
        return;
    }
    const size_t behind = w->head_len - (size_t)(end + 4 - w->head);
    const size_t body = strtoul(length + 18, NULL, 10);
    w->has_head = true;
    w->body_left = body > behind ? body - behind : 0;
}

static bool receive_more(struct wire *w)
{
    char drop[16384];
    while (w->state == WIRE_RECEIVING && (!w->has_head || w->body_left > 0)) {
        char *to = w->has_head ? drop : w->head + w->head_len;
        const size_t room = w->has_head ? sizeof drop : sizeof w->head - 1 - w->head_len;
        const int got = SSL_read(w->ssl, to, (int)room);
        if (got <= 0) {
            waits(w, got);
            return false;
        }
        if (w->has_head)
            w->body_left -= (size_t)got < w->body_left ? (size_t)got : w->body_left;
        else
            read_head(w, (size_t)got);
    }
    if (w->state != WIRE_RECEIVING)
        return false;
    w->state = WIRE_IDLE;
    return true;
}

void wire_send(struct wire *w, struct bytes request)
{
    w->request = request;
    w->sent = w->head_len = w->body_left = 0;
    w->has_head = false;
    w->state = WIRE_SENDING;
    send_more(w);
}

bool wire_step(struct wire *w)
{
    if (w->state == WIRE_CONNECTING)
        shake_hands(w);
    if (w->state == WIRE_SENDING)
        send_more(w);
    return w->state == WIRE_RECEIVING && receive_more(w);
}

void wire_request(const struct wire_target *t, const char *method, const char *path,
                  struct bytes body, struct buffer *to)
{
    buffer_printf(to, "%s %s HTTP/1.1\r\nHost: %s:%s\r\n", method, path, t->host, t->port);
    if (body.len)
        buffer_printf(to, "Content-Type: application/json\r\nContent-Length: %zu\r\n", body.len);
    buffer_text(to, "\r\n");
    buffer_add(to, body);
}
