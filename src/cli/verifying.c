#include "cli/verifying.h"

#include "base/file.h"
#include "base/time.h"
#include "cli/output.h"
#include "cli/policy_file.h"
#include "codec/pem.h"
#include "collateral/folder.h"
#include "crypto/cert.h"
#include "fetch/pcs.h"
#include "tee/list/list.h"

#include <stdio.h>

const struct option_row verifying_options[] = {
    {0,   "tee=NAME",                      OPT_TEXT,   offsetof(struct verifying_args, tee),
     "judge as evidence of this TEE, sgx or tdx; without it, detect"                                                                   },
    {'c', "collateral",                    OPT_SOURCE, offsetof(struct verifying_args, collateral),
     "endorsements: a bundle, a folder, or the URL of a PCS or PCCS"                                                                   },
    {'t', "at",                            OPT_TIME,   offsetof(struct verifying_args, at),
     "judge as of this moment; without it, now"                                                                                        },
    {'r', "runtime-data",                  OPT_FILE,   offsetof(struct verifying_args, runtime_data),
     "data whose hash the evidence must carry"                                                                                         },
    {0,   "runtime-data-type=binary|json", OPT_CHOICE,
     offsetof(struct verifying_args,                                                   runtime_data_type), "what that data is (binary)"},
    {0,   "allow-debug",                   OPT_FLAG,   offsetof(struct verifying_args, allow_debug),
     "accept a debug TEE"                                                                                                              },
    {0,   "accept-status=LIST",            OPT_TEXT,   offsetof(struct verifying_args, accept),
     "TCB statuses that pass (UpToDate,SWHardeningNeeded)"                                                                             },
    {0,   "no-crl",                        OPT_FLAG,   offsetof(struct verifying_args, no_crl),            "do not check revocation"   },
};

const struct option_row trust_options[] = {
    {0, "trust-root=CERT",                     OPT_FILE,   offsetof(struct trust_args, root),
     "trust this root, and none of the built-in ones"},
    {0, "trust-root-class=simulated|hardware", OPT_CHOICE, offsetof(struct trust_args, class),
     "what that root stands for (simulated)"         },
};

const struct option_row service_options[] = {
    {0, "collateral-ca",         OPT_FILE,   offsetof(struct service_args, ca),
     "PEM of the CA of the collateral service; without it, the system's"},
    {0, "update=standard|early", OPT_CHOICE, offsetof(struct service_args, update),
     "which collateral to ask for after a TCB recovery (standard)"      },
    {0, "evaluation-number",     OPT_UINT,   offsetof(struct service_args, number),
     "ask for exactly this TCB evaluation data number"                  },
};

static bool contains(struct bytes in, struct bytes what)
{
    for (size_t i = 0; i + what.len <= in.len; i++)
        if (bytes_equal(bytes_slice(in, i, what.len), what))
            return true;
    return false;
}

static bool read_certificate(const char *path, struct buffer *ret_der, struct quoth_error *err)
{
    AUTO(buffer) struct buffer data = {0}, der = {0};
    if (!file_read(path, (size_t)2 * CERT_SIZE_MAX, &data, err))
        return false;
    if (!contains(buffer_bytes(&data), BYTES_LITERAL("-----BEGIN "))) {
        *ret_der = take_value(data);
        return true;
    }
    struct quoth_error why = {0};
    struct reader r = {.in = buffer_bytes(&data), .err = &why};
    if (!pem_next_lenient(&r, "CERTIFICATE", &der) || !reader_end(&r, "end"))
        return quoth_fail(err, QUOTH_TRUST_ROOT, path, why.offset, "%s", why.message);
    *ret_der = take_value(der);
    return true;
}

static bool is_built_in(const struct trust *built_in, struct bytes der)
{
    const struct sha256 fingerprint = sha256_of(der);
    for (size_t i = 0; i < built_in->count; i++)
        if (sha256_equal(&built_in->anchors[i].fingerprint, &fingerprint))
            return true;
    return false;
}

bool trust_from_args(const struct trust_args *args, struct trust *ret_trust,
                     struct quoth_error *err)
{
    const bool hardware = args->class && strcmp(args->class, "hardware") == 0;
    struct trust trust = {0};
    AUTO(buffer) struct buffer der = {0};
    trust_init_built_in(ret_trust);
    if (!args->root)
        return !args->class || quoth_fail(err, QUOTH_USAGE, "--trust-root-class", QUOTH_NO_OFFSET,
                                          "speaks of --trust-root, which is missing");
    if (!read_certificate(args->root, &der, err))
        return false;
    if (is_built_in(ret_trust, buffer_bytes(&der)))
        return true; /* it is what it is, whatever it was called */
    if (!trust_add(&trust, hardware ? TRUST_HARDWARE : TRUST_SIMULATED, TRUST_FOR_ALL,
                   buffer_bytes(&der), err))
        return false;
    *ret_trust = trust;
    return true;
}

static void show_wait(void *context, const char *url)
{
    char line[160];
    snprintf(line, sizeof line, "waiting for %s", url);
    output_progress(*(const uint64_t *)context, line);
}

static bool ask(const struct service_args *args, const char *url, const struct collateral_key *key,
                struct collateral *ret_collateral, struct quoth_error *err)
{
    uint64_t started = time_monotonic_us();
    struct pcs_options options = {
        .ca_file = args->ca,
        .update = args->update && strcmp(args->update, "early") == 0 ? PCS_EARLY : PCS_STANDARD,
        .evaluation_number = (uint32_t)args->number.value,
        .waiting = show_wait,
        .waiting_context = &started,
    };
    if (args->number.value > UINT32_MAX || (args->number.given && args->update))
        return quoth_fail(err, QUOTH_USAGE, "--evaluation-number", QUOTH_NO_OFFSET,
                          "is too large, or stands beside --update");
    const bool ok = pcs_collateral_fetch(&options, url, key, ret_collateral, err);
    output_progress_end();
    return ok;
}

