#include "crypto/x509.h"

#include "base/time.h"
#include "crypto/init.h"
#include "crypto/openssl.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

DEFINE_AUTO(bio, BIO *, BIO_free)

struct x509_cert {
    X509 *x509;
    struct buffer der;
    int64_t not_before, not_after;
};

static bool fail(struct quoth_error *err, enum quoth_code code, const char *message)
{
    crypto_forget_errors();
    return quoth_fail(err, code, "certificate", QUOTH_NO_OFFSET, "%s", message);
}

static bool time_of(const ASN1_TIME *asn1, int64_t *ret_time)
{
    struct tm tm;
    return ASN1_TIME_to_tm(asn1, &tm) == 1 &&
           time_from_parts(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
                           tm.tm_sec, ret_time);
}

bool x509_cert_from_der(struct bytes der, struct x509_cert **ret_cert, struct quoth_error *err)
{
    if (!crypto_init(err))
        return false;
    if (der.len > X509_SIZE_MAX)
        return fail(err, QUOTH_TOO_LARGE, "is longer than 64 KiB");
    AUTO(x509_cert) struct x509_cert *cert = calloc(1, sizeof *cert);
    if (!cert)
        return fail(err, QUOTH_MEMORY, "out of memory");
    const unsigned char *at = der.data;
    cert->x509 = d2i_X509(NULL, &at, (long)der.len);
    if (!cert->x509 || at != der.data + der.len)
        return fail(err, QUOTH_CERTIFICATE_MALFORMED, "is not one X.509 certificate");
    if (!time_of(X509_get0_notBefore(cert->x509), &cert->not_before) ||
        !time_of(X509_get0_notAfter(cert->x509), &cert->not_after))
        return fail(err, QUOTH_CERTIFICATE_MALFORMED, "has times that do not exist");
    buffer_add(&cert->der, der);
    if (!buffer_ok(&cert->der, err))
        return false;
    *ret_cert = take(cert);
    return true;
}

bool x509_cert_from_pem(struct bytes pem, struct x509_cert **ret_cert, struct quoth_error *err)
{
    if (!crypto_init(err))
        return false;
    if (pem.len > X509_SIZE_MAX)
        return fail(err, QUOTH_TOO_LARGE, "is longer than 64 KiB");
    unsigned char *der = NULL;
    long len = 0;
    AUTO(bio) BIO *in = BIO_new_mem_buf(pem.data, (int)pem.len);
    if (!in || PEM_bytes_read_bio(&der, &len, NULL, PEM_STRING_X509, in, NULL, NULL) != 1)
        return fail(err, QUOTH_CERTIFICATE_MALFORMED, "is not PEM of a certificate");
    const bool ok = x509_cert_from_der((struct bytes){der, (size_t)len}, ret_cert, err);
    OPENSSL_free(der);
    return ok;
}

void x509_cert_free(struct x509_cert *cert)
{
    if (!cert)
        return;
    X509_free(cert->x509);
    buffer_clear(&cert->der);
    free(cert);
}

X509 *x509_cert_openssl(const struct x509_cert *cert)
{
    return cert->x509;
}

struct bytes x509_cert_der(const struct x509_cert *cert)
{
    return buffer_bytes(&cert->der);
}

static struct bytes name_der(const X509_NAME *name)
{
    const unsigned char *der = NULL;
    size_t len = 0;
    if (X509_NAME_get0_der(name, &der, &len) != 1)
        return (struct bytes){0};
    return (struct bytes){der, len};
}

struct bytes x509_cert_subject(const struct x509_cert *cert)
{
    return name_der(X509_get_subject_name(cert->x509));
}

struct bytes x509_cert_issuer(const struct x509_cert *cert)
{
    return name_der(X509_get_issuer_name(cert->x509));
}

int64_t x509_cert_not_before(const struct x509_cert *cert)
{
    return cert->not_before;
}

int64_t x509_cert_not_after(const struct x509_cert *cert)
{
    return cert->not_after;
}

bool x509_cert_subject_text(const struct x509_cert *cert, struct buffer *ret_text,
                            struct quoth_error *err)
{
    AUTO(bio) BIO *out = BIO_new(BIO_s_mem());
    char *text = NULL;
    if (!out || X509_NAME_print_ex(out, X509_get_subject_name(cert->x509), 0,
                                   XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0)
        return fail(err, QUOTH_MEMORY, "out of memory");
    const long len = BIO_get_mem_data(out, &text);
    buffer_add(ret_text, (struct bytes){(const uint8_t *)text, (size_t)len});
    return buffer_ok(ret_text, err);
}

bool x509_cert_public_key(const struct x509_cert *cert, struct public_key **ret_key,
                          struct quoth_error *err)
{
    unsigned char *der = NULL;
    const int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert->x509), &der);
    if (len <= 0)
        return fail(err, QUOTH_MEMORY, "out of memory");
    const bool ok = public_key_from_spki((struct bytes){der, (size_t)len}, ret_key, err);
    OPENSSL_free(der);
    return ok;
}

bool x509_cert_signed_by(const struct x509_cert *cert, const struct x509_cert *issuer)
{
    int bits = 0;
    EVP_PKEY *key = X509_get0_pubkey(issuer->x509);
    const bool valid = key && bytes_equal(x509_cert_issuer(cert), x509_cert_subject(issuer)) &&
                       X509_get_signature_info(cert->x509, NULL, NULL, &bits, NULL) == 1 &&
                       bits >= 128 && X509_verify(cert->x509, key) == 1;
    if (!valid)
        crypto_forget_errors();
    return valid;
}

bool x509_cert_names_host(const struct x509_cert *cert, const char *host)
{
    const unsigned flags =
        X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;
    const bool named = X509_check_ip_asc(cert->x509, host, 0) == 1 ||
                       (*host && X509_check_host(cert->x509, host, 0, flags, NULL) == 1);
    crypto_forget_errors();
    return named;
}

bool x509_cert_matches(const struct x509_cert *cert, const struct private_key *key)
{
    EVP_PKEY *public = X509_get0_pubkey(cert->x509);
    const bool same = public && EVP_PKEY_eq(public, private_key_evp(key)) == 1;
    if (!same)
        crypto_forget_errors();
    return same;
}
