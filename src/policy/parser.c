/* Recursive descent over the grammar of docs/policy.md: one function per rule of it, which leaves
 * its name on a stack while it works, so that a failure can say where in the grammar it happened.
 */
#include "policy/lexer.h"
#include "policy/syntax.h"

#include "base/text.h"

#include <stdio.h>

#define RULE_NAMES_MAX 16u

struct place {
    size_t offset;
    unsigned line, column; /* from 1 */
};

struct parser {
    struct policy *policy;
    struct policy_lexer lexer;
    struct policy_token now, next;
    const char *rules[RULE_NAMES_MAX];
    unsigned rule_depth, call_depth;
    struct bytes variables[POLICY_VARIABLES_MAX];
    unsigned variable_count;
    struct place place;
    struct policy_fault *fault;
    struct quoth_error *err;
};

/* ---- saying what is wrong */

static void enter(struct parser *p, const char *rule)
{
    if (p->rule_depth < RULE_NAMES_MAX)
        p->rules[p->rule_depth] = rule;
    p->rule_depth++;
}

/* Gives its argument back: a parsing function ends with it, whatever the outcome. The names stay as
 * they were when the first failure was recorded. */
static bool leave(struct parser *p, bool ok)
{
    p->rule_depth--;
    return ok;
}

/* Counts on from the place that was asked for last, as a text is read forwards. */
static void find_place(struct parser *p, size_t offset)
{
    const struct bytes text = p->policy->text;
    struct place *at = &p->place;
    if (offset < at->offset || at->line == 0)
        *at = (struct place){.line = 1, .column = 1};
    for (; at->offset < offset && at->offset < text.len; at->offset++) {
        const uint8_t c = text.data[at->offset];
        at->column += (c & 0xC0) != 0x80; /* not inside a character */
        if (c == '\n') {
            at->line++;
            at->column = 1;
        }
    }
}

static void name_rules(const struct parser *p, char *to, size_t size)
{
    size_t len = 0;
    to[0] = '\0';
    for (unsigned i = 0; i < p->rule_depth && i < RULE_NAMES_MAX && len < size; i++)
        len += (size_t)snprintf(to + len, size - len, "%s%s", i ? " > " : "", p->rules[i]);
}

static void show(const struct parser *p, const struct policy_token *t, char *to, size_t size)
{
    if (t->word == WORD_END)
        snprintf(to, size, "<EOF>");
    else
        text_escape(to, size, bytes_slice(p->policy->text, t->at, t->len ? t->len : 1));
}

static bool fail_at(struct parser *p, enum quoth_code code, const struct policy_token *t,
                    const char *message, const char *expected)
{
    struct policy_fault *f = p->fault;
    if (p->err->code != QUOTH_OK)
        return false;
    find_place(p, t->at);
    *f = (struct policy_fault){t->at, p->place.line, p->place.column, "", "", ""};
    show(p, t, f->symbol, sizeof f->symbol);
    snprintf(f->message, sizeof f->message, "%s", message);
    name_rules(p, f->rule, sizeof f->rule);
    quoth_fail(p->err, code, f->rule, f->offset, "%s", message);
    quoth_at(p->err, f->line, f->column);
    text_escape(p->err->found, sizeof p->err->found, bytes_of_text(f->symbol));
    text_escape(p->err->expected, sizeof p->err->expected, bytes_of_text(expected));
    return false;
}

/* Something is wrong with the word that is read, though it is of the right kind. */
static bool refuse(struct parser *p, const struct policy_token *t, const char *message)
{
    return fail_at(p, QUOTH_POLICY_SYNTAX, t, message, "");
}

static bool too_much(struct parser *p, const char *what, size_t limit)
{
    char message[96];
    snprintf(message, sizeof message, "there are more than %zu %s", limit, what);
    return fail_at(p, QUOTH_POLICY_LIMIT, &p->now, message, "");
}

static bool mismatch(struct parser *p, const char *expected)
{
    char symbol[64], message[160];
    show(p, &p->now, symbol, sizeof symbol);
    if (p->now.word == WORD_WRONG)
        snprintf(message, sizeof message, "token recognition error at: '%s'", symbol);
    else
        snprintf(message, sizeof message,
                 p->now.word == WORD_END ? "mismatched input %s expecting %s"
                                         : "mismatched input '%s' expecting %s",
                 symbol, expected);
    return fail_at(p, QUOTH_POLICY_SYNTAX, &p->now, message, expected);
}