static bool is_url(const char *from)
{
    return strncmp(from, "https://", 8) == 0 || strncmp(from, "http://", 7) == 0;
}

bool collateral_from_args(const struct service_args *args, const char *from,
                          const struct collateral_key *key, struct collateral *ret_collateral,
                          struct quoth_error *err)
{
    if (!is_url(from))
        return collateral_load(from, key, ret_collateral, err);
    return key ? ask(args, from, key, ret_collateral, err)
               : quoth_fail(err, QUOTH_USAGE, from, QUOTH_NO_OFFSET,
                            "a service must be told which platform is meant");
}

/* Everything the options name, ready for the verifier; owns what the input views. */
struct prepared {
    struct trust trust;
    struct buffer runtime_data;
    struct policy *policy;
    struct collateral collateral;
    struct quoth_error no_collateral; /* why there is none */
    struct verifier_input input;
};

static void prepared_clear(struct prepared *p)
{
    buffer_clear(&p->runtime_data);
    policy_close(p->policy);
    collateral_clear(&p->collateral);
}
DEFINE_AUTO_VALUE(prepared, struct prepared, prepared_clear)

static bool prepare(const struct verifying_args *args, struct bytes evidence, int64_t at,
                    struct prepared *p, struct quoth_error *err)
{
    const bool json = args->runtime_data_type && strcmp(args->runtime_data_type, "json") == 0;
    struct verifier_input in = {.tee = args->tee};
    in.tee_input = (struct tee_input){.evidence = evidence,
                                      .trust = &p->trust,
                                      .at = at,
                                      .accept = TCB_ACCEPT_DEFAULT,
                                      .no_crl = args->no_crl,
                                      .allow_debug = args->allow_debug || args->policy};
    if (args->tee && !tee_named(args->tee))
        return quoth_fail(err, QUOTH_USAGE, "--tee", QUOTH_NO_OFFSET, "%s is no TEE that is known",
                          args->tee);
    if (args->accept &&
        !tcb_status_set_parse(bytes_of_text(args->accept), &in.tee_input.accept, err))
        return quoth_within(err, "--accept-status");
    if (!trust_from_args(&args->trust, &p->trust, err))
        return false;
    if (args->policy && !policy_file_open(args->policy, &p->policy, err))
        return false;
    if (args->runtime_data) {
        if (!file_read(args->runtime_data, HELD_DATA_MAX, &p->runtime_data, err))
            return false;
        in.runtime = (struct held_data){.kind = json ? HELD_JSON : HELD_BINARY,
                                        .data = buffer_bytes(&p->runtime_data)};
    }
    p->input = in;
    return true;
}

/* Nothing is fetched before chain and quote signature hold (THREATS 8); a path may be read before,
 * as it may bring the chain that a quote lacks. */
static bool find_collateral(const struct verifying_args *args, struct prepared *p,
                            struct quoth_error *err)
{
    struct tee_platform platform;
    struct collateral_key key;
    struct quoth_error why = {0};
    const char *from = args->collateral;
    if (!from && !args->trust.root)
        from = PCS_INTEL;
    if (!from)
        return quoth_fail(err, QUOTH_COLLATERAL_UNAVAILABLE, "--collateral", QUOTH_NO_OFFSET,
                          "roots that are not built in have no source by default");
    const bool known =
        verifier_platform(&p->input, &platform, &why) &&
        collateral_key_make(&platform.root, platform.tee, platform.fmspc, platform.ca, &key, &why);
    if (!known && is_url(from)) {
        *err = why;
        return false;
    }
    return collateral_from_args(&args->service, from, known ? &key : NULL, &p->collateral, err);
}

/* The last check: of what is refused already, no policy is asked. */
static void apply_policy(const struct policy *policy, struct appraisal *ret)
{
    struct quoth_error why = {0};
    if (ret->error.code != QUOTH_OK) {
        appraisal_skip(ret, "policy", "the evidence is refused");
        return;
    }
    (void)policy_apply(policy, ret->claims, &why);
    appraisal_record(ret, "policy", &why);
}

bool verifying_judge(const struct verifying_args *args, struct bytes evidence, int64_t at,
                     struct appraisal *ret, struct quoth_error *err)
{
    AUTO(prepared) struct prepared p = {0};
    if (!prepare(args, evidence, at, &p, err)) {
        if (quoth_code_exit(err->code) == 2)
            return false;
        appraisal_fail(ret, "options", err);
        return true;
    }
    if (find_collateral(args, &p, &p.no_collateral))
        p.input.tee_input.collateral = &p.collateral;
    if (quoth_code_exit(p.no_collateral.code) == 2) {
        *err = p.no_collateral;
        return false;
    }
    verifier_appraise(&p.input, ret);
    if (ret->error.code == QUOTH_COLLATERAL_UNAVAILABLE && p.no_collateral.code != QUOTH_OK)
        ret->error = p.no_collateral;
    if (p.policy)
        apply_policy(p.policy, ret);
    return true;
}

bool verifying_read(const struct verifying_args *args, struct bytes evidence, int64_t at,
                    struct appraisal *ret, struct quoth_error *err)
{
    AUTO(prepared) struct prepared p = {0};
    if (!prepare(args, evidence, at, &p, err))
        return false;
    verifier_appraise(&p.input, ret);
    return true;
}
