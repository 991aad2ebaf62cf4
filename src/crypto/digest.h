/* Digests as values. They use OpenSSL's block functions directly: no fetch, no provider and no
 * allocation, so a digest cannot fail and threads share nothing. FIPS 180-4. */
#ifndef QUOTH_CRYPTO_DIGEST_H
#define QUOTH_CRYPTO_DIGEST_H

#include "base/bytes.h"

struct sha1 {
    uint8_t bytes[20];
};
struct sha256 {
    uint8_t bytes[32];
};
struct sha384 {
    uint8_t bytes[48];
};
struct sha512 {
    uint8_t bytes[64];
};

struct sha256 sha256_of(struct bytes data);
struct sha384 sha384_of(struct bytes data);
struct sha512 sha512_of(struct bytes data);

/* Digest of the parts one after the other, as if they were one. */
struct sha256 sha256_of_parts(const struct bytes *parts, size_t count);

/* Not for signatures: subjectKeyIdentifier (RFC 5280 4.2.1.2) and the JWK member x5t (RFC 7517
 * 4.8) are defined with SHA-1 and name a key or certificate, they do not vouch for it. */
struct sha1 sha1_of(struct bytes data);

/* A view of a digest, valid as long as the digest: BYTES_OF(digest.bytes). */
static inline bool sha256_equal(const struct sha256 *a, const struct sha256 *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

/* SHA-256 in steps, for what is too large or too scattered for one view (MRENCLAVE). */
struct sha256_stream;

bool sha256_stream_open(struct sha256_stream **ret_stream, struct quoth_error *err);
void sha256_stream_add(struct sha256_stream *s, struct bytes more);
struct sha256 sha256_stream_finish(struct sha256_stream *s); /* and begins anew */
void sha256_stream_free(struct sha256_stream *s);
DEFINE_AUTO(sha256_stream, struct sha256_stream *, sha256_stream_free)

#endif
