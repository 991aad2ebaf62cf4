/* Which TPM, and what of it:
 *
 *     tpm:[TCTI][?pcrs=sha256:7,11]     a key that is sealed, to these PCRs
 *     tpm:[TCTI]?nv=0x01800001          a counter in non-volatile memory
 *
 * TCTI is a transmission interface as tpm2-tss has it: "device:/dev/tpmrm0" (also when it is left out),
 * "swtpm:host=localhost,port=2321", "mssim:...", "tabrmd:...". One that runs a command is refused. */
#ifndef QUOTH_KEYS_TPM_SOURCE_H
#define QUOTH_KEYS_TPM_SOURCE_H

#include "base/bytes.h"

#define TPM_TCTI_MAX 159
#define TPM_PCR_COUNT 24

/* Indices that belong to the platform or its owner; below are the TPM maker's, above are TCG's
 * (Registry of Reserved TPM 2.0 Handles and Localities 1.1, 2.2). */
#define TPM_NV_FIRST 0x01400000u
#define TPM_NV_LAST 0x01BFFFFFu

struct tpm_source { /* a plain value */
    char tcti[TPM_TCTI_MAX + 1];
    uint32_t pcrs; /* bit n: PCR n of the SHA-256 bank; 0: none */
    uint32_t nv;   /* 0: none */
};

/* QUOTH_USAGE. The first refuses nv=, the second needs it and refuses pcrs=. */
bool tpm_source_of_key(struct bytes text, struct tpm_source *ret_source, struct quoth_error *err);
bool tpm_source_of_counter(struct bytes text, struct tpm_source *ret_source,
                           struct quoth_error *err);

#endif
