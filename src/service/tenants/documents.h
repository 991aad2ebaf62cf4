/* What the service publishes about itself: signing keys and OpenID metadata, written once (maa.md
 * 1.8, 3.1). */
#ifndef QUOTH_SERVICE_DOCUMENTS_H
#define QUOTH_SERVICE_DOCUMENTS_H

#include "keys/keep.h"

/* {"keys":[...]}: those that sign, or will, and those whose tokens may still be valid. Appended. */
bool documents_keys(const struct kept_keys *set, int64_t now, struct buffer *to,
                    struct quoth_error *err);

/* issuer is the URL without a slash at its end. Appended. */
bool documents_metadata(const char *issuer, struct buffer *to, struct quoth_error *err);

#endif
