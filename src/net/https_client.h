/* Synchronous HTTPS (RFC 9112), for the attester and the relying party: few requests, one deadline
 * for all of an exchange, bounded answers, no redirects followed, no proxies, no environment. Works
 * in a static program: names are resolved by libevent from /etc/hosts and /etc/resolv.conf. */
#ifndef QUOTH_NET_HTTPS_CLIENT_H
#define QUOTH_NET_HTTPS_CLIENT_H

#include "net/tls_client.h"

struct https_request {
    const char *method;        /* "GET", "POST", ... */
    struct bytes target;       /* path and query; empty: that of the connection's URL */
    const char *content_type;  /* of the body, or NULL */
    const char *accept;        /* or NULL */
    const char *authorization; /* a secret, or NULL: "Bearer ..." */
    struct bytes body;
    unsigned timeout_ms; /* for the whole exchange, connecting included; 0: 10 000 */
    size_t max_body;     /* of the answer; 0: 1 MiB */
};

struct https_response { /* owned: https_response_clear */
    int status;         /* 200 to 599; what a redirect means is left to the caller to refuse */
    char content_type[96];
    unsigned retry_after; /* seconds, 0 if not given */
    struct buffer body;
};

void https_response_clear(struct https_response *r);
DEFINE_AUTO_VALUE(https_response, struct https_response, https_response_clear)

/* A connection that carries one exchange after another. */
struct https_connection;

/* url as in url_read. QUOTH_URL, or the errors of tls_stream_open. */
bool https_connect(struct tls_client *tls, const char *url, unsigned timeout_ms,
                   struct https_connection **ret_connection, struct quoth_error *err);
void https_close(struct https_connection *c); /* accepts NULL */
DEFINE_AUTO(https, struct https_connection *, https_close)

/* One exchange. QUOTH_HTTP_ANSWER when the answer breaks the protocol or its bounds,
 * QUOTH_UNAVAILABLE when the peer goes away, QUOTH_NET_TIMEOUT. After a failure only https_close
 * remains. ret_response must be empty. */
bool https_exchange(struct https_connection *c, const struct https_request *request,
                    struct https_response *ret_response, struct quoth_error *err);

struct tls_stream *https_stream(struct https_connection *c); /* for its binding; borrowed */

/* Connects, exchanges, closes. */
bool https_fetch(struct tls_client *tls, const char *url, const struct https_request *request,
                 struct https_response *ret_response, struct quoth_error *err);

#endif
