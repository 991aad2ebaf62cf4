#include "codec/json_node.h"

#include "base/text.h"

#define DEFAULT_LEN ((size_t)1 << 20)
#define DEFAULT_DEPTH 32
#define DEFAULT_NODES ((size_t)1 << 16)
#define NO_PARENT UINT32_MAX

struct parser {
    struct json_doc doc;
    size_t at;
    size_t room, max_nodes; /* nodes that are allocated, and that may be */
    size_t depth, max_depth;
    uint32_t parent; /* the array or object that is open; its node's after leads to the next one */
    bool fold_names;
    struct quoth_error *err;
};

/* What may stand next. */
enum expectation { VALUE, FIRST_ELEMENT, FIRST_NAME, NAME, COMMA_OR_END, NOTHING, FAILED };

static enum expectation refuse(struct parser *p, const char *expected)
{
    char found[16];
    const struct bytes next = bytes_slice(p->doc.text, p->at, 1);
    quoth_mismatch(p->err, QUOTH_JSON, NULL, p->at,
                   next.len ? text_escape(found, sizeof found, next) : "the end", expected);
    return FAILED;
}

/* The next byte; 0, which is never right, at the end. */
static inline uint8_t peek(const struct parser *p)
{
    return p->at < p->doc.text.len ? p->doc.text.data[p->at] : 0;
}

static inline void skip_space(struct parser *p)
{
    for (uint8_t c = peek(p); c == ' ' || c == '\n' || c == '\r' || c == '\t'; c = peek(p))
        p->at++;
}

