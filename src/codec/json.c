#include "codec/json_node.h"

#include "base/text.h"

void json_doc_clear(struct json_doc *doc)
{
    free(doc->nodes);
    *doc = (struct json_doc){0};
}

struct json json_root(const struct json_doc *doc)
{
    if (doc->count == 0)
        return (struct json){0};
    return (struct json){doc, 0, (uint32_t)doc->count};
}

static const struct json_node *node_of(struct json value)
{
    return &value.doc->nodes[value.index];
}

static bool is_name(struct json value)
{
    return value.doc && node_of(value)->type == JSON_MEMBER_NAME;
}

enum json_type json_type(struct json value)
{
    if (!value.doc)
        return JSON_NONE;
    return is_name(value) ? JSON_STRING : (enum json_type)node_of(value)->type;
}

bool json_exists(struct json value)
{
    return value.doc != NULL;
}

bool json_is_null(struct json value)
{
    return json_type(value) == JSON_NULL;
}

const char *json_type_text(enum json_type type)
{
    static const char *const texts[] = {
        [JSON_NONE] = "nothing",   [JSON_NULL] = "null",        [JSON_FALSE] = "false",
        [JSON_TRUE] = "true",      [JSON_NUMBER] = "a number",  [JSON_STRING] = "a string",
        [JSON_ARRAY] = "an array", [JSON_OBJECT] = "an object",
    };
    return texts[type];
}

/* The value at index, or behind it if a name stands there; JSON_NONE from end on. */
static struct json value_at(const struct json_doc *doc, uint32_t index, uint32_t end)
{
    if (index >= end)
        return (struct json){0};
    const bool named = doc->nodes[index].type == JSON_MEMBER_NAME;
    return (struct json){doc, named ? index + 1 : index, end};
}

struct json json_first(struct json parent)
{
    if (json_type(parent) < JSON_ARRAY)
        return (struct json){0};
    return value_at(parent.doc, parent.index + 1, node_of(parent)->after);
}

struct json json_next(struct json value)
{
    if (!value.doc || is_name(value))
        return (struct json){0};
    return value_at(value.doc, node_of(value)->after, value.end);
}

size_t json_count(struct json parent)
{
    size_t count = 0;
    for (struct json v = json_first(parent); json_exists(v); v = json_next(v))
        count++;
    return count;
}

struct json json_member_name(struct json member)
{
    if (!member.doc || member.index == 0 || is_name(member))
        return (struct json){0};
    const struct json name = {member.doc, member.index - 1, member.index};
    return is_name(name) ? name : (struct json){0};
}

static bool find_member(struct json object, const char *name, bool fold, struct json *ret_value)
{
    if (json_type(object) != JSON_OBJECT)
        return false;
    const uint32_t hash = json_name_hash(bytes_of_text(name));
    for (struct json v = json_first(object); json_exists(v); v = json_next(v)) {
        const struct json_node *n = &v.doc->nodes[v.index - 1];
        if (n->hash == hash && json_text_matches(json_member_name(v), name, fold)) {
            *ret_value = v;
            return true;
        }
    }
    return false;
}

bool json_member(struct json object, const char *name, struct json *ret_value)
{
    return find_member(object, name, false, ret_value);
}

bool json_member_fold(struct json object, const char *name, struct json *ret_value)
{
    return find_member(object, name, true, ret_value);
}

struct bytes json_span(struct json value)
{
    if (!value.doc)
        return (struct bytes){0};
    const struct json_node *n = node_of(value);
    const size_t quote = json_type(value) == JSON_STRING;
    return bytes_slice(value.doc->text, n->at - quote, n->len + 2 * quote);
}

size_t json_offset(struct json value)
{
    if (!value.doc)
        return QUOTH_NO_OFFSET;
    return node_of(value)->at - (json_type(value) == JSON_STRING);
}

/* The child that is the value, or that it lies in, and its place among the children. */
static struct json child_towards(struct json parent, struct json value, size_t *ret_place)
{
    size_t place = 0;
    struct json child = json_first(parent);
    while (json_exists(child) && node_of(child)->after <= value.index) {
        child = json_next(child);
        place++;
    }
    *ret_place = place;
    return child;
}

char *json_path(struct json value, char *to, size_t size)
{
    AUTO(buffer) struct buffer path = {0};
    struct json at = value.doc ? json_root(value.doc) : (struct json){0};
    while (json_exists(at) && at.index != value.index) {
        size_t place;
        at = child_towards(at, value, &place);
        const struct json name = json_member_name(at);
        if (json_exists(name)) {
            buffer_text(&path, path.len ? "." : "");
            json_text(name, &path);
        } else {
            buffer_printf(&path, "[%zu]", place);
        }
    }
    return text_escape(to, size, buffer_bytes(&path));
}
