/* The values that JMESPath works on. Private to its modules. */
#ifndef QUOTH_POLICY_JMESPATH_VALUE_H
#define QUOTH_POLICY_JMESPATH_VALUE_H

#include "policy/jmespath.h"

enum jmespath_type {
    JP_NULL,
    JP_FALSE,
    JP_TRUE,
    JP_NUMBER,
    JP_STRING,
    JP_ARRAY,
    JP_OBJECT,
    JP_EXPRESSION, /* &expression, an argument of functions such as sort_by */
};

struct jmespath_number {
    bool whole; /* exact is it; real is near it */
    int64_t exact;
    double real;
    struct bytes digits; /* as they were written, or empty for a computed number */
};

struct jmespath_member {
    struct bytes name;
    const struct jmespath_value *value;
};

struct jmespath_value { /* never changes once it is reachable */
    enum jmespath_type type;
    size_t count; /* of items or members */
    union {
        struct jmespath_number number;
        struct bytes text;
        const struct jmespath_value **items;
        struct jmespath_member *members; /* names are unique */
        const struct jmespath_node *expression;
    };
};

extern const struct jmespath_value jmespath_null, jmespath_true, jmespath_false;

static inline const struct jmespath_value *jmespath_bool(bool b)
{
    return b ? &jmespath_true : &jmespath_false;
}

/* Makers give NULL when the work has no memory left. An array has room for count items, an object
 * for count members; the caller fills them, and may lower the count. */
struct jmespath_value *jmespath_make(struct work *w, enum jmespath_type type, size_t count);
const struct jmespath_value *jmespath_string(struct work *w, struct bytes text);
const struct jmespath_value *jmespath_real(struct work *w, double real);
const struct jmespath_value *jmespath_whole(struct work *w, int64_t exact);

/* NULL if the text is a number beyond all doubles. digits is a JSON number. */
const struct jmespath_value *jmespath_digits(struct work *w, struct bytes digits);

/* The member of an object; null if there is none or the value is no object. */
const struct jmespath_value *jmespath_member_of(const struct jmespath_value *object,
                                                struct bytes name, struct work *w);

/* False, null, and whatever is empty are false; the number 0 is true. */
bool jmespath_is_true(const struct jmespath_value *v);

bool jmespath_equal(const struct jmespath_value *a, const struct jmespath_value *b,
                    struct work *w); /* false also when the work is spent */
int jmespath_compare_numbers(const struct jmespath_value *a, const struct jmespath_value *b);

#endif
