/* One evaluation of a policy over claims (maa.md 4.4), with what came of it and, if asked for, what
 * happened on the way. */
#ifndef QUOTH_POLICY_EVALUATE_H
#define QUOTH_POLICY_EVALUATE_H

#include "policy/syntax.h"
#include "policy/work.h"

#define POLICY_CLAIMS_MAX 4096u /* incoming, those that rules add among them */
#define POLICY_ISSUED_MAX 256u
#define POLICY_ISSUED_BYTES 40960u /* a token says them twice, and has 128 KiB (THREATS 14) */

struct policy_claim_list { /* in an arena */
    const struct policy_claim **items;
    size_t count, cap;
};

/* What happened to one condition. */
struct policy_trace_condition {
    bool reached; /* conditions behind one that does not hold are not looked at */
    bool held;
    size_t count; /* of claims that pass its tests */
    const struct policy_claim **claims;
};

/* What happened to one rule, by its number. */
struct policy_trace_rule {
    const struct policy_rule *rule;
    bool reached, fired;
    size_t incoming;                           /* claims that there were before it */
    struct policy_trace_condition *conditions; /* as many as the rule has */
    struct policy_claim_list made;             /* claims or properties, those it made again too */
};

struct known_json; /* JSON that a query has read already */

struct policy_evaluation {
    struct work work;
    struct policy_claim_list incoming, outgoing, properties;
    size_t issued_bytes;
    struct known_json *json;
    bool traced;                       /* asked for */
    struct arena trace_memory;         /* so that tracing changes no outcome */
    struct policy_trace_rule *trace;   /* as many as the policy has rules */
    const struct policy_rule *decided; /* the rule that permitted or denied, or where it failed */
    const struct policy_rule *unmet;   /* the first that would have permitted, and the condition */
    const struct policy_condition *unmet_condition; /* of it that did not hold */
    struct quoth_error error;                       /* QUOTH_OK: permitted */
};

#define POLICY_EVALUATION_INIT                                                                     \
    {                                                                                              \
        .work = WORK_INIT, .trace_memory = {.limit = 16u << 20 }                                   \
    }

void policy_evaluation_clear(struct policy_evaluation *e);
DEFINE_AUTO_VALUE(policy_evaluation, struct policy_evaluation, policy_evaluation_clear)

/* Adds what comes in. Texts are borrowed until the evaluation is cleared. A claim that is there
 * already is not added again. */
bool policy_add_incoming(struct policy_evaluation *e, const struct policy_claim *claim);

/* The claims of a verdict, and those under the names that Azure Attestation gave them before 2020.
 * JSON values come in as their text. */
void policy_add_claims(struct policy_evaluation *e, const struct claims *claims);

/* Adds what is there already under the names of before 2020; policy_add_claims does so itself. */
void policy_add_old_names(struct policy_evaluation *e);

/* Judges once. The outcome is in e->error; what was issued in e->outgoing. */
void policy_evaluate(const struct policy *policy, struct policy_evaluation *e);

/* Everything that was issued as claims with the origin CLAIM_FROM_POLICY; several values under one
 * name become an array. */
bool policy_issued(const struct policy_evaluation *e, struct claims *ret_issued,
                   struct quoth_error *err);

/* ---- for the modules of the evaluation */

/* Whether a claim is one of our own additions, which a condition sees only if it names its type:
 * so they do not change what a policy written for Azure Attestation means. */
bool policy_claim_is_ours(const struct policy_claim *claim);

/* Whether values of claims of this type may be asked about, and not issued. */
bool policy_type_is_read_only(struct bytes type);

bool policy_list_add(struct arena *arena, struct policy_claim_list *list,
                     const struct policy_claim *claim);

struct policy_value policy_claim_property(const struct policy_claim *claim,
                                          enum policy_property property);

/* Values of an expression: one, unless JsonToClaimValue made none or several of an array. */
struct policy_values {
    struct policy_value *items;
    size_t count;
};

/* What the names of a rule stand for. */
struct policy_scope {
    struct policy_evaluation *e;
    const struct policy_rule *rule;
    struct policy_claim_list sets[POLICY_VARIABLES_MAX];   /* all claims bound to a name */
    const struct policy_claim *each[POLICY_VARIABLES_MAX]; /* the one that is looked at */
};

/* The names that an expression takes one claim of at a time, as bits. Functions over sets take them
 * whole. */
uint32_t policy_expr_variables(const struct policy_expr *expr);

/* False: e->error says why, or the work is spent. */
bool policy_expr_values(const struct policy_scope *scope, const struct policy_expr *expr,
                        struct policy_values *ret_values);

/* Records the first failure of a rule, at an offset of the policy's text. Returns false. */
bool policy_fail_rule(struct policy_evaluation *e, enum quoth_code code,
                      const struct policy_rule *rule, size_t at, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* The outcome, where no error is: a deny that fired, or no permit that did; of several rules that
 * might have permitted the first is named. Both return false. */
bool policy_refuse_denied(struct policy_evaluation *e, const struct policy_rule *deny);
bool policy_refuse_unpermitted(struct policy_evaluation *e);

/* A property that a rule sets: its name, kind, place and range (maa.md 4.6). */
bool policy_check_property(struct policy_evaluation *e, const struct policy_rule *rule,
                           const struct policy_claim *property);

/* What configurationrules demand of the platform, before any other rule is looked at. */
bool policy_check_preconditions(struct policy_evaluation *e);

/* The last property of that name, or NULL. */
const struct policy_value *policy_find_property(const struct policy_evaluation *e,
                                                const char *name);

#endif
