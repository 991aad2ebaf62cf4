/* Whether certificates that an operator trusts vouch for another one (RFC 5280 6). OpenSSL is the
 * judge of signatures, times, path lengths, name constraints and critical extensions. */
#ifndef QUOTH_CRYPTO_X509_CHAIN_H
#define QUOTH_CRYPTO_X509_CHAIN_H

#include "crypto/x509.h"

#define X509_CHAIN_MAX 8

/* True if chain[0] is one of the trusted certificates itself, or if each certificate of the chain
 * was issued by the next one and the last of them by a trusted one or is one. What issues must be a
 * CA by its basic constraints, and signatures and keys have 112 bits of strength; a trusted
 * certificate need not be self-signed. All must be valid at that instant.
 * QUOTH_CERTIFICATE_UNTRUSTED. */
bool x509_chain_trusted(struct x509_cert *const *chain, size_t count,
                        struct x509_cert *const *trusted, size_t trusted_count, int64_t at,
                        struct quoth_error *err);

#endif
