#include "service/policies/attestation_types.h"

#include "base/text.h"

static const struct {
    const char *name, *claim;
    enum attest_type sibling;
} types[ATTEST_TYPES] = {
    [ATTEST_SGX_ENCLAVE] = {"SgxEnclave",  "sgx",      ATTEST_OPEN_ENCLAVE},
    [ATTEST_OPEN_ENCLAVE] = {"OpenEnclave", "sgx",      ATTEST_SGX_ENCLAVE },
    [ATTEST_TDX_VM] = {"TdxVm",       "tdxvm",    ATTEST_TYPES       },
    [ATTEST_SEV_SNP_VM] = {"SevSnpVm",    "sevsnpvm", ATTEST_TYPES       },
    [ATTEST_TPM] = {"Tpm",         "tpm",      ATTEST_TYPES       },
    [ATTEST_AZURE_GUEST] = {"AzureGuest",  "azurevm",  ATTEST_TYPES       },
};

static const struct attest_form forms[ATTEST_TYPES] = {
    [ATTEST_SGX_ENCLAVE] = {"quote",  EVIDENCE_BARE,                "sgx"},
    [ATTEST_OPEN_ENCLAVE] = {"report", EVIDENCE_OPEN_ENCLAVE_REPORT, "sgx"},
    [ATTEST_TDX_VM] = {"quote",  EVIDENCE_BARE,                "tdx"},
};

const char *attest_type_name(enum attest_type type)
{
    return types[type].name;
}

const char *attest_type_claim(enum attest_type type)
{
    return types[type].claim;
}

bool attest_type_of(struct bytes name, enum attest_type *ret_type, struct quoth_error *err)
{
    for (size_t i = 0; i < ATTEST_TYPES; i++)
        if (text_equal_fold(bytes_of_text(types[i].name), name)) {
            *ret_type = (enum attest_type)i;
            return true;
        }
    char found[64];
    return quoth_mismatch(err, QUOTH_ATTEST_TYPE, "type", QUOTH_NO_OFFSET,
                          text_escape(found, sizeof found, name),
                          "SgxEnclave, OpenEnclave, TdxVm, SevSnpVm, Tpm or AzureGuest");
}

enum attest_type attest_type_sibling(enum attest_type type)
{
    return types[type].sibling;
}

const struct attest_form *attest_form_of(enum attest_type type)
{
    return &forms[type];
}
