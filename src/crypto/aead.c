#include "crypto/aead.h"

#include "crypto/init.h"
#include "crypto/random.h"

#include <openssl/evp.h>

DEFINE_AUTO(cipher_ctx, EVP_CIPHER_CTX *, EVP_CIPHER_CTX_free)

void aead_key_clear(struct aead_key *key)
{
    bytes_wipe(key, sizeof *key);
}

static bool fail(struct quoth_error *err)
{
    crypto_forget_errors();
    return quoth_fail(err, QUOTH_UNAVAILABLE, "aead", QUOTH_NO_OFFSET,
                      "OpenSSL does not run AES-256-GCM");
}

/* Key, nonce and aad; encrypting is 1 or 0. */
static bool begin(EVP_CIPHER_CTX *ctx, const struct aead_key *key, const uint8_t *nonce,
                  struct bytes aad, int encrypting)
{
    int len;
    return EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, key->bytes, nonce, encrypting) == 1 &&
           (aad.len == 0 || EVP_CipherUpdate(ctx, NULL, &len, aad.data, (int)aad.len) == 1);
}

static bool too_large(struct bytes aad, struct bytes text, struct quoth_error *err)
{
    if (aad.len <= AEAD_TEXT_MAX && text.len <= AEAD_TEXT_MAX + AEAD_OVERHEAD)
        return false;
    quoth_fail(err, QUOTH_TOO_LARGE, "aead", QUOTH_NO_OFFSET, "has %zu bytes, limit is %u",
               aad.len > text.len ? aad.len : text.len, AEAD_TEXT_MAX);
    return true;
}

bool aead_seal(const struct aead_key *key, struct bytes aad, struct bytes plain,
               struct buffer *ret_sealed, struct quoth_error *err)
{
    uint8_t nonce[AEAD_NONCE_SIZE], tag[AEAD_TAG_SIZE];
    AUTO(buffer) struct buffer cipher = {0};
    int len = 0;

    if (too_large(aad, plain, err) || !crypto_init(err) || !random_fill(nonce, sizeof nonce, err))
        return false;
    AUTO(cipher_ctx) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    uint8_t *to = plain.len ? buffer_extend(&cipher, plain.len) : tag;
    if (!buffer_ok(&cipher, err))
        return false;
    if (!ctx || !begin(ctx, key, nonce, aad, 1) ||
        (plain.len && EVP_EncryptUpdate(ctx, to, &len, plain.data, (int)plain.len) != 1) ||
        EVP_EncryptFinal_ex(ctx, to + len, &len) != 1 ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, sizeof tag, tag) != 1)
        return fail(err);
    buffer_add(ret_sealed, BYTES_OF(nonce));
    buffer_add(ret_sealed, buffer_bytes(&cipher));
    buffer_add(ret_sealed, BYTES_OF(tag));
    return buffer_ok(ret_sealed, err);
}

bool aead_open(const struct aead_key *key, struct bytes aad, struct bytes sealed,
               struct buffer *ret_plain, struct quoth_error *err)
{
    if (too_large(aad, sealed, err) || !crypto_init(err))
        return false;
    if (sealed.len < AEAD_OVERHEAD)
        return quoth_fail(err, QUOTH_SEAL_BROKEN, "sealed", 0,
                          "has %zu bytes, nonce and tag alone have %d", sealed.len, AEAD_OVERHEAD);
    const struct bytes nonce = bytes_slice(sealed, 0, AEAD_NONCE_SIZE);
    const struct bytes text = bytes_slice(sealed, AEAD_NONCE_SIZE, sealed.len - AEAD_OVERHEAD);
    uint8_t tag[AEAD_TAG_SIZE];
    bytes_copy(tag, bytes_slice(sealed, sealed.len - AEAD_TAG_SIZE, AEAD_TAG_SIZE));

    /* Nothing is handed on before the tag is checked. */
    AUTO(cipher_ctx) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    AUTO(buffer) struct buffer plain = {0};
    uint8_t none[1], *to = text.len ? buffer_extend(&plain, text.len) : none;
    int len = 0;
    if (!buffer_ok(&plain, err))
        return false;
    if (!ctx || !begin(ctx, key, nonce.data, aad, 0) ||
        (text.len && EVP_DecryptUpdate(ctx, to, &len, text.data, (int)text.len) != 1) ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, sizeof tag, tag) != 1)
        return fail(err);
    if (EVP_DecryptFinal_ex(ctx, to + len, &len) != 1) {
        crypto_forget_errors();
        return quoth_fail(err, QUOTH_SEAL_BROKEN, "sealed", QUOTH_NO_OFFSET,
                          "was sealed under another key or for another use, or was changed");
    }
    buffer_add(ret_plain, buffer_bytes(&plain));
    return buffer_ok(ret_plain, err);
}
