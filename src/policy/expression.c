/* Expressions and the functions of version 1.2 (maa.md 4.5). */
#include "policy/evaluate.h"
#include "policy/jmespath.h"

#include "codec/json.h"

#include <stdio.h>

struct known_json {
    struct bytes text;
    const struct jmespath_value *value;
    size_t older; /* how many there are behind it */
    struct known_json *next;
};

static bool takes_set(enum policy_function function, size_t argument)
{
    return function == FUNCTION_IS_SUBSET_OF ||
           (function == FUNCTION_CONTAINS_ONLY_VALUE && argument == 0);
}

uint32_t policy_expr_variables(const struct policy_expr *expr)
{
    uint32_t found = 0;
    size_t i = 0;
    if (expr->kind == EXPR_VARIABLE)
        return UINT32_C(1) << expr->variable;
    for (const struct policy_expr *a = expr->first_arg; a; a = a->next, i++)
        if (a->kind != EXPR_VARIABLE || !takes_set(expr->function, i))
            found |= policy_expr_variables(a);
    return found;
}

/* A call, for what fails in it. */
struct call {
    const struct policy_scope *scope;
    const struct policy_expr *expr;
    struct policy_values args[2];
};

static bool refuse(const struct call *c, enum quoth_code code, const char *why)
{
    return policy_fail_rule(c->scope->e, code, c->scope->rule, c->expr->at, "%s: %s",
                            policy_function_name(c->expr->function), why);
}

static bool give(const struct call *c, const struct policy_value *value,
                 struct policy_values *ret_values)
{
    ret_values->items = arena_new(&c->scope->e->work.arena, struct policy_value);
    ret_values->count = 1;
    if (ret_values->items)
        *ret_values->items = *value;
    return ret_values->items != NULL;
}

/* ---- functions over sets */

static bool is_member(const struct call *c, const struct policy_value *v,
                      const struct policy_values *set)
{
    for (size_t i = 0; i < set->count; i++)
        if (work_spend_bytes(&c->scope->e->work, v->text.len) &&
            policy_value_equal(v, &set->items[i]))
            return true;
    return false;
}

static bool is_subset_of(const struct call *c, struct policy_values *ret_values)
{
    bool all = true;
    for (size_t i = 0; all && i < c->args[0].count; i++)
        all = is_member(c, &c->args[0].items[i], &c->args[1]);
    return give(c, &(struct policy_value){.kind = POLICY_BOOLEAN, .boolean = all}, ret_values);
}

static bool contains_only_value(const struct call *c, struct policy_values *ret_values)
{
    const struct policy_values *set = &c->args[0];
    bool all = set->count > 0;
    if (c->args[1].count != 1)
        return refuse(c, QUOTH_POLICY_EVALUATION, "the second argument is not one value");
    for (size_t i = 0; all && i < set->count; i++)
        all = work_spend_bytes(&c->scope->e->work, set->items[i].text.len) &&
              policy_value_equal(&set->items[i], &c->args[1].items[0]);
    return give(c, &(struct policy_value){.kind = POLICY_BOOLEAN, .boolean = all}, ret_values);
}

/* ---- functions over single values */

static bool read_json(const struct call *c, struct bytes text, const struct jmespath_value **ret,
                      struct quoth_error *why)
{
    struct policy_evaluation *e = c->scope->e;
    const size_t known = e->json ? e->json->older + 1 : 0;
    if (!work_spend(&e->work, known / 4))
        return false;
    for (const struct known_json *k = e->json; k; k = k->next)
        if (k->text.data == text.data && k->text.len == text.len) {
            *ret = k->value;
            return true;
        }
    struct known_json *k = arena_new(&e->work.arena, struct known_json);
    if (!k || !jmespath_read(text, &e->work, ret, why))
        return false;
    *k = (struct known_json){text, *ret, known, e->json};
    e->json = k;
    return true;
}

static bool search(const struct call *c, struct bytes json, struct bytes query,
                   struct buffer *ret_text, struct quoth_error *why)
{
    struct work *w = &c->scope->e->work;
    const struct jmespath_value *document, *found;
    const struct jmespath_node *tree;
    return read_json(c, json, &document, why) && jmespath_compile(query, w, &tree, why) &&
           jmespath_evaluate(tree, document, w, &found, why) &&
           jmespath_write(found, true, w, ret_text, why);
}

