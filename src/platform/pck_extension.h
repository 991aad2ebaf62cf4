/* Intel's SGX extension in a PCK certificate, OID 1.2.840.113741.1.13.1: what the vendor says of a
 * platform. Source: Intel "SGX PCK Certificate and CRL Profile Specification", section 1.3.5. */
#ifndef QUOTH_PLATFORM_PCK_EXTENSION_H
#define QUOTH_PLATFORM_PCK_EXTENSION_H

#include "base/bytes.h"

#define PCK_EXTENSION_OID "1.2.840.113741.1.13.1"

enum pck_sgx_type { PCK_STANDARD, PCK_SCALABLE, PCK_SCALABLE_WITH_INTEGRITY };

/* For a platform under the Platform CA, which has all seven entries. */
struct pck_extension {
    uint8_t ppid[16];
    uint8_t svn[16]; /* TCB components 1 to 16 */
    uint16_t pce_svn;
    uint8_t cpu_svn[16];
    uint8_t pce_id[2];
    uint8_t fmspc[6];
    enum pck_sgx_type sgx_type;
    uint8_t instance_id[16];
    bool dynamic_platform, cached_keys, smt_enabled;
};

/* Appends the DER that goes inside the extension's OCTET STRING. Ask buffer_ok(). */
void pck_extension_write(const struct pck_extension *e, struct buffer *to);

#endif
