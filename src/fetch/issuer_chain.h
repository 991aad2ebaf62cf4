/* The issuer chain that PCS and PCCS put in a header: PEM of the signer, then of the root,
 * percent-encoded (dcap.md 3.1). */
#ifndef QUOTH_FETCH_ISSUER_CHAIN_H
#define QUOTH_FETCH_ISSUER_CHAIN_H

#include "base/bytes.h"

#define ISSUER_CHAIN_MAX (16u << 10) /* bytes of the header's value; Intel's have about 2,300 */

/* Appends the decoded text to ret_pem. "+" stands for itself, not for a blank. False, and ret_pem
 * keeps its contents: QUOTH_SOURCE_ANSWER at the offset of a broken escape or of a byte that does
 * not belong in PEM, or if no certificate begins the text. */
bool issuer_chain_decode(struct bytes value, struct buffer *ret_pem, struct quoth_error *err);

#endif
