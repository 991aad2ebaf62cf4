/* What an administrative call answers: {"token":"<JWT>"}, signed with the key that signs attestation
 * results (maa.md 1.7). Beside the result there are iss, iat, nbf and exp, and nothing else. */
#ifndef QUOTH_SERVICE_RESULT_TOKEN_H
#define QUOTH_SERVICE_RESULT_TOKEN_H

#include "claims/claims.h"
#include "http/server.h"
#include "service/tenants/tenant.h"

#define RESULT_LIFETIME 3600 /* seconds */

/* base64url of the SHA-256 of a JWS as it was sent: the claim x-ms-policy-token-hash. */
void result_add_token_hash(struct claims *result, struct bytes jws);

/* The claim x-ms-policy-signer, if there is a signer. */
void result_add_signer(struct claims *result, struct bytes certificate_der);

/* Adds issuer and times to the result, signs it with the snapshot's active key and answers. Off the
 * serving threads: the key is copied. */
bool result_answer(struct http_exchange *x, const struct tenant *t,
                   const struct tenant_snapshot *snapshot, struct claims *result, int64_t now,
                   struct quoth_error *err);

/* The body {"token":"..."}, which nobody is to keep. */
bool result_answer_token(struct http_response *r, const struct buffer *token,
                         struct quoth_error *err);

#endif
