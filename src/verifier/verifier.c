#include "verifier/verifier.h"

#include "tee/list/list.h"
#include "verifier/held.h"
#include "verifier/open_enclave.h"

/* Takes the evidence out of whatever form of wrapper is allowed. */
static bool unwrap(struct bytes posted, enum evidence_form form, struct open_enclave_evidence *ret,
                   struct quoth_error *err)
{
    *ret = (struct open_enclave_evidence){.quote = posted};
    if (form == EVIDENCE_BARE)
        return true;
    if (form == EVIDENCE_OPEN_ENCLAVE_REPORT || open_enclave_is_report(posted))
        return open_enclave_read_report(posted, &ret->quote, err);
    if (open_enclave_is_evidence(posted))
        return open_enclave_read_evidence(posted, ret, err);
    return true;
}

static const struct tee_driver *find_driver(const char *name, struct bytes evidence,
                                            struct quoth_error *err)
{
    const struct tee_driver *driver = name ? tee_named(name) : tee_detect(evidence);
    if (driver)
        return driver;
    if (name)
        quoth_fail(err, QUOTH_USAGE, "tee", QUOTH_NO_OFFSET, "\"%s\" is not a TEE that is known",
                   name);
    else
        quoth_fail(err, QUOTH_EVIDENCE_FORM, "evidence", 0,
                   "does not look like the evidence of any TEE that is known");
    return NULL;
}

/* Evidence, driver, and the driver's input; what both entries need first. */
struct opened {
    struct open_enclave_evidence evidence;
    const struct tee_driver *driver;
    struct tee_input input;
};

static bool open_evidence(const struct verifier_input *in, struct opened *ret,
                          struct quoth_error *err)
{
    struct opened o = {.input = in->tee_input};
    if (!unwrap(in->tee_input.evidence, in->form, &o.evidence, err))
        return false;
    o.driver = find_driver(in->tee, o.evidence.quote, err);
    if (!o.driver)
        return false;
    o.input.evidence = o.evidence.quote;
    o.input.posted = in->tee_input.evidence;
    *ret = o;
    return true;
}

static bool check_size(const struct held_data *held, const char *where, struct quoth_error *err)
{
    return held->data.len <= HELD_DATA_MAX ||
           quoth_fail(err, QUOTH_TOO_LARGE, where, QUOTH_NO_OFFSET, "has %zu bytes, limit is %u",
                      held->data.len, HELD_DATA_MAX);
}

static void add_json_claim(struct appraisal *a, const char *name, const struct held_data *held,
                           const char *where, struct quoth_error *err)
{
    AUTO(buffer) struct buffer object = {0};
    if (held_json_read(held->data, where, &object, err))
        claims_add_written(a->claims, CLAIM_FROM_REQUEST, name, &object);
}

static void check_runtime_data(const struct held_data *held, const struct tee_driver *driver,
                               struct bytes report_data, struct appraisal *a)
{
    struct quoth_error err = {0};
    if (held->kind == HELD_NONE) {
        appraisal_skip(a, "runtime-data", "none was sent");
        return;
    }
    if (check_size(held, "runtime_data", &err) &&
        held_data_bound(held->data, report_data, "runtime_data", &err)) {
        if (held->kind == HELD_JSON)
            add_json_claim(a, "x-ms-runtime", held, "runtime_data", &err);
        else
            for (size_t i = 0; driver->binary_claims[i]; i++)
                claims_add_base64url(a->claims, CLAIM_FROM_REQUEST, driver->binary_claims[i],
                                     held->data);
    }
    appraisal_record(a, "runtime-data", &err);
}

static void check_init_data(const struct held_data *held, struct bytes init_data,
                            struct appraisal *a)
{
    struct quoth_error err = {0};
    if (held->kind == HELD_NONE) {
        appraisal_skip(a, "init-time-data", "none was sent");
        return;
    }
    if (check_size(held, "init_time_data", &err) &&
        held_data_bound(held->data, init_data, "init_time_data", &err) && held->kind == HELD_JSON)
        add_json_claim(a, "x-ms-inittime", held, "init_time_data", &err);
    appraisal_record(a, "init-time-data", &err);
}

static void check_custom_claims(const struct open_enclave_evidence *e, struct bytes report_data,
                                struct appraisal *a)
{
    struct quoth_error err = {0};
    if (!e->has_custom_claims)
        return;
    held_data_bound(e->custom_claims, report_data, "custom_claims", &err);
    appraisal_record(a, "open-enclave.custom-claims", &err);
}

static void check_bindings(const struct verifier_input *in, const struct opened *o,
                           struct appraisal *a)
{
    struct tee_bindings fields;
    struct quoth_error err = {0};
    if (!o->driver->bindings(o->input.evidence, &fields, &err)) {
        if (a->error.code == QUOTH_OK) /* else "quote.format" has said so */
            appraisal_fail(a, "runtime-data", &err);
        return;
    }
    check_custom_claims(&o->evidence, fields.report_data, a);
    check_runtime_data(&in->runtime, o->driver, fields.report_data, a);
    check_init_data(&in->init_time, fields.init_data, a);
    if (!claims_ok(a->claims, &err))
        appraisal_fail(a, "claims", &err);
}

bool verifier_appraise(const struct verifier_input *in, struct appraisal *ret)
{
    struct opened o;
    struct quoth_error err = {0};
    if (!open_evidence(in, &o, &err))
        return appraisal_fail(ret, "evidence.form", &err);
    appraisal_pass(ret, "evidence.form");
    o.driver->verify(&o.input, ret);
    check_bindings(in, &o, ret);
    return ret->error.code == QUOTH_OK;
}

bool verifier_locate(const struct verifier_input *in, struct tee_platform *ret,
                     struct quoth_error *err)
{
    struct opened o;
    return open_evidence(in, &o, err) && o.driver->locate(&o.input, ret, err);
}

bool verifier_platform(const struct verifier_input *in, struct tee_platform *ret,
                       struct quoth_error *err)
{
    struct opened o;
    return open_evidence(in, &o, err) && o.driver->platform(&o.input, ret, err);
}
