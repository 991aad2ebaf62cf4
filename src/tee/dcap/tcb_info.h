/* TCB Info of Intel's provisioning service, versions 2 and 3: which component versions of a
 * platform family are up to date. Source: Intel "API documentation for the SGX and TDX provisioning
 * certification service", model TcbInfoV2, TcbInfoV3; dcap.md 3.2 and 4.4. */
#ifndef QUOTH_TEE_DCAP_TCB_INFO_H
#define QUOTH_TEE_DCAP_TCB_INFO_H

#include "tee/dcap/level.h"
#include "tee/dcap/quote.h"

struct tdx_module { /* how a TDX module must be signed */
    uint8_t mrsigner[48];
    uint8_t attributes[8];
};

struct tdx_module_identity {
    uint8_t version; /* of the id: 3 for "TDX_03" */
    struct tdx_module module;
    struct isv_levels levels;
};

#define TDX_MODULE_IDENTITIES_MAX 32

struct platform_level {
    uint8_t sgx[16]; /* least SVN of each component */
    uint16_t pcesvn;
    uint8_t tdx[16]; /* TDX only */
    struct level level;
};

/* Owned: tcb_info_clear. Nothing in it points into the text. */
struct tcb_info {
    unsigned version;  /* 2 or 3 */
    enum dcap_tee tee; /* version 2 is SGX */
    int64_t issue_date, next_update;
    uint8_t fmspc[6], pceid[2];
    uint32_t evaluation_data_number;
    struct tdx_module tdx_module;
    struct tdx_module_identity *identities; /* each version once */
    size_t identity_count;
    struct platform_level *levels; /* newest first, each once, at least one */
    size_t level_count;
};

/* Reads the inner object, strictly: every member of the version must be there and of its type, SVNs
 * 0 to 255, real dates. Members that are not known are passed over, as Intel adds some from time to
 * time. QUOTH_JSON_VALUE with the path. */
bool tcb_info_read(struct json inner, struct tcb_info *ret_info, struct quoth_error *err);
void tcb_info_clear(struct tcb_info *info);
DEFINE_AUTO_VALUE(tcb_info, struct tcb_info, tcb_info_clear)

/* The identity of the module of this version, or NULL. */
const struct tdx_module_identity *tcb_info_module(const struct tcb_info *info, uint8_t version);

#endif
