#include "tee/dcap/judge.h"

#include "codec/hex.h"
#include "tee/dcap/certify.h"
#include "tee/dcap/endorse.h"

#include <stdio.h>

/* One judgement at work. */
struct run {
    struct prover prover;
    const struct collateral *c;
    const struct trust_anchor *anchor;
    struct chain signer_chain; /* whose root is the one that everything must lead to */
    enum dcap_tee tee;
    const uint8_t *fmspc; /* 6 bytes */
    const char *ca;
    struct collateral_facts facts;
};

static void run_clear(struct run *r)
{
    chain_clear(&r->signer_chain);
    prover_clear(&r->prover);
}
DEFINE_AUTO_VALUE(run, struct run, run_clear)

static const struct cert *root_of(const struct run *r)
{
    return chain_root(&r->signer_chain);
}

static void note_end(struct run *r, int64_t until)
{
    if (until < r->facts.expires)
        r->facts.expires = until;
}

static void note_chain(struct run *r, const struct chain *chain)
{
    int64_t from, until;
    chain_window(chain, &from, &until);
    note_end(r, until);
}

static void note_document(struct run *r, enum collateral_part part, uint32_t number, int64_t issued,
                          int64_t next_update)
{
    r->facts.of[part] = (struct collateral_mark){.evaluation_number = number, .issued = issued};
    note_end(r, next_update);
}

/* The root that the TCB signer's chain ends in is the one that counts, if it is an anchor. */
static bool find_anchor(struct run *r, struct quoth_error *err)
{
    struct bytes pem;
    if (!collateral_need(r->c, COLLATERAL_TCB_INFO_CHAIN, &pem, err))
        return false;
    if (!chain_read(pem, CHAIN_SIGNER, false, &r->signer_chain, err))
        return collateral_fault(COLLATERAL_TCB_INFO_CHAIN, err);
    r->anchor = trust_find(r->prover.trust, r->prover.tee, root_of(r)->point);
    if (r->anchor)
        return true;
    quoth_fail(err, QUOTH_CHAIN_UNTRUSTED, "root", QUOTH_NO_OFFSET, "is not a trusted root");
    return collateral_fault(COLLATERAL_TCB_INFO_CHAIN, err);
}

static bool judge_root_crl(struct run *r, const struct revocation_list **ret_list,
                           struct quoth_error *err)
{
    if (!prove_revocation_list(&r->prover, r->c, COLLATERAL_ROOT_CRL, root_of(r), ret_list, err))
        return false;
    const struct crl *crl = &(*ret_list)->crl;
    note_document(r, COLLATERAL_ROOT_CRL, 0, crl->this_update, crl->next_update);
    return true;
}

static bool judge_signer(struct run *r, enum collateral_part part,
                         const struct revocation_list *root_crl, const struct signer **ret_signer,
                         struct quoth_error *err)
{
    if (!prove_signer(&r->prover, r->c, part, root_of(r), ret_signer, err))
        return false;
    note_chain(r, &(*ret_signer)->chain);
    if (!crl_lists(&root_crl->crl, chain_leaf(&(*ret_signer)->chain)->serial))
        return true;
    quoth_fail(err, QUOTH_CHAIN_REVOKED, "signer", QUOTH_NO_OFFSET, "is revoked");
    return collateral_fault(part, err);
}

static bool judge_tcb_info(struct run *r, const struct revocation_list *root_crl,
                           struct quoth_error *err)
{
    const struct signer *signer = NULL;
    const struct tcb_info_document *d = NULL;
    if (!judge_signer(r, COLLATERAL_TCB_INFO_CHAIN, root_crl, &signer, err) ||
        !prove_tcb_info(&r->prover, r->c, signer, &d, err))
        return false;
    r->tee = d->info.tee;
    r->fmspc = d->info.fmspc;
    note_document(r, COLLATERAL_TCB_INFO, d->info.evaluation_data_number, d->info.issue_date,
                  d->info.next_update);
    return true;
}

static bool judge_qe_identity(struct run *r, const struct revocation_list *root_crl,
                              struct quoth_error *err)
{
    const enum qe_kind wanted = r->tee == DCAP_TDX ? QE_TD : QE_SGX;
    const struct signer *signer = NULL;
    const struct qe_identity_document *d = NULL;
    if (!judge_signer(r, COLLATERAL_QE_IDENTITY_CHAIN, root_crl, &signer, err) ||
        !prove_qe_identity(&r->prover, r->c, signer, &d, err))
        return false;
    note_document(r, COLLATERAL_QE_IDENTITY, d->identity.evaluation_data_number,
                  d->identity.issue_date, d->identity.next_update);
    return d->identity.kind == wanted ||
           quoth_mismatch(err, QUOTH_COLLATERAL_MISMATCH, "qe_identity.id", QUOTH_NO_OFFSET,
                          qe_kind_name(d->identity.kind), qe_kind_name(wanted));
}

