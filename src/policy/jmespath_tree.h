/* A query as a tree. Private to the JMESPath modules. */
#ifndef QUOTH_POLICY_JMESPATH_TREE_H
#define QUOTH_POLICY_JMESPATH_TREE_H

#include "policy/jmespath_value.h"

enum jmespath_kind {
    JP_CURRENT,     /* @, and what stands where nothing was written */
    JP_FIELD,       /* text */
    JP_LITERAL,     /* literal */
    JP_INDEX,       /* index */
    JP_SLICE,       /* slice */
    JP_THEN,        /* left, then right on its result: a.b, a[0], a | b */
    JP_EACH,        /* left, then right on each item: a[*].b */
    JP_EACH_MEMBER, /* left, then right on each member's value: a.*.b */
    JP_FILTER,      /* left, then right on each item for which test holds */
    JP_FLATTEN,     /* left, its arrays merged one level */
    JP_COMPARE,     /* left op right */
    JP_OR,          /* left || right */
    JP_AND,         /* left && right */
    JP_NOT,         /* ! left */
    JP_LIST,        /* [children] */
    JP_HASH,        /* {children by their names} */
    JP_CALL,        /* text(children) */
    JP_REFERENCE,   /* & left */
};

enum jmespath_op { JP_EQ, JP_NE, JP_LT, JP_LE, JP_GT, JP_GE };

struct jmespath_slice {
    bool has[3];
    int64_t part[3]; /* start, stop, step */
};

struct jmespath_node {
    enum jmespath_kind kind;
    unsigned depth; /* of the tree from here down */
    enum jmespath_op op;
    size_t at; /* where it begins in the query */
    const struct jmespath_node *left, *right, *test;
    struct bytes text; /* a name */
    int64_t index;
    struct jmespath_slice slice;
    const struct jmespath_value *literal;
    size_t count;                                      /* of children */
    struct jmespath_node *first, *last, *next_sibling; /* children of this one */
};

#endif
