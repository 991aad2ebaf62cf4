/* The SGX extension of a PCK certificate, 1.2.840.113741.1.13.1: which platform, and which versions
 * of its components. Source: Intel "SGX PCK Certificate and CRL Profile Specification", 1.3.5. */
#ifndef QUOTH_TEE_DCAP_PCK_H
#define QUOTH_TEE_DCAP_PCK_H

#include "base/bytes.h"
#include "crypto/digest.h"

enum sgx_type { SGX_STANDARD, SGX_SCALABLE, SGX_SCALABLE_WITH_INTEGRITY };

/* A plain value, copied out of the certificate. */
struct pck {
    uint8_t ppid[16];
    uint8_t components[16]; /* SVN of each TCB component */
    uint16_t pcesvn;
    uint8_t cpusvn[16];
    uint8_t pceid[2];
    uint8_t fmspc[6];
    enum sgx_type sgx_type;
    bool is_platform; /* of the Platform CA: what follows is there */
    uint8_t platform_instance[16];
    bool dynamic_platform, cached_keys, smt_enabled;
};

/* Reads the value inside the extension's OCTET STRING. Entries may stand in any order, each once;
 * a Processor CA's certificate has five, a Platform CA's seven. QUOTH_DER, or
 * QUOTH_CERTIFICATE_MALFORMED for entries that are unknown, twice or missing. */
bool pck_read(struct bytes extension, struct pck *ret_pck, struct quoth_error *err);

/* What we call a platform (x-quoth-platform-id). PPIDs name a machine for life and are nobody's
 * business in clear; a hash with a label of its own cannot be taken for one made elsewhere
 * (THREATS 4). */
struct sha256 pck_platform_id(const uint8_t ppid[16]);

#endif
