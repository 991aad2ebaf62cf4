/* What EINIT fixes about an enclave: the fields of SECS that EREPORT and EGETKEY work from.
 * CONFIGID, CONFIGSVN, ISVFAMILYID and ISVEXTPRODID are zero, as no enclave here uses KSS. Source:
 * Intel SDM volume 3D, "SECS", "EINIT". */
#ifndef QUOTH_PLATFORM_IDENTITY_H
#define QUOTH_PLATFORM_IDENTITY_H

#include "tee/dcap/report.h" /* the bits of flags */

#define SGX_XFRM_LEGACY 0x3u /* x87 and SSE: always on */

struct enclave_identity {
    uint64_t flags, xfrm; /* ATTRIBUTES of the running enclave, INIT included */
    uint32_t misc_select;
    uint8_t mr_enclave[32], mr_signer[32];
    uint16_t isv_prod_id, isv_svn;
};

#endif
