/* Collateral in one piece of bytes, of whatever form; the form is found in the contents.
 *
 *   A  a JSON object of texts: pck_crl_issuer_chain, root_ca_crl and pck_crl (hex of DER),
 *      tcb_info_issuer_chain, tcb_info (the signed object itself), tcb_info_signature,
 *      qe_identity_issuer_chain, qe_identity, qe_identity_signature, pck_certificate_chain. Ours,
 *      and dcap-qvl's. Other members are not looked at.
 *   B  Open Enclave's SGX endorsements  \
 *   C  Open Enclave's TDX endorsements   > collateral/endorsements.h
 *   D  TEE type, seven sizes, seven parts /
 *
 * Nothing here is believed: what is signed is judged by the TEE's own code. */
#ifndef QUOTH_COLLATERAL_BUNDLE_H
#define QUOTH_COLLATERAL_BUNDLE_H

#include "collateral/collateral.h"

#define BUNDLE_SIZE_MAX (1u << 20)

/* ret_collateral must be empty. False: QUOTH_BUNDLE, QUOTH_JSON..., QUOTH_TOO_LARGE. */
bool bundle_read(struct bytes data, struct collateral *ret_collateral, struct quoth_error *err);

/* Writes form A, readable again by bundle_read with equal parts; parts that are missing are left
 * out. False: QUOTH_BUNDLE if TCB info or identity is not the body of a signed object. */
bool bundle_write(const struct collateral *c, struct buffer *to, struct quoth_error *err);

#endif
