#include "service/release/release_challenge.h"

#include "crypto/kdf.h"
#include "crypto/random.h"

#define RANDOM_SIZE 16u
#define SIGNED_SIZE 24u /* random and expires */

_Static_assert(RELEASE_CHALLENGE_SIZE == SIGNED_SIZE + sizeof(struct sha256), "the MAC is whole");

static bool mac(const struct release_challenge_key *key, struct bytes over, struct sha256 *ret_mac,
                struct quoth_error *err)
{
    return hmac_sha256(BYTES_OF(key->bytes), over, ret_mac, err);
}

bool release_challenge_make(const struct release_challenge_key *key, int64_t now,
                            uint8_t ret_challenge[RELEASE_CHALLENGE_SIZE], int64_t *ret_expires,
                            struct quoth_error *err)
{
    AUTO(buffer) struct buffer made = {0};
    uint8_t random[RANDOM_SIZE];
    struct sha256 tag;
    const int64_t expires = now + RELEASE_CHALLENGE_LIFETIME;
    if (!random_fill(random, sizeof random, err))
        return false;
    buffer_add(&made, BYTES_OF(random));
    buffer_u32be(&made, (uint32_t)((uint64_t)expires >> 32));
    buffer_u32be(&made, (uint32_t)expires);
    if (!buffer_ok(&made, err) || !mac(key, buffer_bytes(&made), &tag, err))
        return false;
    buffer_add(&made, BYTES_OF(tag.bytes));
    if (!buffer_ok(&made, err))
        return false;
    bytes_copy(ret_challenge, buffer_bytes(&made));
    *ret_expires = expires;
    return true;
}

static bool refuse(const char *what, struct quoth_error *err)
{
    return quoth_fail(err, QUOTH_RELEASE_CHALLENGE, "x-ms-runtime.nonce", QUOTH_NO_OFFSET, "%s",
                      what);
}

bool release_challenge_check(const struct release_challenge_key *key, struct bytes challenge,
                             int64_t now, struct quoth_error *err)
{
    struct sha256 tag;
    if (challenge.len != RELEASE_CHALLENGE_SIZE)
        return refuse("is no challenge of this vault", err);
    const struct bytes over = bytes_slice(challenge, 0, SIGNED_SIZE);
    if (!mac(key, over, &tag, err))
        return false;
    if (!bytes_equal_secret(BYTES_OF(tag.bytes), bytes_slice(challenge, SIGNED_SIZE, sizeof tag)))
        return refuse("is no challenge of this vault", err);
    struct reader r = {.in = bytes_slice(over, RANDOM_SIZE, 8), .err = err};
    const uint64_t high = reader_u32be(&r, "expires"), low = reader_u32be(&r, "expires");
    return now <= (int64_t)(high << 32 | low) || refuse("was given too long ago", err);
}
