/* What a program asks of a vault: a challenge, and to release something for a token. */
#ifndef QUOTH_OBTAIN_VAULT_CLIENT_H
#define QUOTH_OBTAIN_VAULT_CLIENT_H

#include <quoth/fetch.h>

#include "net/https_client.h"
#include "release/answer.h"
#include "token/jws.h"

/* One vault and one thing in it. Views of the request; opened and closed, not copied. */
struct vault_client {
    const struct quoth_fetch_request *request;
    struct url url; /* views request->vault */
    struct buffer
        kid; /* "https://HOST[:PORT]/keys/NAME[/VERSION]", as it is asked for; a NUL ends it
                          that len does not count */
    struct buffer trusted[JWS_TRUSTED_MAX]; /* DER: who may have signed the vault's certificates */
    size_t trusted_count;
    struct tls_client *tls;
    struct buffer authorization; /* "Bearer ..." with its NUL, or empty */
};

/* Checks all that the request says of the vault, and touches no network. QUOTH_USAGE, QUOTH_URL,
 * QUOTH_PEM, QUOTH_IO. */
bool vault_client_open(const struct quoth_fetch_request *request, struct vault_client *ret_client,
                       struct quoth_error *err);
void vault_client_close(struct vault_client *c);
DEFINE_AUTO_VALUE(vault_client, struct vault_client, vault_client_close)

/* Each exchange may take timeout_ms. *ret_wait_s is as in attester_post. */

/* POST /challenge: the bytes that the vault wants to find in the runtime data, once and soon. None
 * if it has no such route (404): Azure's vaults look at the token's age alone. */
bool vault_client_challenge(struct vault_client *c, unsigned timeout_ms, struct buffer *ret_nonce,
                            unsigned *ret_wait_s, struct quoth_error *err);

/* POST .../release: what is answered to the token, all of it checked; recipient_kid is that of the
 * key in the token's runtime data. */
bool vault_client_release(struct vault_client *c, const char *token, struct bytes recipient_kid,
                          unsigned timeout_ms, struct release_reply *ret_reply,
                          unsigned *ret_wait_s, struct quoth_error *err);

#endif
