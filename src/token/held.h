/* Held data of our own forms: what an attester hashes into its evidence, and a relying party finds
 * in a token that vouches for that hash. Each form is a JSON object whose member "v" says what it
 * is for, so that evidence made for one purpose is useless for another (THREATS 1, 2, 3). */
#ifndef QUOTH_TOKEN_HELD_H
#define QUOTH_TOKEN_HELD_H

#include "base/bytes.h"

#define HELD_NONCE_MIN 16u /* bytes of a challenge */
#define HELD_NONCE_MAX 64u

/* A certificate bound to a relying party's challenge:
 *     {"v":"quoth-1","cert":base64url DER,"nonce":base64url nonce} */
struct held_envelope { /* owned: held_envelope_clear */
    struct buffer certificate, nonce;
};

void held_envelope_clear(struct held_envelope *e);
DEFINE_AUTO_VALUE(held_envelope, struct held_envelope, held_envelope_clear)

/* Appends the text. QUOTH_TOKEN_NONCE for a nonce that is too short or too long. */
bool held_envelope_write(struct bytes certificate, struct bytes nonce, struct buffer *to,
                         struct quoth_error *err);

/* Exactly these three members in any order: a verifier re-emits what it was sent. QUOTH_TOKEN_CLAIM
 * for a JSON object of another form. Whether the certificate is one is left to its reader. */
bool held_envelope_read(struct bytes json, struct held_envelope *ret_envelope,
                        struct quoth_error *err);

/* Proof for one TLS connection (THREATS 3): what both its ends can compute and nobody else has.
 *     {"v":"quoth-channel-1","role":"server","nonce":...,"spki":...,"exporter":...}
 * with 32 bytes in base64url each. The role keeps an end's own proof from being sent back to it. */
#define HELD_CHANNEL_SIZE 32u

struct held_channel {                    /* a plain value */
    bool from_client;                    /* role "client"; else "server" */
    uint8_t nonce[HELD_CHANNEL_SIZE];    /* the challenge of the other end */
    uint8_t spki[HELD_CHANNEL_SIZE];     /* SHA-256 of the server's SubjectPublicKeyInfo */
    uint8_t exporter[HELD_CHANNEL_SIZE]; /* of the connection (RFC 8446 7.5) */
};

bool held_channel_write(const struct held_channel *c, struct buffer *to, struct quoth_error *err);

/* Whether this JSON, in which members may have any order, is exactly what was expected:
 * QUOTH_TOKEN_CLAIM if it is of another form, QUOTH_CHANNEL_MISMATCH with the member that differs.
 */
bool held_channel_check(struct bytes json, const struct held_channel *expected,
                        struct quoth_error *err);

#endif
