#include "policy/jmespath_functions.h"

#include "base/text.h"

#include <stdio.h>

typedef const struct jmespath_value *value; /* NULL: the evaluation cannot go on */

/* What an argument may be; types are bits by enum jmespath_type. */
#define NUMBER (1u << JP_NUMBER)
#define STRING (1u << JP_STRING)
#define ARRAY (1u << JP_ARRAY)
#define OBJECT (1u << JP_OBJECT)
#define EXPRESSION (1u << JP_EXPRESSION)
#define ANY (EXPRESSION - 1)
#define OF_NUMBERS (1u << 8) /* an array, and this is in it */
#define OF_STRINGS (1u << 9)
#define ARGS_MAX 2u

struct call {
    struct jmespath_run *run;
    const struct jmespath_node *node;
    const struct jmespath_value *const *args;
};

static value refuse(const struct call *c, const char *why)
{
    char name[48];
    quoth_fail(c->run->err, QUOTH_JMESPATH_EVALUATION, "query", c->node->at, "%s(): %s",
               text_escape(name, sizeof name, c->node->text), why);
    return NULL;
}

static struct jmespath_value *array(const struct call *c, size_t room)
{
    struct work *w = c->run->work;
    return work_spend(w, room / 4) ? jmespath_make(w, JP_ARRAY, room) : NULL;
}

/* ---- numbers */

static value fn_abs(const struct call *c)
{
    const struct jmespath_number *n = &c->args[0]->number;
    if (n->real >= 0)
        return c->args[0];
    return n->whole && n->exact != INT64_MIN ? jmespath_whole(c->run->work, -n->exact)
                                             : jmespath_real(c->run->work, -n->real);
}

/* The whole number at or below (ceil: above) one with a fraction, which is below 2^53. */
static value round_to(const struct call *c, bool up)
{
    const struct jmespath_number *n = &c->args[0]->number;
    if (n->whole || n->real >= 9007199254740992.0 || n->real <= -9007199254740992.0)
        return c->args[0];
    const int64_t cut = (int64_t)n->real;
    const double back = (double)cut;
    return jmespath_whole(c->run->work, cut + (up && back < n->real) - (!up && back > n->real));
}

static value fn_ceil(const struct call *c)
{
    return round_to(c, true);
}

static value fn_floor(const struct call *c)
{
    return round_to(c, false);
}

static value fn_sum(const struct call *c)
{
    const struct jmespath_value *a = c->args[0];
    bool whole = true;
    int64_t exact = 0;
    double real = 0;
    for (size_t i = 0; i < a->count; i++) {
        const struct jmespath_number *n = &a->items[i]->number;
        whole = whole && n->whole && !__builtin_add_overflow(exact, n->exact, &exact);
        real += n->real;
    }
    if (real - real != 0)
        return refuse(c, "the sum is beyond the range of doubles");
    return whole ? jmespath_whole(c->run->work, exact) : jmespath_real(c->run->work, real);
}

static value fn_avg(const struct call *c)
{
    if (c->args[0]->count == 0)
        return &jmespath_null;
    value sum = fn_sum(c);
    return sum ? jmespath_real(c->run->work, sum->number.real / (double)c->args[0]->count) : NULL;
}

static value fn_to_number(const struct call *c)
{
    struct quoth_error ignored = {0};
    value v = c->args[0];
    if (v->type == JP_NUMBER)
        return v;
    if (v->type != JP_STRING || v->text.len == 0 || v->text.len > 64 || v->text.data[0] <= ' ' ||
        v->text.data[v->text.len - 1] <= ' ')
        return &jmespath_null;
    if (!jmespath_read(v->text, c->run->work, &v, &ignored) || v->type != JP_NUMBER)
        return &jmespath_null;
    return v;
}

/* ---- strings */

static value fn_equals_ignore_case(const struct call *c)
{
    if (c->args[0]->type != JP_STRING || c->args[1]->type != JP_STRING)
        return &jmespath_false;
    if (!work_spend(c->run->work, c->args[0]->text.len))
        return NULL;
    return jmespath_bool(text_equal_fold(c->args[0]->text, c->args[1]->text));
}

