/* The key that a released key is wrapped for: it stands in the runtime data that the evidence
 * hashes, so only the attested program has its private half (key-release.md 2.3, THREATS 28, 32). */
#ifndef QUOTH_RELEASE_RECIPIENT_H
#define QUOTH_RELEASE_RECIPIENT_H

#include "codec/json.h"
#include "crypto/public_key.h"

#define RELEASE_KEYS_MAX 32u /* in the runtime data */
#define RELEASE_KID_MAX 256u /* bytes */

struct release_recipient { /* owned: release_recipient_clear */
    struct buffer kid;
    struct public_key *key; /* RSA, 2048 to 4096 bits, odd modulus, odd exponent from 65537 */
};

void release_recipient_clear(struct release_recipient *r);
DEFINE_AUTO_VALUE(release_recipient, struct release_recipient, release_recipient_clear)

/* Takes the first key of the claim x-ms-runtime, member "keys" (a JWK set), that is RSA, has n, e
 * and kid, and is for encryption: "use" or "key_use" is "enc", or "key_ops" has "encrypt", and none
 * of the first two says anything else. Nested runtime data (x-ms-isolation-tee.x-ms-runtime) is not
 * looked at: it holds the keys of a vTPM, which are nobody's to wrap for.
 *
 * QUOTH_RELEASE_RECIPIENT if there is none, or if that first one is unfit, has the kid of another,
 * or comes with its private half: the next is not tried. */
bool release_recipient_find(struct json claims, struct release_recipient *ret_recipient,
                            struct quoth_error *err);

/* The thumbprint of an RSA key (RFC 7638: SHA-256, in base64url), for its kid and for the audit
 * trail. Appended. QUOTH_INTERNAL if the key is not RSA. */
bool release_thumbprint(const struct public_key *key, struct buffer *ret_text,
                        struct quoth_error *err);

/* {"keys":[{"kty":"RSA","kid":thumbprint,"key_ops":["encrypt"],"n","e"}]}, with a member "nonce" in
 * base64url unless it is empty: the runtime data of a program that asks for a key. Appended. */
bool release_recipient_write(const struct public_key *key, struct bytes nonce, struct buffer *to,
                             struct quoth_error *err);

#endif