/* ---- words */

static void step(struct parser *p)
{
    p->now = p->next;
    p->next = policy_next(&p->lexer);
}

static bool expect(struct parser *p, enum policy_word word)
{
    if (p->now.word != word)
        return mismatch(p, policy_word_name(word));
    step(p);
    return true;
}

static bool is_name(const struct policy_token *t, const char *name)
{
    return t->word == WORD_NAME && bytes_equal(t->text, bytes_of_text(name));
}

static void *make(struct parser *p, size_t count, size_t size)
{
    void *made = arena_take(&p->policy->arena, count, size);
    if (!made && p->policy->arena.failed)
        quoth_fail(p->err, QUOTH_MEMORY, "policy", QUOTH_NO_OFFSET, "out of memory");
    else if (!made)
        too_much(p, "bytes of memory to keep it in", POLICY_MEMORY);
    return made;
}

/* ---- variables of a rule */

static unsigned variable(const struct parser *p, struct bytes name)
{
    for (unsigned i = 0; i < p->variable_count; i++)
        if (bytes_equal(p->variables[i], name))
            return i;
    return NO_VARIABLE;
}

static bool use_variable(struct parser *p, unsigned *ret_variable)
{
    if (p->now.word != WORD_NAME)
        return mismatch(p, policy_word_name(WORD_NAME));
    *ret_variable = variable(p, p->now.text);
    if (*ret_variable == NO_VARIABLE)
        return refuse(p, &p->now, "no condition before this one binds claims to that name");
    step(p);
    return true;
}

static bool bind_variable(struct parser *p, unsigned *ret_variable)
{
    if (variable(p, p->now.text) != NO_VARIABLE)
        return refuse(p, &p->now, "the name is bound by another condition of this rule");
    if (p->variable_count == POLICY_VARIABLES_MAX)
        return too_much(p, "names in a rule", POLICY_VARIABLES_MAX);
    p->variables[p->variable_count] = p->now.text;
    *ret_variable = p->variable_count++;
    step(p);
    return expect(p, WORD_COLON);
}

/* ---- expressions */

static bool parse_expr(struct parser *p, struct policy_expr **ret_expr);

static bool parse_args(struct parser *p, struct policy_expr *call)
{
    const size_t arity = policy_function_arity(call->function);
    struct policy_expr **last = &call->first_arg;
    char message[64];
    for (; p->now.word != WORD_UNPAREN; last = &(*last)->next, call->arg_count++) {
        if (call->arg_count > 0 && !expect(p, WORD_COMMA))
            return false;
        if (call->arg_count == arity)
            break;
        if (!parse_expr(p, last))
            return false;
    }
    if (p->now.word == WORD_UNPAREN && call->arg_count == arity) {
        step(p);
        return true;
    }
    snprintf(message, sizeof message, "%s takes %zu argument%s",
             policy_function_name(call->function), arity, arity == 1 ? "" : "s");
    return refuse(p, &p->now, message);
}

static bool parse_call(struct parser *p, struct policy_expr *e)
{
    if (p->policy->version < 12)
        return refuse(p, &p->now, "functions need version 1.2");
    if (!policy_function_of(p->now.text, &e->function))
        return refuse(p, &p->now, "there is no such function");
    if (++p->call_depth > POLICY_CALLS_MAX)
        return too_much(p, "functions inside each other", POLICY_CALLS_MAX);
    e->kind = EXPR_CALL;
    enter(p, "function");
    step(p);
    const bool ok = expect(p, WORD_PAREN) && parse_args(p, e);
    p->call_depth--;
    return leave(p, ok);
}

static bool parse_variable(struct parser *p, struct policy_expr *e)
{
    e->kind = EXPR_VARIABLE;
    if (!use_variable(p, &e->variable) || !expect(p, WORD_DOT))
        return false;
    if (p->now.word != WORD_NAME || !policy_property_of(p->now.text, &e->property))
        return mismatch(p, "{'type', 'value', 'valueType', 'issuer'}");
    step(p);
    return true;
}

