#include "tee/dcap/dcap.h"

#include "codec/hex.h"
#include "tee/dcap/certify.h"
#include "tee/dcap/endorse.h"

/* One verification. What a check needs and an earlier one did not give is NULL, and the check is
 * skipped. */
struct run {
    const struct tee_input *in;
    struct appraisal *out;
    struct dcap_facts *facts;
    struct prover prover;
    const struct pck_chain *pck;
    const struct revocation_list *root_crl, *pck_crl;
    const struct signer *tcb_signer, *qe_signer;
    const struct tcb_info_document *tcb_info;
    const struct qe_identity_document *qe_identity;
};

#define NO_CHAIN "no PCK chain to judge it by"
#define NO_SIGNER "no TCB signer to judge it by"
#define NO_TCB_INFO "no TCB info to judge by"
#define NO_QE_IDENTITY "no QE identity to judge by"

static bool record(struct run *r, const char *name, const struct quoth_error *err)
{
    return appraisal_record(r->out, name, err);
}

/* What passes by grace alone says so. */
static void record_validity(struct run *r, const char *name, int64_t next_update,
                            const struct quoth_error *err)
{
    if (err->code == QUOTH_OK && r->in->at > next_update) {
        r->facts->in_grace = true;
        appraisal_note(r->out, name, "past its nextUpdate, within the grace that is configured");
        return;
    }
    record(r, name, err);
}

static void skip(struct run *r, const char *name, const char *why)
{
    appraisal_skip(r->out, name, why);
}

static void check_root(struct run *r)
{
    struct quoth_error err = {0};
    const struct cert *root = chain_root(&r->pck->chain);
    const struct trust_anchor *anchor = trust_find(r->in->trust, r->prover.tee, root->point);
    if (anchor) {
        r->out->root = anchor->fingerprint;
        r->out->root_class = anchor->class;
        r->out->simulated = anchor->class == TRUST_SIMULATED;
    } else {
        refuse_unknown_root(root, &err);
    }
    record(r, "pck.root", &err);
}

static void check_pck_chain(struct run *r)
{
    struct quoth_error err = {0};
    prove_chain_of_quote(&r->prover, r->in->collateral, &r->facts->quote, &r->pck, &err);
    if (!record(r, "pck.chain", &err)) {
        r->pck = NULL;
        skip(r, "pck.root", NO_CHAIN);
        skip(r, "pck.validity", NO_CHAIN);
        return;
    }
    r->facts->has_pck = true;
    r->facts->pck = r->pck->pck;
    check_root(r);
    if (!chain_check_time(&r->pck->chain, r->in->at, &err))
        quoth_within(&err, "quote.certification");
    record(r, "pck.validity", &err);
}

/* A list that is authentic is used to look up revocations also when it is not valid now: whatever
 * it revokes stays revoked, and the time is an error of its own. */
static const struct revocation_list *check_crl(struct run *r, const char *name,
                                               enum collateral_part part, const struct cert *issuer)
{
    struct quoth_error err = {0};
    const struct revocation_list *list = NULL;
    if (prove_revocation_list(&r->prover, r->in->collateral, part, issuer, &list, &err))
        revocation_list_check_time(&r->prover, part, list, &err);
    record_validity(r, name, list ? list->crl.next_update : INT64_MAX, &err);
    return list;
}

static void check_listed(const struct revocation_list *list, const struct cert *cert,
                         const char *where, struct quoth_error *err)
{
    char serial[48];
    if (list && crl_lists(&list->crl, cert->serial))
        quoth_mismatch(err, QUOTH_CHAIN_REVOKED, where, QUOTH_NO_OFFSET,
                       hex_text(cert->serial, serial, sizeof serial),
                       "a serial that is not revoked");
}

static void check_revocation(struct run *r)
{
    struct quoth_error err = {0};
    const char *const names[] = {"crl.root", "crl.pck", "pck.revocation"};
    const char *why = r->in->no_crl ? "revocation is not checked, by choice" : NO_CHAIN;
    if (r->in->no_crl || !r->pck) {
        for (size_t i = 0; i < COUNT(names); i++)
            skip(r, names[i], why);
        return;
    }
    const struct cert *certs = r->pck->chain.certs;
    r->root_crl = check_crl(r, names[0], COLLATERAL_ROOT_CRL, &certs[2]);
    r->pck_crl = check_crl(r, names[1], COLLATERAL_PCK_CRL, &certs[1]);
    if (r->root_crl) {
        r->facts->has_root_crl = true;
        r->facts->root_crl = r->root_crl->hash;
    }
    check_listed(r->root_crl, &certs[2], "quote.certification.root", &err);
    check_listed(r->root_crl, &certs[1], "quote.certification.intermediate", &err);
    check_listed(r->pck_crl, &certs[0], "quote.certification.leaf", &err);
    if (err.code == QUOTH_OK && (!r->root_crl || !r->pck_crl))
        skip(r, names[2], "a revocation list is missing");
    else
        record(r, names[2], &err);
}