static value fn_starts_with(const struct call *c)
{
    const struct bytes text = c->args[0]->text, part = c->args[1]->text;
    if (!work_spend_bytes(c->run->work, part.len))
        return NULL;
    return jmespath_bool(bytes_equal(bytes_slice(text, 0, part.len), part));
}

static value fn_ends_with(const struct call *c)
{
    const struct bytes text = c->args[0]->text, part = c->args[1]->text;
    if (!work_spend_bytes(c->run->work, part.len))
        return NULL;
    return jmespath_bool(text.len >= part.len &&
                         bytes_equal(bytes_slice(text, text.len - part.len, part.len), part));
}

static value fn_join(const struct call *c)
{
    const struct bytes glue = c->args[0]->text;
    const struct jmespath_value *a = c->args[1];
    AUTO(buffer) struct buffer out = {0};
    for (size_t i = 0; i < a->count; i++) {
        if (!work_spend_bytes(c->run->work, glue.len + a->items[i]->text.len))
            return NULL;
        if (i > 0)
            buffer_add(&out, glue);
        buffer_add(&out, a->items[i]->text);
    }
    if (out.failed)
        return refuse(c, "out of memory");
    return jmespath_string(c->run->work, arena_copy(&c->run->work->arena, buffer_bytes(&out)));
}

/* Length of the character at the front, at least 1. */
static size_t character(struct bytes text)
{
    const size_t len = text_utf8_len(text);
    return len ? len : 1;
}

static value reversed_text(const struct call *c, struct bytes text)
{
    uint8_t *to = arena_take(&c->run->work->arena, text.len, 1);
    if (!to || !work_spend(c->run->work, text.len))
        return NULL;
    for (size_t at = 0, len; at < text.len; at += len) {
        const struct bytes rest = bytes_slice(text, at, text.len);
        len = character(rest);
        bytes_copy(to + text.len - at - len, bytes_slice(rest, 0, len));
    }
    return jmespath_string(c->run->work, (struct bytes){to, text.len});
}

static value fn_to_string(const struct call *c)
{
    AUTO(buffer) struct buffer out = {0};
    value v = c->args[0];
    if (v->type == JP_STRING)
        return v;
    if (!jmespath_write(v, false, c->run->work, &out, c->run->err))
        return NULL;
    return jmespath_string(c->run->work, arena_copy(&c->run->work->arena, buffer_bytes(&out)));
}

/* ---- both strings and arrays */

static bool holds_text(struct bytes text, struct bytes part)
{
    return part.len == 0 || memmem(text.data, text.len, part.data, part.len);
}

static value fn_contains(const struct call *c)
{
    value in = c->args[0], what = c->args[1];
    if (in->type == JP_STRING) {
        if (!work_spend_bytes(c->run->work, 4 * (in->text.len + what->text.len)))
            return NULL;
        return jmespath_bool(what->type == JP_STRING && holds_text(in->text, what->text));
    }
    for (size_t i = 0; i < in->count; i++)
        if (jmespath_equal(in->items[i], what, c->run->work))
            return &jmespath_true;
    return &jmespath_false;
}

static value fn_length(const struct call *c)
{
    value v = c->args[0];
    size_t count = 0;
    if (v->type != JP_STRING)
        return jmespath_whole(c->run->work, (int64_t)v->count);
    if (!work_spend(c->run->work, v->text.len / 4))
        return NULL;
    for (size_t at = 0; at < v->text.len; count++)
        at += character(bytes_slice(v->text, at, v->text.len));
    return jmespath_whole(c->run->work, (int64_t)count);
}

static value fn_reverse(const struct call *c)
{
    value v = c->args[0];
    if (v->type == JP_STRING)
        return reversed_text(c, v->text);
    struct jmespath_value *out = array(c, v->count);
    for (size_t i = 0; out && i < v->count; i++)
        out->items[i] = v->items[v->count - 1 - i];
    return out;
}

