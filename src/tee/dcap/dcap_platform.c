/* Which platform made a quote, and so whose collateral it needs. */
#include "codec/hex.h"
#include "tee/dcap/certify.h"
#include "tee/dcap/dcap.h"

#include <stdio.h>

static bool find_platform(struct prover *p, const struct tee_input *in,
                          const struct dcap_quote *quote, const struct pck_chain **ret_chain,
                          struct tee_platform *ret, struct quoth_error *err)
{
    const struct pck_chain *pck = NULL;
    if (!prove_chain_of_quote(p, in->collateral, quote, &pck, err))
        return false;
    const struct cert *root = chain_root(&pck->chain);
    const struct trust_anchor *anchor = trust_find(in->trust, p->tee, root->point);
    if (!anchor)
        return refuse_unknown_root(root, err);
    if (!chain_check_time(&pck->chain, in->at, err))
        return quoth_within(err, "quote.certification");
    *ret = (struct tee_platform){.tee = quote->tee == DCAP_TDX ? "tdx" : "sgx",
                                 .root = anchor->fingerprint};
    hex_text(BYTES_OF(pck->pck.fmspc), ret->fmspc, sizeof ret->fmspc);
    snprintf(ret->ca, sizeof ret->ca, "%s", pck->pck.is_platform ? "platform" : "processor");
    *ret_chain = pck;
    return true;
}

bool dcap_locate(const struct tee_input *in, enum dcap_tee tee, struct tee_platform *ret,
                 struct quoth_error *err)
{
    struct dcap_quote quote;
    const struct pck_chain *pck = NULL;
    if (!quote_read_of(in->evidence, tee, &quote, err))
        return false;
    AUTO(prover) struct prover p;
    prover_init(&p, in, dcap_trust_bit(tee));
    return find_platform(&p, in, &quote, &pck, ret, err);
}

bool dcap_platform(const struct tee_input *in, enum dcap_tee tee, struct tee_platform *ret,
                   struct quoth_error *err)
{
    struct dcap_quote quote;
    struct tee_platform platform;
    const struct pck_chain *pck = NULL;
    struct quoth_error of_key = {0};
    if (!quote_read_of(in->evidence, tee, &quote, err))
        return false;
    AUTO(prover) struct prover p;
    prover_init(&p, in, dcap_trust_bit(tee));
    if (!find_platform(&p, in, &quote, &pck, &platform, err))
        return false;
    const struct p256_public *key = prove_attestation_key(&p, &pck->chain, &quote, err, &of_key);
    if (!key) {
        if (err->code == QUOTH_OK)
            *err = of_key;
        return false;
    }
    if (!quote_signed_by(&quote, key, err))
        return false;
    *ret = platform;
    return true;
}
