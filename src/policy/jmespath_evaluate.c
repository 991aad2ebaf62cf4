#include "policy/jmespath_functions.h"

typedef const struct jmespath_value *value; /* NULL: the evaluation cannot go on */

static struct jmespath_value *array(struct jmespath_run *run, size_t room)
{
    return work_spend(run->work, room / 4) ? jmespath_make(run->work, JP_ARRAY, room) : NULL;
}

/* ---- indexes and slices (jmespath.org, "Index Expressions", "Slices") */

static value item(value v, int64_t index)
{
    const int64_t count = (int64_t)v->count;
    if (v->type != JP_ARRAY || index >= count || index < -count)
        return &jmespath_null;
    return v->items[index < 0 ? index + count : index];
}

/* A bound as an index that is inside the array or just outside the end it leads to. */
static int64_t bound(int64_t part, int64_t count, bool backwards)
{
    const int64_t first = backwards ? -1 : 0, last = backwards ? count - 1 : count;
    if (part < 0)
        part = part < -count ? first : part + count;
    return part < first ? first : part > last ? last : part;
}

static value slice(struct jmespath_run *run, const struct jmespath_node *n, value v)
{
    const struct jmespath_slice *s = &n->slice;
    const int64_t count = (int64_t)v->count, step = s->has[2] ? s->part[2] : 1;
    if (step == 0) {
        quoth_fail(run->err, QUOTH_JMESPATH_EVALUATION, "query", n->at,
                   "the step of a slice cannot be 0");
        return NULL;
    }
    if (v->type != JP_ARRAY)
        return &jmespath_null;
    const bool backwards = step < 0;
    int64_t at = s->has[0] ? bound(s->part[0], count, backwards) : backwards ? count - 1 : 0;
    const int64_t stop = s->has[1] ? bound(s->part[1], count, backwards) : backwards ? -1 : count;
    struct jmespath_value *out = array(run, v->count);
    if (!out)
        return NULL;
    out->count = 0;
    while (backwards ? at > stop : at < stop) {
        out->items[out->count++] = v->items[at];
        if (__builtin_add_overflow(at, step, &at))
            break;
    }
    return out;
}

/* ---- projections: right on each item, nulls left out */

static value project(struct jmespath_run *run, const struct jmespath_node *n, value over)
{
    struct jmespath_value *out = array(run, over->count);
    if (!out)
        return NULL;
    out->count = 0;
    for (size_t i = 0; i < over->count; i++) {
        value each = over->type == JP_ARRAY ? over->items[i] : over->members[i].value;
        if (n->test) {
            value held = jmespath_run(run, n->test, each);
            if (!held)
                return NULL;
            if (!jmespath_is_true(held))
                continue;
        }
        value made = jmespath_run(run, n->right, each);
        if (!made)
            return NULL;
        if (made->type != JP_NULL)
            out->items[out->count++] = made;
    }
    return out;
}

static value flatten(struct jmespath_run *run, value v)
{
    size_t room = 0;
    if (v->type != JP_ARRAY)
        return &jmespath_null;
    for (size_t i = 0; i < v->count; i++)
        room += v->items[i]->type == JP_ARRAY ? v->items[i]->count : 1;
    struct jmespath_value *out = array(run, room);
    if (!out)
        return NULL;
    out->count = 0;
    for (size_t i = 0; i < v->count; i++) {
        value each = v->items[i];
        if (each->type != JP_ARRAY)
            out->items[out->count++] = each;
        else
            for (size_t k = 0; k < each->count; k++)
                out->items[out->count++] = each->items[k];
    }
    return out;
}

/* ---- several at once */

static value list(struct jmespath_run *run, const struct jmespath_node *n, value current)
{
    struct jmespath_value *out = array(run, n->count);
    size_t i = 0;
    for (const struct jmespath_node *c = n->first; out && c; c = c->next_sibling)
        if (!(out->items[i++] = jmespath_run(run, c, current)))
            return NULL;
    return out;
}