/* ---- order: keys are all numbers or all strings */

static int order(struct jmespath_run *run, value a, value b)
{
    if (a->type == JP_NUMBER)
        return jmespath_compare_numbers(a, b);
    (void)work_spend_bytes(run->work, a->text.len < b->text.len ? a->text.len : b->text.len);
    return bytes_compare(a->text, b->text); /* bytewise order of UTF-8 is that of code points */
}

struct keyed {
    value key, item;
};

/* Merges sorted halves, stably: from [at, middle) and [middle, end) of from into to. */
static void merge(struct jmespath_run *run, const struct keyed *from, struct keyed *to, size_t at,
                  size_t middle, size_t end)
{
    size_t left = at, right = middle;
    for (size_t i = at; i < end; i++) {
        const bool take_right =
            left == middle || (right < end && order(run, from[right].key, from[left].key) < 0);
        to[i] = from[take_right ? right++ : left++];
    }
}

/* Bottom-up merge sort: stable, and bounded whatever the keys are. Gives the array that holds the
 * outcome, one of the two. */
static struct keyed *sort(struct jmespath_run *run, struct keyed *a, struct keyed *b, size_t count)
{
    for (size_t width = 1; width < count; width *= 2) {
        if (!work_spend(run->work, count))
            return NULL;
        for (size_t at = 0; at < count; at += 2 * width) {
            const size_t middle = at + width < count ? at + width : count;
            const size_t end = middle + width < count ? middle + width : count;
            merge(run, a, b, at, middle, end);
        }
        struct keyed *swap = a;
        a = b;
        b = swap;
    }
    return a;
}

static value sorted(const struct call *c, struct keyed *keys, size_t count)
{
    struct keyed *other = arena_array(&c->run->work->arena, struct keyed, count);
    struct jmespath_value *out = array(c, count);
    keys = keys && other && out ? sort(c->run, keys, other, count) : NULL;
    for (size_t i = 0; keys && i < count; i++)
        out->items[i] = keys[i].item;
    return keys ? out : NULL;
}

/* The items of an array with their keys: by an expression, or themselves without one. */
static struct keyed *keys_of(const struct call *c, const struct jmespath_value *a,
                             const struct jmespath_node *by)
{
    struct keyed *keys = arena_array(&c->run->work->arena, struct keyed, a->count);
    for (size_t i = 0; keys && i < a->count; i++) {
        keys[i].item = a->items[i];
        keys[i].key = by ? jmespath_run(c->run, by, a->items[i]) : a->items[i];
        if (!keys[i].key)
            return NULL;
        if ((keys[i].key->type != JP_NUMBER && keys[i].key->type != JP_STRING) ||
            keys[i].key->type != keys[0].key->type) {
            refuse(c, "the keys must be all numbers or all strings");
            return NULL;
        }
    }
    return keys;
}

static value fn_sort(const struct call *c)
{
    return sorted(c, keys_of(c, c->args[0], NULL), c->args[0]->count);
}

static value fn_sort_by(const struct call *c)
{
    return sorted(c, keys_of(c, c->args[0], c->args[1]->expression), c->args[0]->count);
}

static value extreme(const struct call *c, const struct jmespath_node *by, int sign)
{
    const size_t count = c->args[0]->count;
    const struct keyed *keys = keys_of(c, c->args[0], by);
    size_t best = 0;
    if (!keys)
        return NULL;
    for (size_t i = 1; i < count; i++)
        if (sign * order(c->run, keys[i].key, keys[best].key) > 0)
            best = i;
    return count ? keys[best].item : &jmespath_null;
}

static value fn_max(const struct call *c)
{
    return extreme(c, NULL, 1);
}

static value fn_min(const struct call *c)
{
    return extreme(c, NULL, -1);
}

static value fn_max_by(const struct call *c)
{
    return extreme(c, c->args[1]->expression, 1);
}