/* What is wrong is the query, or how it meets the values, or the cost; or there is no JSON. */
static bool refuse_search(const struct call *c, const struct quoth_error *why)
{
    char text[192];
    const bool of_query =
        why->code == QUOTH_JMESPATH_SYNTAX || why->code == QUOTH_JMESPATH_EVALUATION;
    if (why->code == QUOTH_OK) /* the work is spent, and says so itself */
        return false;
    if (!of_query)
        snprintf(text, sizeof text, "%s", why->message);
    else
        snprintf(text, sizeof text, "byte %zu of the query: %s", why->offset, why->message);
    return refuse(c,
                  of_query || why->code == QUOTH_POLICY_COST || why->code == QUOTH_MEMORY
                      ? why->code
                      : QUOTH_POLICY_EVALUATION,
                  text);
}

static bool jmes_path(const struct call *c, const struct policy_value *json,
                      const struct policy_value *query, struct policy_values *ret_values)
{
    struct policy_evaluation *e = c->scope->e;
    AUTO(buffer) struct buffer text = {0};
    struct quoth_error why = {0};
    if (json->kind != POLICY_STRING || query->kind != POLICY_STRING || json->text.len == 0 ||
        query->text.len == 0)
        return refuse(c, QUOTH_POLICY_EVALUATION, "takes two strings that are not empty");
    if (!search(c, json->text, query->text, &text, &why))
        return refuse_search(c, &why);
    struct policy_value v = policy_text(arena_copy(&e->work.arena, buffer_bytes(&text)));
    v.read_only = json->read_only || query->read_only;
    return give(c, &v, ret_values);
}

/* One primitive; an array or an object is refused, null makes no value. */
static bool from_json(const struct call *c, struct json json, struct policy_values *to)
{
    struct policy_evaluation *e = c->scope->e;
    struct policy_value *v = &to->items[to->count];
    struct quoth_error ignored = {0};
    AUTO(buffer) struct buffer text = {0};
    switch (json_type(json)) {
    case JSON_NULL:
        return true;
    case JSON_FALSE:
    case JSON_TRUE:
        *v = policy_truth(json_type(json) == JSON_TRUE);
        break;
    case JSON_NUMBER:
        *v = policy_number(0);
        if (!json_get_int(json, INT64_MIN, INT64_MAX, &v->integer, &ignored))
            return refuse(c, QUOTH_POLICY_EVALUATION, "a number is not an integer of 64 bits");
        break;
    case JSON_STRING:
        json_text(json, &text);
        e->work.arena.failed |= text.failed;
        *v = policy_text(arena_copy(&e->work.arena, buffer_bytes(&text)));
        break;
    default:
        return refuse(c, QUOTH_POLICY_EVALUATION,
                      "objects, and arrays inside arrays, are no claim values");
    }
    to->count++;
    return true;
}

/* Text that does not even begin as JSON does is a string as it stands: JmesPath gives strings
 * without their quotes. What begins as an array, an object or a string must be one. */
static bool is_bare(struct bytes text, const struct quoth_error *why)
{
    const uint8_t first = text.len > 0 ? text.data[0] : 0;
    return why->code == QUOTH_JSON && first != '[' && first != '{' && first != '"';
}

static bool json_to_claim_value(const struct call *c, const struct policy_value *v,
                                struct policy_values *ret_values)
{
    struct policy_evaluation *e = c->scope->e;
    AUTO(json_doc) struct json_doc doc = {0};
    struct quoth_error why = {0};
    if (v->kind != POLICY_STRING)
        return refuse(c, QUOTH_POLICY_EVALUATION, "takes a string");
    if (!work_spend(&e->work, 1 + v->text.len / WORK_JSON_BYTES))
        return false;
    if (!json_parse(v->text, NULL, &doc, &why))
        return is_bare(v->text, &why) ? give(c, v, ret_values)
                                      : refuse(c, QUOTH_POLICY_EVALUATION, why.message);
    const struct json root = json_root(&doc);
    const bool array = json_type(root) == JSON_ARRAY;
    const size_t room = array ? json_count(root) : 1;
    *ret_values = (struct policy_values){arena_array(&e->work.arena, struct policy_value, room), 0};
    if (!ret_values->items || !work_spend(&e->work, room))
        return false;
    if (!array && !from_json(c, root, ret_values))
        return false;
    for (struct json j = json_first(root); array && json_exists(j); j = json_next(j))
        if (!from_json(c, j, ret_values))
            return false;
    for (size_t i = 0; i < ret_values->count; i++)
        ret_values->items[i].read_only = v->read_only;
    return true;
}

