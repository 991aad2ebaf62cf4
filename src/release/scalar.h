/* Values that release policies compare: strings, numbers, booleans, each as its canonical text, so
 * that "true" meets true and "0" meets 0 (key-release.md 3.2). Nothing is ever a double. */
#ifndef QUOTH_RELEASE_SCALAR_H
#define QUOTH_RELEASE_SCALAR_H

#include "codec/json.h"

#define RELEASE_INTEGER_MAX (INT64_C(1) << 53) /* beyond, order is not judged */

struct release_scalar {
    struct bytes text; /* a string as it is; true, false; a number as written, and -0 as 0 */
    bool is_integer;   /* has an order: a whole number, or the text of one, within 2^53 of 0 */
    bool is_inexact;   /* a number with a fraction or an exponent: equal only to the same text, and
                          never known to be different */
    int64_t integer;
};

/* False for null, arrays, objects and what is not there. The text views the document or hold. */
bool release_scalar_read(struct json value, struct buffer *hold, struct release_scalar *ret_scalar);

enum release_operator {
    RELEASE_EQUALS,
    RELEASE_NOT_EQUALS,
    RELEASE_LESS,
    RELEASE_LESS_OR_EQUALS,
    RELEASE_GREATER,
    RELEASE_GREATER_OR_EQUALS,
    RELEASE_EXISTS,
    RELEASE_OPERATOR_COUNT,
};

/* The name in policies, static; and back: false if there is no such operator. */
const char *release_operator_name(enum release_operator op);
bool release_operator_find(struct json name, enum release_operator *ret_op);

/* Whether "found op wanted" holds, for all operators but RELEASE_EXISTS. Order needs integers on
 * both sides. */
bool release_scalar_compare(const struct release_scalar *found, enum release_operator op,
                            const struct release_scalar *wanted);

#endif
