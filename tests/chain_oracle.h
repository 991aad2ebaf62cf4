/* OpenSSL as a TLS client that trusts one CA: whether it would take a server's certificate. */
#ifndef QUOTH_TESTS_CHAIN_ORACLE_H
#define QUOTH_TESTS_CHAIN_ORACLE_H

#include "base/bytes.h"
#include "tests/fuzz/fuzz.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

static inline X509 *oracle_decode(struct bytes der)
{
    const unsigned char *at = der.data;
    X509 *cert = d2i_X509(NULL, &at, (long)der.len);
    require(cert && at == der.data + der.len);
    return cert;
}

/* X509_V_OK, or OpenSSL's reason. host is a name or an address. */
static inline int oracle_server(struct bytes ca_der, struct bytes leaf_der, const char *host,
                                int64_t at)
{
    X509 *ca = oracle_decode(ca_der), *leaf = oracle_decode(leaf_der);
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    require(store && context && X509_STORE_add_cert(store, ca) == 1 &&
            X509_STORE_CTX_init(context, store, leaf, NULL) == 1);
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_time(param, (time_t)at);
    X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER);
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT);
    if (X509_VERIFY_PARAM_set1_ip_asc(param, host) != 1)
        require(X509_VERIFY_PARAM_set1_host(param, host, 0) == 1);
    const int good = X509_verify_cert(context);
    const int reason = good == 1 ? X509_V_OK : X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    X509_free(leaf);
    X509_free(ca);
    ERR_clear_error();
    return reason;
}

#endif
