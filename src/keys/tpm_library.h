/* tpm2-tss, loaded while a TPM is visited and at no other time: a service without a TPM neither needs
 * it nor carries it in its memory. */
#ifndef QUOTH_KEYS_TPM_LIBRARY_H
#define QUOTH_KEYS_TPM_LIBRARY_H

#include "base/bytes.h"

#include <tss2_esys.h>
#include <tss2_mu.h>
#include <tss2_tctildr.h>

/* Library and function: as in their headers, under their names. */
#define TPM_FUNCTIONS(X)                                                                           \
    X(tctildr, Tss2_TctiLdr_Initialize)                                                            \
    X(tctildr, Tss2_TctiLdr_Finalize)                                                              \
    X(mu, Tss2_MU_TPM2B_PUBLIC_Marshal)                                                            \
    X(mu, Tss2_MU_TPM2B_PUBLIC_Unmarshal)                                                          \
    X(mu, Tss2_MU_TPM2B_PRIVATE_Marshal)                                                           \
    X(mu, Tss2_MU_TPM2B_PRIVATE_Unmarshal)                                                         \
    X(esys, Esys_Initialize)                                                                       \
    X(esys, Esys_Finalize)                                                                         \
    X(esys, Esys_Free)                                                                             \
    X(esys, Esys_GetCapability)                                                                    \
    X(esys, Esys_CreatePrimary)                                                                    \
    X(esys, Esys_Create)                                                                           \
    X(esys, Esys_Load)                                                                             \
    X(esys, Esys_Unseal)                                                                           \
    X(esys, Esys_FlushContext)                                                                     \
    X(esys, Esys_StartAuthSession)                                                                 \
    X(esys, Esys_TRSess_SetAttributes)                                                             \
    X(esys, Esys_PolicyCommandCode)                                                                \
    X(esys, Esys_PolicyPCR)                                                                        \
    X(esys, Esys_PolicyGetDigest)                                                                  \
    X(esys, Esys_TR_GetName)                                                                       \
    X(esys, Esys_TR_FromTPMPublic)                                                                 \
    X(esys, Esys_NV_DefineSpace)                                                                   \
    X(esys, Esys_NV_ReadPublic)                                                                    \
    X(esys, Esys_NV_Increment)                                                                     \
    X(esys, Esys_NV_Read)

#define TPM_FUNCTION_MEMBER(library, name) __typeof__(&name) name;
struct tpm_library {
    void *tctildr, *mu, *esys;
    TPM_FUNCTIONS(TPM_FUNCTION_MEMBER)
};
#undef TPM_FUNCTION_MEMBER

/* QUOTH_DEVICE_UNAVAILABLE if it is not installed. */
bool tpm_library_open(struct tpm_library *ret_library, struct quoth_error *err);
void tpm_library_close(struct tpm_library *l);
DEFINE_AUTO_VALUE(tpm_library, struct tpm_library, tpm_library_close)

#endif
