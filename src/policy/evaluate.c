#include "policy/evaluate.h"

#include <stdarg.h>
#include <stdio.h>

void policy_evaluation_clear(struct policy_evaluation *e)
{
    work_clear(&e->work);
    arena_clear(&e->trace_memory);
}

bool policy_fail_rule(struct policy_evaluation *e, enum quoth_code code,
                      const struct policy_rule *rule, size_t at, const char *format, ...)
{
    char message[192], where[96];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    if (e->error.code != QUOTH_OK)
        return false;
    e->decided = rule;
    snprintf(where, sizeof where, "%s, rule %zu", policy_section_name(rule->section),
             rule->number + 1);
    quoth_fail(&e->error, code, where, at, "%s", message);
    return quoth_at(&e->error, rule->line, rule->column);
}

/* ---- lists of claims */

bool policy_list_add(struct arena *arena, struct policy_claim_list *list,
                     const struct policy_claim *claim)
{
    if (list->count == list->cap) {
        const size_t cap = list->cap ? 2 * list->cap : 32;
        const struct policy_claim **items = arena_array(arena, const struct policy_claim *, cap);
        if (!items)
            return false;
        for (size_t i = 0; i < list->count; i++)
            items[i] = list->items[i];
        list->items = items;
        list->cap = cap;
    }
    list->items[list->count++] = claim;
    return true;
}

static bool same_claim(struct work *w, const struct policy_claim *a, const struct policy_claim *b)
{
    return a->issuer == b->issuer && bytes_equal(a->type, b->type) &&
           work_spend_bytes(w, a->value.text.len) && policy_value_equal(&a->value, &b->value);
}

/* Sets hold a claim once (maa.md 4.4). */
static const struct policy_claim *find_same(struct work *w, const struct policy_claim_list *list,
                                            const struct policy_claim *claim)
{
    if (!work_spend(w, list->count / 4))
        return NULL;
    for (size_t i = 0; i < list->count; i++)
        if (same_claim(w, list->items[i], claim))
            return list->items[i];
    return NULL;
}

static const struct policy_claim *add_once(struct work *w, struct policy_claim_list *list,
                                           const struct policy_claim *claim)
{
    const struct policy_claim *there = find_same(w, list, claim);
    if (there)
        return there;
    struct policy_claim *copy = arena_new(&w->arena, struct policy_claim);
    if (!copy || list->count >= POLICY_CLAIMS_MAX) {
        w->arena.full = true;
        return NULL;
    }
    *copy = *claim;
    return policy_list_add(&w->arena, list, copy) ? copy : NULL;
}

bool policy_add_incoming(struct policy_evaluation *e, const struct policy_claim *claim)
{
    return add_once(&e->work, &e->incoming, claim) != NULL;
}

struct policy_value policy_claim_property(const struct policy_claim *claim,
                                          enum policy_property property)
{
    switch (property) {
    case PROPERTY_TYPE:
        return policy_text(claim->type);
    case PROPERTY_VALUE:
        return claim->value;
    case PROPERTY_VALUE_TYPE:
        return policy_text(policy_kind_name(claim->value.kind));
    default:
        return policy_text(policy_issuer_name(claim->issuer));
    }
}

/* ---- tuples: one claim of each of several names at a time */

struct tuples {
    struct policy_scope *scope;
    uint32_t variables; /* bits */
    size_t at[POLICY_VARIABLES_MAX];
};

static bool tuples_begin(struct tuples *t)
{
    for (unsigned i = 0; i < t->scope->rule->variable_count; i++)
        if (t->variables >> i & 1) {
            if (t->scope->sets[i].count == 0)
                return false;
            t->at[i] = 0;
            t->scope->each[i] = t->scope->sets[i].items[0];
        }
    return true;
}