static bool parse_named(struct parser *p, struct policy_expr *e)
{
    if (p->next.word == WORD_PAREN)
        return parse_call(p, e);
    if (p->next.word == WORD_DOT)
        return parse_variable(p, e);
    if (!is_name(&p->now, "true") && !is_name(&p->now, "false"))
        return mismatch(p, "{STRING, INTEGER, 'true', 'false', IDENTIFIER '.'}");
    e->literal = policy_truth(is_name(&p->now, "true"));
    step(p);
    return true;
}

static bool parse_expr(struct parser *p, struct policy_expr **ret_expr)
{
    struct policy_expr *e = make(p, 1, sizeof *e);
    if (!e)
        return false;
    *ret_expr = e;
    e->at = p->now.at;
    enter(p, "expression");
    switch (p->now.word) {
    case WORD_NAME:
        return leave(p, parse_named(p, e));
    case WORD_STRING:
        e->literal = policy_text(p->now.text);
        break;
    case WORD_INTEGER:
        e->literal = policy_number(p->now.integer);
        break;
    default:
        return leave(p, mismatch(p, "{STRING, INTEGER, 'true', 'false', IDENTIFIER}"));
    }
    step(p);
    return leave(p, true);
}

/* ---- conditions */

static bool parse_op(struct parser *p, struct policy_test *t)
{
    if (p->now.word == WORD_ASSIGN) { /* three published samples write "=" for "==" */
        t->single_equals = true;
        t->op = OP_EQ;
    } else if (p->now.word >= WORD_EQ && p->now.word <= WORD_GE) {
        t->op = (enum policy_op)(p->now.word - WORD_EQ);
    } else {
        return mismatch(p, "{'==', '!=', '<', '<=', '>', '>='}");
    }
    step(p);
    return true;
}

static bool parse_test(struct parser *p, struct policy_test **ret_test)
{
    struct policy_test *t = make(p, 1, sizeof *t);
    if (!t)
        return false;
    *ret_test = t;
    t->at = p->now.at;
    if (p->now.word != WORD_NAME || !policy_property_of(p->now.text, &t->property))
        return mismatch(p, "{'type', 'value', 'valueType', 'issuer'}");
    step(p);
    return parse_op(p, t) && parse_expr(p, &t->expr);
}

static bool parse_tests(struct parser *p, struct policy_condition *c)
{
    struct policy_test **last = &c->tests;
    size_t count = 0;
    do {
        if (count++ == POLICY_TESTS_MAX)
            return too_much(p, "tests in a condition", POLICY_TESTS_MAX);
        if (!parse_test(p, last))
            return false;
        last = &(*last)->next;
    } while (p->now.word == WORD_COMMA && (step(p), true));
    return p->now.word == WORD_UNBRACKET || mismatch(p, "{',', ']'}");
}

/* A name is bound once its condition has been read: a condition does not speak of itself. */
static bool parse_condition(struct parser *p, struct policy_condition **ret_condition)
{
    struct policy_condition *c = make(p, 1, sizeof *c);
    struct bytes *last = NULL;
    if (!c)
        return false;
    *ret_condition = c;
    enter(p, "condition");
    c->at = p->now.at;
    c->variable = NO_VARIABLE;
    if (p->now.word == WORD_NOT) {
        if (p->policy->version < 12)
            return leave(p, refuse(p, &p->now, "negation needs version 1.2"));
        c->negated = true;
        step(p);
    } else if (p->now.word == WORD_NAME) {
        if (!bind_variable(p, &c->variable))
            return leave(p, false);
        last = &p->variables[c->variable];
    }
    const struct bytes name = last ? *last : (struct bytes){0};
    if (last)
        *last = (struct bytes){0};
    const bool ok = expect(p, WORD_BRACKET) && parse_tests(p, c) && expect(p, WORD_UNBRACKET);
    if (last)
        *last = name;
    return leave(p, ok);
}

static bool parse_conditions(struct parser *p, struct policy_rule *r)
{
    struct policy_condition **last = &r->conditions;
    if (p->now.word == WORD_ARROW)
        return true;
    do {
        if (r->condition_count == POLICY_CONDITIONS_MAX)
            return too_much(p, "conditions in a rule", POLICY_CONDITIONS_MAX);
        if (!parse_condition(p, last))
            return false;
        (*last)->number = r->condition_count++;
        last = &(*last)->next;
    } while (p->now.word == WORD_AND && (step(p), true));
    return p->now.word == WORD_ARROW || mismatch(p, "{'&&', '=>'}");
}

