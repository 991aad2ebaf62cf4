#include "service/policies/told_claims.h"

#include <stddef.h>

const char *const told_claims[] = {
    "jti",
    "x-ms-policy-hash",
    "x-quoth-platform-id",
    "x-quoth-simulated",
    "x-quoth-tcb-status",
    "x-ms-sgx-mrenclave",
    "x-ms-sgx-mrsigner",
    "x-ms-sgx-product-id",
    "x-ms-sgx-svn",
    "x-ms-sgx-is-debuggable",
    "tdx_mrtd",
    "tdx_rtmr0",
    "tdx_rtmr1",
    "tdx_rtmr2",
    "tdx_rtmr3",
    "tdx_td_attributes_debug",
    NULL,
};
