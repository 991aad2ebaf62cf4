/* From the anchor down to the attestation key: the PCK chain, and the quoting enclave that the PCK
 * certifies. What is constant per platform is proven once. */
#ifndef QUOTH_TEE_DCAP_CERTIFY_H
#define QUOTH_TEE_DCAP_CERTIFY_H

#include "tee/dcap/chain.h"
#include "tee/dcap/pck.h"
#include "tee/dcap/prover.h"
#include "tee/dcap/quote.h"

static inline unsigned dcap_trust_bit(enum dcap_tee tee)
{
    return tee == DCAP_TDX ? TRUST_FOR_TDX : TRUST_FOR_SGX;
}

struct pck_chain {
    struct chain chain;
    struct pck pck; /* of the leaf */
};

/* The chain in this PEM text: profile and signatures hold, up to a root that vouches for itself.
 * Whether the root is an anchor is left to trust_find; an unknown one makes the prover untrusted.
 * canonical as in chain_read. Owned by the prover. Certificate, PEM and QUOTH_CHAIN_INVALID errors.
 */
bool prove_pck_chain(struct prover *p, struct bytes pem, bool canonical,
                     const struct pck_chain **ret_chain, struct quoth_error *err);

/* Whether the certificate is the one that certification data of type 1, 2 or 3 names: CPUSVN,
 * PCESVN, PCEID, and the PPID where it is in the clear. QUOTH_CHAIN_INVALID. */
bool pck_matches_certification(const struct pck *pck, const struct certification *named,
                               struct quoth_error *err);

/* The chain that a quote brings, or for a quote that only names its certificate the one supplied as
 * collateral, if it matches. The errors above, and QUOTH_QUOTE_CERTIFICATION if there is none. */
bool prove_chain_of_quote(struct prover *p, const struct collateral *supplied,
                          const struct dcap_quote *quote, const struct pck_chain **ret_chain,
                          struct quoth_error *err);

/* The error for a root that is nobody's anchor: QUOTH_CHAIN_UNTRUSTED, or QUOTH_CHAIN_SIMULATED
 * when it says itself that it is a simulator's (DESIGN decisions 1 and 2). Returns false. */
bool refuse_unknown_root(const struct cert *root, struct quoth_error *err);

/* Whether cert vouches for itself: its key is the pinned anchor's and its bytes are, or it is truly
 * self-signed (THREATS 39). QUOTH_CHAIN_INVALID. */
bool root_vouches_for_itself(struct prover *p, const struct cert *cert, struct quoth_error *err);

/* Whether issuer signed cert. QUOTH_CHAIN_INVALID names the place. */
bool signed_by_issuer(struct prover *p, const struct cert *cert, const struct cert *issuer,
                      const char *place, struct quoth_error *err);

/* The quote's attestation key, if the PCK signed the QE's report and the report binds the key. The
 * two findings are reported apart, and the second also when the first fails. NULL unless both
 * hold. Owned by the prover. QUOTH_QE_SIGNATURE; QUOTH_QE_REPORT_DATA. */
const struct p256_public *prove_attestation_key(struct prover *p, const struct chain *pck,
                                                const struct dcap_quote *quote,
                                                struct quoth_error *ret_signature,
                                                struct quoth_error *ret_report_data);

/* The attestation key that the quote holds, proven or not. The caller frees it.
 * QUOTH_KEY_MALFORMED.
 */
bool read_attestation_key(const struct dcap_quote *quote, struct p256_public **ret_key,
                          struct quoth_error *err);

/* Whether the attestation key signed header and body. QUOTH_QUOTE_SIGNATURE. */
bool quote_signed_by(const struct dcap_quote *quote, const struct p256_public *key,
                     struct quoth_error *err);

#endif
