/* What tells one TLS connection from every other, computed alike at both of its ends: the key of
 * the server's certificate, and keying material that only these two ends have (RFC 5705, RFC
 * 8446 7.5). A relay has two connections, and thus two bindings. */
#ifndef QUOTH_NET_TLS_BINDING_H
#define QUOTH_NET_TLS_BINDING_H

#include "base/bytes.h"

struct tls_binding {
    uint8_t spki[32];     /* SHA-256 of the server's SubjectPublicKeyInfo */
    uint8_t exporter[32]; /* exported under the label, for the context */
};

struct ssl_st;
struct x509_st;

/* For tls_client.c and tls_server.c, which know the connection and the server's certificate.
 * QUOTH_UNSUPPORTED over TLS 1.2 without extended master secret (RFC 7627), where a relay could
 * make both its connections export the same. */
bool tls_binding_of(struct ssl_st *ssl, const struct x509_st *server, const char *label,
                    struct bytes context, struct tls_binding *ret_binding, struct quoth_error *err);

#endif
