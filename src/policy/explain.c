#include "policy/explain.h"

#include "base/text.h"
#include "codec/json_write.h"

#define SHOWN_CLAIMS 8u /* of a condition, in text */

const char *policy_outcome_name(enum quoth_code code)
{
    switch (code) {
    case QUOTH_OK:
        return "permitted";
    case QUOTH_POLICY_DENIED:
        return "denied";
    case QUOTH_POLICY_NOT_PERMITTED:
        return "not-permitted";
    case QUOTH_POLICY_PRECONDITION:
        return "refused";
    default:
        return "error";
    }
}

/* The text of a condition, up to its closing bracket, which no string in it hides. */
static struct bytes condition_text(const struct policy *p, const struct policy_condition *c)
{
    const struct bytes rest = bytes_slice(p->text, c->at, p->text.len);
    bool in_string = false;
    size_t len = 0;
    while (len < rest.len && (in_string || rest.data[len] != ']')) {
        if (rest.data[len] == '\\' && in_string)
            len++;
        else if (rest.data[len] == '"')
            in_string = !in_string;
        len++;
    }
    return bytes_slice(rest, 0, len + 1);
}

static struct bytes rule_text(const struct policy *p, const struct policy_rule *r)
{
    return bytes_slice(p->text, r->at, r->len);
}

/* ---- JSON */

static void write_claim(struct buffer *to, const struct policy_claim *c)
{
    json_object_begin(to);
    json_named_string(to, "type", c->type);
    json_name(to, "value");
    policy_value_write(to, &c->value);
    json_named_string(to, "issuer", policy_issuer_name(c->issuer));
    json_object_end(to);
}

static void write_claims(struct buffer *to, const char *name,
                         const struct policy_claim *const *claims, size_t count)
{
    json_name(to, name);
    json_array_begin(to);
    for (size_t i = 0; i < count && to->len < POLICY_EXPLAINED_MAX; i++)
        write_claim(to, claims[i]);
    json_array_end(to);
}

static void write_conditions(struct buffer *to, const struct policy *p,
                             const struct policy_trace_rule *t)
{
    json_name(to, "conditions");
    json_array_begin(to);
    for (const struct policy_condition *c = t->rule->conditions; c; c = c->next) {
        const struct policy_trace_condition *happened =
            t->conditions ? &t->conditions[c->number] : NULL;
        json_object_begin(to);
        json_named_string(to, "text", condition_text(p, c));
        if (happened && happened->reached) {
            json_named_bool(to, "held", happened->held);
            write_claims(to, "claims", happened->claims, happened->count);
        }
        json_object_end(to);
    }
    json_array_end(to);
}

static void write_rule(struct buffer *to, const struct policy *p, const struct policy_trace_rule *t)
{
    json_object_begin(to);
    json_named_uint(to, "number", t->rule->number + 1);
    json_named_cstring(to, "section", policy_section_name(t->rule->section));
    json_named_uint(to, "line", t->rule->line);
    json_named_uint(to, "column", t->rule->column);
    json_named_string(to, "text", rule_text(p, t->rule));
    json_named_bool(to, "reached", t->reached);
    json_named_bool(to, "fired", t->fired);
    write_conditions(to, p, t);
    write_claims(to, "made", t->made.items, t->made.count);
    json_object_end(to);
}

static void write_issued(struct buffer *to, const struct policy_evaluation *e)
{
    struct quoth_error err = {0};
    AUTO(claims) struct claims *issued = claims_open();
    if (!issued || !policy_issued(e, issued, &err)) {
        to->failed = true;
        return;
    }
    json_name(to, "issued");
    claims_write(to, issued);
}

void policy_explain_json(struct buffer *to, const struct policy *p,
                         const struct policy_evaluation *e)
{
    json_object_begin(to);
    json_named_cstring(to, "outcome", policy_outcome_name(e->error.code));
    if (e->decided) {
        json_named_uint(to, "decided", e->decided->number + 1);
    }
    json_name(to, "rules");
    json_array_begin(to);
    for (size_t i = 0; e->trace && i < p->rule_count; i++)
        write_rule(to, p, &e->trace[i]);
    json_array_end(to);
    if (to->len >= POLICY_EXPLAINED_MAX) {
        json_named_bool(to, "cut", true);
    }
    if (e->error.code == QUOTH_OK) {
        write_issued(to, e);
    } else {
        json_name(to, "error");
        json_error(to, &e->error);
    }
    json_object_end(to);
}

