#include "net/tls_binding.h"

#include "crypto/digest.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

static bool spki_digest(const X509 *cert, uint8_t to[32])
{
    X509_PUBKEY *key = cert ? X509_get_X509_PUBKEY(cert) : NULL;
    uint8_t *der = NULL;
    const int len = key ? i2d_X509_PUBKEY(key, &der) : -1;
    if (len <= 0)
        return false;
    const struct sha256 digest = sha256_of((struct bytes){der, (size_t)len});
    OPENSSL_free(der);
    bytes_copy(to, BYTES_OF(digest.bytes));
    return true;
}

bool tls_binding_of(SSL *ssl, const X509 *server, const char *label, struct bytes context,
                    struct tls_binding *ret_binding, struct quoth_error *err)
{
    struct tls_binding b;
    if (SSL_version(ssl) < TLS1_3_VERSION && SSL_get_extms_support(ssl) != 1)
        return quoth_fail(err, QUOTH_UNSUPPORTED, "tls.binding", QUOTH_NO_OFFSET,
                          "the connection has neither TLS 1.3 nor an extended master secret");
    const bool ok = spki_digest(server, b.spki) &&
                    SSL_export_keying_material(ssl, b.exporter, sizeof b.exporter, label,
                                               strlen(label), context.data, context.len, 1) == 1;
    ERR_clear_error();
    if (!ok)
        return quoth_fail(err, QUOTH_INTERNAL, "tls.binding", QUOTH_NO_OFFSET,
                          "nothing can be exported from the connection");
    *ret_binding = b;
    return true;
}
