/* The block functions are marked deprecated in favour of fetched ones, which allocate, can fail,
 * and cost more for the short texts that are hashed here. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/digest.h"

#include <openssl/sha.h>

struct sha1 sha1_of(struct bytes data)
{
    struct sha1 digest;
    SHA_CTX ctx;
    SHA1_Init(&ctx);
    SHA1_Update(&ctx, data.data, data.len);
    SHA1_Final(digest.bytes, &ctx);
    return digest;
}

struct sha256 sha256_of_parts(const struct bytes *parts, size_t count)
{
    struct sha256 digest;
    SHA256_CTX ctx;
    SHA256_Init(&ctx);
    for (size_t i = 0; i < count; i++)
        SHA256_Update(&ctx, parts[i].data, parts[i].len);
    SHA256_Final(digest.bytes, &ctx);
    return digest;
}

struct sha256 sha256_of(struct bytes data)
{
    return sha256_of_parts(&data, 1);
}

struct sha384 sha384_of(struct bytes data)
{
    struct sha384 digest;
    SHA512_CTX ctx;
    SHA384_Init(&ctx);
    SHA384_Update(&ctx, data.data, data.len);
    SHA384_Final(digest.bytes, &ctx);
    return digest;
}

struct sha512 sha512_of(struct bytes data)
{
    struct sha512 digest;
    SHA512_CTX ctx;
    SHA512_Init(&ctx);
    SHA512_Update(&ctx, data.data, data.len);
    SHA512_Final(digest.bytes, &ctx);
    return digest;
}

struct sha256_stream {
    SHA256_CTX ctx;
};

bool sha256_stream_open(struct sha256_stream **ret_stream, struct quoth_error *err)
{
    struct sha256_stream *s = malloc(sizeof *s);
    if (!s)
        return quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
    SHA256_Init(&s->ctx);
    *ret_stream = s;
    return true;
}

void sha256_stream_add(struct sha256_stream *s, struct bytes more)
{
    SHA256_Update(&s->ctx, more.data, more.len);
}

struct sha256 sha256_stream_finish(struct sha256_stream *s)
{
    struct sha256 digest;
    SHA256_Final(digest.bytes, &s->ctx);
    SHA256_Init(&s->ctx);
    return digest;
}

void sha256_stream_free(struct sha256_stream *s)
{
    if (s)
        bytes_wipe(s, sizeof *s);
    free(s);
}
