#include "crypto/cmac.h"

#include "crypto/init.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

DEFINE_AUTO(mac, EVP_MAC *, EVP_MAC_free)
DEFINE_AUTO(mac_ctx, EVP_MAC_CTX *, EVP_MAC_CTX_free)

bool cmac_aes128(struct bytes key, struct bytes data, uint8_t ret_mac[CMAC_SIZE],
                 struct quoth_error *err)
{
    char cipher[] = "AES-128-CBC";
    uint8_t tag[CMAC_SIZE];
    size_t len = 0;
    if (key.len != 16)
        return quoth_fail(err, QUOTH_INTERNAL, "cmac", QUOTH_NO_OFFSET,
                          "the key has %zu bytes, AES-128 takes 16", key.len);
    if (!crypto_init(err))
        return false;
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, cipher, 0),
        OSSL_PARAM_construct_end(),
    };
    AUTO(mac) EVP_MAC *mac = EVP_MAC_fetch(NULL, "CMAC", NULL);
    AUTO(mac_ctx) EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;
    if (!ctx || EVP_MAC_init(ctx, key.data, key.len, params) != 1 ||
        EVP_MAC_update(ctx, data.data, data.len) != 1 ||
        EVP_MAC_final(ctx, tag, &len, sizeof tag) != 1 || len != sizeof tag) {
        crypto_forget_errors();
        return quoth_fail(err, QUOTH_UNAVAILABLE, "cmac", QUOTH_NO_OFFSET,
                          "OpenSSL does not run AES-128-CMAC");
    }
    bytes_copy(ret_mac, BYTES_OF(tag));
    return true;
}
