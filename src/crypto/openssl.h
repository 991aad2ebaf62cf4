/* Our keys and certificates as OpenSSL has them: for this room, and for src/net to hand to TLS.
 * Nobody else includes this. */
#ifndef QUOTH_CRYPTO_OPENSSL_H
#define QUOTH_CRYPTO_OPENSSL_H

#include "crypto/key.h"
#include "crypto/x509.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

/* Borrowed: they live as long as the object; take a reference to keep one. */
EVP_PKEY *private_key_evp(const struct private_key *key);
EVP_PKEY *public_key_evp(const struct public_key *key); /* NULL unless RSA */
X509 *x509_cert_openssl(const struct x509_cert *cert);

/* A new RSA key, owned; NULL when OpenSSL fails. Takes a while. */
EVP_PKEY *evp_generate_rsa(unsigned bits, uint64_t exponent);

#endif
