/* SGX: quotes of enclaves, and the claims of Azure Attestation about them (maa.md 2.3, 2.4). */
#ifndef QUOTH_TEE_SGX_SGX_H
#define QUOTH_TEE_SGX_SGX_H

#include "tee/tee.h"

extern const struct tee_driver tee_sgx;

#endif
