/* The client's end of TLS: whom to believe, and a connection whose every step ends at a deadline.
 * TLS 1.2 or 1.3, no renegotiation, no resumption, no early data. */
#ifndef QUOTH_NET_TLS_CLIENT_H
#define QUOTH_NET_TLS_CLIENT_H

#include "net/tls_binding.h"
#include "net/url.h"

enum tls_trust {
    TLS_TRUST_CA,          /* a CA's signature and the name in the URL */
    TLS_TRUST_CERTIFICATE, /* exactly this certificate, whoever signed it and whatever it names */
    TLS_TRUST_NONE,        /* anybody: for what needs no trust in the way it came */
};

struct tls_client_options {
    enum tls_trust trust;
    const char *ca_file;      /* TLS_TRUST_CA: PEM; NULL: the system's roots, whose place no
                                 environment variable changes */
    struct bytes certificate; /* TLS_TRUST_CERTIFICATE: DER; copied */
};

struct tls_client; /* serves many connections, one thread at a time */

bool tls_client_open(const struct tls_client_options *options, struct tls_client **ret_client,
                     struct quoth_error *err);
void tls_client_close(struct tls_client *client); /* accepts NULL; after its streams */
DEFINE_AUTO(tls_client, struct tls_client *, tls_client_close)

/* A connection. Deadlines are instants of time_monotonic_us(). */
struct tls_stream;

/* Connects to the host's addresses in turn and shakes hands. QUOTH_UNAVAILABLE (name, connection),
 * QUOTH_NET_TIMEOUT, QUOTH_TLS_HANDSHAKE, QUOTH_TLS_UNTRUSTED (TLS_TRUST_CA, or an exact
 * certificate beyond its dates by more than five minutes), QUOTH_TLS_CERTIFICATE_CHANGED. */
bool tls_stream_open(struct tls_client *client, const struct url *to, uint64_t deadline_us,
                     struct tls_stream **ret_stream, struct quoth_error *err);
void tls_stream_close(struct tls_stream *stream); /* accepts NULL */
DEFINE_AUTO(tls_stream, struct tls_stream *, tls_stream_close)

bool tls_stream_write(struct tls_stream *stream, struct bytes data, uint64_t deadline_us,
                      struct quoth_error *err);

/* Reads what is there, at least one byte; 0 at the peer's orderly end (close_notify). An end
 * without it is an error, so that nobody cuts an answer short. */
bool tls_stream_read(struct tls_stream *stream, uint8_t *to, size_t size, uint64_t deadline_us,
                     size_t *ret_len, struct quoth_error *err);

/* See net/tls_binding.h. */
bool tls_stream_binding(struct tls_stream *stream, const char *label, struct bytes context,
                        struct tls_binding *ret_binding, struct quoth_error *err);

#endif
