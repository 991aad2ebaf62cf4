/* AES key wrap: a key under another key, of any length with padding (RFC 5649; KWP of NIST SP
 * 800-38F 6.3), of whole blocks without (RFC 3394; KW, 6.2). What is wrapped is bound to nothing but
 * the key it is wrapped under. */
#ifndef QUOTH_CRYPTO_KEY_WRAP_H
#define QUOTH_CRYPTO_KEY_WRAP_H

#include "base/bytes.h"

#define KEY_WRAP_MAX (64u << 10) /* bytes of what is wrapped; at least one */

/* Bytes that len of them become. */
static inline size_t key_wrap_len(size_t len)
{
    return 8 + (len + 7) / 8 * 8;
}

/* Appends the wrapped form. kek has 16, 24 or 32 bytes: QUOTH_INTERNAL otherwise. QUOTH_TOO_LARGE;
 * QUOTH_MALFORMED for nothing to wrap. */
bool key_wrap(struct bytes kek, struct bytes plain, struct buffer *ret_wrapped,
              struct quoth_error *err);

/* Appends what was wrapped, or nothing: QUOTH_KEY_WRAP_BROKEN, in the same words for another key
 * and for every change. */
bool key_unwrap(struct bytes kek, struct bytes wrapped, struct buffer *ret_plain,
                struct quoth_error *err);

/* The same without padding: 16 bytes or more, by steps of 8, become 8 more. QUOTH_MALFORMED
 * otherwise. */
bool key_wrap_whole(struct bytes kek, struct bytes plain, struct buffer *ret_wrapped,
                    struct quoth_error *err);
bool key_unwrap_whole(struct bytes kek, struct bytes wrapped, struct buffer *ret_plain,
                      struct quoth_error *err);

#endif
