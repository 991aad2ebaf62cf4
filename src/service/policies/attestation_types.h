/* What Azure Attestation calls attestation types (maa.md 1.3): each has a policy of its own. */
#ifndef QUOTH_SERVICE_ATTESTATION_TYPES_H
#define QUOTH_SERVICE_ATTESTATION_TYPES_H

#include "verifier/verifier.h"

enum attest_type {
    ATTEST_SGX_ENCLAVE,
    ATTEST_OPEN_ENCLAVE,
    ATTEST_TDX_VM,
    ATTEST_SEV_SNP_VM,
    ATTEST_TPM,
    ATTEST_AZURE_GUEST,
    ATTEST_TYPES
};

/* "SgxEnclave" ...: as routes and policies name them. */
const char *attest_type_name(enum attest_type type);

/* "sgx" ...: x-ms-attestation-type of its tokens (maa.md 2.2), which siblings have in common. */
const char *attest_type_claim(enum attest_type type);

/* In any case (maa.md 0, item 10). QUOTH_ATTEST_TYPE lists those that are known. */
bool attest_type_of(struct bytes name, enum attest_type *ret_type, struct quoth_error *err);

/* The other type that judges the same quotes under a policy of its own (THREATS 16); ATTEST_TYPES if
 * there is none. */
enum attest_type attest_type_sibling(enum attest_type type);

/* How evidence of the type comes, and what judges it. */
struct attest_form {
    const char *member; /* of the body that holds the evidence: "quote" */
    enum evidence_form form;
    const char *tee; /* NULL: this build cannot judge evidence of this type */
};

const struct attest_form *attest_form_of(enum attest_type type);

#endif