static bool tuples_next(struct tuples *t)
{
    for (unsigned i = 0; i < t->scope->rule->variable_count; i++) {
        const struct policy_claim_list *set = &t->scope->sets[i];
        if (!(t->variables >> i & 1))
            continue;
        const bool more = ++t->at[i] < set->count;
        t->at[i] = more ? t->at[i] : 0;
        t->scope->each[i] = set->items[t->at[i]];
        if (more)
            return true;
    }
    return false;
}

/* ---- conditions */

/* A condition while claims are held against it. Tests that depend on nothing but the policy and
 * whole sets have their values once; the others take part in a pairing with the claims of earlier
 * names. */
struct filter {
    struct policy_scope *scope;
    const struct policy_condition *condition;
    struct policy_values fixed[POLICY_TESTS_MAX];
    uint32_t of_test[POLICY_TESTS_MAX]; /* names that a test takes one claim of; none: fixed */
    uint32_t variables;                 /* of all tests */
    bool names_type;                    /* a test says what type it wants */
    bool *paired[POLICY_VARIABLES_MAX]; /* which claims of a set were part of a pairing */
};

static bool prepare(struct filter *f)
{
    size_t i = 0;
    struct policy_scope *s = f->scope;
    for (const struct policy_test *t = f->condition->tests; t; t = t->next, i++) {
        f->of_test[i] = policy_expr_variables(t->expr);
        f->variables |= f->of_test[i];
        f->names_type |= t->property == PROPERTY_TYPE && t->op == OP_EQ;
        if (!f->of_test[i] && !policy_expr_values(s, t->expr, &f->fixed[i]))
            return false;
    }
    for (unsigned v = 0; v < s->rule->variable_count; v++)
        if (f->variables >> v & 1) {
            f->paired[v] = arena_array(&s->e->work.arena, bool, s->sets[v].count);
            if (!f->paired[v])
                return false;
        }
    return true;
}

/* Order is for integers; of all else it does not hold. */
static bool compare(enum policy_op op, const struct policy_value *a, const struct policy_value *b)
{
    if (op == OP_EQ || op == OP_NE)
        return policy_value_equal(a, b) == (op == OP_EQ);
    if (a->kind != POLICY_INTEGER || b->kind != POLICY_INTEGER)
        return false;
    return op == OP_LT   ? a->integer < b->integer
           : op == OP_LE ? a->integer <= b->integer
           : op == OP_GT ? a->integer > b->integer
                         : a->integer >= b->integer;
}

/* Texts of one length are compared to their end at worst. */
static size_t cost_of(const struct policy_value *a, const struct policy_value *b)
{
    const bool texts = a->kind == POLICY_STRING && b->kind == POLICY_STRING;
    return 1 + (texts && a->text.len == b->text.len ? a->text.len / WORK_BYTES : 0);
}

/* Whether one of the values stands in the relation. */
static bool passes(struct work *w, const struct policy_test *t, const struct policy_claim *claim,
                   const struct policy_values *values)
{
    const struct policy_value of_claim = policy_claim_property(claim, t->property);
    for (size_t i = 0; i < values->count; i++)
        if (work_spend(w, cost_of(&of_claim, &values->items[i])) &&
            compare(t->op, &of_claim, &values->items[i]))
            return true;
    return false;
}

static bool passes_fixed(const struct filter *f, const struct policy_claim *claim)
{
    size_t i = 0;
    for (const struct policy_test *t = f->condition->tests; t; t = t->next, i++)
        if (!f->of_test[i] && !passes(&f->scope->e->work, t, claim, &f->fixed[i]))
            return false;
    return true;
}

/* The other tests, with the claims that are looked at now. False in ret_ok if it cannot go on. */
static bool passes_paired(const struct filter *f, const struct policy_claim *claim, bool *ret_ok)
{
    struct policy_values values;
    size_t i = 0;
    for (const struct policy_test *t = f->condition->tests; t; t = t->next, i++) {
        if (!f->of_test[i])
            continue;
        *ret_ok = policy_expr_values(f->scope, t->expr, &values);
        if (!*ret_ok || !passes(&f->scope->e->work, t, claim, &values))
            return false;
    }
    return true;
}

