/* The binary forms of a bundle: offsets and sizes from outside, each compared with what is there
 * before it is used, sums formed so that they cannot wrap. All integers are little-endian.
 * Source: dcap.md 1.8 (Open Enclave common/sgx/endorsements.h, Intel's sgx_ql_qve_collateral_t). */
#ifndef QUOTH_COLLATERAL_ENDORSEMENTS_H
#define QUOTH_COLLATERAL_ENDORSEMENTS_H

#include "collateral/part.h"

#define ENDORSEMENTS_SIZE_MAX (200u << 10) /* OE_ATTESTATION_ENDORSEMENT_MAX_SIZE */

/* True if the first bytes are those of the form. */
bool endorsements_are_sgx(struct bytes data);  /* B: version 1, enclave type 2 */
bool endorsements_are_tdx(struct bytes data);  /* C: a version of the struct, then a TEE type */
bool endorsements_are_flat(struct bytes data); /* D: a TEE type, then seven sizes that fit */

/* False: QUOTH_BUNDLE, with the offset of what does not fit. */
bool endorsements_read_sgx(struct bytes data, struct collateral_builder *to,
                           struct quoth_error *err);
bool endorsements_read_tdx(struct bytes data, struct collateral_builder *to,
                           struct quoth_error *err);
bool endorsements_read_flat(struct bytes data, struct collateral_builder *to,
                            struct quoth_error *err);

#endif
