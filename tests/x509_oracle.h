/* OpenSSL as the judge of our own readers, for their tests and fuzz targets: what we accept, it
 * must accept, and read the same. Aborts where they differ. */
#ifndef QUOTH_TESTS_X509_ORACLE_H
#define QUOTH_TESTS_X509_ORACLE_H

#include "base/time.h"
#include "crypto/cert.h"
#include "crypto/crl.h"
#include "tests/fuzz/fuzz.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

DEFINE_AUTO(oracle_cert, X509 *, X509_free)
DEFINE_AUTO(oracle_crl, X509_CRL *, X509_CRL_free)

static inline X509 *oracle_cert_read(struct bytes der)
{
    const unsigned char *at = der.data;
    X509 *cert = d2i_X509(NULL, &at, (long)der.len);
    if (cert && at != der.data + der.len) {
        X509_free(cert);
        cert = NULL;
    }
    ERR_clear_error();
    return cert;
}

static inline X509_CRL *oracle_crl_read(struct bytes der)
{
    const unsigned char *at = der.data;
    X509_CRL *crl = d2i_X509_CRL(NULL, &at, (long)der.len);
    if (crl && at != der.data + der.len) {
        X509_CRL_free(crl);
        crl = NULL;
    }
    ERR_clear_error();
    return crl;
}

static inline void oracle_same_name(const X509_NAME *theirs, struct bytes ours)
{
    const unsigned char *der = NULL;
    size_t len = 0;
    require(X509_NAME_get0_der(theirs, &der, &len) == 1);
    require(bytes_equal((struct bytes){der, len}, ours));
}

static inline void oracle_same_time(const ASN1_TIME *theirs, int64_t ours)
{
    struct tm tm;
    int64_t time = 0;
    require(theirs && ASN1_TIME_to_tm(theirs, &tm) == 1);
    require(time_from_parts(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
                            tm.tm_sec, &time));
    require(time == ours);
}

static inline void oracle_same_integer(const ASN1_INTEGER *theirs, struct bytes ours)
{
    uint8_t number[64];
    BIGNUM *n = ASN1_INTEGER_to_BN(theirs, NULL);
    require(n && !BN_is_negative(n) && BN_num_bytes(n) <= (int)sizeof number);
    const size_t len = (size_t)BN_bn2bin(n, number);
    const bool is_zero = len == 0 && ours.len == 1 && ours.data[0] == 0;
    require(is_zero || bytes_equal((struct bytes){number, len}, ours));
    BN_free(n);
}

static inline void oracle_same_octets(const ASN1_OCTET_STRING *theirs, struct bytes ours)
{
    const struct bytes octets =
        theirs ? (struct bytes){ASN1_STRING_get0_data(theirs), (size_t)ASN1_STRING_length(theirs)}
               : (struct bytes){0};
    require(bytes_equal(octets, ours));
}

static inline void oracle_same_signature(const ASN1_BIT_STRING *theirs, const uint8_t *ours)
{
    uint8_t raw[P256_SIGNATURE_SIZE];
    const unsigned char *at = ASN1_STRING_get0_data(theirs);
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &at, ASN1_STRING_length(theirs));
    require(signature);
    require(BN_bn2binpad(ECDSA_SIG_get0_r(signature), raw, 32) == 32);
    require(BN_bn2binpad(ECDSA_SIG_get0_s(signature), raw + 32, 32) == 32);
    require(memcmp(raw, ours, sizeof raw) == 0);
    ECDSA_SIG_free(signature);
}

/* A point that we refuse later is one that OpenSSL cannot decode either. */
static inline void oracle_same_key(X509 *theirs, const struct cert *ours)
{
    struct quoth_error err = {0};
    AUTO(p256_public) struct p256_public *key = NULL;
    const bool usable = p256_public_from_point(ours->point, &key, &err);
    EVP_PKEY *pkey = X509_get0_pubkey(theirs);
    require(usable == (pkey != NULL));
    if (!usable)
        return;
    uint8_t point[P256_POINT_SIZE];
    size_t len = 0;
    require(EVP_PKEY_get_octet_string_param(pkey, "encoded-pub-key", point, sizeof point, &len));
    require(len == sizeof point && memcmp(point, ours->point.data, len) == 0);
}

