#include "cli/evidence_show.h"

#include "cli/cert_sheet.h"
#include "tee/dcap/pck.h"
#include "tee/dcap/quote.h"
#include "verifier/open_enclave.h"

#include <stdio.h>

static void show_sgx_report(struct sheet *s, const char *name, const struct sgx_report *r)
{
    sheet_begin(s, name);
    sheet_hex(s, "mrenclave", r->mrenclave);
    sheet_hex(s, "mrsigner", r->mrsigner);
    sheet_uint(s, "isvprodid", r->isv_prod_id);
    sheet_uint(s, "isvsvn", r->isv_svn);
    sheet_bool(s, "debug", r->flags & SGX_FLAG_DEBUG);
    sheet_hex(s, "attributes", r->attributes);
    sheet_uint(s, "miscselect", r->miscselect);
    sheet_hex(s, "cpusvn", r->cpusvn);
    sheet_hex(s, "reportdata", r->report_data);
    if (r->flags & SGX_FLAG_KSS) {
        sheet_hex(s, "isvextprodid", r->isv_ext_prod_id);
        sheet_hex(s, "isvfamilyid", r->isv_family_id);
        sheet_hex(s, "configid", r->config_id);
        sheet_uint(s, "configsvn", r->config_svn);
    }
    sheet_end(s);
}

static void show_td_report(struct sheet *s, const struct td_report *r)
{
    sheet_begin(s, "report");
    sheet_hex(s, "mrtd", r->mrtd);
    for (size_t i = 0; i < COUNT(r->rtmr); i++) {
        char name[8];
        snprintf(name, sizeof name, "rtmr%zu", i);
        sheet_hex(s, name, r->rtmr[i]);
    }
    sheet_bool(s, "debug", r->attributes & TD_ATTRIBUTE_DEBUG);
    sheet_hex(s, "tdattributes", r->td_attributes);
    sheet_hex(s, "xfam", r->xfam);
    sheet_hex(s, "mrconfigid", r->mrconfigid);
    sheet_hex(s, "mrowner", r->mrowner);
    sheet_hex(s, "mrownerconfig", r->mrownerconfig);
    sheet_hex(s, "tee_tcb_svn", r->tee_tcb_svn);
    sheet_hex(s, "mrseam", r->mrseam);
    sheet_hex(s, "mrsignerseam", r->mrsignerseam);
    sheet_hex(s, "seamattributes", r->seam_attributes);
    if (r->is_15) {
        sheet_hex(s, "tee_tcb_svn2", r->tee_tcb_svn2);
        sheet_hex(s, "mrservicetd", r->mrservicetd);
    }
    sheet_hex(s, "reportdata", r->report_data);
    sheet_end(s);
}

static void show_platform(struct sheet *s, const struct pck *p)
{
    sheet_begin(s, "platform");
    sheet_hex(s, "fmspc", BYTES_OF(p->fmspc));
    sheet_cstring(s, "ca", p->is_platform ? "platform" : "processor");
    sheet_hex(s, "pceid", BYTES_OF(p->pceid));
    sheet_uint(s, "pcesvn", p->pcesvn);
    sheet_hex(s, "components", BYTES_OF(p->components));
    sheet_hex(s, "ppid", BYTES_OF(p->ppid));
    sheet_end(s);
}

/* The platform that the leaf of a chain names; the leaf is the one with the SGX extension. */
static bool find_platform(struct bytes pem, struct pck *ret_pck)
{
    struct quoth_error err = {0};
    struct reader r = {.in = pem, .err = &err};
    while (reader_ok(&r) && reader_left(&r) > 1) {
        AUTO(buffer) struct buffer der = {0};
        struct cert cert;
        if (pem_take_cert(&r, &der, &cert) && cert.sgx.len > 0)
            return pck_read(cert.sgx, ret_pck, &err);
    }
    return false;
}

static void show_certification(struct sheet *s, const struct certification *c)
{
    struct pck pck;
    sheet_begin(s, "certification");
    sheet_uint(s, "type", c->type);
    if (c->type == CERTIFICATION_PCK_CHAIN) {
        sheet_chain(s, "chain", c->data);
        if (find_platform(c->data, &pck))
            show_platform(s, &pck);
    } else {
        sheet_hex(s, "ppid", c->ppid);
        sheet_hex(s, "cpusvn", c->cpusvn);
        sheet_uint(s, "pcesvn", c->pcesvn);
        sheet_hex(s, "pceid", c->pceid);
    }
    sheet_end(s);
}

static void show_quote(struct sheet *s, const struct dcap_quote *q)
{
    sheet_begin(s, "quote");
    sheet_uint(s, "version", q->version);
    sheet_uint(s, "size", q->raw.len);
    sheet_uint(s, "padding", q->padding);
    if (q->version == 3) {
        sheet_uint(s, "qeSvn", q->qe_svn);
        sheet_uint(s, "pceSvn", q->pce_svn);
    }
    sheet_hex(s, "userData", q->user_data);
    sheet_end(s);
    if (q->tee == DCAP_TDX)
        show_td_report(s, &q->td);
    else
        show_sgx_report(s, "report", &q->sgx);
    sheet_begin(s, "signature");
    sheet_hex(s, "attestationKey", q->attestation_key);
    sheet_hex(s, "authData", q->auth_data);
    sheet_end(s);
    show_sgx_report(s, "qeReport", &q->qe_report);
    show_certification(s, &q->certification);
}

/* The quote inside whatever wrapper there is. */
static bool unwrap(struct bytes data, struct open_enclave_evidence *ret, const char **ret_form,
                   struct quoth_error *err)
{
    *ret = (struct open_enclave_evidence){.quote = data};
    *ret_form = "quote";
    if (open_enclave_is_report(data)) {
        *ret_form = "open-enclave-report";
        return open_enclave_read_report(data, &ret->quote, err);
    }
    if (open_enclave_is_evidence(data)) {
        *ret_form = "open-enclave-evidence";
        return open_enclave_read_evidence(data, ret, err);
    }
    return true;
}

bool evidence_show(struct sheet *s, struct bytes evidence, struct quoth_error *err)
{
    struct open_enclave_evidence inside;
    struct dcap_quote quote;
    const char *form;
    if (!unwrap(evidence, &inside, &form, err) || !quote_read(inside.quote, &quote, err))
        return false;
    sheet_cstring(s, "tee", quote.tee == DCAP_TDX ? "tdx" : "sgx");
    sheet_cstring(s, "form", form);
    if (inside.has_custom_claims)
        sheet_hex(s, "customClaims", inside.custom_claims);
    show_quote(s, &quote);
    return true;
}
