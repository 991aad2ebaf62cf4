/* What an attestation token must be before anything that it says counts (key-release.md 2.2): its
 * header, its times, and that it is an attestation result and nothing else that its issuer signs.
 * Whose key made the signature is not asked here. Pure. */
#ifndef QUOTH_SERVICE_VAULT_RELEASE_TOKEN_H
#define QUOTH_SERVICE_VAULT_RELEASE_TOKEN_H

#include "token/token.h"

#define RELEASE_TOKEN_LEEWAY 60 /* seconds that the issuer's clock may be ahead of ours */

/* RS256, or ES256, for those issuers that say they use it; typ JWT; a kid. What the header says of
 * keys and where they are (jku, x5u, jwk, x5c) is passed over: trust never comes from it.
 * QUOTH_RELEASE_TOKEN. */
bool release_token_form(const struct token *t, struct quoth_error *err);

/* exp in the future; iat there, it and nbf not ahead; no aud, as such a token is meant for somebody
 * else. With is_ours, for an issuer of this program: what marks its attestation results, as it signs
 * results of policy calls with the same key. QUOTH_RELEASE_TOKEN. */
bool release_token_check(struct json claims, bool is_ours, int64_t now, int64_t *ret_issued,
                         struct quoth_error *err);

#endif
