/* What Open Enclave puts around a quote: a 16-byte header around reports, a 32-byte header around
 * evidence, and custom claims behind a quote. Integers are little-endian. Source: openenclave
 * include/openenclave/internal/report.h, common/attest_plugin.h, attestation/sgx/evidence.h;
 * dcap.md 1.8. */
#ifndef QUOTH_VERIFIER_OPEN_ENCLAVE_H
#define QUOTH_VERIFIER_OPEN_ENCLAVE_H

#include "base/bytes.h"

struct open_enclave_evidence {
    struct bytes quote;
    bool has_custom_claims; /* then report data is their SHA-256, then zeros */
    struct bytes custom_claims;
};

/* Whether these bytes begin as a report does, or as evidence does. Cheap. */
bool open_enclave_is_report(struct bytes data);
bool open_enclave_is_evidence(struct bytes data);

/* Takes the quote out of a remote report: version 1, type 2, and a size that is exactly what
 * follows; a quote inside is not of another TEE. QUOTH_EVIDENCE_FORM. */
bool open_enclave_read_report(struct bytes data, struct bytes *ret_quote, struct quoth_error *err);

/* Takes evidence apart: version 3, a format that holds an SGX quote (SGX_ECDSA,
 * LEGACY_REPORT_REMOTE or RAW_SGX_QUOTE_ECDSA), and a size that is exactly what follows.
 * QUOTH_EVIDENCE_FORM. */
bool open_enclave_read_evidence(struct bytes data, struct open_enclave_evidence *ret_evidence,
                                struct quoth_error *err);

#endif
