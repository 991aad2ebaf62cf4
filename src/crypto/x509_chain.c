#include "crypto/x509_chain.h"

#include "base/text.h"
#include "crypto/init.h"
#include "crypto/openssl.h"

#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#define STRENGTH 2 /* 112 bits: RSA-2048, P-256, SHA-256 (SSL_CTX_set_security_level(3)) */

DEFINE_AUTO(store, X509_STORE *, X509_STORE_free)
DEFINE_AUTO(context, X509_STORE_CTX *, X509_STORE_CTX_free)
DEFINE_AUTO(stack, STACK_OF(X509) *, sk_X509_free)

static bool untrusted(struct quoth_error *err, size_t depth, const char *what)
{
    char where[24];
    snprintf(where, sizeof where, "x5c[%zu]", depth);
    crypto_forget_errors();
    return quoth_fail(err, QUOTH_CERTIFICATE_UNTRUSTED, where, QUOTH_NO_OFFSET, "%s", what);
}

/* In the words of Azure Attestation (maa.md 1.11). */
static bool no_issuer(struct quoth_error *err, size_t depth, const struct x509_cert *cert)
{
    char *name = X509_NAME_oneline(X509_get_issuer_name(x509_cert_openssl(cert)), NULL, 0);
    char text[96], what[160];
    text_escape(text, sizeof text, bytes_of_text(name ? name : ""));
    OPENSSL_free(name);
    snprintf(what, sizeof what, "unable to find issuer certificate %s", text);
    return untrusted(err, depth, what);
}

static bool valid_at(const struct x509_cert *cert, int64_t at, struct quoth_error *err)
{
    if (at < x509_cert_not_before(cert))
        return untrusted(err, 0, "the certificate is not yet valid");
    return at <= x509_cert_not_after(cert) || untrusted(err, 0, "the certificate has expired");
}

/* Basic constraints say CA: OpenSSL alone would take version 1 roots and key usage for that. */
static bool issuers_are_cas(X509_STORE_CTX *ctx, struct quoth_error *err)
{
    const STACK_OF(X509) *found = X509_STORE_CTX_get0_chain(ctx);
    for (int i = 1; i < sk_X509_num(found); i++) {
        const uint32_t flags = X509_get_extension_flags(sk_X509_value(found, i));
        if (!(flags & EXFLAG_BCONS) || !(flags & EXFLAG_CA))
            return untrusted(err, (size_t)i, "the certificate issues others and is not a CA");
    }
    return true;
}

/* One anchor at a time: of two with one name OpenSSL would try but one. */
static bool leads_to(struct x509_cert *const *chain, STACK_OF(X509) * others,
                     const struct x509_cert *anchor, int64_t at, struct quoth_error *err)
{
    AUTO(store) X509_STORE *store = X509_STORE_new();
    AUTO(context) X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    if (!store || !ctx || X509_STORE_add_cert(store, x509_cert_openssl(anchor)) != 1 ||
        X509_STORE_CTX_init(ctx, store, x509_cert_openssl(chain[0]), others) != 1)
        return quoth_fail(err, QUOTH_MEMORY, "x5c", QUOTH_NO_OFFSET, "out of memory");
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
    X509_VERIFY_PARAM_set_time(param, (time_t)at);
    X509_VERIFY_PARAM_set_depth(param, X509_CHAIN_MAX);
    X509_VERIFY_PARAM_set_auth_level(param, STRENGTH);
    if (X509_verify_cert(ctx) == 1)
        return issuers_are_cas(ctx, err);
    const int depth = X509_STORE_CTX_get_error_depth(ctx);
    return untrusted(err, depth > 0 ? (size_t)depth : 0,
                     X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
}

/* Whether anchor is, or issued, the last of the chain: what else is wrong is then worth telling. */
static bool is_end(const struct x509_cert *last, const struct x509_cert *anchor)
{
    return bytes_equal(x509_cert_der(last), x509_cert_der(anchor)) ||
           x509_cert_signed_by(last, anchor);
}

static bool in_order(struct x509_cert *const *chain, size_t count, struct quoth_error *err)
{
    for (size_t i = 1; i < count; i++)
        if (!x509_cert_signed_by(chain[i - 1], chain[i]))
            return untrusted(err, i, "the certificate did not issue the one before it");
    return true;
}

static bool search(struct x509_cert *const *chain, size_t count, STACK_OF(X509) * others,
                   struct x509_cert *const *trusted, size_t trusted_count, int64_t at,
                   struct quoth_error *err)
{
    struct quoth_error why = {0};
    for (size_t i = 1; i < count; i++)
        if (sk_X509_push(others, x509_cert_openssl(chain[i])) == 0)
            return quoth_fail(err, QUOTH_MEMORY, "x5c", QUOTH_NO_OFFSET, "out of memory");
    for (size_t i = 0; i < trusted_count; i++)
        if (is_end(chain[count - 1], trusted[i]) && leads_to(chain, others, trusted[i], at, &why))
            return true;
    if (why.code == QUOTH_OK)
        return no_issuer(err, count - 1, chain[count - 1]);
    *err = why;
    return false;
}

bool x509_chain_trusted(struct x509_cert *const *chain, size_t count,
                        struct x509_cert *const *trusted, size_t trusted_count, int64_t at,
                        struct quoth_error *err)
{
    if (!crypto_init(err))
        return false;
    if (count == 0 || count > X509_CHAIN_MAX)
        return untrusted(err, 0, "a chain has 1 to 8 certificates");
    for (size_t i = 0; i < trusted_count; i++)
        if (bytes_equal(x509_cert_der(chain[0]), x509_cert_der(trusted[i])))
            return valid_at(chain[0], at, err);
    AUTO(stack) STACK_OF(X509) *others = sk_X509_new_null();
    if (!others)
        return quoth_fail(err, QUOTH_MEMORY, "x5c", QUOTH_NO_OFFSET, "out of memory");
    return in_order(chain, count, err) &&
           search(chain, count, others, trusted, trusted_count, at, err);
}
