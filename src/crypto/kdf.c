/* On the block functions of SHA-256 (digest.h): HMAC and HKDF that are fetched cost ten times what
 * they compute for texts as short as ours. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/kdf.h"

#include <openssl/sha.h>

#define BLOCK SHA256_CBLOCK
#define HASH SHA256_DIGEST_LENGTH

/* Where both hashes stand once they have taken in the key: as good as the key. */
struct hmac {
    SHA256_CTX inner, outer;
};

static void hmac_clear(struct hmac *h)
{
    bytes_wipe(h, sizeof *h);
}
DEFINE_AUTO_VALUE(hmac, struct hmac, hmac_clear)

static void flip(uint8_t block[BLOCK], uint8_t with)
{
    for (size_t i = 0; i < BLOCK; i++)
        block[i] ^= with;
}

/* RFC 2104 section 2: the key, hashed if it is longer than a block, filled up with zeros. */
static void begin(struct hmac *h, struct bytes key)
{
    uint8_t block[BLOCK] = {0};
    if (key.len > BLOCK)
        SHA256(key.data, key.len, block);
    else
        bytes_copy(block, key);
    flip(block, 0x36);
    SHA256_Init(&h->inner);
    SHA256_Update(&h->inner, block, BLOCK);
    flip(block, 0x36 ^ 0x5C);
    SHA256_Init(&h->outer);
    SHA256_Update(&h->outer, block, BLOCK);
    bytes_wipe(block, BLOCK);
}

static void add(struct hmac *h, struct bytes data)
{
    SHA256_Update(&h->inner, data.data, data.len);
}

static void end(struct hmac *h, uint8_t ret_mac[HASH])
{
    SHA256_Final(ret_mac, &h->inner);
    SHA256_Update(&h->outer, ret_mac, HASH);
    SHA256_Final(ret_mac, &h->outer);
}

void hmac_sha256(struct bytes key, struct bytes data, struct sha256 *ret_mac)
{
    AUTO(hmac) struct hmac h;
    begin(&h, key);
    add(&h, data);
    end(&h, ret_mac->bytes);
}

/* RFC 5869 section 2.3: each block is made of the one before, info and its number. */
static void expand(const struct sha256 *prk, struct bytes info, uint8_t *ret_out, size_t len)
{
    struct sha256 block;
    uint8_t number = 0;
    for (size_t done = 0; done < len; done += HASH) {
        AUTO(hmac) struct hmac h;
        begin(&h, BYTES_OF(prk->bytes));
        if (number++ > 0)
            add(&h, BYTES_OF(block.bytes));
        add(&h, info);
        add(&h, (struct bytes){&number, 1});
        end(&h, block.bytes);
        bytes_copy(ret_out + done, bytes_slice(BYTES_OF(block.bytes), 0, len - done));
    }
    bytes_wipe(&block, sizeof block);
}

bool hkdf_sha256(struct bytes salt, struct bytes ikm, struct bytes info, uint8_t *ret_out,
                 size_t len, struct quoth_error *err)
{
    struct sha256 prk;
    if (len == 0 || len > HKDF_SHA256_MAX)
        return quoth_fail(err, QUOTH_INTERNAL, "hkdf", QUOTH_NO_OFFSET,
                          "cannot give %zu bytes, only 1 to %d", len, HKDF_SHA256_MAX);
    hmac_sha256(salt, ikm, &prk);
    expand(&prk, info, ret_out, len);
    bytes_wipe(&prk, sizeof prk);
    return true;
}
