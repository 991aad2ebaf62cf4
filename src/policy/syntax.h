/* A policy as a tree of plain values in one arena (maa.md 4.1, 4.2). Texts are views of the
 * policy's own copy of its text, or of the arena where escapes were taken out. */
#ifndef QUOTH_POLICY_SYNTAX_H
#define QUOTH_POLICY_SYNTAX_H

#include "base/arena.h"
#include "policy/policy.h"
#include "policy/value.h"

enum policy_section { SECTION_CONFIGURATION, SECTION_AUTHORIZATION, SECTION_ISSUANCE };
#define SECTION_COUNT 3u

enum policy_property { PROPERTY_TYPE, PROPERTY_VALUE, PROPERTY_VALUE_TYPE, PROPERTY_ISSUER };
#define PROPERTY_COUNT 4u

enum policy_op { OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE };

enum policy_function {
    FUNCTION_JMESPATH,
    FUNCTION_JSON_TO_CLAIM_VALUE,
    FUNCTION_IS_SUBSET_OF,
    FUNCTION_APPEND_STRING,
    FUNCTION_NEGATE_BOOL,
    FUNCTION_CONTAINS_ONLY_VALUE,
};

enum policy_expr_kind { EXPR_LITERAL, EXPR_VARIABLE, EXPR_CALL };

struct policy_expr {
    enum policy_expr_kind kind;
    size_t at; /* offset in the text */
    struct policy_value literal;
    unsigned variable;             /* index in the rule's variables */
    enum policy_property property; /* of the variable's claim */
    enum policy_function function;
    struct policy_expr *first_arg, *next; /* next: the argument after this one */
    size_t arg_count;
};

struct policy_test { /* property op expr */
    enum policy_property property;
    enum policy_op op;
    bool single_equals; /* "=" was written for "==", as some published samples do */
    size_t at;
    struct policy_expr *expr;
    struct policy_test *next;
};

#define NO_VARIABLE ((unsigned)-1)

struct policy_condition {
    bool negated;      /* ![...]: no claim passes the tests */
    unsigned variable; /* that the claims are bound to, or NO_VARIABLE */
    size_t at;
    size_t number; /* from 0, in its rule */
    struct policy_test *tests;
    struct policy_condition *next;
};

enum policy_action { ACTION_PERMIT, ACTION_DENY, ACTION_ADD, ACTION_ISSUE, ACTION_ISSUE_PROPERTY };

struct policy_rule {
    enum policy_section section;
    size_t number;  /* from 0, in the policy */
    size_t at, len; /* in the text, from the first condition to the semicolon */
    unsigned line, column;
    struct policy_condition *conditions;
    size_t condition_count;
    unsigned variable_count;
    struct bytes *variables; /* their names */
    enum policy_action action;
    size_t action_at;
    unsigned copied;                            /* claim=c: that variable, or NO_VARIABLE */
    struct policy_expr *assign[PROPERTY_COUNT]; /* NULL: not given */
    struct policy_rule *next;
};

struct policy {
    struct bytes text;
    unsigned version; /* 10, 11 or 12 */
    struct arena arena;
    struct policy_rule *rules[SECTION_COUNT];
    size_t rule_count;
};

#define POLICY_VARIABLES_MAX 32u  /* bound in a rule */
#define POLICY_CONDITIONS_MAX 32u /* of a rule */
#define POLICY_TESTS_MAX 16u      /* of a condition */
#define POLICY_CALLS_MAX 16u      /* inside each other */
#define POLICY_MEMORY (4u << 20)

/* Words as policies write them, for messages and traces. */
const char *policy_section_name(enum policy_section section);
const char *policy_property_name(enum policy_property property);
const char *policy_op_name(enum policy_op op);
const char *policy_action_name(enum policy_action action);
const char *policy_function_name(enum policy_function function);
size_t policy_function_arity(enum policy_function function);

/* Finders for the parser; false if the word is none of them. */
bool policy_property_of(struct bytes word, enum policy_property *ret_property);
bool policy_action_of(struct bytes word, enum policy_action *ret_action);
bool policy_function_of(struct bytes word, enum policy_function *ret_function);
bool policy_section_of(struct bytes word, enum policy_section *ret_section); /* any case */

/* Fills policy from its text. */
bool policy_parse(struct policy *policy, struct policy_fault *ret_fault, struct quoth_error *err);

#endif