static value fn_min_by(const struct call *c)
{
    return extreme(c, c->args[1]->expression, -1);
}

/* ---- arrays and objects */

static value fn_map(const struct call *c)
{
    const struct jmespath_value *a = c->args[1];
    struct jmespath_value *out = array(c, a->count);
    for (size_t i = 0; out && i < a->count; i++)
        if (!(out->items[i] = jmespath_run(c->run, c->args[0]->expression, a->items[i])))
            return NULL;
    return out;
}

static value fn_keys(const struct call *c)
{
    value o = c->args[0];
    struct jmespath_value *out = array(c, o->count);
    for (size_t i = 0; out && i < o->count; i++)
        if (!(out->items[i] = jmespath_string(c->run->work, o->members[i].name)))
            return NULL;
    return out;
}

static value fn_values(const struct call *c)
{
    value o = c->args[0];
    struct jmespath_value *out = array(c, o->count);
    for (size_t i = 0; out && i < o->count; i++)
        out->items[i] = o->members[i].value;
    return out;
}

/* Puts a member into an object that has room for it. */
static bool put(const struct call *c, struct jmespath_value *o, const struct jmespath_member *m)
{
    size_t at = 0;
    if (!work_spend(c->run->work, 1 + o->count / 4))
        return false;
    while (at < o->count && !bytes_equal(o->members[at].name, m->name))
        at++;
    o->members[at] = *m;
    o->count += at == o->count;
    return true;
}

static value fn_merge(const struct call *c)
{
    size_t room = 0;
    for (size_t i = 0; i < c->node->count; i++)
        room += c->args[i]->count;
    struct jmespath_value *out =
        work_spend(c->run->work, room / 4) ? jmespath_make(c->run->work, JP_OBJECT, room) : NULL;
    if (!out)
        return NULL;
    out->count = 0;
    for (size_t i = 0; i < c->node->count; i++)
        for (size_t k = 0; k < c->args[i]->count; k++)
            if (!put(c, out, &c->args[i]->members[k]))
                return NULL;
    return out;
}

static value fn_not_null(const struct call *c)
{
    for (size_t i = 0; i < c->node->count; i++)
        if (c->args[i]->type != JP_NULL)
            return c->args[i];
    return &jmespath_null;
}

static value fn_to_array(const struct call *c)
{
    if (c->args[0]->type == JP_ARRAY)
        return c->args[0];
    struct jmespath_value *out = array(c, 1);
    if (out)
        out->items[0] = c->args[0];
    return out;
}

static value fn_type(const struct call *c)
{
    static const struct bytes names[] = {
        [JP_NULL] = BYTES_INIT("null"),     [JP_FALSE] = BYTES_INIT("boolean"),
        [JP_TRUE] = BYTES_INIT("boolean"),  [JP_NUMBER] = BYTES_INIT("number"),
        [JP_STRING] = BYTES_INIT("string"), [JP_ARRAY] = BYTES_INIT("array"),
        [JP_OBJECT] = BYTES_INIT("object"),
    };
    return jmespath_string(c->run->work, names[c->args[0]->type]);
}

/* ---- the table (jmespath.org, "Built-in Functions") */