/* Tries every pairing, so that all claims that are part of one are known. */
static bool pairs(struct filter *f, const struct policy_claim *claim, bool *ret_ok)
{
    struct tuples t = {.scope = f->scope, .variables = f->variables};
    bool found = false;
    if (!tuples_begin(&t))
        return false;
    do {
        if (passes_paired(f, claim, ret_ok)) {
            found = true;
            for (unsigned v = 0; v < f->scope->rule->variable_count; v++)
                if (f->variables >> v & 1)
                    f->paired[v][t.at[v]] = true;
        }
    } while (*ret_ok && tuples_next(&t));
    return found;
}

/* Leaves in the sets of the names that were compared with only what is part of a pairing. */
static void keep_paired(struct filter *f)
{
    for (unsigned v = 0; v < f->scope->rule->variable_count; v++) {
        struct policy_claim_list *set = &f->scope->sets[v];
        size_t kept = 0;
        if (!(f->variables >> v & 1))
            continue;
        for (size_t i = 0; i < set->count; i++)
            if (f->paired[v][i])
                set->items[kept++] = set->items[i];
        set->count = kept;
    }
}

static bool match(struct filter *f, struct policy_claim_list *ret_matched)
{
    struct policy_evaluation *e = f->scope->e;
    bool ok = true;
    for (size_t i = 0; ok && i < e->incoming.count; i++) {
        const struct policy_claim *claim = e->incoming.items[i];
        if (!work_spend(&e->work, 1))
            return false;
        if ((policy_claim_is_ours(claim) && !f->names_type) || !passes_fixed(f, claim))
            continue;
        if (f->variables && !pairs(f, claim, &ok))
            continue;
        if (ok && !policy_list_add(&e->work.arena, ret_matched, claim))
            return false;
    }
    return ok;
}

static void trace_condition(struct policy_evaluation *e, const struct policy_condition *c,
                            const struct policy_rule *rule, const struct policy_claim_list *matched,
                            bool held)
{
    if (!e->trace)
        return;
    struct policy_trace_condition *t = &e->trace[rule->number].conditions[c->number];
    const struct policy_claim **claims =
        arena_array(&e->trace_memory, const struct policy_claim *, matched->count);
    *t = (struct policy_trace_condition){.reached = true, .held = held};
    for (size_t i = 0; claims && i < matched->count; i++)
        claims[t->count++] = matched->items[i];
    t->claims = claims;
}

/* True if it was judged; ret_held says how. */
static bool judge_condition(struct policy_scope *s, const struct policy_condition *c,
                            bool *ret_held)
{
    struct filter f = {.scope = s, .condition = c};
    struct policy_claim_list matched = {0};
    if (!prepare(&f) || !match(&f, &matched))
        return false;
    *ret_held = (matched.count > 0) != c->negated;
    if (*ret_held && !c->negated)
        keep_paired(&f);
    if (c->variable != NO_VARIABLE)
        s->sets[c->variable] = matched;
    trace_condition(s->e, c, s->rule, &matched, *ret_held);
    return true;
}

static bool judge_conditions(struct policy_scope *s, bool *ret_fires)
{
    *ret_fires = true;
    for (const struct policy_condition *c = s->rule->conditions; *ret_fires && c; c = c->next) {
        if (!judge_condition(s, c, ret_fires))
            return false;
        if (!*ret_fires && s->rule->action == ACTION_PERMIT && !s->e->unmet) {
            s->e->unmet = s->rule;
            s->e->unmet_condition = c;
        }
    }
    return true;
}

/* ---- actions */

static void trace_made(struct policy_evaluation *e, const struct policy_rule *rule,
                       const struct policy_claim *made)
{
    if (e->trace)
        (void)policy_list_add(&e->trace_memory, &e->trace[rule->number].made, made);
}

