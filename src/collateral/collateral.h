/* Endorsements as bytes: what a vendor publishes about platforms, gathered for one verification.
 * What the bytes mean is told by the TEE's own code; nothing here trusts them. */
#ifndef QUOTH_COLLATERAL_COLLATERAL_H
#define QUOTH_COLLATERAL_COLLATERAL_H

#include "base/bytes.h"

enum collateral_part {
    COLLATERAL_PCK_CRL_CHAIN,     /* PEM: signer of the PCK CRL, then root. Informational: CRLs are
                                     judged with the certificates of the verified PCK chain */
    COLLATERAL_ROOT_CRL,          /* DER */
    COLLATERAL_PCK_CRL,           /* DER */
    COLLATERAL_TCB_INFO_CHAIN,    /* PEM: TCB signer, then root */
    COLLATERAL_TCB_INFO,          /* JSON body as served: {"tcbInfo":{...},"signature":"..."} */
    COLLATERAL_QE_IDENTITY_CHAIN, /* PEM: TCB signer, then root */
    COLLATERAL_QE_IDENTITY, /* JSON body as served: {"enclaveIdentity":{...},"signature":"..."} */
    COLLATERAL_PCK_CHAIN,   /* PEM: PCK leaf, intermediate, root; for quotes that carry none */
    COLLATERAL_PARTS
};

/* Seconds past nextUpdate that collateral may be used for at all, where an operator allows a grace
 * (DESIGN decision 3). Certificates have none. */
#define COLLATERAL_GRACE_MAX INT64_C(604800) /* 7 days */

#define COLLATERAL_PART_MAX (256u << 10) /* bytes of one part */

/* A part that is missing is an empty view. The views point into memory. A zeroed struct is empty.
 */
struct collateral {
    struct bytes part[COLLATERAL_PARTS];
    struct buffer memory;
};

void collateral_clear(struct collateral *c);
DEFINE_AUTO_VALUE(collateral, struct collateral, collateral_clear)

/* "tcb_info", "root_ca_crl" ... : the name of a part in our JSON bundle and in error texts. */
const char *collateral_part_name(enum collateral_part part);

#endif
