/* An HTTPS server that proves what it is. Its key is made here, or came from a vault, and never leaves
 * the process; evidence binds the certificate over it; the verifier's token carries the certificate to whoever
 * asks:
 *
 *     GET /token              the token over the certificate (held data: its DER, Binary)
 *     GET /token?nonce=N      a fresh one over certificate and challenge (held data:
 *                             quoth_runtime_data); N is base64url of 16 to 64 bytes; five of
 *                             these per second, then 429
 *     GET /channel?nonce=N    proof for this very connection, see <quoth/channel.h>
 *
 * and the program's own routes. Key (unless it was given), certificate and token are renewed together, at a random 50 to
 * 80 % of the shorter life, with growing pauses while the verifier does not answer. What requests
 * and connections may do is limited in size, number and time. */
#ifndef QUOTH_SERVER_H
#define QUOTH_SERVER_H

#include <quoth/attester.h>
#include <quoth/relying.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct quoth_server; /* opaque */

enum quoth_key_kind { QUOTH_KEY_P256, QUOTH_KEY_RSA_2048 };

struct quoth_server_options {
    struct quoth_attester *attester; /* must outlive the server, whose threads use it */
    const char *verifier;            /* as in struct quoth_token_request */
    const char *ca_file;
    const char *listen;         /* "0.0.0.0:8080", "[::1]:0"; port 0 takes a free one */
    const char *name;           /* in the certificate; NULL: localhost */
    enum quoth_key_kind key;    /* which it makes, anew at each renewal ... */
    const uint8_t *private_key; /* ... unless this is given: PKCS #8, DER, P-256 or RSA, such as
                                        quoth_fetch gets from a vault; then certificates come and go,
                                        and their key stays. Copied; wiped when the server closes */
    size_t private_key_len;
    unsigned certificate_seconds; /* life of a certificate; 0: 3 600 */
    /* Told after each renewal: err->code is QUOTH_OK, or why the old identity stays for now. Called
     * on the thread of quoth_server_run. May be NULL. */
    void (*renewed)(void *user, const struct quoth_error *err);
    void *user; /* handed to renewed and to handlers */
};

/* Makes key and certificate and binds the address; nobody is served yet. Texts are copied. */
bool quoth_server_open(const struct quoth_server_options *options, struct quoth_server **ret_server,
                       struct quoth_error *err);

/* Has the verifier attest the certificate. Until this succeeds there is nothing to serve. */
bool quoth_server_attest(struct quoth_server *s, struct quoth_error *err);

/* A request, valid during the handler's call. */
struct quoth_request {
    const char *peer; /* "127.0.0.1:54321" */
    const uint8_t *body;
    size_t body_len;
    const void *internal;
};

/* What a handler fills; zeroed it is 200 without a body. body is malloc'd, and freed by the server.
 */
struct quoth_answer {
    int status;
    const char *content_type; /* static */
    char *body;
    size_t body_len;
};

typedef void quoth_handler(void *user, const struct quoth_request *request,
                           struct quoth_answer *ret_answer);

/* Adds a route, before quoth_server_run: method is "GET" or "POST", path a literal such as
 * "/secret", body_max the bytes of body that are let in. At most 16. */
bool quoth_server_route(struct quoth_server *s, const char *method, const char *path,
                        size_t body_max, quoth_handler *handler, struct quoth_error *err);

/* A parameter of the request's query, percent-decoded, malloc'd: *ret_value is NULL if there is
 * none. False for one that is broken or stands twice. */
bool quoth_request_query(const struct quoth_request *request, const char *name, char **ret_value,
                         struct quoth_error *err);

/* Whether a token proves the client at the other end of this request's connection, as it made it
 * with quoth_channel_prove; what it proves is in ret_verified, for quoth_relying_check. r may ask
 * its verifier for keys, and the server waits meanwhile: have it verify something before. */
bool quoth_request_client(const struct quoth_request *request, struct quoth_relying *r,
                          const char *token, size_t len, int64_t now,
                          struct quoth_verified *ret_verified, struct quoth_error *err);

/* "127.0.0.1:8080": where it listens, with the port it got. Lives as long as the server. */
const char *quoth_server_address(const struct quoth_server *s);

/* Serves until quoth_server_stop, then answers what is in flight and returns true. */
bool quoth_server_run(struct quoth_server *s, struct quoth_error *err);

/* From a signal handler or another thread. */
void quoth_server_stop(struct quoth_server *s);

void quoth_server_close(struct quoth_server *s); /* accepts NULL; wipes the key */

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
