/* Certificates of the vendors' fixed profile, read without OpenSSL: X.509 v3, a P-256 key with
 * named curve, ecdsa-with-SHA256 without parameters, names of one attribute per RDN. Everything is
 * DER in its one form and nothing may follow. What TLS presents and operators bring is judged by
 * OpenSSL instead (crypto/x509.h). Sources: RFC 5280, RFC 5480, RFC 5758; Intel's profile in its
 * "SGX PCK Certificate and CRL Profile Specification". */
#ifndef QUOTH_CRYPTO_CERT_H
#define QUOTH_CRYPTO_CERT_H

#include "base/bytes.h"
#include "crypto/p256.h"

#define CERT_SIZE_MAX 8192 /* bytes of DER; Intel's largest has about 1,300 */

/* Bits of key_usage: bit n of KeyUsage is 1 << n (RFC 5280 4.2.1.3). */
enum cert_key_usage {
    CERT_DIGITAL_SIGNATURE = 1 << 0,
    CERT_NON_REPUDIATION = 1 << 1,
    CERT_KEY_ENCIPHERMENT = 1 << 2,
    CERT_KEY_AGREEMENT = 1 << 4,
    CERT_KEY_CERT_SIGN = 1 << 5,
    CERT_CRL_SIGN = 1 << 6,
};

#define CERT_NO_PATH_LEN (-1)

/* A plain value; its views point into der and live as long as those bytes do. A view of an absent
 * part is empty. */
struct cert {
    struct bytes der;
    struct bytes tbs;             /* what is signed: the whole TBSCertificate, header included */
    struct bytes serial;          /* unsigned big-endian, no leading zero byte, 1 to 20 bytes */
    struct bytes issuer, subject; /* Name with its header: compare byte for byte */
    struct bytes issuer_cn, subject_cn; /* characters of the commonName */
    int64_t not_before, not_after;      /* the last second of validity is not_after itself */
    struct bytes spki;                  /* SubjectPublicKeyInfo with its header, 91 bytes */
    struct bytes point;                 /* 65 bytes, 04 X Y; not yet checked to be on the curve */
    uint8_t signature[P256_SIGNATURE_SIZE];

    unsigned extension_count;
    struct bytes aki; /* keyIdentifier of authorityKeyIdentifier, the only member allowed in it */
    struct bytes ski; /* subjectKeyIdentifier */
    bool has_key_usage, key_usage_critical;
    unsigned key_usage; /* of enum cert_key_usage */
    bool has_basic_constraints, basic_constraints_critical, is_ca;
    int path_len; /* CERT_NO_PATH_LEN if absent */
    bool has_crl_distribution_points;
    struct bytes crl_uri; /* first URI of the first fullName. Evidence: never fetched */
    struct bytes sgx;     /* value of 1.2.840.113741.1.13.1: DER inside the OCTET STRING */
};

/* Reads one certificate. QUOTH_CERTIFICATE_UNSUPPORTED or QUOTH_UNSUPPORTED for what is outside the
 * profile: other algorithms or versions, unknown critical extensions. QUOTH_DER, QUOTH_MALFORMED or
 * QUOTH_CERTIFICATE_MALFORMED for what is no certificate; QUOTH_TOO_LARGE beyond CERT_SIZE_MAX. */
bool cert_read(struct bytes der, struct cert *ret_cert, struct quoth_error *err);

/* Whether issuer_key signed cert: one digest and one verification. Names, times and extensions are
 * the caller's to judge. */
bool cert_signed_by(const struct cert *cert, const struct p256_public *issuer_key);

/* The characters of the commonName of a Name TLV; empty if it has none. */
bool cert_name_cn(struct bytes name, struct bytes *ret_cn, struct quoth_error *err);

#endif
