/* TLS for listeners: TLS 1.2 and 1.3, ALPN http/1.1, session tickets, no renegotiation. */
#ifndef QUOTH_NET_TLS_SERVER_H
#define QUOTH_NET_TLS_SERVER_H

#include "net/tls_binding.h"

struct event_base;
struct bufferevent;
struct private_key;
struct tls_server; /* opaque; accept and replace may run on different threads */

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

/* Of an accepted connection whose handshake is done; see net/tls_binding.h. */
bool tls_server_binding(struct bufferevent *b, const char *label, struct bytes context,
                        struct tls_binding *ret_binding, struct quoth_error *err);

/* Sends close_notify: to be called when everything was written, before the socket is shut down. */
void tls_server_goodbye(struct bufferevent *b);

#endif