/* ---- actions */

static bool is_text(const struct policy_expr *e, const char *text)
{
    return e->kind == EXPR_LITERAL && e->literal.kind == POLICY_STRING &&
           bytes_equal(e->literal.text, bytes_of_text(text));
}

/* Who says a claim is not for a rule to choose, and what it is follows from its value. */
static bool check_assigned(struct parser *p, const struct policy_token *t,
                           enum policy_property property, const struct policy_expr *e)
{
    if (property == PROPERTY_ISSUER && !is_text(e, "AttestationPolicy"))
        return refuse(p, t, "claims of a policy have the issuer \"AttestationPolicy\"");
    if (property == PROPERTY_VALUE_TYPE && !is_text(e, "Boolean") && !is_text(e, "Integer") &&
        !is_text(e, "String"))
        return refuse(p, t, "valueType is \"Boolean\", \"Integer\" or \"String\"");
    if (property == PROPERTY_TYPE && e->kind == EXPR_LITERAL &&
        (e->literal.kind != POLICY_STRING || e->literal.text.len == 0))
        return refuse(p, t, "a type is a string that is not empty");
    return true;
}

static bool parse_assign(struct parser *p, struct policy_rule *r)
{
    const struct policy_token t = p->now;
    enum policy_property property;
    if (t.word != WORD_NAME || !policy_property_of(t.text, &property))
        return mismatch(p, "{'type', 'value', 'valueType', 'issuer', 'claim'}");
    if (r->assign[property])
        return refuse(p, &t, "is given twice");
    step(p);
    return expect(p, WORD_ASSIGN) && parse_expr(p, &r->assign[property]) &&
           check_assigned(p, &t, property, r->assign[property]);
}

static bool parse_claim_args(struct parser *p, struct policy_rule *r)
{
    if (is_name(&p->now, "claim")) {
        step(p);
        return expect(p, WORD_ASSIGN) && use_variable(p, &r->copied);
    }
    do {
        if (!parse_assign(p, r))
            return false;
    } while (p->now.word == WORD_COMMA && (step(p), true));
    if (!r->assign[PROPERTY_TYPE] || !r->assign[PROPERTY_VALUE])
        return refuse(p, &p->now, "type and value are required");
    return true;
}

static bool action_fits(enum policy_section section, enum policy_action action)
{
    switch (action) {
    case ACTION_PERMIT:
    case ACTION_DENY:
        return section == SECTION_AUTHORIZATION;
    case ACTION_ISSUE_PROPERTY:
        return section != SECTION_AUTHORIZATION;
    default:
        return section != SECTION_CONFIGURATION;
    }
}

static bool parse_action(struct parser *p, struct policy_rule *r)
{
    static const char *const expected[] = {
        [SECTION_CONFIGURATION] = "'issueproperty'",
        [SECTION_AUTHORIZATION] = "{'permit', 'deny', 'add'}",
        [SECTION_ISSUANCE] = "{'issue', 'add', 'issueproperty'}",
    };
    r->action_at = p->now.at;
    if (p->now.word != WORD_NAME || !policy_action_of(p->now.text, &r->action) ||
        !action_fits(r->section, r->action))
        return mismatch(p, expected[r->section]);
    step(p);
    if (!expect(p, WORD_PAREN))
        return false;
    if (r->action != ACTION_PERMIT && r->action != ACTION_DENY && !parse_claim_args(p, r))
        return false;
    return expect(p, WORD_UNPAREN);
}

/* ---- rules and sections */

static bool keep_variables(struct parser *p, struct policy_rule *r)
{
    r->variable_count = p->variable_count;
    r->variables = make(p, p->variable_count, sizeof *r->variables);
    for (unsigned i = 0; r->variables && i < p->variable_count; i++)
        r->variables[i] = p->variables[i];
    return r->variables != NULL;
}

