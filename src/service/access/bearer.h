/* The bearer token of a request (RFC 6750 2.1), and the question that is asked of who sends none. */
#ifndef QUOTH_SERVICE_BEARER_H
#define QUOTH_SERVICE_BEARER_H

#include "http/message.h"

/* A view into the head; empty when there is no field Authorization. QUOTH_ADMIN_UNAUTHENTICATED if
 * there are two of them, another scheme than Bearer (in any case), or what is no token. Nothing else
 * of a request is looked at, whatever a proxy may have written into it (THREATS 19). */
bool bearer_find(const struct http_head *head, struct bytes *ret_token, struct quoth_error *err);

/* WWW-Authenticate: Bearer authorization="...", resource="..." with comma and blank between, as the
 * challenge policies of Azure's SDKs read it (key-release.md 1.6). */
void bearer_challenge(const char *authorization, const char *resource,
                      struct http_response *response);

#endif
