#include "crypto/init.h"
#include "crypto/kdf.h"
#include "crypto/mask.h"
#include "crypto/material_inside.h"

#include <openssl/rsa.h>

#define K_MAX (RSA_BITS_MAX / 8) /* bytes of a modulus */

DEFINE_AUTO(pkey_ctx, EVP_PKEY_CTX *, EVP_PKEY_CTX_free)

/* A block as long as the modulus: a secret, wiped by its clear. */
struct block {
    uint8_t bytes[K_MAX];
};

static void block_clear(struct block *b)
{
    bytes_wipe(b, sizeof *b);
}
DEFINE_AUTO_VALUE(block, struct block, block_clear)

static bool set_padding(EVP_PKEY_CTX *ctx, const struct material_algorithm *a, int without_oaep)
{
    if (a->method != METHOD_OAEP)
        return EVP_PKEY_CTX_set_rsa_padding(ctx, without_oaep) == 1;
    return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, a->hash, NULL) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, a->hash, NULL) == 1;
}

/* RFC 8017 7.1.1 and 7.2.1: the longest message. */
static size_t room(const struct material *m, const struct material_algorithm *a)
{
    if (a->method == METHOD_RSA1_5)
        return material_modulus_size(m) - 11;
    return material_modulus_size(m) - 2 -
           2 * (size_t)EVP_MD_get_size(EVP_get_digestbyname(a->hash));
}

bool material_rsa_encrypt(struct material *m, const struct material_algorithm *a,
                          struct bytes plain, struct buffer *ret_value, struct quoth_error *err)
{
    uint8_t block[K_MAX];
    size_t len = sizeof block;
    char expected[32];
    const size_t limit = room(m, a);
    snprintf(expected, sizeof expected, "1 to %zu", limit);
    if (plain.len == 0 || plain.len > limit)
        return material_input(err, "value", plain.len, expected);
    AUTO(pkey_ctx) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, m->pkey, NULL);
    if (!ctx || EVP_PKEY_encrypt_init(ctx) != 1 || !set_padding(ctx, a, RSA_PKCS1_PADDING) ||
        EVP_PKEY_encrypt(ctx, block, &len, plain.data, plain.len) != 1)
        return material_unavailable(err, a);
    buffer_add(ret_value, (struct bytes){block, len});
    return buffer_ok(ret_value, err);
}

/* ---- RSA1_5, rejected implicitly: draft-irtf-cfrg-rsa-guidance-04, section 7. OpenSSL has it from
 * 3.2 on and gives the same texts. No branch and no address depends on whether the padding holds. */

#define LENGTHS 128 /* candidates for the length of the text that is made up */

/* Section 7.1: HMAC(key, number || label || bits wanted), until there are len bytes. */
static bool irprf(const struct sha256 *key, const char *label, uint8_t *to, size_t len,
                  struct quoth_error *err)
{
    for (size_t at = 0; at < len; at += 32) {
        AUTO(buffer) struct buffer text = {0};
        struct sha256 mac;
        buffer_u16be(&text, (uint16_t)(at / 32));
        buffer_text(&text, label);
        buffer_u16be(&text, (uint16_t)(8 * len));
        if (!buffer_ok(&text, err) ||
            !hmac_sha256(BYTES_OF(key->bytes), buffer_bytes(&text), &mac, err))
            return false;
        bytes_copy(to + at, bytes_slice(BYTES_OF(mac.bytes), 0, len - at));
        bytes_wipe(&mac, sizeof mac);
    }
    return true;
}

/* The text that stands in for one whose padding is wrong: as many bytes as *ret_len says, at the end
 * of the block of k bytes. */
static bool make_up(const struct material *m, struct bytes sealed, size_t k, struct block *ret_text,
                    uint32_t *ret_len, struct quoth_error *err)
{
    AUTO(block) struct block d = {0};
    uint8_t lengths[2 * LENGTHS];
    struct sha256 key;
    uint32_t ceiling = (uint32_t)k - 10, mask = 1, len = 0;
    bytes_copy(d.bytes + k - m->parts.d.len, m->parts.d);
    const struct sha256 hashed = sha256_of((struct bytes){d.bytes, k});
    if (!hmac_sha256(BYTES_OF(hashed.bytes), sealed, &key, err) ||
        !irprf(&key, "length", lengths, sizeof lengths, err) ||
        !irprf(&key, "message", ret_text->bytes, k, err))
        return false;
    while (mask < ceiling)
        mask = mask << 1 | 1;
    for (size_t i = 0; i < sizeof lengths; i += 2) {
        const uint32_t candidate = ((uint32_t)lengths[i] << 8 | lengths[i + 1]) & mask;
        len = mask_choose(mask_less(candidate, ceiling), candidate, len);
    }
    bytes_wipe(&key, sizeof key);
    *ret_len = len;
    return true;
}

/* RFC 8017 7.2.2 step 3: 00 02, eight bytes or more that are not zero, 00, the message. All ones if
 * it is so, and where the message begins. */
static uint32_t find_message(const uint8_t *block, size_t k, uint32_t *ret_start)
{
    uint32_t zero_at = 0, found = 0;
    for (uint32_t i = 2; i < k; i++) {
        const uint32_t zero = mask_zero(block[i]);
        zero_at = mask_choose(~found & zero, i, zero_at);
        found |= zero;
    }
    *ret_start = zero_at + 1;
    return mask_zero(block[0]) & mask_zero(block[1] ^ 2u) & found & ~mask_less(zero_at, 10);
}

static bool open_implicitly(const struct material *m, struct bytes sealed, struct block *block,
                            struct buffer *ret_plain, struct quoth_error *err)
{
    const size_t k = material_modulus_size(m);
    AUTO(block) struct block other = {0};
    uint32_t len, start;
    if (!make_up(m, sealed, k, &other, &len, err))
        return false;
    const uint32_t good = find_message(block->bytes, k, &start);
    start = mask_choose(good, start, (uint32_t)k - len);
    for (size_t i = 0; i < k; i++)
        block->bytes[i] = (uint8_t)mask_choose(good, block->bytes[i], other.bytes[i]);
    buffer_add(ret_plain, (struct bytes){block->bytes + start, k - start});
    return buffer_ok(ret_plain, err);
}

bool material_rsa_decrypt(struct material *m, const struct material_algorithm *a,
                          struct bytes sealed, struct buffer *ret_plain, struct quoth_error *err)
{
    AUTO(block) struct block plain;
    size_t len = sizeof plain.bytes;
    char expected[24];
    snprintf(expected, sizeof expected, "%zu", material_modulus_size(m));
    if (sealed.len != material_modulus_size(m))
        return material_input(err, "value", sealed.len, expected);
    AUTO(pkey_ctx) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, m->pkey, NULL);
    if (!ctx || EVP_PKEY_decrypt_init(ctx) != 1 || !set_padding(ctx, a, RSA_NO_PADDING))
        return material_unavailable(err, a);
    if (EVP_PKEY_decrypt(ctx, plain.bytes, &len, sealed.data, sealed.len) != 1)
        return material_broken(err); /* also what is not less than the modulus */
    if (a->method == METHOD_RSA1_5)
        return open_implicitly(m, sealed, &plain, ret_plain, err);
    buffer_add(ret_plain, (struct bytes){plain.bytes, len});
    return buffer_ok(ret_plain, err);
}
