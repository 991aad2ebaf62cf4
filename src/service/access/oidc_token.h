/* What a bearer token of an identity provider says, judged: OpenID Connect and OAuth 2.0 access
 * tokens in JWT form (RFC 7519, RFC 8725, RFC 9068). Nothing here fetches anything. */
#ifndef QUOTH_SERVICE_OIDC_TOKEN_H
#define QUOTH_SERVICE_OIDC_TOKEN_H

#include "service/access/administrator.h"
#include "token/token.h"

#define OIDC_SLACK 60 /* seconds that two clocks may differ */

struct oidc_rules { /* views of the configuration; a NULL role is nobody's */
    const char *issuer, *audience;
    const char *role_claim;         /* name of a member, or a path with dots */
    const char *values[ROLE_COUNT]; /* of it, in the order of role_rows */
};

/* Everything that can be judged without a key: algorithm RS256 or ES256 with a kid, a typ of an
 * access or identity token, no key of its own in the header, iss, aud, exp, nbf, iat, and that it is
 * no attestation token or result of this or any other verifier, whoever has signed it.
 * QUOTH_ADMIN_UNAUTHENTICATED. */
bool oidc_token_check(const struct token *t, const struct oidc_rules *rules, int64_t now,
                      struct quoth_error *err);

/* Who a token that is signed and checked speaks of: "oidc:SUBJECT", with all roles that the claim
 * gives, ROLE_ANYONE if it gives none. QUOTH_ADMIN_UNAUTHENTICATED without a subject. */
bool oidc_token_admin(const struct token *t, const struct oidc_rules *rules,
                      struct admin *ret_admin, struct quoth_error *err);

#endif
