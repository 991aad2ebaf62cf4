/* No two members of an object share a name: what one reader takes from the first of them, another
 * takes from the second. */
#include "base/text.h"
#include "codec/json_node.h"

#define FEW 32 /* hashes that are compared each with each */

uint32_t json_name_hash(struct bytes name)
{
    uint64_t hash = 0;
    for (size_t at = 0; at <= name.len; at += 8)
        hash = json_hash_word(hash, bytes_word(name, at));
    return (uint32_t)hash;
}

uint32_t json_escaped_hash(struct bytes raw)
{
    struct json_cursor cursor = {.raw = raw};
    uint64_t hash = 0, word = 0;
    unsigned len = 0;
    for (int c = json_cursor_next(&cursor); c != JSON_CURSOR_END; c = json_cursor_next(&cursor)) {
        word |= (uint64_t)c << 8 * len++;
        if (len == 8) {
            hash = json_hash_word(hash, word);
            word = len = 0;
        }
    }
    return (uint32_t)json_hash_word(hash, word);
}

static uint32_t next_name(const struct json_doc *doc, uint32_t name)
{
    return doc->nodes[name + 1].after;
}

/* Unescapes a name, and folds it if asked to, onto scratch, which does not move: it has room. */
static struct bytes normalized(struct bytes raw, bool fold, struct buffer *scratch)
{
    struct json_cursor cursor = {.raw = raw};
    const size_t start = scratch->len;
    for (int c = json_cursor_next(&cursor); c != JSON_CURSOR_END; c = json_cursor_next(&cursor))
        buffer_u8(scratch, (uint8_t)(fold ? json_lower(c) : c));
    return bytes_slice(buffer_bytes(scratch), start, scratch->len - start);
}

static int compare_names(const void *a, const void *b)
{
    const struct json_name *left = a, *right = b;
    return bytes_compare(left->text, right->text);
}

struct json_name *json_names_sorted(const struct json_doc *doc, uint32_t object, size_t count,
                                    bool fold, struct buffer *scratch)
{
    struct json_name *names = calloc(count ? count : 1, sizeof *names);
    if (!names || !buffer_extend(scratch, doc->nodes[object].len)) {
        free(names);
        return NULL;
    }
    scratch->len =
        0; /* the names are not longer than the object, escapes than what they stand for */
    uint32_t index = object + 1;
    for (size_t i = 0; i < count; i++, index = next_name(doc, index)) {
        const struct json_node *node = &doc->nodes[index];
        const struct bytes raw = json_node_text(doc, node);
        names[i].index = index;
        names[i].text = fold || node->escaped ? normalized(raw, fold, scratch) : raw;
    }
    qsort(names, count, sizeof *names, compare_names);
    return names;
}

static bool refuse(const struct json_doc *doc, uint32_t second, struct quoth_error *err)
{
    const struct json_node *node = &doc->nodes[second];
    char name[96];
    text_escape(name, sizeof name, json_node_text(doc, node));
    return quoth_mismatch(err, QUOTH_JSON_DUPLICATE, name, node->at - 1,
                          "another member of that name", "one");
}

static bool all_hashes_differ(const struct json_doc *doc, uint32_t object)
{
    const uint32_t first = object + 1, end = doc->nodes[object].after;
    for (uint32_t b = first; b < end; b = next_name(doc, b))
        for (uint32_t a = first; a < b; a = next_name(doc, a))
            if (doc->nodes[a].hash == doc->nodes[b].hash)
                return false;
    return true;
}

static bool all_names_differ(const struct json_doc *doc, uint32_t object, size_t count, bool fold,
                             struct quoth_error *err)
{
    AUTO(buffer) struct buffer scratch = {0};
    struct json_name *names = json_names_sorted(doc, object, count, fold, &scratch);
    if (!names)
        return quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
    bool ok = true;
    for (size_t i = 1; ok && i < count; i++) {
        const uint32_t a = names[i - 1].index, b = names[i].index;
        if (bytes_equal(names[i - 1].text, names[i].text))
            ok = refuse(doc, a > b ? a : b, err);
    }
    free(names);
    return ok;
}

/* Hostile input must not buy much time: hashes are compared each with each only when they are few,
 * and names only after they were normalized once and sorted. */
bool json_names_check(const struct json_doc *doc, uint32_t object, size_t count, bool fold,
                      struct quoth_error *err)
{
    return (count <= FEW && all_hashes_differ(doc, object)) ||
           all_names_differ(doc, object, count, fold, err);
}