static bool issue(struct policy_scope *s, const struct policy_claim *made)
{
    struct policy_evaluation *e = s->e;
    const size_t before = e->outgoing.count;
    if (!add_once(&e->work, &e->outgoing, made))
        return false;
    if (e->outgoing.count > before)
        e->issued_bytes += made->type.len + made->value.text.len;
    return (e->outgoing.count <= POLICY_ISSUED_MAX && e->issued_bytes <= POLICY_ISSUED_BYTES) ||
           policy_fail_rule(e, QUOTH_POLICY_COST, s->rule, s->rule->action_at,
                            "more than %u claims, or %u bytes of them, are issued",
                            POLICY_ISSUED_MAX, POLICY_ISSUED_BYTES);
}

/* "issue" in authorizationrules adds, as no claim gets into the token from there (maa.md 4.4). */
static bool put(struct policy_scope *s, struct policy_claim claim)
{
    struct policy_evaluation *e = s->e;
    const struct policy_rule *r = s->rule;
    const bool issues = r->action == ACTION_ISSUE && r->section == SECTION_ISSUANCE;
    const struct policy_claim *made;
    claim.issuer = POLICY_ISSUER_POLICY;
    if (r->action == ACTION_ISSUE_PROPERTY) {
        if (!policy_check_property(e, r, &claim))
            return false;
        made = add_once(&e->work, &e->properties, &claim);
    } else {
        if (issues && claim.value.read_only)
            return policy_fail_rule(e, QUOTH_POLICY_EVALUATION, r, r->action_at,
                                    "the value comes from a claim that cannot be issued");
        made = add_once(&e->work, &e->incoming, &claim);
        if (issues && made && !issue(s, made))
            return false;
    }
    if (made)
        trace_made(e, r, made);
    return made != NULL;
}

static bool copy_claims(struct policy_scope *s)
{
    const struct policy_claim_list *set = &s->sets[s->rule->copied];
    for (size_t i = 0; i < set->count; i++)
        if (!put(s, *set->items[i]))
            return false;
    return true;
}

#define TYPE_MAX 512u

static bool check_type(struct policy_scope *s, const struct policy_values *types)
{
    const struct policy_rule *r = s->rule;
    const size_t at = r->assign[PROPERTY_TYPE]->at;
    if (types->count != 1 || types->items[0].kind != POLICY_STRING)
        return policy_fail_rule(s->e, QUOTH_POLICY_EVALUATION, r, at, "the type is not one string");
    const struct bytes type = types->items[0].text;
    if (type.len == 0 || type.len > TYPE_MAX || memchr(type.data, 0, type.len))
        return policy_fail_rule(s->e, QUOTH_POLICY_EVALUATION, r, at,
                                "the type has %zu bytes, from 1 to %u are allowed", type.len,
                                TYPE_MAX);
    return true;
}

static bool check_kind(struct policy_scope *s, const struct policy_value *value)
{
    const struct policy_expr *e = s->rule->assign[PROPERTY_VALUE_TYPE];
    if (!e || bytes_equal(e->literal.text, policy_kind_name(value->kind)))
        return true;
    return policy_fail_rule(s->e, QUOTH_POLICY_EVALUATION, s->rule, e->at,
                            "the value is of the kind %s, not %.*s",
                            (const char *)policy_kind_name(value->kind).data,
                            (int)e->literal.text.len, (const char *)e->literal.text.data);
}

static bool make_claims(struct policy_scope *s)
{
    struct policy_values types, values;
    if (!policy_expr_values(s, s->rule->assign[PROPERTY_TYPE], &types) ||
        !policy_expr_values(s, s->rule->assign[PROPERTY_VALUE], &values) || !check_type(s, &types))
        return false;
    for (size_t i = 0; i < values.count; i++)
        if (!check_kind(s, &values.items[i]) ||
            !put(s,
                 (struct policy_claim){types.items[0].text, values.items[i], POLICY_ISSUER_POLICY}))
            return false;
    return true;
}

