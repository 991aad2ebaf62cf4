/* What EINIT fixes about an enclave: the fields of SECS that EREPORT and EGETKEY work from.
 * CONFIGID, CONFIGSVN, ISVFAMILYID and ISVEXTPRODID are zero, as no enclave here uses KSS. Source:
 * Intel SDM volume 3D, "SECS", "EINIT". */
#ifndef QUOTH_PLATFORM_IDENTITY_H
#define QUOTH_PLATFORM_IDENTITY_H

#include "base/bytes.h"

#define SGX_FLAG_INIT 0x1u /* set by EINIT, never in a SIGSTRUCT */
#define SGX_FLAG_DEBUG 0x2u
#define SGX_FLAG_MODE64BIT 0x4u
#define SGX_FLAG_PROVISION_KEY 0x10u
#define SGX_FLAG_EINITTOKEN_KEY 0x20u
#define SGX_FLAG_CET 0x40u
#define SGX_FLAG_KSS 0x80u
#define SGX_XFRM_LEGACY 0x3u /* x87 and SSE: always on */

struct enclave_identity {
    uint64_t flags, xfrm; /* ATTRIBUTES of the running enclave, INIT included */
    uint32_t misc_select;
    uint8_t mr_enclave[32], mr_signer[32];
    uint16_t isv_prod_id, isv_svn;
};

#endif
