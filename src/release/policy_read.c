/* The reading of a policy: one function per rule of the grammar. */
#include "release/policy.h"

#include "base/text.h"
#include "release/policy_signed.h"

#include <stdarg.h>
#include <stdio.h>

#define ARENA_MAX (512u << 10)
#define JSON_DEPTH 64u /* deeper than RELEASE_DEPTH_MAX lists: we are the ones to say so */

#define VERSION "1.0.0"
#define VERSION_SHORT "1.0" /* as some clients write it */

enum { SYNTAX = QUOTH_RELEASE_POLICY_SYNTAX, LIMIT = QUOTH_RELEASE_POLICY_LIMIT };

static bool refuse_at(const struct release_policy *p, int code, size_t at, const char *path,
                      const char *message, struct quoth_error *err)
{
    const struct release_place place = release_policy_place(p, at);
    quoth_fail(err, (enum quoth_code)code, path, at, "%s", message);
    return quoth_at(err, place.line, place.column);
}

static bool refuse(const struct release_policy *p, int code, struct json at,
                   struct quoth_error *err, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

static bool refuse(const struct release_policy *p, int code, struct json at,
                   struct quoth_error *err, const char *format, ...)
{
    char path[sizeof err->where], message[sizeof err->message];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    return refuse_at(p, code, json_offset(at), json_path(at, path, sizeof path), message, err);
}

static bool no_memory(struct quoth_error *err)
{
    return quoth_fail(err, QUOTH_MEMORY, "policy", QUOTH_NO_OFFSET, "out of memory");
}

static bool refuse_unknown(const struct release_policy *p, struct json member,
                           struct quoth_error *err)
{
    char name[64];
    return refuse(p, SYNTAX, member, err, "unknown member %s",
                  text_escape(name, sizeof name, json_span(json_member_name(member))));
}

/* The unescaped text of a string, which outlives the JSON, with a NUL behind it. */
static bool keep_text(struct release_policy *p, struct json string, struct bytes *ret_text,
                      struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0};
    if (json_type(string) != JSON_STRING)
        return refuse(p, SYNTAX, string, err, "found %s, expected a string",
                      json_type_text(json_type(string)));
    json_text(string, &text);
    *ret_text = arena_copy(&p->arena, buffer_bytes(&text));
    return ret_text->data && !text.failed ? true : no_memory(err);
}

static struct release_node *new_node(struct release_policy *p, enum release_kind kind,
                                     struct json object, struct quoth_error *err)
{
    if (p->node_count == RELEASE_NODES_MAX ||
        (kind == RELEASE_CLAUSE && p->clause_count == RELEASE_CLAUSES_MAX)) {
        refuse(p, LIMIT, object, err, "the policy has more than %u clauses, or %u with its lists",
               RELEASE_CLAUSES_MAX, RELEASE_NODES_MAX);
        return NULL;
    }
    struct release_node *node = arena_new(&p->arena, struct release_node);
    if (!node) {
        no_memory(err);
        return NULL;
    }
    node->kind = kind;
    node->number = p->node_count++;
    node->at = json_offset(object);
    p->clause_count += kind == RELEASE_CLAUSE;
    return node;
}

/* ---- claim, operator, value */

static bool read_claim(struct release_policy *p, struct json name, struct release_node *node,
                       struct quoth_error *err)
{
    struct bytes text = {0};
    if (!keep_text(p, name, &text, err))
        return false;
    if (text.len == 0 || text.len > RELEASE_CLAIM_MAX)
        return refuse(p, SYNTAX, name, err, "a claim has 1 to %u bytes, this one %zu",
                      RELEASE_CLAIM_MAX, text.len);
    node->claim = (const char *)text.data;
    const char last = node->claim[text.len - 1];
    if (node->claim[0] == '.' || last == '.' || strstr(node->claim, ".."))
        return refuse(p, SYNTAX, name, err, "a part of the claim's path is empty");
    return true;
}

static bool is_order(enum release_operator op)
{
    return op >= RELEASE_LESS && op <= RELEASE_GREATER_OR_EQUALS;
}

