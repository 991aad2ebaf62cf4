#include "service/access/client_certificate.h"

#include "base/time.h"
#include "codec/hex.h"
#include "crypto/x509.h"

#include <stdio.h>

bool client_certificate_read(const char *item, struct sha256 *ret_hash, unsigned *ret_roles,
                             struct quoth_error *err)
{
    const size_t len = strcspn(item, ":");
    const unsigned roles = roles_read((struct bytes){(const uint8_t *)item, len});
    if (roles == 0 || item[len] == '\0')
        return quoth_mismatch(err, QUOTH_USAGE, "client-certificate", QUOTH_NO_OFFSET, item,
                              "reader:SHA256, officer+user:SHA256 or another role");
    *ret_roles = roles;
    return hex_decode_fixed(bytes_of_text(&item[len + 1]), ret_hash->bytes, sizeof ret_hash->bytes,
                            err);
}

bool client_certificate_check(const struct setting_list *named, struct quoth_error *err)
{
    struct quoth_error ignored = {0};
    struct sha256 hash, other;
    unsigned roles;
    for (size_t i = 0; i < named->count; i++) {
        if (!client_certificate_read(named->items[i], &hash, &roles, &ignored))
            return quoth_mismatch(err, QUOTH_USAGE, "client-certificate", QUOTH_NO_OFFSET,
                                  named->items[i], "ROLE:SHA256 or ROLE+ROLE:SHA256");
        for (size_t j = 0; j < i; j++)
            if (client_certificate_read(named->items[j], &other, &roles, &ignored) &&
                sha256_equal(&hash, &other))
                return quoth_fail(err, QUOTH_USAGE, "client-certificate", QUOTH_NO_OFFSET,
                                  "names one certificate twice");
    }
    return true;
}

static unsigned roles_of(const struct setting_list *named, const struct sha256 *hash)
{
    struct quoth_error ignored = {0};
    struct sha256 one;
    unsigned roles = ROLE_ANYONE;
    for (size_t i = 0; i < named->count; i++)
        if (client_certificate_read(named->items[i], &one, &roles, &ignored) &&
            sha256_equal(&one, hash))
            return roles;
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
    struct admin who = {.roles = roles_of(named, &hash)};
    hex_text(BYTES_OF(hash.bytes), text, sizeof text);
    if (who.roles == ROLE_ANYONE)
        return quoth_fail(err, QUOTH_ADMIN_UNAUTHENTICATED, "client certificate", QUOTH_NO_OFFSET,
                          "%s is not one that this tenant names", text);
    if (!is_valid(der, now, err))
        return false;
    snprintf(who.name, sizeof who.name, "cert:%s", text);
    *ret_admin = who;
    return true;
}