static bool grow(struct parser *p)
{
    const size_t wanted = p->room ? 2 * p->room : p->doc.text.len / 8 + 8;
    const size_t room = wanted < p->max_nodes ? wanted : p->max_nodes;
    if (p->doc.count >= p->max_nodes)
        return quoth_fail(p->err, QUOTH_JSON_LIMIT, NULL, p->at,
                          "has more than %zu values and names", p->max_nodes);
    struct json_node *nodes = realloc(p->doc.nodes, room * sizeof *nodes);
    if (!nodes)
        return quoth_fail(p->err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
    p->doc.nodes = nodes;
    p->room = room;
    return true;
}

static inline bool push(struct parser *p, uint8_t type, size_t at, size_t len, bool escaped)
{
    if (p->doc.count == p->room && !grow(p))
        return false;
    const uint32_t index = (uint32_t)p->doc.count++;
    p->doc.nodes[index] = (struct json_node){
        .at = (uint32_t)at,
        .len = (uint32_t)len,
        .after = index + 1,
        .type = type,
        .escaped = escaped,
    };
    return true;
}

#define EVERY(byte) (0x0101010101010101u * (byte))

/* Marks the first byte of a word that may not stand unlooked at in a string: below U+0020, a quote,
 * a backslash, or not ASCII. Marks above the first may be wrong (the subtractions borrow). */
static inline uint64_t marks(uint64_t word)
{
    const uint64_t quote = word ^ EVERY('"'), backslash = word ^ EVERY('\\');
    return (((word - EVERY(0x20)) & ~word) | ((quote - EVERY(1)) & ~quote) |
            ((backslash - EVERY(1)) & ~backslash) | word) &
           EVERY(0x80);
}

/* Moves over an escape or a character that is not ASCII. */
static bool scan_special(struct parser *p)
{
    const struct bytes rest = bytes_slice(p->doc.text, p->at, SIZE_MAX);
    const char *expected = "a character of UTF-8 from U+0020 on";
    uint32_t point;
    size_t len = 0;
    if (rest.len > 0 && rest.data[0] == '\\')
        len = json_escape(rest, &point, &expected);
    else if (rest.len > 0 && rest.data[0] >= 0x80)
        len = text_utf8_len(rest);
    if (len == 0)
        refuse(p, rest.len ? expected : "a quote");
    p->at += len;
    return len > 0;
}

/* A string as a value or as a name; stands at the quote. */
static bool scan_string(struct parser *p, uint8_t type)
{
    const size_t start = ++p->at;
    bool escaped = false;
    for (;;) {
        const uint64_t found = marks(bytes_word(p->doc.text, p->at));
        if (!found) {
            p->at += 8;
            continue;
        }
        p->at += (size_t)__builtin_ctzll(found) / 8;
        const uint8_t c = peek(p);
        if (c == '"')
            break;
        escaped |= c == '\\';
        if (!scan_special(p))
            return false;
    }
    return push(p, type, start, p->at++ - start, escaped);
}

static bool scan_digits(struct parser *p, const char *expected)
{
    const size_t start = p->at;
    while (peek(p) >= '0' && peek(p) <= '9')
        p->at++;
    if (p->at == start)
        refuse(p, expected);
    return p->at > start;
}

/* RFC 8259 section 6. */
static bool scan_number(struct parser *p)
{
    const size_t start = p->at;
    const bool negative = peek(p) == '-';
    p->at += negative;
    if (peek(p) == '0')
        p->at++;
    else if (!scan_digits(p, negative ? "a digit" : "a value"))
        return false;
    if (peek(p) == '.') {
        p->at++;
        if (!scan_digits(p, "a digit"))
            return false;
    }
    if (peek(p) == 'e' || peek(p) == 'E') {
        p->at++;
        if (peek(p) == '+' || peek(p) == '-')
            p->at++;
        if (!scan_digits(p, "a digit"))
            return false;
    }
    return push(p, JSON_NUMBER, start, p->at - start, false);
}

static bool scan_word(struct parser *p, const char *word, uint8_t type)
{
    const size_t start = p->at, len = strlen(word);
    if (!bytes_equal(bytes_slice(p->doc.text, start, len), bytes_of_text(word))) {
        refuse(p, "a value");
        return false;
    }
    p->at += len;
    return push(p, type, start, len, false);
}

static enum expectation enter(struct parser *p, uint8_t type)
{
    if (p->depth == p->max_depth) {
        quoth_fail(p->err, QUOTH_JSON_LIMIT, NULL, p->at, "is nested deeper than %zu",
                   p->max_depth);
        return FAILED;
    }
    const uint32_t index = (uint32_t)p->doc.count;
    if (!push(p, type, p->at, 0, false))
        return FAILED;
    p->doc.nodes[index].after = p->parent;
    p->parent = index;
    p->depth++;
    p->at++;
    return type == JSON_OBJECT ? FIRST_NAME : FIRST_ELEMENT;
}

static inline enum expectation after_value(const struct parser *p)
{
    return p->parent == NO_PARENT ? NOTHING : COMMA_OR_END;
}

static enum expectation leave(struct parser *p)
{
    const uint32_t index = p->parent;
    struct json_node *node = &p->doc.nodes[index];
    p->at++;
    p->parent = node->after;
    p->depth--;
    node->len = (uint32_t)(p->at - node->at);
    node->after = (uint32_t)p->doc.count;
    if (node->type == JSON_OBJECT && !json_names_check(&p->doc, index, p->fold_names, p->err))
        return FAILED;
    return after_value(p);
}

static enum expectation scan_value(struct parser *p)
{
    bool ok;
    switch (peek(p)) {
    case '{':
        return enter(p, JSON_OBJECT);
    case '[':
        return enter(p, JSON_ARRAY);
    case '"':
        ok = scan_string(p, JSON_STRING);
        break;
    case 't':
        ok = scan_word(p, "true", JSON_TRUE);
        break;
    case 'f':
        ok = scan_word(p, "false", JSON_FALSE);
        break;
    case 'n':
        ok = scan_word(p, "null", JSON_NULL);
        break;
    default:
        ok = scan_number(p);
        break;
    }
    return ok ? after_value(p) : FAILED;
}

static enum expectation scan_name(struct parser *p)
{
    if (peek(p) != '"')
        return refuse(p, "a name in quotes");
    if (!scan_string(p, JSON_MEMBER_NAME))
        return FAILED;
    struct json_node *name = &p->doc.nodes[p->doc.count - 1];
    name->hash = json_name_hash(p->doc.text, name->at, name->len);
    skip_space(p);
    if (peek(p) != ':')
        return refuse(p, "a colon");
    p->at++;
    return VALUE;
}

static enum expectation scan_comma_or_end(struct parser *p)
{
    const bool object = p->doc.nodes[p->parent].type == JSON_OBJECT;
    const uint8_t c = peek(p);
    if (c == ',') {
        p->at++;
        return object ? NAME : VALUE;
    }
    if (c == (object ? '}' : ']'))
        return leave(p);
    return refuse(p, object ? "a comma or }" : "a comma or ]");
}

static enum expectation step(struct parser *p, enum expectation expected)
{
    switch (expected) {
    case FIRST_ELEMENT:
        return peek(p) == ']' ? leave(p) : scan_value(p);
    case FIRST_NAME:
        return peek(p) == '}' ? leave(p) : scan_name(p);
    case NAME:
        return scan_name(p);
    case COMMA_OR_END:
        return scan_comma_or_end(p);
    default:
        return scan_value(p);
    }
}

static bool parse(struct parser *p)
{
    enum expectation expected = VALUE;
    do {
        skip_space(p);
        expected = step(p, expected);
    } while (expected < NOTHING);
    skip_space(p);
    if (expected == NOTHING && p->at < p->doc.text.len)
        expected = refuse(p, "the end");
    return expected == NOTHING;
}

static size_t limit(size_t wanted, size_t otherwise, size_t most)
{
    const size_t value = wanted ? wanted : otherwise;
    return value < most ? value : most;
}

bool json_parse(struct bytes text, const struct json_limits *limits, struct json_doc *ret_doc,
                struct quoth_error *err)
{
    const struct json_limits l = limits ? *limits : (struct json_limits){0};
    const size_t max_len =
        limit(l.max_len, DEFAULT_LEN, UINT32_MAX / 2); /* nodes count in 32 bits */
    if (text.len > max_len)
        return quoth_fail(err, QUOTH_TOO_LARGE, NULL, max_len, "has %zu bytes, limit is %zu",
                          text.len, max_len);
    struct parser p = {
        .doc.text = text,
        .max_nodes = limit(l.max_nodes, DEFAULT_NODES, UINT32_MAX / 2),
        .max_depth = limit(l.max_depth, DEFAULT_DEPTH, SIZE_MAX),
        .parent = NO_PARENT,
        .fold_names = l.fold_names,
        .err = err,
    };
    if (!parse(&p)) {
        json_doc_clear(&p.doc);
        return false;
    }
    *ret_doc = p.doc;
    return true;
}
