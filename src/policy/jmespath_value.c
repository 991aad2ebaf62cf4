#include "policy/jmespath_value.h"

#include "codec/json_write.h"

#include <locale.h>
#include <stdio.h>

#define EXACT_DOUBLE 9007199254740992.0 /* 2^53: whole numbers up to here are exact */

const struct jmespath_value jmespath_null = {.type = JP_NULL}, jmespath_true = {.type = JP_TRUE},
                            jmespath_false = {.type = JP_FALSE};

struct jmespath_value *jmespath_make(struct work *w, enum jmespath_type type, size_t count)
{
    struct jmespath_value *v = arena_new(&w->arena, struct jmespath_value);
    if (!v)
        return NULL;
    v->type = type;
    v->count = count;
    if (type == JP_ARRAY)
        v->items = arena_array(&w->arena, const struct jmespath_value *, count);
    if (type == JP_OBJECT)
        v->members = arena_array(&w->arena, struct jmespath_member, count);
    return w->arena.full || w->arena.failed ? NULL : v;
}

const struct jmespath_value *jmespath_string(struct work *w, struct bytes text)
{
    struct jmespath_value *v = jmespath_make(w, JP_STRING, 0);
    if (v)
        v->text = text;
    return v;
}

const struct jmespath_value *jmespath_whole(struct work *w, int64_t exact)
{
    struct jmespath_value *v = jmespath_make(w, JP_NUMBER, 0);
    if (v)
        v->number = (struct jmespath_number){.whole = true, .exact = exact, .real = (double)exact};
    return v;
}

const struct jmespath_value *jmespath_real(struct work *w, double real)
{
    if (real > -EXACT_DOUBLE && real < EXACT_DOUBLE && (double)(int64_t)real == real)
        return jmespath_whole(w, (int64_t)real);
    struct jmespath_value *v = jmespath_make(w, JP_NUMBER, 0);
    if (v)
        v->number = (struct jmespath_number){.real = real};
    return v;
}

/* The digits as a 64-bit number, if they are one without fraction and exponent. */
static bool exactly(struct bytes digits, int64_t *ret_exact)
{
    int64_t n = 0;
    const bool negative = digits.data[0] == '-';
    for (size_t i = negative; i < digits.len; i++) {
        const int digit = digits.data[i] - '0';
        if (digit < 0 || digit > 9 || __builtin_mul_overflow(n, 10, &n) ||
            __builtin_sub_overflow(n, digit, &n))
            return false;
    }
    return negative ? (*ret_exact = n, true) : !__builtin_sub_overflow(0, n, ret_exact);
}

/* A decimal point is a point, whatever locale the program that we are part of has set. */
static double decimal(const char *text)
{
    locale_t c = newlocale(LC_ALL_MASK, "C", NULL);
    const double real = c ? strtod_l(text, NULL, c) : 0;
    if (c)
        freelocale(c);
    return real;
}

const struct jmespath_value *jmespath_digits(struct work *w, struct bytes digits)
{
    int64_t exact = 0;
    struct jmespath_value *v;
    if (exactly(digits, &exact)) {
        v = jmespath_make(w, JP_NUMBER, 0);
        if (v)
            v->number = (struct jmespath_number){true, exact, (double)exact, digits};
        return v;
    }
    const struct bytes text = arena_copy(&w->arena, digits);
    if (!text.data)
        return NULL;
    const double real = decimal((const char *)text.data);
    if (real - real != 0) /* infinite */
        return NULL;
    const struct jmespath_value *plain = jmespath_real(w, real);
    v = plain ? jmespath_make(w, JP_NUMBER, 0) : NULL;
    if (v) {
        *v = *plain;
        v->number.digits = digits;
    }
    return v;
}

/* NULL also when the work is spent. */
static const struct jmespath_member *find(const struct jmespath_value *object, struct bytes name,
                                          struct work *w)
{
    if (!work_spend(w, 1 + object->count / 4))
        return NULL;
    for (size_t i = 0; i < object->count; i++) {
        const struct jmespath_member *m = &object->members[i];
        if (m->name.len != name.len)
            continue;
        if (!work_spend(w, name.len / WORK_BYTES))
            return NULL;
        if (bytes_equal(m->name, name))
            return m;
    }
    return NULL;
}