static const struct function {
    struct bytes name;
    size_t count;            /* of arguments */
    bool more;               /* or more, as the last */
    unsigned take[ARGS_MAX]; /* what each may be */
    const struct jmespath_value *(*call)(const struct call *c);
} functions[] = {
    {BYTES_INIT("abs"),                1, false, {NUMBER},                  fn_abs               },
    {BYTES_INIT("avg"),                1, false, {OF_NUMBERS},              fn_avg               },
    {BYTES_INIT("ceil"),               1, false, {NUMBER},                  fn_ceil              },
    {BYTES_INIT("contains"),           2, false, {ARRAY | STRING, ANY},     fn_contains          },
    {BYTES_INIT("ends_with"),          2, false, {STRING, STRING},          fn_ends_with         },
    {BYTES_INIT("equals_ignore_case"), 2, false, {ANY, ANY},                fn_equals_ignore_case},
    {BYTES_INIT("floor"),              1, false, {NUMBER},                  fn_floor             },
    {BYTES_INIT("join"),               2, false, {STRING, OF_STRINGS},      fn_join              },
    {BYTES_INIT("keys"),               1, false, {OBJECT},                  fn_keys              },
    {BYTES_INIT("length"),             1, false, {STRING | ARRAY | OBJECT}, fn_length            },
    {BYTES_INIT("map"),                2, false, {EXPRESSION, ARRAY},       fn_map               },
    {BYTES_INIT("max"),                1, false, {OF_NUMBERS | OF_STRINGS}, fn_max               },
    {BYTES_INIT("max_by"),             2, false, {ARRAY, EXPRESSION},       fn_max_by            },
    {BYTES_INIT("merge"),              1, true,  {OBJECT},                  fn_merge             },
    {BYTES_INIT("min"),                1, false, {OF_NUMBERS | OF_STRINGS}, fn_min               },
    {BYTES_INIT("min_by"),             2, false, {ARRAY, EXPRESSION},       fn_min_by            },
    {BYTES_INIT("not_null"),           1, true,  {ANY},                     fn_not_null          },
    {BYTES_INIT("reverse"),            1, false, {STRING | ARRAY},          fn_reverse           },
    {BYTES_INIT("sort"),               1, false, {OF_NUMBERS | OF_STRINGS}, fn_sort              },
    {BYTES_INIT("sort_by"),            2, false, {ARRAY, EXPRESSION},       fn_sort_by           },
    {BYTES_INIT("starts_with"),        2, false, {STRING, STRING},          fn_starts_with       },
    {BYTES_INIT("sum"),                1, false, {OF_NUMBERS},              fn_sum               },
    {BYTES_INIT("to_array"),           1, false, {ANY},                     fn_to_array          },
    {BYTES_INIT("to_number"),          1, false, {ANY},                     fn_to_number         },
    {BYTES_INIT("to_string"),          1, false, {ANY},                     fn_to_string         },
    {BYTES_INIT("type"),               1, false, {ANY},                     fn_type              },
    {BYTES_INIT("values"),             1, false, {OBJECT},                  fn_values            },
};

/* Whether an array holds nothing but this type. */
static bool is_array_of(const struct call *c, value v, enum jmespath_type type)
{
    if (v->type != JP_ARRAY || !work_spend(c->run->work, v->count / 4))
        return false;
    for (size_t i = 0; i < v->count; i++)
        if (v->items[i]->type != type)
            return false;
    return true;
}

static bool fits(const struct call *c, value v, unsigned take)
{
    return (take & 1u << v->type) || (take & OF_NUMBERS && is_array_of(c, v, JP_NUMBER)) ||
           (take & OF_STRINGS && is_array_of(c, v, JP_STRING));
}

static bool arguments_fit(const struct call *c, const struct function *f)
{
    char why[64];
    const size_t count = c->node->count;
    if (count < f->count || (count > f->count && !f->more)) {
        snprintf(why, sizeof why, "has %zu arguments, takes %zu%s", count, f->count,
                 f->more ? " or more" : "");
        return refuse(c, why);
    }
    for (size_t i = 0; i < count; i++)
        if (!fits(c, c->args[i], f->take[i < f->count ? i : f->count - 1])) {
            snprintf(why, sizeof why, "argument %zu is of a type that it does not take", i + 1);
            return refuse(c, why);
        }
    return true;
}

const struct jmespath_value *jmespath_call(struct jmespath_run *run,
                                           const struct jmespath_node *call,
                                           const struct jmespath_value *const *args)
{
    const struct call c = {run, call, args};
    for (size_t i = 0; i < COUNT(functions); i++)
        if (bytes_equal(functions[i].name, call->text))
            return arguments_fit(&c, &functions[i]) ? functions[i].call(&c) : NULL;
    return refuse(&c, "there is no such function");
}
