/* A release policy as the REST interface of key vaults carries it (key-release.md 1.3):
 *     {"contentType":"application/json; charset=utf-8","data":base64url of the text,"immutable":false} */
#ifndef QUOTH_RELEASE_POLICY_OBJECT_H
#define QUOTH_RELEASE_POLICY_OBJECT_H

#include "release/policy.h"

/* Reads such an object and the policy in it. data is needed, in either alphabet of base 64, padded
 * or not; contentType and immutable may be missing or null; members of other names are refused, as
 * a misspelt "immutable" would be worth nothing. QUOTH_JSON_VALUE, QUOTH_BASE64, and what
 * release_policy_read says. */
bool release_policy_object_read(struct json object, struct release_policy *ret_policy,
                                bool *ret_immutable, struct quoth_error *err);

/* Appends it, with the text byte for byte as it was given. */
void release_policy_object_write(struct buffer *to, const struct release_policy *p, bool immutable);

#endif
