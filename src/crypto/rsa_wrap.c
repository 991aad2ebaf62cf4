#include "crypto/rsa_wrap.h"

#include "crypto/init.h"
#include "crypto/key_wrap.h"
#include "crypto/openssl.h"
#include "crypto/random.h"

#include <openssl/rsa.h>

DEFINE_AUTO(pkey_ctx, EVP_PKEY_CTX *, EVP_PKEY_CTX_free)

#define K_SIZE 32

static const struct {
    const char *name, *hash;
} algorithms[RSA_WRAP_COUNT] = {
    [RSA_WRAP_SHA1] = {"CKM_RSA_AES_KEY_WRAP", "SHA1"  },
    [RSA_WRAP_SHA256] = {"RSA_AES_KEY_WRAP_256", "SHA256"},
    [RSA_WRAP_SHA384] = {"RSA_AES_KEY_WRAP_384", "SHA384"},
};

/* A secret: wiped by its clear. */
struct wrap_key {
    uint8_t bytes[K_SIZE];
};

static void wrap_key_clear(struct wrap_key *k)
{
    bytes_wipe(k, sizeof *k);
}
DEFINE_AUTO_VALUE(wrap_key, struct wrap_key, wrap_key_clear)

const char *rsa_wrap_name(enum rsa_wrap algorithm)
{
    return algorithms[algorithm].name;
}

bool rsa_wrap_find(struct bytes name, enum rsa_wrap *ret_algorithm)
{
    for (size_t i = 0; i < RSA_WRAP_COUNT; i++)
        if (bytes_equal(name, bytes_of_text(algorithms[i].name))) {
            *ret_algorithm = (enum rsa_wrap)i;
            return true;
        }
    return false;
}

static bool unavailable(struct quoth_error *err)
{
    crypto_forget_errors();
    return quoth_fail(err, QUOTH_UNAVAILABLE, "rsa-wrap", QUOTH_NO_OFFSET,
                      "OpenSSL does not run RSA-OAEP with this key");
}

/* Both hashes are set: left alone, MGF1 would follow the other in some versions and not in others.
 */
static bool set_oaep(EVP_PKEY_CTX *ctx, enum rsa_wrap algorithm)
{
    const char *hash = algorithms[algorithm].hash;
    return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, hash, NULL) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, hash, NULL) == 1;
}

bool rsa_wrap(enum rsa_wrap algorithm, const struct public_key *recipient, struct bytes plain,
              struct buffer *ret_wrapped, struct quoth_error *err)
{
    AUTO(wrap_key) struct wrap_key k;
    AUTO(buffer) struct buffer wrapped = {0};
    uint8_t block[RSA_BITS_MAX / 8];
    size_t len = sizeof block;
    if (public_key_kind(recipient) != KEY_KIND_RSA)
        return quoth_fail(err, QUOTH_KEY_UNSUPPORTED, "recipient", QUOTH_NO_OFFSET,
                          "is not an RSA key");
    if (!crypto_init(err) || !random_fill(k.bytes, sizeof k.bytes, err))
        return false;
    AUTO(pkey_ctx)
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, public_key_evp(recipient), NULL);
    if (!ctx || EVP_PKEY_encrypt_init(ctx) != 1 || !set_oaep(ctx, algorithm) ||
        EVP_PKEY_encrypt(ctx, block, &len, k.bytes, sizeof k.bytes) != 1)
        return unavailable(err);
    buffer_add(&wrapped, (struct bytes){block, len});
    if (!key_wrap(BYTES_OF(k.bytes), plain, &wrapped, err))
        return false;
    buffer_add(ret_wrapped, buffer_bytes(&wrapped));
    return buffer_ok(ret_wrapped, err);
}

/* Opens the block into k, or leaves k, which is random, as it is: then unwrapping under it fails
 * as it does for any wrong key, and nobody learns which of the two steps it was. */
static bool open_block(enum rsa_wrap algorithm, const struct private_key *recipient,
                       struct bytes block, struct wrap_key *k, struct quoth_error *err)
{
    uint8_t plain[RSA_BITS_MAX / 8];
    size_t len = sizeof plain;
    AUTO(pkey_ctx)
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, private_key_evp(recipient), NULL);
    if (!ctx || EVP_PKEY_decrypt_init(ctx) != 1 || !set_oaep(ctx, algorithm))
        return unavailable(err);
    if (EVP_PKEY_decrypt(ctx, plain, &len, block.data, block.len) == 1 && len == K_SIZE)
        bytes_copy(k->bytes, (struct bytes){plain, K_SIZE});
    crypto_forget_errors();
    bytes_wipe(plain, sizeof plain);
    return true;
}

bool rsa_unwrap(enum rsa_wrap algorithm, const struct private_key *recipient, struct bytes wrapped,
                struct buffer *ret_plain, struct quoth_error *err)
{
    AUTO(wrap_key) struct wrap_key k;
    if (private_key_kind(recipient) != KEY_KIND_RSA)
        return quoth_fail(err, QUOTH_KEY_UNSUPPORTED, "recipient", QUOTH_NO_OFFSET,
                          "is not an RSA key");
    const size_t block = (private_key_bits(recipient) + 7) / 8;
    if (wrapped.len <= block)
        return quoth_fail(err, QUOTH_KEY_WRAP_BROKEN, "key-wrap", QUOTH_NO_OFFSET,
                          "has %zu bytes, the block of a key of %u bits alone has %zu", wrapped.len,
                          private_key_bits(recipient), block);
    return crypto_init(err) && random_fill(k.bytes, sizeof k.bytes, err) &&
           open_block(algorithm, recipient, bytes_slice(wrapped, 0, block), &k, err) &&
           key_unwrap(BYTES_OF(k.bytes), bytes_slice(wrapped, block, wrapped.len), ret_plain, err);
}
