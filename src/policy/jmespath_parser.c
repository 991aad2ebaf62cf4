/* From words to a tree, by binding powers: an operator takes what binds tighter to its left. */
#include "policy/jmespath_lexer.h"

#include "base/text.h"

enum {
    BIND_PIPE = 1,
    BIND_OR = 2,
    BIND_AND = 3,
    BIND_COMPARE = 5,
    BIND_FLATTEN = 9,
    BIND_PROJECTION_END = 10, /* what binds less ends a projection */
    BIND_STAR = 20,
    BIND_FILTER = 21,
    BIND_DOT = 40,
    BIND_NOT = 45,
    BIND_BRACKET = 55,
    BIND_PAREN = 60,
};

struct parser {
    struct jmespath_lexer lexer;
    struct jmespath_token now, next;
    unsigned nesting;
};

typedef struct jmespath_node *parsed; /* NULL after a failure */

static parsed expression(struct parser *p, unsigned binding);

static void step(struct parser *p)
{
    p->now = p->next;
    p->next = jmespath_next(&p->lexer);
}

static parsed refuse(struct parser *p, const char *expected)
{
    char found[40];
    const struct jmespath_token *t = &p->now;
    struct quoth_error *err = p->lexer.err;
    if (t->word == JPW_END)
        quoth_mismatch(err, QUOTH_JMESPATH_SYNTAX, "query", t->at, "the end", expected);
    else
        quoth_mismatch(err, QUOTH_JMESPATH_SYNTAX, "query", t->at,
                       text_escape(found, sizeof found, bytes_slice(p->lexer.query, t->at, t->len)),
                       expected);
    return NULL;
}

static bool expect(struct parser *p, enum jmespath_word word, const char *what)
{
    if (p->now.word != word || p->lexer.err->code != QUOTH_OK)
        return refuse(p, what);
    step(p);
    return true;
}

static unsigned depth_of(const struct jmespath_node *n)
{
    return n ? n->depth : 0;
}

/* A node over what it is made of, any of which may be NULL for "there is none". */
static parsed make(struct parser *p, enum jmespath_kind kind, parsed left, parsed right,
                   parsed test)
{
    unsigned depth = depth_of(left);
    depth = depth_of(right) > depth ? depth_of(right) : depth;
    depth = depth_of(test) > depth ? depth_of(test) : depth;
    if (depth >= JMESPATH_DEPTH_MAX) {
        quoth_fail(p->lexer.err, QUOTH_JMESPATH_SYNTAX, "query", p->now.at,
                   "operators are nested more than %u deep", JMESPATH_DEPTH_MAX);
        return NULL;
    }
    parsed n = arena_new(&p->lexer.work->arena, struct jmespath_node);
    if (n) {
        n->kind = kind;
        n->depth = depth + 1;
        n->at = p->now.at;
        n->left = left;
        n->right = right;
        n->test = test;
    }
    return n;
}

static parsed current(struct parser *p)
{
    return make(p, JP_CURRENT, NULL, NULL, NULL);
}

/* A node of two parts both of which must have been read. */
static parsed join(struct parser *p, enum jmespath_kind kind, parsed left, parsed right)
{
    return left && right ? make(p, kind, left, right, NULL) : NULL;
}

static bool adopt(struct parser *p, parsed parent, parsed child)
{
    if (!parent || !child)
        return false;
    if (parent->last)
        parent->last->next_sibling = child;
    else
        parent->first = child;
    parent->last = child;
    parent->count++;
    if (child->depth >= JMESPATH_DEPTH_MAX)
        return make(p, JP_NOT, child, NULL, NULL) != NULL; /* refuses */
    if (child->depth >= parent->depth)
        parent->depth = child->depth + 1;
    return true;
}

static parsed list(struct parser *p) /* after "[" */
{
    parsed n = make(p, JP_LIST, NULL, NULL, NULL);
    do {
        if (!adopt(p, n, expression(p, 0)))
            return NULL;
    } while (p->now.word == JPW_COMMA && (step(p), true));
    return expect(p, JPW_UNBRACKET, "\",\" or \"]\"") ? n : NULL;
}

/* name: expression, a node that stands for the expression under that name */
static parsed entry(struct parser *p)
{
    const struct bytes name = p->now.text;
    if (p->now.word != JPW_NAME && p->now.word != JPW_QUOTED_NAME)
        return refuse(p, "a name");
    step(p);
    if (!expect(p, JPW_COLON, "\":\""))
        return NULL;
    parsed n = join(p, JP_THEN, current(p), expression(p, 0));
    if (n)
        n->text = name;
    return n;
}

static parsed hash(struct parser *p) /* after "{" */
{
    parsed n = make(p, JP_HASH, NULL, NULL, NULL);
    do {
        if (!adopt(p, n, entry(p)))
            return NULL;
    } while (p->now.word == JPW_COMMA && (step(p), true));
    return expect(p, JPW_UNBRACE, "\",\" or \"}\"") ? n : NULL;
}

