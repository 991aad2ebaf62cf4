#include "codec/json_node.h"

#include "base/text.h"

#define DEFAULT_LEN ((size_t)1 << 20)
#define DEFAULT_DEPTH 32
#define DEFAULT_NODES ((size_t)1 << 16)
#define MOST ((size_t)UINT32_MAX / 2) /* bytes and nodes: both are counted in 32 bits */
#define MOST_DEPTH 256                /* of the stack that nesting takes */

struct parser {
    struct json_doc doc;
    size_t room, max_nodes; /* nodes that are allocated, and that may be */
    size_t depth, max_depth;
    bool fold_names, nul_escapes;
    struct quoth_error *err;
};

/* The functions below take the place where something begins and give the place behind it, or FAILED
 * with the error set. */
#define FAILED SIZE_MAX

#define COLD __attribute__((cold)) /* kept out of the way of the common case */

COLD static size_t refuse(const struct parser *p, size_t at, const char *expected)
{
    char found[16];
    const struct bytes next = bytes_slice(p->doc.text, at, 1);
    quoth_mismatch(p->err, QUOTH_JSON, NULL, at,
                   next.len ? text_escape(found, sizeof found, next) : "the end", expected);
    return FAILED;
}

/* The byte at a place; 0, which is never right, at the end. */
static inline uint8_t peek(const struct parser *p, size_t at)
{
    return at < p->doc.text.len ? p->doc.text.data[at] : 0;
}

static inline size_t skip_space(const struct parser *p, size_t at)
{
    for (;; at++) {
        const uint8_t c = peek(p, at);
        if (c > ' ' || (c != ' ' && c != '\n' && c != '\r' && c != '\t'))
            return at;
    }
}