static bool act(struct policy_scope *s)
{
    const struct policy_rule *r = s->rule;
    if (r->action == ACTION_PERMIT || r->action == ACTION_DENY)
        return true;
    if (r->copied != NO_VARIABLE)
        return copy_claims(s);
    struct tuples t = {.scope = s,
                       .variables = policy_expr_variables(r->assign[PROPERTY_TYPE]) |
                                    policy_expr_variables(r->assign[PROPERTY_VALUE])};
    bool ok = true;
    if (!tuples_begin(&t))
        return true;
    do {
        ok = make_claims(s);
    } while (ok && tuples_next(&t));
    return ok;
}

/* ---- rules */

static bool trace_rule(struct policy_evaluation *e, const struct policy_rule *rule)
{
    if (!e->trace)
        return true;
    struct policy_trace_rule *t = &e->trace[rule->number];
    t->rule = rule;
    t->reached = true;
    t->incoming = e->incoming.count;
    t->conditions =
        arena_array(&e->trace_memory, struct policy_trace_condition, rule->condition_count);
    return t->conditions != NULL;
}

/* A function has failed and said so, or steps or memory have run out: in which rule? */
static bool blame(struct policy_evaluation *e, const struct policy_rule *rule)
{
    struct quoth_error why = {0};
    if (work_ok(&e->work, &why))
        quoth_fail(&why, QUOTH_POLICY_COST, NULL, QUOTH_NO_OFFSET, "the trace grows too long");
    return policy_fail_rule(e, why.code, rule, rule->at, "%s", why.message);
}

static bool judge_rule(struct policy_evaluation *e, const struct policy_rule *rule, bool *ret_fired)
{
    struct policy_scope s = {.e = e, .rule = rule};
    if (!trace_rule(e, rule) || !judge_conditions(&s, ret_fired))
        return blame(e, rule);
    if (e->trace)
        e->trace[rule->number].fired = *ret_fired;
    if (*ret_fired && !act(&s))
        return blame(e, rule);
    return work_ok(&e->work, &(struct quoth_error){0}) || blame(e, rule);
}

static bool judge_section(struct policy_evaluation *e, const struct policy *p,
                          enum policy_section section, const struct policy_rule **ret_permit,
                          const struct policy_rule **ret_deny)
{
    bool fired = false;
    for (const struct policy_rule *r = p->rules[section]; r; r = r->next) {
        if (!judge_rule(e, r, &fired))
            return false;
        if (fired && r->action == ACTION_PERMIT && !*ret_permit)
            *ret_permit = r;
        if (fired && r->action == ACTION_DENY && !*ret_deny)
            *ret_deny = r;
    }
    return true;
}

/* All rules are looked at, and a deny beats any permit (maa.md 4.4). */
static bool authorize(struct policy_evaluation *e, const struct policy *p)
{
    const struct policy_rule *permit = NULL, *deny = NULL;
    if (!judge_section(e, p, SECTION_AUTHORIZATION, &permit, &deny))
        return false;
    if (deny)
        return policy_refuse_denied(e, deny);
    if (!permit)
        return policy_refuse_unpermitted(e);
    e->decided = permit;
    return true;
}

static bool begin_trace(struct policy_evaluation *e, const struct policy *p)
{
    if (!e->traced)
        return true;
    e->trace = arena_array(&e->trace_memory, struct policy_trace_rule, p->rule_count);
    for (size_t section = 0; e->trace && section < SECTION_COUNT; section++)
        for (const struct policy_rule *r = p->rules[section]; r; r = r->next)
            e->trace[r->number].rule = r;
    return e->trace ||
           quoth_fail(&e->error, QUOTH_MEMORY, "policy", QUOTH_NO_OFFSET, "out of memory");
}

void policy_evaluate(const struct policy *p, struct policy_evaluation *e)
{
    const struct policy_rule *none = NULL, *nobody = NULL;
    if (!work_ok(&e->work, &e->error) || !begin_trace(e, p))
        return;
    (void)(judge_section(e, p, SECTION_CONFIGURATION, &none, &nobody) &&
           policy_check_preconditions(e) && authorize(e, p) &&
           judge_section(e, p, SECTION_ISSUANCE, &none, &nobody));
}
