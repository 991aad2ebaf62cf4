/* AES-128-CMAC (RFC 4493, NIST SP 800-38B), as EREPORT and EGETKEY use it. */
#ifndef QUOTH_CRYPTO_CMAC_H
#define QUOTH_CRYPTO_CMAC_H

#include "base/bytes.h"

#define CMAC_SIZE 16

/* key is exactly 16 bytes: QUOTH_INTERNAL otherwise. Compare with bytes_equal_secret. */
bool cmac_aes128(struct bytes key, struct bytes data, uint8_t ret_mac[CMAC_SIZE],
                 struct quoth_error *err);

#endif