/* ---- text */

static void put(struct buffer *to, struct bytes text, size_t most)
{
    char shown[512];
    buffer_text(to, text_escape(shown, most < sizeof shown ? most : sizeof shown, text));
}

static void put_claim(struct buffer *to, const char *before, const struct policy_claim *c)
{
    AUTO(buffer) struct buffer value = {0};
    policy_value_write(&value, &c->value);
    buffer_text(to, before);
    put(to, c->type, 80);
    buffer_text(to, " = ");
    put(to, buffer_bytes(&value), 120);
    buffer_printf(to, " (%s)\n", (const char *)policy_issuer_name(c->issuer).data);
}

/* What there is of the type that a condition wants, when nothing passes its other tests. */
static void put_nearest(struct buffer *to, const struct policy_evaluation *e,
                        const struct policy_trace_rule *t, const struct policy_condition *c)
{
    size_t shown = 0;
    for (const struct policy_test *test = c->tests; test; test = test->next) {
        if (test->property != PROPERTY_TYPE || test->op != OP_EQ ||
            test->expr->kind != EXPR_LITERAL)
            continue;
        for (size_t i = 0; i < t->incoming && shown < SHOWN_CLAIMS; i++)
            if (bytes_equal(e->incoming.items[i]->type, test->expr->literal.text)) {
                put_claim(to, "         there is ", e->incoming.items[i]);
                shown++;
            }
        if (shown == 0)
            buffer_text(to, "         there is no claim of that type\n");
    }
}

static void put_condition(struct buffer *to, const struct policy *p,
                          const struct policy_evaluation *e, const struct policy_trace_rule *t,
                          const struct policy_condition *c)
{
    const struct policy_trace_condition *happened = &t->conditions[c->number];
    buffer_text(to, !happened->reached ? "     -   " : happened->held ? "     yes " : "     no  ");
    put(to, condition_text(p, c), 200);
    buffer_text(to, "\n");
    for (size_t i = 0; i < happened->count && i < SHOWN_CLAIMS; i++)
        put_claim(to, "         ", happened->claims[i]);
    if (happened->reached && !happened->held && !c->negated)
        put_nearest(to, e, t, c);
}

static void put_rule(struct buffer *to, const struct policy *p, const struct policy_evaluation *e,
                     const struct policy_trace_rule *t)
{
    const struct policy_rule *r = t->rule;
    buffer_printf(to, "%3zu  %u:%u %s: %s%s\n", r->number + 1, r->line, r->column,
                  policy_action_name(r->action),
                  t->fired     ? "fired"
                  : t->reached ? "did not fire"
                               : "was not reached",
                  e->decided == r ? ", and decided" : "");
    for (const struct policy_condition *c = r->conditions; t->conditions && c; c = c->next)
        put_condition(to, p, e, t, c);
    for (size_t i = 0; i < t->made.count && i < SHOWN_CLAIMS; i++)
        put_claim(to, "     => ", t->made.items[i]);
}

void policy_explain_text(struct buffer *to, const struct policy *p,
                         const struct policy_evaluation *e)
{
    for (size_t s = 0; e->trace && s < SECTION_COUNT; s++) {
        if (p->rules[s])
            buffer_printf(to, "%s\n", policy_section_name((enum policy_section)s));
        for (const struct policy_rule *r = p->rules[s]; r; r = r->next)
            put_rule(to, p, e, &e->trace[r->number]);
    }
    buffer_printf(to, "outcome: %s\n", policy_outcome_name(e->error.code));
    for (size_t i = 0; e->error.code == QUOTH_OK && i < e->outgoing.count; i++)
        put_claim(to, "  issued ", e->outgoing.items[i]);
}