/* OpenSSL reads all extensions it knows at once; one that we do not know may spoil them. */
static inline void oracle_same_extensions(X509 *theirs, const struct cert *ours)
{
    require(X509_get_ext_count(theirs) == (int)ours->extension_count);
    if (X509_get_extension_flags(theirs) & EXFLAG_INVALID)
        return;
    oracle_same_octets(X509_get0_subject_key_id(theirs), ours->ski);
    oracle_same_octets(X509_get0_authority_key_id(theirs), ours->aki);
    const uint32_t flags = X509_get_extension_flags(theirs);
    require(ours->has_basic_constraints == ((flags & EXFLAG_BCONS) != 0));
    require(ours->is_ca == ((flags & EXFLAG_CA) != 0));
    if (ours->is_ca)
        require(X509_get_pathlen(theirs) == ours->path_len);
    require(ours->has_key_usage == ((flags & EXFLAG_KUSAGE) != 0));
    for (int bit = 0; ours->has_key_usage && bit < 9; bit++) {
        /* KU_DIGITAL_SIGNATURE is 0x80, KU_DECIPHER_ONLY 0x8000 */
        const uint32_t theirs_bit = bit < 8 ? 0x80u >> bit : 0x8000u;
        require(((X509_get_key_usage(theirs) & theirs_bit) != 0) ==
                ((ours->key_usage >> bit & 1) != 0));
    }
}

static inline void oracle_agrees_on_cert(struct bytes der, const struct cert *ours)
{
    AUTO(oracle_cert) X509 *theirs = oracle_cert_read(der);
    const ASN1_BIT_STRING *signature = NULL;
    const X509_ALGOR *algorithm = NULL;
    require(theirs);
    require(X509_get_version(theirs) == X509_VERSION_3);
    oracle_same_integer(X509_get0_serialNumber(theirs), ours->serial);
    oracle_same_name(X509_get_issuer_name(theirs), ours->issuer);
    oracle_same_name(X509_get_subject_name(theirs), ours->subject);
    oracle_same_time(X509_get0_notBefore(theirs), ours->not_before);
    oracle_same_time(X509_get0_notAfter(theirs), ours->not_after);
    X509_get0_signature(&signature, &algorithm, theirs);
    require(X509_get_signature_nid(theirs) == NID_ecdsa_with_SHA256);
    oracle_same_signature(signature, ours->signature);
    oracle_same_key(theirs, ours);
    oracle_same_extensions(theirs, ours);

    unsigned char *tbs = NULL;
    const int len = i2d_re_X509_tbs(theirs, &tbs); /* from its parts, not from what it kept */
    require(len > 0 && bytes_equal((struct bytes){tbs, (size_t)len}, ours->tbs));
    OPENSSL_free(tbs);
    ERR_clear_error();
}

static inline void oracle_agrees_on_crl(struct bytes der, const struct crl *ours)
{
    AUTO(oracle_crl) X509_CRL *theirs = oracle_crl_read(der);
    const ASN1_BIT_STRING *signature = NULL;
    const X509_ALGOR *algorithm = NULL;
    require(theirs);
    require(X509_CRL_get_version(theirs) == X509_CRL_VERSION_2);
    oracle_same_name(X509_CRL_get_issuer(theirs), ours->issuer);
    oracle_same_time(X509_CRL_get0_lastUpdate(theirs), ours->this_update);
    oracle_same_time(X509_CRL_get0_nextUpdate(theirs), ours->next_update);
    X509_CRL_get0_signature(theirs, &signature, &algorithm);
    require(X509_CRL_get_signature_nid(theirs) == NID_ecdsa_with_SHA256);
    oracle_same_signature(signature, ours->signature);

    const STACK_OF(X509_REVOKED) *revoked = X509_CRL_get_REVOKED(theirs);
    const int count = revoked ? sk_X509_REVOKED_num(revoked) : 0;
    require(count == (int)ours->revoked_count);
    for (int i = 0; i < count; i++) {
        const ASN1_INTEGER *serial =
            X509_REVOKED_get0_serialNumber(sk_X509_REVOKED_value(revoked, i));
        require(crl_lists(ours, (struct bytes){ASN1_STRING_get0_data(serial),
                                               (size_t)ASN1_STRING_length(serial)}));
    }
    ASN1_INTEGER *number = X509_CRL_get_ext_d2i(theirs, NID_crl_number, NULL, NULL);
    if (ours->number.len > 0)
        oracle_same_integer(number, ours->number);
    else
        require(!number);
    ASN1_INTEGER_free(number);

    unsigned char *tbs = NULL;
    const int len = i2d_re_X509_CRL_tbs(theirs, &tbs);
    require(len > 0 && bytes_equal((struct bytes){tbs, (size_t)len}, ours->tbs));
    OPENSSL_free(tbs);
    ERR_clear_error();
}

#endif
