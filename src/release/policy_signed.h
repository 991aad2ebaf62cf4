/* A release policy that somebody answers for (THREATS 33): a compact JWS over
 *
 *     {"ReleasePolicy":base64url of the text,"x-quoth-type":"release","x-quoth-name":"keys/NAME",
 *      "aud":issuer,"iat":seconds}
 *
 * with the signer's chain in x5c, in place of the text. The first three members must be there: so the
 * policy of one key is none for another, and what was signed for anything else is no release policy.
 * aud and iat may be left out. */
#ifndef QUOTH_RELEASE_POLICY_SIGNED_H
#define QUOTH_RELEASE_POLICY_SIGNED_H

#include "token/jws.h"

/* Whether what was given for a policy looks like such a JWS, which no text does. */
bool policy_signed_is(struct bytes given);

/* Appends the text in it. Nothing is verified. QUOTH_JWS_*. */
bool policy_signed_text(struct bytes given, struct buffer *ret_text, struct quoth_error *err);

struct policy_signed_rules {      /* views */
    const char *issuer;           /* of the tenant */
    const char *name;             /* "keys/NAME", "secrets/NAME": in any case */
    const struct buffer *signers; /* DER */
    size_t signer_count;
    int64_t now; /* as of when the signer's certificate must hold */
};

/* Whether it is signed by one of them, for this name of this tenant. QUOTH_RELEASE_UNSIGNED for a text
 * without signature; QUOTH_JWS_SIGNATURE, QUOTH_JWS_SIGNER; QUOTH_CHANGE_BINDING names the member. */
bool policy_signed_check(struct bytes given, const struct policy_signed_rules *rules,
                         struct quoth_error *err);

/* Whether a policy may come in the place of another, by when they say that they were signed: a signed
 * one does not give way to an older one, nor one with iat to one without, as whoever may set policies
 * may have kept what the signer has long replaced. Others say nothing of it. Nothing is verified.
 * QUOTH_CHANGE_REPLAYED, QUOTH_JWS_*. */
bool policy_signed_replaces(struct bytes given, struct bytes before, struct quoth_error *err);

/* Appends the payload that is to be signed. iat 0 and issuer NULL: left out. */
bool policy_signed_payload(struct bytes text, const char *name, const char *issuer, int64_t iat,
                           struct buffer *to, struct quoth_error *err);

#endif
