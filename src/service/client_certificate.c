#include "service/client_certificate.h"

#include "base/time.h"
#include "codec/hex.h"
#include "crypto/x509.h"

#include <stdio.h>

static bool read_item(const char *item, struct sha256 *ret_hash, enum service_role *ret_role)
{
    static const struct {
        const char *prefix;
        enum service_role role;
    } roles[] = {
        {"reader:",      ROLE_READER     },
        {"contributor:", ROLE_CONTRIBUTOR},
    };
    struct quoth_error ignored = {0};
    for (size_t i = 0; i < COUNT(roles); i++) {
        const size_t len = strlen(roles[i].prefix);
        if (strncmp(item, roles[i].prefix, len) != 0)
            continue;
        *ret_role = roles[i].role;
        return hex_decode_fixed(bytes_of_text(&item[len]), ret_hash->bytes, sizeof ret_hash->bytes,
                                &ignored);
    }
    return false;
}

bool client_certificate_check(const struct setting_list *named, struct quoth_error *err)
{
    struct sha256 hash, other;
    enum service_role role;
    for (size_t i = 0; i < named->count; i++) {
        if (!read_item(named->items[i], &hash, &role))
            return quoth_mismatch(err, QUOTH_USAGE, "client-certificate", QUOTH_NO_OFFSET,
                                  named->items[i], "reader:SHA256 or contributor:SHA256");
        for (size_t j = 0; j < i; j++)
            if (read_item(named->items[j], &other, &role) && sha256_equal(&hash, &other))
                return quoth_fail(err, QUOTH_USAGE, "client-certificate", QUOTH_NO_OFFSET,
                                  "names one certificate twice");
    }
    return true;
}

static enum service_role role_of(const struct setting_list *named, const struct sha256 *hash)
{
    struct sha256 one;
    enum service_role role;
    for (size_t i = 0; i < named->count; i++)
        if (read_item(named->items[i], &one, &role) && sha256_equal(&one, hash))
            return role;
    return ROLE_ANYONE;
}

static bool is_valid(struct bytes der, int64_t now, struct quoth_error *err)
{
    AUTO(x509_cert) struct x509_cert *cert = NULL;
    struct quoth_error inner = {0};
    char text[TIME_TEXT_SIZE];
    if (!x509_cert_from_der(der, &cert, &inner))
        return quoth_fail(err, QUOTH_ADMIN_UNAUTHENTICATED, "client certificate", inner.offset,
                          "%s", inner.message);
    if (now < x509_cert_not_before(cert))
        return quoth_fail(err, QUOTH_ADMIN_UNAUTHENTICATED, "client certificate", QUOTH_NO_OFFSET,
                          "it holds from %s", time_format(x509_cert_not_before(cert), text));
    return now <= x509_cert_not_after(cert) ||
           quoth_fail(err, QUOTH_ADMIN_UNAUTHENTICATED, "client certificate", QUOTH_NO_OFFSET,
                      "it expired at %s", time_format(x509_cert_not_after(cert), text));
}

bool client_certificate_admin(const struct setting_list *named, struct bytes der, int64_t now,
                              struct admin *ret_admin, struct quoth_error *err)
{
    char text[65];
    const struct sha256 hash = sha256_of(der);
    struct admin who = {.role = role_of(named, &hash)};
    hex_text(BYTES_OF(hash.bytes), text, sizeof text);
    if (who.role == ROLE_ANYONE)
        return quoth_fail(err, QUOTH_ADMIN_UNAUTHENTICATED, "client certificate", QUOTH_NO_OFFSET,
                          "%s is not one that this tenant names", text);
    if (!is_valid(der, now, err))
        return false;
    snprintf(who.name, sizeof who.name, "cert:%s", text);
    *ret_admin = who;
    return true;
}
