/* The words of a query. Private to the JMESPath modules. */
#ifndef QUOTH_POLICY_JMESPATH_LEXER_H
#define QUOTH_POLICY_JMESPATH_LEXER_H

#include "policy/jmespath_tree.h"

enum jmespath_word {
    JPW_END,
    JPW_NAME,        /* text */
    JPW_QUOTED_NAME, /* text, unescaped */
    JPW_LITERAL,     /* value: `json` or 'raw' */
    JPW_NUMBER,      /* number */
    JPW_DOT,
    JPW_STAR,
    JPW_FLATTEN, /* [] */
    JPW_FILTER,  /* [? */
    JPW_BRACKET, /* [ */
    JPW_UNBRACKET,
    JPW_BRACE,
    JPW_UNBRACE,
    JPW_PAREN,
    JPW_UNPAREN,
    JPW_COMMA,
    JPW_COLON,
    JPW_CURRENT,
    JPW_AMPERSAND,
    JPW_AND,
    JPW_OR,
    JPW_PIPE,
    JPW_NOT,
    JPW_EQ, /* from here in the order of enum jmespath_op */
    JPW_NE,
    JPW_LT,
    JPW_LE,
    JPW_GT,
    JPW_GE,
};

struct jmespath_token {
    enum jmespath_word word;
    size_t at, len; /* in the query */
    struct bytes text;
    int64_t number;
    const struct jmespath_value *value;
};

struct jmespath_lexer {
    struct bytes query;
    size_t pos;
    struct work *work;
    struct quoth_error *err;
};

/* The next word; JPW_END at the end and after a failure, which is in err. */
struct jmespath_token jmespath_next(struct jmespath_lexer *lexer);

#endif
