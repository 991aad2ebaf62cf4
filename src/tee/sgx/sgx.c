#include "tee/sgx/sgx.h"

#include "codec/hex.h"
#include "codec/json_write.h"
#include "tee/dcap/dcap.h"

static bool detect(struct bytes evidence)
{
    enum dcap_tee tee;
    return quote_peek_tee(evidence, &tee) && tee == DCAP_SGX;
}

static void member_hash(struct buffer *to, const char *name, const struct sha256 *hash)
{
    json_named_hex(to, name, BYTES_OF(hash->bytes));
}

/* x-ms-sgx-collateral, and its copy under the name of 2020. The two CRL members hold the CRL of the
 * signers' chain, which is the root's, for both documents. */
static void add_collateral(const struct tee_input *in, const struct dcap_facts *f, struct claims *c)
{
    const struct sha256 quote = sha256_of(in->posted.len > 0 ? in->posted : in->evidence);
    AUTO(buffer) struct buffer object = {0};
    json_object_begin(&object);
    if (f->has_collateral) {
        member_hash(&object, "qeidcertshash", &f->qe_identity_chain);
        if (f->has_root_crl)
            member_hash(&object, "qeidcrlhash", &f->root_crl);
        member_hash(&object, "qeidhash", &f->qe_identity);
    }
    member_hash(&object, "quotehash", &quote);
    if (f->has_collateral) {
        member_hash(&object, "tcbinfocertshash", &f->tcb_info_chain);
        if (f->has_root_crl)
            member_hash(&object, "tcbinfocrlhash", &f->root_crl);
        member_hash(&object, "tcbinfohash", &f->tcb_info);
    }
    json_object_end(&object);
    claims_add_written(c, CLAIM_FROM_COLLATERAL, "x-ms-sgx-collateral", &object);
    claims_add_written(c, CLAIM_FROM_COLLATERAL, "maa-attestationcollateral", &object);
}

static void add_report(const struct sgx_report *s, struct claims *c)
{
    const enum claim_origin from = CLAIM_FROM_EVIDENCE;
    claims_add_bool(c, from, "x-ms-sgx-is-debuggable", s->flags & SGX_FLAG_DEBUG);
    claims_add_hex(c, from, "x-ms-sgx-mrenclave", s->mrenclave);
    claims_add_hex(c, from, "x-ms-sgx-mrsigner", s->mrsigner);
    claims_add_int(c, from, "x-ms-sgx-product-id", s->isv_prod_id);
    claims_add_int(c, from, "x-ms-sgx-svn", s->isv_svn);
    claims_add_hex(c, from, "x-ms-sgx-report-data", s->report_data);
    if (!(s->flags & SGX_FLAG_KSS))
        return;
    claims_add_hex(c, from, "x-ms-sgx-config-id", s->config_id);
    claims_add_int(c, from, "x-ms-sgx-config-svn", s->config_svn);
    claims_add_hex(c, from, "x-ms-sgx-isv-extended-product-id", s->isv_ext_prod_id);
    claims_add_hex(c, from, "x-ms-sgx-isv-family-id", s->isv_family_id);
}

/* What QVL leaves to its caller (dcap.md 4.10). */
static void check_attributes(const struct tee_input *in, const struct sgx_report *s,
                             struct appraisal *ret)
{
    struct quoth_error err = {0};
    char flags[24];
    hex_text(bytes_slice(s->attributes, 0, 8), flags, sizeof flags);
    if (!(s->flags & SGX_FLAG_INIT))
        quoth_fail(&err, QUOTH_TEE_ATTRIBUTES, "quote.report.attributes", QUOTH_NO_OFFSET,
                   "the enclave was not initialised (FLAGS %s)", flags);
    appraisal_record(ret, "sgx.attributes", &err);

    err = (struct quoth_error){0};
    if ((s->flags & SGX_FLAG_DEBUG) && !in->allow_debug)
        quoth_mismatch(&err, QUOTH_TEE_DEBUG, "quote.report.attributes", QUOTH_NO_OFFSET,
                       "a debug enclave", "an enclave that cannot be debugged");
    if (s->flags & SGX_FLAG_DEBUG && in->allow_debug)
        appraisal_note(ret, "debug", "a debug enclave, allowed by choice");
    else
        appraisal_record(ret, "debug", &err);
    if (s->flags & SGX_FLAG_PROVISION_KEY)
        appraisal_note(ret, "sgx.provision-key",
                       "the enclave may use the provisioning key, which applications rarely need");
}

static bool verify(const struct tee_input *in, struct appraisal *ret)
{
    struct dcap_facts facts;
    struct quoth_error err = {0};
    ret->tee = tee_sgx.name;
    if (!dcap_verify(in, DCAP_SGX, ret, &facts))
        return false;
    check_attributes(in, &facts.quote.sgx, ret);
    claims_add_text(ret->claims, CLAIM_FROM_EVIDENCE, "x-ms-attestation-type",
                    BYTES_LITERAL("sgx"));
    add_report(&facts.quote.sgx, ret->claims);
    add_collateral(in, &facts, ret->claims);
    dcap_add_claims(&facts, ret);
    if (!claims_ok(ret->claims, &err))
        return appraisal_fail(ret, "claims", &err);
    return ret->error.code == QUOTH_OK;
}

static bool locate(const struct tee_input *in, struct tee_platform *ret, struct quoth_error *err)
{
    return dcap_locate(in, DCAP_SGX, ret, err);
}

static bool platform(const struct tee_input *in, struct tee_platform *ret, struct quoth_error *err)
{
    return dcap_platform(in, DCAP_SGX, ret, err);
}

/* CONFIGID is set by the loader, before the enclave runs: only enclaves with KSS have one. */
static bool bindings(struct bytes evidence, struct tee_bindings *ret, struct quoth_error *err)
{
    struct dcap_quote quote;
    if (!quote_read(evidence, &quote, err))
        return false;
    *ret = (struct tee_bindings){.report_data = quote.sgx.report_data,
                                 .init_data = quote.sgx.config_id};
    return true;
}

static const char *const binary_claims[] = {"x-ms-sgx-ehd", "maa-ehd", "aas-ehd", NULL};

const struct tee_driver tee_sgx = {
    .name = "sgx",
    .detect = detect,
    .verify = verify,
    .locate = locate,
    .platform = platform,
    .bindings = bindings,
    .binary_claims = binary_claims,
};
