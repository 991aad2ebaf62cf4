/* The words of a policy (maa.md 4.2). */
#ifndef QUOTH_POLICY_LEXER_H
#define QUOTH_POLICY_LEXER_H

#include "base/arena.h"

enum policy_word {
    WORD_END,
    WORD_WRONG,   /* no word of the language begins here; the token covers what is wrong */
    WORD_NAME,    /* a letter or _, then letters, digits, _ */
    WORD_STRING,  /* text, without quotes and escapes */
    WORD_INTEGER, /* digits, perhaps a minus before them; they fit in 64 bits */
    WORD_ARROW,   /* => */
    WORD_AND,     /* && */
    WORD_NOT,
    WORD_ASSIGN, /* = */
    WORD_EQ,     /* from here in the order of enum policy_op */
    WORD_NE,
    WORD_LT,
    WORD_LE,
    WORD_GT,
    WORD_GE,
    WORD_SEMICOLON,
    WORD_COLON,
    WORD_COMMA,
    WORD_DOT,
    WORD_BRACE,
    WORD_UNBRACE,
    WORD_BRACKET,
    WORD_UNBRACKET,
    WORD_PAREN,
    WORD_UNPAREN,
};

struct policy_token {
    enum policy_word word;
    size_t at, len;    /* in the text */
    struct bytes text; /* WORD_NAME, WORD_STRING */
    int64_t integer;
};

struct policy_lexer {
    struct bytes text; /* well-formed UTF-8 */
    size_t pos;
    struct arena *arena; /* for strings with escapes */
};

struct policy_token policy_next(struct policy_lexer *lexer);

/* How a message names a word: "';'", "a name". */
const char *policy_word_name(enum policy_word word);

#endif
