/* Challenges for programs that ask for keys (THREATS 1): who puts one into the runtime data that its
 * evidence hashes has made that evidence after the challenge was given. Nobody keeps a list of them:
 * a challenge vouches for itself by a MAC under a key that all nodes of a tenant share. So it may be
 * answered more than once while it lasts.
 *
 *     random (16) | expires, seconds, big-endian (8) | HMAC-SHA-256 of both (32) */
#ifndef QUOTH_SERVICE_VAULT_RELEASE_CHALLENGE_H
#define QUOTH_SERVICE_VAULT_RELEASE_CHALLENGE_H

#include "base/bytes.h"

#define RELEASE_CHALLENGE_SIZE 56u
#define RELEASE_CHALLENGE_LIFETIME 300 /* seconds */

struct release_challenge_key { /* a secret, of one tenant */
    uint8_t bytes[32];
};

static inline void release_challenge_key_clear(struct release_challenge_key *k)
{
    bytes_wipe(k->bytes, sizeof k->bytes);
}
DEFINE_AUTO_VALUE(release_challenge_key, struct release_challenge_key, release_challenge_key_clear)

bool release_challenge_make(const struct release_challenge_key *key, int64_t now,
                            uint8_t ret_challenge[RELEASE_CHALLENGE_SIZE], int64_t *ret_expires,
                            struct quoth_error *err);

/* Whether it was made with this key and is not over. QUOTH_RELEASE_CHALLENGE. */
bool release_challenge_check(const struct release_challenge_key *key, struct bytes challenge,
                             int64_t now, struct quoth_error *err);

#endif