static bool read_value(struct release_policy *p, struct json value, struct release_node *node,
                       struct quoth_error *err)
{
    const enum json_type type = json_type(value);
    AUTO(buffer) struct buffer hold = {0};
    struct release_scalar s;
    if (!release_scalar_read(value, &hold, &s))
        return hold.failed ? no_memory(err)
                           : refuse(p, SYNTAX, value, err,
                                    "found %s, expected a string, a number, true or false",
                                    json_type_text(type));
    if (node->op == RELEASE_EXISTS && type != JSON_TRUE && type != JSON_FALSE)
        return refuse(p, SYNTAX, value, err, "found %s, expected true or false",
                      json_type_text(type));
    if (is_order(node->op) && !s.is_integer)
        return refuse(p, SYNTAX, value, err, "order is for whole numbers within 2^53");
    s.text = arena_copy(&p->arena, s.text);
    if (p->arena.failed || p->arena.full)
        return no_memory(err);
    node->value = s;
    node->written = json_span(value);
    return true;
}

static bool read_clause_member(struct release_policy *p, struct json member,
                               struct release_node *node, struct quoth_error *err)
{
    const struct json name = json_member_name(member);
    if (json_text_is(name, "claim"))
        return read_claim(p, member, node, err);
    if (!release_operator_find(name, &node->op))
        return refuse_unknown(p, member, err);
    if (node->written.data)
        return refuse(p, SYNTAX, member, err, "one condition has two operators");
    return read_value(p, member, node, err);
}

static struct release_node *read_clause(struct release_policy *p, struct json object,
                                        struct quoth_error *err)
{
    struct release_node *node = new_node(p, RELEASE_CLAUSE, object, err);
    if (!node)
        return NULL;
    for (struct json m = json_first(object); json_exists(m); m = json_next(m))
        if (!read_clause_member(p, m, node, err))
            return NULL;
    if (!node->written.data) {
        refuse(p, SYNTAX, object, err, "the condition has no operator");
        return NULL;
    }
    return node;
}

/* ---- lists, RELEASE_DEPTH_MAX at most inside each other: NOLINTBEGIN(misc-no-recursion) */

static struct release_node *read_list(struct release_policy *p, struct json object, bool is_entry,
                                      unsigned depth, struct quoth_error *err);

static struct release_node *read_condition(struct release_policy *p, struct json object,
                                           unsigned depth, struct quoth_error *err)
{
    struct json claim;
    if (json_type(object) != JSON_OBJECT) {
        refuse(p, SYNTAX, object, err, "found %s, expected an object",
               json_type_text(json_type(object)));
        return NULL;
    }
    return json_member(object, "claim", &claim) ? read_clause(p, object, err)
                                                : read_list(p, object, false, depth, err);
}

static bool read_elements(struct release_policy *p, struct json array, unsigned depth,
                          struct release_node *list, struct quoth_error *err)
{
    const struct release_node **link = &list->first;
    if (json_type(array) != JSON_ARRAY || json_count(array) == 0)
        return refuse(p, SYNTAX, array, err, "found %s, expected a list of conditions, not empty",
                      json_type_text(json_type(array)));
    if (depth > RELEASE_DEPTH_MAX)
        return refuse(p, LIMIT, array, err, "more than %u lists stand inside each other",
                      RELEASE_DEPTH_MAX);
    for (struct json v = json_first(array); json_exists(v); v = json_next(v)) {
        struct release_node *node = read_condition(p, v, depth + 1, err);
        if (!node)
            return false;
        *link = node;
        link = &node->next;
    }
    return true;
}

/* {"allOf": [...]} or {"anyOf": [...]}; of an entry with "authority" beside, which is read
 * elsewhere. */
static struct release_node *read_list(struct release_policy *p, struct json object, bool is_entry,
                                      unsigned depth, struct quoth_error *err)
{
    struct json list = {0};
    struct release_node *node = NULL;
    for (struct json m = json_first(object); json_exists(m); m = json_next(m)) {
        const struct json name = json_member_name(m);
        const bool all = json_text_is(name, "allOf");
        if (is_entry && json_text_is(name, "authority"))
            continue;
        if (!all && !json_text_is(name, "anyOf")) {
            refuse_unknown(p, m, err);
            return NULL;
        }
        if (node) {
            refuse(p, SYNTAX, m, err, "allOf and anyOf stand in one object");
            return NULL;
        }
        node = new_node(p, all ? RELEASE_ALL_OF : RELEASE_ANY_OF, object, err);
        if (!node)
            return NULL;
        list = m;
    }
    if (!node) {
        refuse(p, SYNTAX, object, err,
               is_entry ? "has neither allOf nor anyOf" : "has neither claim, allOf nor anyOf");
        return NULL;
    }
    return read_elements(p, list, depth, node, err) ? node : NULL;
}

/* NOLINTEND(misc-no-recursion) */

/* ---- entries */

