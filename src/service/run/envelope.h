/* The body of a refusal: Azure's envelope and codes (maa.md 1.11), with what we know besides in
 * "details" (DESIGN decision 9):
 *
 *     {"error":{"code":"InvalidParameter","message":"...",
 *       "innererror":{"code":"InvalidParameter","message":"..."},
 *       "details":[{"code":"quote.signature.invalid","target":"quote.signature","message":"...",
 *         "offset":436,"line":2,"column":5,"found":"...","expected":"...","hint":"...",
 *         "requestId":"00-...-00"}]}}
 *
 * offset counts bytes of what the target is in: evidence, a JSON text, a policy; line and column are
 * those of a policy. What is not known is left out.
 *
 * details is an array of objects with code, target and message, as OData's errors are and as
 * Azure's clients read them. */
#ifndef QUOTH_SERVICE_ENVELOPE_H
#define QUOTH_SERVICE_ENVELOPE_H

#include "http/message.h"

/* Azure's word for a refusal: of the policy, of the HTTP status, or InvalidParameter. */
const char *envelope_code(enum quoth_code code);

/* What a client is told of it: the words of a database or a device, which speak of hosts, users and
 * paths of ours, are for the log. Their codes and hints stay. */
struct quoth_error envelope_told(const struct quoth_error *why);

/* The array "details", as a member's value. */
void envelope_write_details(struct buffer *to, const struct quoth_error *error, const char *id);

/* Fills body, content type and x-ms-error-code. id is that of the request, as in its header field
 * and in the log. */
void envelope_fill(const struct quoth_error *error, const char *id,
                   struct http_response *ret_response);

#endif
