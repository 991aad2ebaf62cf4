#include "crypto/key_wrap.h"

#include "crypto/init.h"

#include <openssl/evp.h>

DEFINE_AUTO(cipher_ctx, EVP_CIPHER_CTX *, EVP_CIPHER_CTX_free)

enum form { PADDED, WHOLE };

static const EVP_CIPHER *cipher_for(enum form form, size_t kek_len)
{
    switch (kek_len) {
    case 16:
        return form == PADDED ? EVP_aes_128_wrap_pad() : EVP_aes_128_wrap();
    case 24:
        return form == PADDED ? EVP_aes_192_wrap_pad() : EVP_aes_192_wrap();
    case 32:
        return form == PADDED ? EVP_aes_256_wrap_pad() : EVP_aes_256_wrap();
    default:
        return NULL;
    }
}

/* Key and direction (encrypting is 1 or 0); the initial value is that of RFC 5649 section 3, or of
 * RFC 3394 section 2.2.3.1. */
static bool begin(EVP_CIPHER_CTX *ctx, enum form form, struct bytes kek, int encrypting)
{
    if (!ctx)
        return false;
    EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    return EVP_CipherInit_ex(ctx, cipher_for(form, kek.len), NULL, kek.data, NULL, encrypting) == 1;
}

static bool check_kek(struct bytes kek, struct quoth_error *err)
{
    return cipher_for(PADDED, kek.len) ||
           quoth_fail(err, QUOTH_INTERNAL, "key-wrap", QUOTH_NO_OFFSET,
                      "AES has no keys of %zu bytes", kek.len);
}

static bool unavailable(struct quoth_error *err)
{
    crypto_forget_errors();
    return quoth_fail(err, QUOTH_UNAVAILABLE, "key-wrap", QUOTH_NO_OFFSET,
                      "OpenSSL does not run AES key wrap");
}

static bool wrap(enum form form, struct bytes kek, struct bytes plain, struct buffer *ret_wrapped,
                 struct quoth_error *err)
{
    AUTO(buffer) struct buffer wrapped = {0};
    int len = 0;
    if (!crypto_init(err) || !check_kek(kek, err))
        return false;
    if (plain.len > KEY_WRAP_MAX)
        return quoth_fail(err, QUOTH_TOO_LARGE, "key-wrap", QUOTH_NO_OFFSET,
                          "has %zu bytes, limit is %u", plain.len, KEY_WRAP_MAX);
    AUTO(cipher_ctx) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    uint8_t *to = buffer_extend(&wrapped, key_wrap_len(plain.len));
    if (!buffer_ok(&wrapped, err))
        return false;
    /* All in one call, which gives all there is. */
    if (!begin(ctx, form, kek, 1) ||
        EVP_EncryptUpdate(ctx, to, &len, plain.data, (int)plain.len) != 1 ||
        (size_t)len != wrapped.len)
        return unavailable(err);
    buffer_add(ret_wrapped, buffer_bytes(&wrapped));
    return buffer_ok(ret_wrapped, err);
}

static bool unwrap(enum form form, struct bytes kek, struct bytes wrapped, struct buffer *ret_plain,
                   struct quoth_error *err)
{
    AUTO(buffer) struct buffer plain = {0};
    const size_t least = form == PADDED ? 16 : 24;
    int len = 0;
    if (!crypto_init(err) || !check_kek(kek, err))
        return false;
    if (wrapped.len < least || wrapped.len % 8 != 0 || wrapped.len > key_wrap_len(KEY_WRAP_MAX))
        return quoth_fail(err, QUOTH_KEY_WRAP_BROKEN, "key-wrap", QUOTH_NO_OFFSET,
                          "has %zu bytes, not %zu or more by steps of 8", wrapped.len, least);
    AUTO(cipher_ctx) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    uint8_t *to = buffer_extend(&plain, wrapped.len);
    if (!buffer_ok(&plain, err))
        return false;
    if (!begin(ctx, form, kek, 0))
        return unavailable(err);
    /* A wrong check value shows here, not in EVP_DecryptFinal. */
    if (EVP_DecryptUpdate(ctx, to, &len, wrapped.data, (int)wrapped.len) != 1 || len <= 0) {
        crypto_forget_errors();
        return quoth_fail(err, QUOTH_KEY_WRAP_BROKEN, "key-wrap", QUOTH_NO_OFFSET,
                          "was wrapped under another key, or was changed");
    }
    buffer_add(ret_plain, bytes_slice(buffer_bytes(&plain), 0, (size_t)len));
    return buffer_ok(ret_plain, err);
}

bool key_wrap(struct bytes kek, struct bytes plain, struct buffer *ret_wrapped,
              struct quoth_error *err)
{
    if (plain.len == 0)
        return quoth_fail(err, QUOTH_MALFORMED, "key-wrap", 0, "there is nothing to wrap");
    return wrap(PADDED, kek, plain, ret_wrapped, err);
}

bool key_unwrap(struct bytes kek, struct bytes wrapped, struct buffer *ret_plain,
                struct quoth_error *err)
{
    return unwrap(PADDED, kek, wrapped, ret_plain, err);
}

bool key_wrap_whole(struct bytes kek, struct bytes plain, struct buffer *ret_wrapped,
                    struct quoth_error *err)
{
    if (plain.len < 16 || plain.len % 8 != 0)
        return quoth_fail(err, QUOTH_MALFORMED, "key-wrap", 0,
                          "has %zu bytes, not 16 or more by steps of 8", plain.len);
    return wrap(WHOLE, kek, plain, ret_wrapped, err);
}

bool key_unwrap_whole(struct bytes kek, struct bytes wrapped, struct buffer *ret_plain,
                      struct quoth_error *err)
{
    return unwrap(WHOLE, kek, wrapped, ret_plain, err);
}