const struct jmespath_value *jmespath_member_of(const struct jmespath_value *object,
                                                struct bytes name, struct work *w)
{
    const struct jmespath_member *m = object->type == JP_OBJECT ? find(object, name, w) : NULL;
    return m ? m->value : &jmespath_null;
}

bool jmespath_is_true(const struct jmespath_value *v)
{
    switch (v->type) {
    case JP_NULL:
    case JP_FALSE:
        return false;
    case JP_STRING:
        return v->text.len > 0;
    case JP_ARRAY:
    case JP_OBJECT:
        return v->count > 0;
    default:
        return true;
    }
}

int jmespath_compare_numbers(const struct jmespath_value *a, const struct jmespath_value *b)
{
    if (a->number.whole && b->number.whole)
        return (a->number.exact > b->number.exact) - (a->number.exact < b->number.exact);
    return (a->number.real > b->number.real) - (a->number.real < b->number.real);
}

static bool equal_members(const struct jmespath_value *a, const struct jmespath_value *b,
                          struct work *w)
{
    for (size_t i = 0; i < a->count; i++) {
        const struct jmespath_member *other = find(b, a->members[i].name, w);
        if (!other || !jmespath_equal(a->members[i].value, other->value, w))
            return false;
    }
    return true;
}

/* Recursion ends with the depth of the values: of documents 32, of results JMESPATH_DEPTH_MAX more
 * at most, as each of their levels is a level of the query. */
bool jmespath_equal(const struct jmespath_value *a, const struct jmespath_value *b, struct work *w)
{
    if (!work_spend(w, 1) || a->type != b->type || a->count != b->count)
        return false;
    switch (a->type) {
    case JP_NUMBER:
        return jmespath_compare_numbers(a, b) == 0;
    case JP_STRING:
        return work_spend_bytes(w, a->text.len) && bytes_equal(a->text, b->text);
    case JP_ARRAY:
        for (size_t i = 0; i < a->count; i++)
            if (!jmespath_equal(a->items[i], b->items[i], w))
                return false;
        return true;
    case JP_OBJECT:
        return equal_members(a, b, w);
    case JP_EXPRESSION:
        return a == b;
    default:
        return true;
    }
}

/* ---- in */

static const struct jmespath_value *take_in(struct json json, struct work *w);

/* Strings are views of the text where they have no escapes. */
static struct bytes text_in(struct json string, struct work *w)
{
    const struct bytes plain = json_plain(string);
    if (plain.data)
        return plain;
    AUTO(buffer) struct buffer text = {0};
    json_text(string, &text);
    w->arena.failed |= text.failed;
    return arena_copy(&w->arena, buffer_bytes(&text));
}

static const struct jmespath_value *container_in(struct json json, enum jmespath_type type,
                                                 struct work *w)
{
    struct jmespath_value *v = jmespath_make(w, type, json_count(json));
    size_t i = 0;
    if (!v)
        return NULL;
    for (struct json each = json_first(json); json_exists(each); each = json_next(each), i++) {
        const struct jmespath_value *value = take_in(each, w);
        if (!value)
            return NULL;
        if (type == JP_ARRAY)
            v->items[i] = value;
        else
            v->members[i] = (struct jmespath_member){text_in(json_member_name(each), w), value};
    }
    return v;
}

/* Recursion ends with the depth that the reader allows. */
/* What takes longest to read, as cost_test.c shows, costs more. */
static size_t steps_of(struct json json)
{
    return json_type(json) == JSON_NUMBER   ? 3
           : json_type(json) == JSON_OBJECT ? 1 + json_count(json)
                                            : 1;
}

