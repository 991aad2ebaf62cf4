/* Writing what tee/dcap/pck.h reads: the SGX extension of a PCK certificate. */
#ifndef QUOTH_PLATFORM_PCK_EXTENSION_H
#define QUOTH_PLATFORM_PCK_EXTENSION_H

#include "tee/dcap/pck.h"

#define PCK_EXTENSION_OID "1.2.840.113741.1.13.1"

/* Appends the DER that goes inside the extension's OCTET STRING, with the seven entries of a
 * platform under the Platform CA. Ask buffer_ok(). */
void pck_extension_write(const struct pck *p, struct buffer *to);

#endif