static bool append_string(const struct call *c, const struct policy_value *a,
                          const struct policy_value *b, struct policy_values *ret_values)
{
    struct work *w = &c->scope->e->work;
    if (a->kind != POLICY_STRING || b->kind != POLICY_STRING)
        return refuse(c, QUOTH_POLICY_EVALUATION, "takes two strings");
    const size_t len = a->text.len + b->text.len;
    uint8_t *to = work_spend_bytes(w, len) ? arena_take(&w->arena, len, 1) : NULL;
    if (!to)
        return false;
    bytes_copy(to, a->text);
    bytes_copy(to + a->text.len, b->text);
    struct policy_value v = policy_text((struct bytes){to, len});
    v.read_only = a->read_only || b->read_only;
    return give(c, &v, ret_values);
}

static bool negate_bool(const struct call *c, const struct policy_value *a,
                        struct policy_values *ret_values)
{
    struct policy_value v = *a;
    if (a->kind != POLICY_BOOLEAN)
        return refuse(c, QUOTH_POLICY_EVALUATION, "takes a Boolean");
    v.boolean = !v.boolean;
    return give(c, &v, ret_values);
}

static bool call_single(const struct call *c, const struct policy_value *a,
                        const struct policy_value *b, struct policy_values *ret_values)
{
    switch (c->expr->function) {
    case FUNCTION_JMESPATH:
        return jmes_path(c, a, b, ret_values);
    case FUNCTION_JSON_TO_CLAIM_VALUE:
        return json_to_claim_value(c, a, ret_values);
    case FUNCTION_APPEND_STRING:
        return append_string(c, a, b, ret_values);
    default:
        return negate_bool(c, a, ret_values);
    }
}

/* An argument that JsonToClaimValue made nothing of makes nothing; one that it made several values
 * of would make a table, which no function is said to do. */
static bool call_values(const struct call *c, struct policy_values *ret_values)
{
    struct policy_value args[COUNT(c->args)] = {0};
    for (size_t i = 0; i < c->expr->arg_count; i++) {
        if (c->args[i].count == 0 || !c->args[i].items) {
            *ret_values = (struct policy_values){0};
            return true;
        }
        if (c->args[i].count > 1)
            return refuse(c, QUOTH_POLICY_EVALUATION, "an argument has several values");
        args[i] = c->args[i].items[0];
    }
    return call_single(c, &args[0], &args[1], ret_values);
}

/* The values of all claims bound to a name. */
static bool whole_set(const struct policy_scope *s, const struct policy_expr *e,
                      struct policy_values *ret_values)
{
    const struct policy_claim_list *set = &s->sets[e->variable];
    struct work *w = &s->e->work;
    ret_values->items = arena_array(&w->arena, struct policy_value, set->count);
    ret_values->count = set->count;
    if (!ret_values->items || !work_spend(w, set->count))
        return false;
    for (size_t i = 0; i < set->count; i++)
        ret_values->items[i] = policy_claim_property(set->items[i], e->property);
    return true;
}

static bool call(const struct policy_scope *s, const struct policy_expr *e,
                 struct policy_values *ret_values)
{
    struct call c = {.scope = s, .expr = e};
    size_t i = 0;
    for (const struct policy_expr *a = e->first_arg; a; a = a->next, i++) {
        const bool set = a->kind == EXPR_VARIABLE && takes_set(e->function, i);
        if (!(set ? whole_set(s, a, &c.args[i]) : policy_expr_values(s, a, &c.args[i])))
            return false;
    }
    if (e->function == FUNCTION_IS_SUBSET_OF)
        return is_subset_of(&c, ret_values);
    if (e->function == FUNCTION_CONTAINS_ONLY_VALUE)
        return contains_only_value(&c, ret_values);
    return call_values(&c, ret_values);
}

bool policy_expr_values(const struct policy_scope *scope, const struct policy_expr *expr,
                        struct policy_values *ret_values)
{
    const struct call here = {.scope = scope, .expr = expr};
    struct policy_value v;
    if (!work_spend(&scope->e->work, 1))
        return false;
    switch (expr->kind) {
    case EXPR_LITERAL:
        return give(&here, &expr->literal, ret_values);
    case EXPR_VARIABLE:
        v = policy_claim_property(scope->each[expr->variable], expr->property);
        return give(&here, &v, ret_values);
    default:
        return call(scope, expr, ret_values);
    }
}
