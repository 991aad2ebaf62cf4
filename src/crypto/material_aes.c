#include "crypto/init.h"
#include "crypto/key_wrap.h"
#include "crypto/mask.h"
#include "crypto/material_inside.h"
#include "crypto/random.h"

#define BLOCK 16
#define GCM_IV_SIZE 12
#define GCM_TAG_SIZE 16

DEFINE_AUTO(cipher, EVP_CIPHER *, EVP_CIPHER_free)
DEFINE_AUTO(cipher_ctx, EVP_CIPHER_CTX *, EVP_CIPHER_CTX_free)

/* Key, iv and aad; encrypting is 1 or 0. Padding is ours: OpenSSL's way of taking it off tells by
 * its time what it found. */
static bool begin(EVP_CIPHER_CTX *ctx, const struct material *m, const struct material_algorithm *a,
                  struct bytes iv, struct bytes aad, int encrypting)
{
    char name[16];
    int len;
    snprintf(name, sizeof name, "AES-%u-%s", m->bits, a->method == METHOD_GCM ? "GCM" : "CBC");
    AUTO(cipher) EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
    return ctx && cipher &&
           EVP_CipherInit_ex2(ctx, cipher, m->parts.k.data, iv.data, encrypting, NULL) == 1 &&
           EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
           (aad.len == 0 || EVP_CipherUpdate(ctx, NULL, &len, aad.data, (int)aad.len) == 1);
}

static bool update(EVP_CIPHER_CTX *ctx, struct bytes in, struct buffer *to)
{
    int len = 0;
    uint8_t *at = in.len ? buffer_extend(to, in.len) : NULL;
    return in.len == 0 || (at && EVP_CipherUpdate(ctx, at, &len, in.data, (int)in.len) == 1 &&
                           (size_t)len == in.len);
}

static bool finish(EVP_CIPHER_CTX *ctx)
{
    uint8_t none[BLOCK];
    int len = 0;
    return EVP_CipherFinal_ex(ctx, none, &len) == 1 && len == 0;
}

static bool encrypt_gcm(const struct material *m, const struct material_algorithm *a,
                        const struct material_text *plain, struct buffer *ret_value,
                        struct buffer *ret_iv, struct buffer *ret_tag, struct quoth_error *err)
{
    uint8_t iv[GCM_IV_SIZE], tag[GCM_TAG_SIZE];
    AUTO(buffer) struct buffer sealed = {0};
    if (!random_fill(iv, sizeof iv, err))
        return false;
    AUTO(cipher_ctx) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    if (!begin(ctx, m, a, BYTES_OF(iv), plain->aad, 1) || !update(ctx, plain->value, &sealed) ||
        !finish(ctx) || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, sizeof tag, tag) != 1)
        return material_unavailable(err, a);
    buffer_add(ret_value, buffer_bytes(&sealed));
    buffer_add(ret_iv, BYTES_OF(iv));
    buffer_add(ret_tag, BYTES_OF(tag));
    return buffer_ok(ret_value, err) && buffer_ok(ret_iv, err) && buffer_ok(ret_tag, err);
}

static bool decrypt_gcm(const struct material *m, const struct material_algorithm *a,
                        const struct material_text *sealed, struct buffer *ret_plain,
                        struct quoth_error *err)
{
    uint8_t tag[GCM_TAG_SIZE];
    AUTO(buffer) struct buffer plain = {0};
    bytes_copy(tag, sealed->tag);
    AUTO(cipher_ctx) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    if (!begin(ctx, m, a, sealed->iv, sealed->aad, 0) || !update(ctx, sealed->value, &plain) ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, sizeof tag, tag) != 1)
        return material_unavailable(err, a);
    if (!finish(ctx)) /* nothing is handed on before */
        return material_broken(err);
    buffer_add(ret_plain, buffer_bytes(&plain));
    return buffer_ok(ret_plain, err);
}

static bool run_cbc(const struct material *m, const struct material_algorithm *a, struct bytes iv,
                    struct bytes in, int encrypting, struct buffer *to, struct quoth_error *err)
{
    AUTO(cipher_ctx) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    return (begin(ctx, m, a, iv, (struct bytes){0}, encrypting) && update(ctx, in, to) &&
            finish(ctx)) ||
           material_unavailable(err, a);
}