static const struct signer *check_signer(struct run *r, const char *name, enum collateral_part part)
{
    struct quoth_error err = {0};
    const struct signer *signer = NULL;
    if (!r->pck) {
        skip(r, name, NO_CHAIN);
        return NULL;
    }
    if (prove_signer(&r->prover, r->in->collateral, part, chain_root(&r->pck->chain), &signer,
                     &err)) {
        check_listed(r->root_crl, chain_leaf(&signer->chain), "signer", &err);
        if (err.code != QUOTH_OK)
            collateral_fault(part, &err);
    }
    record(r, name, &err);
    return signer;
}

static void check_tcb_info(struct run *r)
{
    struct quoth_error err = {0};
    r->tcb_signer = check_signer(r, "tcb-info.signer", COLLATERAL_TCB_INFO_CHAIN);
    if (!r->tcb_signer) {
        skip(r, "tcb-info.signature", NO_SIGNER);
        skip(r, "tcb-info.validity", NO_SIGNER);
        return;
    }
    prove_tcb_info(&r->prover, r->in->collateral, r->tcb_signer, &r->tcb_info, &err);
    if (!record(r, "tcb-info.signature", &err)) {
        skip(r, "tcb-info.validity", NO_TCB_INFO);
        return;
    }
    const struct tcb_info *t = &r->tcb_info->info;
    if (signer_check_time(&r->prover, COLLATERAL_TCB_INFO_CHAIN, r->tcb_signer, &err))
        document_check_time(&r->prover, COLLATERAL_TCB_INFO, t->issue_date, t->next_update, &err);
    record_validity(r, "tcb-info.validity", t->next_update, &err);
}

static void check_qe_identity_document(struct run *r)
{
    struct quoth_error err = {0};
    r->qe_signer = check_signer(r, "qe-identity.signer", COLLATERAL_QE_IDENTITY_CHAIN);
    if (!r->qe_signer) {
        skip(r, "qe-identity.signature", NO_SIGNER);
        skip(r, "qe-identity.validity", NO_SIGNER);
        return;
    }
    prove_qe_identity(&r->prover, r->in->collateral, r->qe_signer, &r->qe_identity, &err);
    if (!record(r, "qe-identity.signature", &err)) {
        skip(r, "qe-identity.validity", NO_QE_IDENTITY);
        return;
    }
    const struct qe_identity *i = &r->qe_identity->identity;
    if (signer_check_time(&r->prover, COLLATERAL_QE_IDENTITY_CHAIN, r->qe_signer, &err))
        document_check_time(&r->prover, COLLATERAL_QE_IDENTITY, i->issue_date, i->next_update,
                            &err);
    record_validity(r, "qe-identity.validity", i->next_update, &err);
}

static bool mismatch_hex(const char *where, struct bytes found, struct bytes expected,
                         struct quoth_error *err)
{
    char f[24], e[24];
    return bytes_equal(found, expected) ||
           quoth_mismatch(err, QUOTH_COLLATERAL_MISMATCH, where, QUOTH_NO_OFFSET,
                          hex_text(found, f, sizeof f), hex_text(expected, e, sizeof e));
}

/* The TCB info is of this kind of TEE and of this platform's family. Version 2 is never TDX's. */
static void check_platform(struct run *r)
{
    struct quoth_error err = {0};
    if (!r->pck || !r->tcb_info) {
        skip(r, "tcb-info.platform", r->pck ? NO_TCB_INFO : NO_CHAIN);
        return;
    }
    const struct tcb_info *t = &r->tcb_info->info;
    const struct pck *pck = &r->pck->pck;
    if (t->tee != r->facts->quote.tee)
        quoth_mismatch(&err, QUOTH_COLLATERAL_MISMATCH, "tcb_info.id", QUOTH_NO_OFFSET,
                       dcap_tee_text(t->tee), dcap_tee_text(r->facts->quote.tee));
    else if (mismatch_hex("tcb_info.fmspc", BYTES_OF(t->fmspc), BYTES_OF(pck->fmspc), &err))
        mismatch_hex("tcb_info.pceId", BYTES_OF(t->pceid), BYTES_OF(pck->pceid), &err);
    if (!record(r, "tcb-info.platform", &err))
        r->tcb_info = NULL;
}

static void check_module(struct run *r)
{
    struct quoth_error err = {0};
    if (r->facts->quote.tee != DCAP_TDX)
        return;
    if (!r->tcb_info) {
        skip(r, "tdx.module", NO_TCB_INFO);
        return;
    }
    tdx_module_check(&r->facts->quote.td, &r->tcb_info->info, &err);
    record(r, "tdx.module", &err);
}

