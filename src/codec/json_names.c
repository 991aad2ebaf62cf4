/* No two members of an object share a name: what one reader takes from the first of them, another
 * takes from the second. */
#include "codec/json_node.h"

#include "base/text.h"

#define FEW 16 /* names that are compared each with each */

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

struct order {
    const struct json_doc *doc;
    bool fold;
};

static int compare_indices(const void *a, const void *b, void *arg)
{
    const struct order *order = arg;
    const uint32_t *left = a, *right = b;
    const int names = json_name_compare(order->doc, &order->doc->nodes[*left],
                                        &order->doc->nodes[*right], order->fold);
    return names ? names : (*left > *right) - (*left < *right);
}

static uint32_t next_name(const struct json_doc *doc, uint32_t name)
{
    return doc->nodes[name + 1].after;
}

uint32_t *json_names_sorted(const struct json_doc *doc, uint32_t object, size_t count, bool fold)
{
    uint32_t *names = calloc(count ? count : 1, sizeof *names);
    if (!names)
        return NULL;
    size_t i = 0;
    for (uint32_t name = object + 1; i < count; name = next_name(doc, name))
        names[i++] = name;
    struct order order = {doc, fold};
    qsort_r(names, count, sizeof *names, compare_indices, &order);
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

static bool differ(const struct json_doc *doc, const struct json_node *a, const struct json_node *b,
                   bool fold)
{
    if (!a->escaped && !b->escaped && a->hash != b->hash)
        return true;
    return json_name_compare(doc, a, b, fold) != 0;
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
    uint32_t *names = json_names_sorted(doc, object, count, fold);
    if (!names)
        return quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
    bool ok = true;
    for (size_t i = 1; ok && i < count; i++)
        if (!differ(doc, &doc->nodes[names[i - 1]], &doc->nodes[names[i]], fold))
            ok = refuse(doc, names[i], err);
    free(names);
    return ok;
}

/* Most objects are told by one bit of each name's hash. The rest is compared: a few each with each,
 * many after sorting, as hostile input must not buy quadratic time. */
bool json_names_check(const struct json_doc *doc, uint32_t object, bool fold,
                      struct quoth_error *err)
{
    const uint32_t end = doc->nodes[object].after;
    uint64_t seen = 0;
    size_t count = 0;
    bool unsure = false;
    for (uint32_t name = object + 1; name < end; name = next_name(doc, name)) {
        const struct json_node *node = &doc->nodes[name];
        const uint64_t bit = (uint64_t)1 << (node->hash >> 26);
        unsure |= node->escaped || (seen & bit);
        seen |= bit;
        count++;
    }
    if (!unsure || count < 2)
        return true;
    return count <= FEW ? check_each_with_each(doc, object, fold, err)
                        : check_sorted(doc, object, count, fold, err);
}