/* What follows a dot. */
static parsed after_dot(struct parser *p, unsigned binding)
{
    switch (p->now.word) {
    case JPW_NAME:
    case JPW_QUOTED_NAME:
    case JPW_STAR:
        return expression(p, binding);
    case JPW_BRACKET:
        step(p);
        return list(p);
    case JPW_BRACE:
        step(p);
        return hash(p);
    default:
        return refuse(p, "a name, \"*\", \"[\" or \"{\"");
    }
}

static unsigned binding_of(enum jmespath_word word)
{
    switch (word) {
    case JPW_PIPE:
        return BIND_PIPE;
    case JPW_OR:
        return BIND_OR;
    case JPW_AND:
        return BIND_AND;
    case JPW_FLATTEN:
        return BIND_FLATTEN;
    case JPW_STAR:
        return BIND_STAR;
    case JPW_FILTER:
        return BIND_FILTER;
    case JPW_DOT:
        return BIND_DOT;
    case JPW_BRACKET:
        return BIND_BRACKET;
    case JPW_PAREN:
        return BIND_PAREN;
    default:
        return word >= JPW_EQ ? BIND_COMPARE : 0;
    }
}

/* What is done with each item of a projection. */
static parsed projected(struct parser *p, unsigned binding)
{
    if (binding_of(p->now.word) < BIND_PROJECTION_END)
        return current(p);
    if (p->now.word == JPW_BRACKET || p->now.word == JPW_FILTER)
        return expression(p, binding);
    if (p->now.word != JPW_DOT)
        return refuse(p, "\".\", \"[\" or the end of the projection");
    step(p);
    return after_dot(p, binding);
}

static parsed index_or_slice(struct parser *p, bool *ret_is_slice) /* at a number or a colon */
{
    struct jmespath_slice s = {0};
    unsigned part = 0;
    parsed n = current(p);
    while (n && p->now.word != JPW_UNBRACKET) {
        if (p->now.word == JPW_COLON && part < 2) {
            part++;
        } else if (p->now.word == JPW_NUMBER && !s.has[part]) {
            s.has[part] = true;
            s.part[part] = p->now.number;
        } else {
            return refuse(p, part < 2 ? "a number, \":\" or \"]\"" : "a number or \"]\"");
        }
        step(p);
    }
    if (!n || !expect(p, JPW_UNBRACKET, "\"]\""))
        return NULL;
    *ret_is_slice = part > 0;
    n->kind = part > 0 ? JP_SLICE : JP_INDEX;
    n->index = s.part[0];
    n->slice = s;
    return n;
}

/* left[0], left[1:2], left[*]; ret is NULL without a failure if it is none of these */
static bool bracketed(struct parser *p, parsed left, parsed *ret) /* after "[" */
{
    bool is_slice = false;
    *ret = NULL;
    if (p->now.word == JPW_NUMBER || p->now.word == JPW_COLON) {
        *ret = join(p, JP_THEN, left, index_or_slice(p, &is_slice));
        if (is_slice && *ret)
            *ret = join(p, JP_EACH, *ret, projected(p, BIND_STAR));
        return true;
    }
    if (p->now.word == JPW_STAR && p->next.word == JPW_UNBRACKET) {
        step(p);
        step(p);
        *ret = join(p, JP_EACH, left, projected(p, BIND_STAR));
        return true;
    }
    return false;
}

static parsed flatten(struct parser *p, parsed left) /* after "[]" */
{
    parsed merged = left ? make(p, JP_FLATTEN, left, NULL, NULL) : NULL;
    return merged ? join(p, JP_EACH, merged, projected(p, BIND_FLATTEN)) : NULL;
}

static parsed filter(struct parser *p, parsed left) /* after "[?" */
{
    parsed test = left ? expression(p, 0) : NULL;
    if (!test || !expect(p, JPW_UNBRACKET, "an operator or \"]\""))
        return NULL;
    parsed right = p->now.word == JPW_FLATTEN ? current(p) : projected(p, BIND_FILTER);
    return right ? make(p, JP_FILTER, left, right, test) : NULL;
}

static parsed call(struct parser *p, parsed left) /* after "(" */
{
    if (left->kind != JP_FIELD || left->index)
        return refuse(p, "an operator");
    left->kind = JP_CALL;
    if (p->now.word == JPW_UNPAREN) {
        step(p);
        return left;
    }
    do {
        if (!adopt(p, left, expression(p, 0)))
            return NULL;
    } while (p->now.word == JPW_COMMA && (step(p), true));
    return expect(p, JPW_UNPAREN, "\",\" or \")\"") ? left : NULL;
}

static parsed each_member(struct parser *p, parsed left) /* after "*" */
{
    return left ? join(p, JP_EACH_MEMBER, left, projected(p, BIND_STAR)) : NULL;
}