static bool encrypt_cbc(const struct material *m, const struct material_algorithm *a,
                        const struct material_text *plain, struct buffer *ret_value,
                        struct quoth_error *err)
{
    AUTO(buffer) struct buffer whole = {0}, sealed = {0};
    const size_t missing = BLOCK - plain->value.len % BLOCK;
    if (a->method == METHOD_CBC && (plain->value.len == 0 || missing != BLOCK))
        return material_input(err, "value", plain->value.len, "a multiple of 16");
    buffer_add(&whole, plain->value);
    if (a->method == METHOD_CBC_PAD)
        buffer_fill(&whole, missing, (uint8_t)missing);
    if (!buffer_ok(&whole, err) || !run_cbc(m, a, plain->iv, buffer_bytes(&whole), 1, &sealed, err))
        return false;
    buffer_add(ret_value, buffer_bytes(&sealed));
    return buffer_ok(ret_value, err);
}

/* Bytes of padding at the end of a text of whole blocks, 0 if they are not as they should be; the
 * same steps for all of them. */
static size_t padding(struct bytes text)
{
    const struct bytes last = bytes_slice(text, text.len - BLOCK, BLOCK);
    const uint32_t count = last.data[BLOCK - 1];
    uint32_t wrong = mask_zero(count) | mask_less(BLOCK, count);
    for (uint32_t i = 1; i <= BLOCK; i++)
        wrong |= ~mask_less(count, i) & (last.data[BLOCK - i] ^ count);
    return mask_choose(mask_zero(wrong & 0xFF), count, 0);
}

static bool decrypt_cbc(const struct material *m, const struct material_algorithm *a,
                        const struct material_text *sealed, struct buffer *ret_plain,
                        struct quoth_error *err)
{
    AUTO(buffer) struct buffer plain = {0};
    if (sealed->value.len == 0 || sealed->value.len % BLOCK)
        return material_input(err, "value", sealed->value.len, "a multiple of 16");
    if (!run_cbc(m, a, sealed->iv, sealed->value, 0, &plain, err))
        return false;
    const size_t pad = a->method == METHOD_CBC_PAD ? padding(buffer_bytes(&plain)) : 0;
    if (a->method == METHOD_CBC_PAD && pad == 0)
        return material_broken(err);
    buffer_add(ret_plain, bytes_slice(buffer_bytes(&plain), 0, plain.len - pad));
    return buffer_ok(ret_plain, err);
}

static bool encrypt_wrap(const struct material *m, const struct material_algorithm *a,
                         struct bytes plain, struct buffer *ret_value, struct quoth_error *err)
{
    if (a->method == METHOD_WRAP_PAD)
        return plain.len == 0 ? material_input(err, "value", 0, "1 or more")
                              : key_wrap(m->parts.k, plain, ret_value, err);
    if (plain.len < 16 || plain.len % 8)
        return material_input(err, "value", plain.len, "16 or more, by steps of 8");
    return key_wrap_whole(m->parts.k, plain, ret_value, err);
}

static bool decrypt_wrap(const struct material *m, const struct material_algorithm *a,
                         struct bytes sealed, struct buffer *ret_plain, struct quoth_error *err)
{
    const bool padded = a->method == METHOD_WRAP_PAD;
    struct quoth_error inner = {0};
    if (sealed.len < (padded ? 16 : 24) || sealed.len % 8)
        return material_input(err, "value", sealed.len,
                              padded ? "16 or more, by steps of 8" : "24 or more, by steps of 8");
    return (padded ? key_unwrap : key_unwrap_whole)(m->parts.k, sealed, ret_plain, &inner) ||
           (inner.code == QUOTH_KEY_WRAP_BROKEN ? material_broken(err)
                                                : material_unavailable(err, a));
}

bool material_aes_encrypt(struct material *m, const struct material_algorithm *a,
                          const struct material_text *plain, struct buffer *ret_value,
                          struct buffer *ret_iv, struct buffer *ret_tag, struct quoth_error *err)
{
    switch (a->method) {
    case METHOD_GCM:
        return encrypt_gcm(m, a, plain, ret_value, ret_iv, ret_tag, err);
    case METHOD_CBC:
    case METHOD_CBC_PAD:
        return encrypt_cbc(m, a, plain, ret_value, err);
    default:
        return encrypt_wrap(m, a, plain->value, ret_value, err);
    }
}

bool material_aes_decrypt(struct material *m, const struct material_algorithm *a,
                          const struct material_text *sealed, struct buffer *ret_plain,
                          struct quoth_error *err)
{
    switch (a->method) {
    case METHOD_GCM:
        return decrypt_gcm(m, a, sealed, ret_plain, err);
    case METHOD_CBC:
    case METHOD_CBC_PAD:
        return decrypt_cbc(m, a, sealed, ret_plain, err);
    default:
        return decrypt_wrap(m, a, sealed->value, ret_plain, err);
    }
}