COLD static bool grow(struct parser *p, size_t at)
{
    const size_t wanted = p->room ? 2 * p->room : p->doc.text.len / 6 + 8;
    const size_t room = wanted < p->max_nodes ? wanted : p->max_nodes;
    if (p->doc.count >= p->max_nodes)
        return quoth_fail(p->err, QUOTH_JSON_LIMIT, NULL, at, "has more than %zu values and names",
                          p->max_nodes);
    struct json_node *nodes = realloc(p->doc.nodes, room * sizeof *nodes);
    if (!nodes)
        return quoth_fail(p->err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
    p->doc.nodes = nodes;
    p->room = room;
    return true;
}

/* Adds a node for [at, end) of the text; gives end. */
static inline size_t push(struct parser *p, uint8_t type, size_t at, size_t end, bool escaped)
{
    if (p->doc.count == p->room && !grow(p, at))
        return FAILED;
    const size_t index = p->doc.count++;
    p->doc.nodes[index] = (struct json_node){
        .at = (uint32_t)at,
        .len = (uint32_t)(end - at),
        .after = (uint32_t)(index + 1),
        .type = type,
        .escaped = escaped,
    };
    return end;
}

/* An escape or a character that is not ASCII. */
COLD static size_t scan_special(const struct parser *p, size_t at)
{
    const struct bytes rest = bytes_slice(p->doc.text, at, SIZE_MAX);
    const char *expected = "a character of UTF-8 from U+0020 on";
    uint32_t point = 1;
    size_t len = 0;
    if (rest.len > 0 && rest.data[0] == '\\')
        len = json_escape(rest, &point, &expected);
    else if (rest.len > 0 && rest.data[0] >= 0x80)
        len = text_utf8_len(rest);
    if (point == 0 && !p->nul_escapes)
        return refuse(p, at, "no NUL");
    return len > 0 ? at + len : refuse(p, at, rest.len ? expected : "a quote");
}

/* A string without the characters that scan_special is for. Gives the place of the first of them,
 * or of the quote that ends it. */
static inline size_t scan_plain(const struct parser *p, size_t at, uint64_t *hash)
{
    for (;; at += 8) {
        const uint64_t word = bytes_word(p->doc.text, at), found = json_marks(word);
        if (found) {
            const uint64_t before = (found ^ (found - 1)) >> 8; /* the bytes below the mark */
            *hash = json_hash_word(*hash, word & before);
            return at + (size_t)__builtin_ctzll(found) / 8;
        }
        *hash = json_hash_word(*hash, word);
    }
}

/* The rest of a string, from a character that scan_special is for. Gives the place of its quote. */
COLD static size_t scan_rest(const struct parser *p, size_t at, bool *escaped)
{
    uint64_t unused = 0;
    while (at != FAILED && peek(p, at) != '"') {
        *escaped |= peek(p, at) == '\\';
        at = scan_special(p, at);
        if (at != FAILED)
            at = scan_plain(p, at, &unused);
    }
    return at;
}

/* A string; at is its quote. */
static inline size_t scan_string(struct parser *p, size_t at)
{
    uint64_t hash = 0;
    bool escaped = false;
    const size_t start = at + 1;
    size_t end = scan_plain(p, start, &hash);
    if (peek(p, end) != '"' && (end = scan_rest(p, end, &escaped)) == FAILED)
        return FAILED;
    return push(p, JSON_STRING, start, end, escaped) == FAILED ? FAILED : end + 1;
}

/* A name; at is its quote. */
static inline size_t scan_name(struct parser *p, size_t at)
{
    uint64_t hash = 0;
    bool escaped = false;
    const size_t start = at + 1;
    size_t end = scan_plain(p, start, &hash);
    if (peek(p, end) != '"') {
        if ((end = scan_rest(p, end, &escaped)) == FAILED)
            return FAILED;
        hash = json_escaped_hash(bytes_slice(p->doc.text, start, end - start));
    }
    if (push(p, JSON_MEMBER_NAME, start, end, escaped) == FAILED)
        return FAILED;
    p->doc.nodes[p->doc.count - 1].hash = (uint32_t)hash;
    return end + 1;
}

static size_t scan_digits(const struct parser *p, size_t at, const char *expected)
{
    const size_t start = at;
    while (peek(p, at) >= '0' && peek(p, at) <= '9')
        at++;
    return at > start ? at : refuse(p, at, expected);
}

/* RFC 8259 section 6. */
static size_t scan_number(struct parser *p, size_t at)
{
    const size_t start = at;
    const bool negative = peek(p, at) == '-';
    at += negative;
    at = peek(p, at) == '0' ? at + 1 : scan_digits(p, at, negative ? "a digit" : "a value");
    if (at != FAILED && peek(p, at) == '.')
        at = scan_digits(p, at + 1, "a digit");
    if (at != FAILED && (peek(p, at) == 'e' || peek(p, at) == 'E')) {
        const bool sign = peek(p, at + 1) == '+' || peek(p, at + 1) == '-';
        at = scan_digits(p, at + 1 + sign, "a digit");
    }
    return at == FAILED ? FAILED : push(p, JSON_NUMBER, start, at, false);
}

static size_t scan_word(struct parser *p, size_t at, const char *word, uint8_t type)
{
    const struct bytes wanted = bytes_of_text(word);
    if (!bytes_equal(bytes_slice(p->doc.text, at, wanted.len), wanted))
        return refuse(p, at, "a value");
    return push(p, type, at, at + wanted.len, false);
}

/* Nesting is bounded by max_depth, which scan_container counts. NOLINTBEGIN(misc-no-recursion) */
static size_t scan_value(struct parser *p, size_t at);

static size_t scan_elements(struct parser *p, size_t at)
{
    at = skip_space(p, at);
    if (peek(p, at) == ']')
        return at + 1;
    for (;;) {
        if ((at = scan_value(p, skip_space(p, at))) == FAILED)
            return FAILED;
        at = skip_space(p, at);
        const uint8_t c = peek(p, at);
        if (c == ']')
            return at + 1;
        if (c != ',')
            return refuse(p, at, "a comma or ]");
        at++;
    }
}

/* Tells most names apart by one bit of their hashes; only when that does not do they are compared.
 */
struct names {
    uint64_t seen;
    size_t count;
    bool unsure;
};

static inline void note_name(struct names *names, const struct json_node *name)
{
    const uint64_t bit = (uint64_t)1 << (name->hash >> 26);
    names->unsure |= (names->seen & bit) != 0;
    names->seen |= bit;
    names->count++;
}

static inline size_t scan_member(struct parser *p, size_t at, struct names *names)
{
    if (peek(p, at) != '"')
        return refuse(p, at, "a name in quotes");
    if ((at = scan_name(p, at)) == FAILED)
        return FAILED;
    note_name(names, &p->doc.nodes[p->doc.count - 1]);
    at = skip_space(p, at);
    if (peek(p, at) != ':')
        return refuse(p, at, "a colon");
    return scan_value(p, skip_space(p, at + 1));
}

static size_t scan_members(struct parser *p, size_t at, struct names *names)
{
    at = skip_space(p, at);
    if (peek(p, at) == '}')
        return at + 1;
    for (;;) {
        if ((at = scan_member(p, skip_space(p, at), names)) == FAILED)
            return FAILED;
        at = skip_space(p, at);
        const uint8_t c = peek(p, at);
        if (c == '}')
            return at + 1;
        if (c != ',')
            return refuse(p, at, "a comma or }");
        at++;
    }
}

static size_t scan_container(struct parser *p, size_t at, uint8_t type)
{
    const size_t start = at, index = p->doc.count;
    struct names names = {0};
    if (p->depth == p->max_depth) {
        quoth_fail(p->err, QUOTH_JSON_LIMIT, NULL, at, "is nested deeper than %zu", p->max_depth);
        return FAILED;
    }
    if (push(p, type, at, at, false) == FAILED)
        return FAILED;
    p->depth++;
    at = type == JSON_OBJECT ? scan_members(p, at + 1, &names) : scan_elements(p, at + 1);
    p->depth--;
    if (at == FAILED)
        return FAILED;
    p->doc.nodes[index].len = (uint32_t)(at - start);
    p->doc.nodes[index].after = (uint32_t)p->doc.count;
    if (names.unsure &&
        !json_names_check(&p->doc, (uint32_t)index, names.count, p->fold_names, p->err))
        return FAILED;
    return at;
}

static size_t scan_value(struct parser *p, size_t at)
{
    switch (peek(p, at)) {
    case '{':
        return scan_container(p, at, JSON_OBJECT);
    case '[':
        return scan_container(p, at, JSON_ARRAY);
    case '"':
        return scan_string(p, at);
    case 't':
        return scan_word(p, at, "true", JSON_TRUE);
    case 'f':
        return scan_word(p, at, "false", JSON_FALSE);
    case 'n':
        return scan_word(p, at, "null", JSON_NULL);
    default:
        return scan_number(p, at);
    }
}

/* NOLINTEND(misc-no-recursion) */

static bool parse(struct parser *p)
{
    size_t at = scan_value(p, skip_space(p, 0));
    if (at != FAILED)
        at = skip_space(p, at);
    if (at < p->doc.text.len)
        at = refuse(p, at, "the end");
    return at != FAILED;
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
    const size_t max_len = limit(l.max_len, DEFAULT_LEN, MOST);
    if (text.len > max_len)
        return quoth_fail(err, QUOTH_TOO_LARGE, NULL, max_len, "has %zu bytes, limit is %zu",
                          text.len, max_len);
    struct parser p = {
        .doc.text = text,
        .max_nodes = limit(l.max_nodes, DEFAULT_NODES, MOST),
        .max_depth = limit(l.max_depth, DEFAULT_DEPTH, MOST_DEPTH),
        .fold_names = l.fold_names,
        .nul_escapes = l.nul_escapes,
        .err = err,
    };
    if (!parse(&p)) {
        json_doc_clear(&p.doc);
        return false;
    }
    *ret_doc = p.doc;
    return true;
}
