/* Who issued a token, as release policies and tokens name it: an https URL, compared in its normal
 * form (key-release.md 3.4). */
#ifndef QUOTH_RELEASE_AUTHORITY_H
#define QUOTH_RELEASE_AUTHORITY_H

#include "net/url.h"

struct release_authority { /* a view of the text it was read from */
    struct url url;
    struct bytes path; /* without its last slash */
};

/* Only https, without user information, query or fragment: QUOTH_URL at the offset of what is
 * wrong. */
bool release_authority_read(struct bytes text, struct release_authority *ret_authority,
                            struct quoth_error *err);

/* Host without its case, port (443 if none is written), and the path byte for byte without its last
 * slash. Nothing else is equal: no prefix, no suffix, no resolving of names. */
bool release_authority_equal(const struct release_authority *a, const struct release_authority *b);

#endif
