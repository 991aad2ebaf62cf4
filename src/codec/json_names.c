/* No two members of an object share a name: what one reader takes from the first of them, another
 * takes from the second. */
#include "codec/json_node.h"

#include "base/text.h"

#define FEW                                                                                        \
    16 /* names that are compared each with each; more are sorted: hostile input must not          \
        * buy quadratic time */

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

int json_name_compare(const struct json_doc *doc, const struct json_node *a,
                      const struct json_node *b, bool fold)
{
    if (!a->escaped && !b->escaped && !fold)
        return bytes_compare(json_node_text(doc, a), json_node_text(doc, b));
    struct json_cursor left = {.raw = json_node_text(doc, a)};
    struct json_cursor right = {.raw = json_node_text(doc, b)};
    for (;;) {
        const int x = json_cursor_next(&left), y = json_cursor_next(&right);
        const int order = fold ? json_lower(x) - json_lower(y) : x - y;
        if (order != 0 || x == JSON_CURSOR_END)
            return order;
    }
}

static int compare_names(const void *a, const void *b, void *doc)
{
    const uint32_t *left = a, *right = b;
    const struct json_node *nodes = ((const struct json_doc *)doc)->nodes;
    return json_name_compare(doc, &nodes[*left], &nodes[*right], false);
}

/* By hash, as that is fast also for long names and escapes; then what is equal once folded stands
 * together, and in that what is equal without. */
static int compare_hashes(const void *a, const void *b, void *doc)
{
    const uint32_t *left = a, *right = b;
    const struct json_node *nodes = ((const struct json_doc *)doc)->nodes;
    const uint32_t x = nodes[*left].hash, y = nodes[*right].hash;
    if (x != y)
        return x < y ? -1 : 1;
    const int order = json_name_compare(doc, &nodes[*left], &nodes[*right], true);
    return order ? order : json_name_compare(doc, &nodes[*left], &nodes[*right], false);
}

static uint32_t next_name(const struct json_doc *doc, uint32_t name)
{
    return doc->nodes[name + 1].after;
}

static uint32_t *sorted(const struct json_doc *doc, uint32_t object, size_t count,
                        int (*compare)(const void *, const void *, void *))
{
    uint32_t *names = calloc(count ? count : 1, sizeof *names);
    if (!names)
        return NULL;
    size_t i = 0;
    for (uint32_t name = object + 1; i < count; name = next_name(doc, name))
        names[i++] = name;
    struct json_doc copy = *doc; /* for qsort_r, which takes no const */
    qsort_r(names, count, sizeof *names, compare, &copy);
    return names;
}

uint32_t *json_names_sorted(const struct json_doc *doc, uint32_t object, size_t count)
{
    return sorted(doc, object, count, compare_names);
}

static bool refuse(const struct json_doc *doc, uint32_t second, struct quoth_error *err)
{
    const struct json_node *node = &doc->nodes[second];
    char name[96];
    text_escape(name, sizeof name, json_node_text(doc, node));
    return quoth_mismatch(err, QUOTH_JSON_DUPLICATE, name, node->at - 1,
                          "another member of that name", "one");
}

static bool differ(const struct json_doc *doc, const struct json_node *a, const struct json_node *b,
                   bool fold)
{
    return a->hash != b->hash || json_name_compare(doc, a, b, fold) != 0;
}

static bool check_each_with_each(const struct json_doc *doc, uint32_t object, bool fold,
                                 struct quoth_error *err)
{
    const uint32_t first = object + 1, end = doc->nodes[object].after;
    for (uint32_t b = first; b < end; b = next_name(doc, b))
        for (uint32_t a = first; a < b; a = next_name(doc, a))
            if (!differ(doc, &doc->nodes[a], &doc->nodes[b], fold))
                return refuse(doc, b, err);
    return true;
}

static bool check_sorted(const struct json_doc *doc, uint32_t object, size_t count, bool fold,
                         struct quoth_error *err)
{
    uint32_t *names = sorted(doc, object, count, compare_hashes);
    if (!names)
        return quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
    bool ok = true;
    for (size_t i = 1; ok && i < count; i++) {
        const uint32_t a = names[i - 1], b = names[i];
        if (!differ(doc, &doc->nodes[a], &doc->nodes[b], fold))
            ok = refuse(doc, a > b ? a : b, err);
    }
    free(names);
    return ok;
}

bool json_names_check(const struct json_doc *doc, uint32_t object, size_t count, bool fold,
                      struct quoth_error *err)
{
    return count <= FEW ? check_each_with_each(doc, object, fold, err)
                        : check_sorted(doc, object, count, fold, err);
}
