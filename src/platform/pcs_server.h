/* The vendor's web service for one simulated platform: what Intel's Provisioning Certification
 * Service and its caches (PCCS) answer in version 4 of their API (dcap.md 3.1, 3.6), read from the
 * platform's folder for every request, so that what refresh, set-tcb and revoke publish is served
 * at once. Where PCS and PCCS differ, this is PCCS. Plain HTTP, loopback only: what it serves is
 * public and signed. */
#ifndef QUOTH_PLATFORM_PCS_SERVER_H
#define QUOTH_PLATFORM_PCS_SERVER_H

#include "base/bytes.h"

struct pcs_server; /* opaque */

/* Binds listen ("127.0.0.1:8081", "[::1]:0"; port 0 takes a free one) and serves in a thread of its
 * own. QUOTH_USAGE for an address that is not loopback, QUOTH_PLATFORM_ABSENT if the folder holds
 * no platform. */
bool pcs_server_open(const char *folder, const char *listen, struct pcs_server **ret_server,
                     struct quoth_error *err);
void pcs_server_close(struct pcs_server *s); /* accepts NULL */
DEFINE_AUTO(pcs_server, struct pcs_server *, pcs_server_close)

/* "http://127.0.0.1:43121": where it can be reached. Lives as long as s. */
const char *pcs_server_url(const struct pcs_server *s);

#endif