static const struct jmespath_value *take_in(struct json json, struct work *w)
{
    if (!work_spend(w, steps_of(json)))
        return NULL;
    switch (json_type(json)) {
    case JSON_FALSE:
    case JSON_TRUE:
        return jmespath_bool(json_type(json) == JSON_TRUE);
    case JSON_NUMBER:
        return jmespath_digits(w, json_span(json));
    case JSON_STRING:
        return jmespath_string(w, text_in(json, w));
    case JSON_ARRAY:
        return container_in(json, JP_ARRAY, w);
    case JSON_OBJECT:
        return container_in(json, JP_OBJECT, w);
    default:
        return &jmespath_null;
    }
}

bool jmespath_read(struct bytes json, struct work *w, const struct jmespath_value **ret_value,
                   struct quoth_error *err)
{
    AUTO(json_doc) struct json_doc doc = {0};
    if (!work_spend(w, 1 + json.len / WORK_JSON_BYTES))
        return work_ok(w, err);
    if (!json_parse(json, NULL, &doc, err))
        return false;
    const struct jmespath_value *v = take_in(json_root(&doc), w);
    if (!work_ok(w, err))
        return false;
    if (!v)
        return quoth_fail(err, QUOTH_JSON_VALUE, NULL, QUOTH_NO_OFFSET,
                          "holds a number beyond the range of doubles");
    *ret_value = v;
    return true;
}

/* ---- out */

/* The shortest decimal that reads as the same double, in any locale of the program. */
static void write_real(struct buffer *to, double real)
{
    char text[40];
    locale_t c = newlocale(LC_ALL_MASK, "C", NULL), before = c ? uselocale(c) : NULL;
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(text, sizeof text, "%.*g", precision, real);
        if (strtod(text, NULL) == real)
            break;
    }
    if (c) {
        uselocale(before);
        freelocale(c);
    }
    json_raw(to, bytes_of_text(text));
}

static void write_number(struct buffer *to, const struct jmespath_number *n)
{
    if (n->digits.len)
        json_raw(to, n->digits);
    else if (n->whole)
        json_int(to, n->exact);
    else
        write_real(to, n->real);
}

static bool write_value(const struct jmespath_value *v, unsigned depth, struct work *w,
                        struct buffer *to);

static bool write_container(const struct jmespath_value *v, unsigned depth, struct work *w,
                            struct buffer *to)
{
    v->type == JP_ARRAY ? json_array_begin(to) : json_object_begin(to);
    for (size_t i = 0; i < v->count; i++) {
        if (v->type == JP_OBJECT)
            json_name_bytes(to, v->members[i].name);
        if (!write_value(v->type == JP_ARRAY ? v->items[i] : v->members[i].value, depth + 1, w, to))
            return false;
    }
    v->type == JP_ARRAY ? json_array_end(to) : json_object_end(to);
    return true;
}

static bool write_value(const struct jmespath_value *v, unsigned depth, struct work *w,
                        struct buffer *to)
{
    if (depth > JMESPATH_VALUE_DEPTH || to->len > JMESPATH_TEXT_MAX || !work_spend(w, 1))
        return false;
    switch (v->type) {
    case JP_FALSE:
    case JP_TRUE:
        json_bool(to, v->type == JP_TRUE);
        break;
    case JP_NUMBER:
        write_number(to, &v->number);
        break;
    case JP_STRING:
        if (!work_spend_bytes(w, v->text.len))
            return false;
        json_string(to, v->text);
        break;
    case JP_ARRAY:
    case JP_OBJECT:
        return write_container(v, depth, w, to);
    default:
        json_null(to);
        break;
    }
    return true;
}

bool jmespath_write(const struct jmespath_value *value, bool bare, struct work *w,
                    struct buffer *to, struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0};
    if (bare && value->type == JP_STRING) {
        buffer_add(to, value->text);
        return buffer_ok(to, err);
    }
    if (!write_value(value, 0, w, &text))
        return work_ok(w, err) &&
               quoth_fail(err, QUOTH_POLICY_COST, NULL, QUOTH_NO_OFFSET,
                          "the result is longer than %u bytes or deeper than %u levels",
                          JMESPATH_TEXT_MAX, JMESPATH_VALUE_DEPTH);
    buffer_add(to, buffer_bytes(&text));
    return buffer_ok(&text, err) && buffer_ok(to, err);
}
