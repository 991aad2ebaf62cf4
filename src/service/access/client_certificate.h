/* Administrators who are known by the certificate of their TLS connection. */
#ifndef QUOTH_SERVICE_CLIENT_CERTIFICATE_H
#define QUOTH_SERVICE_CLIENT_CERTIFICATE_H

#include "crypto/digest.h"
#include "service/access/administrator.h"
#include "service/config/config.h"

/* An item is "reader:SHA256" or "officer+user:SHA256": roles, and the hash of a certificate's DER in 64
 * hexadecimal digits. QUOTH_USAGE, or what is wrong with the digits. */
bool client_certificate_read(const char *item, struct sha256 *ret_hash, unsigned *ret_roles,
                             struct quoth_error *err);

/* Whether every item is one, and no certificate is named twice. QUOTH_USAGE. */
bool client_certificate_check(const struct setting_list *named, struct quoth_error *err);

/* Whose certificate (DER) it is: the hash alone decides, and that it is within its validity; who
 * signed it is nobody's question. QUOTH_ADMIN_UNAUTHENTICATED. */
bool client_certificate_admin(const struct setting_list *named, struct bytes der, int64_t now,
                              struct admin *ret_admin, struct quoth_error *err);

#endif
