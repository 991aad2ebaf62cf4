/* The client of Intel's Provisioning Certification Service and of its caches (PCCS), version 4:
 * what a verifier needs about one platform, in four or five requests. Blocks; uses libcurl.
 * Protocol: dcap.md 3.1, 3.6 (Intel SGX and TDX PCS API version 4).
 *
 * HTTPS with verified certificates (by way of https_proxy, if the environment names one), or plain
 * HTTP to a loopback address; no redirects, no cookies; every answer is bounded in size and time.
 * No URL that an answer or a certificate names is followed. What comes back is signed: it is judged
 * by the TEE's own code. */
#ifndef QUOTH_FETCH_PCS_H
#define QUOTH_FETCH_PCS_H

#include "collateral/source.h"

#define PCS_INTEL "https://api.trustedservices.intel.com"
#define PCS_INTEL_ROOT_CRL "https://certificates.trustedservices.intel.com/IntelSGXRootCA.der"

/* Two valid TCB infos exist after a TCB recovery; "early" gets the new one at once, "standard" up
 * to a year later. A number asks for that one and no other. */
enum pcs_update { PCS_STANDARD, PCS_EARLY };

struct pcs_options { /* a zeroed struct has the defaults */
    enum pcs_update update;
    uint32_t evaluation_number;                      /* 0: by update */
    const char *ca_file;                             /* PEM; NULL: the system's roots */
    bool allow_http;                                 /* plain HTTP to other hosts than loopback */
    unsigned timeout_ms;                             /* of each request; 0: 10 000 */
    void (*waiting)(void *context, const char *url); /* about every second meanwhile; may be NULL */
    void *waiting_context;
};

struct pcs; /* opaque; one thread at a time */

bool pcs_open(const struct pcs_options *options, struct pcs **ret_pcs, struct quoth_error *err);
void pcs_close(struct pcs *p);
DEFINE_AUTO(pcs, struct pcs *, pcs_close)

/* base is "https://host[:port]"; a path of "/sgx/certification/v4/" behind it, as in Intel's own
 * configuration files, is allowed. ret_collateral must be empty. False: QUOTH_SOURCE_UNAVAILABLE
 * (no answer, or an error of theirs), QUOTH_SOURCE_UNKNOWN (no such platform there),
 * QUOTH_SOURCE_ANSWER (an answer that breaks the protocol). */
bool pcs_fetch(struct pcs *p, const char *base, const struct collateral_key *key,
               struct collateral *ret_collateral, struct quoth_error *err);

/* pcs_fetch as a collateral_fetch with a client of its own for each call, so that any thread may
 * use it; context is a struct pcs_options. */
bool pcs_collateral_fetch(void *context, const char *url, const struct collateral_key *key,
                          struct collateral *ret_collateral, struct quoth_error *err);

#endif
