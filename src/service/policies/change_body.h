/* The JWS in the body of a change: as it is, as a JSON string, or as a member of an object, as the
 * versions of Azure's interface have it (maa.md 1.7, 0 items 7, 8). */
#ifndef QUOTH_SERVICE_CHANGE_BODY_H
#define QUOTH_SERVICE_CHANGE_BODY_H

#include "base/bytes.h"

/* Appends the text. The member is "policyCertificateToAdd" or "policyCertificateToRemove", in any
 * case. What is none of these forms is given as it is: its reader says what is wrong. QUOTH_JSON*. */
bool change_body_jws(struct bytes body, struct buffer *ret_jws, struct quoth_error *err);

#endif
