#include "policy/check.h"

#include "base/text.h"
#include "codec/json_write.h"
#include "policy/syntax.h"

#include <stdarg.h>
#include <stdio.h>

struct checking {
    const struct policy *policy;
    struct policy_finding *to;
    size_t count;
    bool permits, denies_debug, permits_debug;
};

static void find(struct checking *c, enum policy_level level, const char *code,
                 const struct policy_rule *rule, struct bytes name, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

static void find(struct checking *c, enum policy_level level, const char *code,
                 const struct policy_rule *rule, struct bytes name, const char *format, ...)
{
    if (c->count == POLICY_FINDINGS_MAX)
        return;
    struct policy_finding *f = &c->to[c->count++];
    va_list args;
    va_start(args, format);
    *f = (struct policy_finding){level, code, rule ? rule->line : 0, rule ? rule->column : 0,
                                 name,  ""};
    vsnprintf(f->text, sizeof f->text, format, args);
    va_end(args);
}

/* ---- what is known of one condition */

/* The literal that a property must equal, or NULL. */
static const struct policy_value *wanted(const struct policy_condition *c,
                                         enum policy_property property)
{
    for (const struct policy_test *t = c->tests; t; t = t->next)
        if (t->property == property && t->op == OP_EQ && t->expr->kind == EXPR_LITERAL)
            return &t->expr->literal;
    return NULL;
}

static struct bytes wanted_text(const struct policy_condition *c, enum policy_property property)
{
    const struct policy_value *v = wanted(c, property);
    return v && v->kind == POLICY_STRING ? v->text : (struct bytes){0};
}

static bool is_known(struct bytes name)
{
    for (size_t i = 0; policy_known_claim(i).len; i++) {
        const struct bytes k = policy_known_claim(i);
        const bool family = k.data[k.len - 1] == '*';
        if (family ? bytes_equal(bytes_slice(name, 0, k.len - 1), bytes_slice(k, 0, k.len - 1))
                   : bytes_equal(name, k))
            return true;
    }
    return false;
}

/* Whether a rule before this one may make a claim of that type. */
static bool is_made(const struct checking *c, const struct policy_rule *before, struct bytes name)
{
    for (size_t s = SECTION_AUTHORIZATION; s < SECTION_COUNT; s++)
        for (const struct policy_rule *r = c->policy->rules[s]; r; r = r->next) {
            if (r == before)
                return false;
            const struct policy_expr *type = r->assign[PROPERTY_TYPE];
            if (r->action == ACTION_ISSUE_PROPERTY)
                continue;
            if (r->copied != NO_VARIABLE || (type && type->kind != EXPR_LITERAL) ||
                (type && bytes_equal(type->literal.text, name)))
                return true;
        }
    return false;
}

static bool is_unknown(const struct checking *c, const struct policy_rule *rule,
                       const struct policy_condition *condition)
{
    const struct bytes name = wanted_text(condition, PROPERTY_TYPE);
    const struct bytes issuer = wanted_text(condition, PROPERTY_ISSUER);
    if (name.len == 0 || bytes_equal(issuer, policy_issuer_name(POLICY_ISSUER_CUSTOM)))
        return false;
    const bool evidence =
        is_known(name) && !bytes_equal(issuer, policy_issuer_name(POLICY_ISSUER_POLICY));
    const bool rules =
        is_made(c, rule, name) && !bytes_equal(issuer, policy_issuer_name(POLICY_ISSUER_SERVICE));
    return !evidence && !rules;
}

/* Whether two tests of one property cannot both hold: "== 1" beside "== 2", "> 3". */
static bool contradict(const struct policy_test *a, const struct policy_test *b)
{
    if (a->op != OP_EQ || a->property != b->property || a->expr->kind != EXPR_LITERAL ||
        b->expr->kind != EXPR_LITERAL)
        return false;
    const struct policy_value *x = &a->expr->literal, *y = &b->expr->literal;
    if (b->op == OP_EQ || b->op == OP_NE)
        return policy_value_equal(x, y) != (b->op == OP_EQ);
    if (x->kind != POLICY_INTEGER || y->kind != POLICY_INTEGER)
        return true;
    return !(b->op == OP_LT   ? x->integer < y->integer
             : b->op == OP_LE ? x->integer <= y->integer
             : b->op == OP_GT ? x->integer > y->integer
                              : x->integer >= y->integer);
}

static bool is_impossible(const struct policy_test *t)
{
    enum policy_issuer issuer;
    if (t->expr->kind != EXPR_LITERAL)
        return false;
    const struct policy_value *v = &t->expr->literal;
    if (t->op >= OP_LT)
        return t->property != PROPERTY_VALUE || v->kind != POLICY_INTEGER;
    if (t->op != OP_EQ || t->property == PROPERTY_VALUE)
        return false;
    return v->kind != POLICY_STRING ||
           (t->property == PROPERTY_ISSUER && !policy_issuer_of(v->text, &issuer));
}

static bool cannot_match(const struct policy_condition *c)
{
    for (const struct policy_test *a = c->tests; a; a = a->next) {
        if (is_impossible(a))
            return true;
        for (const struct policy_test *b = c->tests; b; b = b->next)
            if (a != b && contradict(a, b))
                return true;
    }
    return false;
}

/* ---- debug */

static bool is_about_debug(struct bytes name)
{
    static const char *const names[] = {
        "x-ms-sgx-is-debuggable",
        "$is-debuggable",
        "is-debuggable",
        "tdx_td_attributes_debug",
        "dbgstat",
        "x-ms-sevsnpvm-is-debuggable",
        "bootDebuggingDisabled",
        "x-ms-azurevm-debuggersdisabled",
    };
    for (size_t i = 0; i < COUNT(names); i++)
        if (bytes_equal(name, bytes_of_text(names[i])))
            return true;
    return false;
}

/* Whether a rule asks whether the TEE is one of debug. */
static bool asks_for_debug(const struct policy_rule *r)
{
    for (const struct policy_condition *c = r->conditions; c; c = c->next)
        if (is_about_debug(wanted_text(c, PROPERTY_TYPE)))
            return true;
    return false;
}

/* ---- rules */

static void check_condition(struct checking *c, const struct policy_rule *r,
                            const struct policy_condition *condition)
{
    for (const struct policy_test *t = condition->tests; t; t = t->next)
        if (t->single_equals)
            find(c, POLICY_NOTE, "single-equals", r, (struct bytes){0},
                 "\"=\" in a condition is taken for \"==\"");
    if (is_unknown(c, r, condition)) {
        const struct bytes name = wanted_text(condition, PROPERTY_TYPE);
        char shown[64];
        find(c, POLICY_WARNING, "unknown-claim", r, name,
             "no evidence gives the claim \"%s\" with that issuer, and no rule before this one "
             "makes it",
             text_escape(shown, sizeof shown, name));
    }
}

static void check_firing(struct checking *c, const struct policy_rule *r)
{
    bool always = true;
    for (const struct policy_condition *k = r->conditions; k; k = k->next) {
        const bool never = cannot_match(k) || is_unknown(c, r, k);
        if (never && !k->negated) {
            find(c, POLICY_WARNING, "never-fires", r, (struct bytes){0},
                 "the rule can never fire: condition %zu holds for no claim", k->number + 1);
            return;
        }
        always = always && k->negated && never;
    }
    if (always && r->section == SECTION_AUTHORIZATION && r->action == ACTION_PERMIT)
        find(c, POLICY_NOTE, "always-fires", r, (struct bytes){0},
             "the rule always fires: whatever no other rule denies is permitted");
    else if (always)
        find(c, POLICY_NOTE, "always-fires", r, (struct bytes){0}, "the rule always fires");
    c->permits |= r->action == ACTION_PERMIT;
    c->permits_debug |= r->action == ACTION_PERMIT && !asks_for_debug(r);
    c->denies_debug |= r->action == ACTION_DENY && (asks_for_debug(r) || always);
}

static void check_action(struct checking *c, const struct policy_rule *r)
{
    const struct policy_expr *type = r->assign[PROPERTY_TYPE];
    if (r->action != ACTION_ISSUE)
        return;
    if (r->section == SECTION_AUTHORIZATION)
        find(c, POLICY_NOTE, "issue-in-authorization", r, (struct bytes){0},
             "\"issue\" in authorizationrules only adds: the token does not say it");
    else if (type && type->kind == EXPR_LITERAL && claim_name_is_reserved(type->literal.text))
        find(c, POLICY_WARNING, "reserved-name", r, type->literal.text,
             "the name is reserved: the claim stands in x-ms-policy, not at the token's top level");
}

size_t policy_check(const struct policy *policy, struct policy_finding to[POLICY_FINDINGS_MAX])
{
    struct checking c = {.policy = policy, .to = to};
    const struct bytes none = {0};
    for (size_t s = 0; s < SECTION_COUNT; s++)
        for (const struct policy_rule *r = policy->rules[s]; r; r = r->next) {
            for (const struct policy_condition *k = r->conditions; k; k = k->next)
                check_condition(&c, r, k);
            check_firing(&c, r);
            check_action(&c, r);
        }
    if (!c.permits)
        find(&c, POLICY_WARNING, "never-permits", NULL, none, "no rule ever permits anything");
    else if (c.permits_debug && !c.denies_debug)
        find(&c, POLICY_WARNING, "debug-unchecked", NULL, none,
             "no rule asks whether the TEE is one of debug, whose memory its host can read: add "
             "[type==\"x-ms-sgx-is-debuggable\", value==false]");
    return c.count;
}

const char *policy_level_name(enum policy_level level)
{
    return level == POLICY_WARNING ? "warning" : "note";
}

void policy_findings_write(struct buffer *to, const struct policy_finding *findings, size_t count)
{
    json_object_begin(to);
    json_name(to, "findings");
    json_array_begin(to);
    for (const struct policy_finding *f = findings; f != findings + count; f++) {
        json_object_begin(to);
        json_named_cstring(to, "level", policy_level_name(f->level));
        json_named_cstring(to, "code", f->code);
        json_named_uint(to, "line", f->line);
        json_named_uint(to, "column", f->column);
        json_named_cstring(to, "message", f->text);
        json_object_end(to);
    }
    json_array_end(to);
    json_object_end(to);
}
