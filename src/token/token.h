/* Attestation results: compact JWS (RFC 7515) of a JWT (RFC 7519), as Azure Attestation writes them
 * (maa.md 2), and their reading under a key that the caller already trusts. */
#ifndef QUOTH_TOKEN_TOKEN_H
#define QUOTH_TOKEN_TOKEN_H

#include "claims/claims.h"
#include "codec/json.h"
#include "crypto/key.h"

#define TOKEN_MAX (128u << 10) /* bytes of a compact token: THREATS 14 */

/* Signs claims as RS256 with header {"alg","jku","kid","typ"} in that order. key is the calling
 * thread's own. The text, without NUL, is added to ret_token. */
bool token_sign(const struct claims *claims, struct private_key *key, const char *kid,
                const char *jku, struct buffer *ret_token, struct quoth_error *err);

/* The same with "alg":"none" and an empty signature: for drafts, and refused by every reader of ours
 * (THREATS 18). */
bool token_write_unsecured(const struct claims *claims, const char *kid, const char *jku,
                           struct buffer *ret_token, struct quoth_error *err);

/* A token taken apart, nothing believed. Header and payload are strict JSON objects without
 * duplicate names; "crit" and "b64" are refused, whatever they say. alg is there; kid and typ are
 * empty when the header has none. It holds views and handles into itself: it cannot be copied. */
struct token {
    struct bytes signing_input; /* view into the text given */
    char alg[16], kid[128], typ[32];
    struct buffer header_text, payload_text, signature;
    struct json_doc header, payload;
};

/* QUOTH_TOKEN_MALFORMED with the part in where and the offset in the decoded text; QUOTH_TOO_LARGE.
 */
bool token_read(struct bytes text, struct token *ret_token, struct quoth_error *err);
void token_clear(struct token *t);
DEFINE_AUTO_VALUE(token, struct token, token_clear)

/* True if the signature is RS256 by key: QUOTH_TOKEN_ALGORITHM, QUOTH_TOKEN_SIGNATURE. Nothing else
 * of the token is judged here. */
bool token_signed_by(const struct token *t, const struct public_key *key, struct quoth_error *err);

/* The same for issuers that are not ours: RS256 by an RSA key or ES256 by a P-256 key. */
bool token_signed_by_either(const struct token *t, const struct public_key *key,
                            struct quoth_error *err);

/* JSON Web Key Sets (RFC 7517; maa.md 3.1). */
struct jwk { /* one signing key of a set */
    char kid[128];
    struct public_key *key;
};

#define JWKS_KEYS_MAX 32

struct jwks {
    struct jwk keys[JWKS_KEYS_MAX];
    size_t count;
};

/* Reads a set: RSA keys by x5c[0] or n and e (which must agree when both are there). Keys of other
 * types, uses, algorithms or sizes, or without kid, are passed over; QUOTH_JWKS_MALFORMED for a kid
 * that stands twice, a private key, or a set without a usable key. */
bool jwks_read(struct bytes text, struct jwks *ret_set, struct quoth_error *err);

/* The same for issuers that may sign with ES256 too: P-256 keys by crv, x and y are taken in. */
bool jwks_read_with_p256(struct bytes text, struct jwks *ret_set, struct quoth_error *err);
void jwks_clear(struct jwks *set);
DEFINE_AUTO_VALUE(jwks, struct jwks, jwks_clear)
const struct public_key *jwks_find(const struct jwks *set, const char *kid); /* NULL if absent */

/* One member of "keys": {"x5c":[...],"kid":"...","kty":"RSA"} plus n, e, alg, use. Without a chain
 * x5c is left out. */
void jwk_write(struct buffer *to, const char *kid, const struct public_key *key,
               const struct bytes *chain_der, size_t chain_count);

/* The member "x5c": standard base 64 of each certificate's DER (RFC 7517 4.7). */
void jwk_write_chain(struct buffer *to, const struct bytes *chain_der, size_t count);

#endif
