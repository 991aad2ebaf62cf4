/* Administrators who are known by the certificate of their TLS connection. */
#ifndef QUOTH_SERVICE_CLIENT_CERTIFICATE_H
#define QUOTH_SERVICE_CLIENT_CERTIFICATE_H

#include "service/administrator.h"
#include "service/config.h"

/* Whether every item is "reader:SHA256" or "contributor:SHA256", the hash of a certificate's DER in
 * 64 hexadecimal digits, none of them twice. QUOTH_USAGE. */
bool client_certificate_check(const struct setting_list *named, struct quoth_error *err);

/* Whose certificate (DER) it is: the hash alone decides, and that it is within its validity; who
 * signed it is nobody's question. QUOTH_ADMIN_UNAUTHENTICATED. */
bool client_certificate_admin(const struct setting_list *named, struct bytes der, int64_t now,
                              struct admin *ret_admin, struct quoth_error *err);

#endif
