/* The bound channel: proof that the attested program itself, and nobody in between, is the other
 * end of this very TLS connection.
 *
 * A pinned certificate proves that the peer has its key; if the key ever leaked, or if somebody
 * passes evidence on from another connection, that is not enough. Here each proof is evidence made
 * for one connection: over SHA-256 of {role, nonce of the other end, SubjectPublicKeyInfo of the
 * server, exporter of the connection}. A relay has two connections with two exporters; a proof for
 * another server has its key; one's own proof, sent back, has the wrong role.
 *
 *     client                                            server (<quoth/server.h>)
 *     quoth_channel_open      --- TLS 1.3 ------------>
 *     quoth_channel_verify    --- GET /channel?nonce -->  evidence for this connection, its token
 *     quoth_channel_prove     (a token of its own)
 *     quoth_channel_exchange  --- any request --------->  quoth_request_client(token)
 *
 * Which genuine program answers is a question of its own: pin its certificate, or expect an
 * identity that no other has, so that nobody diverts you to another one. */
#ifndef QUOTH_CHANNEL_H
#define QUOTH_CHANNEL_H

#include <quoth/attester.h>
#include <quoth/relying.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct quoth_channel; /* opaque; one thread at a time */

/* Connects to https://host:port. With a certificate (DER) the peer must present exactly this one;
 * without, any: what it is is decided by quoth_channel_verify. timeout_ms is that of each exchange;
 * 0: 10 000. */
bool quoth_channel_open(const char *url, const uint8_t *certificate, size_t certificate_len,
                        unsigned timeout_ms, struct quoth_channel **ret_channel,
                        struct quoth_error *err);
void quoth_channel_close(struct quoth_channel *c); /* accepts NULL */

/* Has the server prove itself on this connection, and compares it with what is expected (whose
 * nonce must be NULL: the channel brings its own). QUOTH_CHANNEL_MISMATCH for a proof made
 * elsewhere; else the errors of quoth_relying_verify and quoth_relying_check. */
bool quoth_channel_verify(struct quoth_channel *c, struct quoth_relying *r,
                          const struct quoth_expected *expected, int64_t now,
                          struct quoth_verified *ret_verified, struct quoth_error *err);

/* Makes the proof of this end: a token over this connection, from the verifier named in request
 * (its data and nonce are not looked at). malloc'd; send it to the server in any exchange. */
bool quoth_channel_prove(struct quoth_channel *c, struct quoth_attester *a,
                         const struct quoth_token_request *request, char **ret_token,
                         struct quoth_error *err);

/* One exchange on this connection. QUOTH_USAGE before quoth_channel_verify succeeded: nothing is
 * said to a peer that has not proven itself. The body is malloc'd, NUL-terminated. */
bool quoth_channel_exchange(struct quoth_channel *c, const char *method, const char *target,
                            const uint8_t *body, size_t body_len, int *ret_status, char **ret_body,
                            struct quoth_error *err);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
