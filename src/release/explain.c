#include "release/explain.h"

#include "base/text.h"
#include "codec/json_write.h"

#define SHOWN 72u /* bytes of a name or value, in text */

const char *release_outcome_name(enum quoth_code code)
{
    switch (code) {
    case QUOTH_OK:
        return "released";
    case QUOTH_RELEASE_AUTHORITY:
    case QUOTH_RELEASE_UNMET:
    case QUOTH_RELEASE_UNFIT:
        return "refused";
    default:
        return "error";
    }
}

static bool names_issuer(const struct release_entry *entry, const struct release_evaluation *e)
{
    return e->steps && e->steps[entry->conditions->number].reached;
}

static const char *list_name(const struct release_node *list)
{
    return list->kind == RELEASE_ALL_OF ? "allOf" : "anyOf";
}

/* ---- JSON */

static void write_place(struct buffer *to, const struct release_policy *p, size_t at)
{
    const struct release_place place = release_policy_place(p, at);
    json_named_uint(to, "line", place.line);
    json_named_uint(to, "column", place.column);
}

static void write_held(struct buffer *to, const struct release_step *step)
{
    if (!step || !step->reached)
        return;
    json_named_bool(to, "held", step->held);
}

static void write_clause(struct buffer *to, const struct release_node *c,
                         const struct release_step *step)
{
    AUTO(buffer) struct buffer found = {0};
    json_named_cstring(to, "claim", c->claim);
    json_named_cstring(to, "operator", release_operator_name(c->op));
    json_name(to, "expected");
    json_raw(to, c->written);
    if (!step || !step->reached || step->found != RELEASE_FOUND)
        return;
    release_step_write(&found, c, step);
    json_name(to, "found");
    json_raw(to, buffer_bytes(&found));
    to->failed |= found.failed;
}

/* NOLINTNEXTLINE(misc-no-recursion): RELEASE_DEPTH_MAX lists at most */
static void write_node(struct buffer *to, const struct release_policy *p,
                       const struct release_evaluation *e, const struct release_node *node)
{
    const struct release_step *step = e->steps ? &e->steps[node->number] : NULL;
    json_object_begin(to);
    write_place(to, p, node->at);
    write_held(to, step);
    if (node->kind == RELEASE_CLAUSE) {
        write_clause(to, node, step);
    } else {
        json_name(to, list_name(node));
        json_array_begin(to);
        for (const struct release_node *n = node->first; n; n = n->next)
            write_node(to, p, e, n);
        json_array_end(to);
    }
    json_object_end(to);
}

static void write_entry(struct buffer *to, const struct release_policy *p,
                        const struct release_evaluation *e, size_t i)
{
    const struct release_entry *entry = &p->entries[i];
    json_object_begin(to);
    json_named_uint(to, "number", i + 1);
    write_place(to, p, entry->conditions->at);
    json_named_string(to, "authority", entry->authority_text);
    json_named_bool(to, "issuer", names_issuer(entry, e));
    write_held(to, e->steps ? &e->steps[entry->conditions->number] : NULL);
    json_name(to, "conditions");
    write_node(to, p, e, entry->conditions);
    json_object_end(to);
}

static void write_marks(struct buffer *to, const struct release_marks *marks)
{
    json_name(to, "marks");
    json_array_begin(to);
    for (size_t i = 0; i < marks->count && i < RELEASE_MARKS_MAX; i++) {
        char path[256];
        json_cstring(to, json_path(marks->claims[i], path, sizeof path));
    }
    json_array_end(to);
}

void release_explain_json(struct buffer *to, const struct release_policy *p,
                          const struct release_evaluation *e)
{
    json_object_begin(to);
    json_named_cstring(to, "outcome", release_outcome_name(e->error.code));
    json_name(to, "entries");
    json_array_begin(to);
    for (size_t i = 0; i < p->entry_count; i++)
        write_entry(to, p, e, i);
    json_array_end(to);
    write_marks(to, &e->marks);
    if (e->error.code != QUOTH_OK) {
        json_name(to, "error");
        json_error(to, &e->error);
    }
    json_object_end(to);
}

/* ---- text */

static void put_escaped(struct buffer *to, struct bytes text)
{
    char shown[SHOWN];
    buffer_text(to, text_escape(shown, sizeof shown, text));
}

static const char *sign_of(bool held)
{
    return held ? "+" : "-";
}

static void put_line(struct buffer *to, const struct release_policy *p, size_t at, unsigned depth,
                     const char *sign)
{
    const struct release_place place = release_policy_place(p, at);
    buffer_printf(to, "%4u:%-3u %*s%s ", place.line, place.column, (int)(2 * depth), "", sign);
}

static void put_clause(struct buffer *to, const struct release_node *c,
                       const struct release_step *step)
{
    AUTO(buffer) struct buffer found = {0};
    put_escaped(to, bytes_of_text(c->claim));
    buffer_printf(to, " %s ", release_operator_name(c->op));
    put_escaped(to, c->written);
    buffer_text(to, ": found ");
    release_step_write(&found, c, step);
    put_escaped(to, buffer_bytes(&found));
    buffer_text(to, "\n");
}

/* NOLINTNEXTLINE(misc-no-recursion): RELEASE_DEPTH_MAX lists at most */
static void put_node(struct buffer *to, const struct release_policy *p,
                     const struct release_evaluation *e, const struct release_node *node,
                     unsigned depth)
{
    const struct release_step *step = &e->steps[node->number];
    put_line(to, p, node->at, depth, sign_of(step->held));
    if (node->kind == RELEASE_CLAUSE) {
        put_clause(to, node, step);
        return;
    }
    buffer_printf(to, "%s\n", list_name(node));
    for (const struct release_node *n = node->first; n; n = n->next)
        put_node(to, p, e, n, depth + 1);
}

static void put_entry(struct buffer *to, const struct release_policy *p,
                      const struct release_evaluation *e, const struct release_entry *entry)
{
    const bool named = names_issuer(entry, e);
    const bool held = named && e->steps[entry->conditions->number].held;
    put_line(to, p, entry->conditions->at, 0, named ? sign_of(held) : " ");
    put_escaped(to, entry->authority_text);
    buffer_text(to, named ? "\n" : ": not the issuer\n");
    if (named)
        put_node(to, p, e, entry->conditions, 1);
}

void release_explain_text(struct buffer *to, const struct release_policy *p,
                          const struct release_evaluation *e)
{
    for (size_t i = 0; i < p->entry_count; i++)
        put_entry(to, p, e, &p->entries[i]);
    for (size_t i = 0; i < e->marks.count && i < RELEASE_MARKS_MAX; i++) {
        char path[256];
        buffer_printf(to, "marked by %s\n", json_path(e->marks.claims[i], path, sizeof path));
    }
    buffer_printf(to, "%s\n", release_outcome_name(e->error.code));
}
