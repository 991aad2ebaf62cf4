/* How a parsed document lies in memory: a value is followed by what it contains, a member's name by
 * its value. Private to the JSON modules. */
#ifndef QUOTH_CODEC_JSON_NODE_H
#define QUOTH_CODEC_JSON_NODE_H

#include "codec/json.h"

#define JSON_MEMBER_NAME (JSON_OBJECT + 1) /* a node type beside those of enum json_type */

struct json_node {
    uint32_t at, len; /* the text of the value; of a string what is between the quotes */
    union {
        uint32_t after; /* value: index of the first node behind it and its contents */
        uint32_t hash;  /* name: json_name_hash() of its text after unescaping */
    };
    uint8_t type;
    bool escaped; /* string or name: contains backslashes */
};

static inline struct bytes json_node_text(const struct json_doc *doc, const struct json_node *node)
{
    return bytes_slice(doc->text, node->at, node->len);
}

/* The hash of a name goes on by words of eight bytes, the last of which (perhaps empty) is filled
 * up with zeros. It is equal for names that are equal once ASCII letters lose their case, and
 * spreads well, but whoever chooses the names can make them collide. */
static inline uint64_t json_hash_word(uint64_t hash, uint64_t word)
{
    hash = (hash ^ (word | 0x2020202020202020)) * 0x9E3779B97F4A7C15;
    return hash ^ hash >> 32;
}

uint32_t json_name_hash(struct bytes name);
uint32_t json_escaped_hash(struct bytes raw); /* of the name that this is with escapes */

#define JSON_EVERY(byte) (0x0101010101010101u * (byte))

/* Marks the first byte of a word that may not stand unlooked at in a string: below U+0020, a quote,
 * a backslash, or not ASCII. Marks above the first may be wrong (the subtractions borrow). */
static inline uint64_t json_marks(uint64_t word)
{
    const uint64_t quote = word ^ JSON_EVERY('"'), backslash = word ^ JSON_EVERY('\\');
    return (((word - JSON_EVERY(0x20)) & ~word) | ((quote - JSON_EVERY(1)) & ~quote) |
            ((backslash - JSON_EVERY(1)) & ~backslash) | word) &
           JSON_EVERY(0x80);
}

/* The character that the escape at the front of text stands for, and the length of the escape (2,
 * 6, or 12 for a pair of surrogates). 0, with what was expected, if it is none or stands for NUL.
 */
size_t json_escape(struct bytes text, uint32_t *ret_point, const char **ret_expected);

/* Walks the bytes of a string or name as they are after unescaping. */
struct json_cursor {
    struct bytes raw;
    size_t at;
    uint8_t pending[4]; /* of the escape just met */
    size_t pending_at, pending_len;
};

#define JSON_CURSOR_END (-1)
int json_cursor_next(struct json_cursor *cursor);

static inline int json_lower(int c)
{
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

/* Whether a string or name is this text, if fold without the case of ASCII letters. */
bool json_text_matches(struct json string, const char *text, bool fold);

struct json_name {
    struct bytes text; /* unescaped, perhaps folded */
    uint32_t index;    /* of its node */
};

/* The names of the count members of an object, in bytewise order, if fold without the case of ASCII
 * letters; free them. They point into the document and into scratch. NULL if memory is short. */
struct json_name *json_names_sorted(const struct json_doc *doc, uint32_t object, size_t count,
                                    bool fold, struct buffer *scratch);

/* False with QUOTH_JSON_DUPLICATE if two of the count members of an object have equal names. */
bool json_names_check(const struct json_doc *doc, uint32_t object, size_t count, bool fold,
                      struct quoth_error *err);

#endif