static bool read_authority(struct release_policy *p, struct json object,
                           struct release_entry *entry, struct quoth_error *err)
{
    struct json authority;
    struct quoth_error inner = {0};
    if (!json_member(object, "authority", &authority))
        return refuse(p, SYNTAX, object, err, "has no authority");
    if (!keep_text(p, authority, &entry->authority_text, err))
        return false;
    return release_authority_read(entry->authority_text, &entry->authority, &inner) ||
           refuse(p, SYNTAX, authority, err, "the authority is no https URL: %s", inner.message);
}

static bool read_entry(struct release_policy *p, struct json object, struct release_entry *entry,
                       struct quoth_error *err)
{
    if (json_type(object) != JSON_OBJECT)
        return refuse(p, SYNTAX, object, err, "found %s, expected an object",
                      json_type_text(json_type(object)));
    entry->conditions = read_list(p, object, true, 1, err);
    return entry->conditions && read_authority(p, object, entry, err);
}

static bool read_entries(struct release_policy *p, struct json array, struct quoth_error *err)
{
    const size_t count = json_count(array);
    if (json_type(array) != JSON_ARRAY || count == 0)
        return refuse(p, SYNTAX, array, err, "found %s, expected a list of authorities, not empty",
                      json_type_text(json_type(array)));
    if (count > RELEASE_AUTHORITIES_MAX)
        return refuse(p, LIMIT, array, err, "has %zu authorities, limit is %u", count,
                      RELEASE_AUTHORITIES_MAX);
    p->entries = arena_array(&p->arena, struct release_entry, count);
    if (!p->entries)
        return no_memory(err);
    for (struct json v = json_first(array); json_exists(v); v = json_next(v))
        if (!read_entry(p, v, &p->entries[p->entry_count++], err))
            return false;
    return true;
}

static bool read_root(struct release_policy *p, struct json root, struct quoth_error *err)
{
    struct json version = {0}, entries = {0};
    if (json_type(root) != JSON_OBJECT)
        return refuse(p, SYNTAX, root, err, "found %s, expected an object",
                      json_type_text(json_type(root)));
    for (struct json m = json_first(root); json_exists(m); m = json_next(m)) {
        const struct json name = json_member_name(m);
        if (!json_text_is(name, "version") && !json_text_is(name, "anyOf"))
            return refuse_unknown(p, m, err);
    }
    if (!json_member(root, "version", &version))
        return refuse(p, SYNTAX, root, err, "has no version, which is \"" VERSION "\"");
    if (!json_text_is(version, VERSION) && !json_text_is(version, VERSION_SHORT))
        return refuse(p, SYNTAX, version, err, "is not \"" VERSION "\"");
    if (!json_member(root, "anyOf", &entries))
        return refuse(p, SYNTAX, root, err, "has no anyOf");
    return read_entries(p, entries, err);
}

/* What the reader of JSON said, in our words for where. */
static bool refuse_json(const struct release_policy *p, const struct quoth_error *inner,
                        struct quoth_error *err)
{
    if (inner->code == QUOTH_MEMORY)
        return no_memory(err);
    const bool limit = inner->code == QUOTH_JSON_LIMIT;
    return refuse_at(p, limit ? LIMIT : SYNTAX, inner->offset, inner->where, inner->message, err);
}

static bool read_text(struct bytes text, struct release_policy *ret_policy, struct quoth_error *err)
{
    const struct json_limits limits = {.max_depth = JSON_DEPTH};
    AUTO(release_policy) struct release_policy p = {.arena.limit = ARENA_MAX};
    AUTO(json_doc) struct json_doc doc = {0};
    struct quoth_error inner = {0};
    if (text.len > RELEASE_POLICY_MAX)
        return quoth_fail(err, QUOTH_RELEASE_POLICY_LIMIT, "policy", RELEASE_POLICY_MAX,
                          "has %zu bytes, limit is %u", text.len, RELEASE_POLICY_MAX);
    buffer_add(&p.text, text);
    if (!buffer_ok(&p.text, err))
        return false;
    if (!json_parse(buffer_bytes(&p.text), &limits, &doc, &inner))
        return refuse_json(&p, &inner, err);
    if (!read_root(&p, json_root(&doc), err))
        return false;
    *ret_policy = take_value(p);
    return true;
}

bool release_policy_read(struct bytes text, struct release_policy *ret_policy,
                         struct quoth_error *err)
{
    AUTO(buffer) struct buffer inner = {0};
    if (!policy_signed_is(text))
        return read_text(text, ret_policy, err);
    return policy_signed_text(text, &inner, err) &&
           read_text(buffer_bytes(&inner), ret_policy, err);
}
