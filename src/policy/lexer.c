#include "policy/lexer.h"

#include "base/text.h"

static int peek(const struct policy_lexer *l, size_t ahead)
{
    return ahead < l->text.len - l->pos ? l->text.data[l->pos + ahead] : -1;
}

static bool is_letter(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

/* Blanks, and comments from // to the end of the line. */
static void skip_blank(struct policy_lexer *l)
{
    for (;;) {
        const int c = peek(l, 0);
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            l->pos++;
        } else if (c == '/' && peek(l, 1) == '/') {
            while (peek(l, 0) >= 0 && peek(l, 0) != '\n')
                l->pos++;
        } else {
            return;
        }
    }
}

static void read_name(struct policy_lexer *l, struct policy_token *t)
{
    size_t len = 0;
    while (is_letter(peek(l, len)) || is_digit(peek(l, len)))
        len++;
    t->word = WORD_NAME;
    t->text = bytes_slice(l->text, l->pos, len);
    l->pos += len;
}

static void read_integer(struct policy_lexer *l, struct policy_token *t)
{
    const bool negative = peek(l, 0) == '-';
    size_t len = negative;
    bool fits = true;
    while (is_digit(peek(l, len))) {
        const int digit = peek(l, len++) - '0';
        fits = fits && !__builtin_mul_overflow(t->integer, 10, &t->integer) &&
               !(negative ? __builtin_sub_overflow(t->integer, digit, &t->integer)
                          : __builtin_add_overflow(t->integer, digit, &t->integer));
    }
    t->word = fits && len > negative ? WORD_INTEGER : WORD_WRONG;
    l->pos += len;
}

/* Backslashes stand before a quote or a backslash only; anything else would be a guess. */
static void read_string(struct policy_lexer *l, struct policy_token *t)
{
    size_t len = 1, escapes = 0;
    while (peek(l, len) != '"') {
        const int c = peek(l, len);
        if (c < ' ' && c != '\t') { /* the end of the line or of the text */
            l->pos += len;
            return;
        }
        if (c == '\\' && peek(l, len + 1) != '"' && peek(l, len + 1) != '\\') {
            t->at = l->pos + len;
            l->pos += len + 1;
            return;
        }
        len += c == '\\' ? 2 : 1;
        escapes += c == '\\';
    }
    t->word = WORD_STRING;
    t->text = bytes_slice(l->text, l->pos + 1, len - 1);
    l->pos += len + 1;
    uint8_t *plain = escapes ? arena_take(l->arena, t->text.len, 1) : NULL;
    if (!plain)
        return;
    size_t out = 0;
    for (size_t i = 0; i < t->text.len; i++) {
        i += t->text.data[i] == '\\';
        plain[out++] = t->text.data[i];
    }
    t->text = (struct bytes){plain, out};
}

/* Longest first. */
static const struct {
    struct bytes text;
    enum policy_word word;
    const char *name;
} signs[] = {
    {BYTES_INIT("=>"), WORD_ARROW,     "'=>'"},
    {BYTES_INIT("&&"), WORD_AND,       "'&&'"},
    {BYTES_INIT("=="), WORD_EQ,        "'=='"},
    {BYTES_INIT("!="), WORD_NE,        "'!='"},
    {BYTES_INIT("<="), WORD_LE,        "'<='"},
    {BYTES_INIT(">="), WORD_GE,        "'>='"},
    {BYTES_INIT("="),  WORD_ASSIGN,    "'='" },
    {BYTES_INIT("!"),  WORD_NOT,       "'!'" },
    {BYTES_INIT("<"),  WORD_LT,        "'<'" },
    {BYTES_INIT(">"),  WORD_GT,        "'>'" },
    {BYTES_INIT(";"),  WORD_SEMICOLON, "';'" },
    {BYTES_INIT(":"),  WORD_COLON,     "':'" },
    {BYTES_INIT(","),  WORD_COMMA,     "','" },
    {BYTES_INIT("."),  WORD_DOT,       "'.'" },
    {BYTES_INIT("{"),  WORD_BRACE,     "'{'" },
    {BYTES_INIT("}"),  WORD_UNBRACE,   "'}'" },
    {BYTES_INIT("["),  WORD_BRACKET,   "'['" },
    {BYTES_INIT("]"),  WORD_UNBRACKET, "']'" },
    {BYTES_INIT("("),  WORD_PAREN,     "'('" },
    {BYTES_INIT(")"),  WORD_UNPAREN,   "')'" },
};

static void read_sign(struct policy_lexer *l, struct policy_token *t)
{
    for (size_t i = 0; i < COUNT(signs); i++)
        if (bytes_equal(bytes_slice(l->text, l->pos, signs[i].text.len), signs[i].text)) {
            t->word = signs[i].word;
            l->pos += signs[i].text.len;
            return;
        }
    l->pos += text_utf8_len(bytes_slice(l->text, l->pos, 4));
}

struct policy_token policy_next(struct policy_lexer *l)
{
    skip_blank(l);
    struct policy_token t = {.word = WORD_WRONG, .at = l->pos};
    const int c = peek(l, 0);
    if (c < 0)
        t.word = WORD_END;
    else if (is_letter(c))
        read_name(l, &t);
    else if (is_digit(c) || c == '-')
        read_integer(l, &t);
    else if (c == '"')
        read_string(l, &t);
    else
        read_sign(l, &t);
    t.len = l->pos - t.at;
    return t;
}

const char *policy_word_name(enum policy_word word)
{
    for (size_t i = 0; i < COUNT(signs); i++)
        if (signs[i].word == word)
            return signs[i].name;
    switch (word) {
    case WORD_END:
        return "<EOF>";
    case WORD_NAME:
        return "IDENTIFIER";
    case WORD_STRING:
        return "STRING";
    case WORD_INTEGER:
        return "INTEGER";
    default:
        return "a word of the language";
    }
}
