/* The make of the simulated machine: the versions of its parts, which its reports, its certificate
 * and the vendor's documents have to agree on. */
#ifndef QUOTH_PLATFORM_MODEL_H
#define QUOTH_PLATFORM_MODEL_H

#include <stdint.h>

/* CPUSVN of a new platform; its bytes are the SVNs of TCB components 1 to 16. */
#define MODEL_CPU_SVN                                                                              \
    {                                                                                              \
        8, 8, 3, 3, 4, 1, 0, 5                                                                     \
    }
#define MODEL_PCE_SVN 13u

/* No FMSPC of Intel begins with this byte (as far as its service lists them); the other five are
 * random, so that platforms differ. */
#define MODEL_FMSPC_PREFIX 0xF0u

/* The quoting enclaves. What Intel's have (dcap.md 3.3) but for the signer, which is the name of a
 * signer rather than the hash of a key: nothing ever signed them. */
#define MODEL_QE_SVN 8u
#define MODEL_QE_SIGNER "quoth simulated quoting enclave: signer"
#define MODEL_QE_CODE "quoth simulated quoting enclave: code"
#define MODEL_TD_QE_SIGNER "quoth simulated TD quoting enclave: signer"
#define MODEL_TD_QE_CODE "quoth simulated TD quoting enclave: code"
#define MODEL_QE_PROD_ID 1u
#define MODEL_TD_QE_PROD_ID 2u

/* TEE_TCB_SVN: module minor version, module major version, SEAM loader. */
#define MODEL_TDX_SVN                                                                              \
    {                                                                                              \
        6, 1, 3                                                                                    \
    }
#define MODEL_TDX_MODULE "quoth simulated TDX module"

/* Trust domains: their firmware, and the features they have (x87, SSE, AVX, AVX-512, CET, AMX), as
 * Azure's have them. */
#define MODEL_TD_FIRMWARE "quoth simulated TD firmware"
#define MODEL_TD_XFAM 0x618E7u

#endif