static bool parse_rule(struct parser *p, enum policy_section section, struct policy_rule **ret_rule)
{
    if (p->policy->rule_count == POLICY_RULES_MAX)
        return too_much(p, "rules", POLICY_RULES_MAX);
    struct policy_rule *r = make(p, 1, sizeof *r);
    if (!r)
        return false;
    enter(p, "claimRule");
    p->variable_count = 0;
    *ret_rule = r;
    r->section = section;
    r->copied = NO_VARIABLE;
    r->at = p->now.at;
    r->number = p->policy->rule_count++;
    find_place(p, r->at);
    r->line = p->place.line;
    r->column = p->place.column;
    const bool ok = parse_conditions(p, r) && expect(p, WORD_ARROW) && parse_action(p, r);
    r->len = p->now.at + p->now.len - r->at;
    return leave(p, ok && expect(p, WORD_SEMICOLON) && keep_variables(p, r));
}

static bool is_section(const struct parser *p, enum policy_section section)
{
    enum policy_section found;
    return p->now.word == WORD_NAME && policy_section_of(p->now.text, &found) && found == section;
}

static bool parse_section(struct parser *p, enum policy_section section)
{
    static const char *const names[] = {
        [SECTION_CONFIGURATION] = "configurationRules",
        [SECTION_AUTHORIZATION] = "authorizationRules",
        [SECTION_ISSUANCE] = "issuanceRules",
    };
    struct policy_rule **last = &p->policy->rules[section];
    enter(p, names[section]);
    step(p);
    if (!expect(p, WORD_BRACE))
        return leave(p, false);
    for (; p->now.word != WORD_UNBRACE; last = &(*last)->next)
        if (!parse_rule(p, section, last))
            return leave(p, false);
    step(p);
    return leave(p, expect(p, WORD_SEMICOLON));
}

static bool parse_version(struct parser *p)
{
    enter(p, "versionInfo");
    if (!is_name(&p->now, "version"))
        return leave(p, mismatch(p, "'version'"));
    step(p);
    if (!expect(p, WORD_ASSIGN))
        return leave(p, false);
    const struct policy_token major = p->now;
    if (!expect(p, WORD_INTEGER) || !expect(p, WORD_DOT))
        return leave(p, false);
    const struct policy_token minor = p->now;
    if (!expect(p, WORD_INTEGER))
        return leave(p, false);
    if (major.integer != 1 || major.len != 1 || minor.integer < 0 || minor.integer > 2 ||
        minor.len != 1)
        return leave(p, refuse(p, &major, "the versions are 1.0, 1.1 and 1.2"));
    p->policy->version = 10 + (unsigned)minor.integer;
    return leave(p, expect(p, WORD_SEMICOLON));
}

static bool parse_policy(struct parser *p)
{
    enter(p, "policy");
    if (!parse_version(p))
        return false;
    if (is_section(p, SECTION_CONFIGURATION)) {
        if (p->policy->version < 11)
            return refuse(p, &p->now, "configurationrules need version 1.1");
        if (!parse_section(p, SECTION_CONFIGURATION))
            return false;
    }
    if (!is_section(p, SECTION_AUTHORIZATION))
        return mismatch(p, "'authorizationrules'");
    if (!parse_section(p, SECTION_AUTHORIZATION))
        return false;
    const bool issues = is_section(p, SECTION_ISSUANCE);
    if (issues && !parse_section(p, SECTION_ISSUANCE))
        return false;
    return p->now.word == WORD_END || mismatch(p, issues ? "<EOF>" : "{'issuancerules', <EOF>}");
}

/* The lexer counts on well-formed text. */
static bool check_text(struct parser *p)
{
    const struct bytes text = p->policy->text;
    for (size_t at = 0, len; at < text.len; at += len) {
        len = text_utf8_len(bytes_slice(text, at, 4));
        if (len == 0 || text.data[at] == '\0')
            return refuse(p, &(struct policy_token){.word = WORD_WRONG, .at = at, .len = 1},
                          "the text is not UTF-8");
    }
    return true;
}

bool policy_parse(struct policy *policy, struct policy_fault *ret_fault, struct quoth_error *err)
{
    struct quoth_error why = {0};
    struct parser p = {.policy = policy, .fault = ret_fault, .err = &why};
    p.lexer = (struct policy_lexer){.text = policy->text, .arena = &policy->arena};
    if (check_text(&p)) {
        step(&p);
        step(&p);
        parse_policy(&p);
    }
    if (why.code != QUOTH_OK && err->code == QUOTH_OK)
        *err = why;
    return why.code == QUOTH_OK;
}
