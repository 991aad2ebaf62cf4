/* Properties: what a policy asks of the service instead of the evidence (maa.md 4.6). */
#include "policy/baselines.h"
#include "policy/evaluate.h"

#include "base/time.h"

#define IN(section) (1u << (section))

static const struct property {
    const char *name;
    unsigned sections;
    enum policy_kind kind;
    int64_t min, max; /* of an Integer */
} properties[] = {
    {"x-ms-sgx-tcbidentifier",     IN(SECTION_CONFIGURATION), POLICY_STRING,  0, 0       },
    {"require_valid_aik_cert",     IN(SECTION_CONFIGURATION), POLICY_BOOLEAN, 0, 0       },
    {"required_pcr_mask",          IN(SECTION_CONFIGURATION), POLICY_INTEGER, 0, 0xFFFFFF},
    {"report_validity_in_minutes", IN(SECTION_ISSUANCE),      POLICY_INTEGER, 1, 525600  },
    {"omit_x5c",                   IN(SECTION_ISSUANCE),      POLICY_BOOLEAN, 0, 0       },
};

static bool is_default_baseline(struct bytes identifier)
{
    return bytes_equal(identifier, BYTES_LITERAL("azuredefault"));
}

static const struct property *find(struct bytes name)
{
    for (size_t i = 0; i < COUNT(properties); i++)
        if (bytes_equal(name, bytes_of_text(properties[i].name)))
            return &properties[i];
    return NULL;
}

bool policy_check_property(struct policy_evaluation *e, const struct policy_rule *rule,
                           const struct policy_claim *claim)
{
    const struct property *p = find(claim->type);
    const struct policy_value *v = &claim->value;
    const size_t at = rule->action_at;
    if (!p)
        return policy_fail_rule(e, QUOTH_POLICY_EVALUATION, rule, at,
                                "there is no property of that name");
    if (!(p->sections & IN(rule->section)))
        return policy_fail_rule(e, QUOTH_POLICY_EVALUATION, rule, at,
                                "%s is no property of this section", p->name);
    if (v->kind != p->kind)
        return policy_fail_rule(e, QUOTH_POLICY_EVALUATION, rule, at, "%s takes a value of kind %s",
                                p->name, (const char *)policy_kind_name(p->kind).data);
    if (v->kind == POLICY_INTEGER && (v->integer < p->min || v->integer > p->max))
        return policy_fail_rule(e, QUOTH_POLICY_EVALUATION, rule, at, "%s is from %lld to %lld",
                                p->name, (long long)p->min, (long long)p->max);
    if (v->kind == POLICY_STRING && !is_default_baseline(v->text) && !policy_baseline_find(v->text))
        return policy_fail_rule(e, QUOTH_POLICY_EVALUATION, rule, at,
                                "%s is \"azuredefault\" or \"10\" to \"15\"", p->name);
    return true;
}

const struct policy_value *policy_find_property(const struct policy_evaluation *e, const char *name)
{
    const struct bytes wanted = bytes_of_text(name);
    for (size_t i = e->properties.count; i > 0; i--)
        if (bytes_equal(e->properties.items[i - 1]->type, wanted))
            return &e->properties.items[i - 1]->value;
    return NULL;
}

/* What the service says under a name, of a kind; NULL if it says nothing. */
static const struct policy_value *said(const struct policy_evaluation *e, const char *name,
                                       enum policy_kind kind)
{
    const struct bytes wanted = bytes_of_text(name);
    for (size_t i = 0; i < e->incoming.count; i++) {
        const struct policy_claim *c = e->incoming.items[i];
        if (c->issuer == POLICY_ISSUER_SERVICE && c->value.kind == kind &&
            bytes_equal(c->type, wanted))
            return &c->value;
    }
    return NULL;
}

static bool is_current(struct bytes status)
{
    static const struct bytes current[] = {
        BYTES_INIT("UpToDate"),
        BYTES_INIT("SWHardeningNeeded"),
        BYTES_INIT("ConfigurationNeeded"),
        BYTES_INIT("ConfigurationAndSWHardeningNeeded"),
    };
    for (size_t i = 0; i < COUNT(current); i++)
        if (bytes_equal(status, current[i]))
            return true;
    return false;
}

/* A platform meets a baseline if nothing the vendor has published since is missing from it, or if
 * the level that it reaches is of the baseline's time or later. Collateral older than the baseline
 * cannot tell. "azuredefault" is whatever TCB the service accepts. */
static bool check_baseline(struct policy_evaluation *e, const struct policy_baseline *b)
{
    const struct policy_value *status = said(e, "x-quoth-tcb-status", POLICY_STRING);
    const struct policy_value *date = said(e, "x-quoth-tcb-date", POLICY_STRING);
    const struct policy_value *number = said(e, "x-quoth-tcb-evaluation-number", POLICY_INTEGER);
    struct quoth_error ignored = {0};
    int64_t reached, wanted;
    if (!status || !date || !number)
        return quoth_fail(&e->error, QUOTH_POLICY_PRECONDITION, "x-ms-sgx-tcbidentifier",
                          QUOTH_NO_OFFSET, "nothing is known of the platform's TCB");
    if (number->integer >= b->number && is_current(status->text))
        return true;
    if (number->integer >= b->number && time_parse(date->text, &reached, &ignored) &&
        time_parse(bytes_of_text(b->date), &wanted, &ignored) && reached >= wanted)
        return true;
    return quoth_fail(&e->error, QUOTH_POLICY_PRECONDITION, "x-ms-sgx-tcbidentifier",
                      QUOTH_NO_OFFSET,
                      "the platform does not meet the baseline %s: its TCB is %.*s as of %.*s",
                      b->identifier, (int)status->text.len, (const char *)status->text.data,
                      (int)date->text.len, (const char *)date->text.data);
}

bool policy_check_preconditions(struct policy_evaluation *e)
{
    const struct policy_value *baseline = policy_find_property(e, "x-ms-sgx-tcbidentifier");
    const struct policy_value *required = policy_find_property(e, "require_valid_aik_cert");
    const struct policy_value *valid = said(e, "aikValidated", POLICY_BOOLEAN);
    if (valid && !valid->boolean && (!required || required->boolean))
        return quoth_fail(&e->error, QUOTH_POLICY_PRECONDITION, "require_valid_aik_cert",
                          QUOTH_NO_OFFSET,
                          "the certificate of the attestation key does not verify");
    return !baseline || is_default_baseline(baseline->text) ||
           check_baseline(e, policy_baseline_find(baseline->text));
}
