#include "collateral/collateral.h"

static const char *const names[COLLATERAL_PARTS] = {
    [COLLATERAL_PCK_CRL_CHAIN] = "pck_crl_issuer_chain",
    [COLLATERAL_ROOT_CRL] = "root_ca_crl",
    [COLLATERAL_PCK_CRL] = "pck_crl",
    [COLLATERAL_TCB_INFO_CHAIN] = "tcb_info_issuer_chain",
    [COLLATERAL_TCB_INFO] = "tcb_info",
    [COLLATERAL_QE_IDENTITY_CHAIN] = "qe_identity_issuer_chain",
    [COLLATERAL_QE_IDENTITY] = "qe_identity",
    [COLLATERAL_PCK_CHAIN] = "pck_certificate_chain",
};

void collateral_clear(struct collateral *c)
{
    buffer_clear(&c->memory);
    *c = (struct collateral){0};
}

const char *collateral_part_name(enum collateral_part part)
{
    return part < COLLATERAL_PARTS ? names[part] : "unknown";
}
