/* Compact JWS (RFC 7515) that somebody else has signed, or nobody: what operators upload as
 * policies, certificates and resets (maa.md 1.7, 5), and drafts. Nothing here decides whom to
 * trust. */
#ifndef QUOTH_TOKEN_JWS_H
#define QUOTH_TOKEN_JWS_H

#include "codec/json.h"
#include "crypto/key.h"

#define JWS_MAX (256u << 10) /* bytes of a compact JWS */
#define JWS_CHAIN_MAX 8u     /* certificates of x5c */
#define JWS_TRUSTED_MAX 32u  /* certificates that may be trusted */

enum jws_algorithm { JWS_NONE, JWS_RS256, JWS_ES256 };

/* Taken apart, nothing believed. The header is one strict JSON object without duplicate names;
 * "crit" and "b64" are refused. The payload may be empty. It cannot be copied. */
struct jws {
    struct bytes text;          /* the text given, without blanks around it */
    struct bytes signing_input; /* of it */
    enum jws_algorithm algorithm;
    struct buffer header_text, payload, signature;
    struct json_doc header;
    struct buffer chain[JWS_CHAIN_MAX]; /* DER of x5c, the signer's first */
    size_t chain_count;
};

/* Three parts of base64url with two dots; blanks around the whole are passed over. "alg" is "none"
 * with an empty signature, or RS256 or ES256 with a signature and x5c, standard base 64 of DER. What
 * Azure's Python client (azure-security-attestation 1.0.0) signs is taken too: "alg":"RSA256" is
 * RS256, and where the header has no x5c, that of its member "jwk" is x5c. Otherwise "jwk" is passed
 * over, as "kid" is: they vouch for nothing. QUOTH_JWS_*, QUOTH_TOO_LARGE. */
bool jws_read(struct bytes text, struct jws *ret_jws, struct quoth_error *err);
void jws_clear(struct jws *j);
DEFINE_AUTO_VALUE(jws, struct jws, jws_clear)

/* True if the key of x5c[0] made the signature. QUOTH_JWS_SIGNATURE; QUOTH_JWS_UNSIGNED for "none";
 * QUOTH_KEY_UNSUPPORTED for a weak key, QUOTH_JWS_ALGORITHM for one of another kind.
 * Whether anybody trusts that certificate is the caller's question. */
bool jws_verify(const struct jws *j, struct quoth_error *err);

/* Whether x5c[0] is one of the trusted certificates (at most JWS_TRUSTED_MAX), or chains to one of
 * them by way of x5c (maa.md 5; crypto/x509_chain.h). Validity times are judged at now.
 * QUOTH_JWS_SIGNER. */
bool jws_signer_trusted(const struct jws *j, const struct buffer *trusted, size_t count,
                        int64_t now, struct quoth_error *err);

/* {"alg","kty","use","x5c":[x5c[0]]} as Azure Attestation echoes a signer (maa.md 1.7). Appended.
 */
void jws_signer_write(struct buffer *to, struct bytes certificate_der, struct quoth_error *err);

/* Signs a payload, with the chain of the signer; appended. Without key: {"alg":"none"} and an empty
 * signature. */
bool jws_write(struct bytes payload, struct private_key *key, const struct bytes *chain_der,
               size_t chain_count, struct buffer *ret_text, struct quoth_error *err);

#endif