/* The identity is of the right enclave, and the quote's QE report is of that identity. */
static void check_qe_identity(struct run *r)
{
    struct quoth_error err = {0};
    const enum qe_kind wanted = r->facts->quote.tee == DCAP_TDX ? QE_TD : QE_SGX;
    if (!r->qe_identity) {
        skip(r, "qe.identity", NO_QE_IDENTITY);
        return;
    }
    const struct qe_identity *i = &r->qe_identity->identity;
    if (i->kind != wanted)
        quoth_mismatch(&err, QUOTH_COLLATERAL_MISMATCH, "qe_identity.id", QUOTH_NO_OFFSET,
                       qe_kind_name(i->kind), qe_kind_name(wanted));
    else if (!qe_identity_match(i, &r->facts->quote.qe_report, &err))
        quoth_within(&err, "quote");
    if (!record(r, "qe.identity", &err) && i->kind != wanted)
        r->qe_identity = NULL;
}

/* QE report, attestation key, quote: the signature of each by the one before. The quote's own is
 * checked also when the QE's is bad. */
static void check_signatures(struct run *r)
{
    struct quoth_error err = {0}, of_qe = {0}, of_key = {0};
    const struct dcap_quote *quote = &r->facts->quote;
    const struct p256_public *key = NULL;
    AUTO(p256_public) struct p256_public *unproven = NULL;
    if (r->pck) {
        key = prove_attestation_key(&r->prover, &r->pck->chain, quote, &of_qe, &of_key);
        record(r, "qe.signature", &of_qe);
        record(r, "qe.report-data", &of_key);
    } else {
        skip(r, "qe.signature", NO_CHAIN);
        skip(r, "qe.report-data", NO_CHAIN);
    }
    check_qe_identity(r);
    if (!key && read_attestation_key(quote, &unproven, &err))
        key = unproven;
    if (key)
        quote_signed_by(quote, key, &err);
    record(r, "quote.signature", &err);
}

static void check_tcb(struct run *r)
{
    struct quoth_error err = {0};
    struct evaluation *e = &r->facts->evaluation;
    char accepted[136];
    if (!r->pck || !r->tcb_info || !r->qe_identity) {
        const char *why = !r->pck ? NO_CHAIN : !r->tcb_info ? NO_TCB_INFO : NO_QE_IDENTITY;
        skip(r, "tcb.level", why);
        skip(r, "tcb.status", why);
        return;
    }
    evaluate_tcb(&r->facts->quote, &r->pck->pck, &r->tcb_info->info, &r->qe_identity->identity, e,
                 &err);
    if (!record(r, "tcb.level", &err)) {
        skip(r, "tcb.status", "no TCB level is reached");
        return;
    }
    r->out->tcb = e->tcb;
    if (!tcb_status_accepted(r->in->accept, e->tcb.status))
        quoth_mismatch(&err, QUOTH_TCB_STATUS, "tcb.status", QUOTH_NO_OFFSET,
                       tcb_status_name(e->tcb.status),
                       tcb_status_set_text(r->in->accept, accepted, sizeof accepted));
    record(r, "tcb.status", &err);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Hashes and age of what was authenticated, for claims. */
static void keep_facts(struct run *r)
{
    struct dcap_facts *f = r->facts;
    if (!r->tcb_info || !r->qe_identity)
        return;
    f->has_collateral = true;
    f->tcb_info = r->tcb_info->hash;
    f->tcb_info_chain = r->tcb_signer->hash;
    f->qe_identity = r->qe_identity->hash;
    f->qe_identity_chain = r->qe_signer->hash;
    f->collateral_date = earlier(r->tcb_info->info.issue_date, r->qe_identity->identity.issue_date);
    if (r->root_crl)
        f->collateral_date = earlier(f->collateral_date, r->root_crl->crl.this_update);
    if (r->pck_crl)
        f->collateral_date = earlier(f->collateral_date, r->pck_crl->crl.this_update);
}

bool dcap_verify(const struct tee_input *in, enum dcap_tee tee, struct appraisal *ret,
                 struct dcap_facts *ret_facts)
{
    struct run r = {.in = in, .out = ret, .facts = ret_facts};
    struct quoth_error err = {0};
    *ret_facts = (struct dcap_facts){0};
    quote_read_of(in->evidence, tee, &ret_facts->quote, &err);
    if (!record(&r, "quote.format", &err))
        return false;

    prover_init(&r.prover, in, dcap_trust_bit(tee));
    check_pck_chain(&r);
    check_revocation(&r);
    check_tcb_info(&r);
    check_qe_identity_document(&r);
    check_platform(&r);
    check_module(&r);
    check_signatures(&r);
    check_tcb(&r);
    keep_facts(&r);
    prover_clear(&r.prover);
    return true;
}
