/* Certificates that operators and TLS peers bring, of any kind OpenSSL reads. Off the serving path:
 * OpenSSL's decoder costs more than two signature verifications. Evidence of vendors is read by
 * crypto/cert.h instead. */
#ifndef QUOTH_CRYPTO_X509_H
#define QUOTH_CRYPTO_X509_H

#include "base/bytes.h"
#include "crypto/key.h"
#include "crypto/public_key.h"

#define X509_SIZE_MAX 65536 /* bytes of DER or PEM */

struct x509_cert;

/* Exactly one certificate, nothing after it. QUOTH_CERTIFICATE_MALFORMED otherwise. */
bool x509_cert_from_der(struct bytes der, struct x509_cert **ret_cert, struct quoth_error *err);

/* The first "CERTIFICATE" block of a PEM text. */
bool x509_cert_from_pem(struct bytes pem, struct x509_cert **ret_cert, struct quoth_error *err);

void x509_cert_free(struct x509_cert *cert);
DEFINE_AUTO(x509_cert, struct x509_cert *, x509_cert_free)

/* Views that live as long as the certificate. */
struct bytes x509_cert_der(const struct x509_cert *cert);
struct bytes x509_cert_subject(const struct x509_cert *cert); /* Name as DER */
struct bytes x509_cert_issuer(const struct x509_cert *cert);
int64_t x509_cert_not_before(const struct x509_cert *cert);
int64_t x509_cert_not_after(const struct x509_cert *cert);

/* For people: RFC 2253 form, UTF-8, appended. */
bool x509_cert_subject_text(const struct x509_cert *cert, struct buffer *ret_text,
                            struct quoth_error *err);

/* Its key, if it is of a kind we accept (crypto/public_key.h). */
bool x509_cert_public_key(const struct x509_cert *cert, struct public_key **ret_key,
                          struct quoth_error *err);

/* Whether issuer signed cert: names agree and the signature verifies, in an algorithm no weaker
 * than SHA-256. Given the same certificate twice: whether it is truly self-signed. */
bool x509_cert_signed_by(const struct x509_cert *cert, const struct x509_cert *issuer);

/* Whether it stands for this host, a name or an address, by its subjectAltName alone (RFC 6125). A
 * wildcard is a whole first label. */
bool x509_cert_names_host(const struct x509_cert *cert, const char *host);

/* Whether cert is for this key. */
bool x509_cert_matches(const struct x509_cert *cert, const struct private_key *key);

#endif
