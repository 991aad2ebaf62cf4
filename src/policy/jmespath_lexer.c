#include "policy/jmespath_lexer.h"

static int peek(const struct jmespath_lexer *l, size_t ahead)
{
    return ahead < l->query.len - l->pos ? l->query.data[l->pos + ahead] : -1;
}

static bool is_letter(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static bool refuse(struct jmespath_lexer *l, size_t at, const char *what)
{
    return quoth_fail(l->err, QUOTH_JMESPATH_SYNTAX, "query", at, "%s", what);
}

/* Up to the closing quote, over pairs of a backslash and any character: what is between them. */
static bool quoted(struct jmespath_lexer *l, int quote, struct bytes *ret_inside)
{
    size_t len = 1;
    while (peek(l, len) != quote) {
        if (peek(l, len) < 0)
            return refuse(l, l->pos, "a quote is not closed");
        len += peek(l, len) == '\\' && peek(l, len + 1) >= 0 ? 2 : 1;
    }
    *ret_inside = bytes_slice(l->query, l->pos + 1, len - 1);
    l->pos += len + 1;
    return true;
}

/* A copy without the backslashes that stand before this quote. */
static struct bytes without_escapes(struct jmespath_lexer *l, struct bytes text, uint8_t quote)
{
    uint8_t *to = arena_take(&l->work->arena, text.len, 1);
    size_t len = 0;
    for (size_t i = 0; to && i < text.len; i++) {
        const bool pair = text.data[i] == '\\' && i + 1 < text.len;
        if (pair && text.data[i + 1] != quote)
            to[len++] = text.data[i];
        i += pair;
        to[len++] = text.data[i];
    }
    return (struct bytes){to, len};
}

/* JSON inside a query; an error about it points into the query. */
static const struct jmespath_value *json(struct jmespath_lexer *l, struct bytes text, size_t at)
{
    const struct jmespath_value *v = NULL;
    struct quoth_error why = {0};
    if (jmespath_read(text, l->work, &v, &why))
        return v;
    if (why.code == QUOTH_POLICY_COST || why.code == QUOTH_MEMORY)
        *l->err = why;
    else
        quoth_fail(l->err, QUOTH_JMESPATH_SYNTAX, "query", at, "not JSON: %s", why.message);
    return NULL;
}

static void read_quoted_name(struct jmespath_lexer *l, struct jmespath_token *t)
{
    struct bytes inside;
    if (!quoted(l, '"', &inside))
        return;
    const struct jmespath_value *v = json(l, bytes_slice(l->query, t->at, inside.len + 2), t->at);
    if (v)
        *t = (struct jmespath_token){.word = JPW_QUOTED_NAME, .at = t->at, .text = v->text};
}

static void read_raw_string(struct jmespath_lexer *l, struct jmespath_token *t)
{
    struct bytes inside;
    if (!quoted(l, '\'', &inside))
        return;
    t->value = jmespath_string(l->work, without_escapes(l, inside, '\''));
    t->word = t->value ? JPW_LITERAL : JPW_END;
}

static void read_literal(struct jmespath_lexer *l, struct jmespath_token *t)
{
    struct bytes inside;
    if (!quoted(l, '`', &inside))
        return;
    t->value = json(l, without_escapes(l, inside, '`'), t->at);
    t->word = t->value ? JPW_LITERAL : JPW_END;
}

static void read_name(struct jmespath_lexer *l, struct jmespath_token *t)
{
    size_t len = 0;
    while (is_letter(peek(l, len)) || is_digit(peek(l, len)))
        len++;
    t->word = JPW_NAME;
    t->text = bytes_slice(l->query, l->pos, len);
    l->pos += len;
}

static void read_number(struct jmespath_lexer *l, struct jmespath_token *t)
{
    const bool negative = peek(l, 0) == '-';
    size_t len = negative;
    while (is_digit(peek(l, len))) {
        const int digit = peek(l, len++) - '0';
        if (__builtin_mul_overflow(t->number, 10, &t->number) ||
            __builtin_add_overflow(t->number, digit, &t->number)) {
            refuse(l, t->at, "the number does not fit in 64 bits");
            return;
        }
    }
    if (len == negative) {
        refuse(l, t->at, "digits must follow a minus");
        return;
    }
    t->number = negative ? -t->number : t->number;
    t->word = JPW_NUMBER;
    l->pos += len;
}

/* Longest first. */
static const struct {
    struct bytes text;
    enum jmespath_word word;
} signs[] = {
    {BYTES_INIT("[]"), JPW_FLATTEN  },
    {BYTES_INIT("[?"), JPW_FILTER   },
    {BYTES_INIT("&&"), JPW_AND      },
    {BYTES_INIT("||"), JPW_OR       },
    {BYTES_INIT("=="), JPW_EQ       },
    {BYTES_INIT("!="), JPW_NE       },
    {BYTES_INIT("<="), JPW_LE       },
    {BYTES_INIT(">="), JPW_GE       },
    {BYTES_INIT("."),  JPW_DOT      },
    {BYTES_INIT("*"),  JPW_STAR     },
    {BYTES_INIT("["),  JPW_BRACKET  },
    {BYTES_INIT("]"),  JPW_UNBRACKET},
    {BYTES_INIT("{"),  JPW_BRACE    },
    {BYTES_INIT("}"),  JPW_UNBRACE  },
    {BYTES_INIT("("),  JPW_PAREN    },
    {BYTES_INIT(")"),  JPW_UNPAREN  },
    {BYTES_INIT(","),  JPW_COMMA    },
    {BYTES_INIT(":"),  JPW_COLON    },
    {BYTES_INIT("@"),  JPW_CURRENT  },
    {BYTES_INIT("&"),  JPW_AMPERSAND},
    {BYTES_INIT("|"),  JPW_PIPE     },
    {BYTES_INIT("!"),  JPW_NOT      },
    {BYTES_INIT("<"),  JPW_LT       },
    {BYTES_INIT(">"),  JPW_GT       },
};

static void read_sign(struct jmespath_lexer *l, struct jmespath_token *t)
{
    for (size_t i = 0; i < COUNT(signs); i++)
        if (bytes_equal(bytes_slice(l->query, l->pos, signs[i].text.len), signs[i].text)) {
            t->word = signs[i].word;
            l->pos += signs[i].text.len;
            return;
        }
    refuse(l, t->at, "no word of the language begins here");
}

struct jmespath_token jmespath_next(struct jmespath_lexer *l)
{
    while (peek(l, 0) == ' ' || peek(l, 0) == '\t' || peek(l, 0) == '\n' || peek(l, 0) == '\r')
        l->pos++;
    struct jmespath_token t = {.word = JPW_END, .at = l->pos};
    const int c = peek(l, 0);
    if (c < 0 || l->err->code != QUOTH_OK || !work_spend(l->work, 1))
        return t;
    if (is_letter(c))
        read_name(l, &t);
    else if (is_digit(c) || c == '-')
        read_number(l, &t);
    else if (c == '"')
        read_quoted_name(l, &t);
    else if (c == '\'')
        read_raw_string(l, &t);
    else if (c == '`')
        read_literal(l, &t);
    else
        read_sign(l, &t);
    t.len = l->pos - t.at;
    return t;
}
