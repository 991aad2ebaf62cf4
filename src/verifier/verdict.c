/* The verdict as JSON: one object, whatever the outcome. */
#include "codec/json_write.h"
#include "verifier/verifier.h"

const char *verifier_verdict_of(enum quoth_code code)
{
    if (code == QUOTH_OK)
        return "accepted";
    switch (quoth_code_exit(code)) {
    case 2: /* what cannot be read as what it was said to be */
    case 4:
        return "malformed";
    case 3:
        return "unavailable";
    default:
        return "refused";
    }
}

const char *verifier_verdict_name(const struct appraisal *a)
{
    return verifier_verdict_of(a->error.code);
}

static void write_if_any(struct buffer *to, const char *name, const char *value)
{
    if (value[0])
        json_named_cstring(to, name, value);
}

static void write_tcb(struct buffer *to, const struct tcb *tcb)
{
    json_name(to, "tcb");
    json_object_begin(to);
    json_named_cstring(to, "status", tcb_status_name(tcb->status));
    json_name(to, "advisories");
    json_array_begin(to);
    for (size_t i = 0; i < tcb->advisory_count; i++)
        json_cstring(to, tcb->advisories[i].text);
    json_array_end(to);
    json_named_time(to, "date", tcb->date);
    json_named_uint(to, "evaluationDataNumber", tcb->evaluation_data_number);
    json_object_end(to);
}

static void write_checks(struct buffer *to, const struct appraisal *a)
{
    static const char *const results[] = {
        [CHECK_PASS] = "pass",
        [CHECK_FAIL] = "fail",
        [CHECK_SKIP] = "skip",
    };
    json_name(to, "checks");
    json_array_begin(to);
    for (size_t i = 0; i < a->check_count; i++) {
        const struct check *c = &a->checks[i];
        json_object_begin(to);
        json_named_cstring(to, "name", c->name);
        json_named_cstring(to, "result", results[c->result]);
        write_if_any(to, "found", c->found);
        write_if_any(to, "expected", c->expected);
        json_object_end(to);
    }
    json_array_end(to);
}

void verifier_write_verdict(struct buffer *to, const struct appraisal *a)
{
    const bool accepted = a->error.code == QUOTH_OK;
    json_object_begin(to);
    json_named_cstring(to, "verdict", verifier_verdict_name(a));
    json_name(to, "tee");
    if (a->tee)
        json_cstring(to, a->tee);
    else
        json_null(to);
    json_named_bool(to, "simulated", a->simulated);
    json_named_time(to, "time", a->time);
    if (a->tcb.computed)
        write_tcb(to, &a->tcb);
    write_checks(to, a);
    json_name(to, accepted ? "claims" : "unverified");
    claims_write(to, a->claims);
    if (!accepted) {
        json_name(to, "error");
        json_error(to, &a->error);
    }
    json_object_end(to);
}
