/* Claims of a token by their path, and those among them that mark evidence nobody should trust with
 * a key. */
#ifndef QUOTH_RELEASE_CLAIM_H
#define QUOTH_RELEASE_CLAIM_H

#include "release/policy.h"

enum release_found {
    RELEASE_ABSENT,    /* not there, null, or behind something that is no object */
    RELEASE_FOUND,     /* one value */
    RELEASE_AMBIGUOUS, /* the path can be read in two ways and both lead to a value */
};

/* Looks a dotted path up. At each level what remains may also be one name, as in
 * "submods.cpu0.ear.status"; otherwise the next name ends at the first dot. ret_value is set if
 * one is found. */
enum release_found release_claim_find(struct json claims, const char *path, struct json *ret_value);

/* A claim, wherever it stands in the token, that says simulated or debug (THREATS 29): by the end
 * of its name, and any value but false; or "dbgstat", unless it says that debugging is disabled or
 * stands beside a tdx_td_attributes_debug that is one. */
#define RELEASE_MARKS_MAX 6u

struct release_marks {
    struct json claims[RELEASE_MARKS_MAX];
    size_t count; /* of all: beyond RELEASE_MARKS_MAX nothing can speak for them */
};

void release_marks_find(struct json claims, struct release_marks *ret_marks);

/* Whether this is the name of such a claim, or a path that ends with it. */
bool release_mark_is(struct bytes name);

#endif
