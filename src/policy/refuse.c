/* How a policy says no: in Azure's sentences (maa.md 1.11), and with what an attester can look at. */
#include "base/text.h"
#include "policy/evaluate.h"

#include <stdio.h>

/* The type of the claims that a condition is about. Not the values it wants: they are the policy's
 * own business, and a refusal is read by strangers. */
static void tell_type(const struct policy_condition *c, char to[64])
{
    snprintf(to, 64, "claims of any type");
    for (const struct policy_test *t = c->tests; t; t = t->next)
        if (t->property == PROPERTY_TYPE && t->op == OP_EQ && t->expr->kind == EXPR_LITERAL)
            text_escape(to, 64, t->expr->literal.text);
}

bool policy_refuse_denied(struct policy_evaluation *e, const struct policy_rule *rule)
{
    char type[64], *found = e->error.found;
    policy_fail_rule(e, QUOTH_POLICY_DENIED, rule, rule->at,
                     "A Deny claim was issued, authorization failed.");
    if (!rule->conditions) {
        snprintf(found, sizeof e->error.found, "the rule has no conditions: it denies always");
        return false;
    }
    tell_type(rule->conditions, type);
    snprintf(found, sizeof e->error.found, "all conditions of the rule hold; the first is about %s",
             type);
    return false;
}

bool policy_refuse_unpermitted(struct policy_evaluation *e)
{
    static const char sentence[] =
        "No Permit claim was issued in the authorizationrules section, authorization failed.";
    char type[64];
    if (!e->unmet) {
        quoth_fail(&e->error, QUOTH_POLICY_NOT_PERMITTED, "authorizationrules", QUOTH_NO_OFFSET,
                   "%s", sentence);
        snprintf(e->error.found, sizeof e->error.found, "no rule that permits");
        return false;
    }
    policy_fail_rule(e, QUOTH_POLICY_NOT_PERMITTED, e->unmet, e->unmet->at, "%s", sentence);
    e->decided = NULL;
    tell_type(e->unmet_condition, type);
    snprintf(e->error.found, sizeof e->error.found, "condition %zu of the rule does not hold: %s%s",
             e->unmet_condition->number + 1,
             e->unmet_condition->negated ? "there is a claim that it excludes, about "
                                         : "no claim passes its tests on ",
             type);
    return false;
}
