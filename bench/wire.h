/* The client's end of HTTPS connections, many in one thread: epoll, OpenSSL, HTTP/1.1 with
 * Content-Length, one request at a time on each. As little as possible, since what it costs is
 * taken from the server's cores. */
#ifndef QUOTH_BENCH_WIRE_H
#define QUOTH_BENCH_WIRE_H

#include "base/bytes.h"

#include <openssl/ssl.h>
#include <sys/socket.h>

struct wire_target { /* where connections go */
    char host[128], port[8];
    struct sockaddr_storage address;
    socklen_t address_len;
    SSL_CTX *tls;
    int epoll; /* tells of all connections by their struct wire */
};

/* url is https://HOST:PORT. With a file of CA certificates the server must show one of theirs for
 * HOST; without, any will do. */
void wire_target_open(const char *url, const char *ca, struct wire_target *ret_target);
void wire_target_close(struct wire_target *t);

enum wire_state {
    WIRE_CLOSED,
    WIRE_CONNECTING, /* TCP and TLS */
    WIRE_IDLE,
    WIRE_SENDING,
    WIRE_RECEIVING,
    WIRE_BROKEN
};

struct wire {
    enum wire_state state;
    int fd;
    SSL *ssl;
    struct bytes request; /* borrowed until it was answered */
    size_t sent;
    char head[2048];
    size_t head_len;
    size_t body_left; /* of the answer, once its head is complete */
    bool has_head;
    int status;
    uint64_t mark_us; /* the user's: when the request was due */
};

/* Begins to connect. The state becomes WIRE_IDLE by itself. */
void wire_open(struct wire *w, const struct wire_target *t);
void wire_close(struct wire *w);

/* Sends a request on an idle connection and goes on as far as possible. */
void wire_send(struct wire *w, struct bytes request);

/* Goes on after epoll told of it. True when an answer is complete: w->status, WIRE_IDLE again. */
bool wire_step(struct wire *w);

/* POST or GET with the fields that the server needs. */
void wire_request(const struct wire_target *t, const char *method, const char *path,
                  struct bytes body, struct buffer *to);

#endif
