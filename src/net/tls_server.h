/* TLS for listeners: TLS 1.2 and 1.3, ALPN http/1.1, session tickets, no renegotiation. */
#ifndef QUOTH_NET_TLS_SERVER_H
#define QUOTH_NET_TLS_SERVER_H

#include "net/tls_binding.h"

struct event_base;
struct bufferevent;
struct private_key;
struct tls_server; /* opaque; accept and replace may run on different threads */

#define TLS_IDENTITIES_MAX 32u
#define TLS_NAMES_MAX 4u
#define TLS_NAME_SIZE 256u

/* One of several hosts that a server stands for. */
struct tls_identity {
    const char *names[TLS_NAMES_MAX]; /* in lower case, as clients name them in SNI; up to NULL */
    const char *realm;      /* sessions are resumed within it and nowhere else; NULL: everywhere */
    struct bytes chain_pem; /* as for tls_server_open */
    const struct private_key *key; /* of the first certificate */
    bool asks; /* for a client certificate. Whatever comes is taken: who wants to know looks at
                  tls_server_peer_certificate */
};

/* A server that shows nothing yet, and accepts nobody. NULL when out of memory. */
struct tls_server *tls_server_new(void);

/* Shows an identity to new connections; those that stand keep what they have. index goes on from
 * those that there are, or names the one to replace, whose names and realm then stay what they
 * were. The first is shown to clients that name nobody, or somebody unknown. On failure nothing
 * changes. */
bool tls_server_show(struct tls_server *s, size_t index, const struct tls_identity *identity,
                     struct quoth_error *err);

/* chain_pem: the server's certificate, then what leads to its root. key must be that of the first
 * certificate (QUOTH_TLS_KEY_MISMATCH). */
bool tls_server_open(struct bytes chain_pem, const struct private_key *key,
                     struct tls_server **ret_server, struct quoth_error *err);
void tls_server_close(struct tls_server *s);
DEFINE_AUTO(tls_server, struct tls_server *, tls_server_close)

/* Swaps certificate and key for new connections; those that stand keep theirs. On failure nothing
 * changes. */
bool tls_server_replace(struct tls_server *s, struct bytes chain_pem, const struct private_key *key,
                        struct quoth_error *err);

/* A bufferevent over fd, which it owns and closes, that has begun to accept a handshake. NULL when
 * out of memory; fd then stays the caller's. */
struct bufferevent *tls_server_accept(struct tls_server *s, struct event_base *base, int fd);

/* What an accepted connection whose handshake is done has named in SNI: NULL if nothing, "" if
 * none of the names shown, else that name, for as long as the server lives. */
const char *tls_server_name(struct bufferevent *b);

/* Appends the client's certificate, DER, with whose key it has signed; false without one. Nobody
 * has judged it. */
bool tls_server_peer_certificate(struct bufferevent *b, struct buffer *ret_der);

/* Of an accepted connection whose handshake is done; see net/tls_binding.h. */
bool tls_server_binding(struct bufferevent *b, const char *label, struct bytes context,
                        struct tls_binding *ret_binding, struct quoth_error *err);

/* Sends close_notify: to be called when everything was written, before the socket is shut down. */
void tls_server_goodbye(struct bufferevent *b);

#endif
