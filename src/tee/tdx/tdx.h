/* TDX: quotes of trust domains, and the claims of Azure Attestation about them (maa.md 2.6). */
#ifndef QUOTH_TEE_TDX_TDX_H
#define QUOTH_TEE_TDX_TDX_H

#include "tee/tee.h"

extern const struct tee_driver tee_tdx;

#endif
