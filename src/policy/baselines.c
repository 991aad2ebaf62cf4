#include "policy/baselines.h"

#include "policy/syntax.h"

const struct policy_baseline policy_baselines[POLICY_BASELINES] = {
    {"10", 10, "2020-11-10T00:00:00Z", "2.9",    "2.7.101.2" },
    {"11", 11, "2021-06-08T00:00:00Z", "2.13.3", "2.13.100.2"},
    {"12", 12, "2021-11-10T00:00:00Z", "2.13.3", "2.13.100.2"},
    {"13", 13, "2022-08-09T00:00:00Z", "2.17",   "2.16"      },
    {"14", 14, "2022-11-08T00:00:00Z", "2.17",   "2.16"      },
    {"15", 15, "2023-02-14T00:00:00Z", "2.17",   "2.16"      },
};

const struct policy_baseline *policy_baseline_find(struct bytes identifier)
{
    for (size_t i = 0; i < POLICY_BASELINES; i++)
        if (bytes_equal(identifier, bytes_of_text(policy_baselines[i].identifier)))
            return &policy_baselines[i];
    return NULL;
}

/* The text that a rule gives to a property as it stands there; nothing if it computes it. */
static struct bytes given(const struct policy_rule *rule, enum policy_property property)
{
    const struct policy_expr *e = rule->assign[property];
    const bool plain = e && e->kind == EXPR_LITERAL && e->literal.kind == POLICY_STRING;
    return plain ? e->literal.text : (struct bytes){0};
}

const struct policy_baseline *policy_baseline_of(const struct policy *policy)
{
    const struct policy_baseline *found = NULL;
    const struct policy_rule *r = policy ? policy->rules[SECTION_CONFIGURATION] : NULL;
    for (; r; r = r->next)
        if (r->action == ACTION_ISSUE_PROPERTY &&
            bytes_equal(given(r, PROPERTY_TYPE), BYTES_LITERAL("x-ms-sgx-tcbidentifier")))
            found = policy_baseline_find(given(r, PROPERTY_VALUE));
    return found;
}