static value hash(struct jmespath_run *run, const struct jmespath_node *n, value current)
{
    struct jmespath_value *out = jmespath_make(run->work, JP_OBJECT, n->count);
    if (!out)
        return NULL;
    out->count = 0;
    for (const struct jmespath_node *c = n->first; c; c = c->next_sibling) {
        value made = jmespath_run(run, c, current);
        size_t at = 0;
        if (!made || !work_spend(run->work, out->count / 4))
            return NULL;
        while (at < out->count && !bytes_equal(out->members[at].name, c->text))
            at++;
        out->members[at] = (struct jmespath_member){c->text, made};
        out->count += at == out->count;
    }
    return out;
}

static value call(struct jmespath_run *run, const struct jmespath_node *n, value current)
{
    struct jmespath_value *args = array(run, n->count);
    size_t i = 0;
    for (const struct jmespath_node *c = n->first; args && c; c = c->next_sibling)
        if (!(args->items[i++] = jmespath_run(run, c, current)))
            return NULL;
    return args ? jmespath_call(run, n, args->items) : NULL;
}

/* ---- comparisons: order is for numbers only, and null for all else */

static value compare(struct jmespath_run *run, enum jmespath_op op, value a, value b)
{
    if (op == JP_EQ || op == JP_NE)
        return jmespath_bool(jmespath_equal(a, b, run->work) == (op == JP_EQ));
    if (a->type != JP_NUMBER || b->type != JP_NUMBER)
        return &jmespath_null;
    const int order = jmespath_compare_numbers(a, b);
    return jmespath_bool(op == JP_LT   ? order < 0
                         : op == JP_LE ? order <= 0
                         : op == JP_GT ? order > 0
                                       : order >= 0);
}

static value reference(struct jmespath_run *run, const struct jmespath_node *n)
{
    struct jmespath_value *v = jmespath_make(run->work, JP_EXPRESSION, 0);
    if (v)
        v->expression = n->left;
    return v;
}

/* Nodes whose left side comes first, on its result. */
static value on_left(struct jmespath_run *run, const struct jmespath_node *n, value left,
                     value current)
{
    value right;
    switch (n->kind) {
    case JP_THEN:
        return jmespath_run(run, n->right, left);
    case JP_EACH:
    case JP_FILTER:
        return left->type == JP_ARRAY ? project(run, n, left) : &jmespath_null;
    case JP_EACH_MEMBER:
        return left->type == JP_OBJECT ? project(run, n, left) : &jmespath_null;
    case JP_FLATTEN:
        return flatten(run, left);
    case JP_OR:
        return jmespath_is_true(left) ? left : jmespath_run(run, n->right, current);
    case JP_AND:
        return jmespath_is_true(left) ? jmespath_run(run, n->right, current) : left;
    case JP_NOT:
        return jmespath_bool(!jmespath_is_true(left));
    default: /* JP_COMPARE */
        right = jmespath_run(run, n->right, current);
        return right ? compare(run, n->op, left, right) : NULL;
    }
}

/* Recursion ends with the depth of the tree, which is bounded. */
const struct jmespath_value *jmespath_run(struct jmespath_run *run, const struct jmespath_node *n,
                                          const struct jmespath_value *current)
{
    value left;
    if (!work_spend(run->work, 1))
        return NULL;
    switch (n->kind) {
    case JP_CURRENT:
        return current;
    case JP_FIELD:
        return jmespath_member_of(current, n->text, run->work);
    case JP_LITERAL:
        return n->literal;
    case JP_INDEX:
        return item(current, n->index);
    case JP_SLICE:
        return slice(run, n, current);
    case JP_LIST:
        return current->type == JP_NULL ? current : list(run, n, current);
    case JP_HASH:
        return current->type == JP_NULL ? current : hash(run, n, current);
    case JP_CALL:
        return call(run, n, current);
    case JP_REFERENCE:
        return reference(run, n);
    default:
        left = jmespath_run(run, n->left, current);
        return left ? on_left(run, n, left, current) : NULL;
    }
}

bool jmespath_evaluate(const struct jmespath_node *query, const struct jmespath_value *document,
                       struct work *w, const struct jmespath_value **ret_value,
                       struct quoth_error *err)
{
    struct quoth_error why = {0};
    struct jmespath_run run = {.work = w, .err = &why};
    value v = jmespath_run(&run, query, document);
    if (!work_ok(w, err))
        return false;
    if (!v) {
        if (err->code == QUOTH_OK)
            *err = why;
        return false;
    }
    *ret_value = v;
    return true;
}