static parsed field(struct parser *p, const struct jmespath_token *t)
{
    parsed n = current(p);
    if (n) {
        n->kind = JP_FIELD;
        n->at = t->at;
        n->text = t->text;
        n->index = t->word == JPW_QUOTED_NAME; /* no name of a function */
    }
    return n;
}

static parsed literal(struct parser *p, const struct jmespath_token *t)
{
    parsed n = current(p);
    if (n) {
        n->kind = JP_LITERAL;
        n->literal = t->value;
    }
    return n;
}

static parsed one(struct parser *p, enum jmespath_kind kind, unsigned binding)
{
    parsed operand = expression(p, binding);
    return operand ? make(p, kind, operand, NULL, NULL) : NULL;
}

/* What an expression begins with. */
static parsed head(struct parser *p)
{
    const struct jmespath_token t = p->now;
    parsed n;
    switch (t.word) {
    case JPW_NAME:
    case JPW_QUOTED_NAME:
        step(p);
        return field(p, &t);
    case JPW_LITERAL:
        step(p);
        return literal(p, &t);
    case JPW_CURRENT:
        step(p);
        return current(p);
    case JPW_STAR:
        step(p);
        return each_member(p, current(p));
    case JPW_FLATTEN:
        step(p);
        return flatten(p, current(p));
    case JPW_FILTER:
        step(p);
        return filter(p, current(p));
    case JPW_BRACE:
        step(p);
        return hash(p);
    case JPW_NOT:
        step(p);
        return one(p, JP_NOT, BIND_NOT);
    case JPW_AMPERSAND:
        step(p);
        return one(p, JP_REFERENCE, 0);
    case JPW_BRACKET:
        step(p);
        return bracketed(p, current(p), &n) ? n : list(p);
    case JPW_PAREN:
        step(p);
        n = expression(p, 0);
        return n && expect(p, JPW_UNPAREN, "an operator or \")\"") ? n : NULL;
    default:
        return refuse(p, "an expression");
    }
}

/* An operator, its left side read. */
static parsed tail(struct parser *p, parsed left)
{
    const enum jmespath_word word = p->now.word;
    parsed n;
    step(p);
    switch (word) {
    case JPW_DOT:
        if (p->now.word == JPW_STAR) {
            step(p);
            return each_member(p, left);
        }
        return join(p, JP_THEN, left, after_dot(p, BIND_DOT));
    case JPW_PIPE:
        return join(p, JP_THEN, left, expression(p, BIND_PIPE));
    case JPW_OR:
        return join(p, JP_OR, left, expression(p, BIND_OR));
    case JPW_AND:
        return join(p, JP_AND, left, expression(p, BIND_AND));
    case JPW_FLATTEN:
        return flatten(p, left);
    case JPW_FILTER:
        return filter(p, left);
    case JPW_PAREN:
        return call(p, left);
    case JPW_BRACKET:
        return bracketed(p, left, &n) ? n : refuse(p, "a number, \":\" or \"*\"");
    case JPW_STAR:
        return refuse(p, "an operator");
    default:
        n = join(p, JP_COMPARE, left, expression(p, BIND_COMPARE));
        if (n)
            n->op = (enum jmespath_op)(word - JPW_EQ);
        return n;
    }
}

/* Recursion ends with the nesting of the query, and its depth is that of the tree or less. */
static parsed expression(struct parser *p, unsigned binding)
{
    if (++p->nesting > JMESPATH_DEPTH_MAX) {
        quoth_fail(p->lexer.err, QUOTH_JMESPATH_SYNTAX, "query", p->now.at,
                   "operators are nested more than %u deep", JMESPATH_DEPTH_MAX);
        return NULL;
    }
    parsed n = head(p);
    while (n && p->lexer.err->code == QUOTH_OK && binding < binding_of(p->now.word))
        n = tail(p, n);
    p->nesting--;
    return p->lexer.err->code == QUOTH_OK ? n : NULL;
}

bool jmespath_compile(struct bytes query, struct work *w, const struct jmespath_node **ret_node,
                      struct quoth_error *err)
{
    struct quoth_error why = {0};
    struct parser p = {
        .lexer = {.query = query, .work = w, .err = &why}
    };
    if (query.len > JMESPATH_QUERY_MAX)
        return quoth_fail(err, QUOTH_JMESPATH_SYNTAX, "query", QUOTH_NO_OFFSET,
                          "has %zu bytes, the limit is %u", query.len, JMESPATH_QUERY_MAX);
    step(&p);
    step(&p);
    parsed n = expression(&p, 0);
    if (n && p.now.word != JPW_END)
        n = refuse(&p, "an operator or the end");
    if (!work_ok(w, err))
        return false;
    if (why.code != QUOTH_OK && err->code == QUOTH_OK)
        *err = why;
    if (n && why.code == QUOTH_OK)
        *ret_node = n;
    return n && why.code == QUOTH_OK;
}