/* The CA's own chain, up to the same root, and not revoked. */
static bool read_ca(struct run *r, const struct revocation_list *root_crl, struct chain *ret_chain,
                    struct quoth_error *err)
{
    const enum collateral_part part = COLLATERAL_PCK_CRL_CHAIN;
    AUTO(chain) struct chain chain = {0};
    if (!chain_read(r->c->part[part], CHAIN_CA, false, &chain, err) ||
        !chain_check_profile(&chain, err) ||
        !signed_by_issuer(&r->prover, chain_leaf(&chain), root_of(r), "intermediate", err))
        return collateral_fault(part, err);
    if (crl_lists(&root_crl->crl, chain_leaf(&chain)->serial)) {
        quoth_fail(err, QUOTH_CHAIN_REVOKED, "intermediate", QUOTH_NO_OFFSET, "is revoked");
        return collateral_fault(part, err);
    }
    note_chain(r, &chain);
    *ret_chain = take_value(chain);
    return true;
}

static bool name_ca(struct run *r, const struct crl *crl, struct quoth_error *err)
{
    if (bytes_equal(crl->issuer_cn, BYTES_LITERAL("Intel SGX PCK Platform CA")))
        r->ca = "platform";
    else if (bytes_equal(crl->issuer_cn, BYTES_LITERAL("Intel SGX PCK Processor CA")))
        r->ca = "processor";
    return r->ca || quoth_fail(err, QUOTH_COLLATERAL_MISMATCH, "pck_crl.issuer", QUOTH_NO_OFFSET,
                               "is neither the Platform nor the Processor CA");
}

static bool judge_pck_crl(struct run *r, const struct revocation_list *root_crl,
                          struct quoth_error *err)
{
    struct bytes der;
    struct crl crl;
    AUTO(chain) struct chain ca = {0};
    const struct revocation_list *list = NULL;
    if (!collateral_need(r->c, COLLATERAL_PCK_CRL, &der, err))
        return false;
    if (!crl_read(der, &crl, err))
        return collateral_fault(COLLATERAL_PCK_CRL, err);
    note_end(r, crl.next_update);
    if (!name_ca(r, &crl, err))
        return false;
    if (r->c->part[COLLATERAL_PCK_CRL_CHAIN].len == 0) {
        r->facts.of[COLLATERAL_PCK_CRL] =
            (struct collateral_mark){.issued = crl.this_update, .unproven = true};
        return true;
    }
    if (!read_ca(r, root_crl, &ca, err) ||
        !prove_revocation_list(&r->prover, r->c, COLLATERAL_PCK_CRL, chain_leaf(&ca), &list, err))
        return false;
    note_document(r, COLLATERAL_PCK_CRL, 0, crl.this_update, crl.next_update);
    return true;
}

static bool vouches_for(const struct run *r, struct quoth_error *err)
{
    const unsigned bit = r->tee == DCAP_TDX ? TRUST_FOR_TDX : TRUST_FOR_SGX;
    return (r->anchor->tees & bit) ||
           quoth_fail(err, QUOTH_COLLATERAL_UNTRUSTED, "tcb_info.id", QUOTH_NO_OFFSET,
                      "its root is not trusted for this kind of TEE");
}

bool dcap_collateral_identify(const struct trust *trust, const struct collateral *c,
                              struct collateral_key *ret_key, struct collateral_facts *ret_facts,
                              struct quoth_error *err)
{
    AUTO(run) struct run r = {.c = c, .facts = {.expires = INT64_MAX}};
    const struct tee_input input = {.trust = trust};
    const struct revocation_list *root_crl = NULL;
    char fmspc[16];
    prover_init(&r.prover, &input, TRUST_FOR_ALL);
    if (!find_anchor(&r, err) || !judge_root_crl(&r, &root_crl, err) ||
        !judge_tcb_info(&r, root_crl, err) || !vouches_for(&r, err) ||
        !judge_qe_identity(&r, root_crl, err) || !judge_pck_crl(&r, root_crl, err))
        return false;
    hex_text((struct bytes){r.fmspc, 6}, fmspc, sizeof fmspc);
    if (!collateral_key_make(&r.anchor->fingerprint, r.tee == DCAP_TDX ? "tdx" : "sgx", fmspc, r.ca,
                             ret_key, err))
        return false;
    *ret_facts = r.facts;
    return true;
}

bool dcap_collateral_judge(void *context, const struct collateral *c,
                           const struct collateral_key *key, struct collateral_facts *ret_facts,
                           struct quoth_error *err)
{
    struct collateral_key found;
    struct collateral_facts facts;
    char is[COLLATERAL_KEY_TEXT_SIZE], wanted[COLLATERAL_KEY_TEXT_SIZE];
    if (!dcap_collateral_identify(context, c, &found, &facts, err))
        return false;
    if (!sha256_equal(&found.root, &key->root))
        return quoth_fail(err, QUOTH_COLLATERAL_UNTRUSTED, "collateral", QUOTH_NO_OFFSET,
                          "ends in another root than the evidence");
    if (!collateral_key_equal(&found, key))
        return quoth_mismatch(err, QUOTH_COLLATERAL_MISMATCH, "collateral", QUOTH_NO_OFFSET,
                              collateral_key_text(&found, is), collateral_key_text(key, wanted));
    *ret_facts = facts;
    return true;
}
